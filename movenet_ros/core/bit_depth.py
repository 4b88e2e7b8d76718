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
16 bits to 8, over the range that an image uses.

A camera of 10 or 12 bits fills a 64th or a 16th of its 16-bit encoding, a thermal one a few
hundred steps somewhere in it: scaled over all 65536, such an image is black, or of one grey. So
the range in use is stretched. Each image tells its own, so that a bag gives the same poses again;
the scale has no threshold beside which the brightness would jump.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FULL = 65535
GRID = 64  # pixels in each direction, or somewhat more, tell the range
OUTSIDE = 0.001  # the share of them that may lie below it, and above: dead pixels, a lamp
NARROW, WIDE = FULL / 4, FULL / 2  # ranges: all 14-bit ones are stretched, no wide one is
NOISE = 64.0  # a range below this is stretched no further: it is a sensor's noise
FLAT = 8  # a range below this holds nothing


def to_8_bit(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """
    Scale 16 bits to 8; 8 bits stay as they are.

    :param pixels: ``(H, W)`` or ``(H, W, C)`` uint8 or uint16 in any byte order; a fourth channel
        is alpha.
    """
    if pixels.dtype == np.uint8:
        return pixels
    pixels = pixels.astype(np.uint16)  # in this machine's byte order, in one piece
    low, high = range_in_use(pixels)
    if low:
        np.maximum(pixels, low, out=pixels)
        pixels -= low
    scaled = cv2.convertScaleAbs(pixels, alpha=255 / (high - int(low)))
    return np.asarray(scaled, np.uint8).reshape(pixels.shape)


def range_in_use(pixels: NDArray[np.uint16]) -> tuple[np.uint16, float]:
    """
    Return which values become black and white.

    An image that uses half of the 16 bits or more keeps all of them.

    :param pixels: ``(H, W)`` or ``(H, W, C)``; a fourth channel is not looked at.
    """
    down, across = (side // GRID | 1 for side in pixels.shape[:2])  # odd: all colours of a mosaic
    some = pixels[::down, ::across]
    sample = np.sort(some if some.ndim == 2 else some[..., :3], axis=None)
    outside = int(OUTSIDE * len(sample))
    low, high = float(sample[outside]), float(sample[-1 - outside])
    if high - low < FLAT:
        return np.uint16(0), FULL
    share = min(1.0, max(0.0, (WIDE - (high - low)) / (WIDE - NARROW)))
    low, high = share * low, FULL - share * (FULL - high)
    return np.uint16(low), max(high, low + NOISE)
