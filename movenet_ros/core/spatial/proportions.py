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
How large people are in an image, which tells how near they are.

A bone that points at the camera looks shorter, none looks longer: the longest for its kind says
the most. A keypoint that is misplaced makes one longer too, so the longest is passed over where
there are enough others.
"""

from __future__ import annotations

from movenet_ros.core.camera import Camera
from movenet_ros.core.poses import Poses
from movenet_ros.core.spatial.body import Body
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RANKS = np.array([0, 0, 0, 1, 1, 2])  # which of the longest counts, by how many are seen
LEAST = 0.02  # 1 / m: nobody looks as if farther away than 50 m
HEIGHT_M = 1.7  # of a person who fills the box


def nearness(
    poses: Poses, rays: Floats, seen: NDArray[np.bool_], camera: Camera, body: Body
) -> Floats:
    """
    Return ``(n,)`` how near people are by their size: 1 / z, in 1 / m.

    :param rays: ``(n, k, 2)`` x / z and y / z of the keypoints; finite where seen.
    :param seen: ``(n, k)`` which keypoints count.
    """
    sizes = bone_sizes(rays, seen, body)
    count = np.count_nonzero(sizes, axis=1)
    sizes.sort(axis=1)
    rank = RANKS[np.minimum(count, len(RANKS) - 1)]
    near = sizes[np.arange(len(sizes)), -1 - rank] if sizes.shape[1] else np.zeros(len(sizes))
    if not count.all():
        sides = poses.boxes_xyxy[:, 2:] - poses.boxes_xyxy[:, :2]
        of_boxes = (sides / (camera.fx, camera.fy)).max(axis=1) / HEIGHT_M
        near = np.where(count > 0, near, of_boxes)
    return np.maximum(near, LEAST)


def bone_sizes(rays: Floats, seen: NDArray[np.bool_], body: Body) -> Floats:
    """Return ``(n, b)`` how near each bone says that a person is; 0 where it is not seen."""
    tells = np.isfinite(body.lengths_m)
    bones = body.bones[:, tells]
    apart = np.matmul(bones[0] - bones[1], np.where(seen[..., None], rays, 0.0))
    sizes = np.hypot(apart[..., 0], apart[..., 1]) / body.lengths_m[tells]
    sizes[(~seen).astype(np.float64) @ (bones.sum(axis=0) > 0).T > 0] = 0.0
    return np.asarray(sizes)
