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
The doctor looks at the ROS graph: nodes, pose nodes and image topics.

Image topics are subscribed to with the QoS that their publishers offer. The outputs of a pose node
are not: it would work for a subscriber that needs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import replace
import os
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.srv import GetState
from movenet_ros.core.blank import blankness
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import OtherTopicError
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.depth import DEPTH_READERS
from movenet_ros.messages.stamped import READERS
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.diagnostics import DIAGNOSTICS
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.tools.doctor.graph_facts import COMPRESSED
from movenet_ros.tools.doctor.graph_facts import Endpoint
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.graph_facts import Images
from movenet_ros.tools.doctor.graph_facts import Kind
from movenet_ros.tools.doctor.graph_facts import KINDS
from movenet_ros.tools.doctor.graph_facts import PoseNode
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Topic
from movenet_ros.tools.ros_arguments import start_ros
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

CLASSES = {RAW: Image, COMPRESSED: CompressedImage}
NODE_NAME, NODE_SERVICE = 'movenet', '/detect_once'  # a pose node has either
MOST_TOPICS = 8  # more at a time would be a load
LEAST_S = 3.5  # programs that missed our announcement announce themselves every 3 s
QUIET_S, MOST_S = 0.5, 6.0
ANSWER_S = 1.0


def look(seconds: float, only: Collection[str] = (), context: Context | None = None) -> Graph:
    """
    Look at the graph.

    :param seconds: for which images are received; 0 subscribes to nothing.
    :param only: names of the topics to subscribe to; empty for all that carry images.
    :param context: None for one of its own, with what the environment says.
    """
    if context is None:
        make_room_for_images()
        own = Context()
        start_ros(['--ros-args', '--log-level', 'error'], own)
        try:
            return look(seconds, only, own)
        finally:
            own.try_shutdown()
    node = Node(
        f'movenet_doctor_{os.getpid()}', context=context, use_global_arguments=False,
        start_parameter_services=False, enable_rosout=False,
    )
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        return _Look(node, executor).graph(seconds, only)
    finally:
        executor.shutdown()
        node.destroy_node()


