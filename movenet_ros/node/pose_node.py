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

"""The pose node: images of one or several cameras in, people and annotated images out."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from functools import partial
import gc
from typing import Any

from movenet_ros.core.needs import ros_package
from movenet_ros.core.runtime import Runtime
from movenet_ros.messages.outputs import ANNOTATIONS
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import Outputs
from movenet_ros.node.cameras import of_an_image
from movenet_ros.node.cameras import parameters_with
from movenet_ros.node.diagnostics import Diagnostics
from movenet_ros.node.diagnostics import statuses
from movenet_ros.node.gate import Overload
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.node.middleware import lower_receiver_priority
from movenet_ros.node.middleware import receiving_s
from movenet_ros.node.parameters import declare
from movenet_ros.node.parameters import given
from movenet_ros.node.parameters import on_change
from movenet_ros.node.report import reports_of
from movenet_ros.node.run import run_node
from movenet_ros.node.stream import Stream
from movenet_ros.node.turns import Turns
from movenet_ros.perception import Perception
from movenet_ros.settings import listing
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from std_srvs.srv import SetBool
from std_srvs.srv import Trigger

UPDATE_PERIOD_S = 0.3  # how soon a new subscriber or publisher is noticed


class PoseNode(ManagedNode):
    """
    Finds the people in each image of the topic ``image``, or of those of several cameras.

    :param runtime: with the network loaded; None opens the one that the parameters ask for.
    :param outputs: what is published about each image.
    :param make_perception: of settings, log and runtime, for another network.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if a parameter does not allow a start.
    """

    is_alone = False  # in its process, whose memory may be arranged for it then

    def __init__(
        self,
        runtime: Runtime | None = None,
        outputs: Outputs = OUTPUTS,
        make_perception: Callable[..., Perception] = Perception,
        **node_args: Any,
    ) -> None:
        super().__init__('movenet', **node_args)
        cameras = table_of(PoseParameters, given(self)).cameras
        settings = declare(self, parameters_with(cameras))
        self.autostart = settings.autostart
        self._settings = settings
        self.streams = self._streams(settings, outputs)
        self._overload = Overload(receiving_s)
        self._is_overloaded = False  # for good: a process without rights cannot undo it
        self.perception: Perception | None = None
        self._make = partial(
            make_perception, log=self.get_logger(), runtime=runtime, live=True,
            streams=len(self.streams),
        )
        self._serve('~', self.streams)
        for stream in self.streams if cameras else ():
            self._serve(f'~/{stream.camera}', [stream])
        on_change(self, settings, self._apply, self.locked)
        # steady: on simulated time a timer would not fire before the first /clock
        self.create_timer(UPDATE_PERIOD_S, self._update, clock=self.steady_clock)
        self._diagnostics = Diagnostics(self, lambda name: statuses(name, *reports_of(self)))

    def configure(self) -> str:
        """Load the model and warm it up."""
        self.perception = self._make(of_an_image(self._settings))
        for stream in self.streams:
            stream.configure(self.perception)
        if self.is_alone:  # a full collection takes 20 to 200 ms, and two images come meanwhile:
            gc.collect()
            gc.freeze()  # it need not look again at what has been loaded
        lacks = ''
        if ANNOTATIONS not in [each.name for each in OUTPUTS]:
            package = 'foxglove_msgs'
            lacks = f' (no topic annotations without {package}: {ros_package(package)})'
        return f'the model is ready{lacks}'

    def activate(self) -> str:
        """Subscribe, as soon as an output has subscribers."""
        return '; '.join([each.activate() for each in self.streams])

    def deactivate(self) -> str:
        """Process no more images, and keep the model."""
        for stream in self.streams:
            stream.close()
        return 'images are no longer processed'

    def release(self) -> str:
        """Free the model."""
        for stream in self.streams:
            stream.release()
        perception, self.perception = self.perception, None
        if perception is None:
            return ''
        if self.is_alone:
            gc.unfreeze()
        perception.close()
        return perception.runtime.info.kept or 'the model is freed'

    def destroy_node(self) -> None:
        """Finish the drawing and the preparation of a shape that have begun first."""
        self._diagnostics.close()
        for stream in self.streams:
            stream.destroy()
        if self.perception is not None:
            self.perception.settle()
        super().destroy_node()

    def _update(self) -> None:
        self.check()
        self._diagnostics.check()
        for stream in self.streams:
            stream.update()
        if not self._is_overloaded:
            self._watch_overload()

    def _apply(self, settings: PoseParameters) -> None:
        """Accept parameters that changed, where the model runs with them."""
        if self.perception is not None:
            self.perception.apply(of_an_image(settings))
        self._settings = settings
        for stream in self.streams:
            stream.apply(settings)

    def _streams(self, settings: PoseParameters, outputs: Outputs) -> list[Stream]:
        """Make what belongs to each camera."""
        if not settings.cameras:
            return [Stream(self, settings, outputs)]
        turns = Turns(lambda: guard.trigger())
        guard = self.create_guard_condition(turns.give)
        return [Stream(self, settings, outputs, each, turns) for each in settings.cameras]

    def _watch_overload(self) -> None:
        """Where receiving images takes the processor from processing them, let it wait."""
        cores = self._overload.cores(max(each.dropped_share for each in self.streams))
        if cores:
            self._is_overloaded = True
            lower_receiver_priority()
            self.get_logger().info(
                f'overload: most images are dropped, and receiving them takes {100 * cores:.0f} %'
                ' of a processor core: lowered its priority'
            )

    def _serve(self, prefix: str, streams: Sequence[Stream]) -> None:
        """Offer enable and detect_once for one camera, or for all of them."""
        self.create_service(SetBool, f'{prefix}/enable', partial(_enable, streams))
        beside = ReentrantCallbackGroup()  # images arrive while detect_once waits for one
        self.create_service(
            Trigger, f'{prefix}/detect_once', partial(_detect_once, streams), callback_group=beside
        )


def _enable(streams: Sequence[Stream], request: Any, response: Any) -> Any:
    """Answer enable."""
    for stream in streams:
        stream.enable(request.data)
    response.success = True
    response.message = 'enabled' if request.data else streams[0].idle
    return response


async def _detect_once(streams: Sequence[Stream], request: Any, response: Any) -> Any:
    """Answer detect_once as soon as the next image of each camera has been processed."""
    answers = [Future() for _ in streams]
    for stream, answer in zip(streams, answers):
        stream.request(lambda *result, to=answer: to.set_result(result))
    results = [await each for each in answers]
    response.success = all(success for success, _ in results)
    response.message = '; '.join(
        f'{stream.camera}: {message}' if stream.camera else message
        for stream, (_, message) in zip(streams, results)
    )
    return response


def started() -> PoseNode:
    """Make the node, and have it configure and activate itself unless that is left to others."""
    node = PoseNode()
    node.is_alone = True
    try:
        node.start(node.autostart)
    except BaseException:
        node.destroy_node()
        raise
    return node


def main(args: Sequence[str] | None = None) -> int:
    """Run the pose node until it is told to end."""
    return run_node(started, args, listing(PoseParameters))
