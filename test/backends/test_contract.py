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

"""What every runtime does: the contract of :class:`movenet_ros.core.runtime.Runtime`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
import json
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Any

from movenet_ros.backends import load_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import BACKENDS
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.heads import CROP_HEADS
from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.image import read_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import shapes_of
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.thunder import SPEC as THUNDER
from networks import noise
from networks import TINY
from networks import write_tiny_onnx
from networks import write_tiny_saved_model
from networks import write_zeros_onnx
from networks import write_zeros_saved_model
import numpy as np
import pytest

Load = Callable[..., Runtime]

TOLERANCE_PX = 0.1  # at pictures of some 640 pixels


def test_it_tells_its_name_version_and_device(runtime: Runtime, name: str) -> None:
    info = runtime.info
    assert (info.name, info.device, info.precision) == (name, 'CPU', 'f32')
    assert metadata.version(name).startswith(info.version)


@pytest.mark.parametrize('shape', [(160, 256), (256, 160), (32, 32), (384, 512)])
def test_every_shape_of_input_is_answered(runtime: Runtime, shape: tuple[int, int]) -> None:
    heads = runtime.run(noise(*shape))
    sides = [side // 4 for side in shape]
    expected = {name: (1, maps, *sides) for name, maps in IMAGE_HEADS.items()}
    assert {name: each.shape for name, each in heads.items()} == expected
    assert {each.dtype.name for each in heads.values()} == {'float32'}


def test_shapes_are_ready_once_prepared_or_run(name: str, load: Load) -> None:
    runtime, inputs = load(name), [noise(32, 64), noise(64, 32)]
    runtime.prepare(shapes_of(inputs[0]))
    runtime.run(inputs[1])
    assert all(runtime.is_ready(shapes_of(each)) for each in inputs)
    runtime.close()


def test_an_answer_stays_when_the_next_image_comes(runtime: Runtime) -> None:
    output = runtime.run(noise(64, 64))['kpt_offset']
    before = output.copy()
    runtime.run({'input': np.zeros((1, 64, 64, 3), np.uint8)})
    np.testing.assert_array_equal(output, before)


def test_an_input_that_cannot_be_written_to_is_answered(runtime: Runtime) -> None:
    inputs = noise(64, 64)
    inputs['input'].flags.writeable = False
    assert runtime.run(inputs)['center'].shape == (1, 1, 16, 16)


def test_a_batch_is_answered_as_one_by_one(runtime: Runtime) -> None:
    batch = noise(64, 96, count=3)['input']
    together = runtime.run({'input': batch})['kpt_heatmap']
    for one, heat in zip(batch, together):
        alone = runtime.run({'input': one[None]})['kpt_heatmap'][0]
        np.testing.assert_allclose(heat, alone, atol=1e-4)


def assert_they_agree(image: SourceImage, one: Runtime, other: Runtime) -> None:
    """Compare the people that two runtimes find, of whom there must be some."""
    a, b = (MultiPose(256, 0.25).find(image, each.run) for each in (one, other))
    assert len(a) == len(b) > 0
    np.testing.assert_allclose(a.scores, b.scores, atol=1e-4)
    np.testing.assert_allclose(a.keypoints, b.keypoints, atol=TOLERANCE_PX)
    np.testing.assert_allclose(a.boxes_xyxy, b.boxes_xyxy, atol=TOLERANCE_PX)


@pytest.mark.parametrize('height', [288, 400, 512])
def test_all_runtimes_find_the_same_astronaut(
    runtime: Runtime, onnxruntime_cpu: Runtime, astronaut: SourceImage, height: int
) -> None:
    image = SourceImage(astronaut.pixels[:height], 'rgb')
    assert_they_agree(image, runtime, onnxruntime_cpu)


@pytest.mark.parametrize('picture', ['000000000785', '000000358195', '000000520910'])
def test_all_runtimes_find_the_same_people(
    runtime: Runtime, onnxruntime_cpu: Runtime, data: Path, picture: str
) -> None:
    image = read_picture(data / 'images' / f'{picture}.jpg')
    assert_they_agree(image, runtime, onnxruntime_cpu)


@pytest.mark.parametrize('shape', [(1, 100, 100, 3), (1, 64, 64, 4), (64, 64, 3), (1, 0, 64, 3)])
def test_an_input_that_the_network_does_not_take_costs_one_image(
    runtime: Runtime, shape: tuple[int, ...]
) -> None:
    before = runtime.run(noise(64, 64))['center']
    with pytest.raises(InferenceError) as caught:
        runtime.run({'input': np.zeros(shape, np.uint8)})
    assert len(str(caught.value).splitlines()) == 1
    np.testing.assert_allclose(runtime.run(noise(64, 64))['center'], before, atol=1e-4)


def test_a_runtime_that_is_closed_leaves_the_others_alone(
    runtime: Runtime, name: str, load: Load
) -> None:
    before = runtime.run(noise(64, 64))['center']
    other = load(name)
    other.run(noise(64, 64))
    info = other.info
    other.close()
    other.close()
    assert other.info == info
    np.testing.assert_allclose(runtime.run(noise(64, 64))['center'], before, atol=1e-4)


@pytest.fixture(scope='session')
def tiny(
    name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Runtime:
    """Give another network, which has other names, types and shapes, and two outputs."""
    folder = tmp_path_factory.mktemp('tiny')
    if name == 'tensorflow':
        saved_model = write_tiny_saved_model(request.getfixturevalue('tensorflow'), folder)
        return load_backend(BackendRequest(TINY, name, 'cpu', saved_model=saved_model))
    onnx = write_tiny_onnx(folder / 'tiny.onnx')
    return load_backend(BackendRequest(TINY, name, 'cpu', onnx=onnx, precision='auto'))


@pytest.mark.parametrize('size', [(4, 6), (2, 2), (9, 5)])
def test_another_network_runs_too(tiny: Runtime, size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).random((1, 3, *size), np.float32)
    outputs = tiny.run({'picture': picture})
    tolerance = 1e-2 if tiny.info.precision == 'bf16' else 1e-5
    np.testing.assert_allclose(outputs['mean'], picture.mean((2, 3)), atol=tolerance)
    np.testing.assert_allclose(outputs['peak'], picture.max((2, 3)), atol=tolerance)


WriteZeros = Callable[..., Path]


@pytest.fixture
def write_zeros(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> WriteZeros:
    """Return a function that writes a file of the backend's kind with some other network."""
    if name == 'tensorflow':
        tensorflow = request.getfixturevalue('tensorflow')
        return lambda **other: write_zeros_saved_model(tensorflow, tmp_path, **other)
    return lambda **other: write_zeros_onnx(tmp_path / 'other.onnx', **other)


