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

"""What a compressed picture asks for is known before it is decoded."""

from __future__ import annotations

from collections.abc import Callable
import struct
from typing import Any
import zlib

import cv2
from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import decode_picture
from movenet_ros.core.picture_header import FORMATS
from movenet_ros.core.picture_header import MAX_CHUNKS
from movenet_ros.core.picture_header import MAX_SCANS
from movenet_ros.core.picture_header import MAX_SEGMENTS
from movenet_ros.core.picture_header import size_in_header
import numpy as np
import pytest

PIXELS = np.random.default_rng(2).integers(0, 256, (20, 30, 3), np.uint8)
LARGE = 30_000  # pixels in each direction


def encoded(suffix: str, *options: int) -> bytes:
    """Return a picture of 30x20 pixels."""
    done, data = cv2.imencode(suffix, PIXELS, options)
    assert done
    return data.tobytes()


def has_gif() -> bool:
    """Tell whether this OpenCV writes GIF, as only newer ones do."""
    return cv2.haveImageWriter('a.gif')


def with_bytes(data: bytes, at: int, piece: bytes) -> bytes:
    """Overwrite some bytes."""
    return data[:at] + piece + data[at + len(piece):]


def chunk(kind: bytes, content: bytes = b'') -> bytes:
    """Return a chunk of a PNG."""
    checksum = zlib.crc32(kind + content)
    return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', checksum)


def tiff(*tags: tuple[int, int], order: str = '<', number: int = 1) -> bytes:
    """Return the directory of a TIFF with some numbers."""
    magic = {'<': b'II*\0', '>': b'MM\0*'}[order]
    entries = b''.join(struct.pack(order + 'HHII', tag, 4, number, value) for tag, value in tags)
    return magic + struct.pack(order + 'IH', 8, len(tags)) + entries + bytes(4)


