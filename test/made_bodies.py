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

"""Bodies for the tests, made of straight limbs, seen from any side, in pixels and in metres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STATURE_M = 1.7
PX_PER_M = 200.0
FORWARD, UP, OUT = np.eye(3)[[2, 1, 0]]  # of a body: to its own left, up, forward
DOWN_ARM = (-UP, -UP)


class Pose(NamedTuple):
    """Where trunk, thighs and shanks go to from the hips, for a body whose legs are alike."""

    trunk: Floats
    thigh: Floats
    shank: Floats


STANDING = Pose(UP, -UP, -UP)
SITTING = Pose(UP, FORWARD, -UP)
CROUCHING = Pose(UP + 0.8 * FORWARD, FORWARD, -UP - 0.7 * FORWARD)
BENDING = Pose(FORWARD + 0.3 * UP, -UP, -UP)
LAYING = Pose(OUT, -OUT, -OUT)
POSES: Mapping[str, Pose] = {
    'standing': STANDING, 'sitting': SITTING, 'crouching': CROUCHING, 'laying': LAYING,
}


def body(
    pose: Pose = STANDING,
    left: tuple[ArrayLike, ArrayLike] = DOWN_ARM,
    right: tuple[ArrayLike, ArrayLike] = DOWN_ARM,
) -> Floats:
    """
    Make a body of the usual proportions.

    :param left: where the upper arm and the forearm go to: (own outside, up, forward).
    :param right: likewise; outside is then the own right.
    :return: ``(17, 3)`` metres: to the own left, up, forward.
    """
    trunk, thigh, shank = (unit(each) for each in pose)
    across = FORWARD if pose is LAYING else OUT
    at = {}
    for side, sign, arm in (('left', 1, left), ('right', -1, right)):
        upper, fore = (unit(each) * (sign, 1, 1) for each in arm)
        at[f'{side}_hip'] = 0.05 * sign * across
        at[f'{side}_knee'] = at[f'{side}_hip'] + 0.245 * thigh
        at[f'{side}_ankle'] = at[f'{side}_knee'] + 0.246 * shank
        at[f'{side}_shoulder'] = 0.288 * trunk + 0.1 * sign * across
        at[f'{side}_elbow'] = at[f'{side}_shoulder'] + 0.186 * upper
        at[f'{side}_wrist'] = at[f'{side}_elbow'] + 0.146 * fore
        at[f'{side}_eye'] = 0.41 * trunk + 0.02 * sign * across + 0.04 * FORWARD
        at[f'{side}_ear'] = 0.4 * trunk + 0.045 * sign * across
    at['nose'] = 0.395 * trunk + 0.06 * FORWARD
    return STATURE_M * np.array([at[name] for name in COCO.names])


def unit(vector: ArrayLike) -> Floats:
    """Return a vector of length 1."""
    return np.asarray(vector / np.linalg.norm(vector))


def seen(
    *bodies: Floats, turn: float = 0.0, in_metres: bool = False, ids: ArrayLike | None = None
) -> Bodies:
    """
    Return bodies as an upright camera far away sees them.

    :param turn: degrees from facing the camera, towards the own left.
    :param ids: 1, 2, ... if not given.
    """
    left, up, forward = np.moveaxis(np.array(bodies), -1, 0)
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    points = np.stack([left * cos + forward * sin, -up, 4 - forward * cos + left * sin], axis=-1)
    if not in_metres:
        points = 320 + PX_PER_M * points[..., :2]
    deviation = 0.02 * (1.0 if in_metres else PX_PER_M)
    return Bodies(
        points, np.full_like(points, deviation),
        np.arange(1, 1 + len(bodies)) if ids is None else ids,
    )
