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
Convert a TensorFlow.js graph model back to a SavedModel.

The topology file is JSON: ``modelTopology`` is a GraphDef in protobuf's JSON form, whose constants
are empty; ``weightsManifest`` gives the place of each constant in the weight files. Two operations
are fused ones of the browser's; they are replaced by the operations that they fuse. All others are
TensorFlow's own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.core.wording import one_line
from movenet_ros.model.graph import Graph
from movenet_ros.model.movenet import INPUT
from movenet_ros.model.movenet import OUTPUT
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.saved_model import import_tensorflow
from movenet_ros.model.saved_model import SIGNATURE
import numpy as np
from numpy.typing import NDArray

UNFUSED = {'_FusedConv2D': 'Conv2D', 'FusedDepthwiseConv2dNative': 'DepthwiseConv2dNative'}
CONVOLUTION_ATTRIBUTES = ('strides', 'padding', 'explicit_paddings', 'data_format', 'dilations')
ACTIVATIONS = {'Relu', 'Relu6'}


def convert(topology: Path, saved_model: Path) -> None:
    """
    Convert a TFJS graph model.

    :param topology: the JSON file; the weight files are beside it.
    :param saved_model: the directory to write.
    :raises ModelError: if the files are not a TFJS graph model.
    """
    tf = import_tensorflow()
    from google.protobuf import json_format

    try:
        content = json.loads(topology.read_text(encoding='utf-8'))
        weights = read_weights(content['weightsManifest'], topology.parent)
        fused = json_format.ParseDict(content['modelTopology'], tf.compat.v1.GraphDef())
        signature = content['signature']
        graph = stock_graph(fused, weights)
        _save(graph, signature, saved_model)
    except FileNotFoundError as error:
        raise ModelError(f'{error.filename} is missing') from error
    except Exception as error:  # noqa: B902 (a damaged file raises almost anything)
        reason = one_line(repr(error))
        raise ModelError(f'{topology} cannot be converted from TFJS: {reason}') from error


def read(topology: Path) -> Graph:
    """
    Read a TFJS graph model.

    :param topology: the JSON file; the weight files are beside it.
    :raises ModelError: if the files are not a TFJS graph model.
    """
    try:
        content = json.loads(topology.read_text(encoding='utf-8'))
        weights = read_weights(content['weightsManifest'], topology.parent)
        return Graph(content['modelTopology']['node'], weights)
    except FileNotFoundError as error:
        raise ModelError(f'{error.filename} is missing') from error
    except Exception as error:  # noqa: B902 (a damaged file raises almost anything)
        raise ModelError(f'{topology} is no TFJS model ({one_line(repr(error))})') from error


def read_weights(groups: list[dict[str, Any]], folder: Path) -> dict[str, NDArray[Any]]:
    """
    Read the weights of a TFJS model.

    :param groups: the ``weightsManifest``; the files of a group are one stream of bytes.
    :return: name -> array, float16 widened to float32.
    :raises ValueError: if the files and the manifest do not agree.
    """
    weights: dict[str, NDArray[Any]] = {}
    for group in groups:
        stream = b''.join((folder / Path(name).name).read_bytes() for name in group['paths'])
        offset = 0
        for weight in group['weights']:
            stored = np.dtype(weight.get('quantization', weight)['dtype']).newbyteorder('<')
            count = int(np.prod(weight['shape'], dtype=np.int64))
            numbers = np.frombuffer(stream, stored, count, offset)
            weights[weight['name']] = numbers.reshape(weight['shape']).astype(weight['dtype'])
            offset += numbers.nbytes
        if offset != len(stream):
            raise ValueError(f'{len(stream)} bytes of weights where {offset} were expected')
    return weights


def stock_graph(fused: Any, weights: dict[str, NDArray[Any]]) -> Any:
    """
    Fill in the constants and replace the fused operations.

    :param fused: GraphDef.
    :return: GraphDef of stock TensorFlow operations only.
    """
    tf = import_tensorflow()
    graph = tf.compat.v1.GraphDef(versions=fused.versions)
    for node in fused.node:
        if node.op in UNFUSED:
            _unfuse(node, graph)
            continue
        copy = graph.node.add()
        copy.CopyFrom(node)
        copy.device = ''  # the exporting machine's
        if node.op == 'Const':
            copy.attr['value'].tensor.CopyFrom(tf.make_tensor_proto(weights[node.name]))
    return graph


def _unfuse(fused: Any, graph: Any) -> None:
    """Add convolution, bias and activation; the last one takes the fused operation's name."""
    data, kernel, bias = fused.input
    steps = [UNFUSED[fused.op], *(name.decode() for name in fused.attr['fused_ops'].list.s)]
    if steps[1:2] != ['BiasAdd'] or not ACTIVATIONS.issuperset(steps[2:]):
        raise ValueError(f'{fused.name} fuses {steps}')
    previous = ''
    for op in steps:
        name = fused.name if op == steps[-1] else f'{fused.name}/{op}'
        node = graph.node.add(op=op, name=name)
        node.attr['T'].CopyFrom(fused.attr['T'])
        if op in UNFUSED.values():
            node.input.extend([data, kernel])
            for attribute in CONVOLUTION_ATTRIBUTES:
                node.attr[attribute].CopyFrom(fused.attr[attribute])
        elif op == 'BiasAdd':
            node.input.extend([previous, bias])
            node.attr['data_format'].CopyFrom(fused.attr['data_format'])
        else:
            node.input.append(previous)
        previous = name


def _save(graph: Any, signature: dict[str, Any], saved_model: Path) -> None:
    """
    Write the graph as a function with constants.

    Constants rather than variables load and run faster; no training follows.
    """
    tf = import_tensorflow()
    input_name = signature['inputs'][INPUT]['name']
    output_name = signature['outputs'][OUTPUT]['name']

    def infer(batch: Any) -> dict[str, Any]:
        (output,) = tf.import_graph_def(graph, {input_name: batch}, [output_name], name='movenet')
        return {OUTPUT: output}

    module = tf.Module()
    spec = tf.TensorSpec(SPEC.inputs[INPUT].shape, SPEC.inputs[INPUT].dtype, name=INPUT)
    module.infer = tf.function(infer, input_signature=[spec])
    tf.saved_model.save(module, str(saved_model), signatures={SIGNATURE: module.infer})
