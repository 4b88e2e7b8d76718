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

"""The kinematics node: poses in, joint angles and what people do out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from movenet_ros.consumers.consumer_node import ConsumerNode
from movenet_ros.consumers.consumer_node import run_consumer
from movenet_ros.consumers.kinematics import check
from movenet_ros.consumers.kinematics_report import statuses_kinematics
from movenet_ros.consumers.kinematics_stream import KinematicsStream
from movenet_ros.settings import KinematicsParameters


class KinematicsNode(ConsumerNode):
    """
    Tells what the people of ``poses`` or ``poses_3d`` do, and how they bend their joints.

    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if a parameter does not allow a start.
    """

    def __init__(self, **node_args: Any) -> None:
        super().__init__(
            'movenet_kinematics', KinematicsParameters, check, KinematicsStream,
            statuses_kinematics, **node_args,
        )


def main(args: Sequence[str] | None = None) -> int:
    """Run the kinematics node until it is told to end."""
    return run_consumer(KinematicsNode, KinematicsParameters, args)
