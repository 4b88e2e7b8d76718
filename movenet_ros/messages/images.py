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
table does not know go to cv_bridge where it is installed and works.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
import re
from typing import Any

import cv2
from movenet_ros.core.bit_depth import to_8_bit
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import check_size
from movenet_ros.core.image import decode_picture
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.image import Order
from movenet_ros.core.image import SourceImage
from movenet_ros.core.wording import one_line
from movenet_ros.messages import cv_bridge_probe
from movenet_ros.messages import transports
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
    'yvyu': (1, 2, cv2.COLOR_YUV2BGR_YVYU),
}

PLANAR: dict[str, tuple[int, int]] = {  # encoding: halves of its height in rows, OpenCV code
    'nv12': (3, cv2.COLOR_YUV2BGR_NV12),
    'nv21': (3, cv2.COLOR_YUV2BGR_NV21),
    'i420': (3, cv2.COLOR_YUV2BGR_I420),
    'yv12': (3, cv2.COLOR_YUV2BGR_YV12),
    'nv24': (6, -1),  # OpenCV has none
}
ALIASES = {'yuv420': 'i420', 'yuv420p': 'i420', 'iyuv': 'i420', 'yuy2': 'yuyv'}

ENCODINGS = (*DIRECT, *COMPUTED, *PLANAR)
NAMES = {each.lower(): each for each in ENCODINGS}
LONGEST_NAME = 40
WIDEST = 1.8  # widths to a height: 16:9 and a little, of a picture that may have no colours
SWAPPED = re.compile(r'bgra?(8|16); \w+ compressed rgb')  # what image_transport swaps back, too
NUMBERS = re.compile(r'(8|16|32|64)(U|S|F)C\d*', re.IGNORECASE)  # OpenCV's names of types

YUV_TO_BGR = np.array([[1.164, 2.018, 0.0], [1.164, -0.391, -0.813], [1.164, 0.0, 1.596]])
YUV_ZERO = np.array([[16.0], [128.0], [128.0]])  # ITU-R BT.601 in its limited range, as OpenCV has


def image_from_msg(msg: Any, max_pixels: int = MAX_IMAGE_PIXELS) -> SourceImage:
    """
    Read an image message; the result may be a view of the message's buffer.

    :param msg: sensor_msgs/Image, or a :class:`.serialized_image.ImageView` of one.
    :param max_pixels: larger ones are refused before anything of that size is made.
    :raises ImageError: if size, step, data and encoding do not make a picture.
    """
    check_frame_id(msg)
    check_size((msg.width, msg.height), max_pixels)
    encoding = _known_name(msg.encoding)
    if encoding in DIRECT:
        size, channels, order = DIRECT[encoding]
        return SourceImage(to_8_bit(_pixels(msg, size, channels)), order)
    if encoding in COMPUTED:
        size, channels, code = COMPUTED[encoding]
        if channels == 2 and msg.width % 2:
            raise ImageError(f'{_about(msg)}: the width must be even for this encoding')
        pixels = to_8_bit(_pixels(msg, size, channels))
        return SourceImage(_convert(msg, lambda: cv2.cvtColor(pixels, code)), 'bgr')
    if encoding in PLANAR:
        return SourceImage(_convert(msg, lambda: _from_planes(msg, encoding)), 'bgr')
    return _image_by_cv_bridge(msg)


def image_from_compressed_msg(
    msg: CompressedImage, max_pixels: int = MAX_IMAGE_PIXELS
) -> SourceImage:
    """
    Read a compressed image message.

    :param max_pixels: larger ones are refused before anything of that size is decoded.
    :raises ImageError: if the data is no whole picture; it names what else the data is.
    """
    check_frame_id(msg)
    transports.check_depth(msg.format)
    data = np.frombuffer(msg.data, np.uint8)
    try:
        image = decode_picture(data, max_pixels)
        return SourceImage(image.pixels, 'rgb') if SWAPPED.match(msg.format) else image
    except ImageError:
        transports.check_video(msg.format, data[:20].tobytes())
        raise


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


def check_frame_id(msg: Any) -> None:
    if len(msg.header.frame_id) > MAX_FRAME_ID:
        raise ImageError(
            f'a frame_id of {len(msg.header.frame_id)} characters, at most {MAX_FRAME_ID} are read'
        )


def _known_name(encoding: str) -> str:
    """Return an encoding's name in the tables, for one in other letters or with blanks, too."""
    if encoding in DIRECT:  # nearly always
        return encoding
    name = encoding[:LONGEST_NAME].strip().lower().removeprefix('cv_')
    return NAMES.get(ALIASES.get(name, name), '')


