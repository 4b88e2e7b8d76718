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

"""Worker processes of a replay of many, and how they and their driver die."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
import signal
import subprocess
import sys

import many_workers
from many_workers import DyingWorker
from many_workers import FakeWorker
from many_workers import pool_of
from many_workers import WaitingWorker
from many_workers import works_of
from movenet_ros.core.errors import StartError
from movenet_ros.replay.many.lane import Progress
import pytest

pytestmark = [pytest.mark.process, pytest.mark.timeout(60)]


def test_a_process_that_dies_costs_its_recording_alone(tmp_path: Path) -> None:
    """It is replayed again, once, in a new process."""
    told: list[str] = []
    with pool_of(tmp_path, DyingWorker, told.append, 2) as pool:
        works = works_of('once', 'a', 'b', 'c', 'dies')
        outcomes = pool.outcomes(works, lambda progress: None, [])
        found = {each.row.bag: each.row for each in outcomes}
    assert Counter(row.state for row in found.values()) == {'done': 4, 'failed': 1}
    assert found['dies'].line.count('SIGKILL') == 1
    assert sorted(line.partition(':')[0] for line in told) == ['dies', 'once']
    left = {each.name for each in tmp_path.iterdir() if each.suffix != '.tried'}
    assert left == {'a', 'once', 'b', 'c'}


def test_processes_are_kept_from_recording_to_recording(tmp_path: Path) -> None:
    names = [f'bag{i}' for i in range(8)]
    with pool_of(tmp_path, FakeWorker, print, 2) as pool:
        list(pool.outcomes(works_of(*names), lambda progress: None, []))
    assert len({(tmp_path / each).read_text() for each in names}) <= 2


def test_the_memory_of_another_process_is_no_place_for_outputs() -> None:
    with pytest.raises(StartError, match='^memory://store/out is'):
        pool_of(Path('memory://store/out'), FakeWorker, print, 1)


def test_a_signal_ends_all_and_leaves_nothing(tmp_path: Path) -> None:
    signals: list[int] = []

    def watch(progress: list[Progress]) -> None:
        if all(each.images for each in progress) and not signals:
            signals.append(signal.SIGINT)

    with pool_of(tmp_path, WaitingWorker, print, 2) as pool:
        outcomes = [*pool.outcomes(works_of('a', 'b', 'c'), watch, signals)]
    assert [each.row.state for each in outcomes] == ['stopped'] * 3
    assert not [*tmp_path.iterdir()]


def test_workers_end_with_a_driver_that_is_killed_and_leave_nothing(tmp_path: Path) -> None:
    command = [sys.executable, many_workers.__file__, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as driver:
        assert driver.stdout
        assert driver.stdout.readline() == driver.stdout.readline() == b'works\n'
        driver.kill()
        assert driver.stdout.read() == b''  # which comes when all that could write have ended
    assert not [*tmp_path.iterdir()]
