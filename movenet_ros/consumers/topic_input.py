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

"""A topic that is subscribed to only while it is wanted, and why nothing comes from it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import time
from typing import Any

from movenet_ros.core.wording import one_line
from movenet_ros.node.image_input import match_reliability
from movenet_ros.node.silence import ros_type
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.subscription import Subscription

try:  # since Iron
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

MOST_NAMES = 4  # in a sentence
LARGE = (
    ' (best effort, which loses large images: publish it reliable, or start the camera with'
    ' config/fastdds.xml)'
)


class Awaited(MutuallyExclusiveCallbackGroup):
    """Subscriptions whose messages wake the executor only while ``is_on``; else they wait."""

    is_on = True

    def can_execute(self, entity: Any) -> bool:
        """Return whether a message is to be handled now."""
        return self.is_on and bool(super().can_execute(entity))


class TopicInput:
    """
    Subscribes to serialized messages while they are wanted, as the publishers offer them.

    Each message wakes the executor, which takes longer than to handle it. What belongs to another
    message can wait for that: with ``is_awaited`` off, messages are received by ``take`` alone.

    :param name: of the topic, by which it is remapped.
    :param topic: resolved name.
    :param depth: how many messages may wait.
    :param on_message: called with the bytes of each.
    :param source: what publishes it, for the log: 'the pose node', say.
    """

    def __init__(
        self,
        node: Node,
        name: str,
        topic: str,
        msg_type: type[Any],
        depth: int,
        on_message: Callable[[bytes], None],
        source: str,
    ) -> None:
        self.topic = topic
        self.is_published = False
        self._node = node
        self._name = name
        self._msg_type = msg_type
        self._depth = depth
        self._on_message = on_message
        self._source = source
        self._group = Awaited()
        self._subscription: Subscription | None = None
        self._since_s = time.monotonic()

    @property
    def is_subscribed(self) -> bool:
        """Return whether it is wanted."""
        return self._subscription is not None

    @property
    def silent_s(self) -> float:
        """Return for how long nothing has come, since the subscription at the most."""
        return time.monotonic() - self._since_s

    @property
    def is_awaited(self) -> bool:
        """Return whether messages are received as soon as they come."""
        return self._group.is_on

    @is_awaited.setter
    def is_awaited(self, is_on: bool) -> None:
        self._group.is_on = is_on

    def take(self) -> None:
        """Receive what has come and still waits."""
        subscription = self._subscription
        for _ in range(self._depth):
            if subscription is None:
                return
            with subscription.handle:
                taken = subscription.handle.take_message(self._msg_type, True)
            if taken is None:
                return
            self._receive(taken[0])

    def update(self, is_wanted: bool) -> None:
        """Subscribe, subscribe again or unsubscribe, whatever fits; to be called often."""
        if not is_wanted:
            self.close()
            return
        publishers = self._publishers()
        qos = _qos(self._depth, publishers)
        subscription = self._subscription
        if subscription is None or (publishers and _differs(subscription.qos_profile, qos)):
            self._subscribe(qos)
        self.is_published = bool(publishers)

    def close(self) -> None:
        """Unsubscribe."""
        self.is_published = False
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def silence(self) -> str:
        """Return why nothing comes, in one sentence with the fix."""
        wanted = ros_type(self._msg_type)
        every = self._node.get_publishers_info_by_topic(self.topic)
        if not every:
            return (
                f'{self.topic} has no publisher{self._elsewhere(wanted)}: start {self._source}, or'
                f' remap with --ros-args -r {self._name}:=TOPIC'
            )
        others = sorted({each.topic_type for each in every} - {wanted})
        if others and not self._publishers():
            types, name = one_line(', '.join(others)), self._name
            return f'{self.topic} carries {types}, not {wanted}: remap {name} to a topic of that'
        best_effort = ReliabilityPolicy.BEST_EFFORT
        lost = any(each.qos_profile.reliability == best_effort for each in self._publishers())
        return (
            f'{self.topic} has a publisher, but nothing arrives{LARGE if lost else ""}: look at'
            f' {self._source}'
        )

    def _subscribe(self, qos: QoSProfile) -> None:
        self.close()
        self._since_s = time.monotonic()
        self._subscription = self._node.create_subscription(
            self._msg_type,
            self.topic,
            self._receive,
            qos,
            raw=True,
            callback_group=self._group,
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
        )

    def _receive(self, message: bytes) -> None:
        self._since_s = time.monotonic()
        self._on_message(message)

    def _publishers(self) -> list[Any]:
        """Return the publishers of the wanted type."""
        wanted = ros_type(self._msg_type)
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        return [each for each in publishers if each.topic_type == wanted]

    def _elsewhere(self, wanted: str) -> str:
        """Return the topics that are likely to be meant, in brackets."""
        word = self._name.partition('/')[0]
        found = sorted(
            topic
            for topic, types in self._node.get_topic_names_and_types()
            if wanted in types and word in topic and topic != self.topic
            and self._node.count_publishers(topic)
        )
        return f' (there is {", ".join(found[:MOST_NAMES])})' if found else ''


def _qos(depth: int, publishers: Sequence[Any]) -> QoSProfile:
    """Return what all publishers match; a message that one keeps for latecomers is asked for."""
    profiles = [each.qos_profile for each in publishers]
    kept = DurabilityPolicy.TRANSIENT_LOCAL
    is_kept = bool(profiles) and all(each.durability == kept for each in profiles)
    return QoSProfile(
        depth=depth,
        reliability=match_reliability('auto', [each.reliability for each in profiles]),
        durability=kept if is_kept else DurabilityPolicy.VOLATILE,
    )


def _differs(one: QoSProfile, other: QoSProfile) -> bool:
    return (one.reliability, one.durability) != (other.reliability, other.durability)
