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

"""What is seen of a ROS graph, in plain values: they cross from one process to another as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RAW = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'


@dataclass(frozen=True)
class Endpoint:
    """
    A publisher or a subscriber.

    :param node: its name with the namespace.
    :param msg_type: of the messages, as ROS tools show it.
    :param reliability: ``reliable`` or ``best effort``; something else where it is not known.
    :param durability: ``volatile`` or ``transient local``.
    :param depth: of the history; 0 where the middleware does not tell.
    """

    node: str
    msg_type: str
    reliability: str = 'reliable'
    durability: str = 'volatile'
    depth: int = 0

    def hears(self, publisher: Endpoint) -> bool:
        """Tell whether this subscriber's QoS lets it hear a publisher of the same type."""
        reliable = self.reliability != 'reliable' or publisher.reliability != 'best effort'
        durable = self.durability != 'transient local' or publisher.durability != 'volatile'
        return reliable and durable


@dataclass(frozen=True)
class Watch:
    """
    What came on a topic while it was watched.

    :param count: of messages.
    :param seconds: from the first to the last of them.
    :param size_bytes: of the last one.
    :param encoding: of the last one; for a compressed one, its format.
    :param wh: its width and height in pixels; zeros where the message does not tell.
    :param age_s: from the last one's stamp to its arrival.
    :param stamped: False if the last stamp was 0.
    :param moves: whether the stamps differed; None with less than two messages.
    :param gap_s: between the stamps of two images in a row, 0 where there were too few to tell;
        with ``rate_hz`` it tells how many are lost.
    :param error: why the last message cannot be read, empty if it can.
    """

    count: int = 0
    seconds: float = 0.0
    size_bytes: int = 0
    encoding: str = ''
    wh: tuple[int, int] = (0, 0)
    age_s: float = 0.0
    stamped: bool = True
    moves: bool | None = None
    gap_s: float = 0.0
    error: str = ''

    @property
    def rate_hz(self) -> float:
        """Return messages per second, 0 where there were too few to tell."""
        return (self.count - 1) / self.seconds if self.count > 1 and self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Topic:
    """
    A topic; ``watch`` is None where it was not watched.

    :param publishers: of any type, as are the subscribers.
    """

    name: str
    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()
    watch: Watch | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Topic:
        """Make one of what JSON made of one."""
        ends = {
            side: tuple(Endpoint(**each) for each in values[side])
            for side in ('publishers', 'subscribers')
        }
        watch = values['watch'] and Watch(**{**values['watch'], 'wh': (*values['watch']['wh'],)})
        return cls(values['name'], **ends, watch=watch)

    def publishes(self, *types: str) -> bool:
        """Tell whether somebody publishes a type on it."""
        return any(each.msg_type in types for each in self.publishers)


@dataclass(frozen=True)
class PoseNode:
    """
    A pose node.

    :param name: with the namespace.
    :param state: of its lifecycle; empty if it does not answer, ``none`` if it has no lifecycle.
    :param outputs: its topics that somebody may wait for.
    """

    name: str
    state: str
    outputs: tuple[Topic, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """A status that a pose node published on /diagnostics; level 0 is ok, 1 warn, above: error."""

    name: str
    level: int
    message: str


@dataclass(frozen=True)
class Graph:
    """
    All of it.

    :param rmw: the middleware's name.
    :param nodes: names of all others, one for each.
    :param topics: that carry images, or are asked to.
    :param seconds: for which topics were watched.
    :param has_clock: whether somebody publishes /clock.
    """

    rmw: str
    domain_id: int
    nodes: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    pose_nodes: tuple[PoseNode, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    has_clock: bool = False
    seconds: float = 0.0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Graph:
        """Make one of what JSON made of one."""
        pose_nodes = (
            PoseNode(**{**each, 'outputs': tuple(map(Topic.of, each['outputs']))})
            for each in values['pose_nodes']
        )
        return cls(**{
            **values,
            'nodes': tuple(values['nodes']),
            'topics': tuple(map(Topic.of, values['topics'])),
            'pose_nodes': tuple(pose_nodes),
            'diagnoses': tuple(Diagnosis(**each) for each in values['diagnoses']),
        })
