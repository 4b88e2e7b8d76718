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

"""The publishers of a stream's outputs: one for each row of messages/outputs.py."""

from __future__ import annotations

from collections.abc import Sequence

from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import Labels
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import Outputs
from movenet_ros.messages.outputs import Result
from movenet_ros.node.drawing_thread import DrawingThread
from rclpy.node import Node
from rclpy.publisher import Publisher

Row = tuple[Output[Result], Publisher]


class Publishers:
    """
    Publishes the outputs that have subscribers.

    :param outputs: rows of the table.
    """

    def __init__(self, node: Node, outputs: Outputs) -> None:
        self._rows: list[Row] = [
            (each, node.create_publisher(each.msg_type, each.name, each.qos)) for each in outputs
        ]
        self._label_info = node.create_publisher(
            LABEL_INFO.msg_type, LABEL_INFO.name, LABEL_INFO.qos
        )
        self._drawing = DrawingThread()

    @property
    def topic(self) -> str:
        """Return the resolved name of the first one."""
        return str(self._rows[0][1].topic_name)

    @property
    def has_subscribers(self) -> bool:
        """Return whether any of them has."""
        return any(publisher.get_subscription_count() for _, publisher in self._rows)

    def publish(self, result: Result) -> None:
        """
        Publish what was found in an image.

        :raises Exception: a bug, of the thread too.
        """
        wanted = [row for row in self._rows if row[1].get_subscription_count()]
        _publish([row for row in wanted if not row[0].in_thread], result)
        slow = [row for row in wanted if row[0].in_thread]
        if slow:
            for output, _ in slow:
                output.first(result)
            self._drawing.submit(lambda: _publish(slow, result))

    def announce(self, labels: Labels) -> None:
        """Publish label_info, for subscribers that come later too."""
        self._label_info.publish(LABEL_INFO.to_bytes(labels))

    def close(self) -> None:
        """Finish the drawing that has begun."""
        self._drawing.close()


def _publish(rows: Sequence[Row], result: Result) -> None:
    for output, publisher in rows:
        message = output.to_bytes(result)
        if message is not None:
            publisher.publish(message)
