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
Serialized messages about people with places for what changes: stamps and numbers.

The middleware serializes a message once, with marks in the places of the numbers, and from then on
the numbers are written over the marks, or read from there. Nothing here knows how the middleware
lays a message out; what it leaves between the fields becomes 0 in padding.py, so that the same
people are always the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
import struct
from typing import Any

from movenet_ros.messages.padding import without_padding
import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import serialize_message
from std_msgs.msg import Header

MARK_S, MARK_NS = 0x5AFE57A, 0x1CE57A3  # a stamp that no image has
FIRST_MARK = 1e12 + 0.5  # a number that no image has


@dataclass(frozen=True, eq=False)
class Template:
    """
    A serialized message with marks.

    :param data: its bytes.
    :param stamp_at: ``(n + 1, 8)`` places of the bytes of each stamp.
    :param numbers_at: ``(count, 8)`` places of the bytes of each number.
    """

    data: NDArray[np.uint8]
    stamp_at: NDArray[np.intp]
    numbers_at: NDArray[np.intp]


def marked_header(frame_id: str) -> Header:
    """Return a header with the stamp that marks its place."""
    header = Header(frame_id=frame_id)
    header.stamp.sec, header.stamp.nanosec = MARK_S, MARK_NS
    return header


def template_of(msg: Any, write: Callable[[Any, Callable[[], float]], None]) -> Template:
    """
    Let the middleware serialize a message with marks, and find them.

    :param msg: with marked headers.
    :param write: writes a new mark into each number of the message, in the order in which the
        numbers come later.
    """
    unused = count(FIRST_MARK)
    marks: list[bytes] = []

    def mark() -> float:
        number = next(unused)
        marks.append(struct.pack('=d', number))
        return number

    write(msg, mark)
    data = without_padding(bytes(serialize_message(msg)), msg)
    stamp = struct.pack('=iI', MARK_S, MARK_NS)
    return Template(
        np.frombuffer(data, np.uint8),
        _places(data, [stamp] * data.count(stamp)),
        _places(data, marks),
    )


def filled(template: Template, header: Header, numbers: NDArray[np.float64]) -> bytes:
    """
    Write stamp and numbers into a serialized message that is ready for them.

    :param numbers: as many as it has marks, in any shape.
    """
    data = template.data.copy()
    stamp = struct.pack('=iI', header.stamp.sec, header.stamp.nanosec)
    data[template.stamp_at] = np.frombuffer(stamp, np.uint8)
    data[template.numbers_at] = np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, 8)
    return bytes(data)


def blanked(data: bytes, template: Template) -> bytes:
    """
    Return a message without its stamps and numbers; nothing if it has another length.

    On the way from another process, a message is filled up to a multiple of 4 bytes.
    """
    size = len(template.data)
    if not 0 <= len(data) - size < 4:
        return b''
    blank = np.frombuffer(data, np.uint8, size).copy()
    blank[template.stamp_at] = blank[template.numbers_at] = 0
    return bytes(blank)


def _places(data: bytes, marks: list[bytes]) -> NDArray[np.intp]:
    """Find marks of 8 bytes, each behind the one before it."""
    return np.array(list(_starts(data, marks)), np.intp).reshape(-1, 1) + np.arange(8)


def _starts(data: bytes, marks: list[bytes]) -> Iterator[int]:
    at = 0
    for mark in marks:
        at = data.index(mark, at)
        yield at
        at += len(mark)
