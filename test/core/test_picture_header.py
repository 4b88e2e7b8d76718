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

import struct
import zlib

import cv2
from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import decode_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.jpeg import MAX_SCANS
from movenet_ros.core.picture_header import FORMATS
from movenet_ros.core.picture_header import MAX_TEXTS
from movenet_ros.core.picture_header import size_in_header
import numpy as np
from numpy.typing import NDArray
import pytest

PIXELS = np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)
LARGE = 30_000  # pixels in each direction
END_OF_IMAGE = b'\xff\xd9'


def encoded(suffix: str, *options: int, pixels: NDArray[np.uint8] = PIXELS) -> bytes:
    """Return a compressed picture."""
    done, data = cv2.imencode(suffix, pixels, options)
    assert done
    return data.tobytes()


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


JPEGS = {
    'baseline': encoded('.jpg'),
    'with restart markers': encoded('.jpg', cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
    'grey': encoded('.jpg', pixels=PIXELS[..., 0]),
    'progressive': encoded('.jpg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
}
WHOLE = {
    **JPEGS,
    'png': encoded('.png'),
    'webp': encoded('.webp', cv2.IMWRITE_WEBP_QUALITY, 50),
    'lossless webp': encoded('.webp', cv2.IMWRITE_WEBP_QUALITY, 101),
    'bmp': encoded('.bmp'),
    'tiff': encoded('.tiff'),
    **({'gif': encoded('.gif')} if cv2.haveImageWriter('a.gif') else {}),  # newer OpenCV
}


@pytest.mark.parametrize('kind', WHOLE)
def test_the_header_tells_the_size(kind: str) -> None:
    assert size_in_header(WHOLE[kind]) == decode_picture(WHOLE[kind]).wh == (60, 40)


SIDE_BE, SIDE_LE = struct.pack('>H', LARGE), struct.pack('<H', LARGE)
BOMBS = {
    'jpeg': with_bytes(
        JPEGS['baseline'], JPEGS['baseline'].index(b'\xff\xc0') + 5, 2 * SIDE_BE
    ),
    'progressive jpeg': with_bytes(
        JPEGS['progressive'], JPEGS['progressive'].index(b'\xff\xc2') + 5, 2 * SIDE_BE
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
}


@pytest.mark.parametrize('kind', BOMBS)
def test_a_bomb_is_refused_before_it_is_decoded(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(cv2, 'imdecode')
    with pytest.raises(ImageError, match=r'30000x30000 .* image\.max_pixels = 50000000'):
        decode_picture(BOMBS[kind])


@pytest.mark.parametrize(
    'bomb',
    [
        with_bytes(WHOLE['webp'], 26, struct.pack('<HH', 16383, 16382)),
        with_bytes(WHOLE['lossless webp'], 21, struct.pack('<I', 16382 | 16381 << 14)),
    ],
    ids=['lossy', 'lossless'],
)
def test_a_webp_can_be_no_larger_than_16383(bomb: bytes) -> None:
    assert size_in_header(bomb) == (16383, 16382)


REFUSED = {
    'scans': (
        JPEGS['progressive'][:-2]
        + MAX_SCANS * JPEGS['progressive'][JPEGS['progressive'].rindex(b'\xff\xda'):-2]
        + END_OF_IMAGE
    ),
    'two sizes': JPEGS['baseline'].replace(
        b'\xff\xc4', b'\xff\xc0\0\x08' + bytes(6) + b'\xff\xc4', 1
    ),
    'compressed texts': (
        WHOLE['png'][:33]
        + chunk(b'zTXt', b'k\0\0' + zlib.compress(bytes(10**6))) * (MAX_TEXTS + 1)
        + WHOLE['png'][33:]
    ),
    'truncated': with_bytes(  # OpenCV makes room for all of it: 900 bytes took 2 GB
        WHOLE['png'], WHOLE['png'].index(b'IDAT') - 4, struct.pack('>I', 2**31 - 1)
    ),
    'not one number': tiff((256, 30), (257, 20), number=2),
    'one number': tiff((256, 30), (256, LARGE), (257, 20)),
    'no JPEG, PNG, WebP, BMP, GIF or TIFF': encoded('.ppm'),
}


@pytest.mark.parametrize('words', REFUSED)
def test_what_takes_a_decoder_long_or_cannot_be_told_is_refused(
    words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(cv2, 'imdecode')
    with pytest.raises(ImageError, match=words):
        decode_picture(REFUSED[words])


def pixels_of(data: bytes) -> bytes:
    """Return the pixels of a compressed picture."""
    return decode_picture(data).pixels.tobytes()


@pytest.mark.parametrize('behind', [bytes(100), b'\xff' * 3, JPEGS['grey']])
def test_bytes_behind_a_picture_do_no_harm(behind: bytes) -> None:
    for kind in ('baseline', 'png'):
        assert pixels_of(WHOLE[kind] + behind) == pixels_of(WHOLE[kind])


@pytest.mark.parametrize('kind', WHOLE)
@given(share=st.floats(0, 0.99))
def test_a_picture_that_breaks_off_is_refused(kind: str, share: float) -> None:
    with pytest.raises(ImageError):
        decode_picture(WHOLE[kind][:int(share * len(WHOLE[kind]))])


@pytest.mark.parametrize('magic', FORMATS)
@given(st.binary(max_size=100))
def test_any_bytes_are_a_size_or_are_refused(magic: bytes, rest: bytes) -> None:
    try:
        width, height = size_in_header(magic + rest)
    except ImageError:
        return
    assert width >= 0 and height >= 0


@pytest.mark.parametrize('kind', WHOLE)
@given(st.data())
def test_a_picture_with_some_bytes_changed_is_a_picture_or_is_refused(
    kind: str, draw: st.DataObject
) -> None:
    data = bytearray(WHOLE[kind])
    for _ in range(draw.draw(st.integers(1, 5))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        image: SourceImage = decode_picture(bytes(data), 100_000)
    except ImageError as error:
        assert str(error).isprintable() and len(str(error)) < 400
    else:
        assert image.wh[0] * image.wh[1] <= 100_000
