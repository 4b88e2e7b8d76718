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
from collections.abc import Sequence
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
COUNT_BYTES = 4  # of the number of a sequence's elements


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
        places(data, [stamp] * data.count(stamp)),
        places(data, marks),
    )


def filled(template: Template, header: Header, numbers: NDArray[np.float64]) -> bytes:
    """
    Write stamp and numbers into a serialized message that is ready for them.

    :param numbers: as many as it has marks, in any shape.
    """
    return bytes(written(template, header, numbers))


def written(
    template: Template, header: Header, numbers: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Do the same, for one who has more to write into the bytes."""
    data: NDArray[np.uint8] = template.data.copy()
    stamp = struct.pack('=iI', header.stamp.sec, header.stamp.nanosec)
    data[template.stamp_at] = np.frombuffer(stamp, np.uint8)
    data[template.numbers_at] = np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, 8)
    return data


def shortened(
    data: NDArray[np.uint8],
    counts_at: NDArray[np.intp],
    counts: NDArray[np.int64],
    *cuts: tuple[NDArray[np.intp], int],
) -> bytes:
    """
    Leave elements out of sequences of a serialized message.

    Each of them has to be a multiple of 8 bytes, so that nothing behind it moves to another place
    between the multiples of its size.

    :param data: its bytes, which are changed.
    :param counts_at: ``(n, m)`` where the numbers of elements are.
    :param counts: ``(n, m)`` how many remain.
    :param cuts: places where elements begin that are left out, and how many bytes each takes.
    """
    data[counts_at[..., None] + np.arange(COUNT_BYTES)] = (
        counts.astype('=u4').view(np.uint8).reshape(*counts.shape, COUNT_BYTES)
    )
    stays = np.ones(len(data), np.bool_)
    for places, size in cuts:
        stays[places[:, None] + np.arange(size)] = False
    return bytes(data[stays])


def count_before(data: NDArray[np.uint8], at: int, count: int) -> int:
    """Return where the number of elements is that begin somewhere; zeros may be between."""
    near = at - COUNT_BYTES
    is_near = struct.unpack('=I', data[near:at].tobytes())[0] == count
    return near if is_near else near - COUNT_BYTES


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


def places(data: bytes, marks: Sequence[bytes], size: int = 8) -> NDArray[np.intp]:
    """Return ``(n, size)`` the places of the bytes of marks, each behind the one before it."""
    return np.array(list(_starts(data, marks)), np.intp).reshape(-1, 1) + np.arange(size)


def _starts(data: bytes, marks: Sequence[bytes]) -> Iterator[int]:
    at = 0
    for mark in marks:
        at = data.index(mark, at)
        yield at
        at += len(mark)
