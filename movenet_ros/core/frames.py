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

"""Frames: which way is up in them, and people in another one, with what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import NamedTuple

from movenet_ros.core.param import param
from movenet_ros.core.poses_3d import Poses3D
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ORIGIN = (0.0, 0.0, 0.0)
UP_OPTICAL = (0.0, -1.0, 0.0)
"""Where up is for a camera that is held upright, in its optical frame (REP 103)."""
UP = (0.0, 0.0, 1.0)
"""Where up is in the frames of robots and maps (REP 103)."""

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class FrameSettings:
    """In which frames people are told of."""

    target_frame: str = param(
        '',
        'Frame of the published positions, such as base_link, odom or map, by tf at the stamp of'
        ' the image; z is up in it, and z = 0 the ground; empty: the frame of the images.',
    )
    publish_tf: bool = param(
        False, 'Publish a frame person_ID on /tf for each person who has an id.'
    )


class View(NamedTuple):
    """
    How a frame lies.

    :param up: ``(3,)`` of length 1.
    :param camera: ``(3,)`` where the camera is, in metres.
    :param has_ground: whether the ground goes through the origin, across ``up``.
    """

    up: Triple = UP_OPTICAL
    camera: Triple = ORIGIN
    has_ground: bool = False


OPTICAL = View()
"""The frame of a camera that is held upright."""


class Transform(NamedTuple):
    """
    The way from one frame to another.

    :param frame_id: of the other one.
    :param rotation: ``(3, 3)``.
    :param translation: ``(3,)`` in metres.
    """

    frame_id: str
    rotation: Floats
    translation: Floats

    @property
    def view(self) -> View:
        """Return how the other frame lies for a camera at the origin of the first one."""
        x, y, z = self.translation.tolist()
        return View(UP, (x, y, z), has_ground=True)


def transformed(people: Poses3D, rotation: ArrayLike, translation: ArrayLike) -> Poses3D:
    """
    Return people in another frame; what is not known stays unknown.

    Spreads are turned as the axes of an error that has no correlation between them; a box becomes
    the one along the new axes that holds the turned one.

    :param rotation: ``(3, 3)`` from the old axes to the new ones.
    :param translation: ``(3,)`` of the old origin in the new frame, in metres.
    """
    turn, move = np.asarray(rotation, np.float64), np.asarray(translation, np.float64)
    spread = turn.T ** 2
    return replace(
        people,
        positions=people.positions @ turn.T + move,
        variances=people.variances @ spread,
        centers=people.centers @ turn.T + move,
        sizes=people.sizes @ np.abs(turn.T),
        person_positions=people.person_positions @ turn.T + move,
        person_variances=people.person_variances @ spread,
        velocities=people.velocities @ turn.T,
    )


def rotation_of(quaternion_xyzw: ArrayLike) -> Floats:
    """
    Return the matrix of a rotation.

    :param quaternion_xyzw: ``(4,)``, of any length but 0.
    :return: ``(3, 3)``.
    :raises ValueError: if it is no rotation: all zeros, or not finite.
    """
    numbers = np.asarray(quaternion_xyzw, np.float64)
    length = np.linalg.norm(numbers)
    if not 0 < length < np.inf:
        raise ValueError(f'the quaternion {numbers.tolist()} is no rotation')
    x, y, z, w = numbers / length
    return np.array([
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    ])


def quaternion_of(rotation: ArrayLike) -> Floats:
    """
    Return the quaternion of a rotation, the one whose w is not negative.

    The largest of its four numbers is taken from the diagonal, where it is exact, and the others
    from sums and differences beside the diagonal (S. W. Shepperd, 1978).

    :param rotation: ``(3, 3)``.
    :return: ``(4,)`` x, y, z, w.
    """
    turn = np.asarray(rotation, np.float64)
    (a, b, c), (d, e, f), (g, h, i) = turn.tolist()
    rows = np.array([  # each is the quaternion, times 4 and one of its numbers
        (1 + a - e - i, b + d, c + g, h - f),
        (b + d, 1 - a + e - i, f + h, c - g),
        (c + g, f + h, 1 - a - e + i, d - b),
        (h - f, c - g, d - b, 1 + a + e + i),
    ])
    best = rows[np.argmax(rows.diagonal())]
    numbers: Floats = best / np.linalg.norm(best)
    return numbers if numbers[3] >= 0 else -numbers
