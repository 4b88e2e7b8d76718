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
Pictures of the instants that may matter, kept while a recording runs, since it runs once.

Which angle will turn out to be the one to look at, only the end tells: so of each person the
pictures stay in which an angle was farthest, cut out, scaled down and compressed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from typing import NamedTuple

import cv2
from movenet_ros.core.image import SourceImage
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.comparison import nearness
from movenet_ros.core.kinematics.reference import PoseReference
from movenet_ros.core.observing import DOWN_OF_ROTATE
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP = np.radians(4.0)  # an angle has to be so much farther for another picture
MOST_DEVIATION = np.radians(40.0)  # of an angle that is worth a picture
LEAST_NEARER = 1.0  # of the marks of a comparison, for another picture
MOST_PEOPLE = 12
MUCH_LONGER = 10  # images: then somebody else's pictures are forgotten for a person's
MOST_STILLS = 24
MOST_FALLS = 3
AROUND = 0.2  # of a person's box, on each side
LARGEST = 420  # pixels, the longer side of a picture
QUALITY = 82  # of JPEG


class Snapshot(NamedTuple):
    """
    A person in an image, cut out and turned upright.

    :param jpeg: the picture.
    :param wh: its size in pixels.
    :param points: ``(17, 2)`` the keypoints in its pixels; NaN where one is not seen.
    :param values: ``(a,)`` the angles then, in radians.
    :param deviations: ``(a,)`` their standard deviations.
    :param stamp_ns: when it was.
    :param image: index of the image.
    :param person: track id.
    :param names: what the person does.
    """

    jpeg: bytes
    wh: tuple[int, int]
    points: Floats
    values: Floats
    deviations: Floats
    stamp_ns: int
    image: int
    person: int
    names: tuple[str, ...]


class Sight(NamedTuple):
    """
    A person in an image.

    :param box_xyxy: ``(4,)`` in pixels.
    :param points: ``(17, 2)`` in pixels; NaN where one is not seen.
    :param values: ``(a,)`` angles in radians.
    :param deviations: ``(a,)`` their standard deviations.
    :param names: what the person does.
    :param down: where down is in the image, of ``DOWN``.
    """

    image: SourceImage
    stamp_ns: int
    number: int
    person: int
    box_xyxy: NDArray[np.float32]
    points: Floats
    values: Floats
    deviations: Floats
    names: tuple[str, ...]
    down: str

    def taken(self) -> Snapshot:
        """Return a picture of it."""
        width, height = self.image.wh
        left, top, right, bottom = np.asarray(self.box_xyxy, np.float64).tolist()
        margin = AROUND * max(right - left, bottom - top)
        x0, y0 = (int(max(0, min(each - margin, most - 1)))
                  for each, most in ((left, width), (top, height)))
        x1, y1 = (int(min(most, max(each + margin, least + 1)))
                  for each, least, most in ((right, x0, width), (bottom, y0, height)))
        crop = self.image.with_pixels(self.image.pixels[y0:y1, x0:x1]).as_bgr()
        crop, points = _upright(crop, self.points - (x0, y0), self.down)
        scale = min(1.0, LARGEST / max(crop.shape[:2]))
        wh = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
        small = cv2.resize(crop, wh, interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode('.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        points = points * (wh[0] / crop.shape[1], wh[1] / crop.shape[0])
        return Snapshot(
            data.tobytes(), wh, points, self.values, self.deviations, self.stamp_ns, self.number,
            self.person, self.names,
        )


def _upright(
    pixels: NDArray[np.uint8], points: Floats, down: str
) -> tuple[NDArray[np.uint8], Floats]:
    """Return a picture and points in it, turned by quarters until down is down."""
    quarters = {way: turn // 90 for turn, way in DOWN_OF_ROTATE.items()}.get(down, 0)
    for _ in range(quarters):  # clockwise
        points = np.stack([pixels.shape[0] - points[:, 1], points[:, 0]], axis=1)
        pixels = np.ascontiguousarray(np.rot90(pixels, -1))
    return pixels, points


@dataclass
class _Kept:
    """What is kept of one person."""

    least: Floats = field(default_factory=lambda: np.full(len(ANGLES), np.inf))
    most: Floats = field(default_factory=lambda: np.full(len(ANGLES), -np.inf))
    at_least: dict[int, Snapshot] = field(default_factory=dict)
    at_most: dict[int, Snapshot] = field(default_factory=dict)
    firsts: dict[str, Snapshot] = field(default_factory=dict)
    nearest: Snapshot | None = None
    nearness: float = 0.0

    def look(self, sight: Sight, nearness: float) -> None:
        """Take a picture if this instant is farther out than those before, nearer, or new."""
        known = sight.deviations < MOST_DEVIATION
        more = np.flatnonzero(known & (sight.values > self.most + STEP))
        less = np.flatnonzero(known & (sight.values < self.least - STEP))
        new = [each for each in sight.names if each not in self.firsts]
        is_nearer = nearness > self.nearness + LEAST_NEARER
        if not (len(more) or len(less) or new or is_nearer):
            return
        snapshot = sight.taken()
        if is_nearer:
            self.nearest, self.nearness = snapshot, nearness
        self.most[more], self.least[less] = sight.values[more], sight.values[less]
        self.at_most.update(dict.fromkeys(more.tolist(), snapshot))
        self.at_least.update(dict.fromkeys(less.tolist(), snapshot))
        self.firsts.update(dict.fromkeys(new, snapshot))


class Snapshots:
    """
    The pictures of the people who were seen most, and the first stills.

    :param pose: which of the instants are near to it matters, too.
    """

    def __init__(self, pose: PoseReference | None = None) -> None:
        self._pose = pose
        self._people: dict[int, _Kept] = {}
        self._seen: Counter[int] = Counter()  # in how many images, of everybody
        self.stills: list[Snapshot] = []

    def look(self, sights: Iterable[Sight]) -> None:
        """Keep pictures of the people in an image who have ids."""
        for sight in sights:
            self._seen[sight.person] += 1
            if sight.person not in self._people and not self._has_room(sight.person):
                continue
            near = 0.0
            if self._pose is not None:
                near = float(nearness(sight.values, sight.deviations, self._pose))
            self._people.setdefault(sight.person, _Kept()).look(sight, near)

    def keep_still(self, sight: Sight) -> None:
        """Keep a picture of a person in a picture of its own."""
        if len(self.stills) < MOST_STILLS:
            self.stills.append(sight.taken())

    def first(self, person: int, name: str) -> Snapshot | None:
        """Return the first picture of somebody who does something."""
        kept = self._people.get(person)
        return kept.firsts.get(name) if kept else None

    def nearest(self, person: int) -> Snapshot | None:
        """Return where somebody was nearest to the pose."""
        kept = self._people.get(person)
        return kept.nearest if kept else None

    def extremes(self, person: int, angle: str) -> list[Snapshot]:
        """Return where an angle was smallest and largest; less where that is not known."""
        kept, column = self._people.get(person), ANGLES.index(angle)
        if kept is None:
            return []
        found = [kept.at_least.get(column), kept.at_most.get(column)]
        return [each for each in found if each is not None]

    def _has_room(self, person: int) -> bool:
        """Return whether there is room for one more; who was seen much less makes room."""
        if len(self._people) < MOST_PEOPLE:
            return True
        least = min(self._people, key=self._seen.__getitem__)
        if self._seen[person] < self._seen[least] + MUCH_LONGER:
            return False
        del self._people[least]
        return True
