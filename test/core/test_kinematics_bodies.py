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

"""How well keypoints of people are known, in pixels and in metres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from depth_scene import CAMERA
from depth_scene import depth_of
from depth_scene import standing
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.core.kinematics.bodies import bodies_in_image
from movenet_ros.core.kinematics.bodies import bodies_in_metres
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.spatial.lifter import Lifter
from movenet_ros.core.spatial.monocular import monocular
from movenet_ros.core.spatial.settings import SpatialSettings
import numpy as np
import pytest

PeopleAt = Callable[..., Poses]

THRESHOLD = 0.3


def test_a_keypoint_with_a_low_score_is_not_seen(people_at: PeopleAt) -> None:
    poses = people_at((100, 100, 200))
    scores = poses.keypoint_scores.copy()
    scores[0, :2] = 0.29, 0.3
    seen = bodies_in_image(replace(poses, keypoint_scores=scores), THRESHOLD)
    assert np.isnan(seen.points).all(axis=2)[0].tolist() == [True, *[False] * 16]


def test_a_larger_person_a_vaguer_keypoint_and_a_lower_score_are_known_less(
    people_at: PeopleAt
) -> None:
    def deviations(height: float, score: float) -> list[float]:
        poses = people_at((300, 300, height), keypoint_score=score)
        known = bodies_in_image(poses, THRESHOLD).deviations[0, :, 0]
        return [known[COCO.index[name]] for name in ('left_eye', 'left_wrist', 'left_hip')]

    usual = deviations(200, 0.7)
    assert usual == sorted(usual)
    assert np.all(np.less(usual, deviations(400, 0.7)))
    assert np.all(np.less(usual, deviations(200, 0.4)))


def test_who_was_looked_at_closely_is_known_better_than_who_was_not(people_at: PeopleAt) -> None:
    poses = people_at(*[(300, 300, 200)] * 2)
    closely, not_closely = bodies_in_image(poses, THRESHOLD, np.array([True, False])).deviations
    unknown, _ = bodies_in_image(poses, THRESHOLD).deviations
    assert (closely < unknown).all() and (unknown < not_closely).all()


def test_an_error_has_an_end_where_scores_do_not_count(people_at: PeopleAt) -> None:
    poses = people_at((300, 300, 200), keypoint_score=0.0)
    assert np.isfinite(bodies_in_image(poses, 0.0).deviations).all()


def test_without_depth_angles_are_those_of_the_image(people_at: PeopleAt) -> None:
    """How far away the person is, which is hardly known, moves none."""
    poses = people_at(standing(0.4, 2.5))
    flat = joint_angles(bodies_in_image(poses, THRESHOLD))
    placed = joint_angles(bodies_in_metres(monocular(poses, CAMERA, SpatialSettings())))
    np.testing.assert_allclose(placed.values, flat.values, atol=1e-4)
    np.testing.assert_allclose(placed.deviations, flat.deviations, rtol=0.5)


def test_with_depth_most_angles_of_who_stands_are_known(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.0, 2.5))
    people = Lifter().lift(poses, 0, depth_of(poses, [2.5]), 0, CAMERA, SpatialSettings())
    flat = joint_angles(bodies_in_image(poses, THRESHOLD)).values
    angles = joint_angles(bodies_in_metres(people))
    known = np.isfinite(angles.values)
    assert known.mean() >= 0.8
    assert np.median(np.abs(angles.values - flat)[known]) < np.radians(5)


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match='points'):
        Bodies(np.zeros((1, 17, 4)), np.zeros((1, 17, 2)), np.zeros(1))
