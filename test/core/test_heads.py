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
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.backends.recorded import heads_of
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.heads import CROP_HEADS
from movenet_ros.core.heads import each_input
from movenet_ros.core.heads import FAINT
from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.heads import people_in_crop
from movenet_ros.core.heads import people_in_image
from movenet_ros.core.heads import REACH
from movenet_ros.core.heads import SOFTENING
from movenet_ros.core.heads import STRIDE
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import ARRAYS
from movenet_ros.core.poses import Poses
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]
Answer = Callable[[Letterbox, Poses], NDArray[np.float32]]
Heads = dict[str, Any]

WH = (384, 288)
SHAPE = (1, 288, 384, 3)
LETTERBOX = Letterbox(WH, WH, WH)
CELLS = (WH[1] // STRIDE, WH[0] // STRIDE)


@pytest.fixture
def render(answer: Answer) -> Callable[..., Heads]:
    """Return a function that makes the heads of people, ``(n, maps, H / 4, W / 4)``."""

    def make(poses: Poses, shape: tuple[int, ...] = SHAPE) -> Heads:
        wh = (shape[2], shape[1])
        return {**heads_of(answer(Letterbox(wh, wh, wh), poses)[0], shape)}

    return make


Render = Callable[..., Heads]


def in_image(heads: Heads, least_score: float = 0.1, most: int = 30) -> Poses:
    """Decode the heads of one image."""
    shape = (1, *(STRIDE * side for side in heads['center'].shape[2:]), 3)
    return people_in_image(each_input(heads, IMAGE_HEADS, shape)[0], least_score, most)


def in_crop(heads: Heads) -> Poses:
    """Decode the heads of one crop."""
    shape = (1, *(STRIDE * side for side in heads['center'].shape[2:]), 3)
    return people_in_crop(each_input(heads, CROP_HEADS, shape)[0])


def noise(seed: int, people: int = 5) -> Heads:
    """Make heads of noise with some peaks, as no network gives them: all that can happen does."""
    random = np.random.default_rng(seed)
    heads = {
        name: random.normal(0, 3, (1, maps, *CELLS)).astype(np.float32)
        for name, maps in IMAGE_HEADS.items()
    }
    heads['kpt_heatmap'] = (random.random((1, 17, *CELLS)) ** 20).astype(np.float32)
    heads['box_scale'] = random.uniform(2, 80, heads['box_scale'].shape).astype(np.float32)
    heads['center'] = np.zeros((1, 1, *CELLS), np.float32)
    for i in range(people):
        y, x = random.integers(CELLS)
        heads['center'][0, 0, y, x] = 0.5 + 0.01 * i
    return heads


def searched(
    heads: Heads, y: int, x: int, rate: Callable[[Any, Any], Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """
    Search all cells for the keypoints of the peak in one cell.

    :param rate: of the heat and the distance of a cell.
    :return: places in pixels, rate and heat of each keypoint.
    """
    rows, columns = np.mgrid[:CELLS[0], :CELLS[1]]
    found = []
    for i in range(17):
        to_y, to_x = heads['kpt_regress'][0, 2 * i:2 * i + 2, y, x]
        heat = heads['kpt_heatmap'][0, i].astype(np.float64)
        rates = rate(heat, np.hypot(rows - y - to_y, columns - x - to_x))
        best = np.unravel_index(rates.argmax(), CELLS)
        down, right = heads['kpt_offset'][0, 2 * i:2 * i + 2, best[0], best[1]]
        place = (STRIDE * (best[1] + right), STRIDE * (best[0] + down))
        found.append((place, rates[best], heat[best]))
    places, rated, heats = zip(*found)
    return np.array(places), np.array(rated), np.array(heats)


# images


@pytest.mark.parametrize('what', ['keypoints', 'boxes_xyxy', 'scores', 'keypoint_scores'])
def test_people_come_back(people_at: PeopleAt, render: Render, what: str) -> None:
    people = people_at((60, 100, 150), (180.3, 120.7, 200), (300, 200, 40.9))
    found = in_image(render(people))
    np.testing.assert_allclose(getattr(found, what), getattr(people, what), atol=1e-3)


def test_eight_people_side_by_side_are_eight(people_at: PeopleAt, render: Render) -> None:
    people = people_at(*((24 + 48 * i, 144, 120) for i in range(8)))
    found = in_image(render(people))
    np.testing.assert_allclose(sorted(found.boxes_xyxy[:, 0]), people.boxes_xyxy[:, 0], atol=0.01)


@pytest.mark.parametrize('most', [1, 3, 8])
def test_the_best_come_first_and_at_most_so_many(
    people_at: PeopleAt, render: Render, most: int
) -> None:
    scores = np.array([0.3, 0.8, 0.5, 0.2, 0.7, 0.4, 0.6, 0.35])
    people = people_at(*((24 + 48 * i, 144, 120) for i in range(8)))
    heads = render(Poses(**{**vars(people), 'scores': scores}))
    np.testing.assert_allclose(in_image(heads, 0.1, most).scores, sorted(scores)[::-1][:most])


def test_of_people_below_a_score_nobody_is_returned(people_at: PeopleAt, render: Render) -> None:
    heads = render(people_at((100, 100, 150), score=0.3))
    assert (len(in_image(heads, 0.29)), len(in_image(heads, 0.31))) == (1, 0)


def test_one_person_with_two_peaks_is_one(people_at: PeopleAt, render: Render) -> None:
    one = people_at((200, 150, 240))
    twice = {name: np.repeat(getattr(one, name), 2, axis=0) for name, *_ in ARRAYS}
    heads = render(Poses(**twice))
    assert np.count_nonzero(heads['center']) == 2
    assert len(in_image(heads)) == 1


def test_two_people_close_to_each_other_are_two(people_at: PeopleAt, render: Render) -> None:
    assert len(in_image(render(people_at((180, 150, 240), (230, 150, 240))))) == 2


def test_of_equal_peaks_side_by_side_both_are_looked_at(render: Render) -> None:
    heads = noise(0, people=0)
    heads['center'][0, 0, 20, 20:22] = 0.5
    assert len(in_image(heads, 0.0)) == 2


def test_without_a_peak_there_is_nobody() -> None:
    heads = noise(1, people=0)
    heads['center'][:] = 0.01
    assert len(in_image(heads, 0.0)) == len(in_crop(heads)) == 0


def test_a_peak_without_keypoints_is_nobody_with_a_score() -> None:
    heads = noise(2)
    heads['kpt_heatmap'][:] = 0
    assert len(in_image(heads, 0.01)) == 0
    assert in_crop(heads).scores.tolist() == [0] * 5


@given(st.integers(0, 10**6))
def test_a_keypoint_that_is_seen_is_the_one_that_a_search_of_all_cells_finds(seed: int) -> None:
    heads = noise(seed, people=1)
    ((y, x),) = np.argwhere(heads['center'][0, 0])
    reach = REACH * heads['box_scale'][0, :, y, x].max()
    variance = max(2.0, reach**2)
    places, rated, _ = searched(heads, y, x, lambda heat, d: heat * np.exp(-(d**2) / variance))
    for found in in_image(heads, 0.0).keypoints:
        seen = rated > FAINT
        np.testing.assert_allclose(found[seen], places[seen], atol=1e-3)


@given(st.integers(0, 10**6))
def test_a_keypoint_that_is_not_seen_is_where_the_regression_expects_it(seed: int) -> None:
    heads = noise(seed, people=1)
    heads['kpt_heatmap'] = np.minimum(heads['kpt_heatmap'], 0.9 * FAINT)
    heads['kpt_heatmap'][0, 0] = 1.0
    ((y, x),) = np.argwhere(heads['center'][0, 0])
    (found,) = in_image(heads, 0.0).keypoints
    down_right = heads['kpt_regress'][0, :, y, x].reshape(17, 2)
    expected = STRIDE * (down_right[:, ::-1] + (x, y) + 0.5)
    np.testing.assert_allclose(found[1:], expected[1:], atol=1e-3)


@given(st.integers(0, 10**6))
def test_scores_are_between_0_and_1_and_boxes_are_upright(seed: int) -> None:
    heads = noise(seed)
    for found in (in_image(heads, 0.0), in_crop(heads)):
        for scores in (found.scores, found.keypoint_scores):
            assert ((scores >= 0) & (scores <= 1)).all()
        assert (found.boxes_xyxy[:, 2:] >= found.boxes_xyxy[:, :2]).all()


@pytest.mark.parametrize('more', [(0, 32), (32, 0), (96, 96)])
def test_more_padding_changes_nobody(
    people_at: PeopleAt, render: Render, more: tuple[int, int]
) -> None:
    heads = render(people_at((60, 100, 150), (300, 144, 200)))
    rows, columns = (side // STRIDE for side in more)
    padded = {
        name: np.pad(maps, ((0, 0), (0, 0), (0, rows), (0, columns)))
        for name, maps in heads.items()
    }
    np.testing.assert_array_equal(in_image(padded).keypoints, in_image(heads).keypoints)


# crops


@given(st.integers(0, 10**6))
def test_in_a_crop_a_keypoint_is_where_a_search_finds_it(seed: int) -> None:
    heads = noise(seed, people=1)
    ((y, x),) = np.argwhere(heads['center'][0, 0])
    places, _, heats = searched(heads, y, x, lambda heat, d: heat / (d + SOFTENING))
    (found,), (scores,) = in_crop(heads).keypoints, in_crop(heads).keypoint_scores
    np.testing.assert_allclose(found, places, atol=1e-3)
    np.testing.assert_allclose(scores, heats, atol=1e-6)


def test_the_people_in_a_crop_come_back(people_at: PeopleAt, render: Render) -> None:
    people = people_at((190, 100, 120), (112, 112, 180))
    found = in_crop(render(people, (1, 224, 224, 3)))
    np.testing.assert_allclose(found.keypoints, people.keypoints, atol=1e-3)


def test_the_box_of_a_person_in_a_crop_is_that_of_the_keypoints(
    people_at: PeopleAt, render: Render
) -> None:
    (box,) = in_crop(render(people_at((112, 112, 180)), (1, 224, 224, 3))).boxes_xyxy
    keypoints = people_at((112, 112, 180)).keypoints[0]
    np.testing.assert_allclose(box, [*keypoints.min(axis=0), *keypoints.max(axis=0)], atol=1e-3)


# what no network of ours gives


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('name', IMAGE_HEADS)
def test_heads_that_are_no_numbers_are_refused(name: str, value: float) -> None:
    heads = noise(3)
    heads[name][:] = value
    with pytest.raises(InferenceError, match='NaN or infinity'):
        in_image(heads, 0.0)
    if name in CROP_HEADS:
        with pytest.raises(InferenceError, match='NaN or infinity'):
            in_crop(heads)


@pytest.mark.parametrize('name', ['center', 'kpt_heatmap'])
def test_one_cell_that_is_no_number_is_enough(name: str) -> None:
    heads = noise(4)
    heads[name][0, 0, 7, 5] = np.nan
    with pytest.raises(InferenceError, match='NaN or infinity'):
        in_image(heads)


@pytest.mark.parametrize('name', IMAGE_HEADS)
@pytest.mark.parametrize('axis', range(4))
def test_heads_of_another_shape_are_refused_with_both(name: str, axis: int) -> None:
    heads = noise(5)
    heads[name] = np.repeat(heads[name], 2, axis=axis)
    with pytest.raises(InferenceError, match=name) as caught:
        each_input(heads, IMAGE_HEADS, SHAPE)
    assert str(heads[name].shape) in str(caught.value)


def test_the_heads_stay_as_they_were() -> None:
    heads, before = noise(6), noise(6)
    in_image(heads, 0.0)
    in_crop(heads)
    for name, maps in heads.items():
        np.testing.assert_array_equal(maps, before[name])
