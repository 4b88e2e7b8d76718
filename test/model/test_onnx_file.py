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

"""The ONNX file computes the heads of an export, at every size, and any runtime can read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from exports import compute
from exports import make_weights
from exports import write_tfjs
from movenet_ros.core.errors import ModelError
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.model import movenet
from movenet_ros.model import onnx_file
from movenet_ros.model import tfjs
from movenet_ros.model import thunder
from movenet_ros.model.graph import Graph
from movenet_ros.model.onnx_file import write
import numpy as np
from numpy.typing import NDArray
import onnx
import onnxruntime
import pytest

pytestmark = pytest.mark.runtime

Heads = dict[str, NDArray[np.float32]]
SPECS = pytest.mark.parametrize(
    'spec', [movenet.SPEC, thunder.SPEC], ids=lambda spec: str(spec.variant)
)


def run(path: Path, images: NDArray[np.uint8]) -> Heads:
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, {'input': images})))


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 5, shape, np.uint8)


@SPECS
@pytest.mark.parametrize('shape', [(1, 32, 32, 3), (3, 64, 96, 3)])
def test_the_file_computes_the_heads_of_the_export(
    tensorflow: Any, tmp_path: Path, spec: ModelSpec, shape: tuple[int, ...]
) -> None:
    write(tfjs.read(write_tfjs(tmp_path, spec)), spec, tmp_path / 'model.onnx')
    heads, images = run(tmp_path / 'model.onnx', noise(*shape)), noise(*shape)
    expected = compute(tensorflow, spec, make_weights(spec), images)
    assert heads.keys() == spec.outputs.keys()
    for name, head in heads.items():
        np.testing.assert_allclose(head, expected[name], atol=1e-4)


@pytest.fixture(params=['real_model', 'thunder_model'])
def real(request: pytest.FixtureRequest) -> Path:
    """Give the file of each real network."""
    path = request.getfixturevalue(request.param).onnx
    assert isinstance(path, Path)
    return path


def test_the_real_files_are_valid(real: Path) -> None:
    onnx.checker.check_model(str(real), full_check=True)


def test_the_real_files_use_standard_operations_of_opset_17_only(real: Path) -> None:
    model = onnx.load(str(real))
    assert {node.domain for node in model.graph.node} == {''}
    assert {each.domain: each.version for each in model.opset_import} == {'': 17}


def test_images_of_a_batch_do_not_see_each_other(real: Path) -> None:
    images = noise(3, 64, 96, 3)
    together = run(real, images)
    for i, image in enumerate(images):
        for name, head in run(real, image[None]).items():
            np.testing.assert_allclose(together[name][i], head[0], atol=1e-4)


@pytest.mark.parametrize('shape', [(1, 32, 256, 3), (2, 160, 96, 3)])
def test_heads_have_a_cell_for_four_pixels(real: Path, shape: tuple[int, ...]) -> None:
    count, height, width, _ = shape
    heads = run(real, noise(*shape)).values()
    assert {(len(head), *head.shape[2:]) for head in heads} == {(count, height // 4, width // 4)}


def lose_half_pixels(nodes: list[dict[str, Any]]) -> None:
    (resize,) = (each for each in nodes if each['op'] == 'ResizeBilinear')
    resize['attr'] = {}


def fuse_something_else(nodes: list[dict[str, Any]]) -> None:
    (conv,) = (each for each in nodes if each['name'] == 'stem')
    conv['attr']['fused_ops']['list']['s'][1] = 'TGVha3lSZWx1'  # LeakyRelu


def dilate(nodes: list[dict[str, Any]]) -> None:
    (conv,) = (each for each in nodes if each['name'] == 'deep')
    conv['attr']['dilations']['list']['i'][1] = '2'


def compute_otherwise(nodes: list[dict[str, Any]]) -> None:
    (cast,) = (each for each in nodes if each['name'] == 'cast')
    cast['op'] = 'Exp'


@pytest.mark.parametrize(
    'change', [lose_half_pixels, fuse_something_else, dilate, compute_otherwise]
)
def test_what_movenet_does_not_have_is_refused_in_one_line(
    tmp_path: Path, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    whole = tfjs.read(write_tfjs(tmp_path, thunder.SPEC))
    nodes = [*whole.nodes.values()]
    change(nodes)
    with pytest.raises(ModelError, match=r'^[^\n]*cannot be converted[^\n]*$'):
        write(Graph(nodes, whole.constants), thunder.SPEC, tmp_path / 'model.onnx')


def test_without_the_package_one_line_has_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, 'find_spec', lambda name: None)
    with pytest.raises(ModelError, match='pip install onnx'):
        onnx_file.require_onnx()
