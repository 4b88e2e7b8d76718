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

"""Where an angle is drawn into a picture: the lines it lies between, and the arc."""

from __future__ import annotations

from typing import NamedTuple

from movenet_ros.core.drawing_angles import bend_of
from movenet_ros.core.drawing_angles import turn_of
from movenet_ros.core.observing import DOWN
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OF_LIMB = 0.45  # the radius, of the shorter limb


class Arc(NamedTuple):
    """
    An angle in a picture, in its pixels.

    :param center: of the arc.
    :param radius: of it.
    :param begin: direction of its begin, in radians from x towards y.
    :param sweep: from there on, signed.
    :param zero: end of the line from the center on which the angle would be 0.
    :param end: end of the limb.
    """

    center: tuple[float, float]
    radius: float
    begin: float
    sweep: float
    zero: tuple[float, float]
    end: tuple[float, float]


def arc_of(name: str, points: Floats) -> Arc | None:
    """
    Return how one of ``ANGLES`` is drawn into an upright picture.

    :param points: ``(17, 2)`` in pixels; NaN where one is not seen.
    :return: None where a point is missing.
    """
    bend = bend_of(name, points, COCO, DOWN['+y'])
    zero, limb = bend.start, bend.end
    lengths = np.hypot(*zero), np.hypot(*limb)
    if not min(lengths) > 0:  # nor NaN
        return None
    begin, sweep = turn_of(bend)
    zero = zero * min(1.0, lengths[1] / lengths[0])
    (x, y), (zero_x, zero_y), (end_x, end_y) = (
        each.tolist() for each in (bend.at, bend.at + zero, bend.at + limb)
    )
    return Arc(
        (x, y), OF_LIMB * float(min(lengths)), begin, sweep, (zero_x, zero_y), (end_x, end_y)
    )
