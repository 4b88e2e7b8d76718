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

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import sys
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends.onnxruntime_backend import load
from movenet_ros.core.backend import Backend
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.model.store import ModelFiles
import numpy as np
import onnx
import onnxruntime
import pytest

CUDA, CPU = 'CUDAExecutionProvider', 'CPUExecutionProvider'
MODEL = Path('/models/model.onnx')


class FakeRuntime:
    """
    Stands in for the package onnxruntime.

    :param available: providers that it was built with.
    :param failing: providers that do not start, which the real one drops with a line of log.
    """

    __version__ = '1.99.0'

    def __init__(self, available: tuple[str, ...], failing: tuple[str, ...] = ()) -> None:
        self._available, self._failing = available, failing
        self.asked: list[str] = []
        self.options: dict[str, dict[str, str]] = {}
        self.entries: dict[str, str] = {}

    def get_available_providers(self) -> list[str]:
        return list(self._available)

    def SessionOptions(self) -> SimpleNamespace:  # noqa: N802 (onnxruntime's name)
        return SimpleNamespace(add_session_config_entry=self.entries.__setitem__)

    def InferenceSession(  # noqa: N802 (onnxruntime's name)
        self, path: str, options: SimpleNamespace, providers: list[Any]
    ) -> SimpleNamespace:
        pairs = [each if isinstance(each, tuple) else (each, {}) for each in providers]
        self.asked = [name for name, _ in pairs]
        self.options = dict(pairs)
        started = [name for name in self.asked if name not in self._failing]
        return SimpleNamespace(
            get_providers=lambda: started,
            get_inputs=lambda: [SimpleNamespace(name='input', type='tensor(int32)')],
            get_outputs=lambda: [SimpleNamespace(name='output_0', shape=[1, 6, 56])],
        )


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeRuntime]:
    """Return a function that puts a made-up ONNX Runtime in the real one's place."""

    def make(*available: str, failing: tuple[str, ...] = ()) -> FakeRuntime:
        fake = FakeRuntime(available, failing)
        monkeypatch.setitem(sys.modules, 'onnxruntime', fake)
        return fake

    return make


Runtime = Callable[..., FakeRuntime]


@pytest.mark.parametrize('device', ['auto', 'gpu'])
def test_cuda_comes_before_the_cpu(runtime: Runtime, device: str) -> None:
    fake = runtime(CUDA, CPU)
    load(MODEL, device, 0)
    assert fake.asked == [CUDA, CPU]


def test_threads_do_not_spin_between_images(runtime: Runtime) -> None:
    fake = runtime(CPU)
    load(MODEL, 'auto', 0)
    assert fake.entries['session.intra_op.allow_spinning'] == '0'


def test_with_cuda_it_says_so(runtime: Runtime) -> None:
    runtime(CUDA, CPU)
    assert str(load(MODEL, 'auto', 0).info) == 'onnxruntime 1.99.0 on GPU 0 (CUDA)'


@pytest.mark.parametrize(
    ('device', 'available'), [('cpu', (CUDA, CPU)), ('cpu', (CPU,)), ('auto', (CPU,))]
)
def test_otherwise_the_cpu_alone_is_asked(
    runtime: Runtime, device: str, available: tuple[str, ...]
) -> None:
    fake = runtime(*available)
    assert load(MODEL, device, 0).info.device == 'CPU'
    assert fake.asked == [CPU]


def test_other_providers_are_left_alone(runtime: Runtime) -> None:
    fake = runtime('TensorrtExecutionProvider', CUDA, 'AzureExecutionProvider', CPU)
    load(MODEL, 'auto', 0)
    assert fake.asked == [CUDA, CPU]


def test_gpu_memory_grows_only_as_needed(runtime: Runtime) -> None:
    fake = runtime(CUDA, CPU)
    load(MODEL, 'auto', 0)
    assert fake.options[CUDA] == {'arena_extend_strategy': 'kSameAsRequested'}


def test_a_limit_of_gpu_memory_is_passed_in_bytes(runtime: Runtime) -> None:
    fake = runtime(CUDA, CPU)
    load(MODEL, 'auto', 512)
    assert fake.options[CUDA]['gpu_mem_limit'] == str(512 * 1024 * 1024)


def test_gpu_without_the_cuda_provider_is_an_error_that_names_the_cure(runtime: Runtime) -> None:
    runtime(CPU)
    with pytest.raises(BackendError, match='no CUDA provider: pip install onnxruntime-gpu'):
        load(MODEL, 'gpu', 0)


def test_gpu_whose_provider_does_not_start_is_an_error_that_names_the_cure(
    runtime: Runtime,
) -> None:
    runtime(CUDA, CPU, failing=(CUDA,))
    with pytest.raises(BackendError, match='does not start.*nvidia-smi.*set device to auto'):
        load(MODEL, 'gpu', 0)


