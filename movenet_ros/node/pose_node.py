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

"""The pose node: images in, people and an annotated image out."""

from __future__ import annotations

from collections.abc import Sequence
import gc
import math
import time
from typing import Any

from movenet_ros.core.errors import FrameError
from movenet_ros.core.errors import StartError
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.outputs import Labels
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import Result
from movenet_ros.messages.stamped import READERS
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.diagnostics import Diagnostics
from movenet_ros.node.diagnostics import Report
from movenet_ros.node.image_input import ImageInput
from movenet_ros.node.managed_node import ACTIVE
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.node.managed_node import UNCONFIGURED
from movenet_ros.node.middleware import let_receiving_wait
from movenet_ros.node.monitor import Monitor
from movenet_ros.node.parameters import declare
from movenet_ros.node.parameters import on_change
from movenet_ros.node.parameters import unknown_parameters
from movenet_ros.node.publishers import Publishers
from movenet_ros.node.run import run_node
from movenet_ros.node.watchdog import explain_clock
from movenet_ros.node.watchdog import ros_type
from movenet_ros.node.watchdog import Watchdog
from movenet_ros.perception import Perception
from movenet_ros.settings import listing
from movenet_ros.settings import PoseParameters
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool
from std_srvs.srv import Trigger

UPDATE_PERIOD_S = 0.3  # how soon a new subscriber or publisher is noticed
WARN_PERIOD_S = 5.0
FLOOD_IMAGES = 50  # a second, of which the node takes less than half
LATE_PERIODS = 2.0  # of its own rate, for the work on one image in a flood
CLOCK_IMAGES = 5  # in a row, before another clock is told of: one odd stamp is none

Shot = tuple[Future, float]  # of detect_once: takes success and message; when it is too late


