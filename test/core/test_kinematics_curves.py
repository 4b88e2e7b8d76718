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

"""The curves of a person: in order, and in even steps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.units import NANOSECONDS
import numpy as np
import pytest


def curves(stamps_s: list[float], knee: list[float]) -> Curves:
    values = np.full((len(stamps_s), len(ANGLES)), np.nan)
    values[:, ANGLES.index('left_knee')] = knee
    stamps_ns = np.rint(np.multiply(stamps_s, NANOSECONDS)).astype(np.int64)
    return Curves.in_order(stamps_ns, values, np.full_like(values, 0.1))


def test_stamps_that_repeat_are_refused() -> None:
    values = np.zeros((2, len(ANGLES)))
    with pytest.raises(ValueError, match='stamps'):
        Curves(np.array([5, 5]), values, values)


@given(st.lists(st.integers(0, 20), max_size=12))
def test_what_is_kept_in_order_are_the_images_later_than_all_before(stamps: list[int]) -> None:
    kept = curves([float(each) for each in stamps], [float(each) for each in stamps])
    later = [each for i, each in enumerate(stamps) if each > max(stamps[:i], default=-1)]
    assert kept.of('left_knee').tolist() == later


def test_even_steps_go_straight_over_what_is_not_known() -> None:
    even = curves([0.0, 1.0, 4.0], [0.0, np.nan, 2.0]).resampled(2.0)
    assert even.of('left_knee') == pytest.approx(np.arange(9) / 4)
    assert np.isnan(even.of('head_tilt')).all()
    assert even.rate_hz == pytest.approx(2.0)


def test_nobody_has_curves_too() -> None:
    assert len(curves([], []).resampled(10.0)) == 0
    assert curves([], []).rate_hz == 0.0
