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
import gc
from typing import Any

from movenet_ros.consumers.outputs import Outputs3D
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.consumers.report import statuses_3d
from movenet_ros.consumers.stream_3d import Stream3D
from movenet_ros.core.errors import StartError
from movenet_ros.node.diagnostics import Diagnostics
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.node.parameters import declare
from movenet_ros.node.parameters import on_change
from movenet_ros.node.run import run_node
from movenet_ros.settings import listing
from movenet_ros.settings import Pose3DParameters

UPDATE_PERIOD_S = 0.3  # how soon a new subscriber or publisher is noticed


class Pose3DNode(ManagedNode):
    """
    Places the people of the topic ``poses`` in metres, by the depth image that belongs to them.

    :param outputs: what is published about each image.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if a parameter does not allow a start.
    """

    def __init__(self, outputs: Outputs3D = OUTPUTS_3D, **node_args: Any) -> None:
        super().__init__('movenet_3d', **node_args)
        settings = declare(self, Pose3DParameters)
        check(settings)
        self.autostart = settings.autostart
        self.stream = Stream3D(self, settings, outputs)
        on_change(self, settings, self._apply, self.locked)
        # steady: on simulated time a timer would not fire before the first /clock
        self.create_timer(UPDATE_PERIOD_S, self._update, clock=self.steady_clock)
        self._diagnostics = Diagnostics(
            self, lambda name: statuses_3d(name, self.stream.report())
        )

    def activate(self) -> str:
        """Subscribe, as soon as an output has subscribers."""
        return self.stream.activate()

    def deactivate(self) -> str:
        """Place nobody any more."""
        self.stream.close()
        return 'people are no longer placed'

    def release(self) -> str:
        """Forget everything."""
        self.stream.close()
        return ''

    def destroy_node(self) -> None:
        """Stop publishing diagnostics, too."""
        self._diagnostics.close()
        super().destroy_node()

    def _update(self) -> None:
        self.check()
        self._diagnostics.check()
        self.stream.update()

    def _apply(self, settings: Pose3DParameters) -> None:
        check(settings)
        self.stream.apply(settings)


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


def started() -> Pose3DNode:
    """Make the node, and have it configure and activate itself unless that is left to others."""
    node = Pose3DNode()
    try:
        node.start(node.autostart)
    except BaseException:
        node.destroy_node()
        raise
    gc.collect()
    gc.freeze()  # a full collection need not look again at what has been loaded
    return node


def main(args: Sequence[str] | None = None) -> int:
    """Run the 3D node until it is told to end."""
    return run_node(started, args, listing(Pose3DParameters))
