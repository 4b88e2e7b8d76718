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

"""Postures: of made bodies from all sides, whatever the camera."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from made_bodies import BENDING
from made_bodies import body
from made_bodies import POSES
from made_bodies import seen
from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.recogniser import Recogniser
from movenet_ros.core.kinematics.angles import DOWN
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import ArrayLike
import pytest

EVERYBODY = seen(*(body(pose) for pose in POSES.values()), turn=40.0)


def told(people: Bodies, down: ArrayLike = DOWN) -> Activities:
    """Return what people do, in an image of its own."""
    return Recogniser().recognise(people, joint_angles(people, down), down=down)


def postures(people: Bodies, down: ArrayLike = DOWN) -> list[str]:
    """Return the posture of each person."""
    return [activities[0].name for activities in told(people, down).of_people]


def without(people: Bodies, *joints: str) -> Bodies:
    """Return the same people of whom keypoints are not seen."""
    points = people.points.copy()
    points[:, [i for name, i in COCO.index.items() if name.endswith(joints)]] = np.nan
    return replace(people, points=points)


@pytest.mark.parametrize('in_metres', [False, True])
@pytest.mark.parametrize('turn', range(0, 360, 45))
@pytest.mark.parametrize('name', POSES)
def test_a_posture_is_told_from_all_sides(name: str, turn: float, in_metres: bool) -> None:
    is_end_on = name == 'laying' and turn % 180 == 90 and not in_metres
    people = seen(body(POSES[name]), turn=turn, in_metres=in_metres)
    assert postures(people) == ['other' if is_end_on else name]


def test_who_bends_over_straight_legs_stands() -> None:
    assert postures(seen(body(BENDING), turn=90.0)) == ['standing']


@pytest.mark.parametrize('joints', [
    ('knee',), ('hip',), ('knee', 'ankle'), ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle'),
    tuple(COCO.names),
])
def test_of_half_a_body_no_posture_is_told(joints: tuple[str, ...]) -> None:
    assert postures(without(EVERYBODY[:3], *joints)) == ['other'] * 3


def test_an_ankle_far_above_its_knee_does_not_make_who_stands_crouch() -> None:
    people = without(EVERYBODY[:1], 'right_ankle')
    points = people.points.copy()
    points[:, COCO.index['left_ankle']] = people.joint('right_hip')
    assert postures(replace(people, points=points)) == ['standing']


def test_who_lies_is_told_so_without_legs() -> None:
    assert postures(without(EVERYBODY, 'knee', 'ankle'))[3] == 'laying'


def test_what_is_hardly_known_decides_nothing() -> None:
    vague = replace(EVERYBODY, deviations=EVERYBODY.deviations * 1000)
    assert max(activity.score for person in told(vague).of_people for activity in person) < 0.55


@given(st.floats(0.05, 20.0), st.floats(-1e3, 1e3))
def test_postures_do_not_depend_on_size_and_place(scale: float, shift: float) -> None:
    moved = replace(
        EVERYBODY, points=EVERYBODY.points * scale + shift,
        deviations=EVERYBODY.deviations * scale,
    )
    assert postures(moved) == postures(EVERYBODY)


@given(st.floats(0.0, 2 * np.pi))
def test_a_camera_may_be_rolled_where_down_is_told(roll: float) -> None:
    cos, sin = np.cos(roll), np.sin(roll)
    rotation = np.array([[cos, sin], [-sin, cos]])
    rolled = replace(EVERYBODY, points=EVERYBODY.points @ rotation)
    assert postures(rolled, np.array(DOWN[:2]) @ rotation) == postures(EVERYBODY)


def test_where_down_points_along_the_view_no_posture_is_told() -> None:
    assert postures(EVERYBODY, (0.0, 0.0, 1.0)) == ['other'] * len(POSES)


def test_what_a_skeleton_lacks_is_unseen() -> None:
    of_legs = Skeleton(COCO.names[5:], (), COCO.sigmas[5:])
    legs = Bodies(
        EVERYBODY.points[:, 5:], EVERYBODY.deviations[:, 5:], EVERYBODY.ids, of_legs
    )
    assert postures(legs) == postures(EVERYBODY)


def test_nobody_does_nothing() -> None:
    assert len(told(EVERYBODY[:0])) == 0
