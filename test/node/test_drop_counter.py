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

"""How many messages never arrived, by their numbers."""

from __future__ import annotations

from movenet_ros.node.drop_counter import DropCounter
from movenet_ros.node.drop_counter import NO_NUMBER
import pytest

ONE, OTHER = b'one', b'other'


def counter(*publishers: bytes) -> DropCounter:
    """Return a counter of a topic that has had these publishers for a while."""
    drops = DropCounter()
    drops.settle(publishers)
    return drops


def dropped(drops: DropCounter, numbers: list[int | None], *publishers: bytes) -> int:
    """Return what is counted after some messages."""
    for number in numbers:
        drops.arrive(number)
    return drops.settle(publishers) + drops.settle(publishers)


def test_gaps_of_one_publisher_are_counted() -> None:
    """From the first message on, and across calls."""
    drops = counter(ONE)
    assert dropped(drops, [1000, 1001, 1004], ONE) == 2
    assert dropped(drops, [1010], ONE) == 5
    assert dropped(drops, [], ONE) == 0
    assert drops.counts


def test_a_second_publisher_has_numbers_of_its_own() -> None:
    """However many the first has sent: nothing of both is ever compared (H1)."""
    drops = counter(ONE)
    assert dropped(drops, [20000, 20001], ONE) == 0
    assert dropped(drops, [1, 20002, 2, 20003], ONE, OTHER) == 0
    for i in range(3, 50):
        assert dropped(drops, [i, 20001 + i], ONE, OTHER) == 0
    assert not drops.counts


def test_a_second_publisher_that_the_graph_does_not_show_yet() -> None:
    """Its first number is lower, or the next one of the first is."""
    assert dropped(counter(ONE), [20000, 1, 20001, 2, 20002], ONE) == 0
    assert dropped(counter(ONE), [1, 20000, 2, 20001], ONE) == 0


def test_a_second_publisher_whose_first_message_is_the_last_so_far() -> None:
    """The graph shows it a moment later."""
    drops = counter(ONE)
    for number in (1, 2, 5000):
        drops.arrive(number)
    assert drops.settle([ONE]) == 0
    assert drops.settle([ONE, OTHER]) == 0


def test_after_the_second_one_has_gone_the_first_is_counted_again() -> None:
    drops = counter(ONE, OTHER)
    assert dropped(drops, [1, 500], ONE) == 0
    assert dropped(drops, [502, 504], ONE) == 1


def test_a_publisher_that_starts_again_counts_from_the_start() -> None:
    drops = counter(ONE)
    assert dropped(drops, [20000], ONE) == 0
    assert dropped(drops, [], OTHER) == 0
    assert dropped(drops, [5, 7], OTHER) == 1


def test_messages_of_a_pause_are_not_dropped() -> None:
    """They were not wanted."""
    drops = counter(ONE)
    assert dropped(drops, [1], ONE) == 0
    drops.restart()
    assert dropped(drops, [100, 101], ONE) == 0


@pytest.mark.parametrize('number', [None, NO_NUMBER])
def test_without_numbers_nothing_is_counted(number: int | None) -> None:
    """In Humble, or from a middleware that gives none."""
    drops = counter(ONE)
    assert dropped(drops, [number] * 3, ONE) == 0 and not drops.counts
