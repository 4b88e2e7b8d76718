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

"""
How a hand that waves is known: a forearm that points up and swings to and fro.

A swing is followed from one turning point to the next, so it does not matter how many images
show it.
"""

from __future__ import annotations

from collections import deque
import math

from movenet_ros.core.activities.measures import Measures
from movenet_ros.core.activities.measures import ROW
from movenet_ros.core.activities.places import FOREARM
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TURNS = 4  # two cycles
WITHIN_NS = 3 * NANOSECONDS  # from the first of these turns to the last
LASTS_NS = 1 * NANOSECONDS  # behind the last one
QUICK_NS = NANOSECONDS // 8  # a turn that is so soon behind another one is noise: nobody waves so
SMOOTH_S = 0.1  # time constant of a mean of values, so that keypoints that shake turn nothing
SWING = 0.4  # of a forearm's length: the least from turn to turn, or its standard deviation
WIDE_SWING = 0.7  # of it: a score of 1
POINTS_UP = 0.35  # of its length: so much is the wrist above the elbow
LOW = 0.12  # statures: a wrist that is so far below its shoulder greets nobody


class Swing:
    """Follows a value that may go to and fro, from one turning point to the next."""

    def __init__(self) -> None:
        self._mean: float | None = None
        self._seen_ns = 0
        self._low, self._high, self._way = math.inf, -math.inf, 0
        self._turns: deque[tuple[int, float]] = deque(maxlen=TURNS)

    def go(self, value: float, least: float, stamp_ns: int) -> None:
        """
        Follow the next value.

        :param least: how far it comes back from a turning point at least.
        """
        value = self._smoothed(value, stamp_ns)
        self._low, self._high = min(self._low, value), max(self._high, value)
        if self._way >= 0 and self._high - value >= least:
            self._turn(stamp_ns)
            self._low, self._way = value, -1
        elif self._way <= 0 and value - self._low >= least:
            self._turn(stamp_ns)
            self._high, self._way = value, 1

    def width(self, stamp_ns: int) -> float:
        """Return how wide it goes to and fro; 0 where it does not, or no longer."""
        if len(self._turns) < TURNS:
            return 0.0
        (first_ns, _), (last_ns, _) = self._turns[0], self._turns[-1]
        if last_ns - first_ns > WITHIN_NS or stamp_ns - last_ns > LASTS_NS:
            return 0.0
        return sum(width for _, width in self._turns) / TURNS

    def _smoothed(self, value: float, stamp_ns: int) -> float:
        """Return the mean of values over time (exponential, by stamps)."""
        passed_s = (stamp_ns - self._seen_ns) / NANOSECONDS
        mean = value if self._mean is None else self._mean
        self._seen_ns = stamp_ns
        self._mean = value + (mean - value) * math.exp(-passed_s / SMOOTH_S)
        return self._mean

    def _turn(self, stamp_ns: int) -> None:
        if self._turns and stamp_ns - self._turns[-1][0] < QUICK_NS:
            self._turns.clear()
        if self._way:
            self._turns.append((stamp_ns, self._high - self._low))


class Waving:
    """Tells whether a person waves; each forearm may swing along each level axis."""

    def __init__(self) -> None:
        self._arms: list[list[Swing]] = [[], []]  # of each that points up, along each axis

    def likelihood(self, forearms: list[list[float]], stamp_ns: int) -> float:
        """
        Return how likely it is that the person waves.

        :param forearms: of the person, as ``forearms_of`` gives them.
        """
        widest = 0.0
        for arm, (rise, over_shoulder, deviation, *along) in enumerate(forearms):
            swings = self._arms[arm]
            if rise > POINTS_UP and not over_shoulder < -LOW:
                if not swings:
                    swings += [Swing() for _ in along]
                for swing, value in zip(swings, along):
                    swing.go(value, max(SWING, deviation), stamp_ns)
            elif not math.isnan(rise):
                swings.clear()  # all turns are forgotten
            for swing in swings:
                widest = max(widest, swing.width(stamp_ns))
        return min(widest / WIDE_SWING, 1.0)


def forearms_of(body: Measures) -> Floats:
    """
    Return where forearms point.

    :return: ``(n, 2, 3 + d - 1)`` for each person, on the left and on the right: how far the wrist
        is above the elbow, in the length of a forearm; above the shoulder, in statures; the
        standard deviation of what follows: how far the wrist is from the elbow along each level
        axis, in the length of a forearm. NaN where it is not seen.
    """
    row = ROW['wrist_over_elbow']
    along = np.einsum('ad,dsn->asn', _level_axes(body.up), body.forearms)
    told = np.array([
        body.values[row] / FOREARM, body.of('wrist_over_shoulder'),
        body.deviations[row] / FOREARM, *along,
    ])
    return np.asarray(told.transpose(2, 1, 0))


def _level_axes(up: Floats) -> Floats:
    """Return ``(d - 1, d)`` axes that are square to up and to each other."""
    if len(up) == 2:
        return np.array([[-up[1], up[0]]])
    first = np.cross(up, np.eye(3)[np.abs(up).argmin()])
    first /= np.sqrt(first @ first)
    return np.stack([first, np.cross(up, first)])
