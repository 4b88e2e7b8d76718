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

"""Nothing long is silent, and an error is one line."""

from __future__ import annotations

from pathlib import Path
import time

from movenet_ros.model.progress import first_line
from movenet_ros.model.progress import folder_bytes
from movenet_ros.model.progress import heartbeat
import pytest


def test_a_heartbeat_says_what_how_long_and_how_much(tmp_path: Path) -> None:
    (tmp_path / 'part').write_bytes(bytes(3_000_000))
    lines: list[str] = []
    with heartbeat(lines.append, 'downloading', tmp_path, period_s=0.05):
        time.sleep(1.0)
    assert len(lines) >= 2
    assert lines[0].strip() == 'downloading: 0 s, 3 MB'


def test_a_heartbeat_ends_with_its_work() -> None:
    lines: list[str] = []
    with heartbeat(lines.append, 'working', period_s=0.05):
        pass
    count = len(lines)
    time.sleep(0.2)
    assert len(lines) == count


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert folder_bytes(tmp_path / 'nowhere') == 0


@pytest.mark.parametrize(
    ('error', 'line'),
    [(ValueError('first\nsecond'), 'first'), (EOFError(), 'EOFError'), (OSError('x'), 'x')],
)
def test_an_error_is_one_line(error: Exception, line: str) -> None:
    assert first_line(error) == line
