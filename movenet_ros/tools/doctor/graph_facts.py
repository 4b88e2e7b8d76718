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

"""What the doctor sees of a ROS graph, in plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

RAW, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'


@dataclass(frozen=True)
class Endpoint:
    """
    A publisher or a subscriber.

    :param node: its name with the namespace.
    """

    node: str
    msg_type: str
    best_effort: bool = False


@dataclass(frozen=True)
class Images:
    """
    What was received on a topic.

    :param rate_hz: 0 for less than two images.
    :param wh: of the last image, in pixels.
    :param age_s: from its stamp to its arrival; None where the stamp is 0.
    :param error: why the node cannot read the last image; empty if it can.
    :param fix: for that, where it is known.
    :param depth: the encoding of the last image if it is one of depth, which the 3D node reads.
    :param blank: what the last image is if it shows nothing: black, say.
    """

    count: int = 0
    rate_hz: float = 0.0
    wh: tuple[int, int] = (0, 0)
    age_s: float | None = None
    error: str = ''
    fix: str = ''
    depth: str = ''
    blank: str = ''


@dataclass(frozen=True)
class Topic:
    """A topic with its publishers and subscribers, of any type; None if not subscribed to."""

    name: str
    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()
    images: Images | None = None

    def publishes(self, *types: str) -> bool:
        """Return whether a publisher has one of some types."""
        return any(each.msg_type in types for each in self.publishers)


class Kind(NamedTuple):
    """
    A kind of node that makes something of poses.

    :param title: for people.
    :param program: that starts it.
    :param name: of the node, unless it is remapped.
    :param topic: that no other node publishes; with a /, the end of one that others may publish:
        then the node is known by its name alone.
    :param msg_type: of that.
    """

    title: str
    program: str
    name: str
    topic: str
    msg_type: str


KINDS = (
    Kind('3D node', 'pose_3d_node', 'movenet_3d', 'poses_3d', 'vision_msgs/msg/Detection3DArray'),
    Kind(
        'kinematics node', 'kinematics_node', 'movenet_kinematics', 'activities',
        'vision_msgs/msg/Detection2DArray',
    ),
    Kind(
        'humans node', 'humans_node', 'movenet_humans', 'bodies/tracked', 'hri_msgs/msg/IdsList'
    ),
)


@dataclass(frozen=True)
class PoseNode:
    """
    A pose node, or one that makes something of poses.

    :param name: with the namespace.
    :param state: of its lifecycle; empty if it does not answer.
    :param outputs: the topics that it publishes for other nodes.
    :param inputs: names of the topics that it subscribes to.
    """

    name: str
    state: str
    outputs: tuple[Topic, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """
    All of it.

    :param nodes: names of all other nodes.
    :param topics: that carry images, or are asked for.
    :param consumers: those that make something of poses, with their kinds.
    :param statuses: what all of them published on /diagnostics: name, level (0 is ok), message.
    """

    rmw: str
    domain_id: int
    nodes: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    pose_nodes: tuple[PoseNode, ...] = ()
    statuses: tuple[tuple[str, int, str], ...] = ()
    consumers: tuple[tuple[Kind, PoseNode], ...] = ()
