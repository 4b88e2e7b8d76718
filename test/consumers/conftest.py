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

"""What the tests of the 3D node share: a person, and cameras that see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from depth_camera import Camera
from depth_camera import PERSON
from movenet_ros.core.poses import Poses
import numpy as np
import pytest
from ros_graph import World


@pytest.fixture
def person(people_at: Callable[..., Poses]) -> Poses:
    """Give the person as the pose node sees it."""
    return replace(people_at(PERSON), ids=np.array([1]))


@pytest.fixture
def make_camera(world: World, person: Poses) -> Callable[..., Camera]:
    """Return a function that makes a camera."""
    return lambda **given: Camera(world, person, **given)


class Clock:
    """A clock that the test turns."""

    now_s = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """Give a clock."""
    return Clock()
