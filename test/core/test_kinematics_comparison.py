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

"""A person against a reference: what differs, by how much, and what to do."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.kinematics.alignment import compare_with_clip
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.comparison import compare_with_pose
from movenet_ros.core.kinematics.comparison import Comparison
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.reference import Goal
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import ArrayLike
import pytest

KNEE = ANGLES.index('left_knee')


def clip(
    knee: ArrayLike, rate_hz: float = 10.0, deviation: float = 2.0, begin_s: float = 0.0
) -> Curves:
    """Return somebody whose left knee, in degrees, is as given, and all else straight."""
    knee = np.asarray(knee, np.float64)
    values = np.zeros((len(knee), len(ANGLES)))
    values[:, KNEE] = np.radians(knee)
    stamps_ns = np.rint((begin_s + np.arange(len(knee)) / rate_hz) * NANOSECONDS)
    return Curves(
        stamps_ns.astype(np.int64), values, np.full_like(values, np.radians(deviation))
    )


def bends(count: int, rate_hz: float, depth: float = 90.0) -> Curves:
    """Return somebody who bends a knee so many times in 2 s each."""
    seconds = np.arange(round(count * 2 * rate_hz)) / rate_hz
    return clip(depth * np.sin(np.pi * seconds / 2) ** 2, rate_hz)


def difference(comparison: Comparison, angle: str = 'left_knee') -> float:
    (found,) = (each for each in comparison.deviations if each.angle == angle)
    return math.degrees(found.difference)


def test_the_nearest_image_is_compared_with_a_pose() -> None:
    comparison = compare_with_pose(clip([0, 30, 70, 20]), {'left_knee': Goal(math.radians(90))})
    assert difference(comparison) == pytest.approx(-20)
    assert comparison.begin_ns == comparison.end_ns == round(0.2 * NANOSECONDS)
    assert '20' in comparison.sentence and 'left knee' in comparison.sentence


def test_an_image_that_is_sure_comes_before_one_in_which_anything_may_be_right() -> None:
    for other in (55, 90):  # as far off as its error allows; right, perhaps
        person = clip([80, other])
        deviations = person.deviations * np.array([[1.0], [10.0]])
        person = Curves(person.stamps_ns, person.values, deviations)
        comparison = compare_with_pose(person, {'left_knee': Goal(math.radians(90))})
        assert comparison.begin_ns == 0


@pytest.mark.parametrize(('angle', 'more', 'less'), [
    ('left_knee', 'bend the left', 'straighten the left'),
    ('right_shoulder', 'raise the right', 'lower the right'),
    ('trunk_lean', 'further', 'upright'),
    ('head_tilt', 'to the right', 'to the left'),
])
def test_the_sentence_tells_the_direction(angle: str, more: str, less: str) -> None:
    for goal, words, others in ((50, more, less), (-50, less, more)):
        comparison = compare_with_pose(clip([0]), {angle: Goal(math.radians(goal))})
        assert words in comparison.sentence.lower()
        assert others not in comparison.sentence.lower()


@given(st.floats(0, 180), st.floats(0, 180), st.floats(0, 40))
def test_what_may_be_noise_is_no_error(knee: float, goal: float, deviation: float) -> None:
    comparison = compare_with_pose(
        clip([knee], deviation=deviation), {'left_knee': Goal(math.radians(goal))}
    )
    (found,) = comparison.deviations
    allowed = max(10.0, 2 * deviation)
    assert math.degrees(found.error) == pytest.approx(max(0, abs(knee - goal) - allowed))
    assert bool(found.correction) == (found.error > 0)
    assert 0 <= comparison.score <= 100


def test_what_may_be_noise_in_both_clips_is_no_error() -> None:
    for deviation, is_error in ((15.0, False), (2.0, True)):
        here, there = (clip([each] * 20, deviation=deviation) for each in (60, 20))
        assert (compare_with_clip(here, there).score < 100) == is_error


def test_the_worst_joint_comes_first_and_what_is_not_seen_last() -> None:
    person = clip([50])
    values = person.values.copy()
    values[:, ANGLES.index('head_tilt')] = np.nan
    person = Curves(person.stamps_ns, values, person.deviations)
    goals = {name: Goal(0.0) for name in ('head_tilt', 'left_hip', 'left_knee')}
    comparison = compare_with_pose(person, goals)
    assert [each.angle for each in comparison.deviations] == ['left_knee', 'left_hip', 'head_tilt']
    assert comparison.score == pytest.approx((100 + 100 * (1 - 40 / 45)) / 2)


@given(st.sampled_from((5.0, 12.0, 30.0, 59.94)), st.sampled_from((6.0, 25.0)))
def test_a_clip_of_another_rate_is_the_same_clip(mine_hz: float, theirs_hz: float) -> None:
    comparison = compare_with_clip(bends(3, mine_hz), bends(3, theirs_hz))
    assert comparison.score == 100
    assert abs(difference(comparison)) < 10


def test_a_bend_that_is_too_shallow_is_told_by_its_angle() -> None:
    comparison = compare_with_clip(bends(3, 30.0, depth=50.0), bends(3, 10.0))
    assert difference(comparison) == pytest.approx(-40, abs=5)
    assert comparison.deviations[0].angle == 'left_knee'
    assert comparison.score < 100


def test_the_part_that_is_like_the_reference_is_found() -> None:
    still = np.zeros(40)
    knee = np.concatenate([still, np.degrees(bends(1, 10.0).of('left_knee')), still])
    comparison = compare_with_clip(clip(knee, begin_s=100.0), bends(1, 10.0))
    assert comparison.begin_ns / NANOSECONDS == pytest.approx(104, abs=0.5)
    assert comparison.end_ns / NANOSECONDS == pytest.approx(106, abs=0.5)
    assert comparison.aligned is not None
    assert np.degrees(comparison.aligned.of('left_knee').max()) == pytest.approx(90, abs=5)


def test_a_short_reference_is_found_in_a_long_recording() -> None:
    still = np.zeros(20_000)
    knee = np.concatenate([still, np.degrees(bends(2, 10.0).of('left_knee')), still])
    comparison = compare_with_clip(clip(knee), bends(2, 10.0))
    assert comparison.score == 100
    assert comparison.begin_ns / NANOSECONDS == pytest.approx(2000, abs=1)


def test_who_does_nothing_of_it_is_compared_all_the_time_not_for_an_instant() -> None:
    comparison = compare_with_clip(clip([*[0] * 39, 60]), clip([80] * 30 + [60] * 10))
    assert (comparison.begin_ns, comparison.end_ns) == (0, round(3.9 * NANOSECONDS))
    assert 'bend the left knee' in comparison.sentence.lower()


@pytest.mark.parametrize(('mine', 'theirs'), [(1, 1), (1, 30), (30, 1)])
def test_a_clip_may_be_one_image(mine: int, theirs: int) -> None:
    assert compare_with_clip(clip([20] * mine), clip([25] * theirs)).score == 100


def test_without_a_joint_in_common_nothing_is_compared() -> None:
    person = clip(np.zeros(20))
    blind = Curves(person.stamps_ns, person.values * np.nan, person.deviations * np.nan)
    for comparison in (
        compare_with_clip(blind, person), compare_with_clip(person, blind),
        compare_with_pose(blind, {'left_knee': Goal(1.0)}), compare_with_clip(clip([]), person),
    ):
        assert math.isnan(comparison.score)
        assert not any(each.is_seen for each in comparison.deviations)
        assert comparison.sentence
