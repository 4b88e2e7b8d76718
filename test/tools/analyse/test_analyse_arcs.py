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

"""The arc that is drawn is the angle that is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.tools.analyse.arcs import arc_of
import numpy as np
import pytest


@given(st.integers(0, 10**6))
def test_an_arc_is_as_wide_as_the_angle_and_ends_at_the_limb(seed: int) -> None:
    points = np.random.default_rng(seed).uniform(0, 300, (1, 17, 2))
    angles = joint_angles(Bodies(points, np.full_like(points, 1e-3), np.array([1])))
    for name in ANGLES:
        arc = arc_of(name, points[0])
        assert arc is not None
        assert abs(arc.sweep) == pytest.approx(abs(float(angles.of(name)[0])), abs=1e-4)
        x, y = np.subtract(arc.end, arc.center)
        assert np.cos(arc.begin + arc.sweep) * np.hypot(x, y) == pytest.approx(x, abs=1e-6)


def test_what_is_not_seen_has_no_arc() -> None:
    assert [arc_of(name, np.full((17, 2), np.nan)) for name in ANGLES] == [None] * len(ANGLES)
    assert [arc_of(name, np.zeros((17, 2))) for name in ANGLES] == [None] * len(ANGLES)
