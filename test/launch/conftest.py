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

"""
What the tests of the launch files share: launch without a ROS distribution.

launch comes with a ROS distribution only. Without one, small stand-ins record what a file
declares; rclpy, which is there in both cases, applies the remappings. With one, some tests let the
real launch read the file.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from importlib.util import module_from_spec
from importlib.util import spec_from_file_location
from pathlib import Path
import sys
from types import ModuleType
from types import SimpleNamespace
from typing import Any

import pytest
from rclpy.context import Context
from rclpy.node import Node

ROOT = Path(__file__).parents[2]
PROGRAMS = (
    ('movenet_ros', 'pose_node'), ('movenet_ros', 'pose_3d_node'),
    ('movenet_ros', 'kinematics_node'), ('movenet_ros', 'humans_node'),
    ('movenet_ros', 'video_source'), ('ros2bag', 'unused'), ('rviz2', 'rviz2'),
    ('usb_cam', 'usb_cam_node_exe'),
)
EMPTY: Mapping[str, str] = {}
NO_LAUNCH = 'the real launch comes with a ROS distribution only'


class Recorded(SimpleNamespace):
    """Stands for an action, an event or a substitution: keeps what it was made with."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(args=args, **kwargs)


def stand_in(name: str) -> type[Recorded]:
    """Make a class that stands for the one of the same name."""
    return type(name, (Recorded,), {})


def module(module_name: str, *names: str, **members: Any) -> ModuleType:
    """Make a module of stand-ins."""
    made = ModuleType(module_name)
    vars(made).update({name: stand_in(name) for name in names}, **members)
    return made


def load(launch_file: Path) -> ModuleType:
    """Read a launch file as launch does."""
    spec = spec_from_file_location('launch_file', launch_file)
    assert spec is not None and spec.loader is not None
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder in which the programs of all nodes are installed, and ros2 in PATH."""
    root = tmp_path / 'install'
    paths = [root / 'lib' / package / name for package, name in PROGRAMS]
    for path in (*paths, root / 'bin' / 'ros2'):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o755)
    monkeypatch.setenv('PATH', str(root / 'bin'))
    return root


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch, prefix: Path) -> Callable[[Path], list[Any]]:
    """Return a function that returns what a launch file declares, made of stand-ins."""

    def prefix_of(package: str) -> str:
        if not (prefix / 'lib' / package).is_dir():
            raise KeyError(package)
        return str(prefix)

    def share_of(package: str) -> str:
        return str(ROOT if package == 'movenet_ros' else prefix / 'share' / package)

    for made in (
        module(
            'launch', 'LaunchContext', 'LaunchDescriptionEntity', LaunchDescription=list
        ),
        module(
            'launch.actions', 'DeclareLaunchArgument', 'EmitEvent', 'ExecuteProcess',
            'IncludeLaunchDescription', 'LogInfo', 'OpaqueFunction', 'RegisterEventHandler',
            'Shutdown', 'TimerAction', GroupAction=list,
        ),
        module('launch.event_handlers', 'OnShutdown'),
        module('launch.events', 'Shutdown', 'matches_action'),
        module('launch.events.process', 'ProcessExited', 'ShutdownProcess'),
        module('launch.launch_description_sources', 'PythonLaunchDescriptionSource'),
        module('launch_ros'),
        module('launch_ros.actions', 'Node'),
        module('ament_index_python'),
        module(
            'ament_index_python.packages',
            get_package_prefix=prefix_of, get_package_share_directory=share_of,
        ),
    ):
        monkeypatch.setitem(sys.modules, made.__name__, made)

    def entities(launch_file: Path) -> list[Any]:
        (group,) = load(launch_file).generate_launch_description()
        return list(group)

    return entities


def kind(entity: Any) -> str:
    """Return the name of what a stand-in stands for."""
    return type(entity).__name__


@pytest.fixture
def read_arguments(declare: Callable[[Path], list[Any]]) -> Callable[[Path], dict[str, Any]]:
    """Return a function that returns the arguments that a file declares, by name."""

    def read_of(launch_file: Path) -> dict[str, Any]:
        declared = declare(launch_file)
        return {each.args[0]: each for each in declared if kind(each) == 'DeclareLaunchArgument'}

    return read_of


@pytest.fixture
def start_file(
    declare: Callable[[Path], list[Any]], read_arguments: Callable[[Path], dict[str, Any]]
) -> Callable[..., list[Any]]:
    """Return a function that starts a file with arguments and returns the actions."""

    def start_with(
        launch_file: Path, configurations: Mapping[str, str] = EMPTY, **given: str
    ) -> list[Any]:
        arguments = read_arguments(launch_file)
        assert given.keys() <= arguments.keys()
        values = {name: each.default_value for name, each in arguments.items()} | given
        values.update(configurations)  # which an including file has set
        context = Recorded(launch_configurations=values, is_shutdown=False)
        functions = [x.function for x in declare(launch_file) if kind(x) == 'OpaqueFunction']
        actions = [action for each in functions for action in each(context)]
        if [kind(each) for each in actions] == ['TimerAction']:  # a refusal, a moment later
            actions[0].actions[0].function(context)
        return actions

    return start_with


@pytest.fixture
def real(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give the real launch, if there is one, that finds the programs of all nodes."""
    launch = pytest.importorskip('launch', reason=NO_LAUNCH)
    pytest.importorskip('launch_ros.actions', reason=NO_LAUNCH)
    packages = 'ament_index_python.packages'
    monkeypatch.setattr(f'{packages}.get_package_share_directory', lambda package: str(ROOT))
    monkeypatch.setattr(f'{packages}.get_package_prefix', lambda package: str(prefix))
    return launch