class _Look:

    def __init__(self, node: Node, executor: SingleThreadedExecutor) -> None:
        self._node = node
        self._executor = executor

    def graph(self, seconds: float, only: Collection[str]) -> Graph:
        self._discover()
        node = self._node
        nodes = [
            f'{namespace.rstrip("/")}/{name}'
            for name, namespace in node.get_node_names_and_namespaces()
        ]
        nodes.remove(node.get_fully_qualified_name())
        topics = [self._topic(each) for each in only or self._image_topics()]
        pose_nodes = [self._pose_node(each) for each in self._pose_node_names(nodes)]
        consumers = [
            (kind, self._pose_node(each))
            for kind in KINDS for each in self._consumer_names(kind, nodes)
        ]
        own = {out.name for each in pose_nodes for out in each.outputs if out.publishers}
        chosen = [
            each for each in topics
            if each.publishes(*CLASSES) and (each.name in only or each.name not in own)
        ]
        if seconds > 0:
            images, statuses = self._receive(seconds, chosen[:MOST_TOPICS])
        else:
            images, statuses = {}, []
        ours = [*pose_nodes, *(node for _, node in consumers)]
        mine = tuple(f'{each.name.lstrip("/")}: ' for each in ours)
        return Graph(
            rmw=get_rmw_implementation_identifier(),
            domain_id=node.context.get_domain_id(),
            nodes=tuple(nodes),
            topics=tuple(replace(each, images=images.get(each.name)) for each in topics),
            pose_nodes=tuple(pose_nodes),
            statuses=tuple(each for each in statuses if each[0].startswith(mine)),
            consumers=tuple(consumers),
        )

    def _spin(self, seconds: float, done: Callable[[], bool] = lambda: False) -> None:
        """Spin for a while, or until something is true."""
        end_s = time.monotonic() + seconds
        while not done() and (left_s := end_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=min(left_s, 0.1))

    def _discover(self) -> None:
        """Wait until there is another node and nothing new is discovered."""
        begun_s = changed_s = time.monotonic()
        seen: Any = None
        while (now_s := time.monotonic()) - begun_s < MOST_S:
            names = sorted(name for name, _ in self._node.get_topic_names_and_types())
            ends = [(name, self._node.count_publishers(name)) for name in names]
            if ends != seen:
                seen, changed_s = ends, now_s
            is_alone = len(self._node.get_node_names()) < 2
            if not is_alone and now_s - begun_s >= LEAST_S and now_s - changed_s >= QUIET_S:
                return
            self._spin(0.1)

    def _image_topics(self) -> list[str]:
        topics = self._node.get_topic_names_and_types()
        return sorted(name for name, types in topics if set(types) & set(CLASSES))

    def _topic(self, name: str) -> Topic:
        publishers = map(_endpoint, self._node.get_publishers_info_by_topic(name))
        subscribers = map(_endpoint, self._node.get_subscriptions_info_by_topic(name))
        return Topic(name, tuple(publishers), tuple(subscribers))

    def _pose_node_names(self, nodes: Sequence[str]) -> list[str]:
        named = {each for each in nodes if each.rpartition('/')[2] == NODE_NAME}
        services = [name for name, _ in self._node.get_service_names_and_types()]
        served = {each.removesuffix(NODE_SERVICE) for each in services
                  if each.endswith(NODE_SERVICE)}
        return sorted(named | served & set(nodes))

    def _consumer_names(self, kind: Kind, nodes: Sequence[str]) -> list[str]:
        named = {each for each in nodes if each.rpartition('/')[2] == kind.name}
        publishing = {
            publisher.node
            for topic, _ in self._node.get_topic_names_and_types()
            if topic.rpartition('/')[2] == kind.topic
            for publisher in self._topic(topic).publishers
            if publisher.msg_type == kind.msg_type
        }
        return sorted(named | publishing & set(nodes))

    def _pose_node(self, name: str) -> PoseNode:
        namespace, _, short = name.rpartition('/')
        inner = (f'{name}/', '/rosout', '/parameter_events', DIAGNOSTICS)
        topics = self._node.get_publisher_names_and_types_by_node(short, namespace or '/')
        outputs = tuple(self._topic(each) for each, _ in topics if not each.startswith(inner))
        read = self._node.get_subscriber_names_and_types_by_node(short, namespace or '/')
        inputs = tuple(each for each, _ in read if not each.startswith(inner))
        return PoseNode(name, self._state(name), outputs, inputs)

    def _state(self, name: str) -> str:
        """Ask a node for the state of its lifecycle."""
        client = self._node.create_client(GetState, f'{name}/get_state')
        try:
            self._spin(ANSWER_S, client.service_is_ready)
            future = client.call_async(GetState.Request())
            self._spin(ANSWER_S, future.done)
            answer = future.result() if future.done() else None
            return answer.current_state.label if answer else ''
        finally:
            self._node.destroy_client(client)

    def _receive(
        self, seconds: float, topics: Sequence[Topic]
    ) -> tuple[dict[str, Images], list[tuple[str, int, str]]]:
        counters = {}
        for topic in topics:
            msg_type = RAW if topic.publishes(RAW) else COMPRESSED
            best_effort = any(each.best_effort for each in topic.publishers)
            policy = ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE
            counters[topic.name] = counter = ImageCounter(msg_type)
            self._node.create_subscription(
                CLASSES[msg_type], topic.name, counter.on_message,
                QoSProfile(depth=5, reliability=policy), raw=True,
            )
        statuses: dict[str, DiagnosticStatus] = {}
        self._node.create_subscription(
            DiagnosticArray, DIAGNOSTICS,
            lambda array: statuses.update({each.name: each for each in array.status}), 10,
        )
        self._spin(seconds)
        return {name: each.images() for name, each in counters.items()}, [
            (each.name, int.from_bytes(each.level, 'little'), each.message)
            for each in sorted(statuses.values(), key=lambda each: each.name)
        ]


def _endpoint(info: Any) -> Endpoint:
    return Endpoint(
        node=f'{info.node_namespace.rstrip("/")}/{info.node_name}',
        msg_type=info.topic_type,
        best_effort=info.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT,
    )


class ImageCounter:
    """
    Counts the images of a topic, and reads the last one like the node does.

    :param msg_type: RAW or COMPRESSED.
    """

    def __init__(self, msg_type: str) -> None:
        self._read = READERS[msg_type]
        self._read_depth = DEPTH_READERS[msg_type]
        self._times_s: list[float] = []
        self._last = b''
        self._arrived_ns = 0

    def on_message(self, message: bytes) -> None:
        """Count a serialized message."""
        self._times_s.append(time.monotonic())
        self._arrived_ns = time.time_ns()
        self._last = message

    def images(self) -> Images:
        """Return what was received until now."""
        count = len(self._times_s)
        took_s = self._times_s[-1] - self._times_s[0] if count else 0.0
        images = Images(count, (count - 1) / took_s if took_s else 0.0)
        if not count:
            return images
        try:
            stamped = self._read(self._last, MAX_IMAGE_PIXELS)
        except OtherTopicError as error:
            return replace(self._depth(images), error=error.what, fix=error.fix)
        except ImageError as error:
            return replace(images, error=str(error))
        images = replace(images, wh=stamped.image.wh, blank=blankness(stamped.image))
        time_ns = stamp_ns(stamped.header.stamp)
        if not time_ns:
            return images
        return replace(images, age_s=(self._arrived_ns - time_ns) / NANOSECONDS)

    def _depth(self, images: Images) -> Images:
        """Add what the 3D node reads in the last image, if that is one of depth."""
        try:
            depth = self._read_depth(self._last)
            height, width = depth.read().shape
        except ImageError:
            return images
        return replace(images, depth=depth.encoding, wh=(width, height))
