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

"""What REP-155's messages say of people, read back by the real messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.activities.activities import GESTURES
from movenet_ros.core.activities.activities import POSTURES
from movenet_ros.core.errors import StartError
from movenet_ros.core.frames import rotation_of
from movenet_ros.core.kinematics.human_model import body_frames
from movenet_ros.core.poses import Poses
from movenet_ros.messages import hri
from movenet_ros.messages import hri_prepared
import numpy as np
from people_3d import standing
import pytest
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

hri_msgs = pytest.importorskip('hri_msgs.msg')

WH = (640, 480)
shares = st.floats(0.0, 1.0, width=32)
frame_ids = st.text('abc_/', max_size=9)
stamps = st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 10**9 - 1))


def made_header(frame_id: str, stamp: tuple[int, int]) -> Header:
    """Make a header."""
    header = Header(frame_id=frame_id)
    header.stamp.sec, header.stamp.nanosec = stamp
    return header


headers = st.builds(made_header, frame_ids, stamps)


@pytest.fixture
def people(make_people: Callable[..., Poses]) -> Poses:
    """Give two people."""
    return make_people(WH, 2)


@given(headers, arrays(np.float32, 5, elements=shares))
def test_a_region_says_what_was_put_in(header: Header, numbers: Any) -> None:
    msg_type = hri_msgs.NormalizedRegionOfInterest2D
    msg = deserialize_message(hri_prepared.region_to_bytes(numbers, header), msg_type)
    assert msg.header == header
    assert [msg.xmin, msg.ymin, msg.xmax, msg.ymax, msg.c] == numbers.tolist()


@given(headers, arrays(np.float32, (18, 3), elements=shares))
def test_a_skeleton_says_what_was_put_in(header: Header, numbers: Any) -> None:
    data = hri_prepared.skeleton_to_bytes(numbers, header)
    msg = deserialize_message(data, hri_msgs.Skeleton2D)
    assert msg.header == header
    assert [[each.x, each.y, each.c] for each in msg.skeleton] == numbers.tolist()


@given(headers, st.integers(0, 6))
def test_postures_and_gestures_say_what_was_put_in(header: Header, code: int) -> None:
    posture = hri_prepared.posture_to_bytes(code, header)
    gesture = hri_prepared.gesture_to_bytes(code, header)
    assert deserialize_message(posture, hri_msgs.BodyPosture).posture == code
    read = deserialize_message(gesture, hri_msgs.Gesture)
    assert (read.gesture, read.header) == (code, header)


@given(headers, st.lists(st.integers(1, 300_000), unique=True, max_size=6))
def test_the_list_has_the_ids(header: Header, tracks: list[int]) -> None:
    ids = tuple(map(hri.body_id, tracks))
    msg = deserialize_message(hri_prepared.ids_to_bytes(ids, header), hri_msgs.IdsList)
    assert (msg.header, tuple(msg.ids)) == (header, ids)


@given(headers, arrays(np.float64, 3, elements=st.one_of(st.just(np.nan), st.floats(-3, 3))))
def test_joints_that_are_not_known_are_left_out(header: Header, joints: Any) -> None:
    data = hri_prepared.joints_to_bytes(('a', 'b', 'c'), joints, 'p0001', header)
    msg = deserialize_message(data, JointState)
    known = {f'{name}_p0001': value for name, value in zip('abc', joints) if value == value}
    assert (msg.header, dict(zip(msg.name, msg.position))) == (header, known)


def test_a_frame_turns_the_axes_of_the_body_and_has_its_name() -> None:
    tf2_msgs = pytest.importorskip('tf2_msgs.msg')
    header = made_header('camera', (5, 6))
    frames = body_frames(standing((0.1, 0.2, 3.0)), (0.0, -1.0, 0.0), (0.0, 0.0, 0.0))
    data = hri_prepared.body_frames_to_bytes(('p0001',), frames, header)
    (frame,) = deserialize_message(data, tf2_msgs.TFMessage).transforms
    assert (frame.header, frame.child_frame_id) == (header, 'body_p0001')
    place, turn = frame.transform.translation, frame.transform.rotation
    np.testing.assert_allclose([place.x, place.y, place.z], frames.origins[0])
    turned = rotation_of([turn.x, turn.y, turn.z, turn.w])
    np.testing.assert_allclose(turned, frames.axes[0], atol=1e-9)


def test_points_have_the_places_that_the_message_names(people: Poses) -> None:
    found = hri.skeletons(people, WH)
    for name, at in people.skeleton.index.items():
        place = found[:, getattr(hri_msgs.Skeleton2D, name.upper())]
        np.testing.assert_allclose(place[:, :2] * WH, people.keypoints[:, at], atol=1e-3)
        np.testing.assert_allclose(place[:, 2], people.keypoint_scores[:, at])
    assert hri.POINTS[hri_msgs.Skeleton2D.NECK] == 'neck'


@pytest.mark.parametrize('value', [np.nan, np.inf, -1e30, 1e30])
def test_what_is_nowhere_is_in_no_doubt_unsure(people: Poses, value: float) -> None:
    nowhere = replace(
        people, keypoints=np.full_like(people.keypoints, value),
        boxes_xyxy=np.full_like(people.boxes_xyxy, np.nan),
    )
    points, boxes = hri.skeletons(nowhere, WH), hri.regions(nowhere, WH)
    assert points.min() >= 0 and points.max() <= 1 and not points[..., 2].any()
    assert not boxes.any()


@given(st.integers(-999, 999), st.integers(-999, 999))
def test_boxes_end_where_the_image_does(left: int, top: int) -> None:
    box = np.array([[left, top, left + 200, top + 300]])
    poses = Poses(np.zeros((1, 17, 2)), np.zeros((1, 17)), box, np.ones(1), np.ones(1))
    region = hri.regions(poses, WH)[0]
    clipped = np.clip(box[0] / (*WH, *WH), 0, 1)
    is_inside = clipped[0] < clipped[2] and clipped[1] < clipped[3]
    np.testing.assert_allclose(region, [*clipped, is_inside], atol=1e-6)


@given(st.integers(1, 259_999), st.integers(1, 259_999))
def test_ids_have_five_characters_that_begin_with_a_letter_and_are_unique(
    one: int, other: int
) -> None:
    ids = hri.body_id(one), hri.body_id(other)
    assert all(len(each) == 5 and each[0].isalpha() and each.isalnum() for each in ids)
    assert (ids[0] == ids[1]) == (one == other)


@pytest.mark.parametrize('name', ['other', *POSTURES])
def test_postures_have_the_numbers_of_their_names(name: str) -> None:
    assert hri.posture_code((Activity(name, 1.0),)) == getattr(hri_msgs.BodyPosture, name.upper())


@pytest.mark.parametrize('name', GESTURES)
def test_gestures_have_the_numbers_of_their_names(name: str) -> None:
    expected = getattr(hri_msgs.Gesture, name.upper(), hri_msgs.Gesture.OTHER)
    assert hri.gesture_code((Activity('standing', 1.0), Activity(name, 1.0))) == expected


def test_who_waves_with_a_raised_hand_waves() -> None:
    did = [Activity(name, 1.0) for name in ('standing', 'left_hand_raised', 'waving')]
    assert hri.gesture_code(tuple(did)) == hri_msgs.Gesture.WAVING


def test_without_the_package_one_line_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'hri_msgs.msg', None)
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    with pytest.raises(StartError, match='ros-jazzy-hri-msgs'):
        hri.hri_msgs()
