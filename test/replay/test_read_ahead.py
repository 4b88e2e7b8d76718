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
import threading
import time

from movenet_ros.replay.read_ahead import read_ahead
import pytest

pytestmark = pytest.mark.timeout(20)


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


def test_all_items_come_in_order() -> None:
    with read_ahead(range(1000), 3) as items:
        assert list(items) == list(range(1000))


def test_reading_happens_elsewhere() -> None:
    names = (threading.current_thread().name for _ in range(2))
    with read_ahead(names, 3) as items:
        assert threading.current_thread().name not in set(items)


def test_no_more_is_read_than_may_lie_ready() -> None:
    seen: list[int] = []
    with read_ahead(counting(seen, 1000), 3) as items:
        next(items)
        time.sleep(0.1)
        assert len(seen) <= 1 + 3 + 1  # taken, lying ready, in hand


def test_an_error_of_reading_comes_behind_what_was_read() -> None:
    got = []
    with pytest.raises(OSError, match='gone'):
        with read_ahead(counting([], 5, OSError('gone')), 3) as items:
            for each in items:
                got.append(each)
    assert got == list(range(5))


def test_leaving_early_ends_the_reading() -> None:
    seen: list[int] = []
    with read_ahead(counting(seen, 10**9), 3) as items:
        next(items)
    read = len(seen)
    time.sleep(0.05)
    assert len(seen) == read < 100


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
