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

"""Inference runtimes behind one Protocol: each module loads a network into one of them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import BF16
from movenet_ros.backends.request import MODEL_KINDS
from movenet_ros.core.errors import BackendError
from movenet_ros.core.runtime import Runtime


def load_backend(request: BackendRequest) -> Runtime:
    """
    Import a runtime, and load the network as the request says.

    :param request: with the name of one backend; any device but ``gpu`` is the CPU.
    :raises BackendError: if the runtime or the device cannot be used.
    :raises ModelError: if the model's file is damaged or holds another network.
    """
    path = file_for(request)
    try:
        module = import_module(f'movenet_ros.backends.{request.name}')
        runtime: Runtime = module.load(path, request)
    except ImportError as error:
        raise BackendError(
            f'backend {request.name} cannot be imported ({error}): pip install {request.name},'
            ' or set backend to another one'
        ) from error
    return runtime


def file_for(request: BackendRequest) -> Path:
    """
    Return the model's file for a backend.

    :raises BackendError: if the backend is not installed, or not able to do what is asked for.
    """
    name = request.name
    path = request.model_for(name)
    if path is None:
        kind, other, fix = 'an ONNX file', 'tensorflow', 'fetch_model --from SAVED_MODEL'
        if MODEL_KINDS[name] == 'saved_model':
            kind, other, fix = 'a SavedModel', 'onnxruntime', 'fetch_model'
        raise BackendError(
            f'backend {name} needs {kind} and the model has none: set backend to {other}, or run'
            f' {fix} where TensorFlow is installed'
        )
    if request.precision == 'bf16' and name not in BF16:
        raise BackendError(
            f'precision bf16, but backend {name} computes in f32: set precision to auto,'
            ' or backend to openvino'
        )
    if find_spec(name) is None:
        raise BackendError(
            f'backend {name} is not installed: pip install {name}, or set backend to another one'
        )
    return path
