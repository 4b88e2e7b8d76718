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
A camera that is mounted turned: its images are turned upright, and the people found turned back.

MoveNet finds few people who lie on their side or stand on their head. ``rotate`` is by how many
degrees an image is turned clockwise until people stand upright: 0, 90, 180 or 270.
"""

from __future__ import annotations

from dataclasses import replace

from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
import numpy as np
from numpy.typing import NDArray


def upright(image: SourceImage, rotate: int) -> SourceImage:
    """Turn an image clockwise; what is returned is a view of its pixels."""
    return image.with_pixels(np.rot90(image.pixels, -rotate // 90)) if rotate else image


def turned_back(poses: Poses, rotate: int, image_wh: tuple[int, int]) -> Poses:
    """
    Move people found in a turned image to the pixels of the image that came in.

    :param rotate: by how many degrees the image was turned clockwise.
    :param image_wh: width and height of the image that came in.
    """
    if not rotate:
        return poses
    camera = poses.camera
    if camera is not None:
        origin = np.zeros(2, np.float32)
        axes = np.eye(2, dtype=np.float32)
        to_image = np.eye(3)
        to_image[:2, 2] = _turned_back(origin, rotate, image_wh)
        to_image[:2, :2] = (_turned_back(axes, rotate, image_wh) - to_image[:2, 2]).T
        camera = (to_image @ np.vstack([camera, [0, 0, 1]]) @ np.linalg.inv(to_image))[:2]
    corners = _turned_back(poses.boxes_xyxy.reshape(-1, 2, 2), rotate, image_wh)
    return replace(
        poses,
        keypoints=_turned_back(poses.keypoints, rotate, image_wh),
        boxes_xyxy=np.sort(corners, axis=1).reshape(-1, 4),
        camera=camera,
    )


def _turned_back(
    points_xy: NDArray[np.float32], rotate: int, image_wh: tuple[int, int]
) -> NDArray[np.float32]:
    """Move points ``(..., 2)``; pixels are continuous, so a side of length n maps x to n - x."""
    x, y = points_xy[..., 0], points_xy[..., 1]
    width, height = image_wh
    back = {90: (y, height - x), 180: (width - x, height - y), 270: (width - y, x)}
    return np.stack(back[rotate], axis=-1)
