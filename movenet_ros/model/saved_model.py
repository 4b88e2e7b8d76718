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
SavedModels, for TensorFlow: an export is read as a graph, and ours is written from the ONNX file.

TensorFlow runs on the CPU here, quietly; ours has constants rather than variables, which load and
run faster: no training follows.
"""

from __future__ import annotations

from importlib.util import find_spec
import logging
import os
from pathlib import Path
import sys
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.core.native_log import native_chatter_dropped
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.wording import first_line
from movenet_ros.model.graph import Graph
import numpy as np
from numpy.typing import NDArray

SIGNATURE = 'serving_default'

Constants = dict[str, NDArray[np.float32]]


def has_tensorflow() -> bool:
    """Return whether TensorFlow is installed, without the seconds that importing it takes."""
    return find_spec('tensorflow') is not None


def import_tensorflow() -> Any:
    """
    Import TensorFlow quietly.

    The GPU is hidden, since TensorFlow would take all its memory from a node that runs on it.

    :raises ModelError: if it cannot be imported.
    """
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
    if 'tensorflow' not in sys.modules:
        os.environ['CUDA_VISIBLE_DEVICES'] = '-1'
    try:
        with native_chatter_dropped():
            import tensorflow
    except ImportError as error:
        fix = f'run "{sys.executable} -m pip install tensorflow"'
        raise ModelError(f'TensorFlow cannot be imported ({error}): {fix}') from error
    tensorflow.get_logger().setLevel(logging.ERROR)
    return tensorflow


def read(saved_model: Path) -> Graph:
    """
    Read a SavedModel, with its variables as constants.

    :raises ModelError: if TensorFlow is not installed, or cannot load it.
    """
    tf = import_tensorflow()
    from google.protobuf import json_format
    from tensorflow.python.framework import convert_to_constants

    try:
        root = tf.saved_model.load(str(saved_model))  # its variables live as long as this object
        infer = root.signatures[SIGNATURE]
        frozen = convert_to_constants.convert_variables_to_constants_v2(infer)
        definition = frozen.graph.as_graph_def()
        constants = {}
        for node in definition.node:
            if node.op == 'Const':
                constants[node.name] = tf.make_ndarray(node.attr['value'].tensor)
                del node.attr['value']  # in JSON, it would take a while
        computed = [name for name in _fixed_inputs(frozen.graph) if name not in constants]
        tensors = [frozen.graph.get_tensor_by_name(f'{name}:0') for name in computed]
        for name, value in zip(computed, frozen.prune([], tensors)()):
            constants[name] = value.numpy()
        return Graph(json_format.MessageToDict(definition)['node'], constants)
    except Exception as error:  # noqa: B902 (a damaged file makes TensorFlow raise anything)
        raise ModelError(f'{saved_model} cannot be loaded ({first_line(error)})') from error


def _fixed_inputs(graph: Any) -> list[str]:
    """Return the inputs, of operations on the image, that do not depend on the image."""
    moving: set[str] = set()
    fixed: dict[str, None] = {}
    for each in graph.get_operations():  # in the order in which they are computed
        sources = [tensor.op.name for tensor in each.inputs]
        if each.type == 'Placeholder' or not moving.isdisjoint(sources):
            moving.add(each.name)
            fixed.update(dict.fromkeys(name for name in sources if name not in moving))
    return [*fixed]


def write(onnx_file: Path, spec: ModelSpec, destination: Path) -> None:
    """
    Write a network as a SavedModel.

    :param onnx_file: of this package.
    :param destination: directory to make.
    :raises ModelError: if TensorFlow is not installed.
    """
    tf = import_tensorflow()
    import onnx

    graph = onnx.load(str(onnx_file)).graph
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    ((name, taken),) = spec.inputs.items()

    def infer(images: Any) -> dict[str, Any]:
        tensors = {name: images}
        for node in graph.node:
            tensors[node.output[0]] = _computed(tf, node, tensors, constants)
        return {head: tf.transpose(tensors[head], (0, 3, 1, 2)) for head in spec.outputs}

    module = tf.Module()
    signature = tf.TensorSpec(taken.shape, taken.dtype, name=name)
    module.infer = tf.function(infer, input_signature=[signature])
    tf.saved_model.save(module, str(destination), signatures={SIGNATURE: module.infer})


def _computed(tf: Any, node: Any, tensors: dict[str, Any], constants: Constants) -> Any:
    """Compute one node of our ONNX files in TensorFlow, whose channels come last."""
    data, *more = [tensors[name] for name in node.input if name in tensors]
    numbers = [constants[name] for name in node.input if name in constants]
    if node.op_type == 'Cast':
        return tf.cast(data, tf.float32)
    if node.op_type == 'Mul':
        return data * numbers[0].ravel()
    if node.op_type == 'Add':
        return data + (more[0] if more else numbers[0].ravel())
    if node.op_type == 'Conv':
        return _convolved(tf, node, data, *numbers)
    if node.op_type == 'Resize':
        return tf.image.resize(data, 2 * tf.shape(data)[1:3])
    by_name = {'Clip': tf.nn.relu6, 'Relu': tf.nn.relu, 'Sigmoid': tf.sigmoid}
    return by_name.get(node.op_type, tf.identity)(data)  # a transpose, too, changes nothing


def _convolved(
    tf: Any, node: Any, data: Any, kernel: NDArray[np.float32], bias: Any = 0.0
) -> Any:
    options = {each.name: each for each in node.attribute}
    strides = [1, *options['strides'].ints, 1]
    if options['group'].i == 1:
        return tf.nn.conv2d(data, kernel.transpose(2, 3, 1, 0), strides, 'SAME') + bias
    kernel = kernel.transpose(2, 3, 0, 1)
    return tf.nn.depthwise_conv2d(data, kernel, strides, 'SAME') + bias
