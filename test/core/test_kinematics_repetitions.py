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

"""Repetitions: as many as a person counts, and none where nothing is repeated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.repetitions import count_repetitions
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray
import pytest

Floats = NDArray[np.float64]

REST_S = 1.0


def moved(
    knee: Floats, rate_hz: float, right: float = 1.0, noise: float = 0.03, arm: float = 0.0
) -> Curves:
    """Return the curves of somebody whose left knee, in degrees, is as given."""
    values = np.random.default_rng(1).normal(0, np.radians(1.0), (len(knee), len(ANGLES)))
    values[:, ANGLES.index('left_knee')] += np.radians(knee)
    values[:, ANGLES.index('right_knee')] += np.radians(knee) * right
    values[:, ANGLES.index('left_shoulder')] += np.radians(knee) * arm
    stamps_ns = np.rint(np.arange(len(knee)) / rate_hz * NANOSECONDS).astype(np.int64)
    return Curves(stamps_ns, values, np.full_like(values, noise))


def squats(count: int, rate_hz: float = 15.0, each_s: float = 3.0, depth: float = 80.0) -> Floats:
    """Return the flexion of a knee that is bent so many times, with a rest around each."""
    seconds = np.arange(round(count * each_s * rate_hz) + 1) / rate_hz
    phase = np.clip((seconds % each_s - REST_S) / (each_s - REST_S), 0, 1)
    return depth * np.sin(np.pi * phase) ** 2


@given(st.integers(2, 6), st.floats(5, 60), st.floats(2.0, 4.0), st.floats(40, 140))
def test_each_bend_counts_once_at_any_rate(
    count: int, rate_hz: float, each_s: float, depth: float
) -> None:
    counted = count_repetitions(moved(squats(count, rate_hz, each_s, depth), rate_hz))
    assert counted.angle in ('left_knee', 'right_knee')
    assert len(counted.each) == count


@given(st.integers(2, 5))
def test_a_knee_that_rests_bent_counts_by_its_straightening(count: int) -> None:
    counted = count_repetitions(moved(90 - squats(count), 15.0))
    assert len(counted.each) == count


def test_a_repetition_knows_its_range_its_tempo_and_its_symmetry() -> None:
    first = count_repetitions(moved(squats(3), 15.0, right=0.5)).each[0]
    assert np.degrees(first.most - first.least) == pytest.approx(80, abs=8)
    assert first.there_s == pytest.approx(first.back_s, abs=0.3)
    assert first.symmetry == pytest.approx(0.5, abs=0.1)
    assert first.is_whole


@pytest.mark.parametrize('side', ['left', 'right'])
def test_a_side_that_is_never_seen_is_not_symmetric(side: str) -> None:
    curves = moved(squats(3), 15.0)
    values = curves.values.copy()
    values[:, [each.startswith(side) for each in ANGLES]] = np.nan
    counted = count_repetitions(Curves(curves.stamps_ns, values, curves.deviations))
    assert len(counted.each) == 3
    assert np.isnan([each.symmetry for each in counted.each]).all()


def test_one_that_the_clip_cuts_counts_once_it_has_turned() -> None:
    knee = squats(3)
    bottom = int(np.flatnonzero(knee > 79)[-1])
    before, behind = (count_repetitions(moved(knee[:bottom + i], 15.0)) for i in (-4, 8))
    assert [len(each.each) for each in (before, behind)] == [2, 3]
    assert [each.is_whole for each in behind.each] == [True, True, False]


@pytest.mark.parametrize(
    'knee',
    [np.zeros(90), np.linspace(0, 80, 90), squats(1), 8 * np.sin(np.arange(90)), np.zeros(1)],
    ids=['still', 'sits down', 'once', 'wiggles', 'one image'],
)
def test_what_is_not_repeated_is_no_repetition(knee: Floats) -> None:
    assert count_repetitions(moved(knee, 15.0)).each == ()


def test_neither_a_small_wiggle_nor_a_long_rest_is_one_of_the_repetitions() -> None:
    wiggles, sits = squats(3, each_s=2.0, depth=26.0), squats(1, each_s=9.0)
    for other in (wiggles, sits):
        knee = np.concatenate([squats(2), other, squats(2)])
        assert len(count_repetitions(moved(knee, 15.0)).each) == 4


def test_what_the_error_explains_is_no_repetition() -> None:
    assert count_repetitions(moved(squats(4, depth=40.0), 15.0, noise=0.4)).each == ()


def shaken(knee: Floats, noise: float, seed: int) -> Curves:
    """Return curves with noise, in degrees, of which they state half."""
    shake = np.random.default_rng(seed).normal(0, noise, len(knee))
    return moved(knee + shake, 15.0, right=0.0, noise=np.radians(noise) / 2)


@pytest.mark.parametrize('seed', range(5))
def test_neither_is_noise_of_which_the_error_tells_half(seed: int) -> None:
    assert count_repetitions(shaken(np.zeros(900), 12.0, seed)).each == ()


@pytest.mark.parametrize('seed', range(5))
def test_in_such_noise_bends_still_count(seed: int) -> None:
    assert len(count_repetitions(shaken(squats(5, depth=40.0), 8.0, seed)).each) == 5


def test_quick_movement_in_few_images_is_no_noise() -> None:
    knee = 30 - 30 * np.cos(2 * np.pi * np.arange(51) / 5)
    assert len(count_repetitions(moved(knee, 5.0)).each) == 10


@pytest.mark.parametrize(('held_s', 'count'), [(4, 5), (12, 4)])
def test_one_that_is_held_counts_but_a_rest_does_not(held_s: int, count: int) -> None:
    knee = squats(5)
    for bottom in np.flatnonzero(knee > 79.9):
        held = np.insert(knee, bottom, np.full(15 * held_s, 80.0))
        assert len(count_repetitions(moved(held, 15.0)).each) == count


def test_who_tires_is_counted_to_the_end() -> None:
    depths = np.linspace(100, 28, 10)
    for order in (depths, depths[::-1]):
        knee = np.concatenate([squats(1, depth=each) for each in order])
        assert len(count_repetitions(moved(knee, 15.0)).each) == 10


def test_legs_count_before_arms_that_swing_farther() -> None:
    assert count_repetitions(moved(squats(3), 15.0, arm=1.2)).angle.endswith('knee')


def test_of_somebody_of_whom_nothing_is_known_nothing_is_counted() -> None:
    knee = np.full(60, np.nan)
    curves = moved(knee, 15.0)
    unknown = Curves(curves.stamps_ns, curves.values * np.nan, curves.deviations * np.nan)
    assert count_repetitions(unknown) == ('', ())
    assert count_repetitions(moved(np.zeros(0), 15.0)) == ('', ())
