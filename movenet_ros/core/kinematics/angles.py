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
from functools import lru_cache
from typing import NamedTuple

from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.core.skeleton import Skeleton
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
SIGNS, OFFSETS = np.array([
    *((-1.0, np.pi) if each.is_flexion else (1.0, 0.0) for each in JOINTS.values()),
    (1.0, 0.0), (1.0, -np.pi / 2),
]).T[..., None]


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


class _Places:
    """
    Which points make the angles of a skeleton: indices of keypoints, and of six rows behind them.

    These are an unseen one, the sums of both shoulders, hips and ears, then up (of variances: that
    of the trunk), and the origin (which is sure).

    :param ends: ``(2, a)`` points where both limbs of each angle end, in the order of ``ANGLES``.
    :param starts: ``(2, a)`` points where they begin.
    :param errors: ``(3, a)`` variances of what moves the one, the other, and both.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        index, count = skeleton.index, len(skeleton)
        self.unseen, shoulders, hips, ears, self.up, origin = range(count, count + 6)
        self.sums, trunk = slice(shoulders, self.up), self.up

        def at(names: Iterable[str]) -> list[int]:
            return [index.get(name, self.unseen) for name in names]

        one, middle, other, _ = zip(*JOINTS.values())
        self.left, self.right = (at(names) for names in zip(SHOULDERS, HIPS, EARS))
        self.ends = np.array([
            [*at(one), shoulders, shoulders], [*at(other), self.up, self.right[-1]],
        ])
        self.starts = np.array([
            [*at(middle), hips, hips], [*at(middle), origin, self.left[-1]],
        ])
        self.errors = np.array([
            [*at(one), trunk, trunk], [*at(other), origin, ears], [*at(middle), origin, origin],
        ])


_places_of = lru_cache(maxsize=4)(_Places)


def joint_angles(bodies: Bodies, down: ArrayLike = DOWN) -> Angles:
    """
    Return the joint angles of people, in pixels or metres alike.

    Where the deviation of an angle is larger than ``UNKNOWN``, both are NaN.

    :param down: ``(d,)`` or longer, of any length, in the frame of the points. Where nothing of it
        lies in the image, nobody's trunk_lean is known.
    """
    down = np.asarray(down, np.float64)[:bodies.points.shape[-1]]
    limbs, errors = _limbs(bodies, -down / (np.sqrt(down @ down) or np.nan))
    between = _between(limbs)
    deviations = _deviations(limbs, errors, between)
    have_length = np.logical_and.reduce(np.logical_or.reduce(limbs))
    is_known = have_length & (deviations <= UNKNOWN)
    values = np.where(is_known, OFFSETS + SIGNS * between, np.nan)
    return Angles(values.T.copy(), np.where(is_known, deviations, np.nan).T.copy())


def _limbs(bodies: Bodies, up: Floats) -> tuple[Floats, Floats]:
    """
    Return the limbs of people, and how far each is known.

    People come last, so that NumPy goes through many numbers at once.

    :return: ``(d, 2, a, n)`` the two vectors that each angle is between, in the order of
        ``ANGLES``; ``(d, 3, a, n)`` the standard deviations of what moves the first one alone, the
        second one alone, and both, which is the keypoint at which they meet.
    """
    at, count = _places_of(bodies.skeleton), len(bodies.skeleton)
    points, variances = rows = np.zeros((2, len(up), count + 6, len(bodies)))
    points[:, :count] = bodies.points.transpose(2, 1, 0)
    np.square(bodies.deviations.transpose(2, 1, 0), out=variances[:, :count])
    rows[:, :, at.unseen] = np.nan
    rows[:, :, at.sums] = rows.take(at.left, axis=2) + rows.take(at.right, axis=2)
    points[:, at.up] = up[:, None]
    shoulders, hips, _ = variances[:, at.sums].swapaxes(0, 1)
    variances[:, at.up] = shoulders + hips
    limbs = points.take(at.ends, axis=1) - points.take(at.starts, axis=1)
    return limbs, np.sqrt(variances.take(at.errors, axis=1))


def _deviations(limbs: Floats, errors: Floats, between: Floats) -> Floats:
    """
    Return ``(a, n)`` the standard deviations of angles.

    It is how far an angle goes when the ends of its limbs are moved by theirs, one coordinate at a
    time, there and back: a short limb, as one that points at the camera, says little. A derivative
    would not do: it has no end where a limb has no length.

    :param errors: as ``_limbs`` gives them.
    :param between: ``(a, n)`` the angles between the limbs.
    """
    moves = MOVES[len(limbs)] * errors[:, None, None, None]
    off = _between(limbs[:, :, None, None, None] + moves) - between
    squares = np.square(off).reshape(6 * len(limbs), *between.shape)  # of all moves
    return np.asarray(np.sqrt(np.add.reduce(squares) / 2))


def _moves(d: int) -> Floats:
    """
    Return which numbers each move changes, and which way.

    :return: ``(d, 2, 2, d, 3, 1, 1)``: coordinate and limb that are changed, by the move there or
        back, along an axis, of what moves the one limb, the other, or both.
    """
    axes, ways, limbs = np.eye(d), np.array([1.0, -1.0]), np.array([[1.0, 0, 1], [0, 1, 1]])
    moves = np.einsum('ca,w,lk->clwak', axes, ways, limbs)
    return np.asarray(moves[..., None, None])


MOVES = {d: _moves(d) for d in (2, 3)}


def _between(limbs: Floats) -> Floats:
    """
    Return the angle between vectors, from 0 to pi; 0 where one has no length.

    Exact to 1e-7; the formula that is exact to the last digit takes twice as long.

    :param limbs: ``(d, 2, ...)``.
    :return: ``(...)``.
    """
    uu, vv = np.add.reduce(np.square(limbs))
    uv = np.add.reduce(limbs[:, 0] * limbs[:, 1])
    across = np.sqrt(np.maximum(uu * vv - uv * uv, 0.0))  # |u x v|, by Lagrange's identity
    return np.asarray(np.arctan2(across, uv))
