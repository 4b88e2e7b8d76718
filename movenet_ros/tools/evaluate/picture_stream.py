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

"""A stream of images that ends with a picture: of a camera that shakes, drifts and zooms out."""

from __future__ import annotations

from collections.abc import Iterator
import math
from zlib import crc32

import cv2
from movenet_ros.core.image import SourceImage
import numpy as np

SHAKE = 0.01  # of the width, from one image to the next, in any direction
DRIFT = 0.003  # of the width, from one image to the next, in one direction
ZOOM = 0.003  # out, from one image to the next


def stream_to(picture: SourceImage, name: str, count: int) -> Iterator[SourceImage]:
    """
    Yield images that end with a picture.

    What lies beyond the picture's edges is not known: the pixels of the edge are repeated.

    :param name: of the picture; the same name gives the same motion.
    :param count: of the images, the picture included.
    """
    width, height = picture.wh
    random = np.random.default_rng(crc32(name.encode()))
    angles = random.uniform(0.0, 2 * math.pi, count)  # the first one is the drift's
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    middle = np.array([width, height]) / 2 - 0.5  # as OpenCV counts pixels
    shaken = np.cumsum(directions[1:], axis=0)
    for before in range(count - 1, 0, -1):
        scale = (1 + ZOOM) ** before
        moved = width * (SHAKE * shaken[before - 1] + DRIFT * before * directions[0])
        shift = middle - scale * middle + moved
        matrix = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
        pixels = cv2.warpAffine(
            picture.pixels, matrix, picture.wh, borderMode=cv2.BORDER_REPLICATE
        )
        yield picture.with_pixels(np.asarray(pixels, np.uint8))
    yield picture
