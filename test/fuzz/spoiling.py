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

"""Ways to spoil bytes and texts."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from random import Random
import struct
import zlib

NUMBERS = (
    0, 1, 2, 3, 7, 16, 255, 256, 30000, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63,
)
SPOILERS = 8  # at most, in one input


def spoiled(random: Random, whole: bytes, others: Sequence[bytes] = (b'',)) -> bytes:
    """
    Spoil some bytes in some places.

    :param others: of the same kind, from which pieces may come.
    """
    data = bytearray(whole)
    for _ in range(random.randint(1, SPOILERS)):
        random.choice(WAYS)(random, data, random.choice(others))
    return bytes(data)


def _place(random: Random, data: bytearray) -> int:
    """Choose a place; every other time among the first bytes, where headers are."""
    return random.randrange(min(len(data), random.choice((64, len(data) or 1))) or 1)


def _flip(random: Random, data: bytearray, _: bytes) -> None:
    if data:
        data[_place(random, data)] ^= 1 << random.randrange(8)


def _byte(random: Random, data: bytearray, _: bytes) -> None:
    if data:
        data[_place(random, data)] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))


def _number(random: Random, data: bytearray, _: bytes) -> None:
    at, size = _place(random, data), random.choice((2, 4, 8))
    number = random.choice(NUMBERS) % 256**size
    data[at:at + size] = number.to_bytes(size, random.choice(('little', 'big')))


def _cut(random: Random, data: bytearray, _: bytes) -> None:
    del data[_place(random, data):]


def _remove(random: Random, data: bytearray, _: bytes) -> None:
    at = _place(random, data)
    del data[at:at + random.choice((1, 4, 16, 256))]


def _insert(random: Random, data: bytearray, _: bytes) -> None:
    at = _place(random, data)
    data[at:at] = random.randbytes(random.choice((1, 4, 16, 256)))


def _repeat(random: Random, data: bytearray, _: bytes) -> None:
    at = _place(random, data)
    piece = data[at:at + random.choice((4, 16, 256, 4096))]
    data[at:at] = piece * random.choice((1, 2, 20))


def _mix(random: Random, data: bytearray, other: bytes) -> None:
    at, size = _place(random, data), random.choice((4, 64, 1024, len(data)))
    data[at:at + size] = other[at:at + size]


WAYS: tuple[Callable[[Random, bytearray, bytes], None], ...] = (
    _flip, _flip, _byte, _byte, _number, _number, _cut, _remove, _insert, _repeat, _mix,
)


def with_checksums(png: bytes) -> bytes:
    """Put right the checksums of a PNG's chunks, so that a decoder looks at what is in them."""
    data, at = bytearray(png), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from('>I', data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into('>I', data, end, zlib.crc32(data[at + 4:end]))
        at = end + 4
    return bytes(data)


def spoiled_text(random: Random, whole: str, words: Sequence[str]) -> str:
    """
    Spoil some characters and lines of a text.

    :param words: to be put into it.
    """
    text = whole
    for _ in range(random.randint(1, SPOILERS)):
        at = random.randrange(len(text) + 1)
        lines = text.split('\n')
        line = random.randrange(len(lines))
        way = random.randrange(6)
        if way == 0:
            text = text[:at] + random.choice(words) + text[at:]
        elif way == 1:
            text = text[:at] + text[at + random.randint(1, 20):]
        elif way == 2:
            lines[line] = random.choice((' ', '  ', '\t', '- ', '')) + lines[line].strip()
            text = '\n'.join(lines)
        elif way == 3:
            key, colon, _ = lines[line].partition(':')
            lines[line] = f'{key}{colon} {random.choice(words)}'
            text = '\n'.join(lines)
        elif way == 4:
            lines.insert(random.randrange(len(lines) + 1), lines[line])
            text = '\n'.join(lines)
        else:
            text = text[:at] + chr(random.choice((0, 9, 10, 27, 34, 39, 0x85, 0x202E, 0x1F600)))
    return text
