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
from importlib.util import find_spec
from pathlib import Path
import sys
from types import SimpleNamespace
from typing import Any

import movenet_ros.backends as backends
from movenet_ros.backends import Choice
from movenet_ros.backends import choose
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import BackendError
from movenet_ros.model.movenet import SPEC
import pytest

SAVED_MODEL, ONNX = Path('/models/saved_model'), Path('/models/model.onnx')
ALL = frozenset({'tensorflow', 'onnxruntime', 'openvino'})


def choice(
    installed: frozenset[str] = ALL,
    gpus: int = 0,
    gpu: bool = False,
    device: str = 'auto',
    saved_model: Path | None = SAVED_MODEL,
    onnx: Path | None = ONNX,
) -> Choice:
    """
    Choose on a made-up machine.

    :param gpus: that TensorFlow sees.
    :param gpu: whether ONNX Runtime sees one.
    """
    request = BackendRequest(SPEC, 'auto', device, 0, saved_model, onnx)
    return choose(request, lambda name: name in installed, lambda: gpus, lambda: gpu)


def never(*_: Any) -> Any:
    """Fail where something is asked that need not be asked."""
    raise AssertionError('this should not have been asked')


@pytest.mark.parametrize('device', ['auto', 'gpu'])
@pytest.mark.parametrize('gpu', [True, False])
def test_tensorflow_is_taken_where_it_sees_a_gpu(device: str, gpu: bool) -> None:
    assert choice(gpus=1, gpu=gpu, device=device) == Choice(
        ('tensorflow',), 'TensorFlow sees a GPU'
    )


@pytest.mark.parametrize('device', ['auto', 'gpu'])
def test_a_gpu_that_only_onnx_runtime_sees_is_taken(device: str) -> None:
    assert choice(gpu=True, device=device) == Choice(
        ('onnxruntime', 'tensorflow'), 'ONNX Runtime sees a GPU'
    )


@pytest.mark.parametrize('device', ['auto', 'gpu'])
def test_without_tensorflow_the_gpu_of_onnx_runtime_is_taken_alone(device: str) -> None:
    installed = frozenset({'onnxruntime', 'openvino'})
    assert choice(installed, gpus=1, gpu=True, device=device).names == ('onnxruntime',)


@pytest.mark.parametrize(
    'machine', [{'installed': frozenset({'openvino', 'tensorflow'})}, {'onnx': None}]
)
def test_a_gpu_for_an_onnx_runtime_that_cannot_be_used_is_no_gpu(machine: dict[str, Any]) -> None:
    assert choice(gpu=True, **machine).why.startswith('no GPU in sight')


def test_without_a_gpu_the_fast_ones_come_before_tensorflow() -> None:
    assert choice() == Choice(('onnxruntime', 'openvino', 'tensorflow'), 'no GPU in sight')


def test_on_the_cpu_the_fast_ones_are_taken_even_where_there_is_a_gpu() -> None:
    assert choice(gpus=1, gpu=True, device='cpu') == Choice(
        ('onnxruntime', 'openvino', 'tensorflow'), 'device cpu'
    )


@pytest.mark.parametrize(
    ('installed', 'names'),
    [
        ({'onnxruntime'}, ('onnxruntime',)),
        ({'openvino'}, ('openvino',)),
        ({'tensorflow'}, ('tensorflow',)),
        ({'onnxruntime', 'openvino'}, ('onnxruntime', 'openvino')),
        ({'onnxruntime', 'tensorflow'}, ('onnxruntime', 'tensorflow')),
        ({'openvino', 'tensorflow'}, ('openvino', 'tensorflow')),
    ],
)
@pytest.mark.parametrize('device', ['auto', 'cpu'])
def test_what_is_not_installed_is_left_out(
    installed: set[str], names: tuple[str, ...], device: str
) -> None:
    assert choice(frozenset(installed), device=device).names == names


def test_for_the_cpu_nobody_looks_for_a_gpu() -> None:
    request = BackendRequest(SPEC, 'auto', 'cpu', 0, SAVED_MODEL, ONNX)
    assert choose(request, lambda _: True, never, never).why == 'device cpu'


def test_without_the_fast_ones_it_says_so() -> None:
    assert choice(frozenset({'tensorflow'})) == Choice(
        ('tensorflow',), 'no GPU in sight; neither ONNX Runtime nor OpenVINO is installed'
    )


