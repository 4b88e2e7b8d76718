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
from typing import Any

import movenet_ros.backends as backends
from movenet_ros.backends import BackendRequest
from movenet_ros.backends import Choice
from movenet_ros.backends import choose
from movenet_ros.core.errors import BackendError
import pytest

SAVED_MODEL, ONNX = Path('/models/saved_model'), Path('/models/model.onnx')
BOTH = frozenset({'tensorflow', 'onnxruntime'})


def choice(
    installed: frozenset[str] = BOTH,
    gpus: int = 0,
    cuda: bool = False,
    device: str = 'auto',
    saved_model: Path | None = SAVED_MODEL,
    onnx: Path | None = ONNX,
) -> Choice:
    """Choose on a made-up machine."""
    request = BackendRequest('auto', device, 0, saved_model, onnx)
    return choose(request, lambda name: name in installed, lambda: gpus, lambda: cuda)


def never(*_: Any) -> Any:
    """Fail where something is asked that need not be asked."""
    raise AssertionError('this should not have been asked')


@pytest.mark.parametrize('device', ['auto', 'gpu'])
def test_tensorflow_is_taken_where_it_sees_a_gpu(device: str) -> None:
    assert choice(gpus=1, cuda=True, device=device) == Choice(
        'tensorflow', 'TensorFlow sees a GPU'
    )


def test_without_a_gpu_onnx_runtime_is_taken() -> None:
    assert choice() == Choice('onnxruntime', 'TensorFlow sees no GPU')


def test_on_the_cpu_onnx_runtime_is_taken_even_where_there_is_a_gpu() -> None:
    assert choice(gpus=1, cuda=True, device='cpu') == Choice('onnxruntime', 'device cpu')


def test_for_the_cpu_nobody_looks_for_a_gpu() -> None:
    request = BackendRequest('auto', 'cpu', 0, SAVED_MODEL, ONNX)
    assert choose(request, lambda _: True, never, never).name == 'onnxruntime'


def test_without_onnx_runtime_tensorflow_is_taken() -> None:
    assert choice(frozenset({'tensorflow'})) == Choice(
        'tensorflow', 'ONNX Runtime is not installed'
    )


def test_without_an_onnx_file_tensorflow_is_taken() -> None:
    assert choice(onnx=None) == Choice('tensorflow', 'there is no ONNX file')


@pytest.mark.parametrize(
    'machine', [{'installed': frozenset({'onnxruntime'})}, {'saved_model': None}]
)
def test_where_tensorflow_cannot_be_used_onnx_runtime_is_taken(machine: dict[str, Any]) -> None:
    assert choice(gpus=1, **machine) == Choice('onnxruntime', 'TensorFlow cannot be used here')


def test_tensorflow_is_not_asked_for_gpus_where_it_is_not_installed() -> None:
    request = BackendRequest('auto', 'auto', 0, SAVED_MODEL, ONNX)
    taken = choose(request, lambda name: name == 'onnxruntime', never, lambda: False)
    assert taken.name == 'onnxruntime'


def test_a_gpu_that_only_onnx_runtime_sees_is_taken_when_asked_for() -> None:
    assert choice(gpus=0, cuda=True, device='gpu') == Choice(
        'onnxruntime', 'its CUDA provider is there'
    )


@pytest.mark.parametrize('installed', [BOTH, frozenset({'tensorflow'}), frozenset()])
def test_a_gpu_that_nobody_sees_is_an_error_that_names_cures(installed: frozenset[str]) -> None:
    with pytest.raises(BackendError, match=r'nvidia-smi.*tensorflow\[and-cuda\].*device to auto'):
        choice(installed, device='gpu')


@pytest.mark.parametrize(
    ('files', 'cure'),
    [
        ({}, 'pip install tensorflow or onnxruntime$'),
        ({'onnx': None}, 'pip install tensorflow$'),
        ({'saved_model': None}, 'pip install onnxruntime$'),
    ],
)
def test_no_runtime_at_all_is_an_error_that_names_those_that_serve(
    files: dict[str, Any], cure: str
) -> None:
    with pytest.raises(BackendError, match=cure):
        choice(frozenset(), **files)


@pytest.mark.parametrize('installed', [BOTH, frozenset({'tensorflow'})])
def test_every_choice_says_why(installed: frozenset[str]) -> None:
    assert choice(installed).why


@pytest.fixture
def tensorflow_is_broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Return a function that puts a TensorFlow that cannot be imported on a machine."""

    def fail() -> Any:
        raise ImportError('libcudart.so.12: cannot open shared object file')

    def make(gpu_in_sight: bool) -> None:
        module = 'movenet_ros.backends.tensorflow_backend'
        monkeypatch.setattr(f'{module}.gpu_in_sight', lambda: gpu_in_sight)
        monkeypatch.setattr(f'{module}.import_tensorflow', fail)

    return make


@pytest.mark.parametrize('gpu_in_sight', [True, False])
def test_a_tensorflow_that_cannot_be_imported_is_passed_over(
    tensorflow_is_broken: Callable[[bool], None], gpu_in_sight: bool
) -> None:
    tensorflow_is_broken(gpu_in_sight)
    assert choose(BackendRequest('auto', 'auto', 0, SAVED_MODEL, ONNX)).name == 'onnxruntime'


def test_without_a_driver_tensorflow_is_not_imported_to_look_for_gpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr('movenet_ros.backends.tensorflow_backend.gpu_in_sight', lambda: False)
    monkeypatch.setattr('movenet_ros.backends.tensorflow_backend.import_tensorflow', never)
    assert backends._gpus_in_tensorflow() == 0


def test_this_machine_has_both_runtimes() -> None:
    assert all(find_spec(name) for name in BOTH)
