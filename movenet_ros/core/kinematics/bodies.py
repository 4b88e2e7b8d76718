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

"""The bodies of people as points, in pixels or in metres, with what is known of their error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from movenet_ros.core.arrays import frozen
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Errors of keypoints within their limb: what moves all of it moves no angle. They are those of the
# middle two thirds; beyond, a keypoint may lie on another limb.
OF_SIGMA = 0.155  # as a share of what annotators disagree on, for a score of 1
CLOSER = 0.85  # times that, for who is known to be looked at closely; 1 / CLOSER for who is not
LEAST_PX = 1.0  # of any keypoint
LEAST_SCORE = 0.05  # an error has an end
OF_LIFTED = 0.6  # as a share of the deviations that lifting states; "evaluate --depth" tells
BOX = 1.3  # times the area that the keypoints span: a person's box


@dataclass(frozen=True, eq=False)
class Bodies:
    """
    The keypoints of people who are in one image; arrays are copied and read-only.

    :param points: ``(n, k, d)``, d = 2 in pixels of the image or d = 3 in metres; NaN for a
        keypoint that is not seen.
    :param deviations: ``(n, k, d)`` the standard deviation of each coordinate, in the same unit.
    :param ids: ``(n,)`` int64 track ids; 0 for a person that is not tracked.
    :param skeleton: which keypoints they are.
    :raises ValueError: if a shape is not the one above.
    """

    points: Floats
    deviations: Floats
    ids: NDArray[np.int64]
    skeleton: Skeleton = COCO

    def __post_init__(self) -> None:
        """Check shapes and take read-only copies."""
        d = 3 if np.shape(self.points)[-1:] == (3,) else 2
        shape = (len(self.ids), len(self.skeleton), d)
        for name in ('points', 'deviations'):
            object.__setattr__(self, name, frozen(name, getattr(self, name), np.float64, shape))
        object.__setattr__(self, 'ids', frozen('ids', self.ids, np.int64, (None,)))

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.ids)

    def __getitem__(self, which: Any) -> Bodies:
        """Return some of the people, by indices or a mask."""
        return Bodies(self.points[which], self.deviations[which], self.ids[which], self.skeleton)

    def joint(self, name: str) -> Floats:
        """Return ``(n, d)`` where a keypoint is."""
        return np.asarray(self.points[:, self.skeleton.index[name]])


def bodies_in_image(
    poses: Poses, threshold: float, is_refined: NDArray[np.bool_] | None = None
) -> Bodies:
    """
    Return the bodies of people in pixels.

    The standard deviation of a keypoint follows what annotators disagree on and the size of the
    person, as object keypoint similarity does, and grows as the score falls. How much it is was
    found by the angles of people in pictures and clips.

    :param threshold: a keypoint with a lower score is not seen.
    :param is_refined: ``(n,)`` who was looked at closely, as ``poses.refined``; None: not known,
        as of people who come in a message.
    """
    left, top, right, bottom = poses.boxes_xyxy.T.astype(np.float64)
    areas = np.maximum(right - left, 0.0) * np.maximum(bottom - top, 0.0)
    if is_refined is not None:
        areas = areas * np.where(is_refined, CLOSER, 1 / CLOSER) ** 2
    variances = _variances(poses, areas) + LEAST_PX**2
    points = np.where(poses.keypoint_scores[..., None] >= threshold, poses.keypoints, np.nan)
    deviations = np.repeat(np.sqrt(variances)[..., None], 2, axis=2)
    return Bodies(points, deviations, poses.ids, poses.skeleton)


def bodies_in_metres(people: Poses3D) -> Bodies:
    """
    Return the bodies of people in metres.

    Without depth they are as flat as in the image, and known as well as there: how far away the
    person is moves no angle.
    """
    poses, positions = people.poses, people.positions
    deviations = OF_LIFTED * np.sqrt(people.variances)
    if people.is_monocular:
        spans = np.sort(people.sizes, axis=1)[:, 1:]  # a plane has two
        variances = _variances(poses, BOX * spans.prod(axis=1))
        deviations = np.broadcast_to(np.sqrt(variances)[..., None], positions.shape)
    return Bodies(positions, deviations, poses.ids, poses.skeleton)


def _variances(poses: Poses, areas: Floats) -> Floats:
    """
    Return ``(n, k)`` the variance of each keypoint along any axis.

    :param areas: ``(n,)`` of the people's boxes, in pixels or metres squared, as the variances.
    """
    scores = np.maximum(poses.keypoint_scores.astype(np.float64), LEAST_SCORE)
    return np.asarray(areas[:, None] * _of_keypoints(poses.skeleton) / scores)


@lru_cache(maxsize=4)
def _of_keypoints(skeleton: Skeleton) -> Floats:
    """Return ``(k,)`` the variances for a score of 1, as shares of the area of the box."""
    return np.square(OF_SIGMA * np.array(skeleton.sigmas))
