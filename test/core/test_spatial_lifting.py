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

"""Made-up people before a wall: who is where, who covers whom, and depth that is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
from depth_scene import body
from depth_scene import CAMERA
from depth_scene import depth_of
from depth_scene import limb
from depth_scene import standing
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from movenet_ros.core.errors import ImageError
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.core.spatial.body import JOINTS
from movenet_ros.core.spatial.lifting import lifted
from movenet_ros.core.spatial.settings import SpatialSettings
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]

SURFACE = SpatialSettings(inside=False)
WRIST, ELBOW, HIP = (COCO.index[f'left_{name}'] for name in ('wrist', 'elbow', 'hip'))


def in_mm(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return the same depth in millimetres."""
    return np.rint(np.nan_to_num(depth_m, posinf=0) * 1000).clip(0, 65535).astype(np.uint16)


@pytest.mark.parametrize('distance_m', [1.3, 2.0, 3.5, 5.5])
def test_a_person_is_where_it_stands(people_at: PeopleAt, distance_m: float) -> None:
    poses = people_at(standing(0.4, distance_m))
    people = lifted(poses, depth_of(poses, [distance_m]), CAMERA, SURFACE)
    inside = ((poses.keypoints >= 0) & (poses.keypoints < CAMERA.wh)).all(axis=2)
    assert np.isfinite(people.positions).all(axis=2).tolist() == inside.tolist()
    places = people.positions[inside]
    assert places[:, 2] == pytest.approx(distance_m, abs=0.002)
    assert CAMERA.project(places) == pytest.approx(poses.keypoints[inside], abs=1e-3)


def test_the_place_of_a_person_is_between_the_hips(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.4, 3.0))
    people = lifted(poses, depth_of(poses, [3.0]), CAMERA, SURFACE)
    assert people.person_positions[0] == pytest.approx([0.4, 0.02 * 1.75, 3.0], abs=0.005)
    assert people.sizes[0, 1] == pytest.approx(0.90 * 1.75, abs=0.01)  # from eyes to ankles
    assert people.centers[0] == pytest.approx([0.4, 0.0, 3.0], abs=0.02)


@given(seed=st.integers(0, 1000), distance_m=st.floats(1.5, 5.0))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_joints_beside_their_limbs_are_not_on_the_wall(
    people_at: PeopleAt, seed: int, distance_m: float
) -> None:
    poses = people_at(standing(0.0, distance_m))
    depth = depth_of(poses, [distance_m])
    random = np.random.default_rng(seed)
    off = random.uniform(-4.5, 4.5, poses.keypoints.shape).astype(np.float32)
    moved = replace(poses, keypoints=(poses.keypoints + off).clip(0, 479))
    z = lifted(moved, depth, CAMERA, SURFACE).positions[..., 2]
    assert np.nanmax(np.abs(z - distance_m)) < 0.05
    assert np.isfinite(z).mean() > 0.95


def test_who_stands_behind_another_does_not_get_their_depth(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.1, 3.2), standing(-0.1, 1.8))
    people = lifted(poses, depth_of(poses, [3.2, 1.8]), CAMERA, SURFACE)
    behind, front = people.positions[..., 2]
    assert np.nanmax(np.abs(front - 1.8)) < 0.01
    assert np.isfinite(behind).any()
    assert np.nanmax(np.abs(behind - 3.2)) < 0.01


def test_the_depth_of_somebody_close_before_is_somebody_elses(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.1, 2.5), standing(0.0, 2.15))  # within the reach of joints
    people = lifted(poses, depth_of(poses, [2.5, 2.15]), CAMERA, SURFACE)
    behind, front = people.positions[..., 2]
    assert np.nanmax(np.abs(front - 2.15)) < 0.03
    assert np.isfinite(behind).sum() > 2
    assert np.nanmax(np.abs(behind - 2.5)) < 0.1


def test_the_order_of_people_makes_no_difference(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.1, 3.2), standing(-0.1, 1.8), standing(0.9, 2.5))
    depth = depth_of(poses, [3.2, 1.8, 2.5])
    people, turned = (lifted(each, depth, CAMERA, SURFACE) for each in (poses, poses[::-1]))
    np.testing.assert_allclose(people.positions, turned.positions[::-1], atol=1e-9)


