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
from typing import NamedTuple

from movenet_ros.core.activities.places import BONES
from movenet_ros.core.activities.places import FACE
from movenet_ros.core.activities.places import FOREARM
from movenet_ros.core.activities.places import places_of
from movenet_ros.core.activities.places import RISES
from movenet_ros.core.activities.places import SHARES
from movenet_ros.core.activities.places import SIDES
from movenet_ros.core.activities.places import THIGH
from movenet_ros.core.activities.places import UNITS
from movenet_ros.core.activities.places import WAY
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.kinematics.bodies import Bodies
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEEP, KICKED_UP = 0.5, -0.3  # of its length rises a thigh at least; a shank at most
LEVEL = slice(WAY['width'], WAY['feet'] + 1)
TO_FACE = [WAY[f'palm_to_{each}'] for each in FACE]
FLEXIONS = ('elbow', 'knee')
IN_ANGLES = np.array([[ANGLES.index(f'{side}_{joint}') for side in SIDES] for joint in FLEXIONS])
OTHERS = (
    'thigh_length',  # as it looks, in its length
    'palm_to_face',  # to its nearest keypoint, where the nose is seen
    'reach',  # from the shoulder to the wrist, level, to the person's own left
    'width',  # of the shoulders, level; what has no side, as this, is there twice
    'swapped',  # how far the right wrist is to the own left of the left one
    'feet_away',  # the nearest of both feet and their middle, from the hips, level
    'lean',  # of the trunk to up, in radians
)
MEASURES = (*RISES, *FLEXIONS, *OTHERS)
ROW = {name: row for row, name in enumerate(MEASURES)}
OF_RISES, OF_FLEXIONS = slice(len(RISES)), slice(len(RISES), len(RISES) + len(FLEXIONS))
OF_ANKLES = [ROW[name] for name in ('leg', 'shank', 'knee')]
OF_WRISTS = slice(ROW['palm_to_face'], ROW['reach'] + 1)


@dataclass(frozen=True, eq=False)
class Measures:
    """
    What bodies measure.

    :param values: ``(m, 2, n)`` in the order of ``MEASURES``, on the left and on the right of each
        person; what has no side is there twice. NaN where it is not known.
    :param deviations: ``(m, 2, n)`` their standard deviations; 0 where the rules need none.
    :param forearms: ``(d, 2, n)`` from elbows to wrists, in the length of a forearm.
    :param up: ``(d,)`` of length 1.
    """

    values: Floats
    deviations: Floats
    forearms: Floats
    up: Floats

    def of(self, name: str) -> Floats:
        """Return ``(2, n)`` one measure of everybody."""
        return np.asarray(self.values[ROW[name]])


class _Ways(NamedTuple):
    """
    The ways of ``WAYS``, in statures; people come last, so that NumPy goes through many at once.

    :param vectors: ``(d, w, 2, n)``.
    :param heights: ``(w, 2, n)`` how far they go up.
    :param levels: ``(d, w, 2, n)`` what is level of them.
    :param deviations: ``(w, 2, n)`` of their heights.
    """

    vectors: Floats
    heights: Floats
    levels: Floats
    deviations: Floats


def measures_of(bodies: Bodies, angles: Angles, down: ArrayLike) -> Measures:
    """
    Measure bodies, in pixels or metres alike.

    :param angles: of the same people.
    :param down: as for the angles; where nothing of it lies in the image, nothing is known.
    """
    down = np.asarray(down, np.float64)[:bodies.points.shape[-1]]
    up = -down / (np.sqrt(down @ down) or np.nan)
    at = places_of(bodies.skeleton)
    table = at.table(bodies.points, np.square(bodies.deviations) @ np.square(up))
    start, end = table.take(at.starts, axis=1), table.take(at.ends, axis=1)
    vectors, variances = end[:-1] - start[:-1], end[-1] + start[-1]
    lengths = _length(vectors)
    stature = _stature(lengths)
    ways = _ways(vectors / stature, np.sqrt(variances) / stature, up)

    values, deviations = np.zeros((2, len(MEASURES), 2, len(bodies)))
    values[OF_RISES] = ways.heights[OF_RISES] / UNITS
    deviations[OF_RISES] = ways.deviations[OF_RISES] / UNITS
    values[ROW['leg']] += 0 * values[ROW['thigh']]  # no ankle is believed without its knee
    values[OF_FLEXIONS] = angles.values.T[IN_ANGLES]
    deviations[OF_FLEXIONS] = angles.deviations.T[IN_ANGLES]
    _disbelieve_ankles(values)
    _measure_levels(values, ways)
    values[ROW['palm_to_face']] = _nearest(lengths[TO_FACE]) / stature
    deviations[OF_WRISTS] = np.sqrt(table[-1].take(at.wrists, axis=0)) / stature
    values[ROW['thigh_length']] = lengths[WAY['thigh']] / (THIGH * stature)
    length = lengths[WAY['trunk']] / stature
    values[ROW['lean']] = np.arccos(_in_ones(ways.heights[WAY['trunk']] / length))
    deviations[ROW['lean']] = ways.deviations[WAY['trunk']] / length
    return Measures(values, deviations, ways.vectors[:, WAY['wrist_over_elbow']] / FOREARM, up)


def _ways(vectors: Floats, deviations: Floats, up: Floats) -> _Ways:
    to_up = up[:, None, None, None]
    heights = np.add.reduce(to_up * vectors)
    return _Ways(vectors, heights, vectors - heights * to_up, deviations)


def _length(vectors: Floats) -> Floats:
    """Return ``(...)`` how long ``(d, ...)`` vectors are."""
    return np.asarray(np.sqrt(np.add.reduce(np.square(vectors))))


def _in_ones(cosines: Floats) -> Floats:
    """Return cosines without what rounding has made of them; np.clip takes longer."""
    return np.asarray(np.minimum(np.maximum(cosines, -1.0), 1.0))


def _stature(lengths: Floats) -> Floats:
    """Return ``(n,)`` how tall ``(w, 2, n)`` ways tell that people are; NaN of fewer than two."""
    bones = lengths.reshape(2 * len(WAY), lengths.shape[-1]).take(BONES, axis=0) / SHARES
    second = np.sort(np.fmax(bones, 0.0), axis=0)[-2]
    return np.where(second > 0, second, np.nan)


def _disbelieve_ankles(values: Floats) -> None:
    """
    Take away what ankles far above their knees tell, below thighs that are steep.

    Where the image ends above the ankles, one of them is often found on the other leg.
    """
    odd = (values[ROW['thigh']] > STEEP) & (values[ROW['shank']] < KICKED_UP)
    values[OF_ANKLES] = np.where(odd, np.nan, values[OF_ANKLES])


def _nearest(away: Floats) -> Floats:
    """Return ``(2, n)`` how far the nearest of ``TO_FACE`` is; NaN where the first is not seen."""
    return np.asarray(np.fmin.reduce(away) + 0 * away[0])


def _measure_levels(values: Floats, ways: _Ways) -> None:
    """Measure ``reach``, ``width``, ``swapped`` and ``feet_away``."""
    across = ways.levels[:, WAY['width']]
    width, *away = _length(ways.levels[:, LEVEL])
    reach = np.add.reduce(ways.levels[:, WAY['wrist_over_shoulder']] * across) / width
    values[ROW['reach']], values[ROW['width']] = reach, width
    values[ROW['swapped']] = reach[1] - reach[0] - width
    values[ROW['feet_away']] = np.fmin.reduce(away, axis=(0, 1))
