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

from __future__ import annotations

from pathlib import Path
import sys

from movenet_ros.core.errors import StartError
from movenet_ros.core.needs import forgotten_venv
from movenet_ros.core.needs import needs
from movenet_ros.core.needs import ros_package
import pytest


def test_an_installed_module_is_imported() -> None:
    assert needs('json.decoder').JSONDecoder


def test_a_missing_module_is_an_error_that_names_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'pycocotools.coco', None)
    with pytest.raises(StartError, match='pip install pycocotools'):
        needs('pycocotools.coco')


@pytest.mark.parametrize(('distro', 'fix'), [
    ('jazzy', 'sudo apt-get install ros-jazzy-hri-msgs'),
    ('kilted', 'git clone'),  # which has no such package
    ('', 'scripts/setup'),
])
def test_a_ros_package_comes_from_where_it_is(
    distro: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('ROS_DISTRO', distro)
    assert fix in ros_package('hri_msgs')


def test_a_venv_that_is_not_entered_is_named(tmp_path: Path) -> None:
    assert not forgotten_venv(tmp_path)
    (tmp_path / 'bin').mkdir()
    (tmp_path / 'bin' / 'activate').touch()
    assert forgotten_venv(tmp_path) == f'source {tmp_path}/bin/activate'


def test_a_venv_that_is_entered_is_not_named() -> None:
    assert not forgotten_venv(Path(sys.prefix))
