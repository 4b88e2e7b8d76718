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

"""A subscription whose type and QoS are those of the publishers, whatever these are."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from movenet_ros.core.errors import StartError
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.subscription import Subscription

Offer = tuple[str, ReliabilityPolicy, DurabilityPolicy]  # the type's name, and the QoS


class MatchingSubscription:
    """
    Subscribes to a topic as soon as it has a publisher, and again when its publishers change.

    :param topic: its full name.
    :param on_message: called with the type's name and a message.
    :param depth: how many messages may wait.
    :param types: those that are subscribed to; empty for any.
    :param raw: whether messages stay serialized.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        on_message: Callable[[str, Any], None],
        depth: int,
        types: Collection[str],
        raw: bool = False,
    ) -> None:
        self.topic = topic
        self._node = node
        self._on_message = on_message
        self._depth = depth
        self._types = types
        self._raw = raw
        self._offer: Offer | None = None
        self._subscription: Subscription | None = None

    def update(self) -> list[Any]:
        """
        Look at the publishers; to be called often.

        :return: rclpy's TopicEndpointInfo of each.
        :raises StartError: if their type is unknown here.
        """
        publishers = list(self._node.get_publishers_info_by_topic(self.topic))
        types = self._types or {each.topic_type for each in publishers}
        fitting = [each for each in publishers if each.topic_type in types]
        if fitting and _common_offer(fitting) != self._offer:  # one that has gone may come back
            self._subscribe(_common_offer(fitting))
        return publishers

    def close(self) -> None:
        """Unsubscribe."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        self._subscription = self._offer = None

    def _subscribe(self, offer: Offer) -> None:
        self.close()
        msg_type, reliability, durability = offer
        self._subscription = self._node.create_subscription(
            message_class(msg_type),
            self.topic,
            lambda message: self._on_message(msg_type, message),
            QoSProfile(depth=self._depth, reliability=reliability, durability=durability),
            raw=self._raw,
        )
        self._offer = offer


def _common_offer(publishers: Sequence[Any]) -> Offer:
    """Return the first type, and the strictest QoS that matches every publisher."""
    offered = [each.qos_profile for each in publishers]
    best_effort = ReliabilityPolicy.BEST_EFFORT in {each.reliability for each in offered}
    latched = {each.durability for each in offered} == {DurabilityPolicy.TRANSIENT_LOCAL}
    return (
        publishers[0].topic_type,
        ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE,
        DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def message_class(name: str) -> type[Any]:
    """
    Find the class of a message type.

    :param name: such as ``sensor_msgs/msg/Image``.
    :raises StartError: if this installation does not have it.
    """
    package, _, kind = name.partition('/msg/')
    try:
        found: type[Any] = getattr(import_module(f'{package}.msg'), kind)
    except (ImportError, AttributeError) as error:
        raise StartError(
            f'the type {name} is unknown here ({error}): source the workspace that has {package},'
            f' or sudo apt-get install ros-DISTRO-{package.replace("_", "-")}'
        ) from error
    return found
