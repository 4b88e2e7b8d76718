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

from collections.abc import Iterator
from itertools import islice
from typing import Any

from movenet_ros.tools.benchmark import turns as timing
from movenet_ros.tools.benchmark.turns import BLOCK_RUNS
from movenet_ros.tools.benchmark.turns import Contender
from movenet_ros.tools.benchmark.turns import Label
from movenet_ros.tools.benchmark.turns import MIN_ROUNDS
from movenet_ros.tools.benchmark.turns import take_turns
from movenet_ros.tools.benchmark.turns import timed
from movenet_ros.tools.report import summary
import pytest

BLOCK = BLOCK_RUNS + 1  # with the one that is thrown away


class FakeTime:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds

    def monotonic(self) -> float:
        """Return the time."""
        return self.now_s

    perf_counter = monotonic


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """Give time that passes only when a contender says so."""
    fake = FakeTime()
    monkeypatch.setattr(timing, 'time', fake)
    return fake


def contender(clock: FakeTime, name: str, takes_s: float, log: list[str]) -> Contender:
    """Make a contender of two parts; the second one takes twice as long."""

    def run() -> Iterator[Label]:
        log.append(name)
        clock.sleep(takes_s)
        yield name, 'once'
        clock.sleep(2 * takes_s)
        yield name, 'twice'

    return timed(run)


def turns(log: list[str]) -> list[str]:
    """Return whose blocks followed each other."""
    return list(islice(log, 0, None, BLOCK))


def test_each_part_is_timed_by_itself(clock: FakeTime) -> None:
    samples = take_turns([contender(clock, 'a', 0.25, [])], 0)
    assert samples.keys() == {('a', 'once'), ('a', 'twice')}
    assert set(samples['a', 'once']) == {0.25}
    assert set(samples['a', 'twice']) == {0.5}


def test_the_first_run_of_a_block_is_thrown_away(clock: FakeTime) -> None:
    log: list[str] = []
    samples = take_turns([contender(clock, 'a', 0.25, log)], 0)
    assert len(log) == MIN_ROUNDS * BLOCK
    assert len(samples['a', 'once']) == MIN_ROUNDS * BLOCK_RUNS


def test_contenders_take_turns_and_another_one_begins_each_round(clock: FakeTime) -> None:
    log: list[str] = []
    take_turns([contender(clock, name, 0.25, log) for name in 'abc'], 0)
    assert turns(log) == [*'abc', *'bca', *'cab']


def test_it_goes_on_until_the_time_is_over(clock: FakeTime) -> None:
    log: list[str] = []
    begun_s = clock.now_s
    take_turns([contender(clock, 'a', 0.25, log)], 60)
    round_s = BLOCK * 0.75 + timing.PAUSE_S
    assert 60 <= clock.now_s - begun_s < 60 + round_s


@pytest.mark.parametrize(
    ('name', 'value'), [('median_ms', 50.0), ('p95_ms', 95.0), ('max_ms', 100.0), ('runs', 101)]
)
def test_a_summary_is_in_milliseconds(name: str, value: Any) -> None:
    assert summary([each / 1e3 for each in range(101)])[name] == pytest.approx(value)