def _pixels(msg: Any, size: int, channels: int) -> NDArray[Any]:
    """
    View the message's data as ``(H, W, channels)``, or ``(H, W)`` for one channel.

    :param size: bytes per channel, 1 or 2.
    :raises ImageError: if the data is too short for it.
    """
    rows, width, row = int(msg.height), int(msg.width), int(msg.width) * channels * size
    check_data(msg, rows, row, msg.step * (rows - 1) + row)  # some leave the last padding out
    dtype = np.dtype(np.uint8 if size == 1 else '>u2' if msg.is_bigendian else '<u2')
    pixels: NDArray[Any] = np.ndarray(
        (rows, width, channels), dtype, msg.data, strides=(msg.step, channels * size, size)
    )
    return pixels[..., 0] if channels == 1 else pixels


def check_data(msg: Any, rows: int, row: int, size: int) -> None:
    """
    Check that the data is what the other fields say.

    :param rows: of ``step`` bytes.
    :param row: bytes that a row has at least.
    :param size: bytes that all rows have at least.
    :raises ImageError: if the data is too short.
    """
    if msg.width < 1 or rows < 1:
        raise ImageError(f'an image of {msg.width}x{msg.height} pixels')
    if msg.step < row:
        raise ImageError(f'step is {msg.step} bytes, but a row takes {row} ({_about(msg)})')
    if len(msg.data) < size:
        raise ImageError(
            f'{len(msg.data)} bytes of data, but {rows} rows of {msg.step} bytes'
            f' take {size} ({_about(msg)})'
        )


def _about(msg: Any) -> str:
    return f'{msg.width}x{msg.height} {one_line(msg.encoding, LONGEST_NAME)}'


def _from_planes(msg: Any, encoding: str) -> Any:
    """
    Convert an image whose colours lie below its brightness.

    ROS's height is the picture's, but some publishers count the rows of the colours in. The
    length of the data tells, but not whether the colours are missing: that a picture would be
    very wide does. Others give as ``step`` the data's length by the height.
    """
    halves, code = PLANAR[encoding]
    width, height = int(msg.width), int(msg.height)
    step = width if len(msg.data) == width * height * halves // 2 else int(msg.step)
    counted = height * 2 // halves  # if the rows of the colours are counted in
    counts_all = len(msg.data) <= step * height and height * 2 % halves == 0
    if counts_all and width <= WIDEST * counted:
        height = counted
    if encoding != 'nv24' and (width % 2 or height % 2):
        raise ImageError(f'{_about(msg)}: width and height must be even for this encoding')
    rows = height * halves // 2
    if encoding in ('i420', 'yv12'):  # two planes more, of half the width
        down, across, below = height, width // 2, step // 2
    elif encoding == 'nv24':  # two colours for each pixel
        down, across, below = height, 2 * width, 2 * step
    else:
        down, across, below = height // 2, width, step
    check_data(msg, rows, width, height * step + (down - 1) * below + across)
    if below == step:
        both = np.ndarray((rows, width), np.uint8, msg.data, strides=(step, 1))
        return cv2.cvtColor(both, code)
    luma = np.ndarray((height, width), np.uint8, msg.data, strides=(step, 1))
    colours = np.ndarray((down, across), np.uint8, msg.data, height * step, (below, 1))
    if encoding == 'nv24':
        to_bgr = np.hstack([YUV_TO_BGR, -YUV_TO_BGR @ YUV_ZERO])
        return cv2.transform(np.dstack([luma, colours.reshape(height, width, 2)]), to_bgr)
    return cv2.cvtColor(np.append(luma, colours).reshape(rows, width), code)


def _convert(msg: Any, conversion: Callable[[], Any]) -> NDArray[np.uint8]:
    """Run OpenCV's conversion; what it refuses is an ImageError."""
    try:
        return np.asarray(conversion(), np.uint8)
    except cv2.error as error:
        reason = one_line(error.err)
        raise ImageError(f'OpenCV cannot convert {_about(msg)}: {reason}') from error


def _image_by_cv_bridge(msg: Any) -> SourceImage:
    """Let cv_bridge read an encoding that the table does not know, if it works here."""
    encoding = f"'{one_line(msg.encoding, LONGEST_NAME)}'"
    known = f'known are {", ".join(ENCODINGS)}'
    name = msg.encoding[:LONGEST_NAME].strip().upper().removeprefix('CV_')
    if name in transports.DEPTH:
        raise transports.no_depth(f'encoding {name}')
    if NUMBERS.fullmatch(name):
        raise ImageError(f'encoding {encoding} has numbers, not colours; {known}')
    broken = cv_bridge_probe.problem()
    if broken:
        raise ImageError(f'unknown encoding {encoding}; {known}; {broken}')
    try:
        from cv_bridge import CvBridge

        return SourceImage(np.asarray(CvBridge().imgmsg_to_cv2(msg, 'bgr8')), 'bgr')
    except Exception as error:  # noqa: B902 (whatever comes of fields that make no sense)
        raise ImageError(f'unknown encoding {encoding}: {one_line(error)}') from error
