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

"""Poses that wait for the depth image that belongs to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
import time
from typing import Generic
from typing import TypeVar

from movenet_ros.core.pairing import nearest
from movenet_ros.core.pairing import paired
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.depth import Depth

JUMP_NS = NANOSECONDS  # back by more: a bag that begins again, a simulator that was reset
MOST_POSES = 300
MOST_DEPTH = 90  # images, which a slow network's poses find again: 3 s at 30 Hz
MOST_BYTES = 2**26  # of depth images
STEPS = 10  # between depth images, by which the next one is expected
SURE = 0.4  # of the shortest step: nearer than that, the next one is farther

CLOCKS_NS = NANOSECONDS  # stamps farther apart are of different clocks, or of depth that stopped

Item = TypeVar('Item')


@dataclass(frozen=True, eq=False)
class Pair(Generic[Item]):
    """
    Poses whose wait is over.

    :param depth: the image that belongs to them, or None.
    :param apart_ns: from the poses to the nearest depth image, near enough or not; None if there
        was none.
    :param waited_s: for it.
    """

    item: Item
    depth: Depth | None
    apart_ns: int | None
    waited_s: float


@dataclass(frozen=True)
class _Waiting(Generic[Item]):
    item: Item
    stamp_ns: int
    since_s: float


class Pairing(Generic[Item]):
    """
    Keeps poses until their depth image is there, or no nearer one can come, or their time is over.

    Depth images come in the order of their stamps: behind one that is as late as the poses, none
    is nearer; nor before it, where the last one is much nearer than they follow each other.

    :param clock: in seconds; it never stands still.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._poses: deque[_Waiting[Item]] = deque()
        self._depth: dict[int, Depth] = {}  # by stamp; the last one is the newest
        self._steps_ns: deque[int] = deque(maxlen=STEPS)
        self._last_ns: int | None = None

    def restart(self) -> None:
        """Forget everything."""
        self._poses.clear()
        self._depth.clear()
        self._steps_ns.clear()
        self._last_ns = None

    def add_depth(self, depth: Depth) -> None:
        """Keep a depth image."""
        stamp_ns = depth.stamp_ns
        if self._depth:
            step_ns = stamp_ns - max(self._depth)
            if step_ns > 0:
                self._steps_ns.append(step_ns)
            self._forget_from(stamp_ns + JUMP_NS)
        self._depth.pop(stamp_ns, None)
        self._depth[stamp_ns] = depth
        size = sum(each.size for each in self._depth.values())
        while len(self._depth) > MOST_DEPTH or (size > MOST_BYTES and len(self._depth) > 1):
            size -= self._depth.pop(next(iter(self._depth))).size

    def add_poses(self, stamp_ns: int, item: Item) -> bool:
        """
        Let poses wait.

        :return: whether the time has jumped back; what has waited then waits no longer.
        """
        has_jumped = self._last_ns is not None and stamp_ns < self._last_ns - JUMP_NS
        if has_jumped:
            self._forget_from(stamp_ns + JUMP_NS)
            self._poses = deque(
                _Waiting(each.item, each.stamp_ns, -float('inf')) for each in self._poses
            )
        self._last_ns = stamp_ns
        self._poses.append(_Waiting(item, stamp_ns, self._clock()))
        return has_jumped

    def ready(
        self, max_wait_s: float, max_difference_s: float, is_coming: bool = True
    ) -> Iterator[Pair[Item]]:
        """
        Yield the poses whose wait is over, in their order.

        :param is_coming: whether depth images come at all; if not, nothing is waited for.
        """
        max_difference_ns = round(max_difference_s * NANOSECONDS)
        while self._poses:
            first = self._poses[0]
            waited_s = self._clock() - first.since_s
            is_over = waited_s >= max_wait_s or not is_coming or len(self._poses) > MOST_POSES
            if not is_over and not self._is_decided(first.stamp_ns, max_difference_ns):
                return
            self._poses.popleft()
            yield self._paired(first, min(waited_s, max_wait_s), max_difference_ns)
            self._forget_before(first.stamp_ns - max_difference_ns)

    def remaining_s(self, max_wait_s: float) -> float | None:
        """Return after how many seconds the wait of the first poses is over; None without any."""
        if not self._poses:
            return None
        return max(self._poses[0].since_s + max_wait_s - self._clock(), 0.0)

    def _is_decided(self, stamp_ns: int, max_difference_ns: int) -> bool:
        """Return whether no depth image can come that is nearer."""
        if not self._depth:
            return False
        missing_ns = stamp_ns - max(self._depth)
        if missing_ns <= 0:
            return True
        is_steady = len(self._steps_ns) == STEPS
        return is_steady and missing_ns <= min(max_difference_ns, SURE * min(self._steps_ns))

    def _paired(
        self, poses: _Waiting[Item], waited_s: float, max_difference_ns: int
    ) -> Pair[Item]:
        stamps = [*self._depth]
        index = nearest(poses.stamp_ns, stamps)
        apart_ns = None if index is None else stamps[index] - poses.stamp_ns
        index = paired(poses.stamp_ns, stamps, max_difference_ns)
        depth = None if index is None else self._depth[stamps[index]]
        return Pair(poses.item, depth, apart_ns, max(waited_s, 0.0))

    def _forget_before(self, stamp_ns: int) -> None:
        """Forget what no later poses need, but for the newest: it tells how far stamps are."""
        late = [each for each in self._depth if each < stamp_ns][:len(self._depth) - 1]
        for each in late:
            del self._depth[each]

    def _forget_from(self, stamp_ns: int) -> None:
        """Forget depth images of before a jump back."""
        ahead = [each for each in self._depth if each > stamp_ns]
        for each in ahead:
            del self._depth[each]
        if ahead:
            self._steps_ns.clear()


def why_apart(apart_ns: int, max_difference_s: float) -> str:
    """
    Return why poses have no depth image, in one sentence with the figure.

    :param apart_ns: from them to the nearest one.
    """
    fix = 'have the driver synchronize depth and colour, or raise max_stamp_difference_s'
    if abs(apart_ns) > CLOCKS_NS:
        fix = 'are both of one clock, and does depth still come?'
    return (
        f'the nearest depth image is {abs(apart_ns) / NANOSECONDS:.3f} s'
        f' {"later" if apart_ns > 0 else "earlier"} than the poses'
        f' (max_stamp_difference_s {max_difference_s:g}): {fix}'
    )
