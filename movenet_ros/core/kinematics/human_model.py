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
The frame of a body and the joints of REP-155's model of the human.

The frame has its origin in the middle of the hips, x forward out of the body, y to the person's
left and z along the trunk to the head. The joints are those of the URDF model in the package
human_description, in radians: their axes and signs are that model's. A shoulder is a turn about z,
x and z again, a hip one about z, x and y, elbow and knee about y. Which way a straight limb is
turned about itself, points do not tell: it is taken to be as in the model's rest.
"""

from __future__ import annotations

from typing import NamedTuple

from movenet_ros.core.followed import headings
from movenet_ros.core.followed import LEAST_WIDTH_M
from movenet_ros.core.followed import sideways
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.poses_3d import Poses3D
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CHAINS = tuple(  # the limbs whose upper part has three joints, as keypoints
    tuple(f'{side}_{part}' for part in parts)
    for parts in (('shoulder', 'elbow', 'wrist'), ('hip', 'knee', 'ankle'))
    for side in ('left', 'right')
)
SIGNS = np.array([1.0, -1.0])  # of y, which is to the left, on the side of the limb
BENDS = np.array([[-1.0], [-1.0], [1.0], [1.0]])  # elbows bend forward, knees backward
LEFT = np.array([0.0, 1.0, 0.0])
IN_IMAGE: tuple[str, ...] = ('l_elbow', 'r_elbow', 'l_knee', 'r_knee', 'r_head')
"""Joints that an image alone tells, as they look in it: r_head is the roll of the head."""
OF_JOINTS = [
    ANGLES.index(name)
    for name in ('left_elbow', 'right_elbow', 'left_knee', 'right_knee', 'head_tilt')
]
JOINT_SIGNS = np.array([1.0, 1.0, -1.0, -1.0, 1.0])
LIMBS = tuple(
    f'{side}_{axis}_{joint}' for joint in ('shoulder', 'hip') for side in 'lr' for axis in 'ypr'
)
REST = ('waist', 'y_head', 'p_head')
"""Joints at 0: the trunk is one piece, by which the frame lies, and no point tells of the head."""
HUMAN_JOINTS = (*IN_IMAGE, *LIMBS, *REST)
BENT = np.sin(np.pi / 9)  # 20 degrees, from which on a limb tells the plane in which it bends
UPRIGHT = np.sin(np.pi / 18)  # 10 degrees: elbows are off by as much, so it points to no side


class BodyFrames(NamedTuple):
    """
    The frames of people.

    :param origins: ``(n, 3)`` in metres, the middle of the hips; NaN where one is not known.
    :param axes: ``(n, 3, 3)`` whose columns are x, y and z; NaN likewise.
    """

    origins: Floats
    axes: Floats


def body_frames(people: Poses3D, up: ArrayLike, camera: ArrayLike | None) -> BodyFrames:
    """
    Return the frame of each body.

    Without shoulders, z is up; where the body is seen from its side, x is level as in
    :func:`movenet_ros.core.followed.headings`.

    :param up: ``(3,)`` of length 1.
    :param camera: ``(3,)`` where the camera is, in metres; None: not known, and neither is the
        frame of a body that is seen from its side.
    """
    up = np.asarray(up, np.float64)
    origins, chests = (_middles(people, part) for part in ('hip', 'shoulder'))
    z = _unit(np.where(np.isfinite(chests - origins), chests - origins, up))
    forward = _cross(sideways(people), z)
    level = np.full_like(origins, np.nan)
    if camera is not None:
        level = headings(people, up, camera)
    level = level - _dot(level, z) * z
    lies = np.linalg.norm(level, axis=1, keepdims=True) < BENT  # along the view
    level = np.where(lies, up - _dot(up, z) * z, level)
    is_wide = np.linalg.norm(forward, axis=1, keepdims=True) >= LEAST_WIDTH_M
    x = _unit(np.where(is_wide, forward, level))
    axes = np.stack([x, _cross(z, x), z], axis=2)
    axes[np.isnan(origins).any(axis=1) | np.isnan(x).any(axis=1)] = np.nan
    return BodyFrames(origins, axes)


def human_joints(angles: Angles) -> Floats:
    """
    Return the joints that an image alone tells.

    :return: ``(n, 5)`` radians, in the order of ``IN_IMAGE``; NaN where one is not known.
    """
    return np.asarray(angles.values[:, OF_JOINTS] * JOINT_SIGNS)


def human_joints_in_space(people: Poses3D, angles: Angles, frames: BodyFrames) -> Floats:
    """
    Return all joints of the model.

    :param angles: of the same people, which tell how well a limb is known.
    :return: ``(n, 20)`` radians, in the order of ``HUMAN_JOINTS``; NaN where one is not known.
    """
    n, index = len(people), people.poses.skeleton.index
    starts, middles, ends = (
        people.positions[:, [index[name] for name in names]] for names in zip(*CHAINS)
    )
    turned = _turned((middles - starts) @ frames.axes, (ends - middles) @ frames.axes)
    turns = np.concatenate([_shoulders(turned[:, :2]), _hips(turned[:, 2:])], axis=1)
    is_known = np.stack([np.isfinite(angles.of(start)) for start, *_ in CHAINS], axis=1)
    turns = np.where(is_known[..., None], turns, np.nan).reshape(n, -1)
    has_frame = np.isfinite(frames.origins).all(axis=1, keepdims=True)
    rest = np.where(has_frame, np.zeros(len(REST)), np.nan)
    return np.concatenate([human_joints(angles), turns, rest], axis=1)


def _turned(upper: Floats, lower: Floats) -> Floats:
    """
    Return how each limb is turned from its place in the model at rest, where it hangs down.

    :param upper: ``(n, 4, 3)`` the way along the upper part, in the frame of the body.
    :return: ``(n, 4, 3, 3)``, whose columns are what is forward, left and up of the upper part.
    """
    upper, lower = _unit(upper), _unit(lower)
    across = BENDS * _cross(upper, lower)
    is_bent = np.linalg.norm(across, axis=-1, keepdims=True) >= BENT
    y = _unit(np.where(is_bent, across, LEFT - _dot(LEFT, upper) * upper))
    return np.stack([_cross(upper, y), y, -upper], axis=-1)


def _shoulders(turned: Floats) -> Floats:
    """Return ``(n, 2, 3)`` y, p and r of Rz(-sign y) Rx(sign p) Rz(sign r)."""
    up = turned[..., 2, 2].clip(-1.0, 1.0)
    is_level = np.sqrt(1 - up * up) >= UPRIGHT
    y = -SIGNS * np.arctan2(turned[..., 0, 2] * SIGNS, turned[..., 1, 2] * -SIGNS)
    r = SIGNS * np.arctan2(turned[..., 2, 0] * SIGNS, turned[..., 2, 1] * SIGNS)
    to_side = np.where(up > 0, np.arctan2(turned[..., 1, 2] * -SIGNS, up), np.pi)
    alone = SIGNS * np.arctan2(turned[..., 1, 0] * np.sign(up), turned[..., 0, 0])
    upright = np.stack([np.zeros_like(up), to_side, alone], axis=-1)
    level = np.stack([y, np.arccos(up), r], axis=-1)
    return np.where(is_level[..., None], level, upright)


def _hips(turned: Floats) -> Floats:
    """Return ``(n, 2, 3)`` y, p and r of Rz(-y) Rx(sign p) Ry(-r)."""
    y = np.arctan2(turned[..., 0, 1], turned[..., 1, 1])
    p = SIGNS * np.arcsin(turned[..., 2, 1].clip(-1.0, 1.0))
    return np.stack([y, p, np.arctan2(turned[..., 2, 0], turned[..., 2, 2])], axis=-1)


def _middles(people: Poses3D, part: str) -> Floats:
    index = people.poses.skeleton.index
    return np.asarray(people.positions[:, [index[f'left_{part}'], index[f'right_{part}']]].mean(1))


def _cross(one: Floats, other: Floats) -> Floats:
    """Return cross products; NumPy's own take four times as long for a few vectors."""
    before, after = [1, 2, 0], [2, 0, 1]
    return np.asarray(one[..., before] * other[..., after] - one[..., after] * other[..., before])


def _dot(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.sum(one * other, axis=-1, keepdims=True))


def _unit(vectors: Floats) -> Floats:
    """Return vectors of length 1; NaN for those without a length."""
    with np.errstate(invalid='ignore'):
        return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