def test_without_an_onnx_file_tensorflow_is_taken() -> None:
    assert choice(onnx=None) == Choice(
        ('tensorflow',), 'no GPU in sight; there is no ONNX file'
    )


def test_without_a_saved_model_tensorflow_is_not_taken() -> None:
    assert choice(gpus=1, saved_model=None).names == ('onnxruntime', 'openvino')


@pytest.mark.parametrize('lacking', ['tensorflow', 'onnxruntime'])
def test_a_runtime_that_is_not_installed_is_not_asked_for_gpus(lacking: str) -> None:
    request = BackendRequest(SPEC, 'auto', 'auto', 0, SAVED_MODEL, ONNX)
    asked = {'tensorflow': lambda: 0, 'onnxruntime': lambda: False, lacking: never}
    taken = choose(
        request, lambda name: name != lacking, asked['tensorflow'], asked['onnxruntime']
    )
    assert lacking not in taken.names


@pytest.mark.parametrize(
    'installed', [ALL, frozenset({'tensorflow'}), frozenset({'openvino'}), frozenset()]
)
def test_a_gpu_that_nobody_sees_is_an_error_that_names_cures(installed: frozenset[str]) -> None:
    with pytest.raises(BackendError, match=r'nvidia-smi.*tensorflow\[and-cuda\].*device to auto'):
        choice(installed, device='gpu')


@pytest.mark.parametrize(
    ('files', 'cure'),
    [
        ({}, 'pip install tensorflow or onnxruntime or openvino$'),
        ({'onnx': None}, 'pip install tensorflow$'),
        ({'saved_model': None}, 'pip install onnxruntime or openvino$'),
    ],
)
def test_no_runtime_at_all_is_an_error_that_names_those_that_serve(
    files: dict[str, Any], cure: str
) -> None:
    with pytest.raises(BackendError, match=cure):
        choice(frozenset(), **files)


@pytest.fixture
def tensorflow_is_broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Return a function that puts a TensorFlow that cannot be imported on a machine."""

    def fail() -> Any:
        raise ImportError('libcudart.so.12: cannot open shared object file')

    def make(gpu_in_sight: bool) -> None:
        module = 'movenet_ros.backends.tensorflow'
        monkeypatch.setattr('movenet_ros.core.machine.gpu_in_sight', lambda: gpu_in_sight)
        monkeypatch.setattr(f'{module}.import_tensorflow', fail)

    return make


@pytest.mark.parametrize('gpu_in_sight', [True, False])
def test_a_tensorflow_that_cannot_be_imported_is_not_asked_for_gpus(
    tensorflow_is_broken: Callable[[bool], None], gpu_in_sight: bool
) -> None:
    tensorflow_is_broken(gpu_in_sight)
    assert backends._gpus_in_tensorflow() == 0


def test_without_a_driver_tensorflow_is_not_imported_to_look_for_gpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr('movenet_ros.core.machine.gpu_in_sight', lambda: False)
    monkeypatch.setattr('movenet_ros.backends.tensorflow.import_tensorflow', never)
    assert backends._gpus_in_tensorflow() == 0


@pytest.mark.parametrize('driver', [True, False])
@pytest.mark.parametrize('cuda', [True, False])
def test_onnx_runtime_sees_a_gpu_where_it_has_cuda_and_there_is_a_driver(
    monkeypatch: pytest.MonkeyPatch, driver: bool, cuda: bool
) -> None:
    providers = ['CUDAExecutionProvider'] * cuda + ['CPUExecutionProvider']
    fake = SimpleNamespace(get_available_providers=lambda: providers)
    monkeypatch.setitem(sys.modules, 'onnxruntime', fake)
    monkeypatch.setattr('movenet_ros.core.machine.gpu_in_sight', lambda: driver)
    assert backends._gpu_in_onnxruntime() is (driver and cuda)


def test_an_onnx_runtime_that_cannot_be_imported_sees_no_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    monkeypatch.setattr('movenet_ros.core.machine.gpu_in_sight', lambda: True)
    assert backends._gpu_in_onnxruntime() is False


def test_this_machine_has_all_runtimes() -> None:
    assert all(find_spec(name) for name in ALL)
