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

"""Crops: the part of an image around a person, as a network takes it, and points back again."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace

import cv2
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDER = 1.2  # than the box of a person's keypoints, which end at eyes, wrists and ankles
MARGIN_PX = 4.0
NARROWEST = 4 / 7  # shorter side of a crop / longer one
MULTIPLE = 32  # pixels, of which sides are multiples
LEAST_PX = 8.0  # of the image, across a crop


@dataclass(frozen=True)
class Crop:
    """
    Where a part of an image lies in the input of a network.

    Coordinates are continuous, as everywhere: input = scale * image + shift.

    :param wh: of the input, in pixels.
    :param scale: input pixels per image pixel.
    :param shift_xy: in input pixels.
    """

    wh: tuple[int, int]
    scale: float
    shift_xy: tuple[float, float]

    @classmethod
    def around(cls, box_xyxy: Floats, size: int) -> Crop:
        """
        Fit a box of keypoints, and some room around it, into the middle of an input.

        The input is upright, lying or square, whichever holds the box with the fewest pixels.

        :param size: longer side of the input in pixels, a multiple of 32.
        """
        middle = (box_xyxy[:2] + box_xyxy[2:]) / 2
        sides = (box_xyxy[2:] - box_xyxy[:2]) * WIDER + MARGIN_PX
        width, height = np.maximum(sides, LEAST_PX).tolist()
        narrow = _narrow(size)
        short = narrow if min(width, height) * size <= narrow * max(width, height) else size
        wh = (short, size) if height >= width else (size, short)
        scale = min(wh[0] / width, wh[1] / height)
        x, y = (np.array(wh) / 2 - scale * middle).tolist()
        return cls(wh, scale, (x, y))

    def cut(self, image: SourceImage) -> NDArray[np.uint8]:
        """Return the crop, ``(H, W, 3)`` RGB; black outside of the image."""
        (width, height), shift = self.wh, np.array(self.shift_xy)
        first = np.floor(-shift / self.scale).astype(int) - 1
        last = np.ceil((np.array(self.wh) - shift) / self.scale).astype(int) + 2
        left, top = np.maximum(first, 0).tolist()
        right, bottom = np.minimum(last, image.wh).tolist()
        if left >= right or top >= bottom:
            return np.zeros((height, width, 3), np.uint8)
        part = np.ascontiguousarray(image.pixels[top:bottom, left:right])  # a turned one is a view
        # OpenCV counts from the middle of the first pixel
        x, y = (shift + self.scale * np.array([left + 0.5, top + 0.5]) - 0.5).tolist()
        matrix = np.array([[self.scale, 0.0, x], [0.0, self.scale, y]])
        warped = cv2.warpAffine(part, matrix, self.wh, flags=cv2.INTER_LINEAR)
        return image.with_pixels(warped).as_rgb()

    def to_image(self, found: Poses) -> Poses:
        """Map people from pixels of the crop to pixels of the image."""
        shift = np.array(self.shift_xy)
        return replace(
            found,
            keypoints=(found.keypoints - shift) / self.scale,
            boxes_xyxy=(found.boxes_xyxy - np.tile(shift, 2)) / self.scale,
        )


def crop_shapes(size: int) -> list[tuple[int, int]]:
    """Return width and height of all inputs for crops of a size or a smaller one, that last."""
    return [
        wh
        for each in sorted(crop_sizes(size))
        for wh in ((_narrow(each), each), (each, _narrow(each)), (each, each))
    ]


def crop_sizes(size: int) -> list[int]:
    """Return the sizes of crops that an image may have, the largest first."""
    return list(range(size, max(0, size - 3 * MULTIPLE), -MULTIPLE))


def _narrow(size: int) -> int:
    return -(-round(size * NARROWEST) // MULTIPLE) * MULTIPLE
