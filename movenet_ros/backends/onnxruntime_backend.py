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

"""MoveNet in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from movenet_ros.core.backend import BackendInfo
from movenet_ros.core.decode import OUTPUT_SHAPE
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
import numpy as np
from numpy.typing import NDArray

INPUT, OUTPUT = 'input', 'output_0'
CUDA, CPU = 'CUDAExecutionProvider', 'CPUExecutionProvider'
ERRORS_ONLY = 3  # of ONNX Runtime's log levels


def load(onnx: Path, device: str, gpu_memory_limit_mb: int) -> OnnxRuntimeBackend:
    """
    Load an ONNX file.

    :param device: ``auto``, ``cpu`` or ``gpu``.
    :param gpu_memory_limit_mb: in MiB; 0 lets the memory grow as needed.
    :raises BackendError: if the device is not to be had.
    :raises ModelError: if it is not MoveNet MultiPose.
    """
    import onnxruntime as ort

    has_cuda = CUDA in ort.get_available_providers()
    if device == 'gpu' and not has_cuda:
        raise BackendError(
            f'device gpu, but ONNX Runtime {ort.__version__} has no CUDA provider:'
            ' pip install onnxruntime-gpu in place of onnxruntime, or set device to auto'
        )
    providers: list[Any] = [CPU]
    if has_cuda and device != 'cpu':
        cuda_options = {'arena_extend_strategy': 'kSameAsRequested'}
        if gpu_memory_limit_mb > 0:
            cuda_options['gpu_mem_limit'] = str(gpu_memory_limit_mb * 2**20)
        providers.insert(0, (CUDA, cuda_options))
    options = ort.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    # threads that wait by spinning burn more than a core between the images of a camera
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    try:
        session = ort.InferenceSession(str(onnx), options, providers=providers)
    except _errors() as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f'ONNX Runtime cannot load {onnx}: {reason}') from error
    _check(session, onnx)
    on_gpu = session.get_providers()[0] == CUDA  # a provider that fails is dropped, not raised
    if device == 'gpu' and not on_gpu:
        raise BackendError(
            "device gpu, but ONNX Runtime's CUDA provider does not start (its own lines above"
            ' say why): check nvidia-smi and the CUDA and cuDNN libraries, or set device to auto'
        )
    described = 'GPU 0 (CUDA)' if on_gpu else 'CPU'
    return OnnxRuntimeBackend(session, BackendInfo('onnxruntime', ort.__version__, described))


class OnnxRuntimeBackend:
    """An inference session; made by :func:`load`."""

    def __init__(self, session: Any, info: BackendInfo) -> None:
        self.info = info
        self._session = session

    def infer(self, batch: NDArray[np.int32]) -> NDArray[np.float32]:
        """Run the model once; see :class:`movenet_ros.core.backend.Backend`."""
        try:
            (output,) = self._session.run([OUTPUT], {INPUT: batch})
        except _errors() as error:
            raise InferenceError(f'ONNX Runtime: {str(error).splitlines()[0]}') from error
        return np.asarray(output, np.float32)


def _check(session: Any, onnx: Path) -> None:
    """Refuse a model that is not MoveNet MultiPose."""
    taken = {each.name: each.type for each in session.get_inputs()}
    given = {each.name: each.shape for each in session.get_outputs()}
    answers = OUTPUT in given and _may_be(given[OUTPUT], OUTPUT_SHAPE)
    if taken != {INPUT: 'tensor(int32)'} or not answers:
        raise ModelError(
            f'{onnx} is not MoveNet MultiPose: it takes {taken} and gives {given},'
            f" expected int32 '{INPUT}' and '{OUTPUT}' {list(OUTPUT_SHAPE)}"
        )


def _may_be(stated: Sequence[Any], shape: tuple[int, ...]) -> bool:
    """Compare a shape with what a model states: maybe nothing, and names for unknown sizes."""
    return not stated or len(stated) == len(shape) and all(
        not isinstance(says, int) or says == size for says, size in zip(stated, shape)
    )


def _errors() -> tuple[type[Exception], ...]:
    """Return what ONNX Runtime raises: classes without a common base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    found = (getattr(state, name) for name in dir(state))
    return tuple(
        each for each in found if isinstance(each, type) and issubclass(each, Exception)
    )
