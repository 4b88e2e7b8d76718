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

"""Small networks that are made as MoveNet is, in the forms in which that is exported."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from movenet_ros.core.runtime import ModelSpec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

CHANNELS = 4
SCALE = np.float32(0.5)  # of the image, which is shifted by 1 afterwards
EPSILON = 0.01  # of the batch norms
SCORES = ('center', 'kpt_heatmap')


def make_weights(spec: ModelSpec) -> dict[str, Array]:
    """Make kernels and biases that float16 holds, for a network with the heads of a spec."""
    shapes = {
        'stem': (3, 3, 3, CHANNELS),
        'deep': (3, 3, CHANNELS, 1),
        'flat': (1, 1, CHANNELS, CHANNELS),
        'small': (3, 3, CHANNELS, CHANNELS),
    }
    for head, each in spec.outputs.items():
        assert each.shape is not None
        shapes[f'{head}_0/deep'] = (3, 3, CHANNELS, 1)
        shapes[f'{head}_0/conv2d'] = (1, 1, CHANNELS, int(each.shape[1] or 0))
    random, weights = np.random.default_rng(0), {}
    for name, shape in shapes.items():
        bias = CHANNELS if name.endswith('deep') else shape[-1]
        for part, size in (('kernel', shape), ('bias', (bias,))):
            weights[f'{name}/{part}'] = random.normal(0, 0.4, size).astype('f2').astype('f4')
    return weights


def compute(
    tf: Any, spec: ModelSpec, weights: Any, images: Any, with_batch_norm: bool = False
) -> dict[str, Any]:
    """
    Compute the heads by operations that are not fused, as a SavedModel has them.

    :param images: ``(n, H, W, 3)``.
    :param with_batch_norm: in place of the biases in front of the heads.
    """

    def conv(data: Any, name: str, stride: int = 1, relu: Any = tf.identity) -> Any:
        kernel, bias = weights[f'{name}/kernel'], weights[f'{name}/bias']
        convolve = tf.nn.depthwise_conv2d if name.endswith('deep') else tf.nn.conv2d
        with tf.name_scope(name):
            data = convolve(data, kernel, [1, stride, stride, 1], 'SAME')
            if name.endswith('_0/deep'):
                return data
            if with_batch_norm and '_0/' not in name:
                if name == 'small':  # has both
                    data = tf.nn.bias_add(data, bias)
                norm = (1 + bias, bias, -bias, 1 + bias * bias)
                (data, *_) = tf.compat.v1.nn.fused_batch_norm(
                    data, *norm, epsilon=EPSILON, is_training=False
                )
                return relu(data)
            return relu(tf.nn.bias_add(data, bias))

    image = tf.cast(images, tf.float32) / (1 / SCALE) - 1.0
    deep = conv(conv(image, 'stem', 2, tf.nn.relu6), 'deep', 2, tf.nn.relu)
    trunk = conv(deep, 'flat') + deep
    trunk += tf.image.resize(conv(trunk, 'small', 2), tf.shape(trunk)[1:3])
    heads = {}
    for head in spec.outputs:
        logits = conv(conv(trunk, f'{head}_0/deep'), f'{head}_0/conv2d')
        heads[head] = tf.transpose(logits, (0, 3, 1, 2))
        if head in SCORES:
            heads[head] = tf.sigmoid(heads[head])
    return heads


def write_saved_model(tf: Any, path: Path, spec: ModelSpec, size: int | None = None) -> Path:
    """
    Write a SavedModel as TensorFlow Hub has it: variables, batch norms, the heads inside.

    :param size: of the only input that it takes; None: any.
    """
    module = tf.Module()
    module.weights = {name: tf.Variable(each) for name, each in make_weights(spec).items()}

    def infer(images: Any) -> dict[str, Any]:
        heads = compute(tf, spec, module.weights, images, with_batch_norm=True)
        return {'output_0': tf.add_n([tf.reduce_sum(each) for each in heads.values()])}

    taken = tf.TensorSpec([1, size, size, 3], tf.int32, 'input')
    module.infer = tf.function(infer, input_signature=[taken])
    tf.saved_model.save(module, str(path), signatures={'serving_default': module.infer})
    return path


def write_tfjs(folder: Path, spec: ModelSpec, **changes: Any) -> Path:
    """
    Write it as a TFJS graph model, whose operations are fused.

    :param changes: of the file's entries.
    """
    weights = {
        **make_weights(spec),
        'one': np.ones(1, 'f4'), 'scale': np.full(3, SCALE), 'size': np.zeros(2, 'f4'),
    }
    half = {'dtype': 'float16', 'original_dtype': 'float32'}
    listed = [
        {'name': name, 'shape': list(each.shape), 'dtype': 'float32', 'quantization': half}
        for name, each in weights.items()
    ]
    stream = b''.join(each.astype('f2').tobytes() for each in weights.values())
    (folder / 'a1.bin').write_bytes(stream[:100])  # large models come in several files
    (folder / 'a2.bin').write_bytes(stream[100:])
    content = {
        'modelTopology': {'node': [*map(_constant, weights), *_nodes(spec)]},
        'weightsManifest': [{'paths': ['a1.bin', 'a2.bin'], 'weights': listed}],
        **changes,
    }
    path = folder / 'a.json'
    path.write_text(json.dumps(content))
    return path


def _nodes(spec: ModelSpec) -> list[dict[str, Any]]:
    nodes = [
        node('input', 'Placeholder'),
        node('cast', 'Cast', 'input'),
        node('scaled', 'Mul', 'cast', 'scale'),
        node('image', 'Sub', 'scaled', 'one'),
        convolution('stem', 'image', 2, 'BiasAdd', 'Relu6'),
        convolution('deep', 'stem', 2, 'BiasAdd', 'Relu'),
        convolution('flat', 'deep', 1, 'BiasAdd'),
        node('sum', 'AddV2', 'flat', 'deep'),
        convolution('small', 'sum', 2, 'BiasAdd'),
        node('large', 'ResizeBilinear', 'small', 'size', half_pixel_centers={'b': True}),
        node('trunk', 'AddV2', 'large', 'sum'),
    ]
    for head in spec.outputs:
        nodes.append(convolution(f'{head}_0/deep', 'trunk', 1))
        nodes.append(convolution(f'{head}_0/conv2d', f'{head}_0/deep', 1, 'BiasAdd'))
        nodes.append(node(f'{head}_peak', 'MaxPool', f'{head}_0/conv2d'))
    return nodes


def node(name: str, op: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    """Return a node in the JSON form of a GraphDef."""
    return {'name': name, 'op': op, 'input': [*inputs], 'attr': attributes}


def convolution(name: str, data: str, stride: int, *fused: str) -> dict[str, Any]:
    """Return a convolution; its weights have its name."""
    op = 'FusedDepthwiseConv2dNative' if name.endswith('deep') else '_FusedConv2D'
    inputs = [data, f'{name}/kernel', *([f'{name}/bias'] if fused else [])]
    return node(
        name, op if fused else 'DepthwiseConv2dNative', *inputs,
        strides={'list': {'i': ['1', str(stride), str(stride), '1']}},
        padding={'s': _text('SAME')},
        dilations={'list': {'i': ['1', '1', '1', '1']}},
        fused_ops={'list': {'s': [_text(each) for each in fused]}},
    )


def _constant(name: str) -> dict[str, Any]:
    return node(name, 'Const', dtype={'type': 'DT_FLOAT'})


def _text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
