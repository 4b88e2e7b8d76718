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
What is remembered of a person: an activity begins and ends when it has held for a while.

Likelihoods are averaged over time (exponentially, by stamps), and an activity begins at a higher
average than it ends at. So it neither flickers nor depends on the rate of the images.
"""

from __future__ import annotations

import math

from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.activities.activities import FALL
from movenet_ros.core.activities.activities import GESTURES
from movenet_ros.core.activities.activities import OTHER
from movenet_ros.core.activities.activities import POSTURES
from movenet_ros.core.activities.waving import Waving
from movenet_ros.core.units import NANOSECONDS

HOLD_S = 0.3  # time constant of the average
MOST_S = 0.2  # that an image counts for: one alone decides nothing, however rare images are
BEGIN, END = 0.5, 0.2  # averages at which an activity begins, and ends
FALL_NS = round(1.5 * NANOSECONDS)  # from standing upright to laying
LEANING_NS = round(0.6 * NANOSECONDS)  # so long is the trunk seen on its way, at most
"""
From 20 to 60 degrees, a rod of 1.7 m that falls freely takes 0.4 s. Who lies down takes longer: an
even turn of 90 degrees in 1.5 s is a fall, one in 2.0 s is none.
"""
UPRIGHT = 0.35  # radians: a trunk that leans less
AHEAD = 0.15  # of the present posture's average is that of a new one

NAMES = (*POSTURES, *GESTURES)
IN_NAMES = range(len(POSTURES), len(NAMES))  # where gestures are
STANDING, LAYING = POSTURES.index('standing'), POSTURES.index('laying')
WAVING = NAMES.index('waving')


class WayDown:
    """How long it took a person to lie who stood upright before."""

    def __init__(self) -> None:
        self._stood_ns: int | None = None  # when last
        self._left_ns: int | None = None  # the first image behind that one
        self._lies_ns: int | None = None  # the first image of those now in which the person lies

    def follow(self, is_upright: bool, lies: bool, stamp_ns: int) -> None:
        """Follow the next image."""
        if is_upright:
            self._stood_ns, self._left_ns = stamp_ns, None
        elif self._left_ns is None:
            self._left_ns = stamp_ns
        if not lies:
            self._lies_ns = None
        elif self._lies_ns is None:
            self._lies_ns = stamp_ns

    def is_fall(self, stamp_ns: int) -> bool:
        """Return whether it was a fall; a second time, it is not."""
        stood_ns, left_ns, self._stood_ns = self._stood_ns, self._left_ns, None
        if stood_ns is None or left_ns is None:
            return False
        lies_ns = stamp_ns if self._lies_ns is None else self._lies_ns
        return lies_ns - stood_ns <= FALL_NS and lies_ns - left_ns <= LEANING_NS


class Person:
    """One person, from image to image."""

    def __init__(self, stamp_ns: int) -> None:
        self.seen_ns = stamp_ns
        self._waving = Waving()
        self._averages = [0.0] * len(NAMES)
        self._posture: int | None = None
        self._gestures: list[int] = []
        self._way_down = WayDown()

    def see(
        self, likelihoods: list[float], forearms: list[list[float]], lean: float, stamp_ns: int
    ) -> tuple[Activity, ...]:
        """
        Tell what the person does, with the next image.

        :param likelihoods: of ``NAMES`` in this image alone.
        :param forearms: as ``forearms_of`` gives them.
        :param lean: of the trunk, in radians.
        """
        likelihoods[WAVING] = self._waving.likelihood(forearms, stamp_ns)
        passed_s = min((stamp_ns - self.seen_ns) / NANOSECONDS, MOST_S)
        self.seen_ns = stamp_ns
        share = -math.expm1(-passed_s / HOLD_S)
        averages = self._averages = [
            average + (new - average) * share for average, new in zip(self._averages, likelihoods)
        ]
        before = self._posture
        self._posture = self._next_posture()
        self._gestures = [
            i for i in IN_NAMES
            if averages[i] >= END and (averages[i] >= BEGIN or i in self._gestures)
        ]
        is_standing = self._posture == STANDING and likelihoods[STANDING] >= BEGIN
        self._way_down.follow(
            is_standing and lean < UPRIGHT, likelihoods[LAYING] >= BEGIN, stamp_ns
        )
        fell = self._posture == LAYING != before and self._way_down.is_fall(stamp_ns)
        return told(self._averages, self._posture, self._gestures, fell)

    def _next_posture(self) -> int | None:
        """Return the posture, which goes on until it ends or another one is clearly ahead."""
        present = 0.0 if self._posture is None else self._averages[self._posture]
        best = most_likely_posture(self._averages, max(BEGIN, present + AHEAD))
        return self._posture if best is None and present >= END else best


def most_likely_posture(likelihoods: list[float], least: float = BEGIN) -> int | None:
    """Return the index of the most likely posture; None where none is likely enough."""
    most = max(likelihoods[:len(POSTURES)])
    return likelihoods.index(most) if most >= least else None


def told(
    scores: list[float], posture: int | None, gestures: list[int], fell: bool = False
) -> tuple[Activity, ...]:
    """Return what a person does, with scores: the posture, gestures, and a fall."""
    did = [Activity(OTHER, 0.0) if posture is None else Activity(NAMES[posture], scores[posture])]
    if gestures:
        did += [Activity(NAMES[i], scores[i]) for i in gestures]
    if fell:
        did.append(Activity(FALL, scores[LAYING]))
    return tuple(did)
