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

import math
from typing import NamedTuple

from movenet_ros.core.kinematics.angles import JOINTS
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
    Return how one of ``ANGLES`` is drawn.

    Flexion is shown from the straight continuation of the upper limb, elevation from the trunk,
    lean from the upright: where each is 0.

    :param points: ``(17, 2)`` in pixels; NaN where one is not seen.
    :return: None where a point is missing, or the angle has no arc.
    """
    if name in JOINTS:
        joint = JOINTS[name]
        start, center, end = (
            points[COCO.index[each]] for each in (joint.start, joint.at, joint.end)
        )
        zero = center - start if joint.is_flexion else start - center
        limb = end - center
    elif name == 'trunk_lean':
        shoulders, center = (
            points[[COCO.index[f'{side}_{each}'] for side in ('left', 'right')]].mean(axis=0)
            for each in ('shoulder', 'hip')
        )
        limb = shoulders - center
        zero = np.array([0.0, -np.hypot(*limb)])
    else:
        return None
    lengths = np.hypot(*zero), np.hypot(*limb)
    if not min(lengths) > 0:  # nor NaN
        return None
    begin, until = (math.atan2(each[1], each[0]) for each in (zero, limb))
    sweep = (until - begin + math.pi) % (2 * math.pi) - math.pi
    zero *= min(1.0, lengths[1] / lengths[0])
    x, y = center.tolist()
    return Arc(
        (x, y), OF_LIMB * float(min(lengths)), begin, sweep,
        (x + float(zero[0]), y + float(zero[1])), (x + float(limb[0]), y + float(limb[1])),
    )
