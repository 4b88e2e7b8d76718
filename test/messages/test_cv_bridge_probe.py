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

"""cv_bridge is asked in a process of its own before it is used, however it is broken."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path

from movenet_ros.messages.cv_bridge_probe import problem
import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
BRIDGE = 'class CvBridge:\n    def imgmsg_to_cv2(self, msg, encoding): {}'
PIXELS = 'import numpy; return numpy.frombuffer(msg.data, numpy.uint8).reshape(1, 2, 3)'


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """Forget what was found out."""
    problem.cache_clear()
    yield
    problem.cache_clear()


@pytest.mark.parametrize(
    ('code', 'words'),
    [
        (BRIDGE.format(f'{PIXELS}[..., ::-1]'), ''),
        (BRIDGE.format(PIXELS), 'wrongly'),
        (BRIDGE.format('import os; os.kill(os.getpid(), 11)'), 'crashes (SIGSEGV)'),
        (BRIDGE.format('{}[16]'), 'KeyError: 16'),
        ('raise ImportError("numpy.core.multiarray")', 'ImportError: numpy.core.multiarray'),
        ('raise ModuleNotFoundError("no", name="cv_bridge")', 'not installed'),
    ],
)
def test_a_cv_bridge_that_does_not_work_is_found_out(
    code: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}{os.pathsep}{ROOT}')
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / 'cv_bridge.py').write_text(code)
    found = problem()
    assert words in found and bool(found) == bool(words)
    (tmp_path / 'cv_bridge.py').unlink()
    assert problem() == found  # asked once
