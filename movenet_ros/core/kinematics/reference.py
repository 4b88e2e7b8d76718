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

"""A posture to compare with: joint angles, each with how far from it is still right."""

from __future__ import annotations

from collections.abc import Mapping
import json
import math
from typing import Any
from typing import NamedTuple

from movenet_ros.core.errors import StartError
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.wording import one_line
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TOLERANCE = math.radians(10.0)  # what a coach lets pass, where the reference does not say
DECIMALS = 1  # of degrees in a file
KEY = 'angles_deg'
FIX = 'give a pose that analyse --save-reference wrote, or the angles.parquet of an analysis'


class Goal(NamedTuple):
    """
    Where an angle should be.

    :param value: in radians.
    :param tolerance: in radians.
    """

    value: float
    tolerance: float = TOLERANCE


PoseReference = Mapping[str, Goal]
"""The angles that matter, by their names in ``ANGLES``."""


def pose_reference(values: Floats, deviations: Floats) -> dict[str, Goal]:
    """
    Return a person's angles as a reference; what is not known does not matter.

    The tolerance is twice the standard deviation of the angle, and at least ``TOLERANCE``.

    :param values: ``(a,)`` radians, in the order of ``ANGLES``.
    :param deviations: ``(a,)`` radians.
    """
    return {
        name: Goal(value, max(TOLERANCE, 2 * deviation))
        for name, value, deviation in zip(ANGLES, values.tolist(), deviations.tolist())
        if math.isfinite(value)
    }


def pose_to_json(reference: PoseReference, source: str) -> str:
    """
    Return a reference as it lies in a file, in degrees, to be edited by hand.

    :param source: what it was made of, for people.
    """
    angles = {
        name: {
            'value': round(math.degrees(goal.value), DECIMALS),
            'tolerance': round(math.degrees(goal.tolerance), DECIMALS),
        }
        for name, goal in reference.items()
    }
    return json.dumps({'source': source, KEY: angles}, indent=2) + '\n'


def pose_from_json(text: str) -> dict[str, Goal]:
    """
    Read a reference.

    :raises StartError: if it is none, without the name of the file.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StartError(f'is not JSON ({one_line(error)}): {FIX}') from error
    angles = content.get(KEY) if isinstance(content, dict) else None
    if not isinstance(angles, dict) or not angles:
        raise StartError(f'has no {KEY}: {FIX}')
    unknown = [one_line(each) for each in angles if each not in ANGLES]
    if unknown:
        raise StartError(
            f'has an angle {unknown[0]}, which is not among {", ".join(ANGLES)}'
        )
    return {name: _goal(name, content) for name, content in angles.items()}


def _goal(name: str, content: Any) -> Goal:
    content = content if isinstance(content, dict) else {'value': content}
    value, tolerance = content.get('value'), content.get('tolerance', math.degrees(TOLERANCE))
    if not (_is_angle(value) and _is_angle(tolerance) and tolerance >= 0):
        raise StartError(
            f'{name} needs a value and a tolerance in degrees, from -360 to 360 and from 0 to 360'
        )
    return Goal(math.radians(value), math.radians(tolerance))


def _is_angle(value: Any) -> bool:
    """Return whether something is an angle in degrees."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 360
