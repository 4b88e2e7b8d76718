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
Write the ONNX file of a network: from the image to its heads, by the ``onnx`` package alone.

Of an export's graph, only what leads to the heads is taken; decoding is our own. Biases and batch
norms become part of their convolution. Batch, height and width are free.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
import sys
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import TensorSpec
from movenet_ros.core.wording import one_line
from movenet_ros.model.graph import CONVOLUTIONS
from movenet_ros.model.graph import DEPTHWISE
from movenet_ros.model.graph import Graph
import numpy as np
from numpy.typing import NDArray

OPSET, IR_VERSION = 17, 8
SCORES = ('center', 'kpt_heatmap')  # the heads with a sigmoid
UNCHANGED = ('Cast', 'ExpandDims', 'Identity', 'Pack', 'Squeeze', 'Unpack')  # of a single image
IMAGE = 'image'

Array = NDArray[Any]


def require_onnx() -> None:
    """
    Look for the ``onnx`` package.

    :raises ModelError: if it is not installed.
    """
    if find_spec('onnx') is None:
        fix = f'run "{sys.executable} -m pip install onnx"'
        raise ModelError(f'preparing a model needs the Python package onnx: {fix}')


def write(graph: Graph, spec: ModelSpec, destination: Path) -> None:
    """
    Write a network as ONNX, with the names of its spec.

    :param graph: of an export that has the heads of the spec.
    :raises ModelError: if it is not made as MoveNet is.
    """
    import onnx

    try:
        proto = _Network(graph, spec).proto()
        onnx.checker.check_model(proto, full_check=True)
    except Exception as error:  # noqa: B902 (a damaged graph raises almost anything)
        reason = one_line(repr(error))
        raise ModelError(f'the graph of {spec.title} cannot be converted ({reason})') from error
    destination.write_bytes(proto.SerializeToString(deterministic=True))


