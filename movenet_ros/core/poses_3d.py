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

"""The people of one image in metres, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from movenet_ros.core.arrays import frozen
from movenet_ros.core.poses import Poses
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Poses3D:
    """
    The people of one image in metres; arrays are copied and read-only.

    The frame is the camera's optical one (x right, y down, z forward) unless they were moved into
    another. What is not known is NaN, never 0: a keypoint is known whole or not at all.

    :param poses: the people in the image, whose order, ids and scores hold here too.
    :param positions: ``(n, k, 3)`` of the keypoints.
    :param variances: ``(n, k, 3)`` of their x, y and z, in square metres.
    :param centers: ``(n, 3)`` middle of what is known of the body.
    :param sizes: ``(n, 3)`` of it, along the axes.
    :param person_positions: ``(n, 3)`` middle of the hips, else of the torso, else of the body.
    :param person_variances: ``(n, 3)`` of these, in square metres.
    :param velocities: ``(n, 3)`` of the person, in metres per second.
    :param is_monocular: whether the distance is by the proportions of people, not by depth.
    :raises ValueError: if a shape is not the one above.
    """

    poses: Poses
    positions: Floats
    variances: Floats
    centers: Floats
    sizes: Floats
    person_positions: Floats
    person_variances: Floats
    velocities: Floats
    is_monocular: bool = False

    def __post_init__(self) -> None:
        """Check shapes and take read-only copies."""
        people, keypoints = self.poses.keypoint_scores.shape
        for name in ARRAYS:
            shape = (people, keypoints, 3) if name in OF_KEYPOINTS else (people, 3)
            object.__setattr__(self, name, frozen(name, getattr(self, name), np.float64, shape))

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.poses)

    def __getitem__(self, which: Any) -> Poses3D:
        """Return some of the people, by indices or a mask."""
        arrays = {name: getattr(self, name)[which] for name in ARRAYS}
        return replace(self, poses=self.poses[which], **arrays)


OF_KEYPOINTS = ('positions', 'variances')
ARRAYS = (
    *OF_KEYPOINTS, 'centers', 'sizes', 'person_positions', 'person_variances', 'velocities',
)


def unlifted(poses: Poses) -> Poses3D:
    """Return people of whom nothing is known in space: there was no depth."""
    people, keypoints = poses.keypoint_scores.shape
    points, persons = np.full((people, keypoints, 3), np.nan), np.full((people, 3), np.nan)
    return Poses3D(poses, points, points, persons, persons, persons, persons, persons)
