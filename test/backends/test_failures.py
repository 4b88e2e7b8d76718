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

"""What runtimes say when they fail."""

from __future__ import annotations

from pathlib import Path

from movenet_ros.backends.failures import load_error
from movenet_ros.backends.failures import LONGEST
from movenet_ros.backends.failures import shortened
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import ModelError
import pytest

pytestmark = pytest.mark.pure

MODEL = Path('/models/model.onnx')


def test_a_short_reason_stays() -> None:
    assert shortened('out of memory', RuntimeError()) == 'out of memory'


def test_lines_become_one() -> None:
    assert shortened('out of\n\tmemory\n', RuntimeError()) == 'out of memory'


def test_a_long_reason_loses_its_middle() -> None:
    reason = shortened('begin ' + 1000 * 'x' + ' end', RuntimeError())
    assert len(reason) in (LONGEST - 1, LONGEST)
    assert reason.startswith('begin x') and reason.endswith('x end') and ' ... ' in reason


@pytest.mark.parametrize('said', ['', ' \n'])
def test_an_error_that_says_nothing_is_named(said: str) -> None:
    assert shortened(said, MemoryError()) == 'MemoryError'


NO_MEMORY = [
    MemoryError(),
    MemoryError('std::bad_alloc'),
    RuntimeError('std::bad_alloc'),
    RuntimeError('Could not allocate bytes object!'),
    RuntimeError('CUDA failure 2: out of memory ; GPU=0'),
    RuntimeError('Failed to allocate memory for requested buffer of size 50331648'),
    RuntimeError('Available memory of 0 is smaller than requested bytes of 256'),
    RuntimeError('CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED'),
    RuntimeError("can't alloc"),
    RuntimeError('[Errno 12] Cannot allocate memory'),
    RuntimeError('OOM when allocating tensor with shape[1,64]'),
    RuntimeError('Failed copying input tensor to GPU:0: Dst tensor is not initialized.'),
    type('ResourceExhaustedError', (Exception,), {})('no room'),
]


@pytest.mark.parametrize('error', NO_MEMORY, ids=str)
def test_a_machine_without_memory_is_no_damaged_model(error: Exception) -> None:
    assert isinstance(load_error('ONNX Runtime', MODEL, error, 'reason'), BackendError)


OTHERS = ['Protobuf parsing failed.', 'no such file: room.onnx', 'memory format NHWC is unknown']


@pytest.mark.parametrize('said', OTHERS)
def test_anything_else_is_about_the_model(said: str) -> None:
    error = load_error('OpenVINO', MODEL, RuntimeError(said), said)
    assert isinstance(error, ModelError)
    assert str(error) == f'OpenVINO cannot load {MODEL}: {said}'
