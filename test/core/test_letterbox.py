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

import cv2
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.image import Order
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
import numpy as np
from numpy.typing import NDArray
import pytest

EXTREMES = [(3000, 10), (10, 3000), (1, 1), (2, 1), (1, 5000), (641, 479)]
COLOR_RGB = (250, 128, 5)

sides = st.integers(1, 5000)
sizes = st.tuples(sides, sides)
input_sizes = st.integers(4, 32).map(lambda n: 32 * n)


def drawn(canvas_rgb: NDArray[np.uint8], order: Order) -> SourceImage:
    """Bring an RGB picture into another order of channels."""
    alpha = np.full((*canvas_rgb.shape[:2], 1), 99, np.uint8)
    pixels = {
        'rgb': canvas_rgb,
        'bgr': canvas_rgb[..., ::-1],
        'rgba': np.concatenate([canvas_rgb, alpha], axis=2),
        'bgra': np.concatenate([canvas_rgb[..., ::-1], alpha], axis=2),
        'mono': canvas_rgb[..., 0],
    }[order]
    return SourceImage(np.ascontiguousarray(pixels), order)


@given(sizes, input_sizes)
@example((3000, 10), 256)
@example((1, 1), 128)
def test_the_longer_side_is_the_input_size_and_the_other_padded_to_a_multiple_of_32(
    image_wh: tuple[int, int], input_size: int
) -> None:
    letterbox = Letterbox.fit(image_wh, input_size, 32)
    assert max(letterbox.input_wh) == input_size
    for padded, content in zip(letterbox.input_wh, letterbox.content_wh):
        assert padded % 32 == 0
        assert 0 <= padded - content < 32


@given(sizes, input_sizes)
def test_the_aspect_ratio_is_kept_to_half_a_pixel(
    image_wh: tuple[int, int], input_size: int
) -> None:
    content_wh = Letterbox.fit(image_wh, input_size, 32).content_wh
    scale = input_size / max(image_wh)
    for content, side in zip(content_wh, image_wh):
        assert content == 1 or abs(content - side * scale) <= 0.5


@given(sizes, input_sizes, st.data())
def test_to_image_undoes_to_input(
    image_wh: tuple[int, int], input_size: int, draw: st.DataObject
) -> None:
    letterbox = Letterbox.fit(image_wh, input_size, 32)
    inside = st.tuples(*(st.floats(-0.5 * side, 1.5 * side) for side in image_wh))
    points = np.array(draw.draw(st.lists(inside, min_size=1, max_size=5)))
    there_and_back = letterbox.to_image(letterbox.to_input(points))
    np.testing.assert_allclose(there_and_back, points, rtol=1e-5, atol=1e-5 * max(image_wh))


@given(sizes, input_sizes)
def test_the_corner_of_the_image_is_the_corner_of_its_content(
    image_wh: tuple[int, int], input_size: int
) -> None:
    letterbox = Letterbox.fit(image_wh, input_size, 32)
    corner = letterbox.to_input(np.array(image_wh, np.float64))
    np.testing.assert_allclose(corner, letterbox.content_wh, rtol=1e-5)


@pytest.mark.parametrize('order', ['rgb', 'bgr', 'rgba', 'bgra', 'mono'])
@pytest.mark.parametrize('image_wh', [(1280, 720), (480, 640), (641, 479), (200, 200), (64, 48)])
def test_a_drawn_square_lands_where_to_input_says(
    image_wh: tuple[int, int], order: Order
) -> None:
    letterbox = Letterbox.fit(image_wh, 256, 32)
    corners = np.floor(np.array([[0.25, 0.5], [0.5, 0.75]]) * image_wh)
    (left, top), (right, bottom) = corners.astype(int).tolist()
    canvas_rgb = np.zeros((image_wh[1], image_wh[0], 3), np.uint8)
    canvas_rgb[top:bottom, left:right] = COLOR_RGB

    batch = letterbox.apply(drawn(canvas_rgb, order))[0]

    weights = batch[..., 0] / batch[..., 0].sum()
    rows, columns = np.indices(weights.shape) + 0.5  # the middles of pixels
    center = np.array([(weights * columns).sum(), (weights * rows).sum()])
    expected = letterbox.to_input(corners.mean(axis=0))
    np.testing.assert_allclose(center, expected, atol=0.3)  # shrinking skips pixels


