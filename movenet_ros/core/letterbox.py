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
The letterbox: from an image to the model's input, and points back again.

The longer side is scaled to ``input_size``, the other one with it, and the picture is padded at
the bottom and on the right to the next multiple of 32. Padding moves nothing, so the way back
divides by the scale, for keypoints and boxes alike.

Coordinates are continuous: (0, 0) is the outer corner of the first pixel, and a picture of width
W reaches from 0 to W. In these, resizing is a plain multiplication (OpenCV's resize has the same
convention: it maps pixel middles, x + 0.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace

import cv2
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import SourceImage
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Letterbox:
    """
    How one size of image lies in the model's input.

    :param image_wh: width and height of the image in pixels.
    :param content_wh: width and height that the image takes up in the input, in pixels.
    :param input_wh: width and height of the padded input in pixels, multiples of a number.
    """

    image_wh: tuple[int, int]
    content_wh: tuple[int, int]
    input_wh: tuple[int, int]

    @classmethod
    def fit(cls, image_wh: tuple[int, int], input_size: int, multiple: int) -> Letterbox:
        """
        Fit an image into an input whose longer side is ``input_size``.

        :param image_wh: width and height in pixels, at least 1.
        :param input_size: in pixels, a multiple of ``multiple``.
        :param multiple: in pixels, of which both sides of the input are multiples.
        :raises ValueError: if a size is not one of these.
        """
        if min(image_wh) < 1:
            raise ValueError(f'an image of {image_wh[0]}x{image_wh[1]} pixels')
        if input_size < multiple or input_size % multiple:
            raise ValueError(f'input_size {input_size} is not a multiple of {multiple}')
        scale = input_size / max(image_wh)
        width, height = (max(1, round(side * scale)) for side in image_wh)
        padded = (-(-side // multiple) * multiple for side in (width, height))
        return cls(image_wh, (width, height), (next(padded), next(padded)))

    def padded_to(self, input_wh: tuple[int, int]) -> Letterbox:
        """Return it with more padding; the image lies where it did."""
        return replace(self, input_wh=input_wh)

    @property
    def scale_xy(self) -> tuple[float, float]:
        """Return input pixels per image pixel; the two differ by the rounding to whole pixels."""
        (width, height), (image_width, image_height) = self.content_wh, self.image_wh
        return width / image_width, height / image_height

    def empty_batch(self) -> NDArray[np.uint8]:
        """Return ``(1, H, W, 3)`` of black."""
        width, height = self.input_wh
        return np.zeros((1, height, width, 3), np.uint8)

    def apply(
        self, image: SourceImage, out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """
        Make the model's input of an image.

        :param image: of this letterbox's size.
        :param out: a batch of :meth:`empty_batch` to be filled again; None makes a new one.
        :return: ``(1, H, W, 3)`` RGB, black where padded.
        :raises ValueError: if the image has another size.
        :raises ImageError: if OpenCV refuses to scale it.
        """
        if image.wh != self.image_wh:
            raise ValueError(f'an image of {image.wh} for a letterbox of {self.image_wh}')
        width, height = self.content_wh
        try:
            small = image.with_pixels(_resized(image.pixels, (width, height)))
        except cv2.error as error:  # 1x1 pixels, by OpenCV 4.5
            size = '{}x{}'.format(*self.image_wh)
            raise ImageError(f'OpenCV cannot scale an image of {size}: {error.err}') from error
        batch = self.empty_batch() if out is None else out
        batch[0, :height, :width] = small.as_rgb()
        return batch

    def to_input(self, points_xy: NDArray[np.floating]) -> NDArray[np.float32]:
        """Map points ``(..., 2)`` in image pixels to pixels of the input."""
        return np.asarray(points_xy * np.array(self.scale_xy), np.float32)

    def to_image(self, points_xy: NDArray[np.floating]) -> NDArray[np.float32]:
        """Map points ``(..., 2)`` in pixels of the input to image pixels."""
        return np.asarray(points_xy / np.array(self.scale_xy), np.float32)


def _resized(pixels: NDArray[np.uint8], wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize; a turned or mirrored view as it lies in memory, since OpenCV would copy it first."""
    mirrored = tuple(axis for axis in (0, 1) if pixels.strides[axis] < 0)
    stored = np.flip(pixels, mirrored)
    if stored.strides[0] < stored.strides[1]:
        small = cv2.resize(stored.swapaxes(0, 1), wh[::-1]).swapaxes(0, 1)
    else:
        small = cv2.resize(stored, wh)
    return np.asarray(np.flip(small, mirrored), np.uint8)
