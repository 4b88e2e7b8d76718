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

"""Why no message arrives on a topic: from the graph, and from what pose nodes report."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.node.diagnostics import DIAGNOSTICS
from movenet_ros.tools.commands import our_command
from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy

OURS = {LABEL_INFO.name, *(each.name for each in OUTPUTS)}
OF_EVERY_NODE = ('/parameter_events', '/rosout')
LEVELS = ('OK', 'WARN', 'ERROR', 'STALE')  # of diagnostic_msgs/DiagnosticStatus
STALE = LEVELS.index('STALE')
UNKNOWN = '_NODE_NAME_UNKNOWN_'  # of rmw
STALE_S = 3.0  # statuses come once a second
MOST_NAMES = 6  # in a sentence


@dataclass(frozen=True)
class Status:
    """
    What a pose node reports on /diagnostics.

    :param node: its full name.
    :param part: ``images``, ``poses`` or ``model``.
    :param level: an index of LEVELS.
    """

    node: str
    part: str
    level: int
    message: str
    values: Mapping[str, str]


class Statuses:
    """
    Keeps the newest statuses of pose nodes.

    :param node: that subscribes to /diagnostics; it has to be spun.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._newest: dict[str, tuple[float, Status]] = {}  # when it came, by its name
        self._subscription = node.create_subscription(
            DiagnosticArray, DIAGNOSTICS, self._on_message, 10
        )

    def of(self, nodes: Collection[str]) -> list[Status]:
        """
        Return the statuses of some nodes; of all, where none of these has any.

        :param nodes: full names.
        """
        oldest_s = time.monotonic() - STALE_S
        newest = [
            each if at_s > oldest_s else replace(
                each, level=STALE, message=f'no longer published; the last was: {each.message}'
            )
            for at_s, each in list(self._newest.values())
        ]
        return [each for each in newest if each.node in nodes] or newest

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)

    def _on_message(self, msg: DiagnosticArray) -> None:
        for each in msg.status:
            if each.hardware_id != 'movenet_ros':
                continue
            node, _, part = each.name.rpartition(': ')
            level = min(int.from_bytes(each.level, 'little'), STALE)
            values = {value.key: value.value for value in each.values}
            status = Status(f'/{node}', part, level, each.message, values)
            self._newest[each.name] = time.monotonic(), status


def explain(
    topic: str, publishers: Sequence[Any], others: Sequence[str], statuses: Sequence[Status]
) -> str:
    """
    Return why no message arrives on a topic, in one sentence with the fix.

    :param publishers: rclpy's TopicEndpointInfo of each.
    :param others: published topics, of which one may be meant instead.
    :param statuses: of pose nodes.
    """
    if not publishers:
        is_ours = topic.rpartition('/')[2] in OURS
        start = f'the pose node ({our_command("pose_node")})' if is_ours else 'its publisher'
        more = ', ...' if len(others) > MOST_NAMES else ''
        instead = f'; other topics: {", ".join(others[:MOST_NAMES])}{more}' if others else ''
        return (
            f'{topic} has no publisher: start {start}; if it runs,'
            f' {our_command("doctor")} looks for the reason{instead}'
        )
    names = sorted({full_name(each) for each in publishers})
    what = f'{" and ".join(names)} publishes {topic}, but nothing arrives'
    told = sorted((each for each in statuses if each.node in names), key=lambda each: -each.level)
    if told:  # the worst; among equals the first, that of the images
        return f'{what}; it reports: {told[0].message}'
    offered = {each.qos_profile.reliability for each in publishers}
    if ReliabilityPolicy.BEST_EFFORT in offered:
        what += ' (best effort: large images get lost)'
    return f'{what}: {our_command("doctor")} looks for the reason'


def others_than(topic: str, node: Node, types: Collection[str] = ()) -> list[str]:
    """
    Return the topics that other nodes publish; those of the same last name, where there are any.

    :param types: of their messages; empty for any.
    """
    me = node.get_fully_qualified_name()
    found = sorted(
        name
        for name, its in node.get_topic_names_and_types()
        if name not in (topic, *OF_EVERY_NODE)
        and (not types or {*types} & {*its})
        and {full_name(each) for each in node.get_publishers_info_by_topic(name)} - {me}
    )
    last = topic.rpartition('/')[2]
    return [each for each in found if each.rpartition('/')[2] == last] or found


def full_name(endpoint: Any) -> str:
    """Return the name of an endpoint's node with its namespace; discovery may not know it yet."""
    if endpoint.node_name == UNKNOWN:
        return 'another node'
    return f'{endpoint.node_namespace.rstrip("/")}/{endpoint.node_name}'
