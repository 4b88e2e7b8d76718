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

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.drawing import NO_ID_COLOR
from movenet_ros.core.drawing import PERSON_COLORS
from movenet_ros.core.labels import draw_labels
from movenet_ros.core.labels import Label
from movenet_ros.core.labels import text_color
from movenet_ros.core.labels import text_ink
import numpy as np
from numpy.typing import NDArray
import pytest

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]

WH = (640, 480)
BACKGROUND = 7  # which no blue of a label is


def label(box: Box, words: tuple[str, ...] = ('#1', '0.87'), points: int = 5) -> Label:
    """Return a label of a person whose keypoints fill its box."""
    left, top, right, bottom = box
    x, y = np.meshgrid(np.linspace(left, right, points), np.linspace(top, bottom, points))
    keypoints = np.column_stack([x.ravel(), y.ravel()])
    size = ((right - left) * (bottom - top)) ** 0.5
    return Label([*words], PERSON_COLORS[0], size, np.array(box), keypoints)


def drawn(*labels: Label, wh: tuple[int, int] = WH) -> NDArray[np.bool_]:
    """Return which pixels of an image labels cover."""
    canvas = np.full((wh[1], wh[0], 3), BACKGROUND, np.uint8)
    draw_labels(canvas, [*labels])
    return np.asarray(canvas[..., 0] != BACKGROUND)


def boxes_in(wh: tuple[int, int]) -> st.SearchStrategy[Box]:
    """Return boxes of people in an image, large and small."""
    return st.tuples(
        st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.02, 0.5), st.floats(0.05, 0.8)
    ).map(
        lambda it: (
            it[0] * wh[0],
            it[1] * wh[1],
            min(1.0, it[0] + it[2]) * wh[0],
            min(1.0, it[1] + it[3]) * wh[1],
        )
    )


@given(boxes_in(WH))
def test_a_label_lies_beside_its_person_where_there_is_room(box: Box) -> None:
    left, top, right, bottom = np.rint(box).astype(int)
    room = max(top, WH[1] - bottom) >= 24 or max(left, WH[0] - right) >= 100
    if room:
        assert not drawn(label(box))[top:bottom, left:right].any()


def test_a_person_who_fills_the_image_has_its_label_where_no_keypoint_is() -> None:
    keypoints = [(320, 240), (5, 5), (320, 5), (635, 5)]
    pixels = drawn(label((0, 0, *WH))._replace(keypoints=np.array(keypoints)))
    assert pixels.any()
    assert not any(pixels[y, x] for x, y in keypoints)


@given(st.lists(boxes_in((1280, 720)), min_size=2, max_size=6))
def test_labels_do_not_cover_one_another(boxes: list[Box]) -> None:
    """Six fit in any case: an image has many places for each."""
    labels = [label(each) for each in boxes]
    alone = [drawn(each, wh=(1280, 720)).sum() for each in labels]
    assert drawn(*labels, wh=(1280, 720)).sum() == sum(alone)


@given(boxes_in((200, 150)), boxes_in((200, 150)))
def test_a_label_stays_inside_a_small_image(one: Box, other: Box) -> None:
    """All of it: it has its rim on all four sides."""
    canvas = np.full((150, 200, 3), BACKGROUND, np.uint8)
    draw_labels(canvas, [label(one), label(other)])
    assert (canvas[..., 0] == 0).any()


@pytest.mark.parametrize('wh', [(32, 32), (64, 48), (90, 70), (1, 1)])
def test_an_image_without_room_has_no_label(wh: tuple[int, int]) -> None:
    assert not drawn(label((0, 0, *wh)), wh=wh).any()


def test_where_there_is_less_room_the_id_alone_is_written() -> None:
    wh, box = (140, 120), (60.0, 40.0, 100.0, 110.0)
    both, id_alone = drawn(label(box), wh=wh), drawn(label(box, ('#1',)), wh=wh)
    assert both.any()
    np.testing.assert_array_equal(both, id_alone)


def test_more_lines_lie_below_while_there_is_room() -> None:
    one = label((200, 200, 300, 400))
    both = drawn(one._replace(below=('waving',)))
    assert 1.8 < np.ptp(np.nonzero(both)[0]) / np.ptp(np.nonzero(drawn(one))[0]) < 2.3
    assert drawn(one._replace(words=[], below=('waving',))).any()
    long = one._replace(below=('x' * 100,))
    assert (drawn(long) == drawn(one)).all()


def test_without_words_there_is_no_label() -> None:
    assert not drawn(label((100, 100, 200, 300), ())).any()


def test_without_people_there_is_no_label() -> None:
    assert not drawn().any()


@pytest.mark.parametrize(
    ('wh', 'least', 'most'), [((320, 240), 9, 10), ((500, 333), 9, 10), ((3840, 2160), 36, 64)]
)
@pytest.mark.parametrize('share', [0.03, 0.3, 0.9])
def test_digits_are_as_high_as_can_be_read(
    wh: tuple[int, int], least: int, most: int, share: float
) -> None:
    """In pixels; a label has a third as much above and below."""
    height = share * wh[1]
    box = (0.5 * wh[0], 0.05 * wh[1], 0.5 * wh[0] + 0.4 * height, 0.05 * wh[1] + height)
    rows = np.flatnonzero(drawn(label(box), wh=wh).any(axis=1))
    assert least <= (rows.max() - rows.min() + 1) * 3 / 5 <= most + 2


@pytest.mark.parametrize('color', [*PERSON_COLORS, NO_ID_COLOR])
def test_text_has_the_contrast_that_reading_needs(color: tuple[int, int, int]) -> None:
    """WCAG 2 asks for 4.5."""

    def luminance(bgr: tuple[int, ...]) -> float:
        part = np.array(bgr) / 255
        linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.0722, 0.7152, 0.2126))

    dark, light = sorted([luminance(color), luminance(text_color(color))])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize('height', [9, 20, 60])
def test_a_zero_is_not_struck_through(height: int) -> None:
    ink = text_ink('0', height)
    rows, columns = np.nonzero(ink > 128)
    middle = ink[(rows.min() + rows.max()) // 2, (columns.min() + columns.max()) // 2]
    assert middle < 64


@pytest.mark.parametrize('height', [9, 12, 30])
def test_no_digit_looks_like_another(height: int) -> None:
    ink = {each: text_ink(each, height).astype(float) for each in '0123456789'}
    for a, b in combinations(ink, 2):
        width = min(ink[a].shape[1], ink[b].shape[1])
        apart = np.abs(ink[a][:, :width] - ink[b][:, :width]).sum()
        assert apart > 0.15 * max(ink[a].sum(), ink[b].sum())
