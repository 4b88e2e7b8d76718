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

"""What a soak publishes: the same picture in many sizes and encodings, and what is no picture."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random
import struct
from typing import Any

import cv2
from movenet_ros.tools.soak.ledger import Stamp
import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

STAMP, STAMP_AT = struct.Struct('=iI'), 4  # behind CDR's four bytes; every message of ours
TEXT = struct.Struct('=I')  # begins with a header: stamp, frame_id
OWN, FLOOD = 'soak', 'flood'  # frame_id tells who sent an image
SIZES = ((640, 480), (1280, 720), (320, 240), (640, 360), (480, 640), (512, 512), (641, 479))
EVEN_ONLY = ('yuv422_yuy2', 'nv12')
BOMB_SIDE = 10000  # pixels: a PNG of some kB


@dataclass(frozen=True)
class Picture:
    """A serialized message in which only the stamp changes."""

    before: bytes
    behind: bytes

    @classmethod
    def of(cls, msg: Any) -> Picture:
        """Serialize a message that begins with a header."""
        message = serialize_message(msg)
        return cls(message[:STAMP_AT], message[STAMP_AT + STAMP.size:])

    def stamped(self, stamp: Stamp) -> bytes:
        """Return the message with a stamp."""
        return b''.join((self.before, STAMP.pack(*stamp), self.behind))


def restamped(message: bytes, stamp: Stamp) -> bytes:
    """Put a stamp into a message, where it is long enough for one."""
    end = STAMP_AT + STAMP.size
    if len(message) < end:
        return message
    return Picture(message[:STAMP_AT], message[end:]).stamped(stamp)


def read_poses(message: bytes) -> tuple[Stamp, str, int]:
    """Read stamp, frame_id and the number of people of a serialized array of detections."""
    sec, nanosec = STAMP.unpack_from(message, STAMP_AT)
    at = STAMP_AT + STAMP.size
    (length,) = TEXT.unpack_from(message, at)
    at += TEXT.size
    frame_id = bytes(message[at:at + length - 1]).decode('utf-8', 'replace')
    at += length
    at += -(at - STAMP_AT) % TEXT.size  # numbers begin at multiples of 4
    (people,) = TEXT.unpack_from(message, at)
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
    :param padding: bytes behind each row.
    """
    height, width = image_bgr.shape[:2]
    rows = ENCODINGS[encoding](image_bgr)
    raw = np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), -1)
    raw = np.pad(raw, ((0, 0), (0, padding)))
    data = array('B')
    data.frombytes(raw.tobytes())
    return Image(
        header=Header(frame_id=OWN), height=height, width=width, encoding=encoding,
        step=raw.shape[1], data=data,
    )


def compressed_msg(image_bgr: NDArray[np.uint8], kind: str = 'jpeg') -> CompressedImage:
    """Make a message of a JPEG or PNG file."""
    _, file = cv2.imencode(f'.{kind}', image_bgr)
    return compressed(file.tobytes(), kind)


def compressed(file: bytes, kind: str = 'jpeg') -> CompressedImage:
    """Make a message of any bytes."""
    data = array('B')
    data.frombytes(file)
    return CompressedImage(header=Header(frame_id=OWN), format=kind, data=data)


def _code(code: int) -> Callable[[NDArray[np.uint8]], NDArray[Any]]:
    return lambda image_bgr: np.asarray(cv2.cvtColor(image_bgr, code))


def _mono16(image_bgr: NDArray[np.uint8]) -> NDArray[Any]:
    grey = np.asarray(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY), np.uint16)
    return np.asarray(grey * 257)


def _bayer_rggb(image_bgr: NDArray[np.uint8]) -> NDArray[Any]:
    mosaic = np.array(image_bgr[..., 1])
    mosaic[0::2, 0::2] = image_bgr[0::2, 0::2, 2]
    mosaic[1::2, 1::2] = image_bgr[1::2, 1::2, 0]
    return mosaic


def _yuy2(image_bgr: NDArray[np.uint8]) -> NDArray[Any]:
    luma, red, blue = cv2.split(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2YCrCb))
    pairs = np.stack((luma, luma), axis=-1)
    pairs[:, 0::2, 1], pairs[:, 1::2, 1] = blue[:, 0::2], red[:, 0::2]
    return pairs


def _nv12(image_bgr: NDArray[np.uint8]) -> NDArray[Any]:
    height, width = image_bgr.shape[:2]
    planes = cv2.cvtColor(image_bgr, cv2.COLOR_BGR2YUV_I420).reshape(-1)
    colours = planes[height * width:].reshape(2, -1).T  # u, v, u, v
    whole = np.concatenate((planes[:height * width], colours.reshape(-1)))
    return np.asarray(whole.reshape(-1, width))


ENCODINGS: dict[str, Callable[[NDArray[np.uint8]], NDArray[Any]]] = {
    'bgr8': lambda image_bgr: image_bgr,
    'rgb8': _code(cv2.COLOR_BGR2RGB),
    'bgra8': _code(cv2.COLOR_BGR2BGRA),
    'rgba8': _code(cv2.COLOR_BGR2RGBA),
    'mono8': _code(cv2.COLOR_BGR2GRAY),
    'mono16': _mono16,
    'bayer_rggb8': _bayer_rggb,
    'yuv422_yuy2': _yuy2,
    'nv12': _nv12,
}


