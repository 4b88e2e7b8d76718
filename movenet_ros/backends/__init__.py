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
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from movenet_ros.backends.request import BACKEND_CHOICES
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import BACKENDS
from movenet_ros.backends.request import BF16
from movenet_ros.backends.request import DEVICES
from movenet_ros.backends.request import MODEL_KINDS
from movenet_ros.backends.request import ON_THE_CPU
from movenet_ros.backends.request import PRECISIONS
from movenet_ros.backends.request import TITLES
from movenet_ros.core import machine
from movenet_ros.core.errors import BackendError
from movenet_ros.core.runtime import Runtime


@dataclass(frozen=True)
class Choice:
    """
    What ``auto`` takes.

    :param names: of backends: the first one that works. Of the ones in ON_THE_CPU, the fastest.
    :param why: in a few words.
    """

    names: tuple[str, ...]
    why: str


def open_backend(
    request: BackendRequest, say: Callable[[str], Any] = lambda line: None
) -> tuple[Runtime, str]:
    """
    Load the model into the runtime asked for, with the number of threads that is best for it.

    :param say: called with a line before something that takes time.
    :return: the backend, and in a few words why it is this one.
    :raises BackendError: if the runtime or the device is not to be had.
    :raises ModelError: if the model's files do not fit.
    """
    for value, name, choices in (
        (request.name, 'backend', BACKEND_CHOICES),
        (request.device, 'device', DEVICES),
        (request.precision, 'precision', PRECISIONS),
    ):
        if value not in choices:
            raise BackendError(f"unknown {name} '{value}', choose from {', '.join(choices)}")
    if request.name == 'auto':
        choice = choose(request)
    else:
        choice = Choice((request.name,), 'asked for')
    settings, measured = _settle(request, choice.names, say)
    first_error: BackendError | None = None
    for name, threads in settings:
        try:
            backend = load_backend(replace(request, name=name, threads=threads))
        except BackendError as error:
            first_error = first_error or error
            continue
        reasons = [choice.why, measured]
        if first_error is not None:
            reasons = [f'{TITLES[settings[0][0]]} does not work: {first_error}']
        return backend, '; '.join(filter(None, reasons))
    assert first_error is not None
    raise first_error


def choose(
    request: BackendRequest,
    installed: Callable[[str], Any] = find_spec,
    gpus_in_tensorflow: Callable[[], int] | None = None,
    gpu_in_onnxruntime: Callable[[], bool] | None = None,
) -> Choice:
    """
    Choose for ``auto``: a runtime that sees a GPU, else those for the CPU, else TensorFlow.

    On the CPU TensorFlow comes last because it is slower there, takes seconds to start and a
    multiple of the memory; it is not even imported on a machine that shows no GPU.

    :raises BackendError: if nothing serves.
    """
    count_gpus = gpus_in_tensorflow or _gpus_in_tensorflow
    has_gpu = gpu_in_onnxruntime or _gpu_in_onnxruntime
    able = BF16 if request.precision == 'bf16' else BACKENDS
    usable = [name for name in able if request.model_for(name) and installed(name)]
    rest = tuple(name for name in ('onnxruntime', 'tensorflow') if name in usable)
    if request.device != 'cpu' and 'tensorflow' in usable and count_gpus():
        return Choice(('tensorflow',), 'TensorFlow sees a GPU')
    if request.device != 'cpu' and 'onnxruntime' in usable and has_gpu():
        return Choice(rest, 'ONNX Runtime sees a GPU')
    if request.device == 'gpu':
        raise BackendError(
            'device gpu, but neither TensorFlow nor ONNX Runtime sees one: check nvidia-smi,'
            ' install tensorflow[and-cuda] or onnxruntime-gpu, or set device to auto'
        )
    why = 'device cpu' if request.device == 'cpu' else 'no GPU in sight'
    fast = tuple(name for name in ON_THE_CPU if name in usable)
    if fast:
        return Choice((*fast, *(name for name in rest if name not in fast)), why)
    if rest:
        missing = 'there is no ONNX file'
        if request.onnx:
            missing = 'neither ONNX Runtime nor OpenVINO is installed'
        return Choice(rest, f'{why}; {missing}')
    kinds = [name for name in able if request.model_for(name)]
    raise BackendError(
        f'no runtime for the model is installed: pip install {" or ".join(kinds or able)}'
    )


def _settle(
    request: BackendRequest, names: tuple[str, ...], say: Callable[[str], Any]
) -> tuple[list[tuple[str, int]], str]:
    """Let backends that run on the CPU be measured; on a GPU there is nothing to choose."""
    from movenet_ros.backends import tuning  # which imports this module

    on_gpu = 'onnxruntime' in names and request.device != 'cpu' and _gpu_in_onnxruntime()
    if on_gpu or request.device == 'gpu':
        return [(name, request.threads) for name in names], ''
    return tuning.settle(request, names, say)


def load_backend(request: BackendRequest) -> Runtime:
    """
    Import a backend's module and load the model as the request says it.

    :param request: with the name of one backend.
    :raises BackendError: if the runtime or the device is not to be had.
    :raises ModelError: if the model's file does not fit.
    """
    name = request.name
    path = request.model_for(name)
    if path is None:
        kind, other = ('an ONNX file', 'tensorflow')
        if MODEL_KINDS[name] == 'saved_model':
            kind, other = 'a SavedModel', 'onnxruntime'
        raise BackendError(
            f'backend {name} needs {kind} and the model has none:'
            f' set backend to {other}, or prepare both kinds with fetch_model --from SAVED_MODEL'
        )
    if request.precision == 'bf16' and name not in BF16:
        raise BackendError(
            f'precision bf16, but backend {name} computes in f32: set precision to auto,'
            ' or backend to openvino'
        )
    try:
        module = import_module(f'movenet_ros.backends.{name}')
        backend: Runtime = module.load(path, request)
    except ImportError as error:
        raise BackendError(
            f'backend {name} cannot be imported ({error}): pip install {name},'
            ' or set backend to another one'
        ) from error
    return backend


def _gpus_in_tensorflow() -> int:
    """Count TensorFlow's GPUs, without importing it where no driver shows one."""
    from movenet_ros.backends import tensorflow as tensorflow_module

    if not machine.gpu_in_sight():
        return 0
    try:
        tf = tensorflow_module.import_tensorflow()
    except ImportError:  # installed, but broken; if it is all there is, opening it says how
        return 0
    return len(tf.config.list_physical_devices('GPU'))


def _gpu_in_onnxruntime() -> bool:
    """Tell whether ONNX Runtime was built with CUDA and a GPU's driver is loaded."""
    if not machine.gpu_in_sight():
        return False
    try:
        import onnxruntime
    except ImportError:  # as above
        return False
    return 'CUDAExecutionProvider' in onnxruntime.get_available_providers()