def test_a_hand_before_the_body_is_nearer_and_the_body_is_not(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.0, 2.5))
    points = poses.keypoints.copy()
    points[0, WRIST] = points[0, [5, 6, 11, 12]].mean(axis=0)
    poses = replace(poses, keypoints=points)
    depth = depth_of(poses, [2.5])
    limb(depth, points[0, ELBOW].astype(float), points[0, WRIST].astype(float), 2.25, 0.08)
    z = lifted(poses, depth, CAMERA, SURFACE).positions[0, :, 2]
    assert z[WRIST] == pytest.approx(2.25, abs=0.03)
    assert z[HIP] == pytest.approx(2.5, abs=0.03)


def test_what_is_far_from_people_is_not_read(people_at: PeopleAt) -> None:
    poses = people_at(standing(-0.8, 3.0), standing(0.8, 4.0))
    depth = depth_of(poses, [3.0, 4.0])
    other = depth.copy()
    other[:, 300:340] = 2.0
    other[:40] = np.nan
    people, same = (lifted(poses, each, CAMERA, SURFACE) for each in (depth, other))
    assert np.array_equal(people.positions, same.positions, equal_nan=True)


@pytest.mark.parametrize('noise', [0.0, 0.003])
def test_millimetres_and_metres_give_the_same(people_at: PeopleAt, noise: float) -> None:
    poses = people_at(standing(0.1, 3.2), standing(-0.1, 1.8))
    mm = in_mm(depth_of(poses, [3.2, 1.8], noise=noise))
    mm[::7] = 0
    metres = np.where(mm > 0, mm * np.float32(0.001), np.nan).astype(np.float32)
    people, same = (lifted(poses, each, CAMERA, SURFACE) for each in (mm, metres))
    assert np.array_equal(people.positions, same.positions, equal_nan=True)
    assert np.array_equal(people.variances, same.variances, equal_nan=True)


@pytest.mark.parametrize('step', [2, 4])
def test_depth_of_another_size_is_of_the_same_view(people_at: PeopleAt, step: int) -> None:
    poses = people_at(standing(0.3, 2.0))
    depth = depth_of(poses, [2.0])
    people = lifted(poses, depth[::step, ::step], CAMERA, SURFACE)
    whole = lifted(poses, depth, CAMERA, SURFACE)
    np.testing.assert_allclose(people.positions, whole.positions, atol=0.002)


def test_rows_with_padding_are_read_as_rows(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.3, 2.0))
    depth = depth_of(poses, [2.0])
    wide = np.zeros((480, 700), np.float32)
    wide[:, :640] = depth
    people = lifted(poses, wide[:, :640], CAMERA, SURFACE)
    assert np.array_equal(people.positions, lifted(poses, depth, CAMERA, SURFACE).positions)


def test_inside_is_behind_the_surface_by_the_radius_of_the_joint(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.4, 3.0))
    depth = depth_of(poses, [3.0])
    surface = lifted(poses, depth, CAMERA, SURFACE).positions[0]
    inside = lifted(poses, depth, CAMERA, SpatialSettings(inside=True)).positions[0]
    behind = [JOINTS[name.rpartition('_')[2]][2] for name in COCO.names]
    assert inside[:, 2] - surface[:, 2] == pytest.approx(behind)
    # along the ray: it is seen at the same place
    assert CAMERA.project(inside) == pytest.approx(poses.keypoints[0], abs=1e-3)


def test_keypoints_with_low_scores_and_outside_of_the_image_have_no_place(
    people_at: PeopleAt
) -> None:
    poses = people_at(standing(0.0, 2.5))
    scores, points = poses.keypoint_scores.copy(), poses.keypoints.copy()
    scores[0, 0], points[0, 1], points[0, 2] = 0.1, (-3, 50), (np.nan, 50)
    poses = replace(poses, keypoint_scores=scores, keypoints=points)
    z = lifted(poses, depth_of(poses[:0], []), CAMERA, SURFACE).positions[0, :, 2]
    assert np.isnan(z[:3]).all()


@given(
    depth=arrays.arrays(np.float32, (48, 64), elements=st.floats(width=32)),
    seed=st.integers(0, 1000),
)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_the_depth_is_unknown_is_nan_and_never_zero(
    depth: NDArray[np.float32], seed: int
) -> None:
    random = np.random.default_rng(seed)
    poses = Poses(
        random.uniform(-20, 660, (3, 17, 2)), random.uniform(0, 1, (3, 17)),
        random.uniform(0, 600, (3, 4)), np.ones(3), np.arange(3),
    )
    people = lifted(poses, depth, CAMERA, SURFACE)
    known = np.isfinite(people.positions)
    assert (known.all(axis=2) == known.any(axis=2)).all()
    assert (known == np.isfinite(people.variances)).all()
    z = people.positions[..., 2]
    # neighbours may move a depth by its noise, not beyond its sign
    assert (z[np.isfinite(z)] > 0).all()
    assert (people.variances[known] > 0).all()


