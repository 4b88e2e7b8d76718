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

"""ONNX Runtime: its errors in one line, and what it keeps on disk."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import sys
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends.compiled import seal
from movenet_ros.backends.onnxruntime import import_onnxruntime
from movenet_ros.backends.onnxruntime import load
from movenet_ros.backends.onnxruntime import OnnxRuntime
from movenet_ros.backends.onnxruntime_session import session_options
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
from networks import noise
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state
import pytest

CONV = (
    '[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Conv node.'
    " Name:'movenet/Conv1_relu/Relu6:0_nchwc' Status Message: "
)
ARENA = (
    '/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void*'
    ' onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) '
)
CALL = (
    '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:121 std::conditional_t<THRW,'
    ' void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, int)'
    ' [with ERRTYPE = cudaError; bool THRW = true] '
)


def raising(error: Exception) -> OnnxRuntime:
    """Return a runtime whose session fails."""

    def run(*_: Any) -> Any:
        raise error

    session = SimpleNamespace(run=run, get_outputs=lambda: [SimpleNamespace(name='center')])
    return OnnxRuntime(session, RuntimeInfo('onnxruntime', '1', 'CPU'))


@pytest.mark.parametrize(
    ('error', 'where', 'reason'),
    [
        (state.Fail, CONV + ARENA, 'Failed to allocate memory for requested buffer of size 7'),
        (state.RuntimeException, ARENA, 'Available memory of 0 is smaller than requested bytes'),
        (state.Fail, CONV + CALL, 'CUDA failure 2: out of memory'),
        (state.EPFail, CONV, 'CUDNN failure 5000'),
        (RuntimeError, CALL, 'CUDA failure 700: an illegal memory access was encountered'),
        (MemoryError, '', 'std::bad_alloc'),
    ],
)
def test_a_failure_is_one_line_without_places_in_the_source(
    error: type[Exception], where: str, reason: str
) -> None:
    with pytest.raises(InferenceError) as caught:
        raising(error(f'{where}{reason}\n at line 1\n')).run(noise(64, 96))
    assert str(caught.value) == f'ONNX Runtime: {reason}'


def test_a_bug_is_not_taken_for_a_failure() -> None:
    with pytest.raises(TypeError):
        raising(TypeError('a bug')).run(noise(64, 96))


@pytest.mark.parametrize('threads', [1, 3])
def test_threads_are_passed_on_and_do_not_spin(threads: int) -> None:
    options = session_options(onnxruntime, BackendRequest(SPEC, threads=threads))
    assert options.intra_op_num_threads == threads
    assert options.get_session_config_entry('session.intra_op.allow_spinning') == '0'


@pytest.mark.parametrize(('before', 'meanwhile'), [(None, '1'), ('0', '0')])
def test_the_variable_against_telemetry_is_set_during_the_import_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str | None, meanwhile: str
) -> None:
    name = 'ORT_DISABLE_TELEMETRY'
    monkeypatch.delenv(name, raising=False)
    if before is not None:
        monkeypatch.setenv(name, before)
    (tmp_path / 'onnxruntime.py').write_text(f'import os\nseen = os.environ[{name!r}]\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, 'onnxruntime')
    assert import_onnxruntime().seen == meanwhile
    assert os.environ.get(name) == before


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Note which files the real runtime reads."""
    read: list[Path] = []

    class Session(onnxruntime.InferenceSession):  # type: ignore[misc]
        """The real one."""

        def __init__(self, path: str, *args: Any, **keywords: Any) -> None:
            read.append(Path(path))
            super().__init__(path, *args, **keywords)

    monkeypatch.setattr(onnxruntime, 'InferenceSession', Session)
    return read


@pytest.fixture
def load_real(real_model: ModelFiles, tmp_path: Path) -> Callable[[], OnnxRuntime]:
    """Return a function that loads the real model and keeps what is optimized."""
    assert real_model.onnx is not None
    model = real_model.onnx
    return lambda: load(model, BackendRequest(SPEC, compiled=tmp_path / 'compiled'))


LoadReal = Callable[[], OnnxRuntime]


def optimized(tmp_path: Path) -> Path:
    """Find the file that the runtime made of the model."""
    (path,) = tmp_path.glob('compiled/*/optimized.onnx')
    return path


def test_the_second_start_reads_the_optimized_model_and_answers_the_same(
    load_real: LoadReal, paths: list[Path], real_model: ModelFiles, tmp_path: Path
) -> None:
    first, second = (load_real().run(noise(256, 384))['kpt_offset'] for _ in range(2))
    assert paths == [real_model.onnx, optimized(tmp_path)]
    assert first.tobytes() == second.tobytes()


def test_a_damaged_optimized_model_is_made_anew(
    load_real: LoadReal, paths: list[Path], real_model: ModelFiles, tmp_path: Path
) -> None:
    load_real()
    content = bytearray(optimized(tmp_path).read_bytes())
    content[len(content) // 2] ^= 1
    optimized(tmp_path).write_bytes(content)
    load_real()
    load_real()
    assert paths == [real_model.onnx, real_model.onnx, optimized(tmp_path)]


def test_a_whole_file_that_the_runtime_cannot_read_is_made_anew(
    load_real: LoadReal, paths: list[Path], real_model: ModelFiles, tmp_path: Path
) -> None:
    load_real()
    path = optimized(tmp_path)
    path.write_bytes(b'of another kind')
    seal(path.parent)
    load_real()
    assert paths == [real_model.onnx, path, real_model.onnx]


def test_where_nothing_can_be_kept_the_model_works_all_the_same(
    load_real: LoadReal, tmp_path: Path
) -> None:
    (tmp_path / 'compiled').write_text('a file where the folder should be')
    assert load_real().run(noise(64, 96))['center'].shape == (1, 1, 16, 24)


def test_a_full_disk_costs_nothing(
    load_real: LoadReal, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = onnxruntime.InferenceSession

    def write(path: str, options: Any, **keywords: Any) -> Any:
        if options.optimized_model_filepath:
            raise state.Fail('No space left on device')
        return session(path, options, **keywords)

    monkeypatch.setattr(onnxruntime, 'InferenceSession', write)
    assert load_real().run(noise(64, 96))['center'].shape == (1, 1, 16, 24)
