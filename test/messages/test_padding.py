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
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from std_msgs.msg import Header

MakePeople = Callable[[tuple[int, int], int], Poses]


@pytest.fixture(params=range(6))
def msg(request: Any, make_people: MakePeople) -> Any:
    """Give messages of several types."""
    header = Header(frame_id='x' * request.param)
    people = make_people((640, 480), request.param)
    return [
        header,
        detections_to_msg(people, header),
        poses_to_msg(people, header),
        image_to_msg(np.full((3, 5, 3), 7, np.uint8), header),
        label_info(COCO, 0.25, header.stamp),
        PoseWithCovarianceStamped(header=header),
    ][request.param]


def test_the_message_stays(msg: Any) -> None:
    data = without_padding(serialize_message(msg), msg)
    assert deserialize_message(data, type(msg)) == msg


def test_what_lies_between_the_fields_is_gone(msg: Any, typestore: Any) -> None:
    """Whatever it was: rosbags, which writes zeros, tells where it is."""
    data = without_padding(serialize_message(msg), msg)
    package, _, name = type(msg).__module__.partition('.msg')
    msg_type = f'{package}/msg/{type(msg).__name__}'
    if msg_type in typestore.fielddefs:
        message = typestore.deserialize_cdr(data, msg_type)
        assert typestore.serialize_cdr(message, msg_type) == data


def test_rubbish_between_the_fields_is_gone(msg: Any) -> None:
    data = serialize_message(msg)
    clean = without_padding(data, msg)
    dirty = bytearray(clean)
    for i in range(len(clean)):
        dirty[i] ^= 0xff
        try:
            is_padding = deserialize_message(bytes(dirty), type(msg)) == msg and i >= 4
        except Exception:
            is_padding = False
        if not is_padding:
            dirty[i] ^= 0xff
        if i > 300:
            break
    assert without_padding(bytes(dirty), msg) == clean


def test_another_layout_is_left_alone() -> None:
    header = Header(frame_id='camera')
    assert without_padding(b'\0\1\0\0' + bytes(40), header) == b'\0\1\0\0' + bytes(40)
