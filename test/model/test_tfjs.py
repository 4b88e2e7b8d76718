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

"""A small TFJS graph, as TensorFlow.js's converter writes it, computes the same as before."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.model.saved_model import import_tensorflow
from movenet_ros.model.tfjs import convert
from movenet_ros.model.tfjs import read_weights
import numpy as np
import pytest

pytestmark = pytest.mark.runtime

RANDOM = np.random.default_rng(0)
KERNEL = RANDOM.normal(size=(3, 3, 3, 4)).astype(np.float16)
BIAS = RANDOM.normal(size=4).astype(np.float16)
DEPTHWISE = RANDOM.normal(size=(3, 3, 4, 1)).astype(np.float16)
DEPTHWISE_BIAS = RANDOM.normal(size=4).astype(np.float16)
WEIGHTS = {'kernel': KERNEL, 'bias': BIAS, 'depthwise': DEPTHWISE, 'd_bias': DEPTHWISE_BIAS}


def text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def fused(name: str, op: str, inputs: list[str], ops: list[str]) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        'T': {'type': 'DT_FLOAT'},
        'strides': {'list': {'i': ['1', '2', '2', '1']}},
        'padding': {'s': text('SAME')},
        'explicit_paddings': {'list': {}},
        'data_format': {'s': text('NHWC')},
        'dilations': {'list': {'i': ['1', '1', '1', '1']}},
        'num_args': {'i': '1'},
        'fused_ops': {'list': {'s': [text(each) for each in ops]}},
    }
    return {'name': name, 'op': op, 'input': inputs, 'device': '/device:CPU:0', 'attr': attributes}


def topology(activation: str = 'Relu6') -> dict[str, Any]:
    shape = {'dim': [{'size': size} for size in ('1', '-1', '-1', '3')]}
    constants = [
        {
            'name': name,
            'op': 'Const',
            'attr': {'dtype': {'type': 'DT_FLOAT'}, 'value': {'tensor': {'dtype': 'DT_FLOAT'}}},
        }
        for name in WEIGHTS
    ]
    nodes = [
        {
            'name': 'input',
            'op': 'Placeholder',
            'attr': {'dtype': {'type': 'DT_INT32'}, 'shape': {'shape': shape}},
        },
        {
            'name': 'cast',
            'op': 'Cast',
            'input': ['input'],
            'attr': {'SrcT': {'type': 'DT_INT32'}, 'DstT': {'type': 'DT_FLOAT'}},
        },
        fused('conv', '_FusedConv2D', ['cast', 'kernel', 'bias'], ['BiasAdd', activation]),
        fused(
            'deep', 'FusedDepthwiseConv2dNative', ['conv', 'depthwise', 'd_bias'], ['BiasAdd']
        ),
        {'name': 'Identity', 'op': 'Identity', 'input': ['deep'], 'attr': {'T': {'type': 1}}},
    ]
    return {'node': [*constants, *nodes], 'library': {}, 'versions': {'producer': 808}}


def write_model(folder: Path, **changes: Any) -> Path:
    half = {'dtype': 'float16', 'original_dtype': 'float32'}
    weights = [
        {'name': name, 'shape': list(array.shape), 'dtype': 'float32', 'quantization': half}
        for name, array in WEIGHTS.items()
    ]
    stream = b''.join(array.tobytes() for array in WEIGHTS.values())
    (folder / 'a1.bin').write_bytes(stream[:100])  # large models come in several files
    (folder / 'a2.bin').write_bytes(stream[100:])
    content = {
        'modelTopology': topology(),
        'signature': {
            'inputs': {'input': {'name': 'input:0'}},
            'outputs': {'output_0': {'name': 'Identity:0'}},
        },
        'weightsManifest': [{'paths': ['a1.bin', 'a2.bin'], 'weights': weights}],
        **changes,
    }
    path = folder / 'a.json'
    path.write_text(json.dumps(content))
    return path


def expected(picture: Any, relu: Any) -> Any:
    tf = import_tensorflow()
    step = [1, 2, 2, 1]
    arrays = {name: array.astype(np.float32) for name, array in WEIGHTS.items()}
    data = tf.cast(picture, tf.float32)
    data = relu(tf.nn.conv2d(data, arrays['kernel'], step, 'SAME') + arrays['bias'])
    return tf.nn.depthwise_conv2d(data, arrays['depthwise'], step, 'SAME') + arrays['d_bias']


@pytest.mark.parametrize('activation', ['Relu', 'Relu6'])
@pytest.mark.parametrize('size', [(8, 8), (7, 12)])
def test_the_converted_model_computes_the_same(
    tmp_path: Path, activation: str, size: tuple[int, int]
) -> None:
    tf = import_tensorflow()
    path = write_model(tmp_path, modelTopology=topology(activation))
    convert(path, tmp_path / 'saved_model')
    picture = tf.constant(RANDOM.integers(-3, 4, (1, *size, 3)), tf.int32)
    loaded = tf.saved_model.load(str(tmp_path / 'saved_model'))
    output = loaded.signatures['serving_default'](input=picture)['output_0']
    relu = tf.nn.relu if activation == 'Relu' else tf.nn.relu6
    np.testing.assert_allclose(output, expected(picture, relu), atol=1e-4)


def test_weights_are_widened_from_float16(tmp_path: Path) -> None:
    path = write_model(tmp_path)
    weights = read_weights(json.loads(path.read_text())['weightsManifest'], tmp_path)
    assert weights['kernel'].dtype == np.float32
    np.testing.assert_array_equal(weights['kernel'], KERNEL)
    np.testing.assert_array_equal(weights['d_bias'], DEPTHWISE_BIAS)


@pytest.mark.parametrize('surplus', [-2, 2])
def test_weights_of_another_length_are_refused(tmp_path: Path, surplus: int) -> None:
    path = write_model(tmp_path)
    content = (tmp_path / 'a2.bin').read_bytes()
    (tmp_path / 'a2.bin').write_bytes((content + b'..')[: len(content) + surplus])
    with pytest.raises(ModelError, match='cannot be converted'):
        convert(path, tmp_path / 'saved_model')


def test_lost_weights_are_named(tmp_path: Path) -> None:
    path = write_model(tmp_path)
    (tmp_path / 'a2.bin').unlink()
    with pytest.raises(ModelError, match=r'a2\.bin is missing'):
        convert(path, tmp_path / 'saved_model')


def test_a_fused_operation_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path, modelTopology=topology('LeakyRelu'))
    with pytest.raises(ModelError, match='conv fuses.*LeakyRelu'):
        convert(path, tmp_path / 'saved_model')


@pytest.mark.parametrize(
    'changes', [{'modelTopology': {'node': 1}}, {'signature': {}}, {'weightsManifest': []}]
)
def test_json_of_another_kind_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = write_model(tmp_path, **changes)
    with pytest.raises(ModelError, match='cannot be converted'):
        convert(path, tmp_path / 'saved_model')


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'a.json'
    path.write_text('not json')
    with pytest.raises(ModelError, match='cannot be converted'):
        convert(path, tmp_path / 'saved_model')


def test_weights_are_looked_for_beside_their_list_only(tmp_path: Path) -> None:
    (tmp_path / 'secret').write_bytes(b'1234')
    folder = tmp_path / 'model'
    folder.mkdir()
    weights = [{'name': 'a', 'shape': [1], 'dtype': 'float32'}]
    with pytest.raises(FileNotFoundError):
        read_weights([{'paths': ['../secret'], 'weights': weights}], folder)
