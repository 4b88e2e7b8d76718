# Copyright 2026 movenet_ros contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
The graph of an export of MoveNet, whatever it came as: operations by name, and their constants.

The operations are in protobuf's JSON form of a GraphDef: a TFJS export is that already, and
TensorFlow turns a SavedModel into it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from collections.abc import Mapping
from graphlib import TopologicalSorter
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADS = ('center', 'kpt_heatmap', 'kpt_regress', 'kpt_offset', 'box_scale', 'box_offset')
CONVOLUTIONS = ('Conv2D', '_FusedConv2D')
DEPTHWISE = ('DepthwiseConv2dNative', 'FusedDepthwiseConv2dNative')

Node = Mapping[str, Any]


class Graph:
    """
    A graph to walk from its heads back to its input.

    :param nodes: with ``name``, ``op``, ``input`` and ``attr``.
    :param constants: name -> array, of the inputs of nodes that are not computed from an image.
    :raises ValueError: if it is not made as MoveNet is.
    """

    heads: dict[str, str]
    """The convolution that each head ends with, or its bias, by the head's name."""

    def __init__(self, nodes: Iterable[Node], constants: Mapping[str, NDArray[Any]]) -> None:
        self.nodes = {str(each['name']): each for each in nodes}
        self.constants = constants
        self.heads = self._found_heads()

    def _found_heads(self) -> dict[str, str]:
        found = {}
        for head in HEADS:
            scope = {
                name: each for name, each in self.nodes.items()
                if re.search(f'(^|/){head}_0/', name)
            }
            taken = {
                source for name, each in scope.items() if each['op'] != 'Identity'
                for source in self.inputs(name)
            }
            ends = [
                name for name, each in scope.items()
                if each['op'] in (*CONVOLUTIONS, 'BiasAdd') and name not in taken
            ]
            if len(ends) > 1:
                raise ValueError(f'{head} ends with each of {ends}')
            if ends:
                found[head] = ends[0]
        return found

    def upstream(self, ends: Iterable[str]) -> list[str]:
        """
        List what some nodes are computed from, constants apart, each behind its inputs.

        :raises ValueError: if the graph has a cycle.
        """
        sources: dict[str, list[str]] = {}
        waiting = [*ends]
        while waiting:
            name = waiting.pop()
            if name not in sources:
                sources[name] = self.data_inputs(name)
                waiting += sources[name]
        return [*TopologicalSorter(sources).static_order()]

    def inputs(self, name: str) -> list[str]:
        """Return the names of a node's inputs: nodes have one output here, or all are alike."""
        named = (str(each) for each in self.nodes[name].get('input', ()))
        return [each.split(':')[0] for each in named if not each.startswith('^')]

    def data_inputs(self, name: str) -> list[str]:
        """Return the inputs that are computed; sizes that a resize is given are not data."""
        inputs = self.inputs(name)
        if self.nodes[name]['op'] == 'ResizeBilinear':
            inputs = inputs[:1]
        return [each for each in inputs if each not in self.constants]

    def array(self, name: str, index: int) -> NDArray[np.float32]:
        """Return the constant that is the input of a node in some place."""
        source = self.inputs(name)[index]
        if source not in self.constants:
            raise ValueError(f'input {index} of {name} is no constant')
        return self.constants[source]

    def text(self, name: str, attribute: str) -> str:
        """Return an attribute that is a text."""
        return _decoded(self._attribute(name, attribute).get('s', ''))

    def texts(self, name: str, attribute: str) -> list[str]:
        """Return an attribute that is a list of texts."""
        return [_decoded(each) for each in self._list(name, attribute).get('s', ())]

    def integers(self, name: str, attribute: str) -> list[int]:
        """Return an attribute that is a list of integers."""
        return [int(each) for each in self._list(name, attribute).get('i', ())]

    def number(self, name: str, attribute: str) -> float:
        """Return an attribute that is a number."""
        return float(self._attribute(name, attribute).get('f', 0.0))

    def is_set(self, name: str, attribute: str) -> bool:
        """Return an attribute that is true or false."""
        return bool(self._attribute(name, attribute).get('b'))

    def _list(self, name: str, attribute: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._attribute(name, attribute).get('list', {})
        return found

    def _attribute(self, name: str, attribute: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.nodes[name].get('attr', {}).get(attribute, {})
        return found


def _decoded(coded: str) -> str:
    return base64.b64decode(coded).decode()
