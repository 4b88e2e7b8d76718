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

"""People as refinement knows them: where each is by now, how well seen, and how long ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.crops import keypoint_box
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.core.tracking import oks
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEEN = 0.2  # score of a keypoint that says how far a person moved
MIN_KEYPOINTS = 4  # that do
BOX_AREA = 1.3  # times the area of the box of the keypoints: an area as COCO means it, about
NEVER = 99  # images ago


@dataclass(frozen=True, eq=False)
class Pose:
    """
    One person as one network sees it.

    :param keypoints: ``(k, 2)`` in pixels of the image.
    :param scores: ``(k,)``.
    :param score: the person's.
    :param box_xyxy: ``(4,)`` in pixels; None where the network gives none of its own.
    """

    keypoints: Floats
    scores: Floats
    score: float
    box_xyxy: Floats | None = None

    @property
    def box(self) -> Floats:
        """Return the box of the keypoints that are seen."""
        return keypoint_box(self.keypoints, self.scores)

    @property
    def area(self) -> float:
        """Return about the area of the person's box, in square pixels."""
        left, top, right, bottom = keypoint_box(self.keypoints, self.scores)
        width, height = right - left, bottom - top
        return float(max(BOX_AREA * width * height, 0.25 * max(width, height) ** 2) + 1)


def poses_of(found: Poses, with_boxes: bool) -> list[Pose]:
    """Return the people of an image one by one."""
    keypoints = found.keypoints.astype(np.float64)
    scores = found.keypoint_scores.astype(np.float64)
    boxes = found.boxes_xyxy.astype(np.float64)
    return [
        Pose(keypoints[i], scores[i], float(found.scores[i]), boxes[i] if with_boxes else None)
        for i in range(len(found))
    ]


def likeness(a: Sequence[Pose], b: Sequence[Pose], skeleton: Skeleton) -> Floats:
    """Return ``(a, b)`` object keypoint similarity of all keypoints, seen or not, from 0 to 1."""
    if not a or not b:
        return np.zeros((len(a), len(b)))
    first, second = (np.array([each.keypoints for each in side]) for side in (a, b))
    both = np.ones((len(a), len(b), len(skeleton)), bool)
    areas = np.array([each.area for each in a])
    return oks(first, second, both, areas, skeleton.sigmas)


def moved_between(before: Pose, after: Pose) -> Floats | None:
    """Return how far a person moved as a whole, (x, y) in pixels; None if too little is seen."""
    both = (before.scores > SEEN) & (after.scores > SEEN)
    if both.sum() < MIN_KEYPOINTS:
        return None
    return np.asarray((after.keypoints - before.keypoints)[both].mean(axis=0))


@dataclass(eq=False)
class Person:
    """
    A person, from one image to the next; each image begins with copies.

    :param pose: where the person is by now, as far as is known.
    :param detection: score of the detection, remembered.
    :param closely: score of the last closer look; None before the first one.
    :param score: of the person, for everybody else.
    :param found: the detection in this image, if there is one.
    :param room_xyxy: what the last crop took in; None before the first one.
    :param velocity: (x, y) in pixels per image.
    :param stale: images since the last closer look.
    :param missed: images since the last detection.
    :param hidden: images since the person was last seen at all.
    :param is_new: whether this is the person's first image.
    """

    pose: Pose
    detection: float
    closely: float | None = None
    score: float = 0.0
    found: Pose | None = None
    room_xyxy: Floats | None = None
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    stale: int = NEVER
    missed: int = 0
    hidden: int = 0
    is_new: bool = True
    prior: Pose | None = None
    whole: Floats | None = None
