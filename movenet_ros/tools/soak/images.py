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

"""What a soak publishes: one picture in many sizes and encodings, and broken messages."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from random import Random
import struct
from typing import Any

import cv2
from movenet_ros.tools.harness import STAMP
from movenet_ros.tools.harness import Stamp
from movenet_ros.tools.harness import STAMP_AT
from movenet_ros.tools.harness import StampedMessage
import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

NUMBER = struct.Struct('=I')
OWN, OVERLOAD = 'soak', 'overload'  # frame_id: the sender of an image
SIZES = ((640, 480), (1280, 720), (320, 240), (640, 360), (480, 640), (512, 512), (641, 479))
BOMB_SIDE = 10000  # pixels: a PNG of some kB


def restamped(message: bytes, stamp: Stamp) -> bytes:
    """Put a stamp into a message, where it is long enough for one."""
    end = STAMP_AT + STAMP.size
    if len(message) < end:
        return message
    return StampedMessage(message[:STAMP_AT], message[end:]).stamped(stamp)


def read_poses(message: bytes) -> tuple[Stamp, str, int]:
    """
    Read stamp, frame_id and the number of people of a serialized array of detections.

    Making a message of it would take longer than the node takes for an image.
    """
    sec, nanosec = STAMP.unpack_from(message, STAMP_AT)
    at = STAMP_AT + STAMP.size
    (length,) = NUMBER.unpack_from(message, at)
    at += NUMBER.size
    frame_id = bytes(message[at:at + length - 1]).decode('utf-8', 'replace')
    at += length
    at += -(at - STAMP_AT) % NUMBER.size  # numbers begin at multiples of 4
    (people,) = NUMBER.unpack_from(message, at)
    return (sec, nanosec), frame_id, people


def resized(image_bgr: NDArray[np.uint8], wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Fit a picture into a size; the rest is grey."""
    height, width = image_bgr.shape[:2]
    scale = min(wh[0] / width, wh[1] / height)
    canvas = np.full((wh[1], wh[0], 3), 96, np.uint8)
    small = cv2.resize(image_bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = small[:wh[1], :wh[0]]
    canvas[:small.shape[0], :small.shape[1]] = small
    return canvas


def image_msg(image_bgr: NDArray[np.uint8], encoding: str = 'bgr8', padding: int = 0) -> Image:
    """
    Make a message.

    :param encoding: one of ENCODINGS.
    :param padding: bytes at the end of each row.
    """
    height, width = image_bgr.shape[:2]
    rows = ENCODINGS[encoding](image_bgr).reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)))
    return Image(
        header=Header(frame_id=OWN), height=height, width=width, encoding=encoding,
        step=rows.shape[1], data=array('B', rows.tobytes()),
    )


def compressed_msg(image_bgr: NDArray[np.uint8], kind: str = 'jpeg') -> CompressedImage:
    """Make a message of a JPEG or PNG file."""
    _, file = cv2.imencode(f'.{kind}', image_bgr)
    return _compressed(file.tobytes(), kind)


def _compressed(file: bytes, kind: str = 'jpeg') -> CompressedImage:
    return CompressedImage(header=Header(frame_id=OWN), format=kind, data=array('B', file))


def _code(code: int) -> Callable[[NDArray[np.uint8]], NDArray[Any]]:
    return lambda image_bgr: np.asarray(cv2.cvtColor(image_bgr, code))


ENCODINGS: dict[str, Callable[[NDArray[np.uint8]], NDArray[Any]]] = {
    'bgr8': lambda image_bgr: image_bgr,
    'rgb8': _code(cv2.COLOR_BGR2RGB),
    'bgra8': _code(cv2.COLOR_BGR2BGRA),
    'mono8': _code(cv2.COLOR_BGR2GRAY),
}


def any_picture(image_bgr: NDArray[np.uint8], wh: tuple[int, int], rng: Random) -> Image:
    """Make a message of a size; draw its encoding and padding."""
    return image_msg(resized(image_bgr, wh), rng.choice([*ENCODINGS]), rng.choice((0, 0, 16, 26)))


def broken_images(image_bgr: NDArray[np.uint8], rng: Random) -> list[bytes]:
    """Make messages for an image topic that are broken in many ways."""
    small = resized(image_bgr, (96, 64))
    whole = serialize_message(image_msg(small))
    made = [
        whole[:rng.randrange(4, len(whole))],
        whole[:4],
        whole[:4] + rng.randbytes(200),
        b'\0\0\0\0' + rng.randbytes(200),  # big endian
        b'\0\0' + whole[2:],
        b'\x7f\x7f' + whole[2:],  # a representation that there is none
        whole[:12] + b'\xff\xff\xff\xff' + whole[16:],  # a text without an end
        _bit_turned(whole, rng),
    ]
    for change in BROKEN_FIELDS:
        msg = image_msg(small)
        for field, value in change.items():
            setattr(msg, field, value)
        made.append(serialize_message(msg))
    rng.shuffle(made)
    return made


BROKEN_FIELDS: tuple[dict[str, Any], ...] = (
    {'width': 0, 'height': 0, 'step': 0, 'data': array('B')},
    {'width': 2**32 - 1, 'height': 2**32 - 1},
    {'height': 2**32 - 1, 'step': 0, 'data': array('B')},
    {'step': 1},
    {'step': 2**32 - 1},
    {'data': array('B', bytes(100))},
    {'encoding': '32FC1'},
    {'encoding': 'x' * 10000},
    {'encoding': 'nv12', 'width': 95, 'step': 95},
    {'width': 96 * 64, 'height': 1, 'step': 3 * 96 * 64},
    {'width': 1, 'height': 1},
)


def impossible_stamps(rng: Random) -> list[Stamp]:
    """Make stamps that no clock gives: any seconds, and nanoseconds of more than a second."""
    odd = [(0, 0), (-1, 0), (-2**31, 0), (2**31 - 1, 999_999_999), (1, 2**32 - 1)]
    odd += [(rng.randrange(-2**31, 2**31), rng.randrange(2**32)) for _ in range(5)]
    rng.shuffle(odd)
    return odd


def broken_files(image_bgr: NDArray[np.uint8], rng: Random) -> list[bytes]:
    """Make messages for a compressed image topic that are no whole picture."""
    jpeg = bytes(compressed_msg(image_bgr).data)
    png = bytes(compressed_msg(image_bgr, 'png').data)
    bomb = cv2.imencode('.png', np.zeros((BOMB_SIDE, BOMB_SIDE), np.uint8))[1].tobytes()
    made = [
        _compressed(jpeg[:rng.randrange(1, len(jpeg))]),
        _compressed(png[:rng.randrange(1, len(png))], 'png'),
        _compressed(_bit_turned(jpeg, rng)),
        _compressed(_bit_turned(png, rng), 'png'),
        _compressed(b''),
        _compressed(rng.randbytes(1000)),
        _compressed(bomb, 'png'),
    ]
    rng.shuffle(made)
    return [serialize_message(msg) for msg in made]


def _bit_turned(data: bytes, rng: Random) -> bytes:
    """Turn one bit, but not of the stamp, by which an answer is known."""
    changed = bytearray(data)
    changed[rng.randrange(STAMP_AT + STAMP.size, len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)
