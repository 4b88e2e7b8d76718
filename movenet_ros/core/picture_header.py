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
What a compressed picture says of itself, read before anything is decoded.

A picture of a few bytes can ask for gigabytes, or for minutes of work. Here its size is read from
the very fields that OpenCV's decoders read it from, and what takes a decoder long is counted.
These six formats are all that is decoded; the others of OpenCV nobody sends, and they stay shut.

Sources: ITU-T T.81, annex B (JPEG); W3C's PNG, chapter 5; RFC 9649 (WebP); GIF89a; TIFF 6.0;
Microsoft's BITMAPCOREHEADER and BITMAPINFOHEADER (BMP).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import struct

from movenet_ros.core.errors import ImageError

MAX_SEGMENTS = 2_000  # of a JPEG, before its first scan; 255 of them are a whole colour profile
MAX_SCANS = 50  # of a JPEG; each takes as long as a picture. Encoders write 1 to 20
MAX_CHUNKS = 500  # of a PNG, beside its pixels; some take 20 ms each

START_OF_SCAN, END_OF_IMAGE = 0xDA, b'\xff\xd9'
START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
BARE = {0x00, 0x01, *range(0xD0, 0xDA)}  # markers without a length, which have no place there

COMPRESSED_TEXT = (b'iCCP', b'iTXt', b'zTXt')  # of a PNG; each may unpack to megabytes
MAX_COMPRESSED_TEXT = 16
PIXELS_OF_PNG = (b'IDAT', b'fdAT')

TIFF_SIZES = {1: 1, 6: 1, 3: 2, 8: 2, 4: 4, 9: 4, 16: 8, 17: 8}  # type of a field: bytes
TIFF_WIDTHS, TIFF_HEIGHTS = (256, 322), (257, 323)  # tags: of the picture, and of its tiles


def size_in_header(data: bytes) -> tuple[int, int]:
    """
    Read width and height of what decoding would make.

    :raises ImageError: if the header is not whole, the picture of no known format, or one that
        takes a decoder forever.
    """
    for magic, read in FORMATS.items():
        if data.startswith(magic):
            try:
                return read(data)
            except (struct.error, IndexError, OverflowError) as error:
                raise ImageError(f'a picture that breaks off after {len(data)} bytes') from error
    raise ImageError(
        f'{len(data)} bytes that are no JPEG, PNG, WebP, BMP, GIF or TIFF picture'
        f' (they begin {data[:4].hex(" ")})'
    )


def _jpeg(data: bytes) -> tuple[int, int]:
    """
    Walk over the segments to the first scan.

    A JPEG must reach its end marker, as OpenCV up to 4.x paints the missing part grey and says
    nothing, which a robot must not see. An embedded thumbnail has an end marker of its own, hence
    the walk; behind the first scan, FF is always stuffed, so that FF D9 can only be the end.
    """
    truncated = ImageError(f'a truncated JPEG of {len(data)} bytes')
    size_wh, is_one_scan, at = None, False, 2
    for _ in range(MAX_SEGMENTS):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] in BARE:
            raise truncated
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == START_OF_SCAN:
            break
        if marker in START_OF_FRAME:
            if size_wh:
                raise ImageError('a JPEG with two sizes')
            height, width, components = struct.unpack_from('>HHB', data, at + 5)
            size_wh = width, height
            is_one_scan = marker not in PROGRESSIVE
        at += 2 + (data[at + 2] << 8 | data[at + 3])
    else:
        raise ImageError(f'a JPEG with more than {MAX_SEGMENTS} segments')
    if not data.endswith(END_OF_IMAGE) and data.find(END_OF_IMAGE, at) < 0:
        raise truncated
    if size_wh is None:
        raise ImageError('a JPEG without a size')
    if not (is_one_scan and data[at + 4] == components):  # all of them in the first one
        scans = data.count(b'\xff\xda', at)
        if scans > MAX_SCANS:
            raise ImageError(f'a JPEG of {scans} scans, at most {MAX_SCANS} are decoded')
    return size_wh


def _png(data: bytes) -> tuple[int, int]:
    """
    Walk over the chunks to the last one.

    OpenCV makes room for what a chunk says it has before it looks whether that is there.
    """
    length, kind, width, height = struct.unpack_from('>I4sII', data, 8)
    if (length, kind) != (13, b'IHDR'):
        raise ImageError('a PNG that does not begin with its size')
    kinds: list[bytes] = []
    at = 8
    while kind != b'IEND':
        length, kind = struct.unpack_from('>I4s', data, at)
        if at + 12 + length > len(data):
            raise ImageError(f'a truncated PNG of {len(data)} bytes')
        if kind not in PIXELS_OF_PNG or not length:
            kinds.append(kind)
        texts = kind in COMPRESSED_TEXT and sum(each in COMPRESSED_TEXT for each in kinds)
        if len(kinds) > MAX_CHUNKS or texts > MAX_COMPRESSED_TEXT:
            raise ImageError(f'a PNG of {len(data)} bytes with too much beside its pixels')
        at += 12 + length
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
    sides = dict(_tiff_sides(data))
    return (
        max(sides.get(tag, 0) for tag in TIFF_WIDTHS),
        max(sides.get(tag, 0) for tag in TIFF_HEIGHTS),
    )


def _tiff_sides(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the tags that hold widths and heights, each with its value."""
    order = '<' if data.startswith(b'II') else '>'
    is_big = 43 in data[2:4]
    (at,) = struct.unpack_from(order + ('Q' if is_big else 'I'), data, 8 if is_big else 4)
    (count,) = struct.unpack_from(order + ('Q' if is_big else 'H'), data, at)
    entry = struct.Struct(order + ('HHQ8s' if is_big else 'HHI4s'))
    at += 8 if is_big else 2
    if at + count * entry.size > len(data):
        raise IndexError
    seen: set[int] = set()
    for tag, kind, number, value in entry.iter_unpack(data[at:at + count * entry.size]):
        if tag not in TIFF_WIDTHS + TIFF_HEIGHTS:
            continue
        size = TIFF_SIZES.get(kind, 0)
        if number != 1 or not 0 < size <= len(value) or tag in seen:
            raise ImageError('a TIFF whose size is not one number')
        seen.add(tag)
        yield tag, int.from_bytes(value[:size], 'little' if order == '<' else 'big')


FORMATS: dict[bytes, Callable[[bytes], tuple[int, int]]] = {
    b'\xff\xd8': _jpeg,
    b'\x89PNG\r\n\x1a\n': _png,
    b'RIFF': _webp,
    b'BM': _bmp,
    b'GIF87a': _gif,
    b'GIF89a': _gif,
    b'II*\0': _tiff,
    b'MM\0*': _tiff,
    b'II+\0': _tiff,
    b'MM\0+': _tiff,
}
