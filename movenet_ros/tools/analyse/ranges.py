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

"""Ranges of motion, left against right."""

from __future__ import annotations

import math
from typing import Any
from typing import NamedTuple

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.motion import asymmetry
from movenet_ros.core.kinematics.motion import ranges_of_motion
from movenet_ros.tools.analyse.events import degrees
from movenet_ros.tools.analyse.events import rounded
import numpy as np

JOINTS = ('shoulder', 'elbow', 'hip', 'knee')
MIDDLE = ('trunk_lean', 'head_tilt')


class _Side(NamedTuple):
    """From where to where an angle goes, and its median standard deviation, in radians."""

    least: float
    most: float
    deviation: float

    @property
    def extent(self) -> float:
        return self.most - self.least


def ranges_of(curves: Curves) -> list[dict[str, Any]]:
    """
    Return how far each joint goes, in degrees.

    :return: for each joint that is known: joint; sides (least, most and deviation of each); where
        both are known, asymmetry and whether it is more than their error explains.
    """
    sides = _sides(curves)
    rows = []
    for joint in (*JOINTS, *MIDDLE):
        names = [joint] if joint in MIDDLE else [f'left_{joint}', f'right_{joint}']
        known = [sides[name] for name in names if name in sides]
        if known:
            rows.append({
                'joint': joint,
                'sides': [_shown(sides[name]) if name in sides else None for name in names],
                **(_difference(*known) if len(known) > 1 else {}),
            })
    return rows


def _sides(curves: Curves) -> dict[str, _Side]:
    """Return the range of each angle that is known."""
    sides = {}
    for i, name in enumerate(ANGLES):  # one by one: of hours, all at once take much memory
        (least,), (most,) = ranges_of_motion(curves.values[:, [i]], curves.stamps_ns)
        if np.isfinite(least):
            deviation = np.nanmedian(curves.deviations[:, i])
            sides[name] = _Side(float(least), float(most), float(deviation))
    return sides


def _shown(side: _Side) -> dict[str, Any]:
    return {name: degrees(value) for name, value in side._asdict().items()}


def _difference(left: _Side, right: _Side) -> dict[str, Any]:
    """Return by how much the ranges differ, and whether that is sure."""
    error = 2 * math.hypot(left.deviation, right.deviation)  # 95 % are within
    return {
        'asymmetry': rounded(float(asymmetry(left.extent, right.extent)), 3),
        'is_sure': abs(left.extent - right.extent) > error,
    }