@pytest.mark.parametrize('value', [0.0, np.nan, -1.0, np.inf, 100.0])
def test_without_depth_nobody_has_a_place(people_at: PeopleAt, value: float) -> None:
    poses = people_at(standing(0.0, 2.5), standing(0.3, 3.5))
    depth = np.full((480, 640), value, np.float32)
    people = lifted(poses, depth, CAMERA, SURFACE)
    for each in (people.positions, people.variances, people.person_positions, people.sizes):
        assert np.isnan(each).all()


def test_nobody_is_lifted_to_nobody(people_at: PeopleAt) -> None:
    people = lifted(people_at(), np.ones((48, 64), np.float32), CAMERA, SURFACE)
    assert people.positions.shape == (0, 17, 3)


def test_depth_beyond_the_limits_is_not_used(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.0, 2.5))
    depth = depth_of(poses, [2.5])
    for limits in ({'max_depth_m': 2.4}, {'min_depth_m': 2.6, 'max_depth_m': 5.0}):
        people = lifted(poses, depth, CAMERA, replace(SURFACE, **limits))
        assert np.isnan(people.positions).all()


def test_errors_are_about_as_large_as_the_variances_say(people_at: PeopleAt) -> None:
    near_m, far_m = 1.5, 5.0
    poses = people_at(standing(-0.4, near_m), standing(1.0, far_m))
    off_m, deviations_m = [], []
    for seed in range(20):
        depth = depth_of(poses, [near_m, far_m])
        noise = np.random.default_rng(seed).standard_normal(depth.shape, np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), 2.5)  # neighbours' is alike, as cameras have it
        noise /= noise.std()
        people = lifted(poses, depth + 0.004 * depth**2 * noise, CAMERA, SURFACE)
        off_m.append(people.positions[..., 2] - [[near_m], [far_m]])
        deviations_m.append(np.sqrt(people.variances[..., 2]))
    within = np.abs(off_m) / deviations_m
    within = within[np.isfinite(within)]
    assert np.mean(within < 2) > 0.95
    assert np.mean(within < 0.5) < 0.8  # and not as large as one likes
    near, far = np.nanmedian(deviations_m, axis=(0, 2))
    assert far > 4 * near


def test_another_skeleton_is_lifted_too(people_at: PeopleAt) -> None:
    skeleton = Skeleton(('head', 'tail'), ((0, 1),), (0.1, 0.1))
    poses = Poses(
        np.array([[[300, 200], [340, 200]]]), np.ones((1, 2)), np.array([[280, 180, 360, 220]]),
        np.ones(1), np.ones(1), skeleton=skeleton,
    )
    people = lifted(poses, np.full((480, 640), 2.0, np.float32), CAMERA, SURFACE)
    assert people.positions[..., 2] == pytest.approx(2.0)


def test_a_lens_bends_the_rays(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.6, 3.0))
    depth = depth_of(poses, [3.0])
    lens = replace(CAMERA, model='plumb_bob', distortion=(-0.3, 0.1, 0.0, 0.0))
    people = lifted(poses, depth, lens, SURFACE)
    assert lens.project(people.positions[0]) == pytest.approx(poses.keypoints[0], abs=1e-3)


@pytest.mark.parametrize(
    'depth', [np.ones((4, 4), np.uint8), np.ones((4, 4)), np.ones((4, 4, 3), np.float32),
              np.ones((0, 4), np.uint16)],
)
def test_what_is_no_depth_image_is_refused_in_one_line(
    people_at: PeopleAt, depth: NDArray[np.generic]
) -> None:
    with pytest.raises(ImageError, match=r'^a depth image of [^\n]+$'):
        lifted(people_at(), depth, CAMERA, SURFACE)


def test_a_wall_close_behind_is_not_the_person(people_at: PeopleAt) -> None:
    poses = people_at(standing(0.0, 2.5))
    depth = np.full((480, 640), 2.75, np.float32)
    body(depth, poses.keypoints[0].astype(np.float64), 2.5)
    z = lifted(poses, depth, CAMERA, SURFACE).positions[0, :, 2]
    assert z == pytest.approx(2.5, abs=0.03)
