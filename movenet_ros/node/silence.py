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
Why no image arrives, in one sentence with the fix.

"It runs and nothing comes out" is the first complaint of users of every node like this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import Protocol

from movenet_ros.messages.transports import republish
from movenet_ros.messages.transports import VIDEO_TYPES
from movenet_ros.node.condition_log import Condition
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy

IMAGE_TYPES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
SILENT_KINDS = ('best effort', 'nothing')  # which a camera that has just started may end


class Endpoint(Protocol):
    """What is used of rclpy's TopicEndpointInfo."""

    topic_type: str
    qos_profile: QoSProfile


def explain_silence(
    topic: str,
    wanted: str,
    subscribed: ReliabilityPolicy,
    publishers: Sequence[Endpoint],
    seen: Sequence[str],
    counterpart: str = '',
    name: str = 'image',
) -> Condition:
    """
    Return why no image arrives and what to do about it.

    :param wanted: the message type that the node subscribes to.
    :param subscribed: the reliability that it asks for.
    :param publishers: of the topic, of any type.
    :param seen: other topics that carry the wanted type.
    :param counterpart: the topic of the same images in the other transport, if they are published.
    :param name: of the topic of raw images before remapping.
    """
    transport = 'raw' if wanted == IMAGE_TYPES[1] else 'compressed'
    if not publishers and counterpart:
        return Condition(
            'no publisher',
            f'{topic} has no publisher, but {counterpart} has: set image_transport to {transport}',
        )
    if not publishers:
        where = f' (such images are on {", ".join(sorted(seen))})' if seen else ''
        less = ', TOPIC without its /compressed' if wanted.endswith('CompressedImage') else ''
        return Condition(
            'no publisher',
            f'{topic} has no publisher{where}: start the camera, or remap with'
            f' --ros-args -r {name}:=TOPIC{less}',
        )
    fitting = [each for each in publishers if each.topic_type == wanted]
    if not fitting:
        types = ', '.join(sorted({each.topic_type for each in publishers}))
        fix = f'remap {name} to a topic of images'
        if any(each.topic_type in IMAGE_TYPES for each in publishers):
            fix = f'set image_transport to {transport}'
            if topic.endswith('/compressed'):
                base = topic if transport == 'raw' else topic[:-len('/compressed')]
                fix += f' and remap {name} to {base}'
        for each in publishers:
            if each.topic_type in VIDEO_TYPES:
                plugin = VIDEO_TYPES[each.topic_type]
                fix = f'make raw images of it: {republish(plugin, "raw", topic)}'
        return Condition('type', f'{topic} carries {types}, not {wanted}: {fix}')
    reliabilities = {each.qos_profile.reliability for each in fitting}
    best_effort = ReliabilityPolicy.BEST_EFFORT
    if subscribed == ReliabilityPolicy.RELIABLE and best_effort in reliabilities:
        return Condition(
            'QoS',
            f'{topic} is published best effort and image.reliability is reliable: set it to auto',
        )
    if best_effort in reliabilities:
        return Condition(
            'best effort',
            f'{topic} is published best effort, which loses large images, and nothing arrives:'
            ' publish it reliable, set image_transport to compressed, or give it room: start the'
            ' camera with config/fastdds.xml; between machines, on both of them, sudo sysctl -w'
            ' net.core.rmem_max=33554432 net.core.rmem_default=33554432',
        )
    if subscribed == best_effort:
        return Condition(
            'best effort',
            f'{topic} has a publisher, but image.reliability is best_effort, which loses large'
            ' images, and nothing arrives: set it to auto',
        )
    return Condition(
        'nothing', f'{topic} has a publisher, but it sends nothing: look at the camera driver'
    )


def ros_type(msg_type: type[Any]) -> str:
    """Return the name that ROS tools show for a message class: sensor_msgs/msg/Image."""
    package, kind = msg_type.__module__.split('.')[:2]
    return f'{package}/{kind}/{msg_type.__name__}'
