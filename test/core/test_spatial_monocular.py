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

"""People without depth: how far away they are by their size, and what that is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from depth_scene import CAMERA
from depth_scene import standing
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.spatial.monocular import monocular
from movenet_ros.core.spatial.settings import SpatialSettings
import numpy as np
import pytest

PeopleAt = Callable[..., Poses]

SETTINGS = SpatialSettings()
ARMS = [COCO.index[f'left_{name}'] for name in ('shoulder', 'elbow', 'wrist')]


@pytest.mark.parametrize('distance_m', [1.5, 3.0, 8.0])
def test_an_adult_is_about_as_far_away_as_the_size_says(
    people_at: PeopleAt, distance_m: float
) -> None:
    people = monocular(people_at(standing(0.2, distance_m)), CAMERA, SETTINGS)
    assert people.is_monocular
    assert people.person_positions[0, 2] == pytest.approx(distance_m, rel=0.15)


@given(turned=st.floats(0.0, 0.9), scale=st.floats(0.85, 1.15), distance_m=st.floats(1.5, 6.0))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_variance_covers_people_who_are_turned_or_of_another_size(
    people_at: PeopleAt, turned: float, scale: float, distance_m: float
) -> None:
    x, y, height = standing(0.0, distance_m)
    poses = people_at((x, y, height * scale))
    points = poses.keypoints.copy()
    points[..., 0] = x + (points[..., 0] - x) * (1 - turned)
    people = monocular(replace(poses, keypoints=points), CAMERA, SETTINGS)
    off_m = people.person_positions[0, 2] - distance_m
    assert abs(off_m) < 2.5 * np.sqrt(people.person_variances[0, 2])


def test_all_joints_are_on_a_plane_and_seen_where_they_were(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.5, 3.0))
    people = monocular(poses, CAMERA, SETTINGS)
    assert np.ptp(people.positions[0, :, 2]) == 0
    assert CAMERA.project(people.positions[0]) == pytest.approx(poses.keypoints[0], abs=1e-3)


def test_the_variance_is_large_along_the_ray(people_at: PeopleAt) -> None:
    people = monocular(people_at(standing(0.0, 3.0)), CAMERA, SETTINGS)
    x, y, z = np.sqrt(people.person_variances[0])
    assert z > 0.3 > 5 * x
    assert y < 0.1


def test_who_shows_less_is_less_certain(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.0, 3.0))
    scores = np.zeros_like(poses.keypoint_scores)
    scores[:, ARMS] = 0.9
    people = monocular(poses, CAMERA, SETTINGS)
    arm = monocular(replace(poses, keypoint_scores=scores), CAMERA, SETTINGS)
    assert np.isfinite(arm.positions[0]).all(axis=1).nonzero()[0].tolist() == ARMS
    share = np.sqrt(arm.person_variances[0, 2]) / arm.person_positions[0, 2]
    assert share > 1.2 * np.sqrt(people.person_variances[0, 2]) / people.person_positions[0, 2]


def test_who_shows_no_bone_has_no_place(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.0, 3.0))
    scores = np.zeros_like(poses.keypoint_scores)
    scores[:, [0, ARMS[0], COCO.index['right_knee']]] = 0.9
    people = monocular(replace(poses, keypoint_scores=scores), CAMERA, SETTINGS)
    assert np.isnan(people.positions).all()
    assert np.isnan(people.person_positions).all()


def test_a_bone_that_is_misplaced_is_passed_over(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.0, 3.0))
    points = poses.keypoints.copy()
    points[0, COCO.index['left_wrist']] += 150
    people = monocular(replace(poses, keypoints=points), CAMERA, SETTINGS)
    assert people.person_positions[0, 2] == pytest.approx(3.0, rel=0.15)


def test_nobody_is_placed_nowhere(people_at: PeopleAt) -> None:
    assert len(monocular(people_at(), CAMERA, SETTINGS)) == 0
