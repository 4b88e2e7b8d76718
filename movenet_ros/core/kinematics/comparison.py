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
from importlib import import_module
import math
from typing import Any
from typing import NamedTuple

from movenet_ros.core.errors import StartError
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.reference import PoseReference
from movenet_ros.core.kinematics.reference import TOLERANCE
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ZERO_AT = math.radians(45.0)
LEAST_SEEN = 0.5  # of a clip; an angle that is seen less is not compared
WORST = 5, 95  # percentiles of a difference over time, that stand for it
CLIP_HZ = 10.0  # enough for the limbs of people
LEAST_PART = 0.5  # of the reference's duration: a part that is shorter is not like it
MOST_SAMPLES = 1200  # of a clip; the alignment takes memory by their square
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


def compare_with_pose(curves: Curves, reference: PoseReference) -> Comparison:
    """Compare the image in which the person is nearest to the pose."""
    columns = [ANGLES.index(name) for name in reference]
    goals = np.array([goal.value for goal in reference.values()])
    tolerances = np.array([goal.tolerance for goal in reference.values()])
    differences = curves.values[:, columns] - goals
    allowed = np.maximum(tolerances, 2 * curves.deviations[:, columns])
    seen = np.isfinite(differences)
    if not seen.any():
        return Comparison(tuple(
            Deviation(name, math.nan, goal.tolerance, 0) for name, goal in reference.items()
        ), 0, 0)
    # an angle that is not seen has no marks: nor is it right
    marks = np.where(seen, _marks(differences, allowed), 0.0).sum(axis=1)
    shares = np.where(seen, np.abs(differences) / allowed, 0.0).sum(axis=1)
    best = int(np.lexsort((shares, -marks))[0])
    at_ns = int(curves.stamps_ns[best])
    deviations = [
        Deviation(name, float(difference), float(each), at_ns)
        for name, difference, each in zip(reference, differences[best], allowed[best])
    ]
    return Comparison(_sorted(deviations), at_ns, at_ns)


def compare_with_clip(curves: Curves, reference: Curves) -> Comparison:
    """
    Compare the part of a clip that is most like a recorded one, by dynamic time warping.

    Both are compared in equal steps of time, whatever their rates; what comes before and after in
    the person's clip does not matter.

    :raises StartError: if dtaidistance is not installed.
    """
    longest = max(each.seconds[-1] if len(each) else 0.0 for each in (curves, reference))
    rate_hz = min(CLIP_HZ, MOST_SAMPLES / max(longest, 1e-9))
    mine, theirs = curves.resampled(rate_hz), reference.resampled(rate_hz)
    both = [i for i in range(len(ANGLES)) if _is_known(curves, i) and _is_known(reference, i)]
    if not both:
        known = [name for i, name in enumerate(ANGLES) if _is_known(reference, i)]
        return Comparison(
            tuple(Deviation(name, math.nan, TOLERANCE, 0) for name in known), 0, 0
        )
    noise = np.hypot(*(np.nanmedian(each.deviations[:, both], axis=0) for each in (mine, theirs)))
    scale = np.maximum(noise, TOLERANCE)
    there, here = _path(theirs.values[:, both] / scale, mine.values[:, both] / scale).T
    differences = mine.values[here][:, both] - theirs.values[there][:, both]
    deviation = np.hypot(mine.deviations[here][:, both], theirs.deviations[there][:, both])
    allowed = np.maximum(TOLERANCE, 2 * deviation)
    deviations = [
        _over_time(ANGLES[i], differences[:, k], allowed[:, k], mine.stamps_ns[here])
        for k, i in enumerate(both)
    ]
    first, last = int(here[0]), int(here[-1])
    return Comparison(
        _sorted(deviations), int(mine.stamps_ns[first]), int(mine.stamps_ns[last]),
        _aligned(mine.stamps_ns[first:last + 1], theirs, there, here - first),
    )


def _marks(differences: Floats, allowed: Floats) -> Floats:
    """Return the marks of differences, from 0 to 100."""
    errors = np.maximum(np.abs(differences) - allowed, 0.0)
    return np.asarray(100 * np.clip(1 - errors / ZERO_AT, 0, 1))


def _sorted(deviations: list[Deviation]) -> tuple[Deviation, ...]:
    """Return the greatest error first; what is not seen last."""
    return tuple(sorted(deviations, key=lambda it: (not it.is_seen, -it.error)))


def _is_known(curves: Curves, angle: int) -> bool:
    """Return whether enough is known of an angle."""
    return bool(np.isfinite(curves.values[:, angle]).sum() >= max(1, LEAST_SEEN * len(curves)))


def _over_time(
    name: str, differences: Floats, allowed: Floats, stamps_ns: NDArray[np.int64]
) -> Deviation:
    """Return the greatest difference of a clip, without its rarest twentieth."""
    worst = max(np.percentile(differences, WORST), key=abs)
    at = int(np.argmin(np.abs(differences - worst)))
    return Deviation(name, float(worst), float(allowed[at]), int(stamps_ns[at]))


def _path(reference: Floats, person: Floats) -> NDArray[np.int64]:
    """
    Return ``(p, 2)`` which of the reference's samples belongs to which of the person's.

    The reference is matched as a whole: with any part of the person's clip, but with all of it
    where an instant of it would be the most alike, since nothing in it is like the reference.
    """
    dtw = _dtw()
    for skipped in (len(person), 0):  # at either end of the person's clip
        _, costs = dtw.warping_paths(
            reference, person, psi=(0, 0, skipped, skipped), use_ndim=True,
            use_c=dtw.dtw_cc is not None,
        )
        path = np.array(dtw.best_path(costs), np.int64)
        if np.ptp(path[:, 1]) + 1 >= LEAST_PART * len(reference):
            break
    return path


def _dtw() -> Any:
    """Load the package by name: it takes half a second, and only comparing clips needs it."""
    try:
        return import_module('dtaidistance.dtw')
    except ImportError as error:
        raise StartError(
            f'dtaidistance is not installed ({error}): pip install dtaidistance'
        ) from error


def _aligned(
    stamps_ns: NDArray[np.int64], reference: Curves, there: NDArray[np.int64],
    here: NDArray[np.int64],
) -> Curves:
    """Return the reference at the person's times: the mean of what belongs to each."""
    counts = np.bincount(here, minlength=len(stamps_ns))[:, None]

    def at_their_times(values: Floats) -> Floats:
        sums = np.zeros((len(stamps_ns), values.shape[1]))
        np.add.at(sums, here, values[there])
        return sums / counts

    return Curves(
        stamps_ns, at_their_times(reference.values), at_their_times(reference.deviations)
    )
