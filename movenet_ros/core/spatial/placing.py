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

"""From depth to places: keypoints, their variances, and what follows of the person."""

from __future__ import annotations

from movenet_ros.core.camera import Camera
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.spatial.body import Body
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# How far off a keypoint is in the image, as a standard deviation along an axis: some pixels, and
# what annotators disagree on (the skeleton's sigmas, in square roots of the person's area).
PIXELS = 2.0
DISAGREEMENT = 0.3
BODY_SHARE = 0.3  # of a joint's radius, by which people differ


def placed(
    poses: Poses,
    rays: Floats,
    depth_m: Floats,
    variances_m2: Floats,
    camera: Camera,
    radii_m: Floats | None,
    body: Body,
    is_monocular: bool = False,
) -> Poses3D:
    """
    Place keypoints along their rays.

    :param rays: ``(n, k, 2)`` x / z and y / z.
    :param depth_m: ``(n, k)`` z of the surface, NaN where it is not known.
    :param variances_m2: ``(n, k)`` of it.
    :param radii_m: ``(k,)`` how far joints lie behind the surface; None: they are on it.
    """
    if radii_m is not None:
        depth_m = depth_m + radii_m
        variances_m2 = variances_m2 + (BODY_SHARE * radii_m) ** 2
    depth_m = np.where(np.isfinite(rays).all(axis=2), depth_m, np.nan)
    positions = np.empty((*depth_m.shape, 3))
    positions[..., 2] = depth_m
    positions[..., :2] = rays * depth_m[..., None]
    sides = poses.boxes_xyxy[:, 2:].astype(np.float64) - poses.boxes_xyxy[:, :2]
    size_px = np.sqrt(np.maximum(sides[:, 0] * sides[:, 1], 1.0))
    off_px = PIXELS + DISAGREEMENT * size_px[:, None] * body.sigmas
    variances = np.empty_like(positions)
    variances[..., 2] = np.where(np.isfinite(depth_m), variances_m2, np.nan)
    across = (off_px * depth_m)[..., None] / (camera.fx, camera.fy)
    variances[..., :2] = across**2 + rays**2 * variances[..., 2:]
    return of_people(poses, positions, variances, body, is_monocular)


def of_people(
    poses: Poses, positions: Floats, variances: Floats, body: Body, is_monocular: bool = False
) -> Poses3D:
    """Make the value of keypoints in space: with the people's own places and sizes."""
    low, high = np.fmin.reduce(positions, axis=1), np.fmax.reduce(positions, axis=1)
    middles, middle_variances = _middles(positions, variances, body)
    nothing = np.full(middles.shape, np.nan)
    return Poses3D(
        poses, positions, variances, (low + high) / 2, high - low, middles, middle_variances,
        nothing, is_monocular,
    )


def _middles(positions: Floats, variances: Floats, body: Body) -> tuple[Floats, Floats]:
    """Return ``(n, 3)`` the middle of the hips, else of the trunk, else of all, and variances."""
    is_known = np.isfinite(positions[..., 2])
    hips, trunk = body.hips & is_known, body.trunk & is_known
    has_hips = hips.sum(axis=1, keepdims=True) == 2
    counted = np.where(has_hips, hips, np.where(trunk.any(axis=1, keepdims=True), trunk, is_known))
    count = counted.sum(axis=1, keepdims=True)
    weights = counted / np.where(count > 0, count, np.nan)
    both = np.concatenate([positions, variances], axis=2)
    # errors of neighbours are alike: the mean of their variances, not less
    means = np.matmul(weights[:, None], np.where(counted[..., None], both, 0.0))[:, 0]
    return means[:, :3], means[:, 3:]
