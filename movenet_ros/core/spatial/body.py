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
What is known of bodies: how thick they are, how far joints reach, what hangs on what.

Lengths are of an adult of 1.75 m; people of another size are met by the tolerances.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

# of a joint, in metres: a disc around it that lies on its limb; how far in depth it gets from the
# joint that it hangs on, a trunk's joint from the middle of the body; the limb's radius there
JOINTS = {
    'shoulder': (0.055, 0.42, 0.075),
    'hip': (0.055, 0.30, 0.100),
    'elbow': (0.037, 0.35, 0.045),
    'knee': (0.040, 0.45, 0.060),
    'wrist': (0.037, 0.32, 0.032),
    'ankle': (0.040, 0.45, 0.045),
    'nose': (0.045, 0.30, 0.0),
    'eye': (0.045, 0.30, 0.0),
    'ear': (0.045, 0.30, 0.04),  # on the surface from the side, behind the cheek from the front
}
ANY_JOINT = (0.040, 0.45, 0.0)
HANGS_ON = {'elbow': 'shoulder', 'knee': 'hip', 'wrist': 'elbow', 'ankle': 'knee'}
LEVELS = 3  # from the trunk to wrists and ankles
SIDES = ('left', 'right')
TRUNK = ('left_shoulder', 'right_shoulder', 'left_hip', 'right_hip')
# Points in between of the trunk: how far across from the left, how far down from the shoulders.
BETWEEN = ((0.2, 0.15), (0.8, 0.15), (0.5, 0.4), (0.2, 0.65), (0.8, 0.65), (0.5, 0.9))
POINT_M = 0.05  # radius of the discs around them
TRUNK_VOTES, POINT_VOTES = 1.5, 0.65  # for the person's distance, where other joints have 1

# Of limbs, in metres: length, and half the thickness with clothes.
LIMBS = {
    ('shoulder', 'elbow'): (0.28, 0.065),
    ('elbow', 'wrist'): (0.25, 0.065),
    ('hip', 'knee'): (0.42, 0.09),
    ('knee', 'ankle'): (0.41, 0.075),
}
ACROSS = (0.36, 0.09)  # from shoulder to shoulder
TORSO = (0.50, 0.17)  # from between the shoulders to between the hips
NECK = (0.20, 0.13)  # from the middle of the face to between the shoulders

# How much two joints of a body differ in depth, in metres: a standard deviation.
BONDS = {
    ('nose', 'eye'): 0.07,
    ('eye', 'ear'): 0.07,
    ('ear', 'shoulder'): 0.12,
    ('shoulder', 'hip'): 0.12,
    ('shoulder', 'elbow'): 0.16,
    ('elbow', 'wrist'): 0.16,
    ('hip', 'knee'): 0.18,
    ('knee', 'ankle'): 0.18,
}
BONDS_ACROSS = {'eye': 0.07, 'shoulder': 0.12, 'hip': 0.12}


@dataclass(frozen=True, eq=False)
class Body:
    """
    A skeleton's table; k is its number of keypoints, b of bones.

    :param disc_m: ``(k + m,)`` of joints and points in between: see JOINTS.
    :param reach_m: ``(k,)``, radius_m likewise: see JOINTS.
    :param parents: ``(2, k)`` the joints whose mean depth a joint's is compared with; k: the
        middle of the body.
    :param levels: how many joints hang on each other.
    :param trunk: ``(k,)`` whether a joint is a shoulder or a hip; hips likewise.
    :param points: ``(m, k)`` weights of points in between, which say more about the trunk.
    :param votes: ``(k + m,)`` what their depth counts for the person's distance.
    :param sigmas: ``(k,)`` the skeleton's.
    :param bones: ``(2, b, k)`` weights of the joints for a bone's two ends.
    :param lengths_m: ``(b,)`` of bones; thickness_m ``(b,)``: half of it.
    :param wrists: ``(k,)`` what nothing of the body is before.
    :param agreement: ``(k, k)`` how joints agree in depth: a precision matrix, in 1 / m^2.
    """

    disc_m: Floats
    reach_m: Floats
    radius_m: Floats
    parents: Indices
    levels: int
    trunk: Mask
    hips: Mask
    points: Floats
    votes: Floats
    sigmas: Floats
    bones: Floats
    lengths_m: Floats
    thickness_m: Floats
    wrists: Mask
    agreement: Floats


