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

from collections.abc import Callable
from collections.abc import Sequence
from functools import partial
from typing import Any

from movenet_ros.core.backend import Backend
from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.errors import FrameError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.ros.annotator import Annotator
from movenet_ros.ros.conversions import image_from_compressed_msg
from movenet_ros.ros.conversions import image_from_msg
from movenet_ros.ros.conversions import image_to_msg
from movenet_ros.ros.conversions import label_info
from movenet_ros.ros.conversions import stamp_ns
from movenet_ros.ros.image_input import ImageInput
from movenet_ros.ros.parameters import declare
from movenet_ros.ros.parameters import listing
from movenet_ros.ros.parameters import on_change
from movenet_ros.ros.parameters import PoseParameters
from movenet_ros.ros.parameters import unknown_parameters
from movenet_ros.ros.perception import Perception
from movenet_ros.ros.prepared import detections_to_bytes
from movenet_ros.ros.prepared import poses_to_bytes
from movenet_ros.ros.run import run_node
from movenet_ros.ros.serialized_image import ImageView
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import LabelInfo

UPDATE_PERIOD_S = 0.3  # how soon a new subscriber or publisher is noticed
WARN_PERIOD_S = 5.0
KEPT = 10  # messages that can be sent again: with 1, an image_annotated right behind loses some


class PoseNode(Node):
    """
    Finds the people in each image of the topic ``image``.

    :param backend: for tests; None opens the one that the parameters ask for.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if a parameter, the model or the runtime does not allow a start.
    """

    def __init__(self, backend: Backend | None = None, **node_args: Any) -> None:
        super().__init__('movenet', **node_args)
        self._settings = declare(self, PoseParameters)
        for sentence in unknown_parameters(self, PoseParameters):
            self.get_logger().warning(sentence)
        self._annotator = Annotator()
        # made first, so that they and their subscribers find each other while the model is loaded
        self._poses_pub = self.create_publisher(Detection2DArray, 'poses', KEPT)
        self._detections_pub = self.create_publisher(Detection2DArray, 'detections', KEPT)
        self._annotated_pub = self.create_publisher(Image, 'image_annotated', 1)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._label_info_pub = self.create_publisher(LabelInfo, 'label_info', latched)
        log = self.get_logger()
        self._perception = Perception(self._settings, log.info, self._warn, backend)
        self._publish_label_info()
        on_change(self, self._settings, self._apply)
        self._input = self._make_input()
        # steady: on simulated time a timer would not fire before the first /clock
        self._update_clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(UPDATE_PERIOD_S, self._update_input, clock=self._update_clock)
        self.get_logger().info(
            f'ready: {self._input.topic} -> {self._poses_pub.topic_name};'
            ' idle until somebody subscribes to an output'
        )
        self._update_input()  # somebody may have subscribed while the model was loaded

    def _warn(self, sentence: str) -> None:
        self.get_logger().warning(sentence)

    def _make_input(self) -> ImageInput:
        """Choose the topic and the way from its messages to pictures."""
        topic = self.resolve_topic_name('image')
        reliability = self._settings.image_reliability
        if self._settings.image_transport == 'compressed':
            on_image = self._reader(lambda msg: msg, image_from_compressed_msg)
            return ImageInput(self, f'{topic}/compressed', CompressedImage, on_image, reliability)
        on_image = self._reader(ImageView.of, image_from_msg)
        return ImageInput(self, topic, Image, on_image, reliability)

    def _reader(
        self, open_message: Callable[[Any], Any], read: Callable[[Any], SourceImage]
    ) -> Callable[[Any], None]:
        """Make the image callback; a bad image is skipped and the next one tried."""

        def on_image(arrived: Any) -> None:
            if not self._is_wanted():
                return
            try:
                msg = open_message(arrived)
                image = read(msg)
                poses = self._perception.people(image, stamp_ns(msg.header.stamp))
            except FrameError as error:
                self.get_logger().warning(
                    f'skipped an image: {error}', throttle_duration_sec=WARN_PERIOD_S
                )
                return
            self._publish(poses, image, msg.header)

        return on_image

    def _publish(self, poses: Poses, image: SourceImage, header: Header) -> None:
        """Publish what somebody listens to; the poses first, a robot waits for them."""
        if self._poses_pub.get_subscription_count():
            self._poses_pub.publish(poses_to_bytes(poses, header))
        if self._detections_pub.get_subscription_count():
            self._detections_pub.publish(detections_to_bytes(poses, header))
        if self._annotated_pub.get_subscription_count():
            self._annotator.submit(partial(self._annotate, image, poses, header, self._settings))

    def _annotate(
        self, image: SourceImage, poses: Poses, header: Header, settings: PoseParameters
    ) -> None:
        """Paint and publish; in the annotator's thread."""
        annotated = draw_poses(
            image.as_bgr(),
            poses,
            settings.keypoint_threshold,
            settings.annotate_boxes,
            settings.annotate_scores,
        )
        self._annotated_pub.publish(image_to_msg(annotated, header))

    def destroy_node(self) -> None:
        """Let a painting that has been begun be finished first."""
        self._annotator.close()
        super().destroy_node()

    def _publish_label_info(self) -> None:
        """Say what the class ids are; latched for whoever comes later."""
        stamp = self.get_clock().now().to_msg()
        self._label_info_pub.publish(label_info(self._settings.person_threshold, stamp))

    def _is_wanted(self) -> bool:
        """Tell whether anybody subscribes to an output."""
        outputs = (self._poses_pub, self._detections_pub, self._annotated_pub)
        return any(each.get_subscription_count() for each in outputs)

    def _update_input(self) -> None:
        self._input.update(self._is_wanted())

    def _apply(self, settings: PoseParameters) -> None:
        """Take over parameters that changed at run time."""
        threshold_changed = settings.person_threshold != self._settings.person_threshold
        self._settings = settings
        self._perception.apply(settings)
        if threshold_changed:
            self._publish_label_info()


def main(args: Sequence[str] | None = None) -> int:
    """Run the pose node until it is told to end."""
    return run_node(PoseNode, args, listing(PoseParameters))
