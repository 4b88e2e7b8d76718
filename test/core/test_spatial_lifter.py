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

"""A stream of people and depth that is taken before, after or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from depth_scene import CAMERA
from depth_scene import depth_of
from depth_scene import standing
from movenet_ros.core.poses import Poses
from movenet_ros.core.spatial.lifter import Lifter
from movenet_ros.core.spatial.settings import SpatialSettings
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]

SURFACE = SpatialSettings(inside=False)
STEP_NS = 66_000_000
SPEED = 1.5  # m/s, to the right and towards the camera


def walker(people_at: PeopleAt, stamp_ns: int) -> tuple[Poses, float]:
    """Return a person who walks, and how far away."""
    walked_m = SPEED * stamp_ns / 1e9
    poses = people_at(standing(-0.6 + walked_m, 3.5 - walked_m))
    return replace(poses, ids=np.ones(1, np.int64)), 3.5 - walked_m


def seen_by_depth(people_at: PeopleAt, stamp_ns: int) -> NDArray[np.float32]:
    """Return what a depth camera sees of that person."""
    poses, distance_m = walker(people_at, stamp_ns)
    return depth_of(poses, [distance_m])


@pytest.mark.parametrize('apart_ms', [-30, 30])
def test_depth_that_is_taken_at_another_time_is_looked_up_where_people_are_then(
    people_at: PeopleAt, apart_ms: int
) -> None:
    lifter, off_m, distances_off_m = Lifter(), [], []
    for i in range(12):
        stamp_ns = i * STEP_NS
        depth_ns = stamp_ns + apart_ms * 1_000_000
        poses, distance_m = walker(people_at, stamp_ns)
        depth = seen_by_depth(people_at, depth_ns)
        people = lifter.lift(poses, stamp_ns, depth, depth_ns, CAMERA, SURFACE)
        if i > 4:
            off_m.append(people.positions[0, :, 2] - distance_m)
            distances_off_m.append(people.person_positions[0, 2] - distance_m)
    assert np.isfinite(off_m).mean() > 0.95
    assert np.nanmax(np.abs(off_m)) < 0.10  # nobody on the wall
    assert np.abs(np.mean(distances_off_m)) < 0.01  # uncorrected: 0.045


def test_without_depth_nothing_is_known_but_the_people(people_at: PeopleAt) -> None:
    lifter = Lifter()
    for i in range(3):
        poses, _ = walker(people_at, i * STEP_NS)
        depth = seen_by_depth(people_at, i * STEP_NS)
        lifter.lift(poses, i * STEP_NS, depth, i * STEP_NS, CAMERA, SURFACE)
    people = lifter.without_depth(poses, 3 * STEP_NS, SURFACE)
    assert people.poses is poses
    assert np.isnan(people.positions).all()
    assert np.isnan(people.velocities).all()


def test_speeds_are_in_metres_per_second(people_at: PeopleAt) -> None:
    lifter = Lifter()
    for i in range(15):
        poses, _ = walker(people_at, i * STEP_NS)
        depth = seen_by_depth(people_at, i * STEP_NS)
        people = lifter.lift(poses, i * STEP_NS, depth, i * STEP_NS, CAMERA, SURFACE)
    assert people.velocities[0] == pytest.approx([SPEED, 0.0, -SPEED], abs=0.2)


def test_a_stream_that_starts_anew_is_lifted_as_if_it_were_the_first(
    people_at: PeopleAt
) -> None:
    lifter = Lifter()
    results = []
    for _ in range(2):
        lifter.restart()
        for i in range(4):
            poses, _ = walker(people_at, i * STEP_NS)
            depth = seen_by_depth(people_at, i * STEP_NS)
            people = lifter.lift(poses, i * STEP_NS, depth, i * STEP_NS, CAMERA, SURFACE)
        results.append(people.positions)
    assert np.array_equal(*results)


def test_people_without_a_depth_camera_are_followed_too(people_at: PeopleAt) -> None:
    lifter = Lifter()
    for i in range(15):
        poses, distance_m = walker(people_at, i * STEP_NS)
        people = lifter.place(poses, i * STEP_NS, CAMERA, SURFACE)
    assert people.is_monocular
    assert people.person_positions[0, 2] == pytest.approx(distance_m, rel=0.2)
    assert people.velocities[0, 2] < 0
