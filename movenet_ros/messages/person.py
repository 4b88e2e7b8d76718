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

"""The pose of one person, for a robot that follows, and frames of all people for tf."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import PoseStamped
from geometry_msgs.msg import TransformStamped
from movenet_ros.core.frames import quaternion_of
from movenet_ros.core.poses_3d import Poses3D
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

FRAME = 'person_{}'

Floats = NDArray[np.float64]


def person_to_msg(
    place: Floats, heading: Floats, up: Floats, header: Header
) -> PoseStamped:
    """
    Make the pose of a person: x is the heading, z is up.

    :param place: ``(3,)`` in metres.
    :param heading: ``(3,)`` level, of length 1.
    :param up: ``(3,)`` of length 1.
    """
    msg = PoseStamped(header=header)
    _place(msg.pose.position, msg.pose.orientation, place, heading, up)
    return msg


def frames_to_msg(people: Poses3D, headings: Floats, up: Floats, header: Header) -> Any:
    """
    Make the message of /tf with a frame for each person who has an id and a known place.

    :param headings: ``(n, 3)`` level, of length 1.
    :param up: ``(3,)`` of length 1.
    :return: a tf2_msgs/TFMessage.
    """
    from tf2_msgs.msg import TFMessage  # loaded where frames are published alone

    msg = TFMessage()
    known = np.isfinite(people.person_positions).all(axis=1) & (people.poses.ids > 0)
    for i in np.flatnonzero(known).tolist():
        frame = TransformStamped(header=header)
        frame.child_frame_id = FRAME.format(people.poses.ids[i])
        place, heading = people.person_positions[i], headings[i]
        _place(frame.transform.translation, frame.transform.rotation, place, heading, up)
        msg.transforms.append(frame)
    return msg


def _place(position: Any, orientation: Any, place: Floats, x: Floats, z: Floats) -> None:
    """Write a place and the axes x and z into the parts of a message."""
    position.x, position.y, position.z = place.tolist()
    quaternion = quaternion_of(np.stack([x, np.cross(z, x), z], axis=1)).tolist()
    orientation.x, orientation.y, orientation.z, orientation.w = quaternion
