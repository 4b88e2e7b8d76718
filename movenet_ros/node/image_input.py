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
follows the publishers. When nothing arrives, watchdog.py says why.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import time
from typing import Any

from movenet_ros.node.watchdog import Cause
from movenet_ros.node.watchdog import Endpoint
from movenet_ros.node.watchdog import explain_silence
from movenet_ros.node.watchdog import IMAGE_TYPES
from movenet_ros.node.watchdog import ros_type
from movenet_ros.node.watchdog import Watchdog
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage

try:  # since Iron
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

TELLS_NUMBERS = hasattr(Subscription, 'CallbackType')  # of messages, since Iron
SILENT_KINDS = ('best effort', 'nothing')  # of causes, which a camera that has just come may end
NO_NUMBER = 2**64 - 1  # from a middleware that does not count them


class ImageInput:
    """
    Subscribes to images while they are wanted.

    :param topic: resolved name.
    :param msg_type: sensor_msgs' Image or CompressedImage.
    :param on_image: called with the bytes of each message and with the number of those before it
        that never arrived. rclpy takes long to make a message of a large one, and what is no
        message at all would end the node.
    :param reliability: ``auto``, ``reliable`` or ``best_effort``.
    :param on_pause: called before the first image behind a pause.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        msg_type: type[Any],
        on_image: Callable[[bytes, int], None],
        reliability: str,
        on_pause: Callable[[], None] = lambda: None,
    ) -> None:
        self.topic = topic
        self._node = node
        self._msg_type = msg_type
        self._on_image = on_image
        self._reliability = reliability
        self._on_pause = on_pause
        self._is_paused = True
        self._said: ReliabilityPolicy | None = None
        self._timeout_s = 0.0
        self._publishers_since_s = time.monotonic()
        self._subscription: Subscription | None = None
        self._heard_at_s = time.monotonic()
        self._watchdog = Watchdog(node)
        self._publisher_ids: list[list[int]] = []
        self._number: int | None = None  # of the latest message, as its publisher counts

    @property
    def trouble(self) -> str:
        """Return why no image arrives, in one sentence, or nothing."""
        return self._watchdog.trouble

    @property
    def counts_dropped(self) -> bool:
        """Tell whether images that were dropped can be counted: with a single publisher."""
        return self._number is not None

    def update(self, wanted: bool, timeout_s: float) -> None:
        """
        Subscribe, subscribe anew or let go, whatever fits; to be called often.

        :param timeout_s: so long without an image is worth a line.
        """
        self._timeout_s = timeout_s
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        if not wanted:
            self._unsubscribe()
        else:
            offered = [each.qos_profile.reliability for each in publishers]
            reliability = match_reliability(self._reliability, offered)
            if self._subscription is None or (
                publishers and self._subscription.qos_profile.reliability != reliability
            ):
                self._subscribe(reliability)
        self._follow_numbers(publishers)
        self._watch(publishers)

    def close(self) -> None:
        """Let go, and watch no longer."""
        self._unsubscribe()
        self._watchdog.report(None, f'images on {self.topic} are no longer awaited')
        self._heard_at_s = time.monotonic()

    def _subscribe(self, reliability: ReliabilityPolicy) -> None:
        if self._subscription is None:
            self._heard_at_s = time.monotonic()
        self._unsubscribe()
        receive = self._receive if TELLS_NUMBERS else lambda message: self._receive(message, {})
        self._subscription = self._node.create_subscription(
            self._msg_type,
            self.topic,
            receive,
            QoSProfile(depth=1, reliability=reliability),  # depth 1: the newest image wins
            raw=True,
            # an incompatible publisher is answered by the next update, or said by explain_silence
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=lambda _: None, use_default_callbacks=False
            ),
        )
        if reliability != self._said:  # not for each single shot
            self._said = reliability
            kind = self._msg_type.__name__
            self._node.get_logger().info(
                f'subscribed to {self.topic} (sensor_msgs/{kind}, {_name(reliability)})'
            )

    def _unsubscribe(self) -> None:
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
            self._number = None
            self._is_paused = True

    def _receive(self, message: bytes, info: Mapping[str, Any]) -> None:
        before_s, self._heard_at_s = self._heard_at_s, time.monotonic()
        if self._heard_at_s - before_s < self._timeout_s:  # one alone is no end of a silence
            self._watchdog.report(None, f'images arrive on {self.topic}')
        if self._is_paused:
            self._is_paused = False
            self._on_pause()
        self._on_image(message, self._dropped(info))
        self._heard_at_s = time.monotonic()  # nothing could be heard meanwhile

    def _dropped(self, info: Mapping[str, Any]) -> int:
        """Count the messages between the latest two, by the numbers that their publisher gave."""
        number = info.get('publication_sequence_number', NO_NUMBER)
        counts = number != NO_NUMBER and len(self._publisher_ids) == 1
        before, self._number = self._number, number if counts else None
        if self._number is None or before is None:
            return 0
        return int(max(0, self._number - before - 1))  # below 0: the publisher began anew

    def _follow_numbers(self, publishers: Sequence[Any]) -> None:
        """Each publisher counts for itself: start anew where they change."""
        ids = sorted(each.endpoint_gid for each in publishers)
        if ids != self._publisher_ids:
            self._publisher_ids, self._number = ids, None
            self._publishers_since_s = time.monotonic()

    def _watch(self, publishers: Sequence[Endpoint]) -> None:
        """Say once why no image arrives, or why none could."""
        now_s = time.monotonic()
        if self._subscription is None and self._can_hear(publishers):
            self._heard_at_s = now_s
            self._watchdog.report(None, f'{self.topic} is published')
        elif now_s - self._heard_at_s > self._timeout_s:
            self._is_paused = True
            cause = self._cause(publishers)
            is_new = now_s - self._publishers_since_s < self._timeout_s
            if is_new and cause.kind in SILENT_KINDS:  # a camera that is just starting
                return
            sentence = f'no image for {self._timeout_s:g} s: {cause.sentence}'
            self._watchdog.report(Cause(cause.kind, sentence))

    def _can_hear(self, publishers: Sequence[Endpoint]) -> bool:
        """Tell whether a subscription would be heard by a publisher."""
        best_effort = ReliabilityPolicy.BEST_EFFORT
        return any(
            each.topic_type == ros_type(self._msg_type)
            and (self._reliability != 'reliable' or each.qos_profile.reliability != best_effort)
            for each in publishers
        )

    def _cause(self, publishers: Sequence[Endpoint]) -> Cause:
        wanted = ros_type(self._msg_type)
        seen = [
            name
            for name, types in self._node.get_topic_names_and_types()
            if wanted in types and name != self.topic and self._is_published(name)
        ]
        subscription = self._subscription
        reliability = (
            match_reliability(self._reliability, [])
            if subscription is None
            else subscription.qos_profile.reliability
        )
        twin = f'{self.topic}/compressed'
        if wanted == ros_type(CompressedImage):
            twin = self.topic[:-len('/compressed')]
        other = ({*IMAGE_TYPES} - {wanted}).pop()
        types = {each.topic_type for each in self._node.get_publishers_info_by_topic(twin)}
        twin = twin if other in types else ''
        return explain_silence(self.topic, wanted, reliability, publishers, seen, twin)

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


def _name(reliability: ReliabilityPolicy) -> str:
    """Return a reliability's name for people."""
    return str(reliability.name).lower().replace('_', ' ')
