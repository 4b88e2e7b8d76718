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

"""Networks for the tests of the backends: a tiny one, and those that give zeros."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import TensorSpec
import numpy as np
from numpy.typing import NDArray
import onnx

ONNX_TYPES = {
    'float32': onnx.TensorProto.FLOAT,
    'int32': onnx.TensorProto.INT32,
    'uint8': onnx.TensorProto.UINT8,
}
SIDES = (16, 16)  # of the maps of zeros
TINY = ModelSpec(
    title='a tiny network',
    variant='',
    inputs={'picture': TensorSpec('float32', (1, 3, None, None))},
    outputs={'mean': TensorSpec('float32', (1, 3)), 'peak': TensorSpec('float32', (1, 3))},
    smallest={'picture': (1, 3, 2, 2)},
    usual={'picture': (1, 3, 4, 6)},
    largest={'picture': (1, 3, 64, 64)},
)


def write_onnx(
    path: Path,
    inputs: dict[str, TensorSpec],
    outputs: dict[str, TensorSpec],
    nodes: list[Any],
    constants: tuple[Any, ...] = (),
) -> Path:
    """Write an ONNX file; nodes as ``onnx.helper.make_node`` takes them."""
    make = onnx.helper
    taken, given = (
        [
            make.make_tensor_value_info(name, ONNX_TYPES[each.dtype], each.shape)
            for name, each in side.items()
        ]
        for side in (inputs, outputs)
    )
    graph = make.make_graph(
        [make.make_node(*args, **keywords) for *args, keywords in nodes],
        'network', taken, given, constants,
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid('', 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


def write_tiny_onnx(path: Path) -> Path:
    """Write the tiny network: mean and maximum of each colour."""
    axes = {'axes': [2, 3], 'keepdims': 0}
    nodes = [
        ('ReduceMean', ['picture'], ['mean'], axes),
        ('ReduceMax', ['picture'], ['peak'], axes),
    ]
    return write_onnx(path, TINY.inputs, TINY.outputs, nodes)


def write_tiny_saved_model(tensorflow: Any, path: Path) -> Path:
    """Write the same as a SavedModel."""
    tf = tensorflow
    module = tf.Module()
    picture = tf.TensorSpec([1, 3, None, None], tf.float32, 'picture')
    module.run = tf.function(
        lambda x: {'mean': tf.reduce_mean(x, (2, 3)), 'peak': tf.reduce_max(x, (2, 3))},
        input_signature=[picture],
    )
    tf.saved_model.save(module, str(path), signatures={'serving_default': module.run})
    return path


def write_zeros_onnx(
    path: Path,
    name: str = 'input',
    dtype: str = 'uint8',
    maps: Mapping[str, int] = IMAGE_HEADS,
    stated: bool = True,
) -> Path:
    """Write a network that takes 64x64 pixels and gives zeros, of shapes that it may state."""
    shapes = {head: (1, count, *SIDES) for head, count in maps.items()}
    nodes = [
        ('Cast', [name], ['floats'], {'to': onnx.TensorProto.FLOAT}),
        ('ReduceMin', ['floats'], ['least'], {'keepdims': 0}),
        ('Sub', ['least', 'least'], ['zero'], {}),
        *(('Expand', ['zero', f'shape of {head}'], [head], {}) for head in maps),
    ]
    sizes = tuple(
        onnx.helper.make_tensor(f'shape of {head}', onnx.TensorProto.INT64, [4], shape)
        for head, shape in shapes.items()
    )
    outputs = {
        head: TensorSpec('float32', shape if stated else None) for head, shape in shapes.items()
    }
    return write_onnx(path, {name: TensorSpec(dtype, (1, None, None, 3))}, outputs, nodes, sizes)


def write_zeros_saved_model(
    tensorflow: Any,
    path: Path,
    name: str = 'input',
    dtype: str = 'uint8',
    maps: Mapping[str, int] = IMAGE_HEADS,
    signature: str = 'serving_default',
) -> Path:
    """Write the same as a SavedModel."""
    tf = tensorflow
    module = tf.Module()
    spec = tf.TensorSpec([1, None, None, 3], getattr(tf, dtype), name)
    module.run = tf.function(
        lambda _: {head: tf.zeros((1, count, *SIDES)) for head, count in maps.items()},
        input_signature=[spec],
    )
    tf.saved_model.save(module, str(path), signatures={signature: module.run})
    return path


def write_bright_saved_model(tensorflow: Any, path: Path) -> Path:
    """Write a network as TensorFlow Hub exports MoveNet: six people in the middle of the light."""
    tf = tensorflow
    module = tf.Module()
    picture = tf.TensorSpec([1, None, None, 3], tf.int32, 'input')

    def answer(batch: Any) -> Any:
        light = tf.reduce_sum(tf.cast(batch[0], tf.float32), -1)
        places = [
            tf.reduce_sum(tf.reduce_sum(light, axis) * tf.range(0.5, side)) / side
            for axis, side in zip((1, 0), tf.unstack(tf.cast(tf.shape(light), tf.float32)))
        ]
        middle = tf.stack(places) / tf.reduce_sum(light)
        return {'output_0': tf.tile(middle[None, None], (1, 6, 28))}

    module.run = tf.function(answer, input_signature=[picture])
    tf.saved_model.save(module, str(path), signatures={'serving_default': module.run})
    return path


def noise(*shape_hw: int, count: int = 1) -> dict[str, NDArray[np.uint8]]:
    """Return an input of the real network, the same one for each shape."""
    return {'input': np.random.default_rng(0).integers(0, 256, (count, *shape_hw, 3), np.uint8)}
