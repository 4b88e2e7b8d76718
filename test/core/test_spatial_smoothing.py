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

"""People in metres who stand, walk, vanish and jump: how steady, how late, how fast."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.spatial.body import body_of
from movenet_ros.core.spatial.placing import of_people
from movenet_ros.core.spatial.settings import SpatialSettings
from movenet_ros.core.spatial.smoothing_3d import Smoother3D
import numpy as np
from numpy.typing import NDArray
import pytest

Path = Callable[[float], Sequence[float]]

RATE_HZ = 30.0
SETTINGS = SpatialSettings()
SIGMA_M = 0.01
FIGURE = np.random.default_rng(4).uniform(-0.5, 0.5, (17, 3))


def person(
    place: Sequence[float], number: int = 1, sigma_m: float = SIGMA_M, seed: int = 0
) -> Poses3D:
    """Return somebody around a place, with errors."""
    poses = Poses(
        np.zeros((1, 17, 2)), np.ones((1, 17)), np.zeros((1, 4)), np.ones(1), np.array([number])
    )
    errors = np.random.default_rng(seed).normal(0, sigma_m, (1, 17, 3)) if seed else 0.0
    positions = np.asarray(place) + FIGURE[None] + errors
    variances = np.full((1, 17, 3), sigma_m**2)
    return of_people(poses, positions, variances, body_of(COCO))


def walked(path: Path, seconds: float, sigma_m: float = SIGMA_M) -> tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]
]:
    """Return times, smoothed errors of the keypoints and speeds along a path."""
    smoother, off, speeds = Smoother3D(), [], []
    times = np.arange(0, seconds, 1 / RATE_HZ)
    for i, now_s in enumerate(times):
        people = person(path(now_s), sigma_m=sigma_m, seed=i + 1)
        smooth = smoother.smooth(people, round(now_s * 1e9), SETTINGS)
        off.append(smooth.positions[0] - np.asarray(path(now_s)) - FIGURE)
        speeds.append(smooth.velocities[0])
    return times, np.array(off), np.array(speeds)


def test_who_stands_still_is_steadier_than_measured() -> None:
    _, off, speeds = walked(lambda _: (0.3, 0.1, 2.0), 4.0)
    assert off[30:].std(axis=0).mean() < 0.7 * SIGMA_M
    assert np.abs(speeds[30:]).max() < 0.15


@pytest.mark.parametrize('speed', [0.5, 1.5])
def test_who_walks_is_not_late(speed: float) -> None:
    _, off, speeds = walked(lambda t: (speed * t, 0.0, 2.0), 4.0)
    assert abs(off[30:, :, 0].mean()) / speed < 0.01  # seconds
    assert speeds[30:].mean(axis=0) == pytest.approx([speed, 0.0, 0.0], abs=0.05)


def test_who_turns_round_is_hardly_late() -> None:
    def swing(t: float) -> tuple[float, float, float]:
        return 0.5 * np.sin(2 * np.pi * t / 3), 0.0, 2.0

    times, off, speeds = walked(swing, 9.0)
    true = 0.5 * 2 * np.pi / 3 * np.cos(2 * np.pi * times / 3)
    late_s = -(off[30:, :, 0].mean(axis=1) @ true[30:]) / (true[30:] @ true[30:])
    assert abs(late_s) < 0.06
    assert np.abs(speeds[30:, 0] - true[30:]).mean() < 0.2


def test_the_farther_off_measurements_are_the_more_they_are_filtered() -> None:
    left = [
        walked(lambda _: (0.0, 0.0, 4.0), 4.0, sigma_m)[1][30:].std(axis=0).mean() / sigma_m
        for sigma_m in (0.01, 0.1)
    ]
    assert left[1] < 0.8 * left[0]


def test_a_jump_is_followed_at_once() -> None:
    smoother = Smoother3D()
    for i in range(30):
        smoother.smooth(person((0.0, 0.0, 2.0)), i * 33_000_000, SETTINGS)
    smooth = smoother.smooth(person((1.0, 0.0, 2.0)), 30 * 33_000_000, SETTINGS)
    assert (smooth.positions[0] - FIGURE)[:, 0] == pytest.approx(1.0, abs=0.01)


def test_people_without_an_id_pass_as_they_are() -> None:
    smoother = Smoother3D()
    for i in range(3):
        people = person((0.1 * i, 0.0, 2.0), number=0, seed=i + 1)
        smooth = smoother.smooth(people, i * 33_000_000, SETTINGS)
        assert np.array_equal(smooth.positions, people.positions)
        assert np.isnan(smooth.velocities).all()


def test_nobody_is_taken_for_another() -> None:
    smoother = Smoother3D()
    smoother.smooth(person((0.0, 0.0, 2.0), number=1), 0, SETTINGS)
    people = person((0.05, 0.0, 2.0), number=2)
    smooth = smoother.smooth(people, 33_000_000, SETTINGS)
    assert np.array_equal(smooth.positions, people.positions)


@given(st.lists(st.sampled_from(['all', 'none', 'some']), min_size=1, max_size=8))
def test_what_is_not_known_stays_unknown_and_comes_back(known: list[str]) -> None:
    smoother = Smoother3D()
    for i, which in enumerate([*known, 'all']):
        people = person((0.0, 0.0, 2.0), seed=i + 1)
        if which == 'none':
            people = unlifted(people.poses)
        elif which == 'some':
            positions = people.positions.copy()
            positions[0, ::2] = np.nan
            people = of_people(people.poses, positions, people.variances, body_of(COCO))
        smooth = smoother.smooth(people, i * 33_000_000, SETTINGS)
        assert np.array_equal(np.isnan(smooth.positions), np.isnan(people.positions))
        assert np.nanmax(np.abs(smooth.positions - people.positions), initial=0.0) < 0.1


@pytest.mark.parametrize('step_ns', [-1, -10**12, 2 * 10**9])
def test_a_jump_in_time_restarts(step_ns: int) -> None:
    smoother = Smoother3D()
    start_ns = 10**13
    for i in range(5):
        smoother.smooth(person((0.1 * i, 0.0, 2.0)), start_ns + i * 33_000_000, SETTINGS)
    people = person((0.2, 0.0, 2.0), seed=1)
    smooth = smoother.smooth(people, start_ns + 4 * 33_000_000 + step_ns, SETTINGS)
    assert np.array_equal(smooth.positions, people.positions)
    assert np.isnan(smooth.velocities).all()


def test_a_stamp_that_is_repeated_does_no_harm() -> None:
    smoother = Smoother3D()
    for i in range(5):
        smooth = smoother.smooth(person((0.0, 0.0, 2.0), seed=i + 1), 7, SETTINGS)
    assert np.abs(smooth.positions[0] - FIGURE - (0.0, 0.0, 2.0)).max() < 0.04


def test_speeds_are_measured_without_smoothing_too() -> None:
    smoother = Smoother3D()
    for i in range(10):
        people = person((0.05 * i, 0.0, 2.0), seed=i + 1)
        smooth = smoother.smooth(people, i * 50_000_000, replace(SETTINGS, smooth=False))
        assert np.array_equal(smooth.positions, people.positions)
    assert smooth.velocities[0] == pytest.approx([1.0, 0.0, 0.0], abs=0.2)


def test_the_speed_of_somebody_new_is_not_known() -> None:
    smooth = Smoother3D().smooth(person((0.0, 0.0, 2.0)), 0, SETTINGS)
    assert np.isnan(smooth.velocities).all()
