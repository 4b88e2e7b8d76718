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

"""People in metres as a value: shapes, and what is not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import ARRAYS
from movenet_ros.core.poses_3d import unlifted
import numpy as np
import pytest

PeopleAt = Callable[..., Poses]


def test_of_people_who_were_not_lifted_nothing_is_known(people_at: PeopleAt) -> None:
    people = unlifted(people_at((100, 100, 80), (200, 100, 80)))
    assert len(people) == 2
    assert all(np.isnan(getattr(people, name)).all() for name in ARRAYS)


@pytest.mark.parametrize('name', ARRAYS)
def test_arrays_are_copies_of_the_right_shape(people_at: PeopleAt, name: str) -> None:
    people = unlifted(people_at((100, 100, 80)))
    values = np.zeros(getattr(people, name).shape)
    changed = replace(people, **{name: values})
    values[:] = 1
    assert (getattr(changed, name) == 0).all()
    assert not getattr(changed, name).flags.writeable
    with pytest.raises(ValueError, match=name):
        replace(people, **{name: values[..., :2]})


def test_some_of_the_people_are_people(people_at: PeopleAt) -> None:
    people = unlifted(people_at((100, 100, 80), (200, 100, 80), (300, 100, 80)))
    people = replace(people, person_positions=np.arange(9.0).reshape(3, 3))
    some = people[[2, 0]]
    assert some.person_positions[:, 0].tolist() == [6.0, 0.0]
    assert some.poses.keypoints[0, 0, 0] == people.poses.keypoints[2, 0, 0]
