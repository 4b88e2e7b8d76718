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
Look at the graph for a few seconds, as a stranger who wakes nobody up.

Image topics are subscribed to as their publishers offer them, and of all messages but the last
only the stamp is read. What a pose node draws is not subscribed to: it would have the
node work for nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
import os
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import GetState
from movenet_ros.core.native_memory import keep_freed_memory
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.tools.doctor.graph_facts import COMPRESSED
from movenet_ros.tools.doctor.graph_facts import Diagnosis
from movenet_ros.tools.doctor.graph_facts import Endpoint
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.graph_facts import PoseNode
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Topic
from movenet_ros.tools.doctor.graph_facts import Watch
from movenet_ros.tools.doctor.image_watcher import ImageWatcher
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

CLASSES = {RAW: Image, COMPRESSED: CompressedImage}
NODE_NAME, NODE_SERVICE = 'movenet', '/detect_once'  # either tells a pose node
MOST_TOPICS = 8  # more at a time would be a load
LEAST_S = 3.5  # programs that missed our greeting announce themselves every 3 s
QUIET_S, MOST_S = 0.5, 6.0
ANSWER_S = 1.0
DEPTH = 5


def look(seconds: float, only: Collection[str] = (), context: Context | None = None) -> Graph:
    """
    Look at the graph.

    :param seconds: for which image topics are watched; 0 subscribes to nothing.
    :param only: names of the topics to watch; empty for all that carry images.
    :param context: None for one of its own, with what the environment says.
    """
    keep_freed_memory()
    if context is None:
        make_room_for_images()  # it also has the graph show itself sooner
        own = Context()
        rclpy.init(args=['--ros-args', '--log-level', 'error'], context=own)
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
        return _look(node, _Spinner(executor), seconds, only)
    finally:
        executor.shutdown()
        node.destroy_node()


@dataclass
class _Spinner:
    executor: SingleThreadedExecutor

    def spin(self, seconds: float, done: Callable[[], bool] = lambda: False) -> None:
        """Spin for a while, or until something is true."""
        end = time.monotonic() + seconds
        while not done() and (left := end - time.monotonic()) > 0:
            self.executor.spin_once(timeout_sec=min(left, 0.1))


def _look(node: Node, spinner: _Spinner, seconds: float, only: Collection[str]) -> Graph:
    _until_it_shows(node, spinner)
    me = node.get_fully_qualified_name()
    nodes = tuple(
        f'{namespace.rstrip("/")}/{name}'
        for name, namespace in node.get_node_names_and_namespaces()
    )
    topics = [_topic(node, name) for name in _image_topics(node, only)]
    pose_nodes = [_pose_node(node, spinner, name) for name in _pose_nodes(node, nodes)]
    own = {topic.name for each in pose_nodes for topic in each.outputs if topic.publishers}
    watched = [
        each.name for each in topics
        if each.publishes(*CLASSES) and (each.name in only or each.name not in own)
    ]
    watches: dict[str, Watch] = {}
    diagnoses: tuple[Diagnosis, ...] = ()
    if seconds > 0 and (watched or pose_nodes):
        chosen = [each for each in topics if each.name in watched[:MOST_TOPICS]]
        watches, diagnoses = _watch(node, spinner, seconds, chosen)
    mine = tuple(each.name.lstrip('/') + ': ' for each in pose_nodes)
    return Graph(
        rmw=get_rmw_implementation_identifier(),
        domain_id=node.context.get_domain_id(),
        nodes=tuple(each for each in nodes if each != me),
        topics=tuple(replace(each, watch=watches.get(each.name)) for each in topics),
        pose_nodes=tuple(pose_nodes),
        diagnoses=tuple(each for each in diagnoses if each.name.startswith(mine)),
        has_clock=bool(node.count_publishers('/clock')),
        seconds=seconds,
    )


