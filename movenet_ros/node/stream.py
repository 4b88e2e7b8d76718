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

"""One camera: its images in, its people out, and everything that belongs to it alone."""

from __future__ import annotations

import time

from movenet_ros.core.errors import FrameError
from movenet_ros.core.errors import OtherTopicError
from movenet_ros.core.errors import StartError
from movenet_ros.core.following import PeopleTracker
from movenet_ros.core.observing import Observer
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.outputs import Labels
from movenet_ros.messages.outputs import Outputs
from movenet_ros.messages.outputs import Result
from movenet_ros.messages.stamped import READERS
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.blank_watch import BlankWatch
from movenet_ros.node.cameras import of_camera
from movenet_ros.node.clock_watch import ClockWatch
from movenet_ros.node.gate import Answer
from movenet_ros.node.gate import Gate
from movenet_ros.node.image_input import ImageInput
from movenet_ros.node.image_input import transport_topic
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.node.monitor import Monitor
from movenet_ros.node.monitor import Work
from movenet_ros.node.publishers import Publishers
from movenet_ros.node.silence import ros_type
from movenet_ros.node.turns import Turns
from movenet_ros.perception import Perception
from movenet_ros.settings import PoseParameters
from rclpy.logging import get_logger
from rclpy.logging import LoggingSeverity
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

WARN_PERIOD_S = 5.0


