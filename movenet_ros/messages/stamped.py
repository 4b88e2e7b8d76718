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

"""Images with their headers, from the bytes of messages: from the middleware, or from a bag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import struct
from typing import Any

from builtin_interfaces.msg import Time
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.images import image_from_compressed_msg
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.padding import BODY
from movenet_ros.messages.serialized_image import ImageView
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header


@dataclass(frozen=True)
class Stamped:
    """An image and the header that came with it."""

    header: Header
    image: SourceImage


def _from_image(data: bytes, max_pixels: int) -> Stamped:
    view = _opened(ImageView.of, data)
    return Stamped(view.header, image_from_msg(view, max_pixels))


def _from_compressed_image(data: bytes, max_pixels: int) -> Stamped:
    msg = _opened(lambda data: deserialize_message(data, CompressedImage), data)
    return Stamped(msg.header, image_from_compressed_msg(msg, max_pixels))


def _opened(open_message: Callable[[bytes], Any], data: bytes) -> Any:
    """Open a message; what comes as bytes need not be one."""
    try:
        return open_message(data)
    except ImageError:
        raise
    except Exception as error:  # noqa: B902 (rclpy raises what the middleware throws)
        raise ImageError(f'a message of {len(data)} bytes that is no image') from error


READERS: dict[str, Callable[[bytes, int], Stamped]] = {
    'sensor_msgs/msg/Image': _from_image,
    'sensor_msgs/msg/CompressedImage': _from_compressed_image,
}
"""
Message type to what reads a serialized message of it, or raises ImageError.

The number is how many pixels an image may have.
"""


def stamp_ns(time: Time) -> int:
    """Return a stamp in nanoseconds."""
    return int(time.sec) * NANOSECONDS + int(time.nanosec)


def stamp_in(data: bytes) -> int:
    """
    Return the stamp of a serialized message that begins with a header, in nanoseconds.

    :return: 0 for bytes that are too few for one.
    """
    if len(data) < BODY + 8:
        return 0
    order = '<' if data[1] & 1 else '>'  # CDR says so in its second byte
    sec, nanosec = struct.unpack_from(f'{order}iI', data, BODY)
    return int(sec) * NANOSECONDS + int(nanosec)
