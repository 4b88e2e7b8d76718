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

"""JPEGs as cameras send them: what libjpeg reads is read, and half a picture is refused."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
import logging
from random import Random
import struct

import cv2
from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core import native_lines
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import decode_picture
from movenet_ros.core.jpeg import END
from movenet_ros.core.jpeg import MAX_SEGMENTS
import numpy as np
from numpy.typing import NDArray
import pytest

PIXELS = np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)
WITH_GREY = PIXELS.copy()  # the grey that libjpeg writes where it has no data
WITH_GREY[20:] = 128
TABLES = b'\xff\xc4'
LAST_BLOCKS = 300  # bytes of these JPEGs
ARITHMETIC = b64decode(  # 48x32, grey; no Python package encodes that
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0'
    'KSEiMEExNDk7Pj4+JS5ESUM8SDc9Pjv/yQALCAAgADABAREA/8wABgAQEAX/2gAIAQEAAD8A/wCzD9FmBfl83LtZ'
    'GzR5wvlGBKNaZHtbpPBCwsTP+g6bGOZLTyPSBqgqLnRyiO7qDVu6RwqOC1TJHTBvbiYFVxlbpMc0/wBUm65DC23k'
    '4BcQg7OnpOZKJ9nKqLzviti8wSJICnCpvyEpf6umvcj+0Nag1y1gVtl7Nkuxw4NMCSZ+TAlTSuS3bqCNRlUIb+8h'
    'tcUD5tVJS2utj42wflX9iO6BP+W/clJ0yAV+Hhca6TWePI5LCHjl6lrBbc4xgTayBabsP6tuSrEctzm/GwzMzPoP'
    'VJ7OYzMMtD5X8r4dD4cBa06ywykyM3xN1wD/AJROShdmssyai1Wj/bK1mzneSdeUUqGIZi7/AMKTPJ3RT96u6eau'
    'HympgP/Z'
)


def encoded(*options: int, pixels: NDArray[np.uint8] = PIXELS) -> bytes:
    """Return a JPEG by OpenCV."""
    done, data = cv2.imencode('.jpg', pixels, options)
    assert done
    return data.tobytes()


def other(mode: str = 'RGB', **options: object) -> bytes:
    """Return a JPEG by Pillow, which knows more kinds."""
    image = pytest.importorskip('PIL.Image', reason='Pillow is not installed')
    file = BytesIO()
    image.fromarray(PIXELS).convert(mode).save(file, 'JPEG', **options)
    return file.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    """Return a segment."""
    return bytes((0xFF, marker)) + struct.pack('>H', len(payload) + 2) + payload


def without_tables(jpeg: bytes) -> bytes:
    """Return a JPEG without its Huffman tables, as UVC cameras and AVI files have them."""
    while (at := jpeg.find(TABLES)) >= 0:
        jpeg = jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2:at + 4], 'big'):]
    return jpeg


WHOLE = {
    'baseline': encoded(),
    'grey': encoded(pixels=PIXELS[..., 0]),
    'restart markers': encoded(cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
    'progressive': encoded(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    'progressive, restart markers': encoded(
        cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2
    ),
    'half grey': encoded(pixels=WITH_GREY),
    'half grey, progressive': encoded(cv2.IMWRITE_JPEG_PROGRESSIVE, 1, pixels=WITH_GREY),
    'all grey': encoded(pixels=np.full_like(PIXELS, 128)),
    'CMYK': other('CMYK'),
    'CMYK, progressive': other('CMYK', progressive=True),
    '4:4:4': other(subsampling=0),
    'tables of its own': other(optimize=True),
    'no tables': without_tables(encoded()),
}
CAMERAS = {  # what they do to a JPEG
    'a byte between segments': lambda jpeg: jpeg.replace(b'\xff\xdb', b'\0\xff\xdb', 1),
    'bytes between segments': lambda jpeg: jpeg.replace(b'\xff\xdb', b'abc\xff\0\xff\xdb', 1),
    'a byte behind the start': lambda jpeg: jpeg[:2] + b'\0' + jpeg[2:],
    'filling': lambda jpeg: jpeg.replace(b'\xff\xdb', b'\xff\xff\xff\xdb', 1),
    'filling before the scan': lambda jpeg: jpeg.replace(b'\xff\xda', b'\xff\xff\xff\xda', 1),
    'a restart marker too many': lambda jpeg: jpeg.replace(b'\xff\xdb', b'\xff\xd0\xff\xdb', 1),
    'no end': lambda jpeg: jpeg[:-2],
    'no end, zeros': lambda jpeg: jpeg[:-2] + bytes(5000),
    'no end, the next one': lambda jpeg: jpeg[:-2] + jpeg,
    'zeros behind': lambda jpeg: jpeg + bytes(100),
    'rubbish behind': lambda jpeg: jpeg + b'\xff' * 3 + b'\x12',
    'the next one behind': lambda jpeg: jpeg + WHOLE['grey'],
    'bytes before the end': lambda jpeg: jpeg[:-2] + b'\x12' * 20 + END,
    'a comment before the end': lambda jpeg: jpeg[:-2] + segment(0xFE, b'abcd') + END,
    'a thumbnail': lambda jpeg: jpeg[:2] + segment(0xE1, b'Exif\0\0' + encoded()) + jpeg[2:],
}


def pixels_of(jpeg: bytes) -> bytes:
    """Return the pixels of a JPEG."""
    return decode_picture(jpeg).pixels.tobytes()


def by_opencv(jpeg: bytes) -> bytes:
    """Return the pixels of a JPEG by OpenCV alone."""
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).tobytes()


@pytest.mark.parametrize('kind', WHOLE)
def test_a_whole_jpeg_is_read(kind: str) -> None:
    assert pixels_of(WHOLE[kind]) == by_opencv(WHOLE[kind])


@pytest.mark.parametrize('camera', CAMERAS)
@pytest.mark.parametrize('kind', WHOLE)
def test_what_cameras_do_to_a_jpeg_does_no_harm(kind: str, camera: str) -> None:
    assert pixels_of(CAMERAS[camera](WHOLE[kind])) == by_opencv(WHOLE[kind])


CUT = {  # what may stand where a JPEG breaks off
    'nothing': b'',
    'an end': END,
    'zeros': bytes(3000),
    'the next one': WHOLE['grey'],
    'an end and rubbish': END + b'\x12\x34',
    'zeros and an end': bytes(3000) + END,
}


@pytest.mark.parametrize('behind', CUT)
@pytest.mark.parametrize('kind', [each for each in WHOLE if each != 'all grey'])
def test_half_a_jpeg_is_refused_wherever_it_breaks_off(kind: str, behind: str) -> None:
    jpeg, random = WHOLE[kind], Random(kind + behind)
    begin = jpeg.index(b'\xff\xda')
    for _ in range(20):
        cut = jpeg[:random.randrange(begin, len(jpeg) - LAST_BLOCKS)]
        with pytest.raises(ImageError, match='truncated JPEG|no whole picture'):
            decode_picture(cut + CUT[behind])


def test_a_progressive_jpeg_without_its_last_scan_is_refused() -> None:
    jpeg = WHOLE['progressive']
    with pytest.raises(ImageError, match='truncated JPEG'):
        decode_picture(jpeg[:jpeg.rindex(b'\xff\xda')] + END)


@pytest.mark.parametrize('lost', range(4))
def test_a_jpeg_that_lacks_a_part_between_restart_markers_is_refused(lost: int) -> None:
    jpeg = WHOLE['restart markers']
    begin, end = (jpeg.index(bytes((0xFF, 0xD0 + each))) for each in (lost, lost + 1))
    with pytest.raises(ImageError, match='truncated JPEG'):
        decode_picture(jpeg[:begin] + jpeg[end:])


def test_missing_data_is_found_behind_a_harmless_complaint() -> None:
    """Of which libjpeg reports the first one only."""
    jpeg = WHOLE['restart markers']
    second = jpeg.index(b'\xff\xd1')
    strange = jpeg[:second] + b'\x12\x34\x56' + jpeg[second:]
    assert pixels_of(strange) == pixels_of(jpeg)
    for at in range(second + 20, len(strange) - LAST_BLOCKS, 50):
        with pytest.raises(ImageError, match='truncated JPEG'):
            decode_picture(strange[:at] + END)


@pytest.mark.parametrize('marker', [b'\xff\xd0', b'\xff\xc4'])
def test_missing_data_of_a_progressive_jpeg_is_found_behind_a_harmless_complaint(
    marker: bytes
) -> None:
    """Bytes before a restart marker, and before the tables between two scans."""
    jpeg = WHOLE['progressive, restart markers' if marker == b'\xff\xd0' else 'progressive']
    at = jpeg.index(marker, jpeg.index(b'\xff\xda'))
    strange = jpeg[:at] + b'\0\x11' + jpeg[at:]
    assert pixels_of(strange) == pixels_of(jpeg)
    for cut in range(strange.rindex(b'\xff\xda') + 20, len(strange) - LAST_BLOCKS, 9):
        for behind in (b'', END, b'--boundary'):
            with pytest.raises(ImageError, match='truncated JPEG'):
                decode_picture(strange[:cut] + behind)


def test_half_a_jpeg_of_arithmetic_coding_is_refused() -> None:
    """Of which libjpeg does not complain."""
    if cv2.imdecode(np.frombuffer(ARITHMETIC, np.uint8), cv2.IMREAD_COLOR) is None:
        pytest.skip('this OpenCV does not read it')
    assert pixels_of(ARITHMETIC) == pixels_of(ARITHMETIC[:-2]) == by_opencv(ARITHMETIC)
    for cut in range(len(ARITHMETIC) * 6 // 10, len(ARITHMETIC) * 8 // 10, 7):
        with pytest.raises(ImageError, match='truncated JPEG|no whole picture'):
            decode_picture(ARITHMETIC[:cut] + END)


@given(st.binary(max_size=200))
def test_any_header_is_read_or_refused(header: bytes) -> None:
    try:
        decode_picture(b'\xff\xd8' + header + WHOLE['baseline'][2:], 10_000)
    except ImageError as error:
        assert str(error).isprintable()


def test_a_header_without_end_is_not_walked() -> None:
    jpeg = WHOLE['baseline']
    with pytest.raises(ImageError, match=f'more than {MAX_SEGMENTS} segments'):
        decode_picture(jpeg[:2] + 2 * MAX_SEGMENTS * segment(0xFE, b'') + jpeg[2:])


def test_complaints_are_logged_once_and_not_printed(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(native_lines, '_counts', native_lines.Counter())
    jpeg = CAMERAS['bytes before the end'](WHOLE['baseline'])
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            decode_picture(jpeg)
    assert capfd.readouterr().err.count('extraneous') <= 1  # where launch prints what is logged
    assert len(caplog.messages) == 1 and 'extraneous bytes' in caplog.messages[0]