def test_auto_falls_back_to_the_cpu_and_says_so(runtime: Runtime) -> None:
    runtime(CUDA, CPU, failing=(CUDA,))
    assert load(MODEL, 'auto', 0).info.device == 'CPU'


@pytest.mark.skipif(
    CUDA in onnxruntime.get_available_providers(), reason='this ONNX Runtime has CUDA'
)
def test_the_real_runtime_refuses_a_gpu_that_it_does_not_know(real_model: ModelFiles) -> None:
    assert real_model.onnx is not None
    with pytest.raises(BackendError, match='onnxruntime-gpu'):
        load(real_model.onnx, 'gpu', 0)


def test_it_says_its_name_and_version(onnxruntime_cpu: Backend) -> None:
    info = onnxruntime_cpu.info
    assert (info.name, info.version) == ('onnxruntime', onnxruntime.__version__)


@pytest.mark.parametrize('shape', [(160, 256), (256, 160), (32, 32), (384, 512)])
def test_every_shape_of_input_is_answered(
    onnxruntime_cpu: Backend, shape: tuple[int, int]
) -> None:
    output = onnxruntime_cpu.infer(np.zeros((1, *shape, 3), np.int32))
    assert (output.shape, output.dtype) == ((1, 6, 56), np.float32)


@pytest.mark.parametrize('shape', [(1, 100, 100, 3), (1, 64, 64, 4), (64, 64, 3)])
def test_an_input_that_the_model_cannot_take_costs_one_image(
    onnxruntime_cpu: Backend, shape: tuple[int, ...]
) -> None:
    with pytest.raises(InferenceError) as caught:
        onnxruntime_cpu.infer(np.zeros(shape, np.int32))
    assert '\n' not in str(caught.value)


def test_after_a_failure_the_next_image_works(onnxruntime_cpu: Backend) -> None:
    with pytest.raises(InferenceError):
        onnxruntime_cpu.infer(np.zeros((1, 100, 100, 3), np.int32))
    assert onnxruntime_cpu.infer(np.zeros((1, 64, 64, 3), np.int32)).shape == (1, 6, 56)


def refusal(path: Path) -> str:
    """Return what is said about a file that is refused."""
    with pytest.raises(ModelError) as caught:
        load(path, 'cpu', 0)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert '\n' not in sentence
    return sentence


@pytest.mark.parametrize('content', [b'', b'rubbish' * 100, b'\x08\x08'])
def test_rubbish_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / 'model.onnx'
    path.write_bytes(content)
    assert 'cannot load' in refusal(path)


@pytest.mark.parametrize('part', [0.1, 0.999])
def test_a_file_that_breaks_off_is_refused(
    tmp_path: Path, real_model: ModelFiles, part: float
) -> None:
    assert real_model.onnx is not None
    whole = real_model.onnx.read_bytes()
    path = tmp_path / 'model.onnx'
    path.write_bytes(whole[: int(part * len(whole))])
    assert 'cannot load' in refusal(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "doesn't exist" in refusal(tmp_path / 'gone.onnx')


def identity(path: Path, name: str, output: str, elements: int, shape: list[Any] | None) -> Path:
    """Write a model that returns its input."""
    make = onnx.helper
    graph = make.make_graph(
        [make.make_node('Cast', [name], [output], to=onnx.TensorProto.FLOAT)],
        'other',
        [make.make_tensor_value_info(name, elements, shape)],
        [make.make_tensor_value_info(output, onnx.TensorProto.FLOAT, shape)],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid('', 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


INT32, FLOAT = onnx.TensorProto.INT32, onnx.TensorProto.FLOAT


@pytest.mark.parametrize(
    ('name', 'output', 'elements', 'shape'),
    [
        ('serving_default_input', 'output_0', INT32, [1, 6, 56]),
        ('input', 'heatmaps', INT32, [1, 6, 56]),
        ('input', 'output_0', FLOAT, [1, 6, 56]),
        ('input', 'output_0', INT32, [1, 1, 17, 3]),
        ('input', 'output_0', INT32, [1, 6, 57]),
    ],
    ids=['input name', 'output name', 'input type', 'single-person MoveNet', 'output size'],
)
def test_another_model_is_refused(
    tmp_path: Path, name: str, output: str, elements: int, shape: list[Any]
) -> None:
    path = identity(tmp_path / 'other.onnx', name, output, elements, shape)
    assert 'is not MoveNet MultiPose' in refusal(path)


@pytest.mark.parametrize('shape', [['n', None, 56], None])
def test_a_model_that_does_not_say_its_output_shape_is_taken(
    tmp_path: Path, shape: list[Any] | None
) -> None:
    path = identity(tmp_path / 'm.onnx', 'input', 'output_0', INT32, shape)
    assert load(path, 'cpu', 0).info.name == 'onnxruntime'
