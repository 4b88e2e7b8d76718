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
Serialized messages without what happened to lie in the memory.

Between the fields of a serialized message are bytes that mean nothing: numbers begin at multiples
of their size. Fast DDS leaves there what it finds, so that a message is not always the same
bytes; and behind the last field, where it has made room for the beginning of numbers that an empty
sequence does not have. The layout is that of CDR (OMG's DDS-XTypes 1.3, 7.4.3, version 1).
"""

from __future__ import annotations

from collections.abc import Iterator
import re
from typing import Any

from rclpy.serialization import serialize_message

BODY = 4  # bytes before it say how it is laid out
SIZES = {
    'boolean': 1, 'octet': 1, 'char': 1, 'int8': 1, 'uint8': 1, 'int16': 2, 'uint16': 2,
    'int32': 4, 'uint32': 4, 'float': 4, 'int64': 8, 'uint64': 8, 'double': 8,
}
ARRAY = re.compile(r'(?:sequence<(.*?)(?:, \d+)?>|(.*)\[\d+\])$')  # 'sequence<x>', 'x[3]'


def serialized(msg: Any) -> bytes:
    """Serialize a message, always to the same bytes."""
    return without_padding(bytes(serialize_message(msg)), msg)


def without_padding(data: bytes, msg: Any) -> bytes:
    """
    Put zeros between the fields of a serialized message.

    :param data: the message, as the middleware has serialized it.
    :param msg: the message itself.
    :return: the same where that is laid out in another way.
    """
    body, at, room = bytearray(len(data) - BODY), 0, BODY
    try:
        for size, count in _fields(msg):
            if not count:
                room += max(size - BODY, 0)
                continue
            begin = -(-at // size) * size
            at = begin + size * count
            body[begin:at] = data[BODY + begin:BODY + at]
    except KeyError:  # a type that our messages do not have
        return data
    is_all = 0 <= len(data) - BODY - at < room  # the whole is a multiple of 4, too
    return data[:BODY] + bytes(body[:-(-at // 4) * 4]) if is_all else data


def _fields(msg: Any) -> Iterator[tuple[int, int]]:
    """Yield for each field of a message the size of a number and how many there are."""
    for name, kind in msg.get_fields_and_field_types().items():
        value = getattr(msg, name)
        array = ARRAY.match(kind)
        of_sequence, of_array = array.groups() if array else ('', '')
        if of_sequence:
            yield 4, 1  # how many elements
        kind = of_sequence or of_array or kind
        elements = value if array else [value]
        if kind == 'string':
            for each in elements:
                yield 4, 1
                yield 1, len(each.encode()) + 1  # 0 ends it
        elif '/' in kind:
            for each in elements:
                yield from _fields(each)
        else:
            yield SIZES[kind], len(elements)
