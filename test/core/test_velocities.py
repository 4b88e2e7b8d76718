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

"""How fast angles change, told image by image."""

from __future__ import annotations

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.velocities import Velocities
import numpy as np
from numpy.typing import NDArray
import pytest

SPEED = 1.5  # radians per second
STEP_NS = 33_000_000


def angles(stamp_ns: int, people: int = 1) -> NDArray[np.float64]:
    """Return angles that grow at a steady speed, of each person from another value."""
    return SPEED * stamp_ns / 1e9 + np.arange(people)[:, None] + np.zeros(len(ANGLES))


@pytest.mark.parametrize('step_ns', [STEP_NS // 2, STEP_NS, 6 * STEP_NS])
def test_a_steady_motion_has_its_speed_at_any_rate(step_ns: int) -> None:
    velocities = Velocities()
    for i in range(1, 12):
        found = velocities.add(i * step_ns, np.array([1]), angles(i * step_ns))()
    np.testing.assert_allclose(found, SPEED)


def test_people_are_known_by_their_ids_whatever_their_order() -> None:
    velocities = Velocities()
    velocities.add(1, np.array([3, 4]), angles(1, 2))
    found = velocities.add(STEP_NS, np.array([4, 3]), angles(STEP_NS, 2)[::-1])()
    np.testing.assert_allclose(found, SPEED, rtol=1e-6)


@pytest.mark.parametrize(
    ('before', 'now', 'stamp_ns'),
    [
        (0, 0, STEP_NS), (1, 2, STEP_NS), (1, 1, 0), (1, 1, 10**10), (1, 1, -STEP_NS),
    ],
    ids=['no id', 'somebody else', 'the same stamp', 'a gap', 'a jump back'],
)
def test_without_the_image_before_no_speed_is_known(before: int, now: int, stamp_ns: int) -> None:
    velocities = Velocities()
    velocities.add(0, np.array([before]), angles(0))
    assert np.isnan(velocities.add(stamp_ns, np.array([now]), angles(stamp_ns))()).all()


def test_an_image_that_comes_twice_changes_nothing() -> None:
    velocities = Velocities()
    for stamp_ns in (1, STEP_NS, 2 * STEP_NS):
        once = velocities.add(stamp_ns, np.array([1]), angles(stamp_ns))()
    twice = velocities.add(2 * STEP_NS, np.array([1]), angles(2 * STEP_NS))()
    np.testing.assert_array_equal(twice, once)


def test_an_angle_that_was_not_known_has_no_speed_and_the_others_have() -> None:
    velocities = Velocities()
    hidden = angles(1)
    hidden[0, 2] = np.nan
    velocities.add(1, np.array([1]), hidden)
    found = velocities.add(STEP_NS, np.array([1]), angles(STEP_NS))()
    assert np.isnan(found[0, 2]) and np.isfinite(np.delete(found, 2)).all()


def test_a_velocity_is_that_of_its_image_whenever_it_is_asked_for() -> None:
    velocities = Velocities()
    velocities.add(1, np.array([1]), angles(1))
    tell = velocities.add(STEP_NS, np.array([1]), angles(STEP_NS))
    velocities.add(2 * STEP_NS, np.array([1]), -angles(2 * STEP_NS))
    np.testing.assert_allclose(tell(), SPEED)


def test_what_is_kept_does_not_grow() -> None:
    velocities = Velocities()
    for i in range(1000):
        velocities.add(i, np.array([1]), angles(i))
    assert len(velocities._images) <= 30
