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

from collections.abc import Iterable
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

SHOULDERS = ('left_shoulder', 'right_shoulder')
HIPS = ('left_hip', 'right_hip')
EARS = ('left_ear', 'right_ear')
UNKNOWN = np.pi / 9  # a larger deviation: half of such angles are more than 20 degrees off
# what makes the angle of that name from the one between two vectors
SIGNS = np.array([*(-1.0 if each.is_flexion else 1.0 for each in JOINTS.values()), 1.0, 1.0])
OFFSETS = np.array([*(each.is_flexion * np.pi for each in JOINTS.values()), 0.0, -np.pi / 2])


@dataclass(frozen=True, eq=False)
class Angles:
    """
    The joint angles of the people in one image.

    :param values: ``(n, a)`` radians, in the order of ``ANGLES``; NaN where a keypoint is unseen
        or a limb so short that its angle says nothing.
    :param deviations: ``(n, a)`` their standard deviations, in radians; NaN in the same places.
    """

    values: Floats
    deviations: Floats

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.values)

    def of(self, name: str) -> Floats:
        """Return ``(n,)`` one angle of everybody."""
        return np.asarray(self.values[:, ANGLES.index(name)])


class _Limbs(NamedTuple):
    """
    The two vectors that each angle is between, ``(n, a, d)``, in the order of ``ANGLES``.

    :param of_u: the standard deviation of what moves u alone; of_v likewise.
    :param of_both: of what moves both, which is the keypoint at which they meet.
    """

    u: Floats
    v: Floats
    of_u: Floats
    of_v: Floats
    of_both: Floats


def joint_angles(bodies: Bodies, down: ArrayLike = DOWN) -> Angles:
    """
    Return the joint angles of people, in pixels or metres alike.

    Where the deviation of an angle is larger than ``UNKNOWN``, both are NaN.

    :param down: ``(d,)`` or longer, of any length, in the frame of the points. Where nothing of it
        lies in the image, nobody's trunk_lean is known.
    """
    down = np.asarray(down, np.float64)[:bodies.points.shape[-1]]
    limbs = _limbs(bodies, -down / (np.linalg.norm(down) or np.nan))
    have_length = limbs.u.any(axis=-1) & limbs.v.any(axis=-1)
    between = np.where(have_length, _between(limbs.u, limbs.v), np.nan)
    deviations = _deviations(limbs, between)
    deviations[deviations > UNKNOWN] = np.nan
    return Angles(np.where(np.isnan(deviations), np.nan, OFFSETS + SIGNS * between), deviations)


def _limbs(bodies: Bodies, up: Floats) -> _Limbs:
    """Return the limbs of people, and how far each is known."""
    index, count = bodies.skeleton.index, len(bodies.skeleton)
    unseen = np.full_like(bodies.points[:, :1], np.nan)  # for what the skeleton does not have
    points, variances = (
        np.concatenate([each, unseen], axis=1)
        for each in (bodies.points, np.square(bodies.deviations))
    )

    def at(array: Floats, names: Iterable[str]) -> Floats:
        return np.asarray(array[:, [index.get(name, count) for name in names]])

    def summed(array: Floats, names: Iterable[str]) -> Floats:
        return np.asarray(at(array, names).sum(axis=1, keepdims=True))

    starts, middles, ends, _ = zip(*JOINTS.values())
    middle = at(points, middles)
    trunk = summed(points, SHOULDERS) - summed(points, HIPS)
    ears = at(points, EARS[1:]) - at(points, EARS[:1])
    of_trunk = summed(variances, SHOULDERS + HIPS)
    none = np.zeros_like(of_trunk)
    return _Limbs(
        np.concatenate([at(points, starts) - middle, trunk, trunk], axis=1),
        np.concatenate([at(points, ends) - middle, none + up, ears], axis=1),
        *(np.sqrt(np.concatenate(each, axis=1)) for each in (
            [at(variances, starts), of_trunk, of_trunk],
            [at(variances, ends), none, summed(variances, EARS)],
            [at(variances, middles), none, none],
        )),
    )


def _deviations(limbs: _Limbs, between: Floats) -> Floats:
    """
    Return ``(n, a)`` the standard deviations of angles.

    It is how far an angle goes when the ends of its limbs are moved by theirs, one coordinate at a
    time, there and back: a short limb, as one that points at the camera, says little. A derivative
    would not do: it has no end where a limb has no length.

    :param between: ``(n, a)`` the angles between the limbs.
    """
    axes = np.eye(limbs.u.shape[-1])[:, None, None]
    of_u, of_v, of_both = (axes * each for each in (limbs.of_u, limbs.of_v, limbs.of_both))
    none = np.zeros_like(of_u)
    move_u, move_v = np.array([of_u, none, of_both]), np.array([none, of_v, of_both])
    there, back = (
        _between(limbs.u + way * move_u, limbs.v + way * move_v) - between for way in (1, -1)
    )
    return np.asarray(np.sqrt((np.square(there) + np.square(back)).sum(axis=(0, 1)) / 2))


def _between(u: Floats, v: Floats) -> Floats:
    """
    Return the angle between vectors, from 0 to pi; 0 where one has no length.

    Exact to 1e-7; the formula that is exact to the last digit takes twice as long.
    """
    uu, vv, uv = (np.einsum('...i,...i', *each) for each in ((u, u), (v, v), (u, v)))
    across = np.sqrt(np.maximum(uu * vv - uv * uv, 0.0))  # |u x v|, by Lagrange's identity
    return np.asarray(np.arctan2(across, uv))
