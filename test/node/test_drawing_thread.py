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


"""The thread that draws."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import enumerate as threads
from threading import Event

from movenet_ros.node.drawing_thread import DrawingThread
import pytest

WAIT_S = 30.0  # far above what anything here takes


@pytest.fixture
def thread() -> Iterator[DrawingThread]:
    """Give one that ends with the test."""
    thread = DrawingThread()
    yield thread
    thread.close()


class Slow:
    """A task that waits until it may end."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.ended = Event(), Event(), Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.may_end.wait(WAIT_S)
        self.ended.set()


def test_the_newest_task_takes_the_place_of_one_that_waits(thread: DrawingThread) -> None:
    slow, last = Slow(), Event()
    done: list[int] = []
    thread.submit(slow)
    assert slow.begun.wait(WAIT_S)
    for i in range(3):
        thread.submit(partial(done.append, i))
    thread.submit(last.set)
    slow.may_end.set()
    assert last.wait(WAIT_S)
    assert done == []


def test_closing_waits_for_a_task_that_has_begun(thread: DrawingThread) -> None:
    slow = Slow()
    thread.submit(slow)
    assert slow.begun.wait(WAIT_S)
    slow.may_end.set()
    thread.close()
    assert slow.ended.is_set()


def test_closed_it_does_nothing_more() -> None:
    thread = DrawingThread()
    thread.close()
    thread.submit(lambda: pytest.fail('this should not have run'))
    assert thread._thread is None


def test_without_a_task_there_is_no_thread(thread: DrawingThread) -> None:
    assert 'drawing' not in {each.name for each in threads()}
