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

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.pose_model import Prepared
from movenet_ros.core.poses import Poses
from movenet_ros.model.movenet import MultiPose
import numpy as np
from numpy.typing import NDArray
import pytest

MakePeople = Callable[[tuple[int, int], int], Poses]
Answer = Callable[[Letterbox, Poses], NDArray[np.float32]]

PORTRAIT, LANDSCAPE = (1080, 1920), (1280, 720)
SHAPES = [PORTRAIT, LANDSCAPE, (641, 479), (479, 641), (640, 640), (3000, 10), (1, 1)]
LETTERBOX = Letterbox.fit((640, 480), 256, 32)


def decode(
    output: NDArray[np.float32], letterbox: Letterbox, threshold: float, max_people: int = 6
) -> Poses:
    """Turn an output into people."""
    prepared = Prepared({}, letterbox)
    return MultiPose(256, threshold, max_people).decode({'output_0': output}, prepared)


@pytest.mark.parametrize('input_size', [128, 256, 384, 1024])
@pytest.mark.parametrize('image_wh', SHAPES)
@pytest.mark.parametrize('what', ['keypoints', 'boxes_xyxy'])
def test_people_come_back_at_their_pixels(
    make_people: MakePeople,
    answer: Answer,
    image_wh: tuple[int, int],
    input_size: int,
    what: str,
) -> None:
    letterbox = Letterbox.fit(image_wh, input_size, 32)
    people = make_people(image_wh, 3)
    found = decode(answer(letterbox, people), letterbox, 0.25)
    tolerance = 1e-5 * max(image_wh)
    np.testing.assert_allclose(getattr(found, what), getattr(people, what), atol=tolerance)


@pytest.mark.parametrize('what', ['scores', 'keypoint_scores'])
def test_scores_come_back(make_people: MakePeople, answer: Answer, what: str) -> None:
    people = make_people((640, 480), 6)
    found = decode(answer(LETTERBOX, people), LETTERBOX, 0.25)
    np.testing.assert_allclose(getattr(found, what), getattr(people, what))


def test_fractions_are_y_before_x_of_the_padded_input() -> None:
    letterbox = Letterbox.fit((1280, 720), 256, 32)  # content 256x144, padded to 256x160
    output = np.zeros((1, 6, 56), np.float32)
    output[0, 0, [0, 1, 55]] = 72 / 160, 64 / 256, 0.9
    nose = decode(output, letterbox, 0.5).keypoints[0, 0]
    np.testing.assert_allclose(nose, [320, 360], rtol=1e-5)


def test_the_best_comes_first(make_people: MakePeople, answer: Answer) -> None:
    output = answer(LETTERBOX, make_people((640, 480), 6))
    shuffled = output[:, [3, 0, 5, 1, 4, 2]]
    found, expected = decode(shuffled, LETTERBOX, 0.0), decode(output, LETTERBOX, 0.0)
    np.testing.assert_array_equal(found.keypoints, expected.keypoints)


def test_of_equal_people_the_order_stays(make_people: MakePeople, answer: Answer) -> None:
    output = answer(LETTERBOX, make_people((640, 480), 6))
    output[0, :, -1] = 0.5
    people = make_people((640, 480), 6)
    found = decode(output, LETTERBOX, 0.0)
    np.testing.assert_allclose(found.keypoints, people.keypoints, atol=0.01)


@given(st.floats(0, 1, width=32))
def test_people_below_the_threshold_are_dropped_and_no_others(threshold: float) -> None:
    scores = np.array([0.0, 0.1, 0.3, 0.5, 0.7, 1.0], np.float32)
    output = np.zeros((1, 6, 56), np.float32)
    output[0, :, -1] = scores
    found = decode(output, LETTERBOX, threshold)
    assert sorted(found.scores) == [score for score in scores if score >= threshold]


def test_a_threshold_of_0_keeps_all() -> None:
    assert len(decode(np.zeros((1, 6, 56), np.float32), LETTERBOX, 0.0)) == 6


def test_a_threshold_above_all_leaves_no_people(make_people: MakePeople, answer: Answer) -> None:
    output = answer(LETTERBOX, make_people((640, 480), 6))
    assert len(decode(output, LETTERBOX, 1.0)) == 0


@pytest.mark.parametrize('max_people', range(1, 7))
def test_at_most_so_many_are_kept_and_they_are_the_best(
    make_people: MakePeople, answer: Answer, max_people: int
) -> None:
    people = make_people((640, 480), 6)
    found = decode(answer(LETTERBOX, people)[:, ::-1], LETTERBOX, 0.0, max_people)
    np.testing.assert_allclose(found.scores, people.scores[:max_people])


def test_boxes_are_clipped_to_the_image() -> None:
    letterbox = Letterbox.fit(LANDSCAPE, 256, 32)
    output = np.zeros((1, 6, 56), np.float32)
    output[0, 0, 51:] = -0.2, -0.3, 1.0, 1.4, 0.9
    assert decode(output, letterbox, 0.5).boxes_xyxy.tolist() == [[0, 0, *LANDSCAPE]]


def test_keypoints_outside_the_image_stay_outside() -> None:
    output = np.zeros((1, 6, 56), np.float32)
    output[0, 0, [0, 1, 55]] = 1.5, -0.25, 0.9
    nose = decode(output, LETTERBOX, 0.5).keypoints[0, 0]
    np.testing.assert_allclose(nose, [-160, 720])


def test_scores_are_brought_between_0_and_1() -> None:
    output = np.full((1, 6, 56), 1.0001, np.float32)
    found = decode(output, LETTERBOX, 0.5)
    assert max(found.scores.max(), found.keypoint_scores.max()) == 1.0


def test_no_person_is_tracked_yet(make_people: MakePeople, answer: Answer) -> None:
    output = answer(LETTERBOX, make_people((640, 480), 2))
    assert decode(output, LETTERBOX, 0.25).ids.tolist() == [0, 0]


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_an_output_that_is_no_number_is_refused(value: float) -> None:
    output = np.zeros((1, 6, 56), np.float32)
    output[0, 5, 7] = value
    with pytest.raises(InferenceError, match='NaN or infinity'):
        decode(output, LETTERBOX, 0.25)


@pytest.mark.parametrize('shape', [(1, 1, 17, 3), (1, 6, 55), (6, 56), (2, 6, 56), (0,)])
def test_another_shape_is_refused_with_both(shape: tuple[int, ...]) -> None:
    with pytest.raises(InferenceError) as caught:
        decode(np.zeros(shape, np.float32), LETTERBOX, 0.25)
    assert f'{shape}, expected (1, 6, 56)' in str(caught.value)


def test_the_output_stays_as_it_was(make_people: MakePeople, answer: Answer) -> None:
    output = answer(LETTERBOX, make_people((640, 480), 6))[:, ::-1].copy()
    before = output.copy()
    decode(output, LETTERBOX, 0.25)
    np.testing.assert_array_equal(output, before)