@pytest.mark.parametrize('order', ['rgb', 'bgr', 'rgba', 'bgra', 'mono'])
def test_the_input_is_rgb_whatever_came_in(order: Order) -> None:
    canvas_rgb = np.full((30, 40, 3), COLOR_RGB, np.uint8)
    batch = Letterbox.fit((40, 30), 128, 32).apply(drawn(canvas_rgb, order))
    expected = (COLOR_RGB[0],) * 3 if order == 'mono' else COLOR_RGB
    assert tuple(batch[0, 5, 5]) == expected


@pytest.mark.parametrize('image_wh', [*EXTREMES, (1280, 720)])
def test_content_fills_its_part_and_the_rest_is_black(image_wh: tuple[int, int]) -> None:
    letterbox = Letterbox.fit(image_wh, 256, 32)
    batch = letterbox.apply(SourceImage(np.full(image_wh[::-1], 200, np.uint8), 'mono'))
    expected = np.zeros((1, letterbox.input_wh[1], letterbox.input_wh[0], 3), np.uint8)
    expected[:, : letterbox.content_wh[1], : letterbox.content_wh[0]] = 200
    assert (batch.shape, batch.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(batch, expected)


@pytest.mark.parametrize('order', ['rgb', 'bgra', 'mono'])
@pytest.mark.parametrize('image_wh', [(640, 480), (61, 47)])
def test_rows_with_padding_behind_them_make_no_difference(
    image_wh: tuple[int, int], order: Order
) -> None:
    width, height = image_wh
    random = np.random.default_rng(1)
    whole = drawn(random.integers(0, 256, (height, width, 3), np.uint8), order)
    step = np.full((height, width + 11, *whole.pixels.shape[2:]), 255, np.uint8)
    step[:, :width] = whole.pixels
    view = SourceImage(step[:, :width], order)
    letterbox = Letterbox.fit(image_wh, 256, 32)
    np.testing.assert_array_equal(letterbox.apply(view), letterbox.apply(whole))


def test_a_read_only_buffer_will_do() -> None:
    pixels = np.frombuffer(bytes(range(48)), np.uint8).reshape(4, 4, 3)
    assert Letterbox.fit((4, 4), 128, 32).apply(SourceImage(pixels, 'bgr')).any()


def test_a_mirrored_view_is_mirrored(astronaut: SourceImage) -> None:
    view = astronaut.pixels[:, ::-1]
    copied = SourceImage(np.ascontiguousarray(view), 'rgb')
    letterbox = Letterbox.fit(astronaut.wh, 256, 32)
    of_view, of_copy = letterbox.apply(SourceImage(view, 'rgb')), letterbox.apply(copied)
    np.testing.assert_allclose(of_view, of_copy, atol=1)


def test_the_image_stays_as_it_was() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (60, 80, 3), np.uint8)
    before = pixels.copy()
    Letterbox.fit((80, 60), 128, 32).apply(SourceImage(pixels, 'bgr'))
    np.testing.assert_array_equal(pixels, before)


def test_an_image_of_the_input_size_passes_unchanged(astronaut: SourceImage) -> None:
    small = cv2.resize(astronaut.pixels, (256, 192))
    batch = Letterbox.fit((256, 192), 256, 32).apply(SourceImage(small, 'rgb'))
    np.testing.assert_array_equal(batch[0], small)


@pytest.mark.parametrize('image_wh', [(0, 480), (640, 0), (-1, 5)])
def test_a_size_without_pixels_is_refused(image_wh: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match='an image of'):
        Letterbox.fit(image_wh, 256, 32)


@pytest.mark.parametrize('input_size', [0, 31, 100, -32])
def test_an_input_size_that_the_model_does_not_take_is_refused(input_size: int) -> None:
    with pytest.raises(ValueError, match=f'{input_size} is not a multiple of 32'):
        Letterbox.fit((640, 480), input_size, 32)


def test_an_image_of_another_size_is_refused() -> None:
    image = SourceImage(np.zeros((480, 640), np.uint8), 'mono')
    with pytest.raises(ValueError, match=r'\(640, 480\).*\(320, 240\)'):
        Letterbox.fit((320, 240), 256, 32).apply(image)
