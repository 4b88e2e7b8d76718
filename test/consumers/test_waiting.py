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

"""Poses that wait for their depth image."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.consumers.pairing import MOST_BYTES
from movenet_ros.consumers.pairing import MOST_DEPTH
from movenet_ros.consumers.pairing import Pairing
from movenet_ros.consumers.pairing import STEPS
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.depth import Depth
import numpy as np
import pytest
from std_msgs.msg import Header

WAIT_S, DIFFERENCE_S = 0.1, 0.03
STEP_MS = 33
MS = NANOSECONDS // 1000


class Waiting:
    """A pairing whose items are the stamps of the poses, in milliseconds."""

    now_s = 1000.0

    def __init__(self) -> None:
        self.pairing: Pairing[int] = Pairing(lambda: self.now_s)

    def depth(self, *stamps_ms: int, size: int = 1) -> None:
        """Let depth images come."""
        for stamp_ms in stamps_ms:
            header = Header()
            seconds, nanoseconds = divmod(stamp_ms * MS, NANOSECONDS)
            header.stamp.sec, header.stamp.nanosec = seconds, nanoseconds
            self.pairing.add_depth(Depth(header, '16UC1', size, lambda: np.zeros((1, 1), 'u2')))

    def poses(self, *stamps_ms: int) -> None:
        """Let poses come."""
        for stamp_ms in stamps_ms:
            self.pairing.add_poses(stamp_ms * MS, stamp_ms)

    def ready(self, **given: Any) -> list[tuple[int, int | None]]:
        """Return the stamps of the poses whose wait is over, and of their depth images."""
        return [
            (pair.item, None if pair.depth is None else pair.depth.stamp_ns // MS)
            for pair in self.pairing.ready(WAIT_S, DIFFERENCE_S, **given)
        ]


@pytest.fixture
def waiting() -> Waiting:
    """Give a pairing."""
    return Waiting()


def test_the_same_stamp_is_taken_at_once(waiting: Waiting) -> None:
    waiting.depth(1000)
    waiting.poses(1000)
    assert waiting.ready() == [(1000, 1000)]


def test_poses_wait_for_a_depth_image_that_comes_later(waiting: Waiting) -> None:
    waiting.poses(1000)
    assert waiting.ready() == []
    waiting.depth(1005)
    assert waiting.ready() == [(1000, 1005)]


def test_the_nearest_wins(waiting: Waiting) -> None:
    waiting.depth(980, 998, 1010)
    waiting.poses(1000)
    assert waiting.ready() == [(1000, 998)]


def test_one_that_is_not_near_enough_is_none(waiting: Waiting) -> None:
    waiting.depth(900, 1031)
    waiting.poses(1000)
    (pair,) = waiting.pairing.ready(WAIT_S, DIFFERENCE_S)
    assert (pair.depth, pair.apart_ns) == (None, 31 * MS)


def test_the_wait_is_bounded(waiting: Waiting) -> None:
    waiting.poses(1000)
    waiting.now_s += WAIT_S - 0.001
    assert waiting.ready() == []
    assert waiting.pairing.remaining_s(WAIT_S) == pytest.approx(0.001)
    waiting.now_s += 0.001
    assert waiting.ready() == [(1000, None)]
    assert waiting.pairing.remaining_s(WAIT_S) is None


def test_at_the_end_of_the_wait_the_nearest_so_far_is_taken(waiting: Waiting) -> None:
    waiting.depth(980)
    waiting.poses(1000)
    assert waiting.ready() == []
    waiting.now_s += WAIT_S
    assert waiting.ready() == [(1000, 980)]


def test_without_depth_nothing_waits(waiting: Waiting) -> None:
    waiting.poses(1000)
    assert waiting.ready(is_coming=False) == [(1000, None)]


@pytest.mark.parametrize(('late_ms', 'goes'), [(5, True), (16, False)])
def test_a_steady_stream_shows_when_no_nearer_one_can_come(
    late_ms: int, goes: bool, waiting: Waiting
) -> None:
    """The next one is expected a step behind the last."""
    stamps = [1000 + STEP_MS * i for i in range(STEPS + 1)]
    waiting.depth(*stamps)
    waiting.poses(stamps[-1] + late_ms)
    assert bool(waiting.ready()) == goes


def test_poses_leave_in_their_order(waiting: Waiting) -> None:
    waiting.poses(1000, 1033)
    waiting.depth(1033)
    assert waiting.ready() == [(1000, None), (1033, 1033)]


def test_a_bag_that_begins_again_is_paired_anew(waiting: Waiting) -> None:
    waiting.depth(61000)
    waiting.poses(61000)
    assert waiting.ready() == [(61000, 61000)]
    waiting.poses(1000)
    assert waiting.ready() == []  # the image of before the jump is not later, but older
    waiting.depth(1000)
    assert waiting.ready() == [(1000, 1000)]


def test_it_does_not_matter_whether_depth_begins_again_first(waiting: Waiting) -> None:
    waiting.depth(61000)
    waiting.poses(61000)
    waiting.ready()
    waiting.depth(1000)
    waiting.poses(1000)
    assert waiting.ready() == [(1000, 1000)]


def test_poses_of_before_a_jump_wait_no_longer(waiting: Waiting) -> None:
    waiting.poses(61000)
    waiting.poses(1000)
    assert waiting.ready() == [(61000, None)]


def test_depth_images_are_kept_within_bounds(waiting: Waiting) -> None:
    waiting.depth(*range(3 * MOST_DEPTH))
    assert len(waiting.pairing._depth) == MOST_DEPTH
    waiting.depth(*range(1000, 1010), size=MOST_BYTES // 4)
    assert sum(each.size for each in waiting.pairing._depth.values()) <= MOST_BYTES


def test_one_depth_image_larger_than_the_bounds_is_used_all_the_same(waiting: Waiting) -> None:
    waiting.depth(999, 1000, size=2 * MOST_BYTES)
    waiting.poses(1000)
    assert waiting.ready() == [(1000, 1000)]


def test_what_no_later_poses_need_is_forgotten(waiting: Waiting) -> None:
    waiting.depth(900, 960, 990, 1000)
    waiting.poses(1000)
    waiting.ready()
    assert [each // MS for each in waiting.pairing._depth] == [990, 1000]


@given(
    depth=st.lists(st.integers(0, 500), max_size=STEPS, unique=True).map(sorted),
    poses=st.lists(st.integers(0, 500), max_size=30, unique=True).map(sorted),
    delay_ms=st.integers(0, 200),
)
def test_every_pose_leaves_with_the_nearest_of_all_images(
    depth: list[int], poses: list[int], delay_ms: int
) -> None:
    """Whenever they come, as long as both come in order and their time is not over."""
    waiting, left = Waiting(), []
    coming = [(each, False, each) for each in depth]
    coming += [(each + delay_ms, True, each) for each in poses]
    for _, is_poses, stamp_ms in sorted(coming):
        add = waiting.poses if is_poses else waiting.depth
        add(stamp_ms)
        left += waiting.ready()
    waiting.now_s += WAIT_S
    left += waiting.ready()
    assert [item for item, _ in left] == poses
    for item, taken in left:
        distance = min((abs(each - item) for each in depth), default=1000)
        if distance > 1000 * DIFFERENCE_S:
            assert taken is None
        else:
            assert taken is not None and abs(taken - item) == distance
