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

"""Joint angles and activities as messages, and back."""

from __future__ import annotations

from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.activities.activities import FALL
from movenet_ros.core.activities.activities import OTHER
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.observing import Observed
from movenet_ros.messages import activities_from_msg
from movenet_ros.messages import joint_angles_from_msg
from movenet_ros.messages.activities import activities_to_bytes
from movenet_ros.messages.activities import activities_to_msg
from movenet_ros.messages.joint_angles import joint_angles_to_bytes
from movenet_ros.messages.joint_angles import joint_angles_to_msg
from movenet_ros.messages.padding import serialized
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

HEADER = Header(frame_id='camera')
BOXES = np.array([[0, 10, 30, 80], [5, 5, 6, 7.5]], np.float32)
DOING = Activities(
    np.array([7, 0]),
    ((Activity('laying', 0.75), Activity('waving', 0.5), Activity(FALL, 1.0)),
     (Activity(OTHER, 0.0),)),
)


def angles(people: int) -> Angles:
    """Make angles of which the first one is not known."""
    values = np.arange(people * len(ANGLES), dtype=np.float64).reshape(people, -1) / 10
    values[0, 0] = np.nan
    return Angles(values, np.full_like(values, 0.1))


def bending(ids: list[int]) -> Observed:
    """Make people whose velocities are twice their angles."""
    seen = angles(len(ids))
    return Observed(np.array(ids), seen, lambda: 2 * seen.values, lambda: DOING, '+y')


def msg_of(ids: list[int]) -> JointState:
    """Make a message about people."""
    return joint_angles_to_msg(bending(ids), HEADER)


@pytest.mark.parametrize('ids', [[3], [9, 0, 2, 0, 5]])
def test_angles_leave_as_the_bytes_that_rclpy_makes(ids: list[int]) -> None:
    assert joint_angles_to_bytes(bending(ids), HEADER) == serialized(msg_of(ids))


def test_each_angle_has_the_name_of_its_person() -> None:
    msg = msg_of([3])
    assert msg.name == [f'3/{each}' for each in ANGLES]
    assert np.isnan(msg.position[0]) and list(msg.position[1:]) == [
        each / 10 for each in range(1, len(ANGLES))
    ]
    np.testing.assert_array_equal(msg.velocity, 2 * np.array(msg.position))


def test_a_name_keeps_its_place_while_the_people_stay() -> None:
    """Whoever scores higher: plots go by places."""
    assert msg_of([9, 2, 5]).name == msg_of([5, 9, 2]).name


def test_a_velocity_goes_with_its_angle_whatever_the_order_of_people() -> None:
    msg = msg_of([9, 2, 5])
    np.testing.assert_array_equal(msg.velocity, 2 * np.array(msg.position))


def test_people_without_an_id_are_told_apart() -> None:
    found = joint_angles_from_msg(msg_of([0, 4, 0]))
    assert [*found] == ['4', 'untracked_1', 'untracked_2']
    assert found['untracked_2']['left_knee'] == angles(3).of('left_knee')[2]


def test_angles_come_back() -> None:
    data = serialized(msg_of([3]))
    found = joint_angles_from_msg(deserialize_message(data, JointState))
    np.testing.assert_array_equal([*found['3'].values()], angles(1).values[0])


@pytest.mark.parametrize(
    'msg',
    [
        JointState(name=['wheel_left'], position=[0.0]), JointState(name=['1/left_knee']),
        JointState(name=['1/left_toe'], position=[0.0]),
    ],
)
def test_other_joint_states_are_refused(msg: JointState) -> None:
    with pytest.raises(ValueError, match='joint_angles'):
        joint_angles_from_msg(msg)


@pytest.mark.parametrize('boxes', [BOXES, np.full((2, 4), np.nan, np.float32)])
def test_prepared_bytes_are_those_of_the_message(boxes: NDArray[np.float32]) -> None:
    expected = serialized(activities_to_msg(DOING, boxes, HEADER))
    assert activities_to_bytes(DOING, boxes, HEADER) == expected


def test_activities_come_back() -> None:
    msg = deserialize_message(activities_to_bytes(DOING, BOXES, HEADER), Detection2DArray)
    found = activities_from_msg(msg)
    assert found.of_people == DOING.of_people and found.ids.tolist() == [7, 0]


def test_a_person_has_its_box_and_the_header() -> None:
    person = activities_to_msg(DOING, BOXES, HEADER).detections[0]
    center = person.bbox.center.position
    assert (center.x, center.y, person.bbox.size_x, person.bbox.size_y) == (15, 45, 30, 70)
    assert person.id == '7' and person.header == HEADER


def test_nobody_is_a_message_too() -> None:
    nobody = Activities(np.zeros(0, np.int64), ())
    data = activities_to_bytes(nobody, np.empty((0, 4), np.float32), HEADER)
    assert len(activities_from_msg(deserialize_message(data, Detection2DArray))) == 0


@pytest.mark.parametrize('spoil', ['id', 'name', 'none'])
def test_other_detections_are_refused(spoil: str) -> None:
    msg = activities_to_msg(DOING, BOXES, HEADER)
    if spoil == 'id':
        msg.detections[0].id = 'Ann'
    elif spoil == 'name':
        msg.detections[0].results[0].hypothesis.class_id = 'dog'
    else:
        msg.detections[0].results = []
    with pytest.raises(ValueError, match='activities'):
        activities_from_msg(msg)
