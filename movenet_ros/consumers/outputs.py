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

"""The table of outputs of the 3D node, one row each, which replay reads too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geometry_msgs.msg import PoseStamped
from movenet_ros.core.followed import headings
from movenet_ros.core.frames import OPTICAL
from movenet_ros.core.frames import Transform
from movenet_ros.core.frames import transformed
from movenet_ros.core.frames import View
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.messages.markers import markers_to_bytes
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import RELIABLE
from movenet_ros.messages.padding import serialized
from movenet_ros.messages.person import frames_to_msg
from movenet_ros.messages.person import person_to_msg
from movenet_ros.messages.prepared_3d import poses_3d_to_bytes
import numpy as np
from rclpy.qos import QoSProfile
from std_msgs.msg import Header
from vision_msgs.msg import Detection3DArray
from visualization_msgs.msg import MarkerArray

MARKERS = 'markers'
TF = '/tf'
TF_QOS = QoSProfile(depth=100)  # as tf2_ros's broadcaster has it


@dataclass(frozen=True, eq=False)
class Result3D:
    """
    The people of an image in metres, and all that a message about them may need.

    :param header: of the image; frame_id is the frame of the positions.
    :param followed: the index of the person whom a robot follows; None: nobody.
    :param view: how the frame lies.
    """

    header: Header
    people: Poses3D
    followed: int | None = None
    view: View = OPTICAL

    def within(self, transform: Transform) -> Result3D:
        """Return the same in another frame."""
        return Result3D(
            Header(stamp=self.header.stamp, frame_id=transform.frame_id),
            transformed(self.people, transform.rotation, transform.translation),
            self.followed,
            transform.view,
        )


def _person(it: Result3D) -> bytes | None:
    """Make the pose of the followed person, on the ground where that is known."""
    if it.followed is None:
        return None
    person, up = it.people[[it.followed]], np.array(it.view.up)
    (place,), (heading,) = person.person_positions, headings(person, up, it.view.camera)
    if it.view.has_ground:
        place = place - (place @ up) * up
    return serialized(person_to_msg(place, heading, up, it.header))


def _frames(it: Result3D) -> bytes | None:
    """Make the frames of all people, if there are any."""
    up = np.array(it.view.up)
    msg = frames_to_msg(it.people, headings(it.people, up, it.view.camera), up, it.header)
    return serialized(msg) if msg.transforms else None


Outputs3D = Sequence[Output[Result3D]]

OUTPUTS_3D: Outputs3D = (
    Output(
        'poses_3d',
        Detection3DArray,
        RELIABLE,
        lambda it: poses_3d_to_bytes(it.people, it.header),
        meaning='as `poses`, in metres',
    ),
    Output(
        'person', PoseStamped, RELIABLE, _person,
        meaning="the one person to follow (`follow`), while that one's place is known",
    ),
    Output(
        MARKERS,
        MarkerArray,
        RELIABLE,
        lambda it: markers_to_bytes(it.people, it.header, it.view.up),
        meaning='for RViz, per person: limbs, joints, `#id`; namespace `skeleton`, colours of'
        ' `image_annotated`, gone after 0.3 s; only what is known is drawn',
    ),
)
"""One message each for every message of ``poses``; of ``person`` while somebody is followed."""


def tf_output() -> Output[Result3D]:
    """Return the row of /tf, which not every node has."""
    from tf2_msgs.msg import TFMessage

    return Output(
        TF, TFMessage, TF_QOS, _frames,
        meaning='with `publish_tf`: a frame `person_ID` at the hips of each person with an id,'
        ' turned as `person` is',
    )
