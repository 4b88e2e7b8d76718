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

"""What is made for each shape: the latest used stay, and those that are there wait for none."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from threading import Thread

from movenet_ros.backends.by_shape import ByShape
from movenet_ros.core.runtime import MAX_SHAPES
from movenet_ros.core.runtime import Shapes
import pytest

WAIT_S = 30.0
ALL = [(('input', (side,)),) for side in range(MAX_SHAPES + 1)]


class Maker:
    """Makes a list for each shape, and waits before that where it is told to."""

    def __init__(self) -> None:
        self.made: list[Shapes] = []
        self.is_asked, self.may_go_on = Event(), Event()
        self.may_go_on.set()

    def __call__(self, shapes: Shapes) -> list[Shapes]:
        """Make it."""
        self.is_asked.set()
        assert self.may_go_on.wait(WAIT_S)
        self.made.append(shapes)
        return [shapes]


@pytest.fixture
def maker() -> Iterator[Maker]:
    """Give one that does not wait for ever."""
    maker = Maker()
    yield maker
    maker.may_go_on.set()


def test_it_is_made_once(maker: Maker) -> None:
    kept = ByShape(maker)
    assert not kept.has(ALL[0])
    assert kept.get(ALL[0]) is kept.get(ALL[0])
    assert kept.has(ALL[0]) and maker.made == ALL[:1]


def test_the_least_recently_used_makes_room(maker: Maker) -> None:
    kept = ByShape(maker)
    for each in ALL[:-1]:
        kept.get(each)
    kept.get(ALL[0])
    assert kept.has(ALL[1])  # which is a use too
    kept.get(ALL[-1])
    assert [kept.has(each) for each in ALL] == [i != 2 for i in range(len(ALL))]


def test_while_one_is_made_the_others_are_there(maker: Maker) -> None:
    kept = ByShape(maker)
    first = kept.get(ALL[0])
    maker.is_asked.clear()
    maker.may_go_on.clear()
    thread = Thread(target=kept.get, args=(ALL[1],))
    thread.start()
    assert maker.is_asked.wait(WAIT_S)
    assert kept.get(ALL[0]) is first and not kept.has(ALL[1])
    maker.may_go_on.set()
    thread.join()
    assert kept.has(ALL[1])


def test_two_that_ask_for_the_same_get_the_same(maker: Maker) -> None:
    kept, found = ByShape(maker), list[list[Shapes]]()
    maker.may_go_on.clear()
    threads = [Thread(target=lambda: found.append(kept.get(ALL[0]))) for _ in range(4)]
    for each in threads:
        each.start()
    maker.may_go_on.set()
    for each in threads:
        each.join()
    assert maker.made == ALL[:1] and all(each is found[0] for each in found)


def test_what_was_dropped_is_made_anew(maker: Maker) -> None:
    kept = ByShape(maker)
    kept.get(ALL[0])
    kept.drop(ALL[0])
    kept.drop(ALL[1])
    assert not kept.has(ALL[0])
    kept.get(ALL[0])
    assert maker.made == [ALL[0]] * 2


def test_closed_it_has_nothing_and_again_is_fine(maker: Maker) -> None:
    kept = ByShape(maker)
    kept.get(ALL[0])
    kept.close()
    kept.close()
    assert not kept.has(ALL[0])
