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

"""Made-up motion whose jitter and lag are known."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.tools.evaluate.steadiness import jitter_px
from movenet_ros.tools.evaluate.steadiness import lag_ms
from movenet_ros.tools.evaluate.steadiness import Observation
import numpy as np
from numpy.typing import NDArray
import pytest

SIZE = 100.0  # of the person, in pixels
IMAGES = 90

Track = NDArray[np.float64]


def observed(found: Track, true: Track, counts: Any = True, size: float = SIZE) -> Any:
    """Return the observations of one person, from ``(images, 17, 2)`` tracks."""
    counted = np.broadcast_to(np.asarray(counts), found.shape[:2])
    return [Observation(i, found[i], true[i], counted[i], size) for i in range(len(found))]


def still() -> Track:
    """Return joints that do not move."""
    return np.zeros((IMAGES, 17, 2)) + np.arange(17)[:, None]


def walking(late_s: float = 0.0, rate_hz: float = 30.0, speed: float = 60.0) -> Track:
    """Return joints that move to the right and swing, some time ago."""
    t = np.arange(IMAGES) / rate_hz - late_s
    x = speed * t[:, None] + np.sin(2 * t[:, None] + np.arange(17)) * 20
    return np.stack([x, np.zeros_like(x)], axis=-1)


# jitter


def test_keypoints_that_do_not_shake_have_no_jitter() -> None:
    assert jitter_px([observed(still() + 7.0, still())]) == 0


@pytest.mark.parametrize('jump', [0.5, 3.0])
def test_jitter_is_the_jump_from_image_to_image(jump: float) -> None:
    found = still()
    found[::2, :, 0] += jump
    assert jitter_px([observed(found, still())]) == pytest.approx(jump)


def test_jitter_of_noise_is_what_noise_has() -> None:
    """The distance of two draws is Rayleigh's, of a mean of sqrt(pi) for a deviation of 1."""
    noise = np.random.default_rng(0).normal(0, 1, (20, IMAGES, 17, 2))
    people = [observed(still() + each, still()) for each in noise]
    assert jitter_px(people) == pytest.approx(math.sqrt(math.pi), rel=0.02)


def test_only_still_joints_have_jitter() -> None:
    found, true = still(), still()
    true[:, :10, 0] += np.arange(IMAGES)[:, None]
    found[::2, :10, 0] += 50
    found[::2, 10:, 0] += 2
    assert jitter_px([observed(found, true)]) == pytest.approx(2)


def test_keypoints_that_were_not_found_have_no_jitter() -> None:
    found = still()
    found[::2, 0, 0] += 50
    found[::2, 1:, 0] += 2
    assert jitter_px([observed(found, still(), np.arange(17) > 0)]) == pytest.approx(2)


def test_images_that_were_missed_have_no_jitter() -> None:
    found = still()
    found[IMAGES // 2:] += 40
    seen = observed(found, still())
    del seen[IMAGES // 2]
    assert jitter_px([seen]) == 0


def test_where_nothing_stands_still_there_is_no_jitter_to_tell() -> None:
    assert math.isnan(jitter_px([observed(walking(), walking())]))


# lag


def test_two_images_late_at_30_hz_are_66_7_ms() -> None:
    true = np.cumsum(np.full((IMAGES, 17, 2), 2.0), axis=0)
    assert lag_ms([observed(true[:-2], true[2:])], 30.0) == pytest.approx(66.667, abs=0.01)


@given(st.floats(-0.1, 0.1), st.sampled_from([10.0, 30.0, 60.0]))
def test_lag_is_how_late_keypoints_are(late_s: float, rate_hz: float) -> None:
    """Below 0 where they are early."""
    seen = observed(walking(late_s, rate_hz), walking(rate_hz=rate_hz))
    assert lag_ms([seen], rate_hz) == pytest.approx(1e3 * late_s, abs=4)


def test_who_is_off_to_the_side_is_not_late() -> None:
    found = walking() + np.array([0.0, 15.0])
    assert lag_ms([observed(found, walking())], 30.0) == pytest.approx(0, abs=0.01)


def test_noise_is_not_late() -> None:
    noise = np.random.default_rng(0).normal(0, 2, (20, IMAGES, 17, 2))
    people = [observed(walking(0.05) + each, walking()) for each in noise]
    assert lag_ms(people, 30.0) == pytest.approx(50, abs=3)


def test_another_joint_is_not_a_late_one() -> None:
    found = walking(0.03)
    found[::3, 4, 0] -= 60
    assert lag_ms([observed(found, walking())], 30.0) == pytest.approx(30, abs=1)


def test_slow_joints_say_nothing_about_lag() -> None:
    found, true = walking(0.03), walking()
    slowly = np.linspace(0, 20, IMAGES)[:, None, None]
    true[:, :9] = still()[:, :9] + slowly
    found[:, :9] = still()[:, :9] + slowly - 20
    assert lag_ms([observed(found, true)], 30.0) == pytest.approx(30, abs=1)


def test_keypoints_that_were_not_found_are_not_late() -> None:
    found = walking(0.03)
    found[:, 0] = walking(0.3)[:, 0]
    seen = observed(found, walking(), np.arange(17) > 0)
    assert lag_ms([seen], 30.0) == pytest.approx(30, abs=1)


def test_gaps_are_left_out() -> None:
    """Speed would be wrong across them."""
    seen = observed(walking(0.03), walking())
    del seen[20:60]
    assert lag_ms([seen], 30.0) == pytest.approx(30, abs=1)


def test_where_nothing_moves_there_is_no_lag_to_tell() -> None:
    assert math.isnan(lag_ms([observed(still(), still())], 30.0))


@pytest.mark.parametrize('people', [[], [[]]])
def test_no_people_have_neither(people: Any) -> None:
    assert math.isnan(jitter_px(people)) and math.isnan(lag_ms(people, 30.0))
