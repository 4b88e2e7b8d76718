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
bytes. The layout is that of CDR (OMG's DDS-XTypes 1.3, 7.4.3, version 1).
"""

from __future__ import annotations

import re
from typing import Any

BODY = 4  # bytes before it say how it is laid out
SIZES = {
    'boolean': 1, 'octet': 1, 'char': 1, 'int8': 1, 'uint8': 1, 'int16': 2, 'uint16': 2,
    'int32': 4, 'uint32': 4, 'float': 4, 'int64': 8, 'uint64': 8, 'double': 8,
}
ARRAY = re.compile(r'(?:sequence<(.*?)(?:, \d+)?>|(.*)\[\d+\])$')  # 'sequence<x>', 'x[3]'


def without_padding(data: bytes, msg: Any) -> bytes:
    """
    Put zeros between the fields of a serialized message.

    :param data: the message, as the middleware has serialized it.
    :param msg: the message itself.
    :return: the same where that is laid out in another way.
    """
    cleaner = _Cleaner(memoryview(data)[BODY:])
    try:
        cleaner.message(msg)
    except KeyError:  # a type that our messages do not have
        return data
    is_all = 0 <= len(data) - BODY - cleaner.at < BODY  # the whole is a multiple of 4, too
    return data[:BODY] + bytes(cleaner.body) if is_all else data


class _Cleaner:
    """Goes through a message field by field and copies the bytes of each."""

    def __init__(self, body: memoryview) -> None:
        self._from = body
        self.body = bytearray(len(body))
        self.at = 0

    def message(self, msg: Any) -> None:
        """Copy a message."""
        for name, kind in msg.get_fields_and_field_types().items():
            self._field(kind, getattr(msg, name))

    def _field(self, kind: str, value: Any) -> None:
        array = ARRAY.match(kind)
        if array:
            of_sequence, of_array = array.groups()
            if of_sequence:
                self._copy(4, 1)  # how many there are
            self._elements(of_sequence or of_array, value)
        else:
            self._elements(kind, [value])

    def _elements(self, kind: str, values: Any) -> None:
        if '/' in kind:
            for each in values:
                self.message(each)
        elif kind == 'string':
            for each in values:
                self._copy(4, 1)
                self._copy(1, len(each.encode()) + 1)  # 0 ends it
        elif len(values):
            self._copy(SIZES[kind], len(values))

    def _copy(self, size: int, count: int) -> None:
        """Copy so many numbers of a size."""
        begin = -(-self.at // size) * size
        self.at = begin + size * count
        self.body[begin:self.at] = self._from[begin:self.at]
