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

# By how many bones are seen: which of the longest counts, and the standard deviation of the
# logarithm of what it says; without any, the box says little.
RANKS = np.array([0, 0, 0, 1, 1, 2])
DEVIATIONS = np.array([1.5, 0.4, 0.35, 0.3, 0.25, 0.22])
LEAST = 0.02  # 1 / m: nobody looks as if farther away than 50 m
HEIGHT_M = 1.7  # of a person who fills the box


def nearness(
    poses: Poses, rays: Floats, seen: NDArray[np.bool_], camera: Camera, body: Body
) -> tuple[Floats, Floats]:
    """
    Return how near people are by their size.

    :param rays: ``(n, k, 2)`` x / z and y / z of the keypoints; finite where seen.
    :param seen: ``(n, k)`` which keypoints count.
    :return: ``(n,)`` 1 / z, in 1 / m; and ``(n,)`` the standard deviation of its logarithm.
    """
    sizes = bone_sizes(rays, seen, body)
    count = np.minimum(np.count_nonzero(sizes, axis=1), len(RANKS) - 1)
    sizes.sort(axis=1)
    if count.all():
        near = sizes[np.arange(len(sizes)), -1 - RANKS[count]]
    else:
        sides = poses.boxes_xyxy[:, 2:] - poses.boxes_xyxy[:, :2]
        near = (sides / (camera.fx, camera.fy)).max(axis=1) / HEIGHT_M
        has_bones = np.flatnonzero(count)
        near[has_bones] = sizes[has_bones, -1 - RANKS[count[has_bones]]]
    return np.maximum(near, LEAST), DEVIATIONS[count]


def bone_sizes(rays: Floats, seen: NDArray[np.bool_], body: Body) -> Floats:
    """Return ``(n, b)`` how near each bone says that a person is; 0 where it is not seen."""
    apart = np.matmul(body.bones[0] - body.bones[1], np.where(seen[..., None], rays, 0.0))
    sizes = np.hypot(apart[..., 0], apart[..., 1]) / body.lengths_m
    return np.asarray(sizes * bones_seen(seen, body.bones))


def bones_seen(seen: NDArray[np.bool_], bones: Floats) -> NDArray[np.bool_]:
    """Return ``(n, b)`` of which bones both ends are seen."""
    return np.asarray(np.matmul(bones, seen.T.astype(np.float64)).min(axis=0).T > 1 - 1e-9)
