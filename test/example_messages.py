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

"""What the tests send to examples: messages as the nodes of this package publish them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import NamedTuple

from movenet_ros.consumers.kinematics import observed
from movenet_ros.consumers.kinematics import OUTPUTS_KINEMATICS
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.consumers.outputs import Result3D
from movenet_ros.consumers.outputs import tf_output
from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.image import SourceImage
from movenet_ros.core.observing import Observer
from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import Labels
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import Result
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import PoseParameters
import numpy as np
from people_3d import standing
from rclpy.qos import QoSProfile
from ros_graph import World
from std_msgs.msg import Header

EXAMPLES = Path(__file__).resolve().parents[1] / 'examples'
WH = 64, 48
HEADER = Header(frame_id='camera')
PEOPLE = replace(
    standing((0.0, 0.0, 2.0), (1.0, 0.0, 3.0)), variances=np.full((2, 17, 3), 0.01**2)
)
PIXELS = np.full((*WH[::-1], 3), 90, np.uint8)
SEEN = Result(HEADER, SourceImage(PIXELS, 'rgb'), PEOPLE.poses, PoseParameters())
IN_SPACE = Result3D(HEADER, PEOPLE, followed=0)
DOING = observed(Observer(), HEADER, PEOPLE, KinematicsParameters())
LABELS = Labels(PEOPLE.poses.skeleton, 0.3, HEADER.stamp)
ROWS: dict[str, Output[Any]] = {
    each.name.strip('/'): each
    for each in (*OUTPUTS, *OUTPUTS_3D, *OUTPUTS_KINEMATICS, LABEL_INFO, tf_output())
}


class Sent(NamedTuple):
    """A message for an example."""

    msg_type: type[Any]
    topic: str
    message: Any
    qos: QoSProfile = QoSProfile(depth=10)


def output(name: str, source: Any) -> Sent:
    """Make the message of an output."""
    row = ROWS[name]
    return Sent(row.msg_type, row.name, row.to_bytes(source), row.qos)


def activities_of(people: Sequence[tuple[Any, ...]]) -> Sent:
    """Make the message of what two people do who stand: of each the id, then the gestures."""
    ids = np.array([person for person, *_ in people], np.int64)
    did = tuple(
        (Activity('standing', 1.0), *(Activity(each, 0.9) for each in gestures))
        for _, *gestures in people
    )
    told = replace(DOING.observed, tell_activities=lambda: Activities(ids, did))
    return output('activities', replace(DOING, observed=told))


def send_until(world: World, sent: Sent, condition: Callable[[], Any]) -> None:
    """Publish a message until something is true; the first one may come too early."""
    publisher = world.publisher(sent.msg_type, sent.topic, sent.qos)
    world.until(lambda: publisher.publish(sent.message) or condition(), f'for {sent.topic}')
    world.node.destroy_publisher(publisher)
