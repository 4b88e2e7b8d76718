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

"""Long work is logged while it goes on."""

from __future__ import annotations

from pathlib import Path
from queue import Queue

from movenet_ros.model.progress import folder_bytes
from movenet_ros.model.progress import heartbeat


def test_a_heartbeat_logs_the_work_its_time_and_size_until_it_ends(tmp_path: Path) -> None:
    (tmp_path / 'part').write_bytes(bytes(3_000_000))
    lines: Queue[str] = Queue()
    with heartbeat(lines.put, 'downloading', tmp_path, period_s=0.01):
        for line in (lines.get(timeout=30), lines.get(timeout=30)):
            assert line.strip() == 'downloading: 0 s, 3 MB'
    while not lines.empty():
        lines.get()
    with heartbeat(lines.put, 'working', period_s=60):
        pass
    assert lines.empty()


def test_a_folder_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert folder_bytes(tmp_path / 'nowhere') == 0
