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

"""What is drawn of long curves has their peaks and their gaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.tools.analyse.thinning import MOST_POINTS
from movenet_ros.tools.analyse.thinning import thinned
import numpy as np


def long_curves(count: int, rate_hz: float = 30.0) -> Curves:
    """Return noise."""
    values = np.random.default_rng(count).normal(0, 0.1, (count, len(ANGLES)))
    stamps_ns = np.arange(count) * round(NANOSECONDS / rate_hz)
    return Curves(stamps_ns, values, np.abs(values))


@given(st.integers(0, 20_000), st.integers(0, 10**6))
def test_every_peak_stays_about_where_it_is(count: int, place: int) -> None:
    curves = long_curves(count)
    values = curves.values.copy()
    if count:
        values[place % count, 3] = 2.0
    stamps_ns, shown, deviations = thinned(Curves(curves.stamps_ns, values, curves.deviations))
    assert len(stamps_ns) == len(shown) == len(deviations) <= MOST_POINTS + 2
    assert (np.diff(stamps_ns) >= 0).all()
    if count:
        assert np.array_equal(shown.max(axis=0), values.max(axis=0))
        assert np.array_equal(shown.min(axis=0), values.min(axis=0))
        off_ns = abs(stamps_ns[shown[:, 3].argmax()] - curves.stamps_ns[place % count])
        assert off_ns <= curves.stamps_ns[-1] / (MOST_POINTS / 2 - 1)


def test_the_way_down_comes_before_the_way_up() -> None:
    falling = long_curves(9000)
    values = np.broadcast_to(np.linspace(1, 0, 9000)[:, None], falling.values.shape)
    _, shown, _ = thinned(Curves(falling.stamps_ns, values, falling.deviations))
    assert (np.diff(shown, axis=0) <= 0).all()


def test_what_is_not_known_is_a_gap_however_long_the_recording() -> None:
    curves = long_curves(9000)
    values = curves.values.copy()
    values[3000:3300, 0] = np.nan
    stamps_ns, shown, _ = thinned(Curves(curves.stamps_ns, values, curves.deviations))
    unknown = stamps_ns[np.isnan(shown[:, 0])] / NANOSECONDS
    assert 99.9 < unknown.min() < 101 and 109 < unknown.max() < 110
    assert np.isfinite(shown[:, 1]).all()


def test_nothing_is_drawn_while_a_person_is_away() -> None:
    for count in (90, 9000):
        there = long_curves(count)
        stamps_ns = there.stamps_ns + (np.arange(count) >= count // 3) * 60 * NANOSECONDS
        _, shown, _ = thinned(Curves(stamps_ns, there.values, there.deviations))
        assert np.isnan(shown).all(axis=1).sum() == 1
