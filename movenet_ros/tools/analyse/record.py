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

"""What was seen of people in the images of a recording: a row per image and person."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import FALL
from movenet_ros.core.activities.activities import GESTURES
from movenet_ros.core.activities.activities import OTHER
from movenet_ros.core.activities.activities import POSTURES
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.kinematics.curves import Curves
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

NAMES = (*POSTURES, *GESTURES, FALL)  # each is a bit of a number


@dataclass(frozen=True, eq=False)
class Record:
    """
    The rows, in the order of the images.

    :param stamps_ns: ``(m,)`` int64 of all images, with people or without.
    :param files: names of the images, where they are pictures; else empty.
    :param images: ``(r,)`` int64, which image a row is of.
    :param ids: ``(r,)`` int64 track ids; 0 for a person that is not tracked.
    :param values: ``(r, a)`` angles in radians, in the order of ``ANGLES``; NaN if unknown.
    :param deviations: ``(r, a)`` their standard deviations.
    :param does: ``(r,)`` uint32, a bit for each of ``NAMES``.
    """

    stamps_ns: NDArray[np.int64]
    files: tuple[str, ...]
    images: NDArray[np.int64]
    ids: NDArray[np.int64]
    values: Floats
    deviations: Floats
    does: NDArray[np.uint32]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.images)

    def at(self, rows: NDArray[np.int64] | slice) -> Record:
        """Return some of the rows, among all images."""
        return Record(
            self.stamps_ns, self.files, self.images[rows], self.ids[rows], self.values[rows],
            self.deviations[rows], self.does[rows],
        )

    def of(self, person: int) -> Record:
        """Return the rows of one person."""
        first, last = (
            np.searchsorted(self.ids, person, side, sorter=self._by_person)
            for side in ('left', 'right')
        )
        return self.at(self._by_person[first:last])

    @cached_property
    def _by_person(self) -> NDArray[np.int64]:
        """Return ``(r,)`` the rows, those of each person in a piece."""
        return np.argsort(self.ids, kind='stable')

    @property
    def people(self) -> list[int]:
        """Return the ids of all people who are tracked, those with the most rows first."""
        ids, counts = np.unique(self.ids[self.ids > 0], return_counts=True)
        return [int(each) for each in ids[np.argsort(-counts, kind='stable')]]

    @property
    def row_stamps_ns(self) -> NDArray[np.int64]:
        """Return ``(r,)`` the stamp of each row."""
        return self.stamps_ns[self.images]

    @property
    def span_ns(self) -> tuple[int, int]:
        """Return the earliest and the latest stamp, be the images in order or not; 0 for none."""
        stamps_ns = self.stamps_ns if len(self.stamps_ns) else np.zeros(1, np.int64)
        return int(stamps_ns.min()), int(stamps_ns.max())

    @property
    def rate_hz(self) -> float:
        """Return the images per second, by the median of their steps; 0 if unknown."""
        steps = np.diff(self.stamps_ns)
        steps = steps[steps > 0]
        return float(1e9 / np.median(steps)) if len(steps) else 0.0

    def names(self, row: int) -> list[str]:
        """Return what the person of a row does, the posture first."""
        return [name for i, name in enumerate(NAMES) if self.does[row] >> i & 1]

    def posture(self, row: int) -> str:
        """Return the posture in a row."""
        return next((each for each in self.names(row) if each in POSTURES), OTHER)

    def gestures(self, row: int) -> list[str]:
        """Return what the person of a row does beside the posture."""
        return [each for each in self.names(row) if each not in POSTURES]

    def curves(self) -> Curves:
        """Return the angles over time; the rows must be of one person."""
        values, deviations = (
            np.asarray(each, np.float64) for each in (self.values, self.deviations)
        )
        return Curves.in_order(self.row_stamps_ns, values, deviations)


class Rows:
    """Rows in the making: 100 bytes for each, so that memory stays flat."""

    def __init__(self) -> None:
        self._stamps_ns = array('q')
        self._files: list[str] = []
        self._images = array('q')
        self._ids = array('q')
        self._does = array('I')
        self._values = array('f')
        self._deviations = array('f')

    @property
    def image(self) -> int:
        """Return the index of the image that was added last."""
        return len(self._stamps_ns) - 1

    def add_image(self, stamp_ns: int, file: str) -> None:
        """Begin an image."""
        self._stamps_ns.append(stamp_ns)
        if file:
            self._files.append(file)

    def add_people(self, activities: Activities, angles: Angles) -> None:
        """Add the people of that image."""
        self._images.extend([self.image] * len(activities))
        self._ids.extend(activities.ids.tolist())
        self._values.frombytes(angles.values.astype(np.float32).tobytes())
        self._deviations.frombytes(angles.deviations.astype(np.float32).tobytes())
        for person in activities.of_people:
            names = {each.name for each in person}
            self._does.append(sum(1 << i for i, name in enumerate(NAMES) if name in names))

    def record(self) -> Record:
        """Return all of them, in the same memory: no more can be added."""
        stamps_ns, images, ids = (
            np.asarray(each).view(np.int64) for each in (self._stamps_ns, self._images, self._ids)
        )
        values, deviations = (
            np.asarray(each).reshape(-1, len(ANGLES))
            for each in (self._values, self._deviations)
        )
        return Record(
            stamps_ns, tuple(self._files), images, ids, values, deviations, np.asarray(self._does)
        )
