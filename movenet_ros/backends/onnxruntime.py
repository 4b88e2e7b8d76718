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
MoveNet in ONNX Runtime: on the CPU, or on a GPU by TensorRT or CUDA.

What the runtime makes of the model for this processor is kept for the next start, as are the
engines that TensorRT takes minutes to build.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import ctypes
from dataclasses import replace
import json
from pathlib import Path
import re
import tempfile
from typing import Any

from movenet_ros.backends.compiled import open_folder
from movenet_ros.backends.compiled import seal
from movenet_ros.backends.failures import FAILURES
from movenet_ros.backends.failures import load_error
from movenet_ros.backends.failures import shortened
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError
from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.runtime import TensorSpec
from numpy.typing import NDArray

TENSORRT, CUDA = 'TensorrtExecutionProvider', 'CUDAExecutionProvider'
CPU = 'CPUExecutionProvider'
DTYPES = {'tensor(float)': 'float32', 'tensor(int32)': 'int32', 'tensor(uint8)': 'uint8'}
GPU_NAMES = {TENSORRT: 'GPU 0 (TensorRT)', CUDA: 'GPU 0 (CUDA)'}
TENSORRT_LIBRARIES = ('libnvinfer.so.10', 'libnvinfer.so.8')
ERRORS_ONLY = 3  # of ONNX Runtime's log levels
OPTIMIZED = 'optimized.onnx'

_PLACE = re.compile(  # in ONNX Runtime's source, as its reasons begin: file, line and function
    r'\S+\.(?:cc|cpp|cu|h):\d+ [^()]*\([^()]*\)(?: const)?(?: \[with [^]]*\])? '
)


def load(onnx: Path, request: BackendRequest) -> OnnxRuntime:
    """
    Load an ONNX file.

    :raises BackendError: if the device is not to be had.
    :raises ModelError: if it is another network.
    """
    import onnxruntime as ort

    available = ort.get_available_providers()
    if request.device == 'gpu' and CUDA not in available:
        raise BackendError(
            f'device gpu, but ONNX Runtime {ort.__version__} has no CUDA provider:'
            ' pip install onnxruntime-gpu in place of onnxruntime, or set device to auto'
        )
    folder = open_folder(request.compiled, 'onnxruntime', ort.__version__)
    if CUDA in available and request.device != 'cpu':
        backend = _load_on_gpu(ort, onnx, request, folder)
        if backend is not None:
            return backend
        if request.device == 'gpu':
            raise BackendError(
                "device gpu, but ONNX Runtime's CUDA provider does not start (its own lines above"
                ' say why): check nvidia-smi and the CUDA and cuDNN libraries,'
                ' or set device to auto'
            )
    session = _cpu_session(ort, onnx, request, folder)
    info = RuntimeInfo('onnxruntime', ort.__version__, 'CPU', request.threads)
    return OnnxRuntime(session, info)


class OnnxRuntime:
    """An inference session; made by :func:`load`."""

    def __init__(self, session: Any, info: RuntimeInfo) -> None:
        self.info = info
        self._session = session
        self._outputs = [each.name for each in session.get_outputs()]

    def run(self, inputs: Tensors) -> Tensors:
        """Run the network once; see :class:`movenet_ros.core.runtime.Runtime`."""
        try:
            return dict(zip(self._outputs, self._run(inputs), strict=True))
        except _errors() as error:
            reason = _reason(error)
        # from here, not from above: the error holds what it met on its way, also on the GPU
        raise InferenceError(f'ONNX Runtime: {reason}')

    def close(self) -> None:
        """Free the session with its memory and threads; see :class:`Runtime`."""
        self._session = None
        give_back_freed_memory()

    def _run(self, inputs: Tensors) -> Sequence[NDArray[Any]]:
        results: Sequence[NDArray[Any]] = self._session.run(self._outputs, dict(inputs))
        return results


class OnnxRuntimeOnGpu(OnnxRuntime):
    """A session on a GPU: each shape of input has its place there, filled anew for each image."""

    def __init__(self, ort: Any, session: Any, info: RuntimeInfo) -> None:
        super().__init__(session, info)
        self._ort = ort
        self._places: dict[tuple[str, tuple[int, ...]], Any] = {}  # by name and shape

    def close(self) -> None:
        """
        Free the session and the places of the inputs.

        What the driver takes for a process that uses CUDA stays until the process ends.
        """
        self._places.clear()
        super().close()

    def _run(self, inputs: Tensors) -> Sequence[NDArray[Any]]:
        binding = self._session.io_binding()
        for name, array in inputs.items():
            place = self._places.get((name, array.shape))
            if place is None:
                place = self._ort.OrtValue.ortvalue_from_numpy(array, 'cuda', 0)
                self._places[name, array.shape] = place
            else:
                place.update_inplace(array)
            binding.bind_ortvalue_input(name, place)
        for name in self._outputs:
            binding.bind_output(name)  # on the host
        self._session.run_with_iobinding(binding)
        results: Sequence[NDArray[Any]] = binding.copy_outputs_to_cpu()
        return results


def _cpu_session(ort: Any, onnx: Path, request: BackendRequest, folder: Path | None) -> Any:
    """Load the model as it was optimized at an earlier start, or optimize and keep it."""
    optimized = folder / OPTIMIZED if folder else None
    if optimized is not None and optimized.exists():
        options = _options(ort, request)
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            return _session(ort, optimized, options, [CPU], request.spec)
        except ModelError:  # whole, but not to this runtime's liking
            optimized.unlink()
    options = _options(ort, request)
    if optimized is not None:
        options.optimized_model_filepath = str(optimized)
        try:
            session = _session(ort, onnx, options, [CPU], request.spec)
            seal(folder)
            return session
        except ModelError:  # of the file, which is said below, or a full disk
            options = _options(ort, request)
    return _session(ort, onnx, options, [CPU], request.spec)


