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

"""ONNX files that are not the model, which every backend that takes ONNX must refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from movenet_ros.model.store import ModelFiles
import onnx
import pytest

INT32, FLOAT = onnx.TensorProto.INT32, onnx.TensorProto.FLOAT

OTHERS: dict[str, tuple[str, str, int, list[Any]]] = {
    'input name': ('serving_default_input', 'output_0', INT32, [1, 6, 56]),
    'output name': ('input', 'heatmaps', INT32, [1, 6, 56]),
    'input type': ('input', 'output_0', FLOAT, [1, 6, 56]),
    'single-person MoveNet': ('input', 'output_0', INT32, [1, 1, 17, 3]),
    'output size': ('input', 'output_0', INT32, [1, 6, 57]),
}


def write_zeros(
    path: Path, name: str, output: str, elements: int, shape: list[int], stated: list[Any] | None
) -> Path:
    """Write a model that takes a picture and gives zeros of a shape, which it may not state."""
    make = onnx.helper
    sizes = make.make_tensor('sizes', onnx.TensorProto.INT64, [len(shape)], shape)
    graph = make.make_graph(
        [
            make.make_node('ReduceMin', [name], ['least'], keepdims=0),
            make.make_node('Cast', ['least'], ['number'], to=FLOAT),
            make.make_node('Expand', ['number', 'sizes'], [output]),
        ],
        'other',
        [make.make_tensor_value_info(name, elements, [1, None, None, 3])],
        [make.make_tensor_value_info(output, FLOAT, stated)],
        [sizes],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid('', 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


@pytest.fixture(params=OTHERS.values(), ids=OTHERS.keys())
def another_model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give an ONNX file that differs from MoveNet MultiPose in one thing."""
    return write_zeros(tmp_path / 'other.onnx', *request.param, stated=request.param[-1])


@pytest.fixture(params=[['n', None, 56], None], ids=['partly', 'not at all'])
def model_of_unsure_output(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a model that does not say its output's shape."""
    return write_zeros(
        tmp_path / 'm.onnx', 'input', 'output_0', INT32, [1, 6, 56], request.param
    )


@pytest.fixture(params=[b'', b'rubbish' * 100, b'\x08\x08'], ids=['empty', 'text', 'bytes'])
def rubbish(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a file that is no model, whatever its name says."""
    path = tmp_path / 'model.onnx'
    path.write_bytes(request.param)
    return path


@pytest.fixture(params=[0.1, 0.999])
def model_that_breaks_off(
    request: pytest.FixtureRequest, tmp_path: Path, real_model: ModelFiles
) -> Path:
    """Give the beginning of the real model."""
    assert real_model.onnx is not None
    whole = real_model.onnx.read_bytes()
    path = tmp_path / 'model.onnx'
    path.write_bytes(whole[: int(request.param * len(whole))])
    return path
