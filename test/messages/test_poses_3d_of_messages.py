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

"""Messages of poses_3d, both ways, and their ready bytes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from movenet_ros.core.errors import FrameError
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.core.skeleton import COCO
from movenet_ros.messages import poses_3d_from_msg
from movenet_ros.messages.padding import without_padding
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.poses_3d import poses_3d_to_msg
from movenet_ros.messages.poses_reader import poses_3d_reader
from movenet_ros.messages.poses_reader import poses_reader
from movenet_ros.messages.prepared import poses_to_bytes
from movenet_ros.messages.prepared_3d import poses_3d_to_bytes
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from std_msgs.msg import Header
from vision_msgs.msg import Detection3DArray

METRES = st.floats(-50, 50) | st.just(float('nan'))
SCORE = st.floats(0, 1, width=32)
PIXEL = st.floats(-1e4, 1e4, width=32)
IN_SPACE = ('centers', 'sizes', 'person_positions', 'person_variances')


@st.composite
def flat_people(draw: Any) -> Poses:
    """Make up to 3 people in an image."""
    n = draw(st.integers(0, 3))
    return Poses(
        keypoints=draw(arrays(np.float32, (n, 17, 2), elements=PIXEL)),
        keypoint_scores=draw(arrays(np.float32, (n, 17), elements=SCORE)),
        boxes_xyxy=draw(arrays(np.float32, (n, 4), elements=PIXEL)),
        scores=draw(arrays(np.float32, (n,), elements=SCORE)),
        ids=draw(arrays(np.int64, (n,), elements=st.integers(0, 2**40))),
    )


@st.composite
def people(draw: Any) -> Poses3D:
    """Make up to 3 people anywhere in space, and nowhere."""
    poses = draw(flat_people())
    n = len(poses)
    keypoints, persons = (n, 17, 3), (n, 3)
    return Poses3D(
        poses,
        *(draw(arrays(np.float64, keypoints, elements=METRES)) for _ in range(2)),
        *(draw(arrays(np.float64, persons, elements=METRES)) for _ in range(5)),
        is_monocular=draw(st.booleans()),
    )


@st.composite
def headers(draw: Any) -> Header:
    """Make a header."""
    header = Header(frame_id=draw(st.sampled_from(['', 'camera', 'camera_color_optical_frame'])))
    header.stamp.sec = draw(st.integers(-(2**31), 2**31 - 1))
    header.stamp.nanosec = draw(st.integers(0, 2**32 - 1))
    return header


def person() -> Poses:
    """Make one person."""
    return Poses(
        keypoints=np.arange(34, dtype=np.float32).reshape(1, 17, 2),
        keypoint_scores=np.full((1, 17), 0.5, np.float32),
        boxes_xyxy=np.array([(1, 2, 3, 5)], np.float32),
        scores=np.array([0.5], np.float32),
        ids=np.array([7]),
    )


@given(people(), headers())
def test_a_message_read_back_is_the_people(sent: Poses3D, header: Header) -> None:
    read = poses_3d_from_msg(poses_3d_to_msg(sent, header))
    assert read.poses.ids.tolist() == sent.poses.ids.tolist()
    assert (read.poses.scores == sent.poses.scores).all()
    assert (read.poses.keypoint_scores == sent.poses.keypoint_scores).all()
    assert read.is_monocular == (sent.is_monocular and len(sent) > 0)
    for name in ('positions', 'variances', *IN_SPACE):
        np.testing.assert_array_equal(getattr(read, name), getattr(sent, name))


@given(people(), headers())
def test_the_bytes_are_the_message(sent: Poses3D, header: Header) -> None:
    msg = poses_3d_to_msg(sent, header)
    assert poses_3d_to_bytes(sent, header) == without_padding(bytes(serialize_message(msg)), msg)


def test_what_is_unknown_is_nan_and_never_0() -> None:
    msg = deserialize_message(poses_3d_to_bytes(unlifted(person()), Header()), Detection3DArray)
    (detection,) = msg.detections
    for result in detection.results:
        position = result.pose.pose.position
        assert np.isnan([position.x, position.y, position.z]).all()
        assert np.isnan(result.pose.covariance[[0, 7, 14]]).all()


def test_an_index_is_a_name() -> None:
    (detection,) = poses_3d_to_msg(unlifted(person()), Header()).detections
    assert [each.hypothesis.class_id for each in detection.results] == [*COCO.names, 'person']
    assert detection.id == '7'


def test_poses_are_no_poses_3d() -> None:
    msg = poses_3d_to_msg(unlifted(person()), Header())
    msg.detections[0].results.pop()
    with pytest.raises(ValueError, match='poses_3d'):
        poses_3d_from_msg(msg)


@given(st.lists(st.tuples(flat_people(), headers()), min_size=1, max_size=6))
def test_poses_are_read_as_rclpy_reads_them(sent: list[tuple[Poses, Header]]) -> None:
    """The first of some people, and every later one of the same."""
    reader = poses_reader()
    for poses, header in (*sent, *sent):
        read_header, read = reader.read(poses_to_bytes(poses, header))
        assert read_header == header
        assert poses_to_msg(read, header) == poses_to_msg(poses, header)


@given(st.lists(st.tuples(people(), headers()), min_size=1, max_size=4))
def test_poses_3d_are_read_as_rclpy_reads_them(sent: list[tuple[Poses3D, Header]]) -> None:
    """And nobody, people who are measured and people who are not in turns."""
    reader = poses_3d_reader()
    for each, header in (*sent, *sent):
        data = poses_3d_to_bytes(each, header)
        read_header, read = reader.read(data)
        assert (read_header, read.is_monocular) == (header, each.is_monocular and len(each) > 0)
        assert poses_3d_to_bytes(read, read_header) == data


def test_a_message_that_was_filled_up_on_its_way_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, data = poses_reader(), poses_to_bytes(person(), Header(frame_id='camera'))
    reader.read(data)
    monkeypatch.setattr('movenet_ros.messages.poses_reader.deserialize_message', None)
    for filled in (data, data + b'\0', data + b'\1\2\3'):
        assert (reader.read(filled)[1].keypoints == person().keypoints).all()


@given(st.binary(max_size=200))
def test_any_bytes_are_poses_or_are_refused(rest: bytes) -> None:
    try:
        poses_reader().read(b'\0\1\0\0' + rest)
    except FrameError as error:
        assert str(error).isprintable()


def test_another_message_of_the_same_type_is_refused() -> None:
    msg = poses_to_msg(person(), Header())
    msg.detections[0].results = msg.detections[0].results[-1:]
    with pytest.raises(FrameError, match='topic poses'):
        poses_reader().read(bytes(serialize_message(msg)))
