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

"""The papers are printed from the code, and what they link to and name exists."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec
from importlib.util import spec_from_loader
import os
from pathlib import Path
import re
import subprocess
import sys
from typing import Any

from geometry_msgs.msg import Twist
from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.poses import Poses
from movenet_ros.messages.activities import activities_to_msg
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.poses_3d import poses_3d_to_msg
from movenet_ros.settings import defaults
from movenet_ros.settings import HumansParameters
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import Pose3DParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import rows
import numpy as np
from people_3d import BODY
from people_3d import people_3d
import pytest
from ros_graph import World
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray
import yaml

ROOT = Path(__file__).parents[1]
TEXTS = ('README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'doc/security.md')


def load(script: str) -> Any:
    """Load a script as a module."""
    loader = SourceFileLoader(script, str(ROOT / 'scripts' / script))
    spec = spec_from_loader(script, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


papers = load('papers')


@pytest.mark.parametrize('name', papers.PAPERS)
def test_a_paper_is_as_the_script_prints_it(name: str) -> None:
    text = (ROOT / name).read_text()
    assert text == papers.PAPERS[name](text), 'run scripts/papers'


def test_readme_has_every_table() -> None:
    assert len(papers.TABLE.findall((ROOT / 'README.md').read_text())) == 7


@pytest.mark.parametrize(
    ('file', 'section', 'table'),
    [
        ('pose_yaml', '/**', PoseParameters),
        ('pose_3d_yaml', '/**/movenet_3d', Pose3DParameters),
        ('kinematics_yaml', '/**/movenet_kinematics', KinematicsParameters),
        ('humans_yaml', '/**/movenet_humans', HumansParameters),
    ],
)
def test_a_file_of_parameters_states_the_defaults(
    file: str, section: str, table: type[Any]
) -> None:
    nested = yaml.safe_load(getattr(papers, file)())[section]['ros__parameters']
    flat = {
        f'{name}.{inner}' if inner else name: value
        for name, values in nested.items()
        for inner, value in (values if isinstance(values, dict) else {'': values}).items()
    }
    assert list(flat.items()) == list(defaults(table).items())


@pytest.mark.parametrize('paper', TEXTS)
def test_files_that_a_paper_links_to_exist(paper: str) -> None:
    links = re.findall(r'\]\(([^)#]+)', (ROOT / paper).read_text())
    files = [link for link in links if not link.startswith('http')]
    assert [name for name in files if not ((ROOT / paper).parent / name).exists()] == []


@pytest.mark.parametrize('paper', ['README.md', 'doc/security.md', 'CONTRIBUTING.md'])
def test_no_paper_names_a_parameter_by_its_old_name(paper: str) -> None:
    old = {name for row in rows(PoseParameters).values() for name in row.was if '_' in name}
    words = set(re.findall(r'[\w.]+', (ROOT / paper).read_text()))
    assert old & words == set()


@contextmanager
def pasted(world: World, callback: str, out: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the piece of Python of the README that has a function in a process of its own."""
    pieces = re.findall(r'```python\n(.*?)```', (ROOT / 'README.md').read_text(), re.DOTALL)
    (code,) = (each for each in pieces if f'def {callback}(' in each)
    env = {**os.environ, 'ROS_DOMAIN_ID': str(world.domain_id), 'PYTHONUNBUFFERED': '1'}
    with out.open('wb') as file:
        process = subprocess.Popen(
            [sys.executable, '-c', code], env=env, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield process
        assert process.poll() is None, out.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.mark.process
def test_the_subscriber_of_the_readme_runs_as_pasted(
    world: World, people_at: Callable[..., Poses], tmp_path: Path
) -> None:
    out = tmp_path / 'out'
    poses = world.publisher(Detection2DArray, '/poses')
    person = replace(people_at((320, 240, 200)), ids=np.array([1]))
    msg = poses_to_msg(person, Header())
    with pasted(world, 'on_poses', out) as process:
        world.until(
            lambda: poses.publish(msg) or 'right wrist at' in out.read_text() or process.poll(),
            'for the subscriber',
        )


@pytest.mark.process
def test_the_greeter_of_the_readme_sees_who_waves(world: World, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    activities = world.publisher(Detection2DArray, '/activities')
    waving = Activities(np.array([7]), ((Activity('standing', 0.9), Activity('waving', 0.8)),))
    msg = activities_to_msg(waving, np.zeros((1, 4), np.float32), Header())
    with pasted(world, 'on_activities', out) as process:
        world.until(
            lambda: activities.publish(msg) or '7 is waving' in out.read_text() or process.poll(),
            'for the greeter',
        )


@pytest.mark.process
def test_the_robot_of_the_readme_stops_for_somebody_near(world: World, tmp_path: Path) -> None:
    """And for nobody who is far, or whose place is not known."""
    stops = world.sink(Twist, '/cmd_vel')
    people = world.publisher(Detection3DArray, '/poses_3d')
    far = people_3d([BODY + (0, 0, 2), np.full_like(BODY, np.nan)])
    near = people_3d([BODY + (0, 0, 1.4)])
    with pasted(world, 'on_people', tmp_path / 'out') as process:
        world.until(
            lambda: process.poll() or people.get_subscription_count(), 'for the subscriber'
        )
        for _ in range(5):
            people.publish(poses_3d_to_msg(far, Header()))
            world.spin(0.05)
        assert stops == []
        world.until(
            lambda: people.publish(poses_3d_to_msg(near, Header())) or stops or process.poll(),
            'for it to stop',
        )
