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
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.outputs import Labels
from movenet_ros.messages.outputs import Outputs
from movenet_ros.messages.outputs import Result
from movenet_ros.messages.stamped import READERS
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.blank_watch import BlankWatch
from movenet_ros.node.clock_watch import ClockWatch
from movenet_ros.node.gate import Answer
from movenet_ros.node.gate import Gate
from movenet_ros.node.gate import Overload
from movenet_ros.node.image_input import ImageInput
from movenet_ros.node.image_input import transport_topic
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.node.middleware import lower_receiver_priority
from movenet_ros.node.middleware import receiving_s
from movenet_ros.node.monitor import Monitor
from movenet_ros.node.monitor import Work
from movenet_ros.node.publishers import Publishers
from movenet_ros.node.silence import ros_type
from movenet_ros.perception import Perception
from movenet_ros.settings import PoseParameters
from rclpy.logging import LoggingSeverity
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

WARN_PERIOD_S = 5.0


class Stream:
    """
    Finds and follows the people in the images of one camera.

    :param node: that has the topics.
    :param outputs: what is published about each image.
    :param topic: of the images.
    """

    def __init__(
        self, node: ManagedNode, settings: PoseParameters, outputs: Outputs, topic: str = 'image'
    ) -> None:
        self.settings = settings
        self.monitor = Monitor()
        self.gate = Gate()
        self._node = node
        self._topic = topic
        # made first: they and their subscribers find each other while the model is loaded
        self._publishers = Publishers(node, outputs)
        self._clock_watch = ClockWatch(node)
        self._blank_watch = BlankWatch(node)
        self._overload = Overload(receiving_s)
        self._is_overloaded = False  # for good: a process without rights cannot undo it
        self._perception: Perception | None = None
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
        log = self._node.get_logger()
        self._tracker = PeopleTracker(self.settings, log.warning, log.info)
        self._perception = perception
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
            self._on_image,
            self.monitor.drop,
            self._tracker.expect_gap,
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
        self._was_wanted = False
        self._overload = Overload(receiving_s)
        self._observer.restart()
        self._clock_watch.forget()
        self._blank_watch.forget()
        self.monitor.restart()
        self.gate.close('the node is no longer active')

    def release(self) -> None:
        """Forget the model and the people, too."""
        self.close()
        self._perception = self._tracker = None

    def destroy(self) -> None:
        """Finish the drawing that has begun."""
        self._publishers.close()

    def apply(self, settings: PoseParameters) -> None:
        """Accept parameters that changed; they hold from the next image on."""
        before, self.settings = self.settings, settings
        if self._tracker is not None:
            self._tracker.settings = settings
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
        if not self._is_overloaded:
            self._watch_overload()

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

    def _watch_overload(self) -> None:
        """Where receiving images takes the processor from processing them, let it wait."""
        cores = self._overload.cores(self.monitor.activity().dropped_share)
        if cores:
            self._is_overloaded = True
            lower_receiver_priority()
            self._node.get_logger().info(
                f'overload: most images are dropped, and receiving them takes {100 * cores:.0f} %'
                ' of a processor core: lowered its priority'
            )

    def _on_image(self, message: bytes) -> None:
        """Process the next image if it is wanted; where it cannot be, the next one is tried."""
        self.monitor.arrive()
        if not self.is_wanted:
            return
        if not self.gate.is_due(self.settings.max_rate_hz):
            self.monitor.throttle()
            return
        try:
            with self.monitor.working():
                self._process(message)
        except FrameError as error:
            reason = str(error)
            if isinstance(error, OtherTopicError) and self._images and self._images.elsewhere:
                reason += f'; there are images on {self._images.elsewhere}'
            self._reject(reason)
            self._node.get_logger().warning(
                f'rejected an image: {reason}', throttle_duration_sec=WARN_PERIOD_S
            )
        except StartError as error:
            self._reject(str(error))
            self._node.give_up(str(error))

    def _process(self, message: bytes) -> None:
        perception, tracker = self._perception, self._tracker
        assert perception is not None and tracker is not None
        begun_s = time.perf_counter()
        stamped = self._read(message, self.settings.image.max_pixels)
        header, image = stamped.header, stamped.image
        stamp = stamp_ns(header.stamp)
        self._clock_watch.check(stamp)
        self._blank_watch.check(image)
        poses = perception.people(image, stamp, tracker=tracker)
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
        log = self._node.get_logger()
        if log.is_enabled_for(LoggingSeverity.DEBUG):  # which rclpy asks late
            after = '' if latency_s is None else f', {1000 * latency_s:.1f} ms after its stamp'
            log.debug(
                f'{people} in the image stamped {stamp / NANOSECONDS:.9f}{after}:'
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
