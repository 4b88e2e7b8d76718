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

"""Joint angles of bodies that are known exactly, and what is said of their error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.kinematics.angles import DOWN
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.angles import JOINTS
from movenet_ros.core.kinematics.angles import UNKNOWN
from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray
import pytest

Floats = NDArray[np.float64]

TRUNK = {'left_shoulder', 'right_shoulder', 'left_hip', 'right_hip'}
NEEDS = {
    **{name: {*joint[:3]} for name, joint in JOINTS.items()},
    'trunk_lean': TRUNK,
    'head_tilt': TRUNK | {'left_ear', 'right_ear'},
}
STANDING = {  # in an image, facing the camera, arms hanging
    'nose': (0, -150), 'left_eye': (4, -155), 'right_eye': (-4, -155),
    'left_ear': (8, -150), 'right_ear': (-8, -150),
    'left_shoulder': (20, -120), 'right_shoulder': (-20, -120),
    'left_elbow': (20, -90), 'right_elbow': (-20, -90),
    'left_wrist': (20, -60), 'right_wrist': (-20, -60),
    'left_hip': (20, -60), 'right_hip': (-20, -60),
    'left_knee': (20, -30), 'right_knee': (-20, -30),
    'left_ankle': (20, 0), 'right_ankle': (-20, 0),
}

seeds = st.integers(0, 10**6)
dimensions = st.sampled_from((2, 3))


def body(points: ArrayLike, deviation: float = 0.01) -> Bodies:
    """Return people whose keypoints ``(n, 17, d)`` are all known as well."""
    points = np.asarray(points, np.float64)
    return Bodies(points, np.full_like(points, deviation), np.zeros(len(points)))


def standing(**moved: tuple[float, float]) -> Bodies:
    """Return who stands, with some keypoints elsewhere."""
    return body([[{**STANDING, **moved}[name] for name in COCO.names]])


def scattered(seed: int, d: int = 2) -> Floats:
    """Return the keypoints ``(3, 17, d)`` of people of any shape."""
    return np.random.default_rng(seed).normal(0.0, 100.0, (3, 17, d))


def turn(seed: int, d: int) -> Floats:
    """Return a rotation ``(d, d)``."""
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    matrix[:, 0] *= np.linalg.det(matrix)
    return np.asarray(matrix)


def degrees(bodies: Bodies) -> dict[str, float]:
    """Return the angles of one person."""
    return dict(zip(ANGLES, np.degrees(joint_angles(bodies).values[0]).tolist()))


def assert_alike(a: Angles, b: Angles) -> None:
    """Compare angles and deviations."""
    np.testing.assert_allclose(a.values, b.values, atol=1e-6)
    np.testing.assert_allclose(a.deviations, b.deviations, rtol=0.01)


# what an angle is


def test_who_stands_straight_has_no_angle() -> None:
    assert degrees(standing()) == pytest.approx(dict.fromkeys(ANGLES, 0.0), abs=1e-5)


def test_an_arm_to_the_side_is_raised_by_90_degrees() -> None:
    found = degrees(standing(left_elbow=(50, -120), left_wrist=(80, -120)))
    assert found['left_shoulder'] == pytest.approx(90) and found['left_elbow'] == pytest.approx(0)


def test_a_limb_that_lies_on_the_other_is_flexed_by_180_degrees() -> None:
    assert degrees(standing(right_ankle=(-20, -61)))['right_knee'] == pytest.approx(180)


def test_a_trunk_that_leans_to_either_side_leans() -> None:
    for side in (1, -1):
        off = side * 60 / np.sqrt(3)
        found = degrees(standing(left_shoulder=(20 + off, -120), right_shoulder=(-20 + off, -120)))
        assert found['trunk_lean'] == pytest.approx(30)


def test_a_head_tilts_towards_its_lower_ear() -> None:
    assert degrees(standing(right_ear=(-8, -150 + 16)))['head_tilt'] == pytest.approx(45)
    assert degrees(standing(left_ear=(8, -150 + 16)))['head_tilt'] == pytest.approx(-45)


# what it does not depend on


@given(seeds, dimensions)
@settings(max_examples=30, deadline=None)
def test_turning_people_and_down_alike_changes_nothing(seed: int, d: int) -> None:
    points, turned = scattered(seed, d), turn(seed + 1, d)
    assert_alike(
        joint_angles(body(points)), joint_angles(body(points @ turned.T), turned @ DOWN[:d])
    )


@given(seeds, dimensions, st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
@settings(max_examples=30, deadline=None)
def test_moving_people_and_other_units_change_nothing(
    seed: int, d: int, scale: float, shift: float
) -> None:
    points = scattered(seed, d)
    other = body(scale * (points + shift), scale * 0.01)
    assert_alike(joint_angles(body(points)), joint_angles(other, 5 * np.array(DOWN)))


@given(seeds, dimensions)
@settings(max_examples=30, deadline=None)
def test_in_a_mirror_left_and_right_change_places(seed: int, d: int) -> None:
    def other(name: str) -> str:
        side, _, rest = name.partition('_')
        return {'left': 'right', 'right': 'left'}.get(side, side) + ('_' + rest if rest else '')

    points = scattered(seed, d)
    mirrored = points[:, [COCO.index[other(name)] for name in COCO.names]]
    mirrored[..., 0] *= -1
    here, there = joint_angles(body(points)), joint_angles(body(mirrored))
    for name in ANGLES:
        sign = -1 if name == 'head_tilt' else 1
        np.testing.assert_allclose(here.of(name), sign * there.of(other(name)), atol=1e-6)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_a_body_in_a_plane_has_the_same_angles_in_space(seed: int) -> None:
    flat, turned = scattered(seed), turn(seed, 3)
    in_space = np.concatenate([flat, np.zeros((3, 17, 1))], axis=2) @ turned.T
    np.testing.assert_allclose(
        joint_angles(body(flat)).values, joint_angles(body(in_space), turned @ DOWN).values,
        atol=1e-6,
    )


# what is not known


@pytest.mark.parametrize('name', COCO.names)
def test_exactly_the_angles_that_need_a_keypoint_are_unknown_without_it(name: str) -> None:
    points = scattered(16)
    points[:, COCO.index[name]] = np.nan
    angles = joint_angles(body(points))
    expected = np.broadcast_to([name in NEEDS[each] for each in ANGLES], angles.values.shape)
    np.testing.assert_array_equal(np.isnan(angles.values), expected)
    np.testing.assert_array_equal(np.isnan(angles.deviations), expected)


@pytest.mark.parametrize('deviation', [0.0, 0.01])
def test_a_limb_without_length_has_no_angle(deviation: float) -> None:
    people = standing(left_wrist=STANDING['left_elbow'])
    found = degrees(body(people.points, deviation))
    assert np.isnan(found['left_elbow']) and not np.isnan(found['left_shoulder'])


def test_a_keypoint_that_the_skeleton_lacks_is_not_seen() -> None:
    kept = [i for i, name in enumerate(COCO.names) if not name.endswith('_ear')]
    names, sigmas = zip(*((COCO.names[i], COCO.sigmas[i]) for i in kept))
    points = standing().points[:, kept]
    bodies = Bodies(points, np.ones_like(points), np.zeros(1), Skeleton(names, (), sigmas))
    unknown = np.isnan(joint_angles(bodies).values[0])
    assert [name for name, each in zip(ANGLES, unknown) if each] == ['head_tilt']


def test_a_camera_that_looks_down_sees_no_lean() -> None:
    unknown = np.isnan(joint_angles(standing(), (0.0, 0.0, 1.0)).values[0])
    assert [name for name, each in zip(ANGLES, unknown) if each] == ['trunk_lean']


def test_nobody_has_no_angles() -> None:
    assert joint_angles(body(np.empty((0, 17, 3)))).values.shape == (0, len(ANGLES))


# how well it is known


def test_the_shorter_a_limb_the_less_is_known_until_nothing_is() -> None:
    lengths = (40.0, 20.0, 10.0, 5.0, 2.0)
    found = [
        joint_angles(standing(left_wrist=(20 + length, -90))).of('left_elbow')[0]
        for length in lengths
    ]
    assert not np.isnan(found).any()
    deviations = [
        joint_angles(body(standing(left_wrist=(20 + length, -90)).points, 3.0)).deviations[
            0, ANGLES.index('left_elbow')
        ] for length in lengths
    ]
    known = [each for each in deviations if not np.isnan(each)]
    assert known == sorted(known) and 0 < len(known) < len(lengths)
    assert max(known) <= UNKNOWN and np.isnan(deviations[-1])


@pytest.mark.parametrize('d', [2, 3])
def test_deviations_are_those_of_angles_whose_keypoints_are_moved(d: int) -> None:
    random = np.random.default_rng(3)
    points = scattered(8, d)[:1]
    deviations = random.uniform(0.5, 3.0, points.shape)
    stated = joint_angles(Bodies(points, deviations, np.zeros(1))).deviations[0]
    moved = points + deviations * random.normal(size=(4000, *points.shape[1:]))
    seen = joint_angles(body(moved)).values.std(axis=0)
    np.testing.assert_allclose(stated, seen, rtol=0.05)


@pytest.mark.parametrize('d', [2, 3])
def test_the_deviation_of_a_limb_in_line_is_neither_0_nor_endless(d: int) -> None:
    points = np.pad(standing().points, ((0, 0), (0, 0), (0, d - 2)))
    stated = joint_angles(body(points, 1.0)).deviations[0, ANGLES.index('left_knee')]
    random = np.random.default_rng(4)
    moved = points + random.normal(size=(4000, *points.shape[1:]))
    seen = np.sqrt(np.square(joint_angles(body(moved)).of('left_knee')).mean())  # off 0
    assert stated == pytest.approx(seen, rel=0.1)
