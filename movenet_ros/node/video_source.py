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
from movenet_ros.core.media import Media
from movenet_ros.core.media import open_media
from movenet_ros.core.media import TimedImage
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.images import image_to_msg
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
POLL_S = 0.02  # for a subscriber
DELIVERY_TIMEOUT_S = 5.0


class VideoSource(Node):
    """
    Publishes images on the topic ``image``, stamped with the node's clock.

    A video comes at its own pace, pauses and all, unless the parameter ``rate`` gives another one.

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
        self._missing: set[str] = set()
        self._images = self._paced()
        self._due_ns = 0
        # steady: the pace is real time even where the stamps are simulated
        self._pace = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self.create_timer(POLL_S, self._publish_next, clock=self._pace)
        pace = f'{self._settings.rate:g} Hz' if self._settings.rate else 'its own pace'
        self.get_logger().info(
            f'publishing {self.media.name} on {self._publisher.topic_name} at {pace}'
        )
        for note in self.media.notes:
            self.get_logger().warning(note)

    def _paced(self) -> Iterator[tuple[TimedImage, int]]:
        """Pair each image with the time until the next one, in nanoseconds."""
        images = self.media.images()
        step_ns = round(NANOSECONDS / (self._settings.rate or self.media.rate_hz))
        if self._settings.rate:
            return ((each, step_ns) for each in images)
        if self.media.is_live:  # reading waits for the next one
            return ((each, 0) for each in images)
        return _until_next(images, step_ns)

    def _publish_next(self) -> None:
        if self._is_waiting and not self._publisher.get_subscription_count():
            return  # a source that is played once waits for a subscriber
        self._is_waiting = False
        timed, wait_ns = next(self._images, (None, 0))
        self._wait(wait_ns)
        if timed is None:
            self._at_end()
        elif isinstance(timed.image, ImageError):
            self._warn(timed)
        else:
            stamp = self.get_clock().now().to_msg()
            header = Header(stamp=stamp, frame_id=self._settings.frame_id)
            self._publisher.publish(image_to_msg(timed.image.as_bgr(), header))
            self.sent += 1

    def _wait(self, wait_ns: int) -> None:
        """Have the timer wait from when this image was due; long delays are not made up for."""
        now_ns = self._pace.now().nanoseconds
        if not 0 <= now_ns - self._due_ns <= wait_ns:
            self._due_ns = now_ns
        self._due_ns += wait_ns
        self._timer.timer_period_ns = self._due_ns - now_ns
        self._timer.reset()

    def _warn(self, timed: TimedImage) -> None:
        """Log what is missing, once."""
        sentence = f'skipped {timed.image}' if timed.file else str(timed.image)
        if sentence not in self._missing:
            self._missing.add(sentence)
            self.get_logger().warning(sentence)

    def _at_end(self) -> None:
        """Start again, or wait until all images have arrived and stop: with 1 if some are lost."""
        unplugged = self.media.is_live and self.media.count is None
        if unplugged or not self.sent:
            raise StartError(f'{self.media.name} delivers no images (any more)')
        if self._settings.loop:
            self._images = self._paced()
            return
        self._timer.cancel()
        self._publisher.wait_for_all_acked(Duration(seconds=DELIVERY_TIMEOUT_S))
        self.get_logger().info(f'end of {self.media.name}: {self.sent} images')
        raise SystemExit(1 if self._missing else 0)


def _until_next(images: Iterator[TimedImage], last_ns: int) -> Iterator[tuple[TimedImage, int]]:
    """Pair each image with the time until the next one, in nanoseconds."""
    image = next(images, None)
    for following in images:
        if image is not None:
            yield image, following.time_ns - image.time_ns
        image = following
    if image is not None:
        yield image, last_ns


def main(args: Sequence[str] | None = None) -> int:
    """Run the video source until its end or until it is told to end."""
    return run_node(VideoSource, args, listing(VideoSourceParameters))
