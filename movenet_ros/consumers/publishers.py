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

"""The publishers of a table of outputs: one for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic
from typing import TypeVar

from movenet_ros.messages.outputs import Output
from rclpy.node import Node

Source = TypeVar('Source')


class Publishers(Generic[Source]):
    """
    Publishes the outputs that have subscribers.

    :param outputs: rows of the table.
    """

    def __init__(self, node: Node, outputs: Sequence[Output[Source]]) -> None:
        self._rows = [
            (each, node.create_publisher(each.msg_type, each.name, each.qos)) for each in outputs
        ]

    @property
    def topic(self) -> str:
        """Return the resolved name of the first one."""
        return str(self._rows[0][1].topic_name)

    @property
    def subscribers(self) -> int:
        """Return how many subscribers they have, all together."""
        return sum(publisher.get_subscription_count() for _, publisher in self._rows)

    def publish(self, source: Source) -> None:
        """Make and publish what has subscribers."""
        for output, publisher in self._rows:
            if publisher.get_subscription_count():
                message = output.to_bytes(source)
                if message is not None:
                    publisher.publish(message)

    def close(self, node: Node) -> None:
        """Take them out of the graph."""
        for _, publisher in self._rows:
            node.destroy_publisher(publisher)
        self._rows = []
