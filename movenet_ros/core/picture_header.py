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
The size of a compressed picture before it is decoded.

A picture of a few bytes can ask for gigabytes, or for minutes of work, and OpenCV has no call
that reads a header alone. These six formats are all that is decoded.

Sources: jpeg.py's; W3C's PNG, chapter 5; RFC 9649 (WebP); GIF89a; TIFF 6.0; Microsoft's
BITMAPCOREHEADER and BITMAPINFOHEADER (BMP).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import struct

from movenet_ros.core import jpeg
from movenet_ros.core.errors import ImageError
from movenet_ros.core.file_magic import HEAD_BYTES
from movenet_ros.core.file_magic import kind_of_file

MAX_TEXTS = 16  # of a PNG; each may unpack to megabytes
COMPRESSED_TEXTS = (b'iCCP', b'iTXt', b'zTXt')  # chunks of a PNG
TIFF_WIDTH, TIFF_HEIGHT = 256, 257
TIFF_NUMBERS = {1: 'B', 3: 'H', 4: 'I'}  # type of a field


def size_in_header(data: bytes) -> tuple[int, int]:
    """
    Read width and height of what decoding would make.

    :raises ImageError: if the header is not whole, the picture of no known format, or one that
        takes a decoder very long.
    """
    for magic, (name, read) in FORMATS.items():
        if data.startswith(magic):
            try:
                return read(data)
            except (struct.error, IndexError) as error:
                raise ImageError(f'a truncated {name} of {len(data)} bytes') from error
    what = kind_of_file(data[:HEAD_BYTES], Path()).name
    raise ImageError(
        f'{what}, no JPEG, PNG, WebP, BMP, GIF or TIFF picture'
        f' ({len(data)} bytes that begin {data[:4].hex(" ")})'
    )


def _png(data: bytes) -> tuple[int, int]:
    """Walk to the last chunk: OpenCV makes room for what a chunk says it has, up to 2 GB."""
    length, kind, width, height = struct.unpack_from('>I4sII', data, 8)
    if (length, kind) != (13, b'IHDR'):
        raise ImageError('a PNG that does not begin with its size')
    at, texts = 8, 0
    while kind != b'IEND':
        length, kind = struct.unpack_from('>I4s', data, at)
        texts += kind in COMPRESSED_TEXTS
        at += 12 + length
    if texts > MAX_TEXTS:
        raise ImageError(f'a PNG of {len(data)} bytes with {texts} compressed texts')
    return width, height


def _webp(data: bytes) -> tuple[int, int]:
    if data[8:12] != b'WEBP':
        raise ImageError('a RIFF file that is no WebP picture')
    kind = data[12:16]
    if kind == b'VP8X':
        width, height = (int.from_bytes(data[at:at + 3], 'little') + 1 for at in (24, 27))
    elif kind == b'VP8L':
        (bits,) = struct.unpack_from('<I', data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (each & 0x3FFF for each in struct.unpack_from('<HH', data, 26))
    return width, height


def _bmp(data: bytes) -> tuple[int, int]:
    (size,) = struct.unpack_from('<I', data, 14)
    width, height = struct.unpack_from('<HH' if size == 12 else '<ii', data, 18)
    return abs(width), abs(height)  # a negative height: from the top down


def _gif(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from('<HH', data, 6)
    return width, height


def _tiff(data: bytes) -> tuple[int, int]:
    """Read the first directory, whose picture is the one that is decoded."""
    order = '<' if data.startswith(b'II') else '>'
    (at,) = struct.unpack_from(order + 'I', data, 4)
    (count,) = struct.unpack_from(order + 'H', data, at)
    sides = {TIFF_WIDTH: 0, TIFF_HEIGHT: 0}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from(order + 'HHI', data, entry)
        if tag in sides:
            if number != 1 or kind not in TIFF_NUMBERS or sides[tag]:
                raise ImageError('a TIFF whose size is not one number')
            (sides[tag],) = struct.unpack_from(order + TIFF_NUMBERS[kind], data, entry + 8)
    return sides[TIFF_WIDTH], sides[TIFF_HEIGHT]


FORMATS: dict[bytes, tuple[str, Callable[[bytes], tuple[int, int]]]] = {
    jpeg.START: ('JPEG', lambda data: jpeg.read_frame(data).wh),
    b'\x89PNG\r\n\x1a\n': ('PNG', _png),
    b'RIFF': ('WebP', _webp),
    b'BM': ('BMP', _bmp),
    b'GIF87a': ('GIF', _gif),
    b'GIF89a': ('GIF', _gif),
    b'II*\0': ('TIFF', _tiff),
    b'MM\0*': ('TIFF', _tiff),
}
