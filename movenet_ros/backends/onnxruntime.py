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
ONNX Runtime; what it does on a GPU is in onnxruntime_gpu.py.

The graph that it optimizes for this processor is kept for the next start.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from movenet_ros.backends.compiled import open_folder
from movenet_ros.backends.compiled import seal
from movenet_ros.backends.gpu_sessions import OnnxRuntimeOnGpu
from movenet_ros.backends.onnxruntime_gpu import load_on_gpu
from movenet_ros.backends.onnxruntime_session import answered
from movenet_ros.backends.onnxruntime_session import CPU
from movenet_ros.backends.onnxruntime_session import open_session
from movenet_ros.backends.onnxruntime_session import session_options
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import ModelError
from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors

OPTIMIZED = 'optimized.onnx'
NO_TELEMETRY = 'ORT_DISABLE_TELEMETRY'


def import_onnxruntime() -> Any:
    """
    Import ONNX Runtime without its telemetry, which reports its use to its makers.

    A robot's owner has not been asked. ONNX Runtime looks at the variable while it is imported;
    whoever sets it to 0 gets the telemetry.
    """
    known = os.environ.get(NO_TELEMETRY)
    os.environ[NO_TELEMETRY] = '1' if known is None else known
    try:
        import onnxruntime
    finally:
        if known is None:
            del os.environ[NO_TELEMETRY]
    return onnxruntime


def load(onnx: Path, request: BackendRequest) -> OnnxRuntime | OnnxRuntimeOnGpu:
    """
    Load an ONNX file.

    :raises BackendError: if the device cannot be used.
    :raises ModelError: if it is another network.
    """
    ort = import_onnxruntime()
    folder = open_folder(request.compiled, 'onnxruntime', ort.__version__)
    if request.device == 'gpu':
        return load_on_gpu(ort, onnx, request, folder)
    session = _cpu_session(ort, onnx, request, folder)
    return OnnxRuntime(
        session, RuntimeInfo('onnxruntime', ort.__version__, 'CPU', request.threads)
    )


class OnnxRuntime:
    """An inference session on the CPU, which has nothing to prepare; made by :func:`load`."""

    def __init__(self, session: Any, info: RuntimeInfo) -> None:
        self.info = info
        self._session = session
        self._outputs = [each.name for each in session.get_outputs()]

    def run(self, inputs: Tensors) -> Tensors:
        """Run the network once; see :class:`movenet_ros.core.runtime.Runtime`."""
        answer = answered(lambda: self._session.run(self._outputs, dict(inputs)))
        return dict(zip(self._outputs, answer, strict=True))

    def is_ready(self, shapes: Shapes) -> bool:
        """Return True: the first inference of a shape takes no longer."""
        return True

    def prepare(self, shapes: Shapes) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Free the session with its memory and threads; see :class:`Runtime`."""
        self._session = None
        give_back_freed_memory()


def _cpu_session(ort: Any, onnx: Path, request: BackendRequest, folder: Path | None) -> Any:
    """Load the graph that an earlier start optimized, or optimize it and keep that."""
    optimized = folder / OPTIMIZED if folder else None
    if optimized is not None and optimized.exists():
        options = session_options(ort, request)
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            return open_session(ort, optimized, options, [CPU], request)
        except ModelError:  # whole, but this runtime cannot read it
            optimized.unlink()
    options = session_options(ort, request)
    if optimized is not None:
        options.optimized_model_filepath = str(optimized)
        try:
            session = open_session(ort, onnx, options, [CPU], request)
            seal(folder)
            return session
        except ModelError:  # of the file, which is raised below, or a full disk
            options = session_options(ort, request)
    return open_session(ort, onnx, options, [CPU], request)
