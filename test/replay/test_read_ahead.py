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

"""A thread that reads ahead: nothing is lost, and nothing waits for ever."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Queue
import threading
from typing import Any

from movenet_ros.replay import read_ahead as module
from movenet_ros.replay.read_ahead import read_ahead
import pytest

pytestmark = pytest.mark.timeout(20)

WAIT_S = 10.0


def counting(seen: list[int], end: int, error: Exception | None = None) -> Iterator[int]:
    """Yield numbers and keep those that were asked for."""
    for i in range(end):
        seen.append(i)
        yield i
    if error:
        raise error


@pytest.fixture(autouse=True)
def threads_end() -> Iterator[None]:
    """Fail a test that leaves a thread behind."""
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.fixture
def is_full(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Give what is set when the thread has read as far as it may and waits for room."""
    event = threading.Event()

    class WatchedQueue(Queue[Any]):

        def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
            if self.full():
                event.set()
            super().put(item, block, timeout)

    monkeypatch.setattr(module, 'Queue', WatchedQueue)
    return event


def test_all_items_come_in_order() -> None:
    with read_ahead(range(1000), 3) as items:
        assert list(items) == list(range(1000))


def test_reading_happens_elsewhere() -> None:
    names = (threading.current_thread().name for _ in range(2))
    with read_ahead(names, 3) as items:
        assert threading.current_thread().name not in set(items)


def test_no_more_is_read_than_may_lie_ready(is_full: threading.Event) -> None:
    seen: list[int] = []
    with read_ahead(counting(seen, 1000), 3) as items:
        assert is_full.wait(WAIT_S) and len(seen) == 3 + 1  # lying ready, in hand
        is_full.clear()
        next(items)
        assert is_full.wait(WAIT_S) and len(seen) == 1 + 3 + 1  # the first is taken


def test_an_error_of_reading_comes_behind_what_was_read() -> None:
    got = []
    with pytest.raises(OSError, match='gone'):
        with read_ahead(counting([], 5, OSError('gone')), 3) as items:
            for each in items:
                got.append(each)
    assert got == list(range(5))


def test_leaving_early_ends_the_reading(is_full: threading.Event) -> None:
    seen: list[int] = []
    before = threading.active_count()
    with read_ahead(counting(seen, 10**9), 3):
        assert is_full.wait(WAIT_S) and threading.active_count() == before + 1
    assert threading.active_count() == before and len(seen) == 3 + 1


def test_an_error_beside_the_reading_passes() -> None:
    with pytest.raises(ValueError, match='mine'):
        with read_ahead(range(10**9), 3):
            raise ValueError('mine')


def test_two_in_a_row_end_when_the_last_items_are_not_taken() -> None:
    seen: list[int] = []
    with pytest.raises(ValueError, match='mine'):
        with read_ahead(counting(seen, 10**9), 3) as items:
            with read_ahead((2 * each for each in items), 3) as doubled:
                assert [next(doubled) for _ in range(3)] == [0, 2, 4]
                raise ValueError('mine')
    assert len(seen) < 100
