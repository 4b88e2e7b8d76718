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

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import struct

import cv2
from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import decode_picture
from movenet_ros.core.image import Order
from movenet_ros.core.image import read_picture
from movenet_ros.core.image import SourceImage
import numpy as np
from numpy.typing import NDArray
import pytest

Pixels = NDArray[np.uint8]

RED_RGB = (230, 20, 10)
EXIF_ORIENTATION = 0x0112


def quarters() -> Pixels:
    """Return 48x32 BGR whose quarters have four colours, so that every turn of it shows."""
    tiny = np.array([[[0, 0, 255], [0, 255, 0]], [[255, 0, 0], [255, 255, 255]]], np.uint8)
    return np.asarray(np.kron(tiny, np.ones((16, 24, 1), np.uint8)), np.uint8)


def encoded(suffix: str, pixels: Pixels, *options: int) -> bytes:
    """Return the bytes of a picture file."""
    done, data = cv2.imencode(suffix, pixels, options)
    assert done
    return data.tobytes()


def turned(jpeg: bytes, orientation: int) -> bytes:
    """Return a JPEG whose Exif segment holds how the camera was held."""
    entry = struct.pack('<HHIHH', EXIF_ORIENTATION, 3, 1, orientation, 0)
    payload = b'Exif\0\0II*\0' + struct.pack('<IH', 8, 1) + entry + bytes(4)
    return jpeg[:2] + b'\xff\xe1' + struct.pack('>H', len(payload) + 2) + payload + jpeg[2:]


def test_nothing_is_refused() -> None:
    with pytest.raises(ImageError, match='empty'):
        decode_picture(b'')


@given(st.binary(min_size=1, max_size=200))
def test_rubbish_is_refused(rubbish: bytes) -> None:
    with pytest.raises(ImageError):
        decode_picture(rubbish)


def test_what_is_no_picture_is_named_by_its_first_bytes() -> None:
    with pytest.raises(ImageError, match='no JPEG, .* picture .7 bytes .*52 75 62 62'):
        decode_picture(b'Rubbish')


@pytest.mark.parametrize('suffix', ['.png', '.jpg', '.bmp', '.webp'])
def test_colours_are_those_of_the_file(suffix: str) -> None:
    red_bgr = np.full((16, 16, 3), RED_RGB[::-1], np.uint8)
    rgb = decode_picture(encoded(suffix, red_bgr)).as_rgb()
    np.testing.assert_allclose(rgb[8, 8].astype(int), RED_RGB, atol=6)


@pytest.mark.parametrize(
    'pixels',
    [
        np.full((5, 6), 200, np.uint8),
        np.full((5, 6), 200 * 257, np.uint16),
        np.full((5, 6, 3), 200 * 257, np.uint16),
        np.full((5, 6, 4), 200, np.uint8),
    ],
    ids=['grey', '16-bit grey', '16-bit colour', 'with alpha'],
)
def test_every_kind_of_png_becomes_8_bit_colour(pixels: Pixels) -> None:
    picture = decode_picture(encoded('.png', pixels))
    np.testing.assert_array_equal(picture.as_rgb(), np.full((5, 6, 3), 200, np.uint8))


UPRIGHT: dict[int, Callable[[Pixels], Pixels]] = {  # what undoes each way of holding the camera
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image[::-1, ::-1].transpose(1, 0, 2),
    8: lambda image: np.rot90(image, 1),
}


@pytest.mark.parametrize('orientation', UPRIGHT)
def test_an_exif_orientation_is_applied(orientation: int) -> None:
    stored = encoded('.jpg', quarters(), cv2.IMWRITE_JPEG_QUALITY, 100)
    shown = decode_picture(turned(stored, orientation)).as_bgr()
    expected = UPRIGHT[orientation](quarters())
    assert shown.shape == expected.shape
    assert np.median(np.abs(shown.astype(int) - expected)) < 5


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / 'a picture.png'
    path.write_bytes(encoded('.png', quarters()))
    np.testing.assert_array_equal(read_picture(path).as_bgr(), quarters())


def test_a_missing_file_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r'cannot read .*gone\.png: No such file'):
        read_picture(tmp_path / 'gone.png')


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match='Is a directory'):
        read_picture(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason='root may read everything')
def test_a_file_that_may_not_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / 'secret.png'
    path.write_bytes(encoded('.png', quarters()))
    path.chmod(0)
    with pytest.raises(ImageError, match='Permission denied'):
        read_picture(path)


