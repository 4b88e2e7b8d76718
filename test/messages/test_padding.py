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

"""The same message is always the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.padding import without_padding
from movenet_ros.messages.poses import detections_to_msg
from movenet_ros.messages.poses import label_info
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.replay.bag.definitions import with_definition
from movenet_ros.replay.bag.topic import Topic
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from rosbags.typesys import get_types_from_msg
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

MakePeople = Callable[[tuple[int, int], int], Poses]


@pytest.fixture(params=range(9))
def msg(request: Any, make_people: MakePeople) -> Any:
    """Give messages of several types."""
    header = Header(frame_id='x' * request.param)
    people = make_people((640, 480), min(request.param, 5))
    return [
        header,
        detections_to_msg(people, header),
        poses_to_msg(people, header),
        image_to_msg(np.full((3, 5, 3), 7, np.uint8), header),
        label_info(COCO, 0.25, header.stamp),
        PoseWithCovarianceStamped(header=header),
        JointState(header=header),
        JointState(header=header, name=['a'], position=[1.0]),
        JointState(header=header, name=['a', 'bcdef'], effort=[1.0]),
    ][request.param]


def test_the_bytes_are_those_of_a_serializer_that_writes_zeros(msg: Any) -> None:
    msg_type = f'{type(msg).__module__.split(".")[0]}/msg/{type(msg).__name__}'
    store = get_typestore(Stores.EMPTY)
    store.register(
        get_types_from_msg(with_definition(Topic('/a', msg_type)).definition, msg_type)
    )
    data = without_padding(serialize_message(msg), msg)
    assert store.serialize_cdr(store.deserialize_cdr(data, msg_type), msg_type) == data
    assert deserialize_message(data, type(msg)) == msg


def test_what_lies_between_the_fields_is_gone(msg: Any) -> None:
    clean = without_padding(serialize_message(msg), msg)
    fields = without_padding(clean[:4] + b'\xff' * (len(clean) - 4), msg)[4:]
    dirty = clean[:4] + bytes(a if b else 0xEE for a, b in zip(clean[4:], fields, strict=True))
    assert deserialize_message(dirty, type(msg)) == msg
    assert without_padding(dirty, msg) == clean


def test_another_layout_is_left_alone() -> None:
    header = Header(frame_id='camera')
    assert without_padding(b'\0\1\0\0' + bytes(40), header) == b'\0\1\0\0' + bytes(40)