class PoseNode(ManagedNode):
    """
    Finds the people in each image of the topic ``image``.

    :param backend: for tests; None opens the one that the parameters ask for.
    :param outputs: what is published about each image.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if a parameter does not allow a start.
    """

    is_alone = False
    """Whether the process is the node's own, so that Python's memory may be arranged for it."""

    def __init__(
        self,
        backend: Runtime | None = None,
        outputs: Sequence[Output[Result]] = OUTPUTS,
        **node_args: Any,
    ) -> None:
        super().__init__('movenet', **node_args)
        self._settings = declare(self, PoseParameters)
        for sentence in unknown_parameters(self, PoseParameters):
            self.get_logger().warning(sentence)
        self._backend = backend
        self._perception: Perception | None = None
        self._input: ImageInput | None = None
        self._monitor = Monitor()
        self._clock_watch = Watchdog(self)
        self._clock_images = 0
        self._is_enabled = True
        self._was_wanted = False
        self._is_flooded = False
        self._too_late_s = math.inf
        self._due_s = 0.0
        self._shots: list[Shot] = []
        # made first, so that they and their subscribers find each other while the model is loaded
        self._outputs = Publishers(self, outputs)
        self.create_service(SetBool, '~/enable', self._enable)
        self.create_service(
            Trigger,
            '~/detect_once',
            self._detect_once,
            callback_group=ReentrantCallbackGroup(),  # images arrive while it waits for one
        )
        on_change(self, self._settings, self._apply, self._locked)
        # steady: on simulated time a timer would not fire before the first /clock
        self.create_timer(UPDATE_PERIOD_S, self._update, clock=self.steady_clock)
        self._diagnostics = Diagnostics(self, self._report)

    @property
    def autostart(self) -> bool:
        """Tell whether it is to configure and activate itself."""
        return self._settings.autostart

    def configure(self) -> None:
        """Load the model and warm it up."""
        self._perception = Perception(self._settings, self.get_logger(), self._backend)
        self._publish_label_info()
        if self.is_alone:  # a full collection takes 20 to 200 ms, and two images come meanwhile:
            gc.collect()
            gc.freeze()  # it need not look again at what has been loaded

    def activate(self) -> None:
        """Subscribe, as soon as somebody subscribes to an output."""
        self._monitor.restart()
        self._input = self._make_input()
        self.get_logger().info(
            f'ready: {self._input.topic} -> {self._outputs.topic};'
            ' idle until somebody subscribes to an output'
        )
        self._update_input()  # somebody may have subscribed while the model was loaded

    def deactivate(self) -> None:
        """Process no more images, and keep the model."""
        if self._input is not None:
            self._input.close()
            self._input = None
        self._clock_watch.report(None)
        self._clock_images = 0
        self._monitor.restart()
        self._answer_shots(False, 'the node is no longer active')

    def release(self) -> None:
        """Free the model."""
        self.deactivate()
        perception, self._perception = self._perception, None
        if perception is not None:
            if self.is_alone:
                gc.unfreeze()
            perception.close()
            if perception.runtime.info.kept:
                self._warn(perception.runtime.info.kept)

    def destroy_node(self) -> None:
        """Finish the drawing that has begun first."""
        self._diagnostics.close()
        self._outputs.close()
        super().destroy_node()

    def _warn(self, sentence: str) -> None:
        self.get_logger().warning(sentence)

    def _make_input(self) -> ImageInput:
        topic, kind = self.resolve_topic_name('image'), Image
        if self._settings.image_transport == 'compressed':
            topic, kind = f'{topic}/compressed', CompressedImage
        self._read = READERS[ros_type(kind)]
        return ImageInput(
            self, topic, kind, self._on_image, self._settings.image.reliability, self._expect_gap
        )

    def _expect_gap(self) -> None:
        """Take the next image as it comes; none were asked for, or none came, for a while."""
        if self._perception is not None:
            self._perception.expect_gap()

    def _on_image(self, message: bytes, dropped: int) -> None:
        """Take the next image, if it is wanted."""
        self._monitor.arrive(dropped)
        if not self._is_wanted():
            return
        if not self._shots and not self._is_due():
            self._monitor.leave_out()
            return
        self._monitor.begin()
        try:
            self._process(message)
        finally:
            self._monitor.end()

    def _process(self, message: bytes) -> None:
        """Find the people in an image; a bad one is skipped and the next one tried."""
        perception = self._perception
        assert perception is not None
        begun_s = time.monotonic()
        try:
            stamped = self._read(message, self._settings.image.max_pixels)
            header, image = stamped.header, stamped.image
            stamp = stamp_ns(header.stamp)
            is_our_clock = self._watch_clock(stamp)
            poses = perception.people(image, stamp)
        except FrameError as error:
            self._monitor.refuse(str(error))
            self.get_logger().warning(
                f'skipped an image: {error}', throttle_duration_sec=WARN_PERIOD_S
            )
            self._answer_shots(False, str(error))
            return
        except StartError as error:
            self._monitor.refuse(str(error))
            self._answer_shots(False, str(error))
            self.give_up(str(error))
            return
        if time.monotonic() - begun_s > self._too_late_s and not self._shots:
            self._monitor.drop()
            return
        self._outputs.publish(Result(header, image, poses, self._settings))
        latency_s = None
        if is_our_clock and not perception.problem:
            latency_s = (self.get_clock().now().nanoseconds - stamp) / NANOSECONDS
        self._monitor.process(latency_s, perception.inference_s, len(poses))
        people = f'{len(poses)} {"person" if len(poses) == 1 else "people"}'
        self._answer_shots(True, f'{people} in the image stamped {stamp / NANOSECONDS:.9f}')

    def _publish_label_info(self) -> None:
        """Say what the class ids are."""
        stamp = self.get_clock().now().to_msg()
        if self._perception is not None:
            skeleton = self._perception.model.skeleton
            self._outputs.announce(Labels(skeleton, self._settings.person_threshold, stamp))

    def _is_wanted(self) -> bool:
        """Tell whether the next image is to be processed."""
        return bool(self._shots) or (self._is_enabled and self._outputs.has_subscribers)

    def _is_due(self) -> bool:
        """Tell whether max_rate_hz allows one more image now; in the long run it is kept."""
        if not self._settings.max_rate_hz:
            return True
        period_s = 1 / self._settings.max_rate_hz
        now_s = time.monotonic()
        # images are never quite punctual: up to half a period early is on time
        if now_s < self._due_s - period_s / 2:
            return False
        is_punctual = now_s < self._due_s + period_s
        self._due_s = (self._due_s if is_punctual else now_s) + period_s
        return True

    def _watch_clock(self, stamp: int) -> bool:
        """
        Say where the stamps are of another clock than this node's.

        :return: whether this one is of ours.
        """
        now_s = self.get_clock().now().nanoseconds / NANOSECONDS
        use_sim_time = self.get_parameter('use_sim_time').value
        cause = explain_clock(stamp / NANOSECONDS, now_s, use_sim_time)
        is_ours = cause is None and stamp != 0
        if (cause.kind if cause else '') == self._clock_watch.kind:
            # out of trouble only by images in a row, into it also by every second one
            self._clock_images = 0 if self._clock_watch.trouble else max(0, self._clock_images - 1)
            return is_ours
        self._clock_images += 2
        if self._clock_images >= 2 * CLOCK_IMAGES:
            self._clock_images = 0
            self._clock_watch.report(cause, "the stamps of the images are of this node's clock")
        return is_ours

    def _update(self) -> None:
        """Look after what changes without an image."""
        self.check()
        self._diagnostics.check()
        if self._input is None:
            return
        self._update_input()
        self._withstand_floods()
        now_s = time.monotonic()
        if any(too_late_s < now_s for _, too_late_s in self._shots):
            timeout_s = self._settings.diagnostics.image_timeout_s
            self._answer_shots(False, self._input.trouble or f'no image for {timeout_s:g} s')

    def _update_input(self) -> None:
        if self._input is None:
            return
        was_wanted, self._was_wanted = self._was_wanted, self._is_wanted()
        if self._was_wanted and not was_wanted:
            self._monitor.restart()  # a pause is no low rate
        if self._is_enabled or self._shots:
            self._input.update(self._was_wanted, self._settings.diagnostics.image_timeout_s)
        else:
            self._input.close()

    def _withstand_floods(self) -> None:
        """
        Where far more images come than can be processed, see to it that poses are fresh.

        Those that come wait, and poses that took twice as long as usual, because something else
        had the processor, are not published: the next ones are on their way.
        """
        self._too_late_s = math.inf
        if not self._was_wanted:
            return
        activity = self._monitor.activity()
        if activity.arriving_hz < FLOOD_IMAGES or activity.dropped_share < 0.5:
            return
        self._too_late_s = LATE_PERIODS / max(activity.processed_hz, 1.0)
        if not self._is_flooded:
            self._is_flooded = True
            let_receiving_wait()

    def _enable(self, request: Any, response: Any) -> Any:
        """Answer ~/enable."""
        self._is_enabled = request.data
        self._update_input()
        response.success = True
        response.message = 'enabled' if request.data else 'disabled, but for ~/detect_once'
        return response

    async def _detect_once(self, request: Any, response: Any) -> Any:
        """Answer ~/detect_once as soon as the next image has been processed."""
        if self._input is None:
            response.message = f'the node is {self.state}'
            return response
        answer = Future()
        self._shots.append((answer, time.monotonic() + self._settings.diagnostics.image_timeout_s))
        self._update_input()
        response.success, response.message = await answer
        return response

    def _answer_shots(self, success: bool, message: str) -> None:
        shots, self._shots = self._shots, []
        for answer, _ in shots:
            answer.set_result((success, message))

    def _locked(self) -> str:
        """Say why parameters of the model cannot change now, if they cannot."""
        if self.state == UNCONFIGURED:
            return ''
        name = self.get_fully_qualified_name()
        steps = ('deactivate', 'cleanup') if self.state == ACTIVE else ('cleanup',)
        commands = ', '.join(f'ros2 lifecycle set {name} {step}' for step in steps)
        return f'can be set while the node is unconfigured: {commands}'

    def _apply(self, settings: PoseParameters) -> None:
        """
        Take over parameters that changed.

        :raises InferenceError: if the model does not run with them.
        """
        if self._perception is not None:
            self._perception.apply(settings)
        if settings.max_rate_hz != self._settings.max_rate_hz:
            self._due_s = 0.0  # which may lie far ahead, at a low rate
        threshold_changed = settings.person_threshold != self._settings.person_threshold
        self._settings = settings
        if threshold_changed:
            self._publish_label_info()

    def _report(self) -> Report:
        """Collect what the diagnostics say; in their thread."""
        images, perception = self._input, self._perception
        is_wanted, activity = self._is_wanted(), self._monitor.activity()
        troubles = [
            images.trouble if images else '',
            self._clock_watch.trouble if is_wanted else '',
            perception.problem if perception and activity.processed_hz else '',
        ]
        idle = '' if is_wanted else 'idle: nobody subscribes to an output'
        if not self._is_enabled:
            idle = 'disabled, but for ~/detect_once'
        return Report(
            state=self.state,
            activity=activity,
            settings=self._settings,
            topic=images.topic if images else '',
            idle=idle if images else self.state,
            input_trouble=next(filter(None, troubles), ''),
            model_trouble=str(self.refusal or ''),
            fallback=perception.fallback if perception else '',
            counts_dropped=images is not None and images.counts_dropped,
            model=_described(perception) if perception else {},
        )


def _described(perception: Perception) -> dict[str, str]:
    """Say what runs."""
    info = perception.runtime.info
    return {
        'backend': str(info),
        'device': info.device,
        'model': str(perception.file or ''),
        'sha256': perception.sha256,
        'input_shape': 'x'.join(map(str, perception.input_shape)),
        'failures': str(perception.failures),
    }


def started() -> PoseNode:
    """Make the node, and have it configure and activate itself unless that is left to others."""
    node = PoseNode()
    node.is_alone = True
    try:
        if node.autostart:
            node.start()
        else:
            name = node.get_fully_qualified_name()
            node.get_logger().info(f'unconfigured: ros2 lifecycle set {name} configure')
    except BaseException:
        node.destroy_node()
        raise
    return node


def main(args: Sequence[str] | None = None) -> int:
    """Run the pose node until it is told to end."""
    return run_node(started, args, listing(PoseParameters))
