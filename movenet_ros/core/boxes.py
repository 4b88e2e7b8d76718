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

"""Boxes, (left, top, right, bottom) in pixels: moved, measured and compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AnyFloats = NDArray[np.floating[Any]]


def iou(a: Floats, b: Floats) -> Floats:
    """
    Return intersection over union.

    :param a: ``(m, 4)`` boxes, (left, top, right, bottom) in pixels.
    :param b: ``(n, 4)`` boxes.
    :return: ``(m, n)`` from 0 to 1; 0 for boxes without an area.
    """
    shared = shared_areas(a, b)
    union = areas(a)[:, None] + areas(b) - shared
    return np.asarray(shared / np.maximum(union, 1e-9))


def shifted(boxes: Floats, shifts: Floats) -> Floats:
    """Move boxes, each by its shift ``(n, 2)``."""
    return (boxes.reshape(-1, 2, 2) + shifts[:, None]).reshape(-1, 4)


def within(boxes: AnyFloats, image_wh: tuple[int, int]) -> AnyFloats:
    """Return the part of each box that lies in the image."""
    return np.asarray(np.clip(boxes, 0, (*image_wh, *image_wh)))


def sizes(boxes: AnyFloats) -> AnyFloats:
    """Return ``(n,)`` the square root of the area of each box; 0 for a box that is none."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0)
    return np.asarray(np.sqrt(sides[:, 0] * sides[:, 1]))


def areas(boxes: Floats) -> Floats:
    """Return the area of each box, ``(n,)``."""
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def shared_areas(a: Floats, b: Floats) -> Floats:
    """Return ``(m, n)`` the area that each box of a has in common with each of b."""
    sides = np.minimum(a[:, None, 2:], b[:, 2:]) - np.maximum(a[:, None, :2], b[:, :2])
    np.maximum(sides, 0.0, out=sides)
    return np.asarray(sides[..., 0] * sides[..., 1])
