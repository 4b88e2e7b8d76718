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
Images of messages as arrays, and back.

A table of encodings reads them. 8-bit colour is a view of the message's own buffer, with
nothing copied; what has to be computed (YUV, Bayer, 16 bit) becomes 8-bit BGR. Encodings that the
table does not know go to cv_bridge where it is installed.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import cv2
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import check_size
from movenet_ros.core.image import decode_picture
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.image import Order
from movenet_ros.core.image import SourceImage
from movenet_ros.core.wording import one_line
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

MAX_FRAME_ID = 1024  # characters; it is repeated in each message about each person

DIRECT: dict[str, tuple[int, int, Order]] = {  # encoding: bytes per channel, channels, order
    'rgb8': (1, 3, 'rgb'),
    'bgr8': (1, 3, 'bgr'),
    'rgba8': (1, 4, 'rgba'),
    'bgra8': (1, 4, 'bgra'),
    'mono8': (1, 1, 'mono'),
    '8UC1': (1, 1, 'mono'),  # OpenCV's names say no colours; its convention is BGR
    '8UC3': (1, 3, 'bgr'),
    '8UC4': (1, 4, 'bgra'),
    'rgb16': (2, 3, 'rgb'),
    'bgr16': (2, 3, 'bgr'),
    'rgba16': (2, 4, 'rgba'),
    'bgra16': (2, 4, 'bgra'),
    'mono16': (2, 1, 'mono'),
    '16UC3': (2, 3, 'bgr'),
    '16UC4': (2, 4, 'bgra'),
}

COMPUTED: dict[str, tuple[int, int, int]] = {  # encoding: bytes per channel, channels, OpenCV code
    'bayer_rggb8': (1, 1, cv2.COLOR_BayerBG2BGR),  # OpenCV names the pattern from its second row
    'bayer_bggr8': (1, 1, cv2.COLOR_BayerRG2BGR),
    'bayer_gbrg8': (1, 1, cv2.COLOR_BayerGR2BGR),
    'bayer_grbg8': (1, 1, cv2.COLOR_BayerGB2BGR),
    'bayer_rggb16': (2, 1, cv2.COLOR_BayerBG2BGR),
    'bayer_bggr16': (2, 1, cv2.COLOR_BayerRG2BGR),
    'bayer_gbrg16': (2, 1, cv2.COLOR_BayerGR2BGR),
    'bayer_grbg16': (2, 1, cv2.COLOR_BayerGB2BGR),
    'yuv422': (1, 2, cv2.COLOR_YUV2BGR_UYVY),
    'uyvy': (1, 2, cv2.COLOR_YUV2BGR_UYVY),
    'yuv422_yuy2': (1, 2, cv2.COLOR_YUV2BGR_YUYV),
    'yuyv': (1, 2, cv2.COLOR_YUV2BGR_YUYV),
    'nv12': (1, 1, cv2.COLOR_YUV2BGR_NV12),
    'nv21': (1, 1, cv2.COLOR_YUV2BGR_NV21),
}

_broken: set[str] = set()  # not tried again: NumPy prints a page each time

PLANAR = ('nv12', 'nv21')  # half as many rows again hold the colours


def image_from_msg(msg: Any, max_pixels: int = MAX_IMAGE_PIXELS) -> SourceImage:
    """
    Read an image message; the result may be a view of the message's buffer.

    :param msg: sensor_msgs/Image, or a :class:`.serialized_image.ImageView` of one.
    :param max_pixels: larger ones are refused before anything of that size is made.
    :raises ImageError: if size, step, data and encoding do not make a picture.
    """
    _check_frame_id(msg)
    check_size((msg.width, msg.height), max_pixels)
    if msg.encoding in DIRECT:
        size, channels, order = DIRECT[msg.encoding]
        return SourceImage(_to_8_bit(_pixels(msg, msg.height, size, channels)), order)
    if msg.encoding in COMPUTED:
        size, channels, code = COMPUTED[msg.encoding]
        pixels = _to_8_bit(_pixels(msg, _rows(msg), size, channels))
        return SourceImage(_convert(msg, lambda: cv2.cvtColor(pixels, code)), 'bgr')
    return _image_by_cv_bridge(msg)


def image_from_compressed_msg(
    msg: CompressedImage, max_pixels: int = MAX_IMAGE_PIXELS
) -> SourceImage:
    """
    Read a compressed image message.

    :param max_pixels: larger ones are refused before anything of that size is decoded.
    :raises ImageError: if the data is no whole picture.
    """
    _check_frame_id(msg)
    return decode_picture(np.frombuffer(msg.data, np.uint8), max_pixels)