def _until_it_shows(node: Node, spinner: _Spinner) -> None:
    """Wait until somebody is there and nothing new comes."""
    begun = changed = time.monotonic()
    seen: Any = None
    while (now := time.monotonic()) - begun < MOST_S:
        names = sorted(node.get_topic_names_and_types())
        ends = [(name, node.count_publishers(name)) for name, _ in names]
        if ends != seen:
            seen, changed = ends, now
        is_alone = len(node.get_node_names()) < 2
        if not is_alone and now - begun >= LEAST_S and now - changed >= QUIET_S:
            return
        spinner.spin(0.1)


def _image_topics(node: Node, only: Collection[str]) -> list[str]:
    if only:
        return list(only)
    return sorted(
        name for name, types in node.get_topic_names_and_types() if set(types) & set(CLASSES)
    )


def _topic(node: Node, name: str) -> Topic:
    publishers = map(_endpoint, node.get_publishers_info_by_topic(name))
    subscribers = map(_endpoint, node.get_subscriptions_info_by_topic(name))
    return Topic(name, tuple(publishers), tuple(subscribers))


def _endpoint(info: Any) -> Endpoint:
    qos = info.qos_profile
    return Endpoint(
        node=f'{info.node_namespace.rstrip("/")}/{info.node_name}',
        msg_type=info.topic_type,
        reliability=qos.reliability.name.lower().replace('_', ' '),
        durability=qos.durability.name.lower().replace('_', ' '),
        depth=qos.depth,
    )


def _pose_nodes(node: Node, nodes: Sequence[str]) -> list[str]:
    named = {each for each in nodes if each.rpartition('/')[2] == NODE_NAME}
    services = (name for name, _ in node.get_service_names_and_types())
    served = {name.removesuffix(NODE_SERVICE) for name in services if name.endswith(NODE_SERVICE)}
    return sorted(named | served & set(nodes))


def _pose_node(node: Node, spinner: _Spinner, name: str) -> PoseNode:
    namespace, _, short = name.rpartition('/')
    outputs = []
    for topic, _types in node.get_publisher_names_and_types_by_node(short, namespace or '/'):
        if not topic.startswith((f'{name}/', '/rosout', '/parameter_events', '/diagnostics')):
            outputs.append(_topic(node, topic))
    return PoseNode(name, _state(node, spinner, name), tuple(outputs))


def _state(node: Node, spinner: _Spinner, name: str) -> str:
    """Ask a node for the state of its lifecycle."""
    service = f'{name}/get_state'
    if service not in dict(node.get_service_names_and_types()):
        return 'none'
    client = node.create_client(GetState, service)
    try:
        spinner.spin(ANSWER_S, client.service_is_ready)
        future = client.call_async(GetState.Request())
        spinner.spin(ANSWER_S, future.done)
        answer = future.result() if future.done() else None
        return answer.current_state.label if answer else ''
    finally:
        node.destroy_client(client)


def _watch(
    node: Node, spinner: _Spinner, seconds: float, topics: Sequence[Topic]
) -> tuple[dict[str, Watch], tuple[Diagnosis, ...]]:
    watchers: dict[str, ImageWatcher] = {}
    for topic in topics:
        msg_type = RAW if topic.publishes(RAW) else COMPRESSED
        best_effort = any(each.reliability == 'best effort' for each in topic.publishers)
        policy = ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE
        watchers[topic.name] = watcher = ImageWatcher(msg_type)
        node.create_subscription(
            CLASSES[msg_type], topic.name, watcher.on_message,
            QoSProfile(depth=DEPTH, reliability=policy), raw=True,
        )
    statuses: dict[str, Diagnosis] = {}

    def on_diagnostics(array: DiagnosticArray) -> None:
        for each in array.status:
            level = int.from_bytes(each.level, 'little')
            statuses[each.name] = Diagnosis(each.name, level, each.message)

    node.create_subscription(DiagnosticArray, '/diagnostics', on_diagnostics, QoSProfile(depth=10))
    spinner.spin(seconds)
    return {name: each.result() for name, each in watchers.items()}, tuple(statuses.values())