WHOLE = {
    'jpeg': encoded('.jpg'),
    'progressive jpeg': encoded('.jpg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    'png': encoded('.png'),
    'webp': encoded('.webp', cv2.IMWRITE_WEBP_QUALITY, 50),
    'lossless webp': encoded('.webp', cv2.IMWRITE_WEBP_QUALITY, 101),
    'bmp': encoded('.bmp'),
    'tiff': encoded('.tiff'),
    **({'gif': encoded('.gif')} if has_gif() else {}),
}


@pytest.mark.parametrize('kind', WHOLE)
def test_the_header_tells_the_size(kind: str) -> None:
    assert size_in_header(WHOLE[kind]) == decode_picture(WHOLE[kind]).wh == (30, 20)


SIDE_BE, SIDE_LE = struct.pack('>H', LARGE), struct.pack('<H', LARGE)
START_OF_FRAME = WHOLE['jpeg'].index(b'\xff\xc0')
BOMBS = {
    'jpeg': with_bytes(WHOLE['jpeg'], START_OF_FRAME + 5, 2 * SIDE_BE),
    'progressive jpeg': with_bytes(
        WHOLE['progressive jpeg'], WHOLE['progressive jpeg'].index(b'\xff\xc2') + 5, 2 * SIDE_BE
    ),
    'png': with_bytes(
        WHOLE['png'], 8, chunk(b'IHDR', struct.pack('>IIBBBBB', LARGE, LARGE, 8, 2, 0, 0, 0))
    ),
    'extended webp': b'RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0'
    + 2 * (LARGE - 1).to_bytes(3, 'little') + bytes(60),
    'bmp': with_bytes(WHOLE['bmp'], 18, struct.pack('<ii', LARGE, -LARGE)),
    'old bmp': b'BM' + bytes(12) + struct.pack('<IHH', 12, LARGE, LARGE) + bytes(60),
    'gif': b'GIF89a' + 2 * SIDE_LE + bytes(60),
    'tiff': tiff((256, LARGE), (257, LARGE)),
    'tiff from the other end': tiff((256, LARGE), (257, LARGE), order='>'),
    'tiff of large tiles': tiff((256, 30), (257, 20), (322, LARGE), (323, LARGE)),
    'big tiff': b'II+\0\x08\0\0\0' + struct.pack('<QQ', 16, 2)
    + struct.pack('<HHQQ', 256, 4, 1, LARGE) + struct.pack('<HHQQ', 257, 16, 1, LARGE),
}


@pytest.mark.parametrize('kind', BOMBS)
def test_a_bomb_is_refused_before_it_is_decoded(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def imdecode(*_: object) -> None:
        raise AssertionError('it was decoded')

    monkeypatch.setattr(cv2, 'imdecode', imdecode)
    with pytest.raises(ImageError, match='30000x30000 .* image.max_pixels = 50000000'):
        decode_picture(BOMBS[kind])


LOSSY_SIDES, LOSSLESS_BITS = struct.pack('<HH', 16383, 16382), 16383 - 1 | (16382 - 1) << 14


@pytest.mark.parametrize(
    'bomb',
    [
        with_bytes(WHOLE['webp'], 26, LOSSY_SIDES),
        with_bytes(WHOLE['lossless webp'], 21, struct.pack('<I', LOSSLESS_BITS)),
    ],
    ids=['lossy', 'lossless'],
)
def test_a_webp_can_be_no_larger_than_16383(bomb: bytes) -> None:
    assert size_in_header(bomb) == (16383, 16382)


def test_a_jpeg_has_one_size() -> None:
    jpeg = WHOLE['jpeg']
    length = int.from_bytes(jpeg[START_OF_FRAME + 2:START_OF_FRAME + 4], 'big')
    segment = jpeg[START_OF_FRAME:START_OF_FRAME + 2 + length]
    with pytest.raises(ImageError, match='a JPEG with two sizes'):
        size_in_header(jpeg[:START_OF_FRAME] + segment + jpeg[START_OF_FRAME:])


def test_a_jpeg_without_a_size() -> None:
    with pytest.raises(ImageError, match='a JPEG without a size'):
        size_in_header(b'\xff\xd8\xff\xda\0\x0c' + bytes(20) + b'\xff\xd9')


@pytest.mark.parametrize('marker', [b'\x00', b'\x01', b'\xd0', b'\xd8'])
def test_a_jpeg_cannot_hide_its_size_behind_a_marker_without_length(marker: bytes) -> None:
    jpeg = WHOLE['jpeg']
    with pytest.raises(ImageError, match='truncated'):
        size_in_header(jpeg[:2] + b'\xff' + marker + b'\0\x20' + jpeg[2:])


def test_a_jpeg_of_a_thousand_scans_is_refused() -> None:
    jpeg = WHOLE['progressive jpeg']
    last, end = jpeg.rindex(b'\xff\xda'), jpeg.rindex(b'\xff\xd9')
    with pytest.raises(ImageError, match=f'a JPEG of 1010 scans, at most {MAX_SCANS} are decoded'):
        decode_picture(jpeg[:end] + 1000 * jpeg[last:end] + jpeg[end:])


@pytest.mark.parametrize('piece', [b'\xff', b'\xff\xfe\0\x02'], ids=['fill bytes', 'comments'])
def test_a_jpeg_of_very_many_segments_is_refused(piece: bytes) -> None:
    jpeg = WHOLE['jpeg']
    with pytest.raises(ImageError, match=f'more than {MAX_SEGMENTS} segments'):
        size_in_header(jpeg[:2] + piece * MAX_SEGMENTS + jpeg[2:])


@pytest.mark.parametrize(
    ('piece', 'count'),
    [
        (chunk(b'zTXt', b'k\0\0' + zlib.compress(bytes(10**6))), 17),
        (chunk(b'tEXt', b'k\0v'), MAX_CHUNKS),
        (chunk(b'IDAT'), MAX_CHUNKS),
    ],
    ids=['compressed text', 'text', 'empty chunks'],
)
def test_a_png_with_much_beside_its_pixels_is_refused(piece: bytes, count: int) -> None:
    png = WHOLE['png']
    after_header = 8 + 25
    with pytest.raises(ImageError, match='a PNG of .* with too much beside its pixels'):
        size_in_header(png[:after_header] + piece * count + png[after_header:])


def test_a_png_says_no_more_of_a_chunk_than_is_there() -> None:
    """Room is made for it first: 900 bytes took 2 GB."""
    png = WHOLE['png']
    at = png.index(b'IDAT') - 4
    with pytest.raises(ImageError, match='a truncated PNG'):
        size_in_header(with_bytes(png, at, struct.pack('>I', 2**31 - 1)))


def test_bytes_behind_a_png_do_no_harm() -> None:
    assert decode_picture(WHOLE['png'] + b'rubbish').wh == (30, 20)


@pytest.mark.parametrize(
    'data',
    [
        tiff((256, 30), (256, 30), (257, 20)),
        tiff((256, 30), (257, 20), number=2),
    ],
    ids=['two widths', 'a list'],
)
def test_a_tiff_has_one_size(data: bytes) -> None:
    with pytest.raises(ImageError, match='a TIFF whose size is not one number'):
        size_in_header(data)


@pytest.mark.parametrize('suffix', ['.ppm', '.hdr', '.ras'])
def test_other_formats_are_not_decoded(suffix: str) -> None:
    with pytest.raises(ImageError, match='no JPEG, PNG, WebP, BMP, GIF or TIFF picture'):
        decode_picture(encoded(suffix))


@pytest.mark.parametrize('magic', FORMATS)
@given(st.binary(max_size=100))
def test_any_bytes_are_a_size_or_are_refused(magic: bytes, rest: bytes) -> None:
    outcome = attempt(lambda: size_in_header(magic + rest))
    assert isinstance(outcome, ImageError) or len(outcome) == 2


@pytest.mark.parametrize('kind', WHOLE)
@given(st.data())
def test_a_picture_with_some_bytes_changed_is_a_picture_or_is_refused(
    kind: str, draw: st.DataObject
) -> None:
    data = bytearray(WHOLE[kind])
    for _ in range(draw.draw(st.integers(1, 5))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    outcome = attempt(lambda: decode_picture(bytes(data), 100_000))
    if isinstance(outcome, ImageError):
        assert str(outcome).isprintable()
        assert len(str(outcome)) < 400
    else:
        assert outcome.wh[0] * outcome.wh[1] <= 100_000


def attempt(function: Callable[[], Any]) -> Any:
    """Return what a function returns, or its refusal."""
    try:
        return function()
    except ImageError as error:
        return error