def image_to_msg(image_bgr: NDArray[np.uint8], header: Header) -> Image:
    """
    Make an image message.

    :param image_bgr: ``(H, W, 3)`` BGR.
    """
    height, width = image_bgr.shape[:2]
    msg = Image(header=header, height=height, width=width, encoding='bgr8', step=3 * width)
    data = array('B')  # rclpy checks every byte of anything else, which takes longer than MoveNet
    data.frombytes(np.ascontiguousarray(image_bgr).data)
    msg.data = data
    return msg


def _check_frame_id(msg: Any) -> None:
    if len(msg.header.frame_id) > MAX_FRAME_ID:
        raise ImageError(
            f'a frame_id of {len(msg.header.frame_id)} characters, at most {MAX_FRAME_ID} are read'
        )


def _rows(msg: Image) -> int:
    """
    Return how many rows the data has.

    Publishers of NV12 and NV21 disagree: most give the picture's height, some count the rows of
    the colour plane in. The length of the data tells.
    """
    if msg.encoding in PLANAR and len(msg.data) > msg.step * msg.height:
        return int(msg.height * 3 // 2)
    return int(msg.height)


def _pixels(msg: Image, rows: int, size: int, channels: int) -> NDArray[Any]:
    """
    View the message's data as ``(rows, W, channels)``, or ``(rows, W)`` for one channel.

    :param size: bytes per channel, 1 or 2.
    :raises ImageError: if the data is too short for it.
    """
    width, row = int(msg.width), int(msg.width) * channels * size
    if width < 1 or rows < 1:
        raise ImageError(f'an image of {msg.width}x{msg.height} pixels')
    if msg.step < row:
        raise ImageError(
            f'step is {msg.step} bytes, but {width} pixels of {msg.encoding} take {row}'
        )
    if len(msg.data) < msg.step * rows:
        raise ImageError(
            f'{len(msg.data)} bytes of data, but {rows} rows of {msg.step} bytes'
            f' are {msg.step * rows} ({msg.width}x{msg.height} {msg.encoding})'
        )
    dtype = np.dtype(np.uint8 if size == 1 else '>u2' if msg.is_bigendian else '<u2')
    pixels: NDArray[Any] = np.ndarray(
        (rows, width, channels), dtype, msg.data, strides=(msg.step, channels * size, size)
    )
    return pixels[..., 0] if channels == 1 else pixels


def _to_8_bit(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale 16 bits to 8 over the full range, as cv_bridge does; 8 bits stay as they are."""
    if pixels.dtype == np.uint8:
        return pixels
    return np.asarray(cv2.convertScaleAbs(pixels.astype(np.uint16), alpha=255 / 65535), np.uint8)


def _convert(msg: Image, conversion: Callable[[], Any]) -> NDArray[np.uint8]:
    """Run OpenCV's conversion; what it refuses (an odd width of YUV) is an ImageError."""
    try:
        return np.asarray(conversion(), np.uint8)
    except cv2.error as error:
        size = f'{msg.width}x{msg.height}'
        reason = one_line(error.err)
        raise ImageError(f'OpenCV cannot convert {size} {msg.encoding}: {reason}') from error


def _image_by_cv_bridge(msg: Image) -> SourceImage:
    """Let cv_bridge read an encoding that the table does not know."""
    known = f'known are {", ".join((*DIRECT, *COMPUTED))}'
    encoding = f"'{one_line(msg.encoding, 40)}'"
    if msg.encoding[:3] in ('16U', '16S', '32F', '32S', '64F'):
        raise ImageError(f'encoding {encoding} is no colour image (depth?); {known}')
    try:
        if 'cv_bridge' in _broken:
            raise ImportError
        from cv_bridge import CvBridge

        pixels = CvBridge().imgmsg_to_cv2(msg, 'bgr8')  # loads its compiled part only here
        return SourceImage(np.asarray(pixels), 'bgr')
    except (ImportError, AttributeError) as error:  # AttributeError: built for another NumPy
        _broken.add('cv_bridge')
        raise ImageError(f'unknown encoding {encoding}; {known}') from error
    except Exception as error:  # noqa: B902 (whatever comes of fields that make no sense)
        raise ImageError(f'unknown encoding {encoding}: {one_line(error)}') from error