def load_file(name: str, path: Path) -> Runtime:
    """Load a file that should hold MoveNet."""
    return load_backend(BackendRequest(SPEC, name, 'cpu', saved_model=path, onnx=path))


def refusal(name: str, path: Path) -> str:
    """Return the one line with which a file is rejected."""
    with pytest.raises(ModelError) as caught:
        load_file(name, path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert '\n' not in sentence
    return sentence


def test_a_network_of_the_right_names_types_and_shapes_is_taken(
    name: str, write_zeros: WriteZeros
) -> None:
    outputs = load_file(name, write_zeros()).run(noise(64, 64))
    assert outputs['kpt_offset'].shape == (1, 34, 16, 16)


@pytest.mark.parametrize('name', ['onnxruntime', 'openvino'])
def test_a_network_whose_file_does_not_state_the_shapes_of_its_outputs_is_taken(
    name: str, tmp_path: Path
) -> None:
    runtime = load_file(name, write_zeros_onnx(tmp_path / 'm.onnx', stated=False))
    assert runtime.run(noise(64, 64))['kpt_offset'].shape == (1, 34, 16, 16)


@pytest.mark.parametrize(
    'other',
    [
        {'name': 'images'},
        {'dtype': 'int32'},
        {'maps': {**IMAGE_HEADS, 'center': 2}},
        {'maps': {**IMAGE_HEADS, 'more': 1}},
        {'maps': CROP_HEADS},
        {'maps': {'output_0': 6}},
    ],
    ids=['input name', 'input type', 'maps', 'one head more', 'Thunder', 'exported'],
)
def test_a_network_that_differs_in_one_thing_is_rejected(
    name: str, write_zeros: WriteZeros, other: dict[str, Any]
) -> None:
    assert 'is not MoveNet MultiPose' in refusal(name, write_zeros(**other))


def test_multipose_is_no_thunder(name: str, write_zeros: WriteZeros) -> None:
    path = write_zeros()
    with pytest.raises(ModelError, match='is not MoveNet Thunder'):
        load_backend(BackendRequest(THUNDER, name, 'cpu', saved_model=path, onnx=path))


@pytest.mark.parametrize('content', [b'', b'rubbish' * 100, b'\x08\x08'])
def test_rubbish_is_rejected(name: str, tmp_path: Path, content: bytes) -> None:
    path = tmp_path if name == 'tensorflow' else tmp_path / 'model.onnx'
    (tmp_path / 'saved_model.pb' if path == tmp_path else path).write_bytes(content)
    assert refusal(name, path)


def test_a_missing_file_is_rejected(name: str, tmp_path: Path) -> None:
    assert 'cannot load' in refusal(name, tmp_path / 'gone')


@pytest.mark.parametrize('share', [0.1, 0.999])
def test_a_file_that_breaks_off_is_rejected(
    name: str, real_model: ModelFiles, tmp_path: Path, share: float
) -> None:
    assert real_model.onnx is not None and real_model.saved_model is not None
    path = broken = tmp_path / 'm'
    if name == 'tensorflow':
        shutil.copytree(real_model.saved_model, path)
        (broken,) = path.glob('variables/*.data*')
    else:
        shutil.copy(real_model.onnx, path)
    content = broken.read_bytes()
    broken.write_bytes(content[:int(share * len(content))])
    assert 'cannot load' in refusal(name, path)


def test_what_is_not_installed_is_an_error_that_names_the_fix(
    name: str, monkeypatch: pytest.MonkeyPatch, load: Load
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BackendError, match=f'pip install {name}'):
        load(name)


def test_a_model_of_another_kind_is_an_error_that_names_the_fix(name: str) -> None:
    with pytest.raises(BackendError, match=f'^backend {name} needs .* set backend to '):
        load_backend(BackendRequest(SPEC, name))


CYCLES = """
import json
import os
from pathlib import Path
import sys
import time

from movenet_ros.backends import load_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.native_memory import keep_freed_memory
from movenet_ros.model.movenet import SPEC
import numpy as np

def taken():
    lines = Path('/proc/self/status').read_text().splitlines()
    status = dict(line.split(':', 1) for line in lines)
    mib, threads = int(status['RssAnon'].split()[0]) / 1024, int(status['Threads'])
    return {'mib': mib, 'threads': threads, 'files': len(os.listdir('/proc/self/fd'))}

name, saved_model, onnx, compiled = sys.argv[1:]
threads = 0 if name == 'tensorflow' else 4
request = BackendRequest(
    SPEC, name, 'cpu', 0, Path(saved_model), Path(onnx), threads, compiled=Path(compiled)
)
keep_freed_memory()
loaded, closed = [], []
for _ in range(7):
    backend = load_backend(request)
    for shape in ((192, 256), (160, 256)):
        backend.run({'input': np.zeros((1, *shape, 3), np.uint8)})
    loaded.append(taken())
    backend.close()
    closed.append(taken())
    patience = 100  # a thread that was waited for may be listed for another moment
    while closed[-1]['threads'] > closed[0]['threads'] and patience:
        patience -= 1
        time.sleep(0.02)
        closed[-1] = taken()
print(json.dumps([loaded, closed]))
"""
SETTLED = 3  # cycles after which an allocator has found its size

Cycles = tuple[list[dict[str, float]], list[dict[str, float]]]


@pytest.fixture(scope='module', params=BACKENDS)
def cycles(
    request: pytest.FixtureRequest,
    real_model: ModelFiles,
    tmp_path_factory: pytest.TempPathFactory,
) -> Cycles:
    """Load and close the real network again and again; give what each cycle took and left."""
    paths = real_model.saved_model, real_model.onnx, tmp_path_factory.mktemp('compiled')
    command = [sys.executable, '-c', CYCLES, request.param, *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded, closed = json.loads(done.stdout.splitlines()[-1])
    return loaded, closed


def test_memory_comes_back(cycles: Cycles) -> None:
    loaded, closed = cycles
    assert closed[-1]['mib'] < loaded[-1]['mib'] - 25


def test_nothing_grows_from_cycle_to_cycle(cycles: Cycles) -> None:
    _, closed = cycles
    assert closed[-1]['mib'] < closed[SETTLED]['mib'] + 10
    assert closed[-1]['threads'] <= closed[0]['threads']
    assert closed[-1]['files'] == closed[0]['files']
