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

"""Whether the stamps of images are of the node's clock, and how old an image is by it."""

from __future__ import annotations

from movenet_ros.core.units import NANOSECONDS
from movenet_ros.node.condition_log import Condition
from movenet_ros.node.condition_log import ConditionLog
from rclpy.node import Node

LATE_S = 10.0  # older images are of another clock; a slow camera or network takes a second or two
EARLY_S = 1.0  # clocks of two machines are this close
IMAGES = 5  # in a row, before another clock is reported: one odd stamp is none


class ClockWatch:
    """
    Logs a clock mismatch.

    :param node: whose clock and log they are.
    :param camera: of several; empty: the only one.
    """

    def __init__(self, node: Node, camera: str = '') -> None:
        self._node = node
        self._log = ConditionLog(node, camera)
        self._is_ours = True
        self._images = 0  # twice those that tell of a change

    @property
    def problem(self) -> str:
        """Return the mismatch in one sentence, or nothing."""
        return self._log.sentence

    def check(self, stamp_ns: int) -> None:
        """Look at the stamp of an image that has just arrived."""
        now_s = self._now_ns() / NANOSECONDS
        use_sim_time = self._node.get_parameter('use_sim_time').value
        mismatch = explain_clock(stamp_ns / NANOSECONDS, now_s, use_sim_time)
        self._is_ours = mismatch is None and stamp_ns != 0
        if (mismatch.kind if mismatch else '') == self._log.kind:
            # over only after images in a row, begun also by every second one
            self._images = 0 if self.problem else max(0, self._images - 1)
            return
        self._images += 2
        if self._images >= 2 * IMAGES:
            self._images = 0
            self._log.report(mismatch, "the stamps of the images are of this node's clock")

    def latency_s(self, stamp_ns: int) -> float | None:
        """Return how old an image is; None where the last one checked was of another clock."""
        return (self._now_ns() - stamp_ns) / NANOSECONDS if self._is_ours else None

    def forget(self) -> None:
        """Forget all stamps."""
        self._images = 0
        self._log.report(None)

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)


def explain_clock(stamp_s: float, now_s: float, use_sim_time: bool) -> Condition | None:
    """
    Return why the stamp of an image is of another clock than the node's.

    :param stamp_s: of an image that has just arrived.
    :param now_s: on the node's clock.
    """
    if stamp_s == 0:  # not set; core/following.py reports that
        return None
    if use_sim_time and now_s == 0:
        return Condition(
            'no clock',
            'use_sim_time is true, but nothing arrives on /clock: start the simulator, play the'
            ' bag with --clock, or set use_sim_time to false',
        )
    age_s = now_s - stamp_s
    if -EARLY_S <= age_s <= LATE_S:
        return None
    where = f'{age_s:.1f} s behind' if age_s > 0 else f'{-age_s:.1f} s ahead of'
    fix = (
        'start what publishes the images with use_sim_time, or set it to false here'
        if use_sim_time
        else 'with a simulator or a bag (played with --clock) set use_sim_time to true; with a'
        ' camera on another machine let both keep their clocks by NTP'
    )
    return Condition(
        'clock', f"clock mismatch: the stamps of the images are {where} this node's clock: {fix}"
    )