def any_picture(image_bgr: NDArray[np.uint8], wh: tuple[int, int], rng: Random) -> Image:
    """Make a message of a size; draw its encoding and padding."""
    encoding = rng.choice(list(ENCODINGS))
    if encoding in EVEN_ONLY:
        wh = wh[0] // 2 * 2, wh[1] // 2 * 2
    padding = 0 if encoding == 'nv12' else rng.choice((0, 0, 16, 26))
    return image_msg(resized(image_bgr, wh), encoding, padding)


def rubbish(image_bgr: NDArray[np.uint8], rng: Random) -> list[tuple[str, bytes]]:
    """Make messages for an image topic that are broken in many ways: what it is, and the bytes."""
    small = resized(image_bgr, (96, 64))
    whole = serialize_message(image_msg(small))
    cut = rng.randrange(4, len(whole))
    made = [
        (f'cut after {cut} bytes', whole[:cut]),
        ('nothing but the kind of bytes', whole[:4]),
        ('random bytes', whole[:4] + rng.randbytes(200)),
        ('random bytes in big endian', b'\0\0\0\0' + rng.randbytes(200)),
        ('big endian that is not', b'\0\0' + whole[2:]),
        ('an unknown kind of bytes', b'\x7f\x7f' + whole[2:]),
        ('a text without an end', whole[:12] + b'\xff\xff\xff\xff' + whole[16:]),
        ('one bit turned', _bit_turned(whole, rng)),
    ]
    for name, change in BROKEN_FIELDS.items():
        msg = image_msg(small)
        for field, value in change.items():
            setattr(msg, field, value)
        made.append((name, serialize_message(msg)))
    rng.shuffle(made)
    return made


BROKEN_FIELDS: dict[str, dict[str, Any]] = {
    'no width': {'width': 0, 'step': 0},
    'no size': {'width': 0, 'height': 0, 'step': 0, 'data': array('B')},
    'a size of 4 billion': {'width': 2**32 - 1, 'height': 2**32 - 1},
    'a height of 4 billion without data': {'height': 2**32 - 1, 'step': 0, 'data': array('B')},
    'a step too small': {'step': 1},
    'a step of 4 billion': {'step': 2**32 - 1},
    'too little data': {'data': array('B', bytes(100))},
    'no data': {'data': array('B')},
    'an encoding of a file': {'encoding': 'jpeg'},
    'a depth image': {'encoding': '32FC1'},
    'no encoding': {'encoding': ''},
    'a long encoding': {'encoding': 'x' * 10000},
    'odd YUV': {'encoding': 'nv12', 'width': 95, 'step': 95},
    'very wide': {'width': 96 * 64, 'height': 1, 'step': 3 * 96 * 64},
    'very high': {'width': 1, 'height': 96 * 64, 'step': 3},
    'one pixel': {'width': 1, 'height': 1},
}


def wild_stamps(rng: Random) -> list[Stamp]:
    """Make stamps that no clock gives: any seconds, and nanoseconds of more than a second."""
    odd = [(0, 0), (-1, 0), (-2**31, 0), (2**31 - 1, 999_999_999), (1, 2**32 - 1)]
    odd += [(rng.randrange(-2**31, 2**31), rng.randrange(2**32)) for _ in range(5)]
    rng.shuffle(odd)
    return odd


def compressed_rubbish(image_bgr: NDArray[np.uint8], rng: Random) -> list[tuple[str, bytes]]:
    """Make messages for a compressed image topic that are no whole picture."""
    jpeg = bytes(compressed_msg(image_bgr).data)
    png = bytes(compressed_msg(image_bgr, 'png').data)
    made = [
        ('a cut JPEG', compressed(jpeg[:rng.randrange(1, len(jpeg))])),
        ('a cut PNG', compressed(png[:rng.randrange(1, len(png))], 'png')),
        ('a JPEG with a bit turned', compressed(_bit_turned(jpeg, rng))),
        ('a PNG with a bit turned', compressed(_bit_turned(png, rng), 'png')),
        ('nothing', compressed(b'')),
        ('random bytes', compressed(rng.randbytes(1000))),
        ('a text', compressed(b'no picture\n' * 100)),
        ('a PNG of 100 megapixels', compressed(bomb(), 'png')),
    ]
    rng.shuffle(made)
    return [(name, serialize_message(msg)) for name, msg in made]


@lru_cache
def bomb() -> bytes:
    """Make a PNG that is small as a file and 100 megapixels when it is opened."""
    pixels = np.zeros((BOMB_SIDE, BOMB_SIDE), np.uint8)
    return cv2.imencode('.png', pixels, (cv2.IMWRITE_PNG_BILEVEL, 1))[1].tobytes()


def _bit_turned(data: bytes, rng: Random) -> bytes:
    """Turn one bit, but not of the stamp, by which an answer is known."""
    changed = bytearray(data)
    changed[rng.randrange(STAMP_AT + STAMP.size, len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)
