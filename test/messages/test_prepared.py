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


"""Ready bytes of poses: what rclpy would have made of the message."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from movenet_ros.core.poses import Poses
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.padding import without_padding
from movenet_ros.messages.poses import detections_to_msg
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.prepared import _template
from movenet_ros.messages.prepared import detections_to_bytes
from movenet_ros.messages.prepared import image_to_bytes
from movenet_ros.messages.prepared import poses_to_bytes
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

NUMBER = st.floats(-1e6, 1e6, width=32)
SCORE = st.floats(0, 1, width=32)


@st.composite
def people(draw: Any) -> Poses:
    """Make up to 6 people anywhere."""
    n = draw(st.integers(0, 6))
    return Poses(
        keypoints=draw(arrays(np.float32, (n, 17, 2), elements=NUMBER)),
        keypoint_scores=draw(arrays(np.float32, (n, 17), elements=SCORE)),
        boxes_xyxy=draw(arrays(np.float32, (n, 4), elements=NUMBER)),
        scores=draw(arrays(np.float32, (n,), elements=SCORE)),
        ids=draw(arrays(np.int64, (n,), elements=st.integers(0, 2**62))),
    )


@st.composite
def headers(draw: Any) -> Header:
    """Make a header with any stamp and frame_id."""
    letters = st.characters(min_codepoint=1, max_codepoint=0xD7FF)
    header = Header(frame_id=draw(st.text(letters, max_size=20)))
    header.stamp.sec = draw(st.integers(-(2**31), 2**31 - 1))
    header.stamp.nanosec = draw(st.integers(0, 2**32 - 1))
    return header


def read(data: bytes) -> Detection2DArray:
    """Read a serialized message."""
    return deserialize_message(data, Detection2DArray)


BOTH = pytest.mark.parametrize(
    ('to_bytes', 'to_msg'),
    [(poses_to_bytes, poses_to_msg), (detections_to_bytes, detections_to_msg)],
)


@BOTH
@given(poses=people(), header=headers())
def test_the_bytes_are_the_message(
    to_bytes: Any, to_msg: Any, poses: Poses, header: Header
) -> None:
    assert read(to_bytes(poses, header)) == to_msg(poses, header)


@BOTH
@given(poses=people(), header=headers())
def test_they_are_as_many_as_rclpy_makes(
    to_bytes: Any, to_msg: Any, poses: Poses, header: Header
) -> None:
    assert len(to_bytes(poses, header)) == len(serialize_message(to_msg(poses, header)))


@BOTH
@given(poses=people(), header=headers())
def test_the_same_people_are_always_the_same_bytes(
    to_bytes: Any, to_msg: Any, poses: Poses, header: Header
) -> None:
    """Whatever the middleware finds in the memory between the fields."""
    once = to_bytes(poses, header)
    _template.cache_clear()
    assert to_bytes(poses, header) == once


def person(x: float, person_id: int = 0) -> Poses:
    """Make one person at a place."""
    return Poses(
        keypoints=np.full((1, 17, 2), x, np.float32),
        keypoint_scores=np.full((1, 17), 0.5, np.float32),
        boxes_xyxy=np.array([(x, x, x + 2, x + 4)], np.float32),
        scores=np.array([0.5], np.float32),
        ids=np.array([person_id]),
    )


def test_a_later_message_leaves_an_earlier_one_alone() -> None:
    earlier = poses_to_bytes(person(1), Header())
    poses_to_bytes(person(2), Header())
    assert poses_from_msg(read(earlier)).keypoints[0, 0, 0] == 1


@pytest.mark.parametrize(
    ('one', 'other'),
    [
        ((person(1, 9), Header()), (person(1, 10), Header())),
        ((person(1), Header(frame_id='left')), (person(1), Header(frame_id='right'))),
        ((Poses.nobody(), Header()), (person(1), Header())),
    ],
    ids=['id', 'frame_id', 'number of people'],
)
def test_what_changes_the_layout_is_not_mixed_up(
    one: tuple[Poses, Header], other: tuple[Poses, Header]
) -> None:
    for poses, header in (one, other, one):
        assert read(poses_to_bytes(poses, header)) == poses_to_msg(poses, header)


@pytest.mark.parametrize('wh', [(64, 48), (5, 3), (1, 1), (7, 2)])
@pytest.mark.parametrize('frame_id', ['', 'left', 'camera'])
def test_an_image_is_the_message(wh: tuple[int, int], frame_id: str) -> None:
    """As long as rclpy makes it, and the same whatever lay in the memory."""
    image = np.random.default_rng(0).integers(0, 256, (wh[1], wh[0], 3), np.uint8)
    data = image_to_bytes(image[:, ::-1], Header(frame_id=frame_id))
    msg = image_to_msg(image[:, ::-1], Header(frame_id=frame_id))
    assert deserialize_message(data, Image) == msg
    assert data == without_padding(bytes(serialize_message(msg)), msg)