class _Network:
    """Makes nodes of ONNX, one by one, of those that lead to the heads of a graph."""

    def __init__(self, graph: Graph, spec: ModelSpec) -> None:
        self._graph = graph
        self._spec = spec
        self._nodes: dict[str, Any] = {}  # by the tensor that each gives
        self._constants: dict[str, Array] = {}
        self._scale, self._shift = np.ones(3), np.zeros(3)  # of the image

    def proto(self) -> Any:
        """Return the whole network."""
        from onnx import helper
        from onnx import numpy_helper

        heads = self._graph.heads
        tensors: dict[str, str] = {}
        for name in self._graph.upstream(heads[head] for head in self._spec.outputs):
            tensors[name] = self._made(name, [tensors[i] for i in self._graph.data_inputs(name)])
        for head in self._spec.outputs:
            self._add('Sigmoid' if head in SCORES else 'Identity', head, [tensors[heads[head]]])
        graph = helper.make_graph(
            [*self._nodes.values()],
            self._spec.variant,
            [_stated(*each, ('batch', 'height', 'width')) for each in self._spec.inputs.items()],
            [_stated(*each, ('batch', 'rows', 'columns')) for each in self._spec.outputs.items()],
            [numpy_helper.from_array(array, name) for name, array in self._constants.items()],
        )
        opset = helper.make_opsetid('', OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)

    def _add(self, op: str, name: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper

        self._nodes[name] = helper.make_node(op, inputs, [name], name, **attributes)
        return name

    def _constant(self, name: str, value: Any) -> str:
        self._constants[name] = np.ascontiguousarray(value, np.float32)
        return name

    def _made(self, name: str, data: list[str]) -> str:
        """
        Make a node of the graph anew.

        :param data: the tensors that it takes.
        :return: the tensor that has its value.
        """
        op = self._graph.nodes[name]['op']
        if op == 'Placeholder':
            return IMAGE
        if op in UNCHANGED:
            return data[0]
        if op in CONVOLUTIONS + DEPTHWISE:
            return self._convolution(name, data[0], op in DEPTHWISE)
        if op == 'BiasAdd':
            return self._biased(data[0], self._graph.array(name, 1))
        if op.startswith('FusedBatchNorm'):
            return self._batch_normed(name, data[0])
        if op == 'ResizeBilinear':
            return self._doubled(name, data[0])
        if op == 'AddV2' and len(data) == 2:
            return self._add('Add', name, data)
        if data == [IMAGE]:
            return self._normalised(name, op)
        return self._activated(name, data[0], op)

    def _normalised(self, name: str, op: str) -> str:
        """Note one step between the image and the first convolution."""
        number = self._graph.array(name, 1)
        if op == 'Sub':
            self._shift = self._shift - number
        elif op in ('Mul', 'RealDiv'):
            factor = number if op == 'Mul' else 1.0 / number
            self._scale, self._shift = self._scale * factor, self._shift * factor
        else:
            raise ValueError(f'{name} is {op}')
        return IMAGE

    def _image(self) -> str:
        """Make what the first convolution takes: floats, in ONNX's order of axes."""
        (taken,) = self._spec.inputs
        by_channel = (1, -1, 1, 1)
        scale = self._constant('scale', self._scale.reshape(by_channel))
        shift = self._constant('shift', self._shift.reshape(by_channel))
        planes = self._add('Transpose', 'planes', [taken], perm=[0, 3, 1, 2])
        floats = self._add('Cast', 'floats', [planes], to=_type('float32'))
        return self._add('Add', IMAGE, [self._add('Mul', 'scaled', [floats, scale]), shift])

    def _convolution(self, name: str, data: str, is_depthwise: bool) -> str:
        """Make a convolution, with what the graph has fused to it."""
        graph, kernel = self._graph, self._graph.array(name, 1)
        size, strides = kernel.shape[:2], graph.integers(name, 'strides')[1:3]
        padding, dilations = graph.text(name, 'padding'), graph.integers(name, 'dilations')
        if {*dilations} - {1} or padding != 'SAME' and size != (1, 1):
            raise ValueError(f'{name} has padding {padding} and dilations {dilations}')
        # Sizes are multiples of what they are divided by, so that SAME is the same for all.
        pads = [max(each - stride, 0) for each, stride in zip(size, strides)]
        before = [each // 2 for each in pads]
        channels = kernel.shape[2] if is_depthwise else 1
        if is_depthwise:
            kernel = kernel.transpose(2, 3, 0, 1).reshape(-1, 1, *size)
        else:
            kernel = kernel.transpose(3, 2, 0, 1)
        weights = self._constant(f'{name}/kernel', kernel)
        made = self._add(
            'Conv', name, [self._image() if data == IMAGE else data, weights],
            kernel_shape=size, strides=strides, group=channels,
            pads=[*before, *(both - first for both, first in zip(pads, before))],
        )
        for step in graph.texts(name, 'fused_ops'):
            if step == 'BiasAdd':
                self._biased(made, graph.array(name, 2))
            else:
                made = self._activated(f'{name}/{step}', made, step)
        return made

    def _biased(self, convolution: str, more: Array) -> str:
        """Add to the bias of a convolution."""
        bias = f'{convolution}/bias'
        if bias not in self._constants:
            self._nodes[convolution].input.append(self._constant(bias, np.zeros_like(more)))
        self._constants[bias] = self._constants[bias] + more
        return convolution

    def _batch_normed(self, name: str, convolution: str) -> str:
        """Fold a batch norm into the convolution before it."""
        gamma, beta, mean, variance = (self._graph.array(name, i) for i in range(1, 5))
        factor = gamma / np.sqrt(variance + np.float32(self._graph.number(name, 'epsilon')))
        kernel = f'{convolution}/kernel'
        self._constant(kernel, self._constants[kernel] * factor[:, None, None, None])
        bias = self._constants.get(f'{convolution}/bias', np.zeros_like(mean))
        return self._biased(convolution, beta + (bias - mean) * factor - bias)

    def _activated(self, name: str, data: str, op: str) -> str:
        if op == 'Relu':
            return self._add('Relu', name, [data])
        if op == 'Relu6':
            limits = [self._constant('zero', 0.0), self._constant('six', 6.0)]
            return self._add('Clip', name, [data, *limits])
        raise ValueError(f'{name} is {op}')

    def _doubled(self, name: str, data: str) -> str:
        """Make it twice as large, whatever size the export had: its own is of one input."""
        if not self._graph.is_set(name, 'half_pixel_centers'):
            raise ValueError(f'{name} has no half pixel centres')
        scales = self._constant('twice', (1.0, 1.0, 2.0, 2.0))
        options = {'mode': 'linear', 'coordinate_transformation_mode': 'half_pixel'}
        return self._add('Resize', name, [data, '', scales], **options)


def _stated(name: str, spec: TensorSpec, free: tuple[str, ...]) -> Any:
    """Return an input or an output as the file states it, with names for the free sizes."""
    from onnx import helper

    names = iter(free)
    shape = [next(names) if size is None else size for size in spec.shape or ()]
    return helper.make_tensor_value_info(name, _type(spec.dtype), shape)


def _type(dtype: str) -> int:
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
