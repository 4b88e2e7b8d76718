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
The image subscription: there only while it is wanted, and with the QoS that the publishers offer.

Best effort loses large images (Fast DDS, 640x480 at 30 Hz: 2 of 100 arrived; reliable: all of
them), but a reliable subscription cannot hear a best-effort publisher. So the subscription
follows the publishers. When nothing arrives, one log line says why, as far as can be seen from
here: it is the first complaint of users of every node like this one.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import time
from typing import Any
from typing import Protocol

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image

try:  # since Iron
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

SILENCE_S = 5.0  # so long without an image is worth a line


class Endpoint(Protocol):
    """What is used of rclpy's TopicEndpointInfo."""

    topic_type: str
    qos_profile: QoSProfile


class ImageInput:
    """
    Subscribes to images while they are wanted.

    :param topic: resolved name.
    :param msg_type: sensor_msgs' Image or CompressedImage.
    :param on_image: called with each message; with its bytes where it is a sensor_msgs/Image,
        since rclpy takes long to make a message of a large one.
    :param reliability: ``auto``, ``reliable`` or ``best_effort``.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        msg_type: type[Any],
        on_image: Callable[[Any], None],
        reliability: str,
    ) -> None:
        self.topic = topic
        self._node = node
        self._msg_type = msg_type
        self._on_image = on_image
        self._reliability = reliability
        self._subscription: Subscription | None = None
        self._heard_at_s = 0.0
        self._silent = False

    def update(self, wanted: bool) -> None:
        """Subscribe, subscribe anew or let go, whatever fits; to be called often."""
        if not wanted:
            self._unsubscribe()
            return
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        offered = [each.qos_profile.reliability for each in publishers]
        reliability = match_reliability(self._reliability, offered)
        if self._subscription is None or (
            publishers and self._subscription.qos_profile.reliability != reliability
        ):
            self._subscribe(reliability)
        self._watch(publishers)

    def _subscribe(self, reliability: ReliabilityPolicy) -> None:
        if self._subscription is None:
            self._heard_at_s = time.monotonic()
        self._unsubscribe()
        self._subscription = self._node.create_subscription(
            self._msg_type,
            self.topic,
            self._receive,
            QoSProfile(depth=1, reliability=reliability),  # depth 1: the newest image wins
            raw=self._msg_type is Image,
            # an incompatible publisher is answered by the next update, or said by explain_silence
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=lambda _: None, use_default_callbacks=False
            ),
        )
        kind = self._msg_type.__name__
        self._node.get_logger().info(
            f'subscribed to {self.topic} (sensor_msgs/{kind}, {_name(reliability)})'
        )

    def _unsubscribe(self) -> None:
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def _receive(self, msg: Any) -> None:
        self._heard_at_s = time.monotonic()
        if self._silent:
            self._silent = False
            self._node.get_logger().info(f'images arrive on {self.topic}')
        self._on_image(msg)
        self._heard_at_s = time.monotonic()  # nothing could be heard meanwhile

    def _watch(self, publishers: Sequence[Endpoint]) -> None:
        """Say once why no image arrives."""
        assert self._subscription is not None
        if self._silent or time.monotonic() - self._heard_at_s < SILENCE_S:
            return
        self._silent = True
        wanted = ros_type(self._msg_type)
        seen = [
            name
            for name, types in self._node.get_topic_names_and_types()
            if wanted in types and name != self.topic and self._is_published(name)
        ]
        reliability = self._subscription.qos_profile.reliability
        reason = explain_silence(self.topic, wanted, reliability, publishers, seen)
        self._node.get_logger().warning(f'no image for {SILENCE_S:.0f} s: {reason}')

    def _is_published(self, topic: str) -> bool:
        """Tell whether somebody else publishes a topic."""
        me = self._node.get_name(), self._node.get_namespace()
        publishers = self._node.get_publishers_info_by_topic(topic)
        return any((each.node_name, each.node_namespace) != me for each in publishers)


def match_reliability(
    asked: str, offered: Sequence[ReliabilityPolicy]
) -> ReliabilityPolicy:
    """
    Choose the reliability that hears every publisher: reliable where all of them are.

    :param asked: ``auto``, ``reliable`` or ``best_effort``.
    :param offered: of each publisher.
    """
    if asked != 'auto':
        return ReliabilityPolicy[asked.upper()]
    if ReliabilityPolicy.BEST_EFFORT in offered:
        return ReliabilityPolicy.BEST_EFFORT
    return ReliabilityPolicy.RELIABLE


def explain_silence(
    topic: str,
    wanted: str,
    subscribed: ReliabilityPolicy,
    publishers: Sequence[Endpoint],
    seen: Sequence[str],
) -> str:
    """
    Say in one sentence why no image arrives and what to do about it.

    :param wanted: the message type that the node subscribes to.
    :param subscribed: the reliability that it asks for.
    :param publishers: of the topic, of any type.
    :param seen: other topics that carry the wanted type.
    """
    if not publishers:
        where = f' (such images are on {", ".join(sorted(seen))})' if seen else ''
        less = ' less its /compressed' if wanted.endswith('CompressedImage') else ''
        return (
            f'nobody publishes {topic}{where}: start the camera, or remap with'
            f' --ros-args -r image:=TOPIC{less}'
        )
    fitting = [each for each in publishers if each.topic_type == wanted]
    if not fitting:
        types = ', '.join(sorted({each.topic_type for each in publishers}))
        return (
            f'{topic} carries {types}, not {wanted}: set image_transport to'
            f' {"raw" if wanted.endswith("CompressedImage") else "compressed"}, or remap image'
        )
    reliabilities = {each.qos_profile.reliability for each in fitting}
    best_effort = ReliabilityPolicy.BEST_EFFORT
    if subscribed == ReliabilityPolicy.RELIABLE and reliabilities == {best_effort}:
        return (
            f'{topic} is published best effort and image_reliability is reliable: set it to auto'
        )
    if best_effort in reliabilities:
        return (
            f'{topic} is published best effort, which loses large images: publish it reliable,'
            ' set image_transport to compressed, or start the camera with config/fastdds.xml'
        )
    return f'{topic} has a publisher, but it sends nothing: look at the camera driver'


def ros_type(msg_type: type[Any]) -> str:
    """Return the name that ROS tools show for a message class: sensor_msgs/msg/Image."""
    package, kind = msg_type.__module__.split('.')[:2]
    return f'{package}/{kind}/{msg_type.__name__}'


def _name(reliability: ReliabilityPolicy) -> str:
    """Return a reliability's name for people."""
    return str(reliability.name).lower().replace('_', ' ')
