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
ONNX Runtime on a GPU, by TensorRT or CUDA: whether it works there, and how it is set up.

TensorRT's engines, which it takes minutes to build, are kept for the next start.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import redirect_stdout
import ctypes
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from io import StringIO
import json
from pathlib import Path
import re
import tempfile
from typing import Any

from movenet_ros.backends.compiled import seal
from movenet_ros.backends.gpu_sessions import OnnxRuntimeOnGpu
from movenet_ros.backends.onnxruntime_session import answered
from movenet_ros.backends.onnxruntime_session import CPU
from movenet_ros.backends.onnxruntime_session import open_session
from movenet_ros.backends.onnxruntime_session import session_options
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import INSTALL_FOR_GPU
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.native_log import native_chatter_dropped
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import shapes_of
from movenet_ros.core.runtime import Tensors

TENSORRT, CUDA = 'TensorrtExecutionProvider', 'CUDAExecutionProvider'
GPU_NAMES = {TENSORRT: 'GPU 0 (TensorRT)', CUDA: 'GPU 0 (CUDA)'}
TENSORRT_LIBRARIES = ('libnvinfer.so.10', 'libnvinfer.so.8')
IMAGE_SIZED = 0.01  # of the bytes of the input
HAS_GRAPHS = (1, 19)  # version of ONNX Runtime
SIZES = ('activation_size', 'output_size')  # in a profile: bytes of an operator's tensors

_LIBRARY = re.compile(r'(lib[\w.+-]+\.so[\w.]*): cannot open shared object file')
_CUDA_FAILURE = re.compile(r'CUDA failure \d+: [^;\n]*')


def load_on_gpu(
    ort: Any, onnx: Path, request: BackendRequest, folder: Path | None
) -> OnnxRuntimeOnGpu:
    """
    Load the model on the GPU, and run it once to see which operators do not run there.

    TensorRT's session is for all shapes, as its engine is.

    :raises StartError: if that does not work.
    """
    if CUDA not in ort.get_available_providers():
        raise BackendError(
            f'ONNX Runtime {ort.__version__} has no CUDA provider: {INSTALL_FOR_GPU}'
        )
    if hasattr(ort, 'preload_dlls'):  # finds the CUDA libraries that pip installed
        with redirect_stdout(StringIO()):
            ort.preload_dlls()
    with tempfile.TemporaryDirectory() as profiles:
        options = session_options(ort, request)
        options.enable_profiling = True
        options.profile_file_prefix = f'{profiles}/trial'
        providers = _gpu_providers(ort, request, folder)
        with native_chatter_dropped() as lines:
            session = open_session(ort, onnx, options, providers, request)
        provider = session.get_providers()[0]  # one that fails is dropped, not raised
        if provider not in GPU_NAMES:
            reason = _missing(lines) or 'does not start, see its own lines'
            raise BackendError(
                f"ONNX Runtime's CUDA provider: {reason}: check nvidia-smi, {INSTALL_FOR_GPU}"
            )
        info = RuntimeInfo('onnxruntime', ort.__version__, GPU_NAMES[provider])
        runtime = OnnxRuntimeOnGpu(ort, lambda _: session, request.spec, info)
        inputs = request.spec.zeros()
        try:
            runtime.run(inputs)
        except InferenceError as error:
            runtime.close()
            session = None  # or the error would hold it, and its memory
            raise BackendError(f'the model does not run on {info.device}: {error}') from error
        profile = Path(session.end_profiling())
        info = replace(info, cpu_operators=operators_on(CPU, profile, _least(inputs)))
        seal(folder)
        runtime.close()
        if provider == TENSORRT:
            return OnnxRuntimeOnGpu(ort, lambda _: session, request.spec, info)
        stated = {each.name: each.shape for each in session.get_inputs()}
        session = None
        make_session = partial(_cuda_session, ort, request, stated)
        longer = with_operators_behind(onnx, request)
        if longer and not _runs_there(partial(make_session, longer, options=options), inputs):
            longer = None  # the outputs leave the GPU as they are
    make_session = partial(make_session, longer or str(onnx))
    if _has_graphs(ort):
        runtime = OnnxRuntimeOnGpu(ort, partial(make_session, is_graph=True), request.spec, info)
        try:
            runtime.run(inputs)
            return runtime
        except InferenceError:  # a graph takes only what runs there to the last operator
            runtime.close()
    return OnnxRuntimeOnGpu(ort, make_session, request.spec, info)


