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

"""16-bit images: what a camera of fewer bits sends is seen, and a whole range stays as it is."""

from __future__ import annotations

import cv2
from movenet_ros.core.bit_depth import to_8_bit
from movenet_ros.core.image import decode_picture
from movenet_ros.core.image import SourceImage
import numpy as np
from numpy.typing import NDArray
import pytest

Pixels = NDArray[np.uint8]


@pytest.fixture(scope='module')
def grey(astronaut: SourceImage) -> Pixels:
    """Give a photo of one channel, with all values from 0 to 255."""
    small = cv2.resize(cv2.cvtColor(astronaut.as_bgr(), cv2.COLOR_BGR2GRAY), (160, 120))
    return np.asarray(cv2.normalize(small, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


def difference(a: Pixels, b: Pixels) -> int:
    """Return the greatest difference of two pictures' values."""
    return int(np.abs(a.astype(int) - b).max())


@pytest.mark.parametrize('bits', [10, 11, 12, 13, 14])
def test_what_few_bits_hold_is_seen(grey: Pixels, bits: int) -> None:
    assert difference(to_8_bit(grey.astype(np.uint16) << (bits - 8)), grey) <= 8


@pytest.mark.parametrize('offset', [0, 2900, 7200, 30_000, 65_000])
def test_a_few_hundred_steps_anywhere_are_seen(grey: Pixels, offset: int) -> None:
    assert difference(to_8_bit(offset + grey.astype(np.uint16)), grey) <= 8


def test_the_whole_range_stays_as_it_is(grey: Pixels) -> None:
    assert difference(to_8_bit(grey.astype(np.uint16) * 257), grey) <= 1


@pytest.mark.parametrize('shape', [(120, 160), (120, 160, 3), (120, 160, 4)])
def test_all_shapes_are_scaled_alike(grey: Pixels, shape: tuple[int, ...]) -> None:
    wide = np.broadcast_to(grey.reshape(120, 160, *[1] * (len(shape) - 2)), shape)
    scaled = to_8_bit(wide.astype(np.uint16) << 2)
    assert scaled.shape == shape and difference(scaled, wide) <= 8


def test_alpha_is_no_part_of_the_range(grey: Pixels) -> None:
    opaque = np.dstack([grey.astype(np.uint16) << 2] * 3 + [np.full_like(grey, 65535, np.uint16)])
    assert difference(to_8_bit(opaque)[..., 0], grey) <= 8


def test_the_byte_order_does_not_matter(grey: Pixels) -> None:
    little = grey.astype('<u2') << 4
    np.testing.assert_array_equal(to_8_bit(little.astype('>u2')), to_8_bit(little))


@pytest.mark.parametrize('value', [0, 700, 65535])
def test_one_value_stays_as_it_is(value: int) -> None:
    assert difference(to_8_bit(np.full((9, 7), value, np.uint16)), value // 257) <= 1


def test_the_noise_of_a_covered_lens_stays_dark() -> None:
    noise = np.random.default_rng(1).normal(64, 3, (120, 160)).astype(np.uint16)
    assert to_8_bit(noise).std() < 20


def test_dead_pixels_do_not_set_the_range(grey: Pixels) -> None:
    image = 7200 + grey.astype(np.uint16)
    image[::50, ::50], image[25::50, 25::50] = 0, 65535
    assert np.percentile(np.abs(to_8_bit(image).astype(int) - grey), 99) <= 8


def test_the_brightness_does_not_jump_between_two_images(grey: Pixels) -> None:
    before = None
    for widest in np.geomspace(2000, 65535, 200):
        now = to_8_bit((grey * (widest / 255)).astype(np.uint16))
        assert before is None or difference(now, before) <= 12
        before = now


@pytest.mark.parametrize('suffix', ['.png', '.tiff'])
def test_a_picture_of_few_bits_is_seen(grey: Pixels, suffix: str) -> None:
    done, data = cv2.imencode(suffix, grey.astype(np.uint16) << 2)
    assert done and difference(decode_picture(data.tobytes()).pixels[..., 0], grey) <= 8
