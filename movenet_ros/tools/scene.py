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
A scene with two people, for a demo without a camera: a photograph, and it mirrored and smaller.

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
LARGE_HEIGHT, SMALL_HEIGHT = 400, 300  # pixels
SWAY = 30  # pixels to each side
BACKGROUND_BGR = (96, 84, 72)


def two_people(photo_bgr: NDArray[np.uint8]) -> Media:
    """
    Make the scene.

    :param photo_bgr: ``(H, W, 3)`` BGR, a picture of one person.
    """
    large = _of_height(photo_bgr, LARGE_HEIGHT)
    small = _of_height(photo_bgr[:, ::-1], SMALL_HEIGHT)
    count = int(SECONDS * RATE_HZ)
    width, height = SCENE_WH
    background = np.full((height, width, 3), BACKGROUND_BGR, np.uint8)

    def image(i: int) -> SourceImage:
        angle = 2 * math.pi * i / count
        canvas = background.copy()
        right = width - small.shape[1]
        _paste(canvas, small, round(right - SWAY / 2 * (1 + math.sin(5 * angle))), 40)
        _paste(canvas, large, round(SWAY * math.sin(2 * angle)) - SWAY, height - LARGE_HEIGHT)
        return SourceImage(canvas, 'bgr')

    def images() -> Iterator[TimedImage]:
        return (TimedImage(image(i), round(i * NANOSECONDS / RATE_HZ)) for i in range(count))

    return Media('the built-in scene', RATE_HZ, count, False, images)


def _of_height(image: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    width = round(image.shape[1] * height / image.shape[0])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _paste(
    canvas: NDArray[np.uint8], image: NDArray[np.uint8], left: int, top: int
) -> None:
    """Copy a picture onto another one; what lies outside is cut off."""
    right, bottom = left + image.shape[1], top + image.shape[0]
    height, width = canvas.shape[:2]
    x, y = max(0, left), max(0, top)
    canvas[y:bottom, x:right] = image[y - top:, x - left:][:height - y, :width - x]


def built_in_scene() -> Media:
    """Make the scene of scikit-image's photograph of Eileen Collins (NASA, public domain)."""
    photo_rgb = needs('skimage.data').astronaut()
    return two_people(photo_rgb[..., ::-1])