class Stream:
    """
    Finds and follows the people in the images of one camera.

    :param node: that has the topics.
    :param outputs: what is published about each image.
    :param camera: of several, whose name begins those of its topics; empty: the only one.
    :param turns: of the cameras; None: an image is processed as soon as it is received.
    """

    def __init__(
        self,
        node: ManagedNode,
        settings: PoseParameters,
        outputs: Outputs,
        camera: str = '',
        turns: Turns | None = None,
    ) -> None:
        self.settings = of_camera(settings, camera)
        self.camera = camera
        self._turns = turns
        self.monitor = Monitor()
        self.gate = Gate()
        self._node = node
        self._log = get_logger(node.get_logger().name)  # of its own: it counts what is throttled
        self._named = f'{camera}: ' if camera else ''
        prefix = f'{camera}/' if camera else ''
        self._topic = f'{prefix}image'
        # made first: they and their subscribers find each other while the model is loaded
        self._publishers = Publishers(node, outputs, prefix)
        self._clock_watch = ClockWatch(node, camera)
        self._blank_watch = BlankWatch(node, camera=camera)
        self._perception: Perception | None = None
        self._runtime: Runtime | None = None  # of the image before
        self._tracker: PeopleTracker | None = None
        self._observer = Observer()
        self._images: ImageInput | None = None
        self._was_wanted = False

    @property
    def is_active(self) -> bool:
        """Return whether images may be received."""
        return self._images is not None

    @property
    def is_wanted(self) -> bool:
        """Return whether the next image is to be processed."""
        return self.gate.wants(self._publishers.has_subscribers)

    @property
    def topic(self) -> str:
        """Return the resolved name of the topic of images, or nothing while inactive."""
        images = self._images  # closed meanwhile by another thread than that of /diagnostics
        return images.topic if images else ''

    @property
    def counts_dropped(self) -> bool:
        """Return whether the number of dropped images is known."""
        images = self._images
        return images is not None and images.counts_dropped

    @property
    def dropped_share(self) -> float:
        """Return the share of the images that were dropped lately, 0 to 1."""
        return self.monitor.activity().dropped_share if self.is_active else 0.0

    @property
    def idle(self) -> str:
        """Return why no image is processed, or nothing while they are."""
        if not self.gate.is_enabled:
            return 'disabled, except for ~/detect_once'
        return '' if self.is_wanted else 'waiting for subscribers'

    @property
    def problem(self) -> str:
        """Return what is wrong with the images, in one sentence, or nothing."""
        images, tracker = self._images, self._tracker
        activity = self.monitor.activity()
        is_processing = activity.processed_hz > 0
        is_read = self.is_wanted and (is_processing or not activity.rejected_lately)
        problems = (
            images.problem if images else '',
            self._clock_watch.problem if is_read else '',
            self._blank_watch.problem if is_read else '',
            tracker.problem if tracker and is_processing else '',
        )
        return next(filter(None, problems), '')

    def configure(self, perception: Perception) -> None:
        """Begin with a model."""
        self._tracker = PeopleTracker(
            self.settings,
            lambda line: self._log.warning(f'{self._named}{line}'),
            lambda line: self._log.info(f'{self._named}{line}'),
        )
        self._perception, self._runtime = perception, perception.runtime
        self._announce()

    def activate(self) -> str:
        """
        Subscribe to the images as soon as an output has subscribers.

        :return: the topics, for the log.
        """
        assert self._tracker is not None
        transport = self.settings.image_transport
        topic = transport_topic(self._node, self._topic, transport)
        msg_type = Image if transport == 'raw' else CompressedImage
        self._read = READERS[ros_type(msg_type)]
        self._images = ImageInput(
            self._node,
            topic,
            msg_type,
            self.settings.image.reliability,
            self._receive,
            self.monitor.drop,
            self._tracker.expect_gap,
            self._topic,
            self.camera,
        )
        self.monitor.restart()
        self._update_demand()
        waiting = '' if self.is_wanted else f', {self.idle}'
        return f'{topic} -> {self._publishers.topic}{waiting}'

    def close(self) -> None:
        """Unsubscribe, and forget what does not outlive that."""
        if self._images is not None:
            self._images.close()
            self._images = None
        if self._turns is not None:
            self._turns.forget(self)
        self._was_wanted = False
        self._observer.restart()
        self._clock_watch.forget()
        self._blank_watch.forget()
        self.monitor.restart()
        self.gate.close('the node is no longer active')

    def release(self) -> None:
        """Forget the model and the people, too."""
        self.close()
        self._perception = self._runtime = self._tracker = None

    def destroy(self) -> None:
        """Finish the drawing that has begun."""
        self._publishers.close()

    def apply(self, settings: PoseParameters) -> None:
        """Accept parameters that changed; they hold from the next image on."""
        before, self.settings = self.settings, of_camera(settings, self.camera)
        if self._tracker is not None:
            self._tracker.settings = self.settings
        if settings.person_threshold != before.person_threshold:
            self._announce()

    def enable(self, is_enabled: bool) -> None:
        """Process images for subscribers, or no longer."""
        self.gate.is_enabled = is_enabled
        self._update_demand()

    def request(self, answer: Answer) -> None:
        """Process the next image, with or without subscribers."""
        if self._images is None:
            answer(False, f'the node is {self._node.state}')
            return
        self.gate.request(answer, self.settings.diagnostics.image_timeout_s)
        self._update_demand()

    def update(self) -> None:
        """Look after what changes without an image; to be called often."""
        if self._images is None:
            return
        self._update_demand()
        timeout_s = self.settings.diagnostics.image_timeout_s
        self.gate.expire(self._images.problem or f'no image for {timeout_s:g} s')

    def take(self, message: bytes) -> bool:
        """
        Process the next image if it is wanted; where it cannot be, the next one is tried.

        :return: whether it was wanted now.
        """
        self.monitor.arrive()
        if not self.is_wanted:
            return False
        if not self.gate.is_due(self.settings.max_rate_hz):
            self.monitor.throttle()
            return False
        try:
            with self.monitor.working():
                self._process(message)
        except FrameError as error:
            reason = str(error)
            if isinstance(error, OtherTopicError) and self._images and self._images.elsewhere:
                reason += f'; there are images on {self._images.elsewhere}'
            self._reject(reason)
            self._log.warning(
                f'{self._named}rejected an image: {reason}', throttle_duration_sec=WARN_PERIOD_S
            )
        except StartError as error:
            self._reject(str(error))
            self._node.give_up(str(error))
        return True

    def _update_demand(self) -> None:
        if self._images is None:
            return
        was_wanted, self._was_wanted = self._was_wanted, self.is_wanted
        if self._was_wanted and not was_wanted:
            self.monitor.restart()  # a pause is no low rate
        if self.gate.is_open:
            self._images.update(self._was_wanted, self.settings.diagnostics.image_timeout_s)
        else:
            self._images.close()

    def _receive(self, message: bytes) -> None:
        if self._turns is None:
            self.take(message)
        elif self._turns.put(self, message):
            self.monitor.drop(1)

    def _process(self, message: bytes) -> None:
        perception, tracker = self._perception, self._tracker
        assert perception is not None and tracker is not None
        begun_s = time.perf_counter()
        stamped = self._read(message, self.settings.image.max_pixels)
        header, image = stamped.header, stamped.image
        stamp = stamp_ns(header.stamp)
        self._clock_watch.check(stamp)
        self._blank_watch.check(image)
        if perception.runtime is not self._runtime:  # another camera's image had it loaded anew
            tracker.expect_gap()
        poses = perception.people(image, stamp, None, tracker, self.settings.rotate)
        self._runtime = perception.runtime
        self._publishers.publish(Result(header, image, poses, self.settings, self._observer))
        latency_s = None if tracker.problem else self._clock_watch.latency_s(stamp)
        networks, refined = perception.networks, int(poses.refined.sum())
        detection_s, inference_s = networks.first.seconds, perception.inference_s
        self.monitor.finish(latency_s, Work(
            people=len(poses),
            refined=refined,
            detection_s=detection_s,
            refinement_s=inference_s - detection_s,
            other_s=time.perf_counter() - begun_s - inference_s,
            budget_used=perception.finder.budget_used,
        ))
        people = f'{len(poses)} {"person" if len(poses) == 1 else "people"}'
        self.gate.answer(True, f'{people} in the image stamped {stamp / NANOSECONDS:.9f}')
        if self._log.is_enabled_for(LoggingSeverity.DEBUG):  # which rclpy asks late
            after = '' if latency_s is None else f', {1000 * latency_s:.1f} ms after its stamp'
            self._log.debug(
                f'{self._named}{people} in the image stamped {stamp / NANOSECONDS:.9f}{after}:'
                f' {1000 * inference_s:.1f} ms of inference, {refined} looked at closely'
            )

    def _reject(self, reason: str) -> None:
        self.monitor.reject(reason)
        self.gate.answer(False, reason)

    def _announce(self) -> None:
        """Publish what the class ids are."""
        if self._perception is not None:
            skeleton = self._perception.model.skeleton
            stamp = self._node.get_clock().now().to_msg()
            self._publishers.announce(Labels(skeleton, self.settings.person_threshold, stamp))