@pytest.mark.parametrize(
    ('shape', 'order'),
    [
        ((4, 5), 'rgb'),
        ((4, 5, 3), 'mono'),
        ((4, 5, 1), 'mono'),
        ((4, 5, 4), 'bgr'),
        ((4, 5, 3), 'rgba'),
        ((0, 5, 3), 'rgb'),
        ((4, 0), 'mono'),
        ((5,), 'mono'),
        ((1, 4, 5, 3), 'rgb'),
    ],
)
def test_pixels_and_order_must_belong_together(shape: tuple[int, ...], order: Order) -> None:
    with pytest.raises(ImageError):
        SourceImage(np.zeros(shape, np.uint8), order)


@pytest.mark.parametrize('dtype', [np.uint16, np.float32, np.int8, np.bool_])
def test_only_8_bit_pixels_are_taken(dtype: type) -> None:
    with pytest.raises(ImageError, match=np.dtype(dtype).name):
        SourceImage(np.zeros((4, 5, 3), dtype), 'rgb')


def test_the_size_is_width_before_height() -> None:
    assert SourceImage(np.zeros((4, 5, 3), np.uint8), 'rgb').wh == (5, 4)


def in_order(order: Order) -> SourceImage:
    """Return a red picture."""
    channels = {'r': RED_RGB[0], 'g': RED_RGB[1], 'b': RED_RGB[2], 'a': 77}
    return SourceImage(np.full((4, 5, len(order)), [channels[c] for c in order], np.uint8), order)


@pytest.mark.parametrize('order', ['rgb', 'bgr', 'rgba', 'bgra'])
def test_rgb_is_rgb_from_any_order(order: Order) -> None:
    assert in_order(order).as_rgb()[3, 4].tolist() == list(RED_RGB)


@pytest.mark.parametrize('order', ['rgb', 'bgr', 'rgba', 'bgra'])
def test_bgr_is_bgr_from_any_order(order: Order) -> None:
    assert in_order(order).as_bgr()[3, 4].tolist() == list(RED_RGB[::-1])


@pytest.mark.parametrize('order', ['rgb', 'bgr', 'rgba', 'bgra'])
def test_the_grey_of_a_colour_is_the_same_from_any_order(order: Order) -> None:
    red, green, blue = RED_RGB
    assert in_order(order).as_grey()[3, 4] == round(0.299 * red + 0.587 * green + 0.114 * blue)


def test_grey_is_grey_already() -> None:
    grey = SourceImage(np.full((4, 5), 90, np.uint8), 'mono')
    assert np.shares_memory(grey.as_grey(), grey.pixels)


def test_grey_has_three_equal_channels() -> None:
    grey = SourceImage(np.full((4, 5), 90, np.uint8), 'mono')
    assert grey.as_rgb()[3, 4].tolist() == grey.as_bgr()[3, 4].tolist() == [90, 90, 90]


@pytest.mark.parametrize('order', ['rgb', 'rgba', 'bgra'])
def test_turning_to_bgr_leaves_the_picture_alone(order: Order) -> None:
    image = in_order(order)
    image.as_bgr()[:] = 0
    np.testing.assert_array_equal(image.pixels, in_order(order).pixels)


def test_bgr_is_not_copied_without_need() -> None:
    image = in_order('bgr')
    assert np.shares_memory(image.as_bgr(), image.pixels)


def test_rgb_is_not_copied_without_need() -> None:
    image = in_order('rgb')
    assert np.shares_memory(image.as_rgb(), image.pixels)


def test_a_picture_of_just_the_limit_is_read() -> None:
    assert decode_picture(encoded('.png', quarters()), 48 * 32).wh == (48, 32)


def test_a_picture_above_the_limit_is_refused_with_size_limit_and_fix() -> None:
    with pytest.raises(ImageError, match='48x32 pixels, more than image.max_pixels = 1535'):
        decode_picture(encoded('.png', quarters()), 48 * 32 - 1)


def test_what_opencv_says_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def imdecode(*_: object) -> None:
        error = cv2.error('')
        error.err = 'Insufficient\nmemory'
        raise error

    monkeypatch.setattr(cv2, 'imdecode', imdecode)
    with pytest.raises(ImageError, match='OpenCV rejects: Insufficient memory$'):
        decode_picture(encoded('.png', quarters()))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'a.png')
    with pytest.raises(ImageError, match='it is no file'):
        read_picture(tmp_path / 'a.png')


def test_a_file_larger_than_any_picture_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / 'a.png').open('wb') as file:
        file.truncate(10**12)
    with pytest.raises(ImageError, match='1000000000000 bytes are too many'):
        read_picture(tmp_path / 'a.png')
