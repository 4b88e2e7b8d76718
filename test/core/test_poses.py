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

from dataclasses import FrozenInstanceError
import re
from typing import Any

from movenet_ros.core import poses as poses_module
from movenet_ros.core.poses import Poses
import numpy as np
import pytest

ARRAYS = [name for name, *_ in poses_module.ARRAYS]


def arrays(count: int) -> dict[str, Any]:
    """Return the arrays of so many people."""
    return {
        'keypoints': np.zeros((count, 17, 2), np.float32),
        'keypoint_scores': np.zeros((count, 17), np.float32),
        'boxes_xyxy': np.zeros((count, 4), np.float32),
        'scores': np.zeros(count, np.float32),
        'ids': np.zeros(count, np.int64),
        'refined': np.zeros(count, np.bool_),
    }


@pytest.mark.parametrize(
    ('name', 'shape', 'expected'),
    [
        ('keypoints', (2, 17, 3), '(n, 17, 2)'),
        ('keypoints', (2, 34), '(n, 17, 2)'),
        ('keypoint_scores', (2, 16), '(n, 17)'),
        ('boxes_xyxy', (4,), '(n, 4)'),
        ('scores', (2, 1), '(n,)'),
        ('ids', (2, 1), '(n,)'),
        ('refined', (), '(n,)'),
    ],
)
def test_another_shape_is_refused_with_both(
    name: str, shape: tuple[int, ...], expected: str
) -> None:
    sentence = f'{name} has shape {shape}, expected {expected}'
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Poses(**{**arrays(2), name: np.zeros(shape)})


@pytest.mark.parametrize('name', ARRAYS)
def test_arrays_of_different_lengths_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f'disagree on the number of people.*{name}'):
        Poses(**{**arrays(2), name: arrays(3)[name]})


@pytest.mark.parametrize('name', ARRAYS)
def test_an_array_is_an_own_copy_that_cannot_be_written_to(name: str) -> None:
    given = arrays(1)
    poses = Poses(**given)
    given[name][:] = 7
    assert not getattr(poses, name).any()
    with pytest.raises(ValueError, match='read-only'):
        getattr(poses, name)[:] = 1


def test_a_field_cannot_be_replaced() -> None:
    poses = Poses(**arrays(1))
    with pytest.raises(FrozenInstanceError):
        poses.scores = np.ones(1, np.float32)  # type: ignore[misc]


@pytest.mark.parametrize('name', ARRAYS)
def test_values_become_the_types_that_are_stated(name: str) -> None:
    expected = arrays(2)[name].dtype
    poses = Poses(**{key: value.astype(np.float64) for key, value in arrays(2).items()})
    assert getattr(poses, name).dtype == expected


@pytest.mark.filterwarnings('error')
def test_a_coordinate_without_end_is_infinite_without_a_word() -> None:
    far = Poses(
        np.full((1, 17, 2), 1e300), np.ones((1, 17)), np.zeros((1, 4)), np.ones(1), np.zeros(1)
    )
    assert np.isinf(far.keypoints).all()


def test_unless_told_nobody_was_looked_at_closely() -> None:
    given = arrays(2)
    del given['refined']
    assert Poses(**given).refined.tolist() == [False, False]


def test_the_length_is_the_number_of_people() -> None:
    assert (len(Poses.nobody()), len(Poses(**arrays(6)))) == (0, 6)


def of_scores(*scores: float) -> Poses:
    """Return people who are told apart by every array."""
    count = len(scores)
    number = np.arange(count)
    return Poses(
        keypoints=np.zeros((count, 17, 2)) + number[:, None, None],
        keypoint_scores=np.zeros((count, 17)) + number[:, None] / 10,
        boxes_xyxy=np.zeros((count, 4)) + number[:, None],
        scores=np.array(scores),
        ids=number + 1,
        refined=number % 2 == 0,
    )


@pytest.mark.parametrize('name', ARRAYS)
def test_people_below_a_threshold_are_left_out_of_every_array(name: str) -> None:
    people = of_scores(0.9, 0.2, 0.5)
    np.testing.assert_array_equal(
        getattr(people.scored(0.3), name), getattr(people, name)[[0, 2]]
    )


@pytest.mark.parametrize('name', ARRAYS)
def test_the_first_people_are_the_first_of_every_array(name: str) -> None:
    people = of_scores(0.9, 0.2, 0.5)
    np.testing.assert_array_equal(getattr(people.first(2), name), getattr(people, name)[:2])
    assert people.first(3) is people


@pytest.mark.parametrize('least', [0.25, 0.3, 0.1])
def test_a_score_that_is_the_threshold_is_enough(least: float) -> None:
    """Whether or not a float32 has the very number."""
    assert len(of_scores(least).scored(least)) == 1


@pytest.mark.parametrize('people', [of_scores(0.9, 0.2), Poses.nobody()])
def test_a_threshold_above_all_scores_leaves_no_people(people: Poses) -> None:
    assert len(people.scored(1.0)) == 0


def test_where_all_people_are_good_enough_nothing_is_copied() -> None:
    people = of_scores(0.9, 0.2)
    assert people.scored(0.1) is people
