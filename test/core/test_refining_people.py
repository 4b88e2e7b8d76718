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

"""People as refinement knows them: what a closer look at each takes in."""

from __future__ import annotations

from collections.abc import Callable

from movenet_ros.core.camera_motion import STILL
from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.people import People
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]
RIGHT = np.array([[1.0, 0.0, 7.0], [0.0, 1.0, 0.0]])


@pytest.fixture
def person(people_at: PeopleAt) -> People:
    """Give one person."""
    return People.of(people_at((300, 300, 200)))


def moved(person: People, by: float) -> People:
    """Return a person who moved to the right, by so much of the width."""
    width = np.ptp(person.keypoints[..., 0])
    there = person.copy()
    there.keypoints[..., 0] += by * width
    there.wholes_xyxy[:, ::2] += by * width
    return there


@pytest.mark.parametrize(('by', 'stays'), [(0.0, True), (0.02, True), (0.2, False)])
def test_who_stays_is_seen_in_the_same_crop(person: People, by: float, stays: bool) -> None:
    before = person.rooms_xyxy
    now = moved(person, by).with_rooms().rooms_xyxy
    assert np.array_equal(now, before) == stays


def test_who_grows_out_of_the_crop_gets_a_larger_one(person: People) -> None:
    grown = person.copy()
    grown.wholes_xyxy[:] += [-50.0, -50.0, 50.0, 50.0]
    np.testing.assert_allclose(grown.with_rooms().rooms_xyxy, grown.wholes_xyxy)


@pytest.mark.parametrize('camera', [STILL, RIGHT])
def test_the_crop_moves_along_with_the_camera(person: People, camera: NDArray[np.float64]) -> None:
    later = person.in_next_image(camera)
    expected = person.rooms_xyxy + np.tile(camera[:, 2], 2)
    np.testing.assert_allclose(later.rooms_xyxy, expected)
