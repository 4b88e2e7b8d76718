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

"""Made-up people before a wall, as a depth camera sees them."""

from __future__ import annotations

import cv2
from movenet_ros.core.camera import Camera
from movenet_ros.core.poses import Poses
import numpy as np
from numpy.typing import NDArray

CAMERA = Camera((640, 480), 600.0, 600.0, 319.5, 239.5)
WALL_M = 6.0
HEIGHT_M = 1.75
SHIFT = 4  # bits behind the point of OpenCV's coordinates
LIMBS = (((5, 7), 0.10), ((7, 9), 0.08), ((6, 8), 0.10), ((8, 10), 0.08), ((11, 13), 0.14),
         ((13, 15), 0.11), ((12, 14), 0.14), ((14, 16), 0.11))  # and how thick they are, in metres


def standing(x_m: float, distance_m: float) -> tuple[float, float, float]:
    """Return where the camera sees a person: the middle and the height in pixels."""
    x, y = CAMERA.project((x_m, 0.0, distance_m))
    return float(x), float(y), HEIGHT_M * CAMERA.fx / distance_m


def depth_of(
    poses: Poses, distances_m: list[float], wall_m: float = WALL_M, noise: float = 0.0
) -> NDArray[np.float32]:
    """
    Return ``(480, 640)`` depth in metres: flat people, each at one distance.

    :param noise: a standard deviation of it, as a share of the square of the distance.
    """
    depth = np.full(CAMERA.wh[::-1], wall_m, np.float32)
    for person in np.argsort(distances_m)[::-1]:  # the far ones first
        body(depth, poses.keypoints[person].astype(np.float64), distances_m[person])
    random = np.random.default_rng(1)
    return depth + np.float32(noise) * depth**2 * random.standard_normal(depth.shape, np.float32)


def body(depth: NDArray[np.float32], keypoints: NDArray[np.float64], distance_m: float) -> None:
    """Paint a person into a depth image."""
    points = np.rint((keypoints - 0.5) * 2**SHIFT).astype(np.int32)
    for (a, b), thick_m in LIMBS:
        limb(depth, keypoints[a], keypoints[b], distance_m, thick_m)
    cv2.fillConvexPoly(depth, points[[5, 6, 12, 11]], distance_m, shift=SHIFT)
    for a, b in ((5, 6), (11, 12), (5, 11), (6, 12)):
        limb(depth, keypoints[a], keypoints[b], distance_m, 0.16)
    limb(depth, keypoints[:5].mean(axis=0), keypoints[5:7].mean(axis=0), distance_m, 0.12)
    radius = round(0.13 * CAMERA.fx / distance_m * 2**SHIFT)
    middle = points[:5].mean(axis=0).astype(np.int32)
    cv2.circle(depth, middle.tolist(), radius, distance_m, cv2.FILLED, shift=SHIFT)


def limb(
    depth: NDArray[np.float32],
    begin: NDArray[np.float64],
    end: NDArray[np.float64],
    distance_m: float,
    thick_m: float,
) -> None:
    """Paint a limb into a depth image."""
    a, b = (np.rint((each - 0.5) * 2**SHIFT).astype(int).tolist() for each in (begin, end))
    thickness = max(1, round(thick_m * CAMERA.fx / distance_m))
    cv2.line(depth, a, b, distance_m, thickness, shift=SHIFT)
