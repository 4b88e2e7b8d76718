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

from __future__ import annotations

import os
from pathlib import Path
import time

from movenet_ros.core import machine as module
from movenet_ros.core.machine import cpu_seconds
from movenet_ros.core.machine import machine
from movenet_ros.core.machine import peak_memory_mib
import pytest

WAIT_S = 30.0


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder in the place of /proc, with one process, 7."""
    monkeypatch.setattr(module, 'PROC', tmp_path)
    (tmp_path / '7').mkdir()
    return tmp_path


def test_the_machine_is_described() -> None:
    found = machine()
    assert found['cpu'] and 0 < found['cores'] <= (os.cpu_count() or 1)
    assert found['memory_mib'] > 100


def test_a_processor_without_a_name_is_called_by_its_kind(proc: Path) -> None:
    (proc / 'cpuinfo').write_text('processor : 0\nCPU part : 0xd0b\n')
    assert machine()['cpu'] == os.uname().machine


@pytest.mark.parametrize('name', ['python3', 'a name) with 1 2 (numbers'])
def test_processor_time_is_user_and_system(proc: Path, name: str) -> None:
    behind = 'S 1 7 7 0 -1 4194304 100 0 0 0 250 50 9 9 20 0 4 0 1000'
    (proc / '7' / 'stat').write_text(f'7 ({name}) {behind}\n')
    assert cpu_seconds(7) == pytest.approx(300 / os.sysconf('SC_CLK_TCK'))


def test_processor_time_grows_with_work() -> None:
    before, end = cpu_seconds(os.getpid()), time.monotonic() + WAIT_S
    while cpu_seconds(os.getpid()) == before:
        assert time.monotonic() < end


def test_peak_memory_is_in_mib(proc: Path) -> None:
    (proc / '7' / 'status').write_text('Name:\tx\nVmPeak:\t 999 kB\nVmHWM:\t  2048 kB\n')
    assert peak_memory_mib(7) == 2.0


def test_peak_memory_of_this_process_is_possible() -> None:
    assert 5 < peak_memory_mib(os.getpid()) < machine()['memory_mib']