def with_operators_behind(onnx: Path, request: BackendRequest) -> bytes | None:
    """Return the network with what a GPU runs on its outputs; None where there is nothing."""
    if not request.spec.on_gpu or find_spec('onnx') is None:
        return None
    from onnx import compose
    from onnx import load
    from onnx import parser

    network, behind = load(onnx), parser.parse_model(request.spec.on_gpu)
    behind.ir_version = network.ir_version
    # names inside may be the same in both
    behind = compose.add_prefix(behind, 'behind_', rename_inputs=False, rename_outputs=False)
    joints = [(each.name, each.name) for each in behind.graph.input]
    merged: bytes = compose.merge_models(network, behind, io_map=joints).SerializeToString()
    return merged


def _runs_there(make_session: Callable[[Shapes], Any], inputs: Tensors) -> bool:
    """
    Return whether all of a network runs on the GPU.

    :param make_session: which writes a profile.
    """
    try:
        session = answered(lambda: make_session(shapes_of(inputs)))
        answered(lambda: session.run(None, dict(inputs)))
    except InferenceError:
        return False
    return not operators_on(CPU, Path(session.end_profiling()), _least(inputs))


def _has_graphs(ort: Any) -> bool:
    """Return whether a run can be kept out of CUDA's graphs, so that others may be in one."""
    return tuple(int(n) for n in ort.__version__.split('.')[:2]) >= HAS_GRAPHS


def _cuda_session(
    ort: Any,
    request: BackendRequest,
    stated: Mapping[str, Any],
    model: str | bytes,
    shapes: Shapes,
    options: Any = None,
    is_graph: bool = False,
) -> Any:
    """
    Return a session for these shapes alone, which makes it a quarter faster.

    :param stated: shapes as the model states them, by name of the input.
    :param model: path of the file, or what is in it.
    :param options: None: the usual ones.
    :param is_graph: whether all of a run is launched at once, as a graph of CUDA, which takes
        half the time.
    :raises InferenceError: if it would run on the CPU.
    """
    options = options or session_options(ort, request)
    for name, shape in shapes:
        for dimension, size in zip(stated[name], shape, strict=True):
            if isinstance(dimension, str):
                options.add_free_dimension_override_by_name(dimension, size)
    session = ort.InferenceSession(model, options, _cuda_providers(request, is_graph))
    if session.get_providers()[0] != CUDA:
        raise InferenceError('CUDA does not start for one more session')
    return session


def _least(tensors: Tensors) -> float:
    """Return from how many bytes on an operator's tensors count: smaller ones are shapes."""
    return IMAGE_SIZED * sum(each.nbytes for each in tensors.values())


def _missing(lines: Sequence[str]) -> str:
    """Return what lines of ONNX Runtime say about CUDA, in a few words."""
    found = _LIBRARY.search('\n'.join(lines))
    if found:
        return f'{found[1]} is missing'
    found = _CUDA_FAILURE.search('\n'.join(lines))
    return found[0].strip() if found else ''


def operators_on(provider: str, profile: Path, least_bytes: float = 0.0) -> tuple[str, ...]:
    """
    Read from ONNX Runtime's profile which operators a provider ran.

    On a GPU, it runs those on the CPU that compute shapes, on purpose.

    :param profile: file that a session wrote.
    :param least_bytes: of an operator's inputs or outputs; smaller ones do not count.
    :return: their types, sorted.
    """
    events = json.loads(profile.read_text())
    ran = (each['args'] for each in events if each.get('cat') == 'Node' and 'args' in each)
    return tuple(
        sorted(
            {
                each['op_name']
                for each in ran
                if each.get('provider') == provider
                and max(int(each.get(size, 0)) for size in SIZES) >= least_bytes
            }
        )
    )


def _gpu_providers(ort: Any, request: BackendRequest, folder: Path | None) -> list[Any]:
    """Return the providers to try, with their options."""
    providers = _cuda_providers(request)
    if TENSORRT in ort.get_available_providers() and _has_tensorrt():
        providers.insert(0, (TENSORRT, _tensorrt_options(request, folder)))
    return providers


def _cuda_providers(request: BackendRequest, is_graph: bool = False) -> list[Any]:
    cuda = {
        'enable_cuda_graph': str(int(is_graph)),
        'arena_extend_strategy': 'kSameAsRequested',
        # the exhaustive search takes 1.2 to 2.3 s for each new shape, and finds nothing faster
        'cudnn_conv_algo_search': 'HEURISTIC',
    }
    if request.gpu_memory_limit_mb > 0:
        cuda['gpu_mem_limit'] = str(request.gpu_memory_limit_mb * 2**20)
    return [(CUDA, cuda), CPU]


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
    """Return shapes as TensorRT's provider reads them: input:1x192x256x3,..."""
    return ','.join(f'{name}:{"x".join(map(str, shape))}' for name, shape in shapes.items())


def _has_tensorrt() -> bool:
    """Return whether TensorRT is installed; ONNX Runtime lists its provider either way."""
    for name in TENSORRT_LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False
