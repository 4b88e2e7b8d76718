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


"""
Image messages read where they lie: in the bytes that the middleware delivers.

rclpy copies an image three times on the way from these bytes to an array; a view copies nothing.
The layout is that of CDR in little endian (OMG's DDS-XTypes 1.3, 7.4.3, version 1), which every
middleware of ROS 2 uses on the machines that it runs on; other bytes are left to rclpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import struct
from typing import Any

from builtin_interfaces.msg import Time
from movenet_ros.core.errors import ImageError
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

CDR_LITTLE_ENDIAN = b'\0\1'
BODY = 4  # bytes before it say how it is laid out
UINT32 = struct.Struct('<I')


@dataclass(frozen=True)
class ImageView:
    """The fields of sensor_msgs/Image; ``data`` is a view of the message's bytes."""

    header: Header
    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: memoryview

    @classmethod
    def of(cls, message: bytes) -> ImageView | Image:
        """
        View a serialized image message.

        :return: the message itself where it is not little-endian CDR.
        :raises ImageError: if it is no image message: it ends before its fields do, say.
        """
        return _read(message, Image, cls._fields)

    @classmethod
    def _fields(cls, reader: _Reader) -> ImageView:
        header = reader.header()
        height, width = reader.number(), reader.number()
        encoding, is_bigendian = reader.text(), reader.take(1)[0]
        step = reader.number()
        data = reader.take(reader.number())
        return cls(header, height, width, encoding, is_bigendian, step, data)


@dataclass(frozen=True)
class CompressedImageView:
    """The fields of sensor_msgs/CompressedImage; ``data`` is a view of the message's bytes."""

    header: Header
    format: str  # noqa: A003 (the message's name for it)
    data: memoryview

    @classmethod
    def of(cls, message: bytes) -> CompressedImageView | CompressedImage:
        """
        View a serialized message of a compressed image.

        :return: the message itself where it is not little-endian CDR.
        :raises ImageError: if it is no such message: it ends before its fields do, say.
        """
        return _read(message, CompressedImage, cls._fields)

    @classmethod
    def _fields(cls, reader: _Reader) -> CompressedImageView:
        return cls(reader.header(), reader.text(), reader.take(reader.number()))


def _read(message: bytes, msg_type: type[Any], fields: Callable[[_Reader], Any]) -> Any:
    """Read the fields, or let the middleware do it."""
    try:
        if message[:2] == CDR_LITTLE_ENDIAN:
            return fields(_Reader(memoryview(message)[BODY:]))
        return deserialize_message(message, msg_type)
    except Exception as error:  # noqa: B902 (rclpy raises what the middleware throws)
        raise ImageError(f'a message of {len(message)} bytes that is no image') from error


class _Reader:
    """Takes one field after the other; numbers begin at multiples of 4."""

    def __init__(self, body: memoryview) -> None:
        self._body = body
        self._at = 0

    def take(self, size: int) -> memoryview:
        part = self._body[self._at:self._at + size]
        if len(part) < size:
            raise IndexError
        self._at += size
        return part

    def number(self) -> int:
        self._at = -(-self._at // 4) * 4
        return int(UINT32.unpack(self.take(4))[0])

    def header(self) -> Header:
        sec, nanosec = struct.unpack('<iI', self.take(8))
        return Header(stamp=Time(sec=sec, nanosec=nanosec), frame_id=self.text())

    def text(self) -> str:
        """Read a string, which a 0 ends, for rclpy too."""
        return bytes(self.take(self.number())).partition(b'\0')[0].decode('utf-8', 'replace')
