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

"""The real network in each of the runtimes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from movenet_ros.backends import load_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import BACKENDS
from movenet_ros.core.runtime import Runtime
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
import pytest

Load = Callable[..., Runtime]


@pytest.fixture(scope='session', params=BACKENDS)
def name(request: pytest.FixtureRequest) -> str:
    """Give each backend; TensorFlow is imported without its log."""
    if request.param == 'tensorflow':
        request.getfixturevalue('tensorflow')
    return str(request.param)


@pytest.fixture(scope='session')
def load(real_model: ModelFiles) -> Load:
    """Return a function that loads the real network on the CPU, in f32."""

    def make(name: str, **keywords: Any) -> Runtime:
        files = {'saved_model': real_model.saved_model, 'onnx': real_model.onnx}
        fields = {'device': 'cpu', 'precision': 'f32', **files, **keywords}
        return load_backend(BackendRequest(SPEC, name, **fields))

    return make


@pytest.fixture(scope='session')
def runtime(name: str, load: Load) -> Runtime:
    """Give the real network in each runtime, loaded once."""
    return load(name)
