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

"""Frames: rotations, and people who are moved into another frame."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from movenet_ros.core.frames import quaternion_of
from movenet_ros.core.frames import rotation_of
from movenet_ros.core.frames import transformed
from movenet_ros.core.poses_3d import ARRAYS
from movenet_ros.core.poses_3d import Poses3D
import numpy as np
from numpy.typing import NDArray
from people_3d import people_3d
from people_3d import standing
import pytest

Floats = NDArray[np.float64]

NUMBERS = st.floats(-1, 1)
QUATERNIONS = arrays(np.float64, 4, elements=NUMBERS).filter(lambda q: np.linalg.norm(q) > 1e-3)
MOVES = arrays(np.float64, 3, elements=st.floats(-50, 50))
OPTICAL_TO_BODY = np.array([(0, 0, 1), (-1, 0, 0), (0, -1, 0)])  # REP 103: x forward, z up


def everybody(seed: int) -> Poses3D:
    """Make three people with random numbers in every array, and gaps."""
    random = np.random.default_rng(seed)
    people = people_3d(random.normal(size=(3, 17, 3)))
    filled = {name: random.uniform(0, 2, getattr(people, name).shape) for name in ARRAYS}
    for each in filled.values():
        each[random.random(each.shape[:-1]) < 0.3] = np.nan
    return people_3d(**filled)


@given(quaternion=QUATERNIONS)
def test_a_quaternion_comes_back_from_its_matrix(quaternion: Floats) -> None:
    unit = quaternion / np.linalg.norm(quaternion)
    back = quaternion_of(rotation_of(quaternion))
    assert min(np.abs(back - unit).max(), np.abs(back + unit).max()) < 1e-9


@given(quaternion=QUATERNIONS)
def test_a_quaternion_makes_a_rotation(quaternion: Floats) -> None:
    turn = rotation_of(quaternion)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    turn = rotation_of([0, 0, np.sin(np.pi / 4), np.cos(np.pi / 4)])
    np.testing.assert_allclose(turn @ [1, 0, 0], [0, 1, 0], atol=1e-12)


@pytest.mark.parametrize('quaternion', [(0, 0, 0, 0), (0, 0, 0, np.nan), (np.inf, 0, 0, 1)])
def test_what_is_no_rotation_is_refused(quaternion: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match='no rotation'):
        rotation_of(quaternion)


@given(quaternion=QUATERNIONS, move=MOVES, seed=st.integers(0, 99))
def test_a_move_there_and_back_changes_no_place(
    quaternion: Floats, move: Floats, seed: int
) -> None:
    people, turn = everybody(seed), rotation_of(quaternion)
    back = transformed(transformed(people, turn, move), turn.T, -turn.T @ move)
    for name in ('positions', 'centers', 'person_positions', 'velocities'):
        np.testing.assert_allclose(getattr(back, name), getattr(people, name), atol=1e-9)


@given(quaternion=QUATERNIONS, seed=st.integers(0, 99))
def test_what_is_not_known_stays_unknown_and_the_rest_known(
    quaternion: Floats, seed: int
) -> None:
    people = everybody(seed)
    moved = transformed(people, rotation_of(quaternion), (1, 2, 3))
    for name in ARRAYS:
        known = np.isfinite(getattr(people, name))
        np.testing.assert_array_equal(np.isfinite(getattr(moved, name)), known)


@given(quaternion=QUATERNIONS, seed=st.integers(0, 99))
def test_variances_are_the_diagonal_of_the_turned_covariance(
    quaternion: Floats, seed: int
) -> None:
    people, turn = everybody(seed), rotation_of(quaternion)
    moved = transformed(people, turn, (4, 5, 6))
    for name in ('variances', 'person_variances'):
        before = getattr(people, name).reshape(-1, 3)
        expected = [(turn @ np.diag(each) @ turn.T).diagonal() for each in before]
        np.testing.assert_allclose(getattr(moved, name).reshape(-1, 3), expected, atol=1e-12)


def test_the_optical_frame_becomes_that_of_a_robot() -> None:
    """Somebody 2 m ahead and 0.5 m to the right; the camera is 1 m above the ground."""
    people = transformed(standing((0.5, 0.2, 2.0)), OPTICAL_TO_BODY, (0.0, 0.0, 1.0))
    np.testing.assert_allclose(people.person_positions, [(2.0, -0.5, 0.8)])


def test_a_velocity_is_turned_and_not_moved() -> None:
    people = people_3d(np.zeros((1, 17, 3)), velocities=[(0.0, 0.0, 1.5)])
    moved = transformed(people, OPTICAL_TO_BODY, (7, 8, 9))
    np.testing.assert_allclose(moved.velocities, [(1.5, 0, 0)])


@given(quaternion=QUATERNIONS)
def test_the_new_box_holds_the_corners_of_the_old_one(quaternion: Floats) -> None:
    people = people_3d(np.zeros((1, 17, 3)), centers=[(1.0, 2, 3)], sizes=[(0.4, 1.8, 0.3)])
    turn, move = rotation_of(quaternion), np.array([3.0, 0, -1])
    moved = transformed(people, turn, move)
    signs = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, -1).T
    corners = (people.centers + signs * people.sizes) @ turn.T + move
    assert (np.abs(corners - moved.centers) <= moved.sizes / 2 + 1e-9).all()


@pytest.mark.parametrize('name', ARRAYS)
def test_all_that_has_a_frame_is_moved(name: str) -> None:
    """An array that is added to Poses3D needs a line in transformed."""
    people = everybody(0)
    moved = transformed(people, OPTICAL_TO_BODY, (1, 2, 3))
    assert not np.array_equal(getattr(moved, name), getattr(people, name), equal_nan=True)