@pytest.fixture
def start_for_real(real: ModuleType) -> Callable[..., list[Any]]:
    """Return a function that lets the real launch make the actions, without running them."""

    def start_with(launch_file: Path, **given: str) -> list[Any]:
        context = real.LaunchContext()
        context.launch_configurations.update(given)
        (group,) = load(launch_file).generate_launch_description().entities
        entities = group.visit(context)
        return [action for entity in entities for action in entity.visit(context) or []]

    return start_with


@pytest.fixture
def read_for_real(real: ModuleType) -> Callable[[Path], tuple[set[str], set[str]]]:
    """Return a function that returns a file's arguments, and what of them stays behind it."""

    def read(launch_file: Path) -> tuple[set[str], set[str]]:
        description = load(launch_file).generate_launch_description()
        context = real.LaunchContext()
        (group,) = description.entities
        for entity in group.visit(context):
            entity.visit(context)
        arguments = {each.name for each in description.get_launch_arguments()}
        return arguments, {*context.launch_configurations}

    return read


@pytest.fixture
def node_args(context: Context) -> Callable[..., dict[str, Any]]:
    """Return a function that returns what makes a real node of one that launch would start."""

    def args_of(node: Any, **parameters: str) -> dict[str, Any]:
        arguments = ['-r', f'__ns:=/{node.namespace.strip("/")}']
        for here, there in getattr(node, 'remappings', ()):
            arguments += ['-r', f'{here}:={there}']
        for name, value in parameters.items():
            arguments += ['-p', f'{name}:={value}']
        return {
            'context': context,
            'cli_args': ['--ros-args', *arguments],
            'use_global_arguments': False,
        }

    return args_of


@pytest.fixture
def resolve(node_args: Callable[..., dict[str, Any]]) -> Callable[[Any, str], str]:
    """Return a function that resolves a topic as a started node would."""

    def resolve_in(node: Any, topic: str) -> str:
        real = Node('probe', **node_args(node))
        try:
            return str(real.resolve_topic_name(topic))
        finally:
            real.destroy_node()

    return resolve_in
