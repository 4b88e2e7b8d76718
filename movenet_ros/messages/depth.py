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
Depth images of messages as arrays.

The encoding is the unit, as REP-118 has it: 16UC1 is millimetres, 32FC1 metres. What is there is
viewed, not copied; a compressed one is decoded when its pixels are asked for, which most are not
where depth comes more often than poses.

compressedDepth is that of image_transport_plugins (its codec.cpp): 12 bytes, a format and two
numbers a and b, and a PNG of 16 bits. Of 16UC1 it holds the millimetres, of 32FC1 the inverse of
the metres, as a / metres + b; 0 is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import struct
from typing import Any

import cv2
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import check_size
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.picture_header import size_in_header
from movenet_ros.core.wording import one_line
from movenet_ros.messages.images import check_data
from movenet_ros.messages.images import check_frame_id
from movenet_ros.messages.serialized_image import CompressedImageView
from movenet_ros.messages.serialized_image import ImageView
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.messages.transports import DEPTH_HEADER
from movenet_ros.messages.transports import PNG
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

TYPES: dict[str, np.dtype[Any]] = {  # of the pixels
    '16UC1': np.dtype('<u2'),
    'mono16': np.dtype('<u2'),  # as which some drivers publish millimetres
    '32FC1': np.dtype('<f4'),
}
KNOWN = '16UC1 (millimetres) and 32FC1 (metres) are read'
LONGEST_NAME = 40

Pixels = NDArray[Any]  # (H, W), uint16 of millimetres or float32 of metres


@dataclass(frozen=True)
class Depth:
    """
    A depth image as it came.

    :param encoding: of its pixels.
    :param size: bytes that it keeps in memory.
    :param read: returns ``(H, W)``: uint16 millimetres, 0 where unknown, or float32 metres, NaN
        where unknown; raises ImageError.
    """

    header: Header
    encoding: str
    size: int
    read: Callable[[], Pixels]

    @property
    def stamp_ns(self) -> int:
        """Return the stamp in nanoseconds."""
        return stamp_ns(self.header.stamp)


def depth_from_image(message: bytes) -> Depth:
    """
    Read a serialized sensor_msgs/Image.

    :raises ImageError: if it is no message, or holds no depth.
    """
    msg = ImageView.of(message)
    check_frame_id(msg)
    check_size((msg.width, msg.height), MAX_IMAGE_PIXELS)
    pixels = _pixels(msg)
    return Depth(msg.header, msg.encoding, len(message), lambda: pixels)


def depth_from_compressed_image(message: bytes) -> Depth:
    """
    Read a serialized sensor_msgs/CompressedImage.

    :raises ImageError: if it is no message, or holds no depth.
    """
    msg = CompressedImageView.of(message)
    check_frame_id(msg)
    encoding = msg.format.partition(';')[0].strip()
    _check_encoding(encoding)
    if bytes(msg.data[DEPTH_HEADER:][:len(PNG)]) != PNG:
        raise ImageError(
            f"format '{one_line(msg.format, LONGEST_NAME)}' with data that is no PNG behind"
            f' {DEPTH_HEADER} bytes: set format to png in the publisher (its compressedDepth has'
            ' a parameter for it), or use depth_transport raw'
        )
    return Depth(msg.header, encoding, len(message), lambda: _decoded(msg, encoding))


DEPTH_READERS: dict[str, Callable[[bytes], Depth]] = {
    'sensor_msgs/msg/Image': depth_from_image,
    'sensor_msgs/msg/CompressedImage': depth_from_compressed_image,
}
"""Message type to what reads a serialized message of it, or raises ImageError."""


def _check_encoding(encoding: str) -> None:
    if encoding not in TYPES:
        name = one_line(encoding, LONGEST_NAME)
        raise ImageError(f"encoding '{name}' is no depth image: {KNOWN}")


def _pixels(msg: Any) -> Pixels:
    """View the data of an image message."""
    _check_encoding(msg.encoding)
    dtype = TYPES[msg.encoding]
    rows, row = int(msg.height), int(msg.width) * dtype.itemsize
    check_data(msg, rows, row, msg.step * (rows - 1) + row)
    ordered = dtype.newbyteorder('>') if msg.is_bigendian else dtype
    pixels: Pixels = np.ndarray(
        (rows, int(msg.width)), ordered, msg.data, strides=(msg.step, dtype.itemsize)
    )
    return pixels.astype(dtype) if msg.is_bigendian else pixels


def _decoded(msg: Any, encoding: str) -> Pixels:
    """Decode compressedDepth."""
    picture = bytes(msg.data[DEPTH_HEADER:])
    check_size(size_in_header(picture), MAX_IMAGE_PIXELS)
    try:
        pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ImageError(f'OpenCV cannot decode the PNG: {one_line(error.err)}') from error
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 2:
        raise ImageError('a PNG that is damaged, or not of one channel of 16 bits')
    if TYPES[encoding].kind == 'u':
        return np.asarray(pixels)
    a, b = struct.unpack_from('<ff', bytes(msg.data[:DEPTH_HEADER]), 4)
    with np.errstate(divide='ignore', invalid='ignore'):
        metres = np.asarray(np.float32(a) / (pixels.astype(np.float32) - np.float32(b)))
    metres[pixels == 0] = np.nan
    return metres
