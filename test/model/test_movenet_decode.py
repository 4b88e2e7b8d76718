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
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.pose_model import Prepared
from movenet_ros.core.poses import Poses
from movenet_ros.model.movenet import MAX_PEOPLE
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
    people: NDArray[np.float32],
    letterbox: Letterbox,
    threshold: float,
    max_people: int = MAX_PEOPLE,
    **other: Any,
) -> Poses:
    """Decode the heads of recorded people, maybe with some other heads."""
    batch = letterbox.empty_batch()
    heads = {**heads_of(people[0], batch.shape), **other}
    prepared = Prepared({'input': batch}, letterbox)
    return MultiPose(256, threshold, max_people).decode(heads, prepared)


def one_person(**fields: Any) -> NDArray[np.float32]:
    """Record a person in the middle of the input, with some fields changed."""
    person = np.full((1, 1, 56), 0.5, np.float32)
    person[..., 2:51:3] = 0.9
    for index, value in fields.items():
        person[..., INDICES[index]] = value
    return person


INDICES = {
    'nose_y': 0, 'nose_x': 1, 'all_scores': slice(2, 51, 3), 'box': slice(51, 55), 'score': 55,
}


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
    np.testing.assert_allclose(getattr(found, what), getattr(people, what), rtol=1e-5)


def test_the_middle_of_the_content_is_the_middle_of_the_image() -> None:
    letterbox = Letterbox.fit((1280, 720), 256, 32)  # content 256x144, padded to 256x160
    found = decode(one_person(nose_y=72 / 160), letterbox, 0.25)
    np.testing.assert_allclose(found.keypoints[0, 0], [640, 360], rtol=1e-5)


@given(st.floats(0, 1, width=32))
def test_people_below_the_threshold_are_dropped_and_no_others(
    make_people: MakePeople, answer: Answer, threshold: float
) -> None:
    people = make_people((640, 480), 6)
    found = decode(answer(LETTERBOX, people), LETTERBOX, threshold)
    assert len(found) == np.count_nonzero(people.scores.round(6) >= threshold)


@pytest.mark.parametrize('max_people', [1, 4, 8, 9])
def test_at_most_so_many_are_kept_and_they_are_the_best(
    make_people: MakePeople, answer: Answer, max_people: int
) -> None:
    people = make_people((640, 480), 8)
    found = decode(answer(LETTERBOX, people)[:, ::-1], LETTERBOX, 0.0, max_people)
    np.testing.assert_allclose(found.scores, people.scores[:max_people], rtol=1e-5)


def test_as_many_are_found_as_may_be_asked_for(make_people: MakePeople, answer: Answer) -> None:
    letterbox = Letterbox.fit(LANDSCAPE, 1024, 32)
    people = make_people(LANDSCAPE, MAX_PEOPLE)
    assert len(decode(answer(letterbox, people), letterbox, 0.1)) == MAX_PEOPLE


def test_boxes_are_clipped_to_the_image() -> None:
    letterbox = Letterbox.fit(LANDSCAPE, 256, 32)
    found = decode(one_person(box=(-0.2, -0.3, 1.0, 1.4)), letterbox, 0.25)
    assert found.boxes_xyxy.tolist() == [[0, 0, *LANDSCAPE]]


def test_keypoints_outside_the_image_stay_outside() -> None:
    found = decode(one_person(nose_y=1.5, nose_x=-0.25), LETTERBOX, 0.25)
    np.testing.assert_allclose(found.keypoints[0, 0], [-160, 720], rtol=1e-5)


def test_scores_are_brought_between_0_and_1() -> None:
    found = decode(one_person(score=1.0001, all_scores=1.0001), LETTERBOX, 0.25)
    assert max(found.scores.max(), found.keypoint_scores.max()) == 1.0


def test_no_person_is_tracked_yet(make_people: MakePeople, answer: Answer) -> None:
    found = decode(answer(LETTERBOX, make_people((640, 480), 2)), LETTERBOX, 0.25)
    assert found.ids.tolist() == [0, 0]


def test_heads_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(InferenceError, match='NaN or infinity'):
        decode(one_person(), LETTERBOX, 0.25, center=np.full((1, 1, 48, 64), np.nan, np.float32))


def test_heads_of_another_input_are_refused() -> None:
    with pytest.raises(InferenceError, match='center'):
        decode(one_person(), LETTERBOX, 0.25, center=np.zeros((1, 1, 64, 64), np.float32))