def _load_on_gpu(
    ort: Any, onnx: Path, request: BackendRequest, folder: Path | None
) -> OnnxRuntimeOnGpu | None:
    """
    Load the model on the GPU and try it there.

    :return: None if no provider starts, or none that can load and run the model; then the CPU
        tells whether that is the model's fault.
    :raises StartError: if the GPU was asked for and cannot load or run the model.
    """
    cuda = {'arena_extend_strategy': 'kSameAsRequested'}
    if request.gpu_memory_limit_mb > 0:
        cuda['gpu_mem_limit'] = str(request.gpu_memory_limit_mb * 2**20)
    providers: list[Any] = [(CUDA, cuda), CPU]
    if TENSORRT in ort.get_available_providers() and _has_tensorrt():
        providers.insert(0, (TENSORRT, _tensorrt_options(request, folder)))
    with tempfile.TemporaryDirectory() as profiles:
        options = _options(ort, request)
        options.enable_profiling = True  # to see which operators run where
        options.profile_file_prefix = f'{profiles}/trial'
        try:
            session = _session(ort, onnx, options, providers, request.spec)
        except StartError:
            if request.device == 'gpu':
                raise
            return None
        provider = session.get_providers()[0]  # one that fails is dropped, not raised
        if provider not in GPU_NAMES:
            return None
        info = RuntimeInfo('onnxruntime', ort.__version__, GPU_NAMES[provider])
        backend = OnnxRuntimeOnGpu(ort, session, info)
        try:
            backend.run(request.spec.zeros())
        except InferenceError as error:
            backend.close()
            session = None  # or the error would hold it, and its memory
            if request.device != 'gpu':
                return None
            raise BackendError(
                f'the model does not run on {info.device}: {error}: set device to cpu'
            ) from error
        cpu_operators = operators_on(CPU, Path(session.end_profiling()))
    seal(folder)
    backend.info = replace(info, cpu_operators=cpu_operators)
    return backend


def operators_on(provider: str, profile: Path) -> tuple[str, ...]:
    """
    Read from ONNX Runtime's profile which operators a provider ran.

    :param profile: file that a session wrote.
    :return: their types, sorted.
    """
    events = json.loads(profile.read_text())
    ran = (each['args'] for each in events if each.get('cat') == 'Node' and 'args' in each)
    return tuple(
        sorted({each['op_name'] for each in ran if each.get('provider') == provider})
    )


def _tensorrt_options(request: BackendRequest, folder: Path | None) -> dict[str, str]:
    """Return the options of TensorRT's provider: one engine for all shapes, kept."""
    options = {
        'trt_profile_min_shapes': _shapes(request.spec.smallest),
        'trt_profile_opt_shapes': _shapes(request.spec.usual),
        'trt_profile_max_shapes': _shapes(request.spec.largest),
    }
    if request.gpu_memory_limit_mb > 0:
        options['trt_max_workspace_size'] = str(request.gpu_memory_limit_mb * 2**20)
    if folder is not None:
        options['trt_engine_cache_enable'] = 'True'
        options['trt_engine_cache_path'] = str(folder)
        options['trt_timing_cache_enable'] = 'True'
        options['trt_timing_cache_path'] = str(folder)
    return options


def _shapes(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Spell shapes as TensorRT's provider reads them: input:1x192x256x3,..."""
    return ','.join(f'{name}:{"x".join(map(str, shape))}' for name, shape in shapes.items())


def _has_tensorrt() -> bool:
    """Tell whether TensorRT is installed; ONNX Runtime lists its provider either way."""
    for name in TENSORRT_LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def _options(ort: Any, request: BackendRequest) -> Any:
    options = ort.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.intra_op_num_threads = request.threads
    # threads that wait by spinning burn more than a core between the images of a camera
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    return options


def _session(
    ort: Any, onnx: Path, options: Any, providers: list[Any], spec: ModelSpec
) -> Any:
    """
    Make a session of a network.

    :raises ModelError: if the file is something else.
    :raises BackendError: if there is not enough memory for it.
    """
    try:
        session = ort.InferenceSession(str(onnx), options, providers=providers)
    except _errors() as error:
        raise load_error('ONNX Runtime', onnx, error, _reason(error)) from error
    _check(session, onnx, spec)
    return session


def _reason(error: Exception) -> str:
    """Return what an error says behind the places in the model and in ONNX Runtime's source."""
    first_line = str(error).strip().partition('\n')[0]
    return shortened(_PLACE.sub('', first_line.rpartition('Status Message: ')[2]), error)


def _check(session: Any, onnx: Path, spec: ModelSpec) -> None:
    """Refuse a network that is not the one of the spec."""
    taken, given = (
        {
            each.name: TensorSpec(DTYPES.get(each.type, each.type), _shape(each.shape))
            for each in side
        }
        for side in (session.get_inputs(), session.get_outputs())
    )
    spec.check(taken, given, str(onnx))


def _shape(stated: Sequence[Any]) -> tuple[int | None, ...] | None:
    """Return a shape as a model states it: maybe nothing, and names for free sizes."""
    return tuple(each if isinstance(each, int) else None for each in stated) or None


def _errors() -> tuple[type[Exception], ...]:
    """Return what ONNX Runtime raises: classes without a common base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    found = (getattr(state, name) for name in dir(state))
    own = (each for each in found if isinstance(each, type) and issubclass(each, Exception))
    return *FAILURES, *own  # the first ones are what a place on the GPU raises
