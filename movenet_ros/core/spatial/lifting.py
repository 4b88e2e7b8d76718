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
People of an image in metres, by the depth image that belongs to it.

One pixel of depth for each joint is wrong where the joint lies beside its limb, behind somebody
or behind an own arm. Here, the depth in a disc around each joint is split into surfaces
(groups.py), and the body decides which one is the joint's: how far away the person is and which
pixels are somebody else's (distances.py), and how far a joint reaches from the one that it hangs
on (choice.py). All people are lifted together.
"""

from __future__ import annotations

from typing import Any

from movenet_ros.core.camera import Camera
from movenet_ros.core.depth import check_depth
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.core.spatial.body import Body
from movenet_ros.core.spatial.body import body_of
from movenet_ros.core.spatial.choice import agreed
from movenet_ros.core.spatial.choice import chosen
from movenet_ros.core.spatial.distances import distances
from movenet_ros.core.spatial.distances import on_bodies
from movenet_ros.core.spatial.groups import groups_of
from movenet_ros.core.spatial.placing import placed
from movenet_ros.core.spatial.proportions import nearness
from movenet_ros.core.spatial.samples import sampled
from movenet_ros.core.spatial.settings import SpatialSettings
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST_RADIUS_PX = 4.0  # of a disc, in the colour image: keypoints are off by as much


def lifted(
    poses: Poses,
    depth: NDArray[Any],
    camera: Camera,
    settings: SpatialSettings,
    moved: Floats | None = None,
) -> Poses3D:
    """
    Lift all people of an image together.

    :param depth: ``(H, W)`` uint16 millimetres or float32 metres, of any size, registered to the
        colour image.
    :param camera: of the colour image, in whose pixels the poses are.
    :param moved: ``(n, 3)`` how far people are when depth is taken from where the image shows
        them: x and y in its pixels, z in metres. None: both were taken at once.
    :raises ImageError: if it is no depth image.
    """
    check_depth(depth)
    if not len(poses):
        return unlifted(poses)
    body = body_of(poses.skeleton)
    rays = camera.rays(poses.keypoints)
    seen = seen_of(poses, rays, camera.wh, settings.keypoint_threshold)
    sizes = nearness(poses, rays, seen, camera, body)
    keypoints = np.where(seen[..., None], poses.keypoints, 0.0)
    if moved is not None:
        keypoints += moved[:, None, :2]
    depth_m, spread_m = _surfaces(
        keypoints, poses.boxes_xyxy, depth, camera, settings, seen, sizes, body
    )
    depth_m, variances = agreed(depth_m, spread_m, body)
    if moved is not None:
        depth_m = depth_m - moved[:, 2:]
    radii_m = body.radius_m if settings.inside else None
    return placed(poses, rays, depth_m, variances, camera, radii_m, body)


def seen_of(poses: Poses, rays: Floats, wh: tuple[int, int], threshold: float) -> Mask:
    """Return ``(n, k)`` which keypoints count: inside the image, and scored so much."""
    inside = (poses.keypoints >= 0) & (poses.keypoints < wh)
    known = np.isfinite(rays)
    counted = (inside & known).all(axis=2) & (poses.keypoint_scores >= threshold)
    return np.asarray(counted)


def _surfaces(
    keypoints: Floats,
    boxes_xyxy: NDArray[np.float32],
    depth: NDArray[Any],
    camera: Camera,
    settings: SpatialSettings,
    seen: Mask,
    sizes: tuple[Floats, Floats],
    body: Body,
) -> tuple[Floats, Floats]:
    """Return ``(n, k)`` depth of the joints' surfaces, and ``(n, k)`` its spread, in metres."""
    joints = seen.shape[1]
    limits_m = settings.min_depth_m, settings.max_depth_m
    scale = np.array([depth.shape[1] / camera.wh[0], depth.shape[0] / camera.wh[1]])
    per_metre = sizes[0] * camera.fx * scale[0]
    least_px = LEAST_RADIUS_PX * scale[0]
    keypoints = keypoints * scale
    middles = np.concatenate([keypoints, np.matmul(body.points, keypoints)], axis=1)
    radii_px = np.maximum(body.disc_m * per_metre[:, None], least_px)
    mm = sampled(depth, middles, radii_px, limits_m)
    is_on = None
    if _overlap(boxes_xyxy):
        thickness_px = body.thickness_m * per_metre[:, None] + least_px
        is_on = on_bodies(middles, keypoints, seen, thickness_px, body.bones)
    distances_m, taken = distances(mm, _votes(seen, body), sizes, is_on)
    if taken is not None:
        mm *= ~taken
    mm = mm[:, :joints] * seen[..., None]
    return chosen(groups_of(mm), distances_m, body)


def _votes(seen: Mask, body: Body) -> Floats:
    """Return ``(n, e)`` the weights of the votes of joints and of points in between."""
    joints = seen.shape[1]
    votes = np.empty((len(seen), len(body.votes)))
    votes[:, :joints] = seen
    votes[:, joints:] = seen[:, body.trunk].all(axis=1, keepdims=True)
    return votes * body.votes


def _overlap(boxes_xyxy: NDArray[np.float32]) -> bool:
    """Return whether the boxes of any two people overlap."""
    low, high = boxes_xyxy[:, :2], boxes_xyxy[:, 2:]
    is_over = (low[:, None] < high).all(axis=2)
    return bool(np.count_nonzero(is_over & is_over.T) > len(boxes_xyxy))
