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

"""TensorFlow for the conversion keeps off the screen and off the GPU."""

from __future__ import annotations

import subprocess
import sys

from movenet_ros.core.errors import ModelError
from movenet_ros.model import quiet_tensorflow
from movenet_ros.model.quiet_tensorflow import require_tensorflow
import pytest


def test_a_missing_tensorflow_is_said_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet_tensorflow, 'find_spec', lambda name: None)
    with pytest.raises(ModelError, match=r'not installed.*-m pip install tensorflow"$'):
        require_tensorflow()


def test_importing_tensorflow_is_silent_and_leaves_the_gpu_alone() -> None:
    script = (
        'from movenet_ros.model.quiet_tensorflow import import_tensorflow;'
        "assert not import_tensorflow().config.list_physical_devices('GPU')"
    )
    result = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')
