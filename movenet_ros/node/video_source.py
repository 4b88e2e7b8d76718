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

"""The video source: publishes a file, a folder or a camera where there is no camera driver."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.media import open_media
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.parameters import declare
from movenet_ros.node.run import run_node
from movenet_ros.settings import listing
from movenet_ros.settings import VideoSourceParameters
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.duration import Duration
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header

KEPT = 10  # images that can be sent again if one gets lost on the way
LIVE_PERIOD_S = 0.001  # a camera sets the pace itself: reading waits for the next picture
DELIVERY_TIMEOUT_S = 5.0


class VideoSource(Node):
    """
    Publishes pictures on the topic ``image``, stamped with the node's clock.

    :param media: None opens what the parameter ``source`` says.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if a parameter or the source does not allow a start.
    """

    def __init__(self, media: Media | None = None, **node_args: Any) -> None:
        super().__init__('video_source', **node_args)
        self._settings = declare(self, VideoSourceParameters)
        self.media = media or open_media(self._settings.source)
        self.sent = 0
        self._is_waiting = not self._settings.loop and not self.media.is_live
        self._publisher = self.create_publisher(Image, 'image', KEPT)
        self._images: Iterator[SourceImage | ImageError] = self.media.images()
        rate_hz = self._settings.rate or self.media.rate_hz
        paced = self._settings.rate or not self.media.is_live
        # steady: the pace is real time even where the stamps are simulated
        self._pace = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self.create_timer(
            1 / rate_hz if paced else LIVE_PERIOD_S, self._publish_next, clock=self._pace
        )
        self.get_logger().info(
            f'publishing {self.media.name} on {self._publisher.topic_name} at {rate_hz:g} Hz'
        )

    def _publish_next(self) -> None:
        if self._is_waiting and not self._publisher.get_subscription_count():
            return  # a source that is played once waits for a subscriber
        self._is_waiting = False
        image = next(self._images, None)
        if image is None:
            self._at_end()
        elif isinstance(image, ImageError):
            self.get_logger().warning(f'skipped {image}')
        else:
            stamp = self.get_clock().now().to_msg()
            header = Header(stamp=stamp, frame_id=self._settings.frame_id)
            self.on_image(stamp_ns(stamp), image)  # before a subscriber can have answered it
            self._publisher.publish(image_to_msg(image.as_bgr(), header))
            self.sent += 1

    def _at_end(self) -> None:
        """Start again, or wait until all images have arrived and stop."""
        unplugged = self.media.is_live and self.media.count is None
        if unplugged or not self.sent:
            raise StartError(f'{self.media.name} delivers no images (any more)')
        if self._settings.loop:
            self._images = self.media.images()
            return
        self._timer.cancel()
        self._publisher.wait_for_all_acked(Duration(seconds=DELIVERY_TIMEOUT_S))
        self.get_logger().info(f'end of {self.media.name}: {self.sent} images')
        self.on_end()

    def on_image(self, stamp: int, image: SourceImage) -> None:
        """Act on an image that is published with a stamp in nanoseconds."""

    def on_end(self) -> None:
        """End the program."""
        raise SystemExit(0)


def main(args: Sequence[str] | None = None) -> int:
    """Run the video source until its end or until it is told to end."""
    return run_node(VideoSource, args, listing(VideoSourceParameters))
