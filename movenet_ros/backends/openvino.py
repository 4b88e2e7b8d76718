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
OpenVINO, on the CPU.

The network is compiled for each shape of its input, which is faster than one for all shapes, and
the compiled ones are kept for the next start. A shape for which there is no room runs in the one
for all shapes until it has come several times in a row; then it takes the place of the shape that
was used least recently. So a new camera gets the fast one, and pictures of many sizes neither
compile for each picture nor fill the memory.
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
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.runtime import TensorSpec

TELEMETRY = 'openvino_telemetry'
Shapes = tuple[tuple[str, tuple[int, ...]], ...]

MAX_SHAPES = 4  # compiled ones that are loaded; each takes some 60 MB
TIMES_IN_A_ROW = 3  # of one more shape, after which it is compiled too


def import_openvino() -> Any:
    """
    Import OpenVINO without its telemetry, which reports each import to its makers.

    A robot's owner has not been asked. OpenVINO does without that package where it cannot be
    imported; None in sys.modules makes it so.
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


def load(onnx: Path, request: BackendRequest) -> OpenVino:
    """
    Read an ONNX file and compile it when the first image comes.

    :raises BackendError: if the precision cannot be had.
    :raises ModelError: if it is another network.
    """
    openvino = import_openvino()
    version = openvino.get_version().split('-')[0]
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
    _check(model, onnx, request.spec)
    options: dict[str, Any] = {
        'PERFORMANCE_HINT': 'LATENCY',
        'INFERENCE_PRECISION_HINT': precision,
    }
    if request.threads:
        options['INFERENCE_NUM_THREADS'] = request.threads
    folder = open_folder(request.compiled, 'openvino', version)
    if folder is not None:
        options['CACHE_DIR'] = str(folder)
    info = RuntimeInfo('openvino', version, 'CPU', request.threads, precision)
    return OpenVino(core, model, request.spec, options, folder, info)


class OpenVino:
    """The model, compiled for each shape of input; made by :func:`load`."""

    def __init__(
        self,
        core: Any,
        model: Any,
        spec: ModelSpec,
        options: dict[str, Any],
        folder: Path | None,
        info: RuntimeInfo,
    ) -> None:
        self.info = info
        self._core = core
        self._model = model
        self._spec = spec
        self._options = options
        self._folder = folder
        self._requests: dict[Shapes, Any] = {}  # the most recently used last
        self._for_all_shapes: Any = None
        self._latest: Shapes = ()
        self._times = 0  # in a row that the latest shapes came

    def run(self, inputs: Tensors) -> Tensors:
        """Run the network once; see :class:`movenet_ros.core.runtime.Runtime`."""
        shapes = tuple((name, each.shape) for name, each in inputs.items())
        try:
            self._spec.check_inputs(inputs)
            answer = self._request(shapes).infer(dict(inputs), share_inputs=True)
            return {name: answer[name] for name in self._spec.outputs}
        except FAILURES as error:
            # a request that failed on one shape may fail on every other one from then on
            self._requests.pop(shapes, None)
            self._for_all_shapes = None
            raise InferenceError(f'OpenVINO: {_reason(error)}') from error

    def close(self) -> None:
        """Free the compiled models; the Core stays with its threads, see :func:`_core`."""
        self._requests.clear()
        self._for_all_shapes = self._model = None
        give_back_freed_memory()

    def _request(self, shapes: Shapes) -> Any:
        """Return what runs inputs of these shapes; compile it where that has not been done."""
        self._times = self._times + 1 if shapes == self._latest else 1
        self._latest = shapes
        if shapes in self._requests:
            self._requests[shapes] = self._requests.pop(shapes)
        elif len(self._requests) < MAX_SHAPES:
            self._requests[shapes] = self._compiled(shapes)
        elif self._times > TIMES_IN_A_ROW:
            del self._requests[next(iter(self._requests))]
            give_back_freed_memory()
            self._requests[shapes] = self._compiled(shapes)
        else:
            self._for_all_shapes = self._for_all_shapes or self._compiled(())
            return self._for_all_shapes
        return self._requests[shapes]

    def _compiled(self, shapes: Shapes) -> Any:
        """Compile the network for these shapes; without any, for all."""
        stated = {name: each.shape or () for name, each in self._spec.inputs.items()}
        stated.update(shapes)
        self._model.reshape(
            {name: [-1 if n is None else n for n in shape] for name, shape in stated.items()}
        )
        compiled = self._core.compile_model(self._model, 'CPU', self._options)
        seal(self._folder)
        return compiled.create_infer_request()


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
    Return the precision to compute in: bf16 where the processor has instructions for it.

    :raises BackendError: if bf16 is asked for and the processor would only emulate it.
    """
    has_bf16 = 'BF16' in core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
    if asked == 'bf16' and not has_bf16:
        raise BackendError('precision bf16, but this processor has none: set precision to auto')
    return 'bf16' if has_bf16 and asked != 'f32' else 'f32'


def _check(model: Any, onnx: Path, spec: ModelSpec) -> None:
    """Reject a network that is not the one of the spec."""
    taken, given = (
        {
            each.any_name: TensorSpec(
                each.element_type.to_dtype().name, _shape(each.partial_shape)
            )
            for each in side
        }
        for side in (model.inputs, model.outputs)
    )
    spec.check(taken, given, str(onnx))


def _shape(partial: Any) -> tuple[int | None, ...] | None:
    """Return a shape as a model states it: maybe nothing, and free sizes."""
    if partial.rank.is_dynamic:
        return None
    return tuple(None if each.is_dynamic else each.get_length() for each in partial)


def _failures(openvino: Any) -> tuple[type[Exception], ...]:
    """Return what OpenVINO's reader raises: classes without a common base."""
    found = (getattr(openvino.frontend, name) for name in dir(openvino.frontend))
    own = (each for each in found if isinstance(each, type) and issubclass(each, Exception))
    return *FAILURES, OSError, *own


def _reason(error: Exception) -> str:
    """Return the line of OpenVINO's text that says what went wrong: the last one."""
    return shortened(str(error).strip().rpartition('\n')[2], error)
