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

"""Whether an image shows anything: a covered lens, a wrong exposure or encoding gives none."""

from __future__ import annotations

from movenet_ros.core.image import SourceImage
import numpy as np

GRID = 48  # pixels in each direction, or somewhat more, are looked at
APART = 8  # pixels; things in a picture are larger, while noise differs
DARK, BRIGHT = 20, 235  # of 255: beyond, nobody is seen
NEARLY_ALL = 0.995  # of the pixels
STRUCTURE = 3.0  # of 255: less is no picture
OF_NOISE = 0.06  # of the variance: less is noise


def blankness(image: SourceImage) -> str:
    """
    Return what an image is that shows nothing: ``black``, ``white`` or ``flat``; else nothing.

    Flat is one colour, or noise: what differs from pixel to pixel, but not from place to place.
    """
    pixels = image.pixels if image.pixels.ndim == 2 else image.pixels[..., 1]  # green
    height, width = pixels.shape
    apart = min(APART, width // 2)
    down, across = max(1, height // GRID), max(1, (width - apart) // GRID)
    some = pixels[::down, :width - apart:across].astype(np.float32)
    beside = pixels[::down, apart::across].astype(np.float32)
    if np.mean(some < DARK) >= NEARLY_ALL:
        return 'black'
    if np.mean(some > BRIGHT) >= NEARLY_ALL:
        return 'white'
    variance = float(some.var())
    alike = float(np.mean((some - some.mean()) * (beside - beside.mean())))
    return 'flat' if alike < max(STRUCTURE**2, OF_NOISE * variance) else ''
