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

"""
What is amiss with the images, in one sentence with its cure.

"It runs and nothing comes out" is the first complaint of users of every node like this one. What
can be seen from here is said once in the log when it begins and once when it is over, and for as
long as it lasts in /diagnostics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple
from typing import Protocol

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy

IMAGE_TYPES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
LATE_S = 10.0  # older images are of another clock; a slow camera or network takes a second or two
EARLY_S = 1.0  # clocks of two machines are this close


class Endpoint(Protocol):
    """What is used of rclpy's TopicEndpointInfo."""

    topic_type: str
    qos_profile: QoSProfile


class Cause(NamedTuple):
    """
    Something that is amiss.

    :param kind: tells it from others: while it stays, the sentence is not said again.
    :param sentence: with the cure.
    """

    kind: str
    sentence: str


class Watchdog:
    """
    Says what is wrong once, and once when it is over.

    :param node: whose log takes it.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._cause: Cause | None = None

    @property
    def trouble(self) -> str:
        """Return what is wrong now, in one sentence, or nothing."""
        cause = self._cause
        return cause.sentence if cause else ''

    @property
    def kind(self) -> str:
        """Return which kind of trouble there is, or nothing."""
        return self._cause.kind if self._cause else ''

    def report(self, cause: Cause | None, over: str = '') -> None:
        """
        Take in how things are.

        :param over: what to say where nothing is wrong any more; empty says nothing.
        """
        before, self._cause = self._cause, cause
        if cause is None:
            if before is not None and over:
                self._node.get_logger().info(over)
        elif before is None or before.kind != cause.kind:
            self._node.get_logger().warning(cause.sentence)


def explain_silence(
    topic: str,
    wanted: str,
    subscribed: ReliabilityPolicy,
    publishers: Sequence[Endpoint],
    seen: Sequence[str],
    twin: str = '',
) -> Cause:
    """
    Say in one sentence why no image arrives and what to do about it.

    :param wanted: the message type that the node subscribes to.
    :param subscribed: the reliability that it asks for.
    :param publishers: of the topic, of any type.
    :param seen: other topics that carry the wanted type.
    :param twin: the same images raw or compressed, whatever is not wanted, if they are published.
    """
    transport = 'raw' if wanted == IMAGE_TYPES[1] else 'compressed'
    if not publishers and twin:
        return Cause(
            'no publisher',
            f'nobody publishes {topic}, but {twin} is there: set image_transport to {transport}',
        )
    if not publishers:
        where = f' (such images are on {", ".join(sorted(seen))})' if seen else ''
        less = ' less its /compressed' if wanted.endswith('CompressedImage') else ''
        return Cause(
            'no publisher',
            f'nobody publishes {topic}{where}: start the camera, or remap with'
            f' --ros-args -r image:=TOPIC{less}',
        )
    fitting = [each for each in publishers if each.topic_type == wanted]
    if not fitting:
        types = ', '.join(sorted({each.topic_type for each in publishers}))
        cure = 'remap image to a topic of images'
        if any(each.topic_type in IMAGE_TYPES for each in publishers):
            cure = f'set image_transport to {transport}'
            if topic.endswith('/compressed'):
                base = topic if transport == 'raw' else topic[:-len('/compressed')]
                cure += f' and remap image to {base}'
        return Cause('type', f'{topic} carries {types}, not {wanted}: {cure}')
    reliabilities = {each.qos_profile.reliability for each in fitting}
    best_effort = ReliabilityPolicy.BEST_EFFORT
    if subscribed == ReliabilityPolicy.RELIABLE and best_effort in reliabilities:
        return Cause(
            'QoS',
            f'{topic} is published best effort and image.reliability is reliable: set it to auto',
        )
    if best_effort in reliabilities:
        return Cause(
            'best effort',
            f'{topic} is published best effort, which loses large images, and nothing arrives:'
            ' publish it reliable, set image_transport to compressed, or give it room: start the'
            ' camera with config/fastdds.xml; between machines, on both of them, sudo sysctl -w'
            ' net.core.rmem_max=33554432 net.core.rmem_default=33554432',
        )
    if subscribed == best_effort:
        return Cause(
            'best effort',
            f'{topic} has a publisher, but image.reliability is best_effort, which loses large'
            ' images, and nothing arrives: set it to auto',
        )
    return Cause(
        'nothing', f'{topic} has a publisher, but it sends nothing: look at the camera driver'
    )


def explain_clock(stamp_s: float, now_s: float, use_sim_time: bool) -> Cause | None:
    """
    Say whether the stamps of images are of another clock than the node's.

    :param stamp_s: of an image that has just arrived.
    :param now_s: on the node's clock.
    """
    if stamp_s == 0:  # nobody sets them; core/following.py says so
        return None
    if use_sim_time and now_s == 0:
        return Cause(
            'no clock',
            'use_sim_time is true, but nothing arrives on /clock: start the simulator, play the'
            ' bag with --clock, or set use_sim_time to false',
        )
    age_s = now_s - stamp_s
    if -EARLY_S <= age_s <= LATE_S:
        return None
    where = f'{age_s:.1f} s behind' if age_s > 0 else f'{-age_s:.1f} s ahead of'
    cure = (
        'start what publishes the images with use_sim_time, or set it to false here'
        if use_sim_time
        else 'with a simulator or a bag (played with --clock) set use_sim_time to true; with a'
        ' camera on another machine let both keep their clocks by NTP'
    )
    return Cause('clock', f"the stamps of the images are {where} this node's clock: {cure}")


def ros_type(msg_type: type[Any]) -> str:
    """Return the name that ROS tools show for a message class: sensor_msgs/msg/Image."""
    package, kind = msg_type.__module__.split('.')[:2]
    return f'{package}/{kind}/{msg_type.__name__}'
