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

The network is compiled for each shape of its input, which is faster than one for all shapes; one
whose input comes in many shapes by turns, for all of them. All that is compiled shares the weights
of the one model that was read. What OpenVINO would keep for the next start brings weights of its
own for each shape: 19 MB, for a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
import sys
from typing import Any

from movenet_ros.backends.by_shape import ByShape
from movenet_ros.backends.failures import FAILURES
from movenet_ros.backends.failures import load_error
from movenet_ros.backends.failures import shortened
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import shapes_of
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.runtime import TensorSpec

TELEMETRY = 'openvino_telemetry'


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
    info = RuntimeInfo('openvino', version, 'CPU', request.threads, precision)
    return OpenVino(core, model, request.spec, options, info)


class OpenVino:
    """The model, compiled for each shape of input or for all; made by :func:`load`."""

    def __init__(
        self,
        core: Any,
        model: Any,
        spec: ModelSpec,
        options: dict[str, Any],
        info: RuntimeInfo,
    ) -> None:
        self.info = info
        self._core = core
        self._model = model
        self._spec = spec
        self._options = options
        self._requests = ByShape(self._compiled, spec.most_shapes)

    def run(self, inputs: Tensors) -> Tensors:
        """Run the network once; see :class:`movenet_ros.core.runtime.Runtime`."""
        compiled_for = self._compiled_for(shapes_of(inputs))
        try:
            self._spec.check_inputs(inputs)
            answer = self._requests.get(compiled_for).infer(dict(inputs), share_inputs=True)
            return {name: answer[name] for name in self._spec.outputs}
        except FAILURES as error:
            self._requests.drop(compiled_for)  # a request that failed may fail from then on
            raise InferenceError(f'OpenVINO: {_reason(error)}') from error

    def is_ready(self, shapes: Shapes) -> bool:
        """Return whether the model is compiled for these shapes."""
        return self._requests.has(self._compiled_for(shapes))

    def prepare(self, shapes: Shapes) -> None:
        """Compile the model; see :class:`movenet_ros.core.runtime.Runtime`."""
        try:
            self._requests.get(self._compiled_for(shapes))
        except FAILURES as error:
            raise InferenceError(f'OpenVINO: {_reason(error)}') from error

    def close(self) -> None:
        """Free the compiled models; the Core stays with its threads, see :func:`_core`."""
        self._requests.close()
        self._model = None
        give_back_freed_memory()

    def _compiled_for(self, shapes: Shapes) -> Shapes:
        """Return for which shapes the network is compiled where inputs have these; () for all."""
        return () if self._spec.any_shape else shapes

    def _compiled(self, shapes: Shapes) -> Any:
        """Compile the network for these shapes, and run it once: the first takes longer."""
        if shapes:
            self._model.reshape({name: [*shape] for name, shape in shapes})
        compiled = self._core.compile_model(self._model, 'CPU', self._options)
        request = compiled.create_infer_request()
        request.infer(dict(self._spec.zeros(shapes or None)))
        return request


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
