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
from movenet_ros.core.refining.people import People
from movenet_ros.core.refining.turns import turns
import numpy as np
import pytest

PeopleAt = Callable[..., Poses]
SIZES = (224, 192, 160)


def cost_ms(wh: tuple[int, int]) -> float:
    return 1 + 1e-4 * wh[0] * wh[1]


@pytest.fixture(scope='module')
def crowd(people_at: PeopleAt) -> People:
    """Return eight people who have been looked at in the image before."""
    people = People.of(people_at(*((100.0 * i, 200.0, 150.0) for i in range(8))))
    return replace(people, unrefined=np.ones(8), waiting=np.ones(8))


@given(st.floats(0, 60), st.integers(1, 10))
def test_the_budget_is_kept_but_for_the_first(
    crowd: People, budget_ms: float, most: int
) -> None:
    chosen, crops, spent_ms = turns(crowd, SIZES, most, budget_ms, cost_ms)
    assert spent_ms == pytest.approx(sum(cost_ms(crop.wh) for crop in crops))
    assert len(chosen) == len(crops) <= most
    assert len(chosen) == 1 or spent_ms <= budget_ms


def test_nobody_takes_no_turn(crowd: People) -> None:
    assert turns(crowd[:0], SIZES, 30, 25.0, cost_ms)[1:] == ([], 0.0)


def test_everybody_has_a_turn_in_time(crowd: People) -> None:
    people, seen = crowd.copy(), set()
    for _ in range(8):
        chosen, _, _ = turns(people, SIZES[:1], 30, 9.0, cost_ms)
        seen |= set(chosen.tolist())
        people.waiting[:] += 1
        people.waiting[chosen] = 1
    assert seen == set(range(8))


def test_all_are_looked_at_in_the_largest_crops_where_there_is_time(crowd: People) -> None:
    _, crops, _ = turns(crowd, SIZES, 30, np.inf, cost_ms)
    assert {max(crop.wh) for crop in crops} == {224} and len(crops) == 8


def test_crops_are_smaller_where_that_lets_more_be_seen(crowd: People) -> None:
    budget_ms = 8 * cost_ms((96, 160))
    _, crops, _ = turns(crowd, SIZES, 30, budget_ms, cost_ms)
    assert {max(crop.wh) for crop in crops} == {160} and len(crops) == 8


def test_faint_detections_are_not_looked_at(people_at: PeopleAt) -> None:
    faint = People.of(people_at((100, 100, 80), score=0.03))
    assert len(turns(faint, SIZES, 30, np.inf, cost_ms)[0]) == 0


@pytest.mark.parametrize(
    ('score', 'detected', 'times'),
    [(0.1, 0.1, 2), (0.2, 0.1, 16), (0.1, 0.2, 16)],
    ids=['far below the least', 'may rise above it', 'a detection says more'],
)
def test_who_is_not_published_is_looked_at_less_often(
    crowd: People, score: float, detected: float, times: int
) -> None:
    shadow, looks = crowd[:1].copy(), 0
    shadow.scores[:], shadow.detection_scores[:] = score, detected
    for _ in range(16):
        chosen, _, _ = turns(shadow, SIZES, 30, np.inf, cost_ms, least_score=0.25)
        looks += len(chosen)
        shadow.waiting[:] += 1
        shadow.waiting[chosen] = 1
    assert looks == times


def test_newcomers_come_before_those_seen_just_now(
    crowd: People, people_at: PeopleAt
) -> None:
    both = crowd + People.of(people_at((900, 200, 150)))
    assert turns(both, SIZES, 1, np.inf, cost_ms)[0].tolist() == [8]


def test_a_newcomer_has_a_turn_in_time_where_all_others_wait_too(
    crowd: People, people_at: PeopleAt
) -> None:
    people = crowd + People.of(people_at((900, 200, 150)))
    people.detection_scores[8] = 0.2
    people.waiting[:8] = 2
    seen = set()
    for _ in range(60):
        chosen, _, _ = turns(people, SIZES[:1], 1, np.inf, cost_ms)
        seen |= set(chosen.tolist())
        people.waiting[:] += 1
        people.waiting[chosen] = 1
    assert 8 in seen
