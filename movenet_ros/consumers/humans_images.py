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

"""The images that people were found in: how large they are, and people cut out of them."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Generic
from typing import TypeVar

from movenet_ros.consumers.topic_input import TopicInput
from movenet_ros.core.camera import CameraError
from movenet_ros.core.errors import FrameError
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.camera_info import camera_info_from_bytes
from movenet_ros.messages.camera_info import says_the_same
from movenet_ros.messages.camera_info import size_in
from movenet_ros.messages.stamped import READERS
from movenet_ros.messages.stamped import stamp_in
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.messages.stamped import Stamped
from movenet_ros.node.image_input import transport_topic
from movenet_ros.node.silence import ros_type
import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

MOST = 10  # images that wait for their people, or people for their image
SIZE_HOLDS_S = 10.0  # then, an image is looked at again: cameras may change theirs
PAUSE_NS = NANOSECONDS // 2  # of images: a camera that changes their size starts anew
OUTSIDE_PX = 2.0  # a box that reaches farther out is of another image

Item = TypeVar('Item')


class Waiting(Generic[Item]):
    """The latest items that wait, by the stamp of their image; none has the stamp 0."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._items)

    def put(self, stamp: int, item: Item) -> None:
        """Keep an item."""
        if stamp:
            self._items[stamp] = item
            while len(self._items) > MOST:
                del self._items[next(iter(self._items))]

    def take(self, stamp: int) -> Item | None:
        """Return the item of a stamp, once; older ones wait in vain: all come in their order."""
        item = self._items.pop(stamp, None)
        for older in [each for each in self._items if each < stamp]:
            del self._items[older]
        return item

    def clear(self) -> None:
        """Forget all."""
        self._items.clear()


class Images:
    """
    Subscribes to images while they are wanted: to all for cutting, to one at times for its size.

    Images wake nobody, which takes longer than to handle them: people take what has come of them,
    and only while people wait for their image is it awaited. That images have another size, their
    camera_info tells, which is small; where there is none, people beyond the image, a pause of the
    stream, or the next look.

    :param transport: the parameter image_transport.
    :param cut: called with the people of an image, and the image itself.
    :param reject: called with the reason why an image cannot be read.
    """

    def __init__(
        self,
        node: Node,
        transport: str,
        cut: Callable[[Poses, Stamped], None],
        reject: Callable[[str], None],
    ) -> None:
        msg_type = Image if transport == 'raw' else CompressedImage
        topic = transport_topic(node, 'image', transport)
        self.input = TopicInput(
            node, 'image', topic, msg_type, MOST, self._on_image, 'the camera driver'
        )
        info = f'{node.resolve_topic_name("image").rpartition("/")[0]}/camera_info'
        self._info = TopicInput(
            node, 'camera_info', info, CameraInfo, 1, self._on_info, 'the camera driver'
        )
        self.input.is_awaited = self._info.is_awaited = False
        self.wh: tuple[int, int] | None = None
        self.problem = ''  # why the last image cannot be read, if it cannot
        self._read = READERS[ros_type(msg_type)]
        self._cut = cut
        self._reject = reject
        self._is_cutting = False
        self._known_s = 0.0
        self._latest_ns = 0  # the stamp of the last people
        self._beyond_s: float | None = None  # since when people are beyond their images
        self._said = b''  # what camera_info has said last, and the size in it
        self._said_wh: tuple[int, ...] = ()
        self._images: Waiting[bytes] = Waiting()
        self._people: Waiting[Poses] = Waiting()

    @property
    def is_awaited(self) -> bool:
        """Return whether an image is wanted, and none has come."""
        return self._is_cutting or self.wh is None

    @property
    def beyond_s(self) -> float:
        """Return for how long people have been beyond the images, which are of another size."""
        return 0.0 if self._beyond_s is None else time.monotonic() - self._beyond_s

    def update(self, is_cutting: bool) -> None:
        """Subscribe or unsubscribe; to be called often."""
        if self._is_cutting and not is_cutting:
            self._forget()
        self._is_cutting = is_cutting
        self.input.update(is_cutting or not self._is_size_new)
        self._info.update(True)

    def close(self) -> None:
        """Unsubscribe, and forget everything."""
        self.input.close()
        self._info.close()
        self._forget()
        self.wh, self._beyond_s, self.problem, self._said = None, None, '', b''

    def size_for(self, header: Header, poses: Poses) -> tuple[int, int] | None:
        """Return width and height of the image that people are in; None while it is not known."""
        stamp, before = stamp_ns(header.stamp), self._latest_ns
        self._latest_ns = stamp
        if not 0 <= stamp - before < PAUSE_NS:
            self._known_s = -SIZE_HOLDS_S  # look again
        self._info.take()
        self.input.take()
        if self.wh is not None:
            if (poses.boxes_xyxy[:, 2:] > np.add(self.wh, OUTSIDE_PX)).any():
                self._beyond_s = self._beyond_s or time.monotonic()
                self.wh = None
            else:
                self._beyond_s = None
        return self.wh

    def add_people(self, header: Header, poses: Poses) -> None:
        """Have people cut out of their image, as soon as that is there."""
        if self._is_cutting:
            stamp = stamp_ns(header.stamp)
            message = self._images.take(stamp)
            if message is None:
                self._people.put(stamp, poses)
            else:
                self._open(message, poses)
            self.input.is_awaited = len(self._people) > 0

    @property
    def _is_size_new(self) -> bool:
        return self.wh is not None and time.monotonic() - self._known_s < SIZE_HOLDS_S

    def _on_info(self, message: bytes) -> None:
        """Forget the size where the camera tells that it is another one."""
        if says_the_same(message, self._said):
            return
        is_first, self._said = not self._said, message
        try:
            wh = size_in(camera_info_from_bytes(message))
        except CameraError:
            return  # whoever needs it complains
        if not is_first and wh != self._said_wh:
            self.wh = None
        self._said_wh = wh

    def _on_image(self, message: bytes) -> None:
        if not self._is_size_new:
            self._open(message, None)
        if self._is_cutting:
            stamp = stamp_in(message)
            poses = self._people.take(stamp)
            if poses is None:
                self._images.put(stamp, message)
            else:
                self._open(message, poses)
            self.input.is_awaited = len(self._people) > 0

    def _open(self, message: bytes, poses: Poses | None) -> None:
        """Note the size of an image, and have people cut out of it."""
        try:
            stamped = self._read(message, MAX_IMAGE_PIXELS)
        except FrameError as error:
            self.problem = str(error)
            self._reject(self.problem)
            return
        self.wh, self._known_s, self.problem = stamped.image.wh, time.monotonic(), ''
        if poses is not None:
            self._cut(poses, stamped)

    def _forget(self) -> None:
        self._images.clear()
        self._people.clear()
        self.input.is_awaited = False


def part_of(image: SourceImage, box_xyxy: NDArray[np.float32]) -> SourceImage | None:
    """Return a view of the pixels in a box; None where there are none."""
    if not np.isfinite(box_xyxy).all():
        return None
    limits = np.array([*image.wh, *image.wh])
    corners = [*np.floor(box_xyxy[:2]), *np.ceil(box_xyxy[2:])]
    left, top, right, bottom = np.clip(corners, 0, limits).astype(int).tolist()
    if left >= right or top >= bottom:
        return None
    return image.with_pixels(image.pixels[top:bottom, left:right])
