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

"""The humans node: poses in, the bodies of REP-155 out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from movenet_ros.consumers.consumer_node import ConsumerNode
from movenet_ros.consumers.consumer_node import run_consumer
from movenet_ros.consumers.humans import check
from movenet_ros.consumers.humans_report import statuses_humans
from movenet_ros.consumers.humans_stream import HumansStream
from movenet_ros.settings import HumansParameters


class HumansNode(ConsumerNode):
    """
    Tells of the people of ``poses`` and ``poses_3d`` in the topics of REP-155.

    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if a parameter does not allow a start, or hri_msgs is missing.
    """

    def __init__(self, **node_args: Any) -> None:
        super().__init__(
            'movenet_humans', HumansParameters, check, HumansStream, statuses_humans, **node_args
        )


def main(args: Sequence[str] | None = None) -> int:
    """Run the humans node until it is told to end."""
    return run_consumer(HumansNode, HumansParameters, args)
