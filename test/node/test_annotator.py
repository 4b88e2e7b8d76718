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
from threading import get_ident

from movenet_ros.node.annotator import Annotator
import pytest

WAIT_S = 30.0  # far above what anything here takes


@pytest.fixture
def annotator() -> Iterator[Annotator]:
    """Give one that ends with the test."""
    annotator = Annotator()
    yield annotator
    annotator.close()


class Slow:
    """A task that waits until it is let go."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.ended = Event(), Event(), Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.may_end.wait(WAIT_S)
        self.ended.set()


def test_a_task_is_done_in_another_thread(annotator: Annotator) -> None:
    ran: list[int] = []
    done = Event()
    annotator.submit(lambda: (ran.append(get_ident()), done.set())[0])
    assert done.wait(WAIT_S)
    assert ran != [get_ident()]


def test_the_newest_task_takes_the_place_of_one_that_waits(annotator: Annotator) -> None:
    slow, last = Slow(), Event()
    done: list[int] = []
    annotator.submit(slow)
    assert slow.begun.wait(WAIT_S)
    for i in range(3):
        annotator.submit(partial(done.append, i))
    annotator.submit(last.set)
    slow.may_end.set()
    assert last.wait(WAIT_S)
    assert done == []


def test_what_a_task_raises_is_raised_by_the_next_submission(annotator: Annotator) -> None:
    def fail() -> None:
        raise TypeError('a bug')

    annotator.submit(fail)
    assert annotator._thread is not None
    annotator._thread.join(WAIT_S)
    with pytest.raises(TypeError, match='a bug'):
        annotator.submit(print)


def test_closing_waits_for_what_has_been_begun(annotator: Annotator) -> None:
    slow = Slow()
    annotator.submit(slow)
    assert slow.begun.wait(WAIT_S)
    slow.may_end.set()
    annotator.close()
    assert slow.ended.is_set()


def test_closed_it_does_nothing_more() -> None:
    annotator = Annotator()
    annotator.close()
    annotator.submit(lambda: pytest.fail('this should not have been done'))
    assert annotator._thread is None


def test_without_a_task_there_is_no_thread(annotator: Annotator) -> None:
    assert 'annotator' not in {each.name for each in threads()}
