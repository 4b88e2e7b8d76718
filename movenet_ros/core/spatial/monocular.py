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
People in metres without a depth camera: by the proportions that people have.

How far away a person is follows from how large the bones look, for an adult; a child seems to be
farther away than it is. All joints are placed on a plane through the person. What that is worth,
the variances say: along the ray they are large.
"""

from __future__ import annotations

from movenet_ros.core.camera import Camera
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.core.spatial.body import body_of
from movenet_ros.core.spatial.lifting import seen_of
from movenet_ros.core.spatial.placing import placed
from movenet_ros.core.spatial.proportions import bone_sizes
from movenet_ros.core.spatial.proportions import nearness
from movenet_ros.core.spatial.settings import SpatialSettings
import numpy as np

OTHERS = 1.25  # times what adults differ by: so many people are within, children among them
BODY_M = 0.15  # a standard deviation of how far joints are before or behind the plane


def monocular(poses: Poses, camera: Camera, settings: SpatialSettings) -> Poses3D:
    """
    Place all people of an image by their size in it; who shows no bone has no place.

    :param camera: of the colour image, in whose pixels the poses are.
    """
    if not len(poses):
        return unlifted(poses)
    body = body_of(poses.skeleton)
    rays = camera.rays(poses.keypoints)
    seen = seen_of(poses, rays, camera.wh, settings.keypoint_threshold)
    near, deviations = nearness(poses, rays, seen, camera, body)
    has_bones = bone_sizes(rays, seen, body).any(axis=1)
    distances_m = np.where(has_bones, 1 / near, np.nan)[:, None]
    variances = (OTHERS * distances_m * deviations[:, None]) ** 2 + BODY_M**2
    depth_m = np.where(seen, distances_m, np.nan)
    return placed(
        poses, rays, depth_m, np.broadcast_to(variances, seen.shape), camera, None, body,
        is_monocular=True,
    )
