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


"""
MoveNet in OpenVINO, on the CPU.

The model is compiled for each shape of input by itself, which is faster than a model for all
shapes; the compiled ones are kept for the next start. A stream that changes its shape again and
again gets a model for all shapes in the end, so that neither time nor memory runs away.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
import sys
from typing import Any

from movenet_ros.backends.compiled import open_folder
from movenet_ros.backends.compiled import seal
from movenet_ros.backends.failures import FAILURES
from movenet_ros.backends.failures import load_error
from movenet_ros.backends.failures import shortened
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.backend import BackendInfo
from movenet_ros.core.decode import OUTPUT_SHAPE
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.letterbox import MULTIPLE
from movenet_ros.core.native_memory import give_back_freed_memory
import numpy as np
from numpy.typing import NDArray

INPUT, OUTPUT = 'input', 'output_0'
TELEMETRY = 'openvino_telemetry'
CHANNELS = 3
MAX_SHAPES = 4  # compiled ones that are kept; each takes some 60 MB
ANY_SHAPE = (-1, -1)


def import_openvino() -> Any:
    """
    Import OpenVINO without its telemetry, which reports each import to its makers.

    A robot's owner has not been asked. OpenVINO does without the package where it cannot be
    imported, which is what None in sys.modules says.
    """
    known = sys.modules.get(TELEMETRY)
    sys.modules[TELEMETRY] = None  # type: ignore[assignment]
    try:
        import openvino
        import openvino.frontend
    finally:
        del sys.modules[TELEMETRY]
        if known is not None:
            sys.modules[TELEMETRY] = known
    return openvino


def load(onnx: Path, request: BackendRequest) -> OpenVinoBackend:
    """
    Read an ONNX file and compile it when the first image comes.

    :raises BackendError: if the device or the precision is not to be had.
    :raises ModelError: if it is not MoveNet MultiPose.
    """
    openvino = import_openvino()
    version = openvino.get_version().split('-')[0]
    if request.device == 'gpu':
        raise BackendError(
            'device gpu, but backend openvino runs on the CPU:'
            ' set backend to auto, or device to auto'
        )
    try:
        core = _core(openvino.Core)
        precision = _precision(core, request.precision)
    except FAILURES as error:
        raise BackendError(f'OpenVINO does not start: {_reason(error)}') from error
    try:
        frontend = openvino.frontend.FrontEndManager().load_by_framework('onnx')
        model = frontend.convert(frontend.load(str(onnx)))  # read_model tries every other format
    except _failures(openvino) as error:
        raise load_error('OpenVINO', onnx, error, _reason(error)) from error
    _check(model, onnx)
    options: dict[str, Any] = {
        'PERFORMANCE_HINT': 'LATENCY',
        'INFERENCE_PRECISION_HINT': precision,
    }
    if request.threads:
        options['INFERENCE_NUM_THREADS'] = request.threads
    folder = open_folder(request.compiled, 'openvino', version)
    if folder is not None:
        options['CACHE_DIR'] = str(folder)
    info = BackendInfo('openvino', version, 'CPU', request.threads, precision)
    return OpenVinoBackend(core, model, options, folder, info)


class OpenVinoBackend:
    """The model, compiled for each shape of input; made by :func:`load`."""

    def __init__(
        self,
        core: Any,
        model: Any,
        options: dict[str, Any],
        folder: Path | None,
        info: BackendInfo,
    ) -> None:
        self.info = info
        self._core = core
        self._model = model
        self._options = options
        self._folder = folder
        self._requests: dict[tuple[int, int], Any] = {}  # by height and width

    def infer(self, batch: NDArray[np.int32]) -> NDArray[np.float32]:
        """Run the model once; see :class:`movenet_ros.core.backend.Backend`."""
        try:
            answer = self._request(batch).infer({INPUT: batch}, share_inputs=True)
        except FAILURES as error:
            raise InferenceError(f'OpenVINO: {_reason(error)}') from error
        return np.asarray(answer[OUTPUT], np.float32)

    def close(self) -> None:
        """Free the compiled models; the Core stays with its threads, see :func:`_core`."""
        self._requests.clear()
        self._model = None
        give_back_freed_memory()

    def _request(self, batch: NDArray[np.int32]) -> Any:
        """Return what runs a batch's shape; compile it where that has not been done."""
        one, *shape_hw, channels = batch.shape
        fits = len(shape_hw) == 2 and not np.mod(shape_hw, MULTIPLE).any()
        if (one, channels) != (1, CHANNELS) or not fits:
            raise InferenceError(f'the model does not take a batch of shape {batch.shape}')
        shape = shape_hw[0], shape_hw[1]
        if shape not in self._requests and len(self._requests) >= MAX_SHAPES:
            shape = ANY_SHAPE
        if shape not in self._requests:
            self._model.reshape([1, *shape, CHANNELS])
            compiled = self._core.compile_model(self._model, 'CPU', self._options)
            self._requests[shape] = compiled.create_infer_request()
            seal(self._folder)
        return self._requests[shape]


@lru_cache
def _core(make: Callable[[], Any]) -> Any:
    """
    Return the one Core of this process, which lives as long as the process.

    Each Core sets up a stack for signal handlers. When one of several ends, the stack of another
    may be gone, and the next signal ends the process (seen with OpenVINO 2026.4).
    """
    return make()


def _precision(core: Any, asked: str) -> str:
    """
    Choose how to compute: in bf16 where the processor has instructions for it, else in f32.

    :raises BackendError: if bf16 is asked for and the processor would only emulate it.
    """
    has_bf16 = 'BF16' in core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
    if asked == 'bf16' and not has_bf16:
        raise BackendError('precision bf16, but this processor has none: set precision to auto')
    return 'bf16' if has_bf16 and asked != 'f32' else 'f32'


def _check(model: Any, onnx: Path) -> None:
    """Refuse a model that is not MoveNet MultiPose."""
    from openvino import PartialShape

    taken = {each.any_name: each.element_type.get_type_name() for each in model.inputs}
    given = {each.any_name: each.partial_shape for each in model.outputs}
    answers = OUTPUT in given and given[OUTPUT].compatible(PartialShape(OUTPUT_SHAPE))
    if taken != {INPUT: 'i32'} or not answers:
        shapes = {name: str(shape) for name, shape in given.items()}
        raise ModelError(
            f'{onnx} is not MoveNet MultiPose: it takes {taken} and gives {shapes},'
            f" expected i32 '{INPUT}' and '{OUTPUT}' {list(OUTPUT_SHAPE)}"
        )


def _failures(openvino: Any) -> tuple[type[Exception], ...]:
    """Return what OpenVINO's reader raises: classes without a common base of their own."""
    found = (getattr(openvino.frontend, name) for name in dir(openvino.frontend))
    own = (each for each in found if isinstance(each, type) and issubclass(each, Exception))
    return *FAILURES, OSError, *own


def _reason(error: Exception) -> str:
    """Return the line of OpenVINO's page that says what went wrong: the last one."""
    return shortened(str(error).strip().rpartition('\n')[2], error)
