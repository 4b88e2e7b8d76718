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

"""What the kinematics of a replay read, and where down is for them."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.replay.parameters import kinematics_of
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import PoseParameters
import pytest

MEASURED = SimpleNamespace(depth='/depth')
MONOCULAR = SimpleNamespace(depth=None)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Return a function that reads the parameters of a file for a replay."""

    def read(given: str = '{}', topics_3d: Any = None, rotate: int = 0) -> KinematicsParameters:
        path = tmp_path / 'params.yaml'
        path.write_text(f'movenet_kinematics: {{ros__parameters: {given}}}')
        source: Any = SimpleNamespace(topics_3d=topics_3d)
        settings = PoseParameters(rotate=rotate)
        return kinematics_of(Namespace(params_file=path), source, settings, print)

    return read


@pytest.mark.parametrize(
    ('topics_3d', 'source'), [(None, 'poses'), (MONOCULAR, 'poses'), (MEASURED, 'poses_3d')]
)
def test_people_in_metres_are_read_where_depth_measured_them(
    topics_3d: Any, source: str, read: Any
) -> None:
    assert read(topics_3d=topics_3d).source == source


@pytest.mark.parametrize(
    ('given', 'rotate', 'down'),
    [
        ('{}', 0, '+y'), ('{}', 90, '+x'), ('{}', 270, '-x'), ('{down: -y}', 90, '-y'),
        ('{down: -z}', 180, '-y'),  # of another frame, in which a replay has nobody
    ],
)
def test_down_is_as_the_camera_was_held(given: str, rotate: int, down: str, read: Any) -> None:
    assert read(given, rotate=rotate).down == down


def test_a_value_out_of_range_is_an_error(read: Any) -> None:
    with pytest.raises(StartError, match='keypoint_threshold'):
        read('{keypoint_threshold: 2.0}')
