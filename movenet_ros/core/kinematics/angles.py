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
Joint angles of people, in radians, each with its standard deviation.

Definitions follow the recommendations of the International Society of Biomechanics (Wu et al.,
Journal of Biomechanics 35, 2002, and 38, 2005) as far as 17 points allow: flexion is 0 in the
anatomical position, in which elbows, hips and knees are straight; the elevation of an arm is 0
where it hangs along the trunk. Points tell neither the turn of a limb around its own axis nor,
in an image, what is foreshortened: there, angles are those of the projection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from movenet_ros.core.kinematics.bodies import Bodies
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DOWN = (0.0, 1.0, 0.0)
"""Where down is in an image and in the optical frame of a camera that is held upright."""


class Joint(NamedTuple):
    """
    An angle at a keypoint, between the two limbs that meet there.

    :param is_flexion: 0 where the limbs are in line; else 0 where they lie on each other.
    """

    start: str
    at: str
    end: str
    is_flexion: bool


def _both_sides() -> dict[str, Joint]:
    of_a_side = {
        'shoulder': Joint('hip', 'shoulder', 'elbow', False),
        'elbow': Joint('shoulder', 'elbow', 'wrist', True),
        'hip': Joint('shoulder', 'hip', 'knee', True),
        'knee': Joint('hip', 'knee', 'ankle', True),
    }
    return {
        f'{side}_{name}': Joint(
            f'{side}_{start}', f'{side}_{at}', f'{side}_{end}', is_flexion
        )
        for name, (start, at, end, is_flexion) in of_a_side.items()
        for side in ('left', 'right')
    }


JOINTS = _both_sides()
"""
Angles between two limbs: elevation of the arm to the trunk (shoulder), flexion (all others).
"""
ANGLES = (*JOINTS, 'trunk_lean', 'head_tilt')
"""
The names of all angles, in their order. trunk_lean: of the line from the middle of the hips to
that of the shoulders, to up, from 0 to pi. head_tilt: of the line through the ears to the trunk's
cross-section, from -pi/2 to pi/2, positive towards the person's right.
"""


@dataclass(frozen=True, eq=False)
class Angles:
    """
    The joint angles of the people in one image.

    :param values: ``(n, a)`` radians, in the order of ``ANGLES``; NaN where a keypoint is unseen.
    :param deviations: ``(n, a)`` their standard deviations, in radians.
    """

    values: Floats
    deviations: Floats

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.values)

    def of(self, name: str) -> Floats:
        """Return ``(n,)`` one angle of everybody."""
        return np.asarray(self.values[:, ANGLES.index(name)])


def joint_angles(bodies: Bodies, down: ArrayLike = DOWN) -> Angles:
    """
    Return the joint angles of people, in pixels or metres alike.

    The standard deviation of an angle is how far it goes when the coordinates are moved by
    theirs, one at a time: a short limb, as one that points at the camera, says little.

    :param down: ``(d,)`` or longer, of any length but 0, in the frame of the points.
    """
    points, index = bodies.points, bodies.skeleton.index
    d = points.shape[-1]
    down = np.asarray(down, np.float64)[:d]
    up = -down / np.linalg.norm(down)
    moves = np.eye(points.shape[1] * d).reshape(-1, 1, *points.shape[1:]) * bodies.deviations
    values = _values(points, index, up)
    ways = [_values(points + way * moves, index, up) - values for way in (1, -1)]
    # a coordinate that is not known moves angles alone that are not known either
    variances = np.nansum(np.square(ways), axis=(0, 1)) / 2
    return Angles(values, np.where(np.isnan(values), np.nan, np.sqrt(variances)))


def _values(points: Floats, index: Mapping[str, int], up: Floats) -> Floats:
    """
    Return the angles.

    :param points: ``(..., k, d)``.
    :return: ``(..., a)``.
    """
    def at(*names: str) -> Floats:
        return np.asarray(points[..., [index[name] for name in names], :])

    start, middle, end = (at(*each) for each in list(zip(*JOINTS.values()))[:3])
    between = _between(start - middle, end - middle)
    flexes = np.array([each.is_flexion for each in JOINTS.values()])
    left_shoulder, right_shoulder, left_hip, right_hip, left_ear, right_ear = np.moveaxis(
        at('left_shoulder', 'right_shoulder', 'left_hip', 'right_hip', 'left_ear', 'right_ear'),
        -2, 0,
    )
    trunk = left_shoulder + right_shoulder - left_hip - right_hip
    lean = _between(trunk, np.broadcast_to(up, trunk.shape))
    tilt = _between(trunk, right_ear - left_ear) - np.pi / 2
    return np.concatenate([
        np.where(flexes, np.pi - between, between), lean[..., None], tilt[..., None],
    ], axis=-1)


def _between(u: Floats, v: Floats) -> Floats:
    """Return the angle between vectors, from 0 to pi; NaN where one has no length."""
    u_length, v_length = (np.linalg.norm(each, axis=-1, keepdims=True) for each in (u, v))
    with np.errstate(invalid='ignore'):
        u, v = u / u_length, v / v_length
    # of unit vectors: half the angle has this tangent, which is exact for small ones too
    return np.asarray(
        2 * np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1))
    )
