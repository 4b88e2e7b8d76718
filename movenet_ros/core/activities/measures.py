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
What a body measures, in one table: all that the rules on postures and gestures look at.

Lengths are in statures, so pixels and metres are alike. A bone that points at the camera looks
shorter, none looks longer: the second longest for its kind tells the stature, as the longest may
be misplaced.
"""

from __future__ import annotations

from dataclasses import dataclass

from movenet_ros.core.activities.places import FOREARM
from movenet_ros.core.activities.places import Places
from movenet_ros.core.activities.places import places_of
from movenet_ros.core.activities.places import RISES
from movenet_ros.core.activities.places import SHARES
from movenet_ros.core.activities.places import SIDES
from movenet_ros.core.activities.places import THIGHS
from movenet_ros.core.activities.places import UNITS
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.kinematics.bodies import Bodies
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEEP, KICKED_UP = 0.5, -0.3  # of its length rises a thigh at least; a shank at most
PALM = 0.4  # of a forearm from the wrist on is where the palm is
FLEXIONS = ('elbow', 'knee')
IN_ANGLES = np.array([[ANGLES.index(f'{side}_{joint}') for side in SIDES] for joint in FLEXIONS])
OF_SIDES = (
    'palm_to_face',  # to its nearest keypoint, where the nose is seen
    'reach',  # from the shoulder to the wrist, level, to the person's own left
    'thigh_length',  # as it looks, in its length
)
OF_ALL = (
    'lean',  # of the trunk to up, in radians
    'feet_away',  # the nearest of both feet and their middle, from the hips, level
    'width',  # of the shoulders, level
    'swapped',  # how far the right wrist is to the own left of the left one
)
MEASURES = (*RISES, *FLEXIONS, *OF_SIDES, *OF_ALL)
ROW = {name: row for row, name in enumerate(MEASURES)}
FIRST_FLEXION = len(RISES)


@dataclass(frozen=True, eq=False)
class Measures:
    """
    What bodies measure.

    :param values: ``(m, 2, n)`` in the order of ``MEASURES``, on the left and on the right of each
        person; what has no side is there twice. NaN where it is not known.
    :param deviations: ``(m, 2, n)`` their standard deviations; 0 where the rules need none.
    :param forearms: ``(2, d, n)`` from elbows to wrists, in the length of a forearm.
    :param up: ``(d,)`` of length 1.
    """

    values: Floats
    deviations: Floats
    forearms: Floats
    up: Floats

    def of(self, name: str) -> Floats:
        """Return ``(2, n)`` one measure of everybody."""
        return np.asarray(self.values[ROW[name]])


def measures_of(bodies: Bodies, angles: Angles, down: ArrayLike) -> Measures:
    """
    Measure bodies, in pixels or metres alike.

    :param angles: of the same people.
    :param down: as for the angles; where nothing of it lies in the image, nothing is known.
    """
    down = np.asarray(down, np.float64)[:bodies.points.shape[-1]]
    up = -down / (np.sqrt(down @ down) or np.nan)
    at = places_of(bodies.skeleton)
    variances = np.square(bodies.deviations) @ np.square(up)
    both = at.with_middles(
        np.concatenate([bodies.points, variances[..., None]], axis=-1).transpose(1, 2, 0)
    )
    points, variances = both[:, :-1], both[:, -1]
    bones = _length(points[at.starts] - points[at.ends]) / SHARES
    stature = _second_longest(bones)
    points, variances = points / stature, variances / np.square(stature)
    heights = np.matmul(up, points)
    levels = points - heights[:, None] * up[:, None]
    forearms = points[at.wrists] - points[at.elbows]

    values, deviations = np.zeros((2, len(MEASURES), 2, len(bodies)))
    rises, flexions = slice(FIRST_FLEXION), slice(FIRST_FLEXION, FIRST_FLEXION + len(FLEXIONS))
    values[rises] = (heights[at.upper] - heights[at.lower]) / UNITS
    deviations[rises] = np.sqrt(variances[at.upper] + variances[at.lower]) / UNITS
    values[ROW['leg']] += 0 * values[ROW['thigh']]  # no ankle is believed without its knee
    values[flexions] = angles.values.T[IN_ANGLES]
    deviations[flexions] = angles.deviations.T[IN_ANGLES]
    _disbelieve_ankles(values)
    values[ROW['palm_to_face']] = _palms_to_face(points, forearms, at)
    values[ROW['reach']], values[ROW['width']], values[ROW['swapped']] = _to_own_left(levels, at)
    deviations[[ROW['palm_to_face'], ROW['reach']]] = np.sqrt(variances[at.wrists])
    values[ROW['thigh_length']] = bones[THIGHS] / stature
    values[ROW['lean']], deviations[ROW['lean']] = _lean(points, heights, variances, at)
    values[ROW['feet_away']] = _feet_away(levels, at)
    return Measures(values, deviations, forearms / FOREARM, up)


def _length(vectors: Floats) -> Floats:
    """Return ``(b, n)`` how long ``(b, d, n)`` vectors are."""
    return np.asarray(np.sqrt(np.square(vectors).sum(axis=1)))


def _second_longest(bones: Floats) -> Floats:
    """Return ``(n,)`` how tall ``(b, n)`` bones tell that people are; NaN of fewer than two."""
    second = np.sort(np.fmax(bones, 0.0), axis=0)[-2]
    return np.where(second > 0, second, np.nan)


def _disbelieve_ankles(values: Floats) -> None:
    """
    Take away what ankles far above their knees tell, below thighs that are steep.

    Where the image ends above the ankles, one of them is often found on the other leg.
    """
    odd = (values[ROW['thigh']] > STEEP) & (values[ROW['shank']] < KICKED_UP)
    for name in ('leg', 'shank', 'knee'):
        values[ROW[name]][odd] = np.nan


def _palms_to_face(points: Floats, forearms: Floats, at: Places) -> Floats:
    """Return ``(2, n)`` how far both palms are from the face; wrists, where no elbow is seen."""
    palms = points[at.wrists] + PALM * np.where(np.isnan(forearms), 0.0, forearms)
    away = np.square(palms[:, None] - points[at.face]).sum(axis=2)
    return np.where(np.isnan(away[:, 0]), np.nan, np.sqrt(np.fmin.reduce(away, axis=1)))


def _to_own_left(levels: Floats, at: Places) -> tuple[Floats, Floats, Floats]:
    """Return the reach of both arms, the width of the shoulders, and how wrists are swapped."""
    left, right = levels[at.shoulders]
    across = left - right
    width = np.sqrt(np.square(across).sum(axis=0))
    way = across / np.where(width > 0, width, np.nan)
    reach = ((levels[at.wrists] - levels[at.shoulders]) * way).sum(axis=1)
    return reach, width, reach[1] - reach[0] - width


def _lean(
    points: Floats, heights: Floats, variances: Floats, at: Places
) -> tuple[Floats, Floats]:
    """Return ``(n,)`` how far trunks lean, and its standard deviation; here of one side too."""
    top, bottom = at.middle_of_shoulders, at.middle_of_hips
    length = np.sqrt(np.square(points[top] - points[bottom]).sum(axis=0))
    length = np.where(length > 0, length, np.nan)
    lean = np.arccos(np.clip((heights[top] - heights[bottom]) / length, -1.0, 1.0))
    return lean, np.sqrt(variances[top] + variances[bottom]) / length


def _feet_away(levels: Floats, at: Places) -> Floats:
    """Return ``(n,)`` how far the feet are from below the hips."""
    left, right = levels[at.ankles] - levels[at.middle_of_hips]
    away = _length(np.stack([left, right, (left + right) / 2]))
    return np.asarray(np.fmin.reduce(away, axis=0))
