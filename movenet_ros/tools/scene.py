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
A scene with two people, for a demo without a camera: two photographs, side by side.

Both people sway, each at its own pace.
"""

from __future__ import annotations

from collections.abc import Iterator
import math

import cv2
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.media import TimedImage
from movenet_ros.core.needs import needs
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

SCENE_WH = (640, 480)
RATE_HZ = 30.0
SECONDS = 10
SWAY = 30  # pixels to each side
EMPTY = 128  # where nobody is
PACES = (2, 5)  # how often each person sways in all that time


def two_people(*photos_bgr: NDArray[np.uint8]) -> Media:
    """
    Make the scene.

    :param photos_bgr: two of ``(H, W, 3)`` BGR, each a picture of one person on its left side.
    """
    width, height = SCENE_WH[0] // len(photos_bgr), SCENE_WH[1]
    photos = [_filling(photo, (width + 2 * SWAY, height)) for photo in photos_bgr]
    count = int(SECONDS * RATE_HZ)

    def image(i: int) -> SourceImage:
        angle = 2 * math.pi * i / count
        lefts = [round(SWAY * (1 + math.sin(pace * angle))) for pace in PACES]
        parts = [photo[:, left:left + width] for photo, left in zip(photos, lefts, strict=True)]
        return SourceImage(np.hstack(parts), 'bgr')

    def images() -> Iterator[TimedImage]:
        return (TimedImage(image(i), round(i * NANOSECONDS / RATE_HZ)) for i in range(count))

    return Media('the built-in scene', RATE_HZ, count, False, images)


def rearranged(image: SourceImage, count: int) -> SourceImage:
    """
    Return an image of the scene with another number of people, all of one size.

    :param count: of the people: two in a row, or three where there are more than four.
    """
    columns = 2 if count <= 4 else 3
    rows = -(-count // columns)
    width, height = image.wh
    halves = image.pixels[:, :width // 2], image.pixels[:, width // 2:]
    pixels = np.full_like(image.pixels, EMPTY)
    for i in range(count):
        row, column = divmod(i, columns)
        left, right = (width * each // columns for each in (column, column + 1))
        top, bottom = (height * each // rows for each in (row, row + 1))
        pixels[top:bottom, left:right] = _filling(halves[i % 2], (right - left, bottom - top))
    return image.with_pixels(pixels)


def _filling(photo: NDArray[np.uint8], wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale a photograph until it fills a size, and cut off what is too much of it."""
    scale = max(wanted / side for wanted, side in zip(wh, photo.shape[1::-1], strict=True))
    scaled_wh = round(photo.shape[1] * scale), round(photo.shape[0] * scale)
    scaled = cv2.resize(photo, scaled_wh, interpolation=cv2.INTER_AREA)
    return np.asarray(scaled[:wh[1], :wh[0]], np.uint8)


def built_in_scene() -> Media:
    """
    Make the scene of two photographs that scikit-image has.

    They are of Eileen Collins (NASA, public domain), and by Lav Varshney (CC0).
    """
    data = needs('skimage.data')
    return two_people(data.astronaut()[..., ::-1], cv2.cvtColor(data.camera(), cv2.COLOR_GRAY2BGR))
