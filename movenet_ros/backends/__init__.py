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
Inference runtimes behind one Protocol, and the choice among them.

Each module imports its runtime when it is opened, so that a node pays for one runtime only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from typing import Literal

from movenet_ros.core.backend import Backend
from movenet_ros.core.errors import BackendError

MODEL_KINDS: dict[str, Literal['saved_model', 'onnx']] = {
    'tensorflow': 'saved_model',
    'onnxruntime': 'onnx',
}
"""Which of the model's forms each backend takes; for auto, any will do."""

BACKENDS = tuple(MODEL_KINDS)
BACKEND_CHOICES = ('auto', *BACKENDS)
DEVICES = ('auto', 'cpu', 'gpu')


@dataclass(frozen=True)
class BackendRequest:
    """
    What a user asks for.

    :param name: one of BACKEND_CHOICES.
    :param device: one of DEVICES; ``gpu`` without one is an error, ``auto`` takes what is there.
    :param gpu_memory_limit_mb: of GPU memory in MiB; 0 lets the runtime take what it needs.
    :param saved_model: directory of the TensorFlow SavedModel, if there is one.
    :param onnx: file of the ONNX model, if there is one.
    """

    name: str = 'auto'
    device: str = 'auto'
    gpu_memory_limit_mb: int = 0
    saved_model: Path | None = None
    onnx: Path | None = None

    def model_for(self, name: str) -> Path | None:
        """Return the model's file of a backend's kind."""
        return self.saved_model if MODEL_KINDS[name] == 'saved_model' else self.onnx


@dataclass(frozen=True)
class Choice:
    """A backend's name, and why it was taken."""

    name: str
    why: str


def open_backend(request: BackendRequest) -> tuple[Backend, str]:
    """
    Load the model into the runtime asked for.

    :return: the backend, and one sentence on why it is this one.
    :raises BackendError: if the runtime or the device is not to be had.
    :raises ModelError: if the model's files do not fit.
    """
    for value, name, choices in (
        (request.name, 'backend', BACKEND_CHOICES),
        (request.device, 'device', DEVICES),
    ):
        if value not in choices:
            raise BackendError(f"unknown {name} '{value}', choose from {', '.join(choices)}")
    choice = choose(request) if request.name == 'auto' else Choice(request.name, 'asked for')
    path = request.model_for(choice.name)
    if path is None:
        other = 'onnxruntime' if choice.name == 'tensorflow' else 'tensorflow'
        kind = 'a SavedModel' if choice.name == 'tensorflow' else 'an ONNX file'
        raise BackendError(
            f'backend {choice.name} needs {kind} and the model has none:'
            f' set backend to {other}, or prepare both kinds with fetch_model --from SAVED_MODEL'
        )
    try:
        return _load(choice.name, path, request), choice.why
    except BackendError as error:
        if (request.name, choice.name) != ('auto', 'onnxruntime') or not request.saved_model:
            raise
        try:
            backend = _load('tensorflow', request.saved_model, request)
        except BackendError:
            raise error from None
        return backend, f'ONNX Runtime does not work: {error}'


def choose(
    request: BackendRequest,
    installed: Callable[[str], Any] = find_spec,
    gpus_in_tensorflow: Callable[[], int] | None = None,
    cuda_in_onnxruntime: Callable[[], bool] | None = None,
) -> Choice:
    """
    Choose for ``auto``: TensorFlow where it sees a GPU, else ONNX Runtime, else TensorFlow.

    ONNX Runtime comes before TensorFlow on the CPU because it is faster there, starts in a tenth
    of the time and takes a fraction of the memory; TensorFlow is not even imported on a machine
    that shows no GPU.

    :raises BackendError: if nothing serves.
    """
    count_gpus = gpus_in_tensorflow or _gpus_in_tensorflow
    has_cuda = cuda_in_onnxruntime or _cuda_in_onnxruntime
    tensorflow = bool(request.saved_model and installed('tensorflow'))
    onnxruntime = bool(request.onnx and installed('onnxruntime'))
    if tensorflow and request.device != 'cpu' and count_gpus():
        return Choice('tensorflow', 'TensorFlow sees a GPU')
    if request.device == 'gpu':
        if onnxruntime and has_cuda():
            return Choice('onnxruntime', 'its CUDA provider is there')
        raise BackendError(
            'device gpu, but neither TensorFlow nor ONNX Runtime sees one: check nvidia-smi,'
            ' install tensorflow[and-cuda] or onnxruntime-gpu, or set device to auto'
        )
    no_gpu = 'device cpu' if request.device == 'cpu' else 'TensorFlow sees no GPU'
    if onnxruntime:
        return Choice('onnxruntime', no_gpu if tensorflow else 'TensorFlow cannot be used here')
    if tensorflow:
        missing = 'there is no ONNX file' if not request.onnx else 'ONNX Runtime is not installed'
        return Choice('tensorflow', missing)
    kinds = [name for name in BACKENDS if request.model_for(name)]
    raise BackendError(
        f'no runtime for the model is installed: pip install {" or ".join(kinds or BACKENDS)}'
    )


def _load(name: str, path: Path, request: BackendRequest) -> Backend:
    """Import a backend's module and open it."""
    try:
        module = import_module(f'movenet_ros.backends.{name}_backend')
        backend: Backend = module.load(path, request.device, request.gpu_memory_limit_mb)
    except ImportError as error:
        raise BackendError(
            f'backend {name} cannot be imported ({error}): pip install {name},'
            ' or set backend to another one'
        ) from error
    return backend


def _gpus_in_tensorflow() -> int:
    """Count TensorFlow's GPUs, without importing it where no driver shows one."""
    from movenet_ros.backends import tensorflow_backend

    if not tensorflow_backend.gpu_in_sight():
        return 0
    try:
        tf = tensorflow_backend.import_tensorflow()
    except ImportError:  # installed, but broken; if it is all there is, opening it says how
        return 0
    return len(tf.config.list_physical_devices('GPU'))


def _cuda_in_onnxruntime() -> bool:
    """Tell whether ONNX Runtime was built with CUDA."""
    try:
        import onnxruntime
    except ImportError:  # as above
        return False
    return 'CUDAExecutionProvider' in onnxruntime.get_available_providers()
