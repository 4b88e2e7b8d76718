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
FAINTEST = 0.1  # score of a keypoint that the box holds: a crop without the legs never finds them
FEWEST = 5  # keypoints that the box holds, however faint
NARROWEST = 4 / 7  # shorter side of a crop / longer one
MULTIPLE = 32  # pixels, of which sides are multiples
LEAST_PX = 8.0  # of the image, across a crop


def keypoint_box(keypoints: Floats, scores: Floats) -> Floats:
    """
    Return the box of the keypoints that are seen, at least the best few: (left, top, right, bottom).

    :param keypoints: ``(k, 2)`` in pixels.
    :param scores: ``(k,)``.
    """
    least = min(FAINTEST, np.partition(scores, -FEWEST)[-FEWEST])
    seen = keypoints[scores >= least]
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)])


def room_around(keypoints: Floats, scores: Floats, whole=None) -> Floats:
    """Return the box that a crop of a person takes in, in pixels of the image."""
    box = keypoint_box(keypoints, scores)
    if whole is not None:
        box = np.concatenate([np.minimum(box[:2], whole[:2]), np.maximum(box[2:], whole[2:])])
    middle, half = (box[:2] + box[2:]) / 2, ((box[2:] - box[:2]) * WIDER + MARGIN_PX) / 2
    return np.concatenate([middle - half, middle + half])


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
    def of(cls, box_xyxy: Floats, input_size: int) -> Crop:
        """
        Fit a box into an input whose longer side is ``input_size``, in the middle.

        :param input_size: in pixels, a multiple of 32.
        """
        sides = np.maximum(box_xyxy[2:] - box_xyxy[:2], LEAST_PX)
        wh = crop_wh(box_xyxy, input_size)
        scale = float(min(wh / sides))
        shift = np.array(wh) / 2 - scale * (box_xyxy[:2] + box_xyxy[2:]) / 2
        return cls(wh, scale, (float(shift[0]), float(shift[1])))

    def cut(self, image: SourceImage) -> NDArray[np.uint8]:
        """Return the crop, ``(H, W, 3)`` RGB; black outside of the image."""
        (width, height), (x, y) = self.wh, self.shift_xy
        left_top = np.floor((-np.array([x, y])) / self.scale).astype(int) - 1
        right_bottom = np.ceil((np.array([width, height]) - (x, y)) / self.scale).astype(int) + 2
        left, top = np.maximum(left_top, 0)
        right, bottom = np.minimum(right_bottom, image.wh)
        if left >= right or top >= bottom:
            return np.zeros((height, width, 3), np.uint8)
        part = np.ascontiguousarray(image.pixels[top:bottom, left:right])  # a turned one is a view
        half = 0.5 * self.scale - 0.5  # OpenCV counts from the middle of the first pixel
        matrix = np.array([
            [self.scale, 0, x + self.scale * left + half],
            [0, self.scale, y + self.scale * top + half],
        ])
        warped = cv2.warpAffine(part, matrix, (width, height), flags=cv2.INTER_LINEAR)
        return image.with_pixels(warped).as_rgb()

    def to_image(self, found: Poses) -> Poses:
        """Map people from pixels of the crop to pixels of the image."""
        shift = np.array(self.shift_xy)
        return replace(
            found,
            keypoints=(found.keypoints - shift) / self.scale,
            boxes_xyxy=(found.boxes_xyxy - np.tile(shift, 2)) / self.scale,
        )


def crop_wh(box_xyxy: Floats, input_size: int) -> tuple[int, int]:
    """Return width and height of the input for a box: upright, lying or square, in pixels."""
    width, height = box_xyxy[2:] - box_xyxy[:2]
    narrow = -(-int(input_size * NARROWEST) // MULTIPLE) * MULTIPLE
    is_narrow = min(width, height) * input_size <= narrow * max(width, height, 1.0)
    short = narrow if is_narrow else input_size
    return (short, input_size) if height >= width else (input_size, short)


def crop_shapes(input_size: int) -> list[tuple[int, int]]:
    """Return width and height of all crops that there are, the smallest first, the square last."""
    narrow = -(-int(input_size * NARROWEST) // MULTIPLE) * MULTIPLE
    return [(narrow, input_size), (input_size, narrow), (input_size, input_size)]
