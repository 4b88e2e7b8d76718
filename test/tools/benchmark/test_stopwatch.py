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

"""The stopwatch, on functions that let a made-up time pass."""

from __future__ import annotations

from collections.abc import Iterator

from movenet_ros.tools.benchmark import stopwatch
from movenet_ros.tools.benchmark.stopwatch import Stopwatch
import pytest


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def perf_counter(self) -> float:
        """Return the time."""
        return self.now_s


class Work:
    """Something that takes time: 1 s at its beginning, 2 s within, 4 s at its end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def whole(self, fails: bool = False) -> str:
        """Do all of it."""
        self._clock.now_s += 1
        self.part(fails)
        self._clock.now_s += 4
        return 'done'

    def part(self, fails: bool) -> None:
        """Do the middle of it."""
        self._clock.now_s += 2
        if fails:
            raise ValueError('no luck')


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Give the work, whose time is the stopwatch's."""
    clock = Clock()
    monkeypatch.setattr(stopwatch, 'time', clock)
    return Work(clock)


@pytest.fixture
def watch(work: Work) -> Iterator[Stopwatch]:
    """Give a stopwatch that watches the whole and its part."""
    with Stopwatch() as watch:
        watch.watch(Work, 'whole', 'whole')
        watch.watch(work, 'part', 'part')
        yield watch


def test_what_a_watched_function_takes_within_another_counts_once(
    work: Work, watch: Stopwatch
) -> None:
    work.whole()
    assert watch.seconds == {'whole': 5, 'part': 2}


def test_calls_add_up_until_they_are_cleared(work: Work, watch: Stopwatch) -> None:
    work.whole()
    work.part(False)
    assert watch.seconds == {'whole': 5, 'part': 4}
    watch.seconds.clear()
    work.part(False)
    assert watch.seconds == {'part': 2}


def test_a_function_gives_and_raises_what_it_does_unwatched(
    work: Work, watch: Stopwatch
) -> None:
    assert work.whole() == 'done'
    with pytest.raises(ValueError, match='no luck'):
        work.whole(True)
    assert watch.seconds == {'whole': 6, 'part': 4}


def test_behind_the_block_nothing_is_watched(work: Work) -> None:
    before = Work.whole
    with Stopwatch() as watch:
        watch.watch(Work, 'whole', 'whole')
    assert Work.whole is before
    work.whole()
    assert not watch.seconds
