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

"""The graph of an export, walked from its heads."""

from __future__ import annotations

from exports import convolution
from exports import node
from movenet_ros.model.graph import Graph
import numpy as np
import pytest

ONE = np.ones(1, np.float32)


def test_a_head_ends_with_its_last_convolution() -> None:
    nodes = [
        node('a', 'Placeholder'), convolution('x/center_0/flat', 'a', 1, 'BiasAdd'),
        convolution('x/center_0/conv2d', 'x/center_0/flat', 1, 'BiasAdd'),
    ]
    assert Graph(nodes, {}).heads == {'center': 'x/center_0/conv2d'}


def test_a_head_ends_with_the_bias_behind_its_last_convolution() -> None:
    nodes = [
        node('a', 'Placeholder'), node('center_0/Conv2D', 'Conv2D', 'a', 'k'),
        node('center_0/BiasAdd', 'BiasAdd', 'center_0/Conv2D', 'b'),
    ]
    assert Graph(nodes, {}).heads == {'center': 'center_0/BiasAdd'}


def test_a_head_with_two_ends_is_refused() -> None:
    nodes = [convolution(f'center_0/{name}', 'a', 1, 'BiasAdd') for name in 'ab']
    with pytest.raises(ValueError, match='center'):
        Graph(nodes, {})


def test_what_leads_to_a_node_comes_in_order_and_nothing_else() -> None:
    nodes = [
        node('c', 'AddV2', 'b', 'a'), node('b', 'Relu', 'a:0', '^d'), node('d', 'Relu', 'a'),
        node('a', 'Mul', 'input', 'one'), node('input', 'Placeholder'), node('one', 'Const'),
    ]
    assert Graph(nodes, {'one': ONE}).upstream(['c']) == ['input', 'a', 'b', 'c']


def test_a_cycle_is_refused() -> None:
    nodes = [node('a', 'Relu', 'b'), node('b', 'Relu', 'a')]
    with pytest.raises(ValueError, match='cycle'):
        Graph(nodes, {}).upstream(['a'])


def test_what_is_computed_is_no_constant() -> None:
    graph = Graph([node('a', 'Mul', 'b', 'b'), node('b', 'Placeholder')], {})
    with pytest.raises(ValueError, match='no constant'):
        graph.array('a', 1)