@lru_cache(maxsize=8)
def body_of(skeleton: Skeleton) -> Body:
    """Return a skeleton's table; joints that no body is known to have stand for themselves."""
    kinds = [name.rpartition('_')[2] for name in skeleton.names]
    disc_m, reach_m, radius_m = np.array([JOINTS.get(kind, ANY_JOINT) for kind in kinds]).T
    has_trunk = set(TRUNK) <= skeleton.index.keys()
    points = _points(skeleton, has_trunk)
    of_trunk = [name in TRUNK and has_trunk for name in skeleton.names]
    ends, lengths_m, thickness_m = _bones(skeleton, has_trunk)
    return Body(
        np.append(disc_m, [POINT_M] * len(points)),
        reach_m,
        radius_m,
        _parents(skeleton, has_trunk),
        LEVELS,
        np.array(of_trunk),
        np.array([kind == 'hip' for kind in kinds]) & of_trunk,
        points,
        np.append(np.where(of_trunk, TRUNK_VOTES, 1.0), [POINT_VOTES] * len(points)),
        np.array(skeleton.sigmas),
        ends,
        lengths_m,
        thickness_m,
        np.array([kind == 'wrist' for kind in kinds]),
        _agreement(skeleton, kinds),
    )


def _parents(skeleton: Skeleton, has_trunk: bool) -> Indices:
    index = skeleton.index
    parents = np.full((2, len(skeleton)), len(skeleton), np.intp)
    for i, name in enumerate(skeleton.names):
        side, _, kind = name.rpartition('_')
        parent = f'{side}_{HANGS_ON.get(kind)}'
        if parent in index:
            parents[:, i] = index[parent]
        elif i in skeleton.face and has_trunk:
            parents[:, i] = index[TRUNK[0]], index[TRUNK[1]]
    return parents


def _points(skeleton: Skeleton, has_trunk: bool) -> Floats:
    weights = np.zeros((len(BETWEEN) if has_trunk else 0, len(skeleton)))
    for row, (across, down) in zip(weights, BETWEEN):
        corners = np.outer((1 - down, down), (1 - across, across)).ravel()
        row[[skeleton.index[name] for name in TRUNK]] = corners
    return weights


def _bones(skeleton: Skeleton, has_trunk: bool) -> tuple[Floats, Floats, Floats]:
    """Return ``(2, b, k)`` weights of the ends, ``(b,)`` lengths and ``(b,)`` thickness."""
    bones: list[tuple[list[str], list[str], float, float]] = [
        ([f'{side}_{a}'], [f'{side}_{b}'], *measures)
        for (a, b), measures in LIMBS.items()
        for side in SIDES
        if {f'{side}_{a}', f'{side}_{b}'} <= skeleton.index.keys()
    ]
    if has_trunk:
        shoulders, hips = [*TRUNK[:2]], [*TRUNK[2:]]
        face = [skeleton.names[i] for i in sorted(skeleton.face)]
        bones += [([shoulders[0]], [shoulders[1]], *ACROSS), (shoulders, hips, *TORSO)]
        bones += [(face, shoulders, *NECK)] if face else []
    ends = np.zeros((2, len(bones), len(skeleton)))
    for number, (begin, end, _, _) in enumerate(bones):
        for weights, names in zip(ends[:, number], (begin, end)):
            weights[[skeleton.index[name] for name in names]] = 1 / len(names)
    return ends, np.array([bone[2] for bone in bones]), np.array([bone[3] for bone in bones])


def _agreement(skeleton: Skeleton, kinds: list[str]) -> Floats:
    precision = np.zeros((len(kinds), len(kinds)))
    for i, j in np.argwhere(np.tri(len(kinds), k=-1).T):
        a, b = kinds[i], kinds[j]
        is_across = (i in skeleton.left and j in skeleton.right) or (
            i in skeleton.right and j in skeleton.left
        )
        if is_across:
            deviation = BONDS_ACROSS.get(a) if a == b else None
        else:
            deviation = BONDS.get((a, b), BONDS.get((b, a)))
        if deviation is not None:
            precision[[i, i, j, j], [i, j, i, j]] += np.array([1, -1, -1, 1]) / deviation**2
    return precision
