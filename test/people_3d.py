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

"""People in metres for the tests, made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import ArrayLike

BODY = np.array(  # seen from its front: x to the person's left, y down from the hips, z away
    [(0.0, -0.75, -0.1), (0.03, -0.78, -0.08), (-0.03, -0.78, -0.08)]
    + [(0.07, -0.77, 0.0), (-0.07, -0.77, 0.0), (0.18, -0.52, 0.0), (-0.18, -0.52, 0.0)]
    + [(0.25, -0.25, 0.0), (-0.25, -0.25, 0.0), (0.25, 0.0, 0.0), (-0.25, 0.0, 0.0)]
    + [(0.1, 0.0, 0.0), (-0.1, 0.0, 0.0), (0.1, 0.42, 0.0), (-0.1, 0.42, 0.0)]
    + [(0.1, 0.84, 0.0), (-0.1, 0.84, 0.0)]
)
HIPS = [COCO.index['left_hip'], COCO.index['right_hip']]


def people_3d(positions: ArrayLike, ids: ArrayLike | None = None, **arrays: Any) -> Poses3D:
    """
    Make people of whom a keypoint is known where it is not NaN.

    :param positions: ``(n, 17, 3)`` in metres.
    :param ids: 1, 2, ... if not given.
    :param arrays: of the result, in place of what follows from the positions.
    """
    places = np.asarray(positions, np.float64).reshape(-1, len(COCO), 3)
    n = len(places)
    poses = Poses(
        keypoints=np.zeros((n, 17, 2)),
        keypoint_scores=np.full((n, 17), 0.9),
        boxes_xyxy=np.tile([0.0, 0.0, 10.0, 20.0], (n, 1)),
        scores=np.full(n, 0.8),
        ids=np.arange(1, n + 1) if ids is None else ids,
    )
    hips = places[:, HIPS].mean(axis=1)
    return replace(unlifted(poses), **{'person_positions': hips, **arrays, 'positions': places})


def standing(*places: ArrayLike) -> Poses3D:
    """Make upright people whose hips are there, in the optical frame, facing the camera."""
    return people_3d([BODY + np.asarray(each) for each in places])
