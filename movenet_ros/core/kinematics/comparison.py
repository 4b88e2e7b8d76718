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
How a person's joint angles differ from those of a reference, and what to do about it.

Of each angle, the error is what its difference exceeds the tolerance by, or twice the standard
deviation of the difference where that is more: what may be noise is no error. Its marks go from
100 without an error to 0 at ``ZERO_AT``; the score is the mean of the marks of all angles that
are seen.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import NamedTuple

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.reference import PoseReference
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ZERO_AT = math.radians(45.0)
TINY = 1e-6  # in place of a tolerance of 0
CORRECTIONS = {  # what to do for more of it, and for less; n is in degrees
    'shoulder': ('raise the {side} arm by {n} degrees', 'lower the {side} arm by {n} degrees'),
    **{
        joint: (
            f'bend the {{side}} {joint} {{n}} degrees more',
            f'straighten the {{side}} {joint} by {{n}} degrees',
        )
        for joint in ('elbow', 'hip', 'knee')
    },
    'lean': ('lean the trunk {n} degrees further', 'hold the trunk {n} degrees more upright'),
    'tilt': ('tilt the head {n} degrees to the right', 'tilt the head {n} degrees to the left'),
}


class Deviation(NamedTuple):
    """
    How an angle differs from the reference.

    :param angle: one of ``ANGLES``.
    :param difference: the person's less the reference's, in radians; NaN where it is not seen.
    :param allowed: a difference that is no error, in radians.
    :param at_ns: when it is so.
    """

    angle: str
    difference: float
    allowed: float
    at_ns: int

    @property
    def error(self) -> float:
        """Return what exceeds the allowed difference, in radians; 0 for nothing."""
        return max(0.0, abs(self.difference) - self.allowed) if self.is_seen else 0.0

    @property
    def marks(self) -> float:
        """Return what it adds to the score, from 0 to 100."""
        return float(_marks(np.array(self.difference), np.array(self.allowed)))

    @property
    def is_seen(self) -> bool:
        """Return whether the angle could be compared."""
        return math.isfinite(self.difference)

    @property
    def correction(self) -> str:
        """Return what to do; empty without an error."""
        if not self.error:
            return ''
        side, _, joint = self.angle.partition('_')
        words = CORRECTIONS[joint][int(self.difference > 0)]
        return words.format(side=side, n=round(math.degrees(abs(self.difference))))


@dataclass(frozen=True)
class Comparison:
    """
    A person against a reference.

    :param deviations: of all angles of the reference, the greatest error first.
    :param begin_ns: of the part that was compared.
    :param end_ns: of it; the same for a pose.
    :param aligned: the reference's angles at the person's times; None for a pose.
    """

    deviations: tuple[Deviation, ...]
    begin_ns: int
    end_ns: int
    aligned: Curves | None = None

    @property
    def score(self) -> float:
        """Return the mean of the marks, from 0 to 100; NaN where no angle could be compared."""
        marks = [each.marks for each in self.deviations if each.is_seen]
        return sum(marks) / len(marks) if marks else math.nan

    @property
    def sentence(self) -> str:
        """Return which joint to correct, and how."""
        seen = [each for each in self.deviations if each.is_seen]
        if not seen:
            return 'Nothing can be compared: no angle of the reference is seen.'
        worst = seen[0].correction
        if not worst:
            return 'Nothing to correct: every angle that is seen is within its tolerance.'
        return f'{worst[0].upper()}{worst[1:]}.'


def nearness(values: Floats, deviations: Floats, reference: PoseReference) -> Floats:
    """
    Return how near people are to a pose.

    It is the sum of the marks by the tolerances alone, divided by ``1 + (2 sd / ZERO_AT)**2``
    each: an image that is sure comes before one in which anything may be right. An angle that is
    not seen has no marks: nor is it right.

    :param values: ``(..., a)`` radians, in the order of ``ANGLES``; NaN where one is not known.
    :param deviations: ``(..., a)`` their standard deviations.
    :return: ``(...)``, from 0 to 100 for each angle of the reference.
    """
    differences, tolerances, noise = _from_pose(values, deviations, reference)
    marks = _marks(differences, tolerances) / (1 + np.square(noise / ZERO_AT))
    return np.asarray(np.nansum(marks, axis=-1))


def compare_with_pose(curves: Curves, reference: PoseReference) -> Comparison:
    """Compare the image in which the person is nearest to the pose."""
    differences, tolerances, noise = _from_pose(curves.values, curves.deviations, reference)
    allowed = np.maximum(tolerances, noise)
    if not np.isfinite(differences).any():
        return Comparison(tuple(
            Deviation(name, math.nan, goal.tolerance, 0) for name, goal in reference.items()
        ), 0, 0)
    marks = nearness(curves.values, curves.deviations, reference)
    shares = np.nansum(np.abs(differences) / np.maximum(allowed, TINY), axis=1)
    best = int(np.lexsort((shares, -marks))[0])  # of equal marks, the smallest differences
    at_ns = int(curves.stamps_ns[best])
    deviations = [
        Deviation(name, float(difference), float(each), at_ns)
        for name, difference, each in zip(reference, differences[best], allowed[best])
    ]
    return Comparison(worst_first(deviations), at_ns, at_ns)


def _from_pose(
    values: Floats, deviations: Floats, reference: PoseReference
) -> tuple[Floats, Floats, Floats]:
    """Return ``(..., r)`` differences from a pose, ``(r,)`` tolerances, and twice the noise."""
    columns = [ANGLES.index(name) for name in reference]
    goals, tolerances = np.array([*reference.values()]).reshape(-1, 2).T
    noise = np.where(np.isfinite(deviations[..., columns]), 2 * deviations[..., columns], 0.0)
    return values[..., columns] - goals, tolerances, noise


def _marks(differences: Floats, allowed: Floats) -> Floats:
    """Return the marks of differences, from 0 to 100."""
    errors = np.maximum(np.abs(differences) - allowed, 0.0)
    return np.asarray(100 * np.clip(1 - errors / ZERO_AT, 0, 1))


def worst_first(deviations: list[Deviation]) -> tuple[Deviation, ...]:
    """Return the greatest error first; what is not seen last."""
    return tuple(sorted(deviations, key=lambda it: (not it.is_seen, -it.error)))
