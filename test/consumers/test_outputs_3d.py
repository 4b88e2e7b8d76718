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

"""The rows of the 3D node that tell of one person, and frames of people for tf."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import PoseStamped
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.consumers.outputs import Result3D
from movenet_ros.consumers.outputs import tf_output
from movenet_ros.core.frames import rotation_of
from movenet_ros.core.frames import Transform
import numpy as np
from people_3d import BODY
from people_3d import people_3d
from people_3d import standing
import pytest
from rclpy.serialization import deserialize_message
from std_msgs.msg import Header

ROWS = {each.name: each for each in OUTPUTS_3D}
TO_BASE = Transform(  # of a camera 1 m above the ground that looks ahead
    'base_link', np.array([(0.0, 0, 1), (-1, 0, 0), (0, -1, 0)]), np.array([0.2, 0.0, 1.0])
)


def header() -> Header:
    """Return the header of an image."""
    made = Header(frame_id='camera')
    made.stamp.sec, made.stamp.nanosec = 12, 34
    return made


def person(result: Result3D) -> Any:
    """Return the message of person."""
    data = ROWS['person'].to_bytes(result)
    assert data is not None
    return deserialize_message(data, PoseStamped)


def axes(orientation: Any) -> Any:
    """Return x, y and z of an orientation, in columns."""
    return rotation_of([orientation.x, orientation.y, orientation.z, orientation.w])


def place(position: Any) -> Any:
    """Return a point or a vector."""
    return np.array([position.x, position.y, position.z])


def test_the_person_is_at_the_middle_of_the_hips() -> None:
    msg = person(Result3D(header(), standing((0, 0, 5), (1, 0.2, 2)), followed=1))
    np.testing.assert_allclose(place(msg.pose.position), (1, 0.2, 2))
    assert msg.header == header()


def test_x_is_where_the_person_faces_and_z_is_up() -> None:
    """In the optical frame: towards the camera, and against y."""
    msg = person(Result3D(header(), standing((1, 0.2, 2)), followed=0))
    expected = np.array([(0.0, 0, -1), (1, 0, 0), (0, -1, 0)]).T
    np.testing.assert_allclose(axes(msg.pose.orientation), expected, atol=1e-12)


def test_in_a_target_frame_the_person_is_on_the_ground() -> None:
    msg = person(Result3D(header(), standing((1, 0.2, 2)), followed=0).within(TO_BASE))
    np.testing.assert_allclose(place(msg.pose.position), (2.2, -1, 0), atol=1e-12)
    assert (msg.header.frame_id, msg.header.stamp) == ('base_link', header().stamp)


def test_in_a_target_frame_a_pose_is_a_turn_about_z() -> None:
    """Navigation takes its yaw: here back to the camera."""
    orientation = person(
        Result3D(header(), standing((1, 0.2, 2)), followed=0).within(TO_BASE)
    ).pose.orientation
    assert (orientation.x, orientation.y) == pytest.approx((0, 0))
    assert abs(orientation.z) == pytest.approx(1)


def test_an_unknown_heading_is_away_from_the_camera_in_any_frame() -> None:
    body = np.full((17, 3), np.nan)
    people = people_3d([body], person_positions=[(0.0, 0.2, 2)])
    msg = person(Result3D(header(), people, followed=0).within(TO_BASE))
    np.testing.assert_allclose(axes(msg.pose.orientation), np.eye(3), atol=1e-12)


def test_without_a_person_to_follow_there_is_no_message() -> None:
    assert ROWS['person'].to_bytes(Result3D(header(), standing((0, 0, 2)))) is None


@pytest.mark.parametrize('name', ROWS)
def test_the_same_people_are_the_same_bytes(name: str) -> None:
    """Whatever the middleware finds in the memory between the fields."""
    result = Result3D(header(), standing((0, 0, 2), (1, 0, 3)), followed=0)
    assert len({ROWS[name].to_bytes(result) for _ in range(5)}) == 1


def frames(result: Result3D) -> list[Any]:
    """Return the frames of the message on /tf."""
    output = tf_output()
    data = output.to_bytes(result)
    return deserialize_message(data, output.msg_type).transforms if data else []


@pytest.fixture
def tf2_msgs() -> None:
    """Skip a test where the messages of tf are not installed."""
    pytest.importorskip('tf2_msgs')


@pytest.mark.usefixtures('tf2_msgs')
def test_each_person_with_an_id_has_a_frame() -> None:
    people = people_3d([BODY + (0, 0, z) for z in (2, 3, np.nan, 5)], [4, 0, 6, 17])
    found = frames(Result3D(header(), people))
    assert [each.child_frame_id for each in found] == ['person_4', 'person_17']
    assert all(each.header == header() for each in found)


@pytest.mark.usefixtures('tf2_msgs')
def test_a_frame_is_at_the_hips_and_turned_as_the_person() -> None:
    """On the ground in no frame: it is the body's, not the robot's goal."""
    result = Result3D(header(), standing((1, 0.2, 2)), followed=0).within(TO_BASE)
    (frame,) = frames(result)
    np.testing.assert_allclose(place(frame.transform.translation), (2.2, -1, 0.8))
    pose = person(result).pose
    np.testing.assert_allclose(axes(frame.transform.rotation), axes(pose.orientation))


@pytest.mark.usefixtures('tf2_msgs')
def test_without_people_nothing_is_published_on_tf() -> None:
    assert frames(Result3D(header(), standing())) == []


def test_what_is_published_in_a_target_frame_is_in_it_altogether() -> None:
    result = Result3D(header(), standing((1, 0.2, 2)), followed=0).within(TO_BASE)
    np.testing.assert_allclose(result.people.person_positions, [(2.2, -1, 0.8)])
    assert result.header.frame_id == 'base_link'
