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

"""The newest image of a topic; it becomes a JPEG when a page asks for it, once for all pages."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Condition
from threading import Lock

from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.jpeg_writing import to_jpeg
from movenet_ros.messages.stamped import READERS
from movenet_ros.messages.stamped import stamp_ns

QUALITY = 95


@dataclass(frozen=True)
class Message:
    """A serialized message that arrived, counted from 1."""

    number: int
    msg_type: str
    data: bytes


@dataclass(frozen=True)
class Picture:
    """
    An image as a browser shows it.

    :param number: of its message.
    :param stamp_ns: of its header.
    :param error: why it cannot be shown; then there is no JPEG.
    """

    number: int
    jpeg: bytes = b''
    stamp_ns: int = 0
    error: str = ''


class NewestImage:
    """Takes serialized images in one thread, and gives JPEGs to any number of others."""

    def __init__(self) -> None:
        self._arrived = Condition()
        self._encoding = Lock()
        self._message: Message | None = None
        self._picture = Picture(0)
        self._count = 0

    @property
    def error(self) -> str:
        """Return why the image that was asked for last cannot be shown; empty if it can."""
        return self._picture.error

    def put(self, msg_type: str, data: bytes) -> None:
        """Replace the image; nothing is decoded until it is asked for."""
        with self._arrived:
            self._count += 1
            self._message = Message(self._count, msg_type, data)
            self._arrived.notify_all()

    def picture(self, other_than: int, wait_s: float) -> Picture | None:
        """
        Return the newest image.

        :param other_than: number of the image that is not wanted again.
        :param wait_s: at most, for another one.
        :return: None if none came.
        """

        def is_new() -> bool:
            return self._message is not None and self._message.number != other_than

        with self._arrived:
            if not self._arrived.wait_for(is_new, wait_s):
                return None
            message = self._message
        assert message is not None
        with self._encoding:  # whoever comes second finds it done
            if self._picture.number < message.number:
                self._picture = _encoded(message)
            return self._picture


def _encoded(message: Message) -> Picture:
    try:
        stamped = READERS[message.msg_type](message.data, MAX_IMAGE_PIXELS)
        jpeg = to_jpeg(stamped.image, QUALITY)
    except ImageError as error:
        return Picture(message.number, error=str(error))
    return Picture(message.number, jpeg, stamp_ns(stamped.header.stamp))
