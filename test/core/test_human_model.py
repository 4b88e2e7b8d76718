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

"""The frame of a body, and the joints that turn the limbs of REP-155's model to where they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.bodies import bodies_in_metres
from movenet_ros.core.kinematics.human_model import body_frames
from movenet_ros.core.kinematics.human_model import BodyFrames
from movenet_ros.core.kinematics.human_model import HUMAN_JOINTS
from movenet_ros.core.kinematics.human_model import human_joints_in_space
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import NDArray
from people_3d import BODY
from people_3d import people_3d
import pytest

Floats = NDArray[np.float64]

OPTICAL_UP, ORIGIN = (0.0, -1.0, 0.0), (0.0, 0.0, 0.0)
VARIANCES = np.full((1, 17, 3), 1e-6)
AXES = {  # of the joints from the trunk on, as the URDF model of human_description has them
    'l_shoulder': ((0, 0, -1), (1, 0, 0), (0, 0, 1), (0, -1, 0)),
    'r_shoulder': ((0, 0, 1), (-1, 0, 0), (0, 0, -1), (0, -1, 0)),
    'l_hip': ((0, 0, -1), (1, 0, 0), (0, -1, 0), (0, -1, 0)),
    'r_hip': ((0, 0, -1), (-1, 0, 0), (0, -1, 0), (0, -1, 0)),
}
NEXT = {'shoulder': ('elbow', 'wrist'), 'hip': ('knee', 'ankle')}
SIDES = {'l': 'left', 'r': 'right'}
DOWN = np.array([0.0, 0.0, -1.0])

numbers = st.floats(-1.0, 1.0)
ways = st.tuples(numbers, numbers, numbers).filter(lambda way: np.linalg.norm(way) > 0.3)


def rotation(axis: tuple[float, ...], angle: float) -> Floats:
    """Return the matrix of a rotation about an axis (Rodrigues)."""
    x, y, z = axis
    across = np.array([(0, -z, y), (z, 0, -x), (-y, x, 0)])
    return np.eye(3) + np.sin(angle) * across + (1 - np.cos(angle)) * across @ across


def frames(people: Poses3D) -> BodyFrames:
    """Return the frames in the optical frame of an upright camera."""
    return body_frames(people, OPTICAL_UP, ORIGIN)


def joints(people: Poses3D) -> dict[str, float]:
    """Return the joints of the only person."""
    angles = joint_angles(bodies_in_metres(people))
    return dict(zip(HUMAN_JOINTS, human_joints_in_space(people, angles, frames(people))[0]))


def with_limb(limb: str, upper: Floats, lower: Floats) -> Poses3D:
    """Make a person whose limb goes to two places, in steps in the frame of the body."""
    side, joint = limb.split('_')
    at = [COCO.index[f'{SIDES[side]}_{part}'] for part in (joint, *NEXT[joint])]
    body = BODY + (0.0, 0.0, 3.0)
    axes = frames(people_3d([body])).axes[0]
    body[at[1]] = body[at[0]] + axes @ upper
    body[at[2]] = body[at[1]] + axes @ lower
    return people_3d([body], variances=VARIANCES)


@pytest.mark.parametrize('limb', AXES)
@given(ways, st.floats(0.4, 2.4), st.floats(-3.1, 3.1))
def test_the_model_turned_by_the_joints_has_the_limb_where_it_is(
    limb: str, way: tuple[float, ...], bend: float, roll: float
) -> None:
    upper = np.array(way) / np.linalg.norm(way)
    if np.hypot(*upper[:2]) < 0.2:  # an upright arm points to no side
        upper = np.array([0.6, 0.0, -0.8])
    across = np.cross(upper, (0.3, 0.5, 0.8))
    across = rotation(tuple(upper), roll) @ (across / np.linalg.norm(across))
    lower = rotation(tuple(across), bend) @ upper
    side, joint = limb.split('_')
    found = joints(with_limb(limb, 0.4 * upper, 0.4 * lower))
    names = [f'{side}_{each}_{joint}' for each in 'ypr'] + [f'{side}_{NEXT[joint][0]}']
    first, second, third, last = (
        rotation(axis, found[name]) for axis, name in zip(AXES[limb], names)
    )
    root = first @ second @ third
    np.testing.assert_allclose(root @ DOWN, upper, atol=1e-6)
    np.testing.assert_allclose(root @ last @ DOWN, lower, atol=1e-5)


def test_who_stands_in_front_of_the_camera_faces_it() -> None:
    (origin,), (axes,) = frames(people_3d([BODY + (1.0, 0.2, 3.0)]))
    np.testing.assert_allclose(origin, (1.0, 0.2, 3.0))
    np.testing.assert_allclose(axes.T, [(0, 0, -1), (1, 0, 0), (0, -1, 0)], atol=1e-9)


@pytest.mark.parametrize('without', ['left_hip', 'right_hip'])
def test_a_body_has_a_frame_where_both_hips_are_known_alone(without: str) -> None:
    body = BODY.copy()
    body[COCO.index[without]] = np.nan
    people = people_3d([body, BODY], person_positions=np.ones((2, 3)))
    assert np.isnan(frames(people).axes).all(axis=(1, 2)).tolist() == [True, False]


@given(st.floats(-3.1, 3.1), ways)
def test_the_frame_turns_with_the_body(angle: float, axis: tuple[float, ...]) -> None:
    turned = rotation(tuple(np.array(axis) / np.linalg.norm(axis)), angle)
    (before,), (after,) = frames(people_3d([BODY])).axes, frames(people_3d([BODY @ turned.T])).axes
    np.testing.assert_allclose(after, turned @ before, atol=1e-9)


NARROW = BODY * (0.1, 1.0, 1.0) + (0.0, 0.0, 3.0)
NARROW[COCO.index['left_shoulder']] = np.nan


def test_without_shoulders_and_width_the_frame_is_upright_and_faces_away() -> None:
    (axes,) = frames(people_3d([NARROW])).axes
    np.testing.assert_allclose(axes.T, [(0, 0, 1), (-1, 0, 0), (0, -1, 0)], atol=1e-9)


def test_without_width_and_camera_nobody_knows_which_way_a_body_faces() -> None:
    people = people_3d([NARROW, BODY])
    found = body_frames(people, OPTICAL_UP, None).axes
    assert np.isnan(found[0]).all()
    np.testing.assert_array_equal(found[1], frames(people).axes[1])
