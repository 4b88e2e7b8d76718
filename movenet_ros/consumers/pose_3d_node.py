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

"""The 3D node: poses and depth images in, people in metres out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from movenet_ros.consumers.consumer_node import ConsumerNode
from movenet_ros.consumers.consumer_node import run_consumer
from movenet_ros.consumers.outputs import Outputs3D
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.consumers.report import statuses_3d
from movenet_ros.consumers.stream_3d import Stream3D
from movenet_ros.core.errors import StartError
from movenet_ros.settings import Pose3DParameters


class Pose3DNode(ConsumerNode):
    """
    Places the people of the topic ``poses`` in metres, by the depth image that belongs to them.

    :param outputs: what is published about each image.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if a parameter does not allow a start.
    """

    def __init__(self, outputs: Outputs3D = OUTPUTS_3D, **node_args: Any) -> None:
        super().__init__(
            'movenet_3d', Pose3DParameters, check,
            lambda node, settings: Stream3D(node, settings, outputs), statuses_3d, **node_args,
        )


def check(settings: Pose3DParameters) -> None:
    """
    Refuse parameters that contradict each other.

    :raises StartError: with the reason.
    """
    if settings.min_depth_m >= settings.max_depth_m:
        raise StartError(
            f'min_depth_m {settings.min_depth_m:g} must be less than max_depth_m'
            f' {settings.max_depth_m:g}'
        )


def main(args: Sequence[str] | None = None) -> int:
    """Run the 3D node until it is told to end."""
    return run_consumer(Pose3DNode, Pose3DParameters, args)
