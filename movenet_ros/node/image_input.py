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
The image subscription: there only while images are wanted, with the QoS that publishers offer.

Best effort loses large images (Fast DDS, 640x480 at 30 Hz: 2 of 100 arrived; reliable: all of
them), but a reliable subscription receives nothing from a best-effort publisher. So the
subscription follows the publishers. When nothing arrives, silence.py says why.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import time
from typing import Any

from movenet_ros.messages.outputs import ANNOTATED
from movenet_ros.node.condition_log import Condition
from movenet_ros.node.condition_log import ConditionLog
from movenet_ros.node.drop_counter import DropCounter
from movenet_ros.node.silence import Endpoint
from movenet_ros.node.silence import explain_silence
from movenet_ros.node.silence import IMAGE_TYPES
from movenet_ros.node.silence import ros_type
from movenet_ros.node.silence import SILENT_KINDS
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage

try:  # since Iron
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

LOOK_AGAIN_S = 5.0  # for other topics
BUSY_S = 1.0  # between two updates: the node could not receive

HAS_NUMBERS = hasattr(Subscription, 'CallbackType')  # of messages, since Iron


class ImageInput:
    """
    Subscribes to images while they are wanted.

    :param topic: resolved name.
    :param msg_type: sensor_msgs' Image or CompressedImage.
    :param reliability: ``auto``, ``reliable`` or ``best_effort``.
    :param on_image: called with the bytes of each message. rclpy takes long to make a message of a
        large one, and what is no message at all would end the node.
    :param on_dropped: called with the number of messages that never arrived, a little later.
    :param on_gap: called before the first image after a pause.
    :param name: of the topic of raw images before remapping.
    :param camera: of several; empty: the only one.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        msg_type: type[Any],
        reliability: str,
        on_image: Callable[[bytes], None],
        on_dropped: Callable[[int], None] = lambda count: None,
        on_gap: Callable[[], None] = lambda: None,
        name: str = 'image',
        camera: str = '',
    ) -> None:
        self.topic = topic
        self._node = node
        self._msg_type = msg_type
        self._reliability = reliability
        self._on_image = on_image
        self._on_dropped = on_dropped
        self._on_gap = on_gap
        self._is_paused = True
        self._logged: ReliabilityPolicy | None = None
        self._timeout_s = 0.0
        self._publishers_since_s = time.monotonic()
        self._publishers: list[bytes] = []
        self._subscription: Subscription | None = None
        self._received_at_s = time.monotonic()
        self._name = name
        self._updated_at_s = time.monotonic()
        self._silence = ConditionLog(node, camera)
        self._drops = DropCounter()
        self._elsewhere, self._looked_at_s = '', -LOOK_AGAIN_S

    @property
    def problem(self) -> str:
        """Return why no image arrives, in one sentence, or nothing."""
        return self._silence.sentence

    @property
    def elsewhere(self) -> str:
        """Return the other topics that carry images, looked up now and then."""
        now_s = time.monotonic()
        if now_s - self._looked_at_s > LOOK_AGAIN_S:
            self._looked_at_s, self._elsewhere = now_s, ', '.join(sorted(self._others()))
        return self._elsewhere

    @property
    def counts_dropped(self) -> bool:
        """Return whether dropped images can be counted: with a single publisher."""
        return self._drops.counts

    def update(self, wanted: bool, timeout_s: float) -> None:
        """
        Subscribe, subscribe again or unsubscribe, whatever fits; to be called often.

        :param timeout_s: so long without an image is logged.
        """
        self._timeout_s = timeout_s
        before_s, self._updated_at_s = self._updated_at_s, time.monotonic()
        if self._updated_at_s - before_s > BUSY_S:  # with an image of another camera
            self._received_at_s = max(self._received_at_s, self._updated_at_s)
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
        self._settle(publishers)
        self._watch(publishers)

    def close(self) -> None:
        """Unsubscribe, and watch no longer."""
        self._unsubscribe()
        self._silence.report(None, f'images on {self.topic} are no longer awaited')
        self._received_at_s = time.monotonic()

    def _subscribe(self, reliability: ReliabilityPolicy) -> None:
        if self._subscription is None:
            self._received_at_s = time.monotonic()
        self._unsubscribe()
        receive = self._receive if HAS_NUMBERS else lambda message: self._receive(message, {})
        self._subscription = self._node.create_subscription(
            self._msg_type,
            self.topic,
            receive,
            QoSProfile(depth=1, reliability=reliability),  # depth 1: the newest image wins
            raw=True,
            # an incompatible publisher is met by the next update, or named by explain_silence
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=lambda _: None, use_default_callbacks=False
            ),
        )
        if reliability != self._logged:  # not for each one-shot request
            self._logged = reliability
            kind = self._msg_type.__name__
            self._node.get_logger().info(
                f'subscribed to {self.topic} (sensor_msgs/{kind}, {_name(reliability)})'
            )

    def _unsubscribe(self) -> None:
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
            self._drops.restart()
            self._is_paused = True

    def _receive(self, message: bytes, info: Mapping[str, Any]) -> None:
        before_s, self._received_at_s = self._received_at_s, time.monotonic()
        if self._received_at_s - before_s < self._timeout_s:  # a single one ends no silence
            self._silence.report(None, f'images arrive on {self.topic}')
        if self._is_paused:
            self._is_paused = False
            self._on_gap()
        self._drops.arrive(info.get('publication_sequence_number'))
        self._on_image(message)
        self._received_at_s = time.monotonic()  # nothing could be received in between

    def _settle(self, publishers: Sequence[Any]) -> None:
        """Report dropped images, and note when publishers come and go."""
        ids = sorted(bytes(each.endpoint_gid) for each in publishers)
        if ids != self._publishers:
            self._publishers, self._publishers_since_s = ids, time.monotonic()
        dropped = self._drops.settle(ids)
        if dropped:
            self._on_dropped(dropped)

    def _watch(self, publishers: Sequence[Endpoint]) -> None:
        """Log once why no image arrives, or why none could."""
        now_s = time.monotonic()
        if self._subscription is None and self._could_receive(publishers):
            self._received_at_s = now_s
            self._silence.report(None, f'{self.topic} is published')
        elif now_s - self._received_at_s > self._timeout_s:
            self._is_paused = True
            condition = self._explain(publishers)
            is_new = now_s - self._publishers_since_s < self._timeout_s
            if is_new and condition.kind in SILENT_KINDS:  # a camera that is just starting
                return
            sentence = f'no image for {self._timeout_s:g} s: {condition.sentence}'
            self._silence.report(Condition(condition.kind, sentence))

    def _could_receive(self, publishers: Sequence[Endpoint]) -> bool:
        """Return whether a subscription would match a publisher."""
        best_effort = ReliabilityPolicy.BEST_EFFORT
        return any(
            each.topic_type == ros_type(self._msg_type)
            and (self._reliability != 'reliable' or each.qos_profile.reliability != best_effort)
            for each in publishers
        )

    def _explain(self, publishers: Sequence[Endpoint]) -> Condition:
        wanted = ros_type(self._msg_type)
        subscription = self._subscription
        reliability = (
            match_reliability(self._reliability, [])
            if subscription is None
            else subscription.qos_profile.reliability
        )
        counterpart = f'{self.topic}/compressed'
        if wanted == ros_type(CompressedImage):
            counterpart = self.topic[:-len('/compressed')]
        other = ({*IMAGE_TYPES} - {wanted}).pop()
        types = {each.topic_type for each in self._node.get_publishers_info_by_topic(counterpart)}
        counterpart = counterpart if other in types else ''
        return explain_silence(
            self.topic, wanted, reliability, publishers, self._others(), counterpart, self._name
        )

    def _others(self) -> list[str]:
        """Return the names of other topics of the wanted type that a camera may publish."""
        return [
            name
            for name, types in self._node.get_topic_names_and_types()
            if ros_type(self._msg_type) in types
            and name != self.topic
            and not name.endswith(f'/{ANNOTATED}')  # of another pose node
            and self._is_published(name)
        ]

    def _is_published(self, topic: str) -> bool:
        """Return whether another node publishes a topic."""
        me = self._node.get_name(), self._node.get_namespace()
        publishers = self._node.get_publishers_info_by_topic(topic)
        return any((each.node_name, each.node_namespace) != me for each in publishers)


def transport_topic(node: Node, name: str, transport: str) -> str:
    """
    Return the resolved topic of images: beside the raw ones, or as remapped itself.

    :param name: of the raw images, relative.
    :param transport: image_transport's name for it: ``raw``, ``compressed``.
    """
    raw = str(node.resolve_topic_name(name))
    if transport == 'raw':
        return raw
    remapped = str(node.resolve_topic_name(f'{name}/{transport}'))
    if remapped != node.resolve_topic_name(f'{name}/{transport}', only_expand=True):
        return remapped
    return f'{raw}/{transport}'


def match_reliability(
    asked: str, offered: Sequence[ReliabilityPolicy]
) -> ReliabilityPolicy:
    """
    Choose the reliability that matches every publisher: reliable where all of them are.

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
