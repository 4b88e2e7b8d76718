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
Depth near keypoints: so many pixels of a disc around each, of all people at once.

No more than these pixels of a depth image are read. Depth is in whole millimetres from here on,
whatever the image's unit, so that both give the same to the last bit; 0 is not known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLES = 32  # in a disc
FARTHEST_MM = 65535
# Vogel's sunflower, closer together in the middle
WIDTH = 1.4  # radii that the outermost are away
DENSE = 0.7
_TURNS = np.arange(SAMPLES) * math.pi * (3 - math.sqrt(5))
_RADII = WIDTH * ((np.arange(SAMPLES) + 0.5) / SAMPLES) ** DENSE
DISC_XY = (_RADII * (np.cos(_TURNS), np.sin(_TURNS))).astype(np.float32)
MIDDLE = 0.7  # of the disc's radius: how far out a pixel counts, as a standard deviation
WEIGHTS = np.exp(-0.5 * (_RADII / MIDDLE) ** 2)
WEIGHTS /= WEIGHTS.sum()


def sampled(
    depth: NDArray[Any],
    points_xy: NDArray[np.float64],
    radii_px: NDArray[np.float64],
    limits_m: tuple[float, float],
) -> NDArray[np.int32]:
    """
    Take the depth in discs; what lies outside the image has the depth of its nearest pixel.

    :param depth: ``(H, W)``, as core/depth.py has it.
    :param points_xy: ``(..., 2)`` the middles, in pixels of the depth image.
    :param radii_px: ``(...)``
    :param limits_m: depth outside of these is not known.
    :return: ``(..., SAMPLES)`` millimetres, 0 where the depth is not known.
    """
    last_xy = np.array([[depth.shape[1] - 1], [depth.shape[0] - 1]], np.float32)
    middles, radii = points_xy.astype(np.float32), radii_px.astype(np.float32)
    places = radii[..., None, None] * DISC_XY
    places += middles[..., None]
    np.maximum(places, 0, out=places)
    pixels = np.minimum(places, last_xy, out=places).astype(np.intp)
    values = depth[pixels[..., 1, :], pixels[..., 0, :]]
    if values.dtype == np.uint16:
        mm: NDArray[np.int32] = values.astype(np.int32)
    else:
        metres = np.fmin(np.fmax(values, 0), np.float32(FARTHEST_MM / 1000))  # NaN: 0
        mm = np.rint(metres * np.float32(1000)).astype(np.int32)
    mm *= mm >= int(1000 * limits_m[0])
    mm *= mm <= int(1000 * limits_m[1])
    return mm
