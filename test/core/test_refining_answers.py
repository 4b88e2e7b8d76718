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
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.answers import assign
from movenet_ros.core.refining.answers import joined
from movenet_ros.core.refining.answers import least_clear
from movenet_ros.core.refining.people import People
import numpy as np
import pytest

PeopleAt = Callable[..., Poses]
A, B = (100.0, 100.0, 150.0), (130.0, 100.0, 150.0)
FAR = (500.0, 100.0, 150.0)


@pytest.fixture
def known(people_at: PeopleAt) -> Callable[..., People]:
    """Return a function that makes people whom a closer look saw, scored .6."""

    def make(*places: tuple[float, float, float]) -> People:
        n = len(places)
        people = People.of(people_at(*places))
        usual = np.full(n, 0.6)
        return replace(people, unrefined=np.ones(n), unseen=np.ones(n), answer_scores=usual)

    return make


def test_each_gets_the_own_one_of_all_who_are_in_the_crops(
    people_at: PeopleAt, known: Callable[..., People]
) -> None:
    people, both = known(A, B), people_at(A, B)
    answers, given_ = assign([both, both], people, least_clear(people))
    np.testing.assert_allclose(answers.keypoints[given_], people.keypoints, atol=1e-3)


def test_who_is_seen_in_the_crop_of_another_only_is_found(
    people_at: PeopleAt, known: Callable[..., People]
) -> None:
    people = known(A, B)
    answers, given_ = assign(
        [people_at(A, B), Poses.nobody()], people, least_clear(people)
    )
    np.testing.assert_allclose(answers.keypoints[given_], people.keypoints, atol=1e-3)


def test_one_answer_is_not_two_people(people_at: PeopleAt, known: Callable[..., People]) -> None:
    people = known(A, A)
    _, given_ = assign([people_at(A), people_at(A)], people, least_clear(people))
    assert sorted(given_.tolist()) == [-1, 0]


@given(st.floats(0, 200), st.floats(0.1, 0.9))
def test_no_answer_is_given_twice(people_at: PeopleAt, x: float, score: float) -> None:
    people = People.of(people_at(A, B, FAR))
    found = people_at(A, (100 + x, 100, 150), score=score)
    answers, given_ = assign([found, found, people_at(B)], people, least_clear(people))
    taken = given_[given_ >= 0].tolist()
    assert len(set(taken)) == len(taken) and max(taken, default=0) < len(answers)


def test_a_faint_answer_is_refused_where_somebody_is_near(
    people_at: PeopleAt, known: Callable[..., People]
) -> None:
    people = known(A, B)
    faint = people_at(B, score=0.2)
    assert assign([people_at(A), faint], people, least_clear(people))[1][1] == -1


def test_a_faint_answer_is_taken_where_nobody_is_near(
    people_at: PeopleAt, known: Callable[..., People]
) -> None:
    people = known(A, FAR)
    faint = people_at(FAR, score=0.2)
    assert assign([people_at(A), faint], people, least_clear(people))[1][1] >= 0


@pytest.mark.parametrize(('score', 'is_accepted'), [(0.2, False), (0.5, True)])
def test_a_newcomer_near_somebody_must_be_clear(
    people_at: PeopleAt, known: Callable[..., People], score: float, is_accepted: bool
) -> None:
    people = known(A) + People.of(people_at(B))
    newcomer = people_at(B, score=score)
    _, given_ = assign([people_at(A), newcomer], people, least_clear(people))
    assert (given_[1] >= 0) == is_accepted


def test_somebody_unseen_is_near_nobody(known: Callable[..., People]) -> None:
    people = replace(known(A, B), unseen=np.array([1.0, 3.0]))
    assert least_clear(people)[0] == 0


def test_an_answer_elsewhere_is_nobodys(
    people_at: PeopleAt, known: Callable[..., People]
) -> None:
    people = known(A)
    assert assign([people_at(FAR)], people, least_clear(people))[1].tolist() == [-1]


def test_empty_crops_answer_nothing(known: Callable[..., People]) -> None:
    people = known(A, FAR)
    answers, given_ = assign([Poses.nobody()] * 2, people, least_clear(people))
    assert len(answers) == 0 and given_.tolist() == [-1, -1]


def test_finds_are_joined_best_first(people_at: PeopleAt) -> None:
    both = joined([people_at(A, score=0.3), people_at(B, FAR, score=0.7)])
    assert both.scores.tolist() == pytest.approx([0.7, 0.7, 0.3])
