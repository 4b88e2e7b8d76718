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

"""Angles in time: how fast they change, between what limits, and left against right."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from movenet_ros.core.kinematics.motion import angular_velocities
from movenet_ros.core.kinematics.motion import asymmetry
from movenet_ros.core.kinematics.motion import ranges_of_motion
import numpy as np
from numpy.typing import NDArray
import pytest

Floats = NDArray[np.float64]
Stamps = NDArray[np.int64]


def stamps(count: int, rate_hz: float = 30.0) -> Stamps:
    """Return the stamps of images at a rate."""
    return np.round(np.arange(count) * 1e9 / rate_hz).astype(np.int64)


def swing(stamps_ns: Stamps, rate_hz: float = 0.5) -> Floats:
    """Return an angle ``(t, 1)`` between -1 and 1."""
    return np.sin(2 * np.pi * rate_hz * stamps_ns / 1e9)[:, None]


# velocities


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30), st.floats(-5, 5))
@settings(max_examples=30, deadline=None)
def test_a_steady_motion_has_its_velocity_at_any_stamps(steps: list[int], speed: float) -> None:
    """Steps are in milliseconds."""
    stamps_ns = 10**18 + np.cumsum([0, *steps]) * 10**6
    values = speed * (stamps_ns - stamps_ns[0])[:, None] / 1e9
    np.testing.assert_allclose(angular_velocities(values, stamps_ns), speed, atol=1e-6)


def test_noise_is_mostly_left_out() -> None:
    noise = np.random.default_rng(0).normal(size=(3000, 1))
    found = angular_velocities(noise, stamps(3000))
    assert found.std() < np.diff(noise, axis=0).std() * 30 / 5


def test_a_motion_keeps_its_speed() -> None:
    found = angular_velocities(swing(stamps(120), 1.0), stamps(120))
    assert found.max() == pytest.approx(2 * np.pi, rel=0.06)


def test_only_an_unknown_angle_has_no_velocity() -> None:
    values = np.repeat(swing(stamps(60)), 2, axis=1)
    values[20:30, 0] = np.nan
    unknown = np.isnan(angular_velocities(values, stamps(60)))
    assert unknown[:, 0].nonzero()[0].tolist() == [*range(20, 30)] and not unknown[:, 1].any()


def test_who_was_out_of_sight_has_not_moved_all_the_way_at_once() -> None:
    stamps_ns = np.concatenate([stamps(20), stamps(20) + 3 * 10**9])
    values = np.repeat([[0.0], [2.0]], 20, axis=0)
    np.testing.assert_allclose(angular_velocities(values, stamps_ns), 0.0, atol=1e-9)


@pytest.mark.parametrize('count', [0, 1])
def test_one_image_tells_no_velocity_and_no_range(count: int) -> None:
    values = np.ones((count, 10))
    assert np.isnan(angular_velocities(values, stamps(count))).all()
    assert np.isnan(ranges_of_motion(values, stamps(count))).all()


# ranges of motion


@pytest.mark.parametrize('rate_hz', [10, 30, 60])
def test_a_range_is_that_of_the_motion(rate_hz: float) -> None:
    stamps_ns = stamps(int(4 * rate_hz), rate_hz)
    low, high = ranges_of_motion(swing(stamps_ns), stamps_ns)
    assert (low[0], high[0]) == pytest.approx((-1, 1), abs=0.06)


@given(st.sets(st.integers(0, 119).map(lambda each: each // 8 * 8), max_size=8))
@settings(max_examples=30, deadline=None)
def test_outliers_do_not_count(outliers: set[int]) -> None:
    values = swing(stamps(120))
    expected = ranges_of_motion(values, stamps(120))
    values[[*outliers]] = 3.0
    np.testing.assert_allclose(ranges_of_motion(values, stamps(120)), expected, atol=0.06)


def test_what_is_not_known_does_not_count() -> None:
    values = np.repeat(swing(stamps(120), 0.25), 2, axis=1)
    values[:60, 0], values[:, 1] = np.nan, np.nan
    low, high = ranges_of_motion(values, stamps(120))
    assert -1 <= low[0] < -0.9 and high[0] < 0.1
    assert np.isnan([low[1], high[1]]).all()


# left and right


def test_alike_sides_are_symmetric_and_the_larger_one_gives_the_sign() -> None:
    np.testing.assert_allclose(
        asymmetry([1.0, 1.1, 0.9, 1.0], [1.0, 0.9, 1.1, 0.0]), [0.0, 0.2, -0.2, 2.0]
    )


def test_nothing_and_what_is_not_known_have_no_symmetry() -> None:
    assert np.isnan(asymmetry([0.0, np.nan, 1.0], [0.0, 1.0, np.nan])).all()


def test_stamps_that_hardly_grow_take_little_memory() -> None:
    values, stamps_ns = np.zeros((2000, 1)), np.arange(2000)
    tracemalloc.start()
    try:
        ranges_of_motion(values, stamps_ns)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50e6
