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

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.tools.analyse.events import degrees
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PERCENTILES = 5, 95  # an outlier is no range
JOINTS = ('shoulder', 'elbow', 'hip', 'knee')
MIDDLE = ('trunk_lean', 'head_tilt')


def ranges_of(curves: Curves) -> list[dict[str, Any]]:
    """
    Return how far each joint goes, in degrees.

    :return: for each joint that is known: joint, sides (least, most, deviation of each), and the
        difference between both sides with whether it is more than their error explains.
    """
    rows = []
    for joint in (*JOINTS, *MIDDLE):
        names = [joint] if joint in MIDDLE else [f'left_{joint}', f'right_{joint}']
        sides = [_range(curves, name) for name in names]
        if not any(sides):
            continue
        row: dict[str, Any] = {'joint': joint, 'sides': [_shown(each) for each in sides]}
        if all(sides) and len(sides) == 2:
            row.update(_asymmetry(*(each for each in sides if each)))
        rows.append(row)
    return rows


def _range(curves: Curves, name: str) -> tuple[float, float, float] | None:
    """Return smallest, largest and median standard deviation of an angle, in radians."""
    column = ANGLES.index(name)
    values = curves.values[:, column]
    if not np.isfinite(values).any():
        return None
    least, most = np.nanpercentile(values, PERCENTILES)
    return float(least), float(most), float(np.nanmedian(curves.deviations[:, column]))


def _shown(side: tuple[float, float, float] | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return dict(zip(('least', 'most', 'deviation'), map(degrees, side)))


def _asymmetry(
    left: tuple[float, float, float], right: tuple[float, float, float]
) -> dict[str, Any]:
    """Return by how much the ranges differ: of the larger one, and whether that is sure."""
    extents = left[1] - left[0], right[1] - right[0]
    difference = extents[0] - extents[1]
    return {
        'difference': degrees(difference),
        'asymmetry': round(abs(difference) / max(extents), 3) if max(extents) > 0 else 0.0,
        'is_sure': abs(difference) > 2 * math.hypot(left[2], right[2]),
    }
