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
def declare(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], list[Any]]:
    """Return a function that returns what a launch file declares, made of stand-ins."""
    for made in (
        module(
            'launch', 'LaunchContext', 'LaunchDescriptionEntity', LaunchDescription=list
        ),
        module(
            'launch.actions', 'DeclareLaunchArgument', 'ExecuteProcess',
            'IncludeLaunchDescription', 'LogInfo', 'OpaqueFunction', 'Shutdown', 'TimerAction',
        ),
        module('launch.events'),
        module('launch.events.process', 'ProcessExited'),
        module('launch.launch_description_sources', 'PythonLaunchDescriptionSource'),
        module('launch.substitutions', 'LaunchConfiguration'),
        module('launch_ros'),
        module('launch_ros.actions', 'Node'),
        module('ament_index_python'),
        module(
            'ament_index_python.packages', get_package_share_directory=lambda package: str(ROOT)
        ),
    ):
        monkeypatch.setitem(sys.modules, made.__name__, made)
    return lambda launch_file: list(load(launch_file).generate_launch_description())


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

    def start_with(launch_file: Path, **given: str) -> list[Any]:
        arguments = read_arguments(launch_file)
        assert given.keys() <= arguments.keys()
        values = {name: each.default_value for name, each in arguments.items()} | given
        context = Recorded(launch_configurations=values, is_shutdown=False)
        functions = [x.function for x in declare(launch_file) if kind(x) == 'OpaqueFunction']
        return [action for each in functions for action in each(context)]

    return start_with


@pytest.fixture
def start_for_real(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Return a function that lets the real launch make the actions, without running them."""
    pytest.importorskip('launch.actions', reason=NO_LAUNCH)
    pytest.importorskip('launch_ros.actions', reason=NO_LAUNCH)
    from launch import LaunchContext

    share = 'ament_index_python.packages.get_package_share_directory'
    monkeypatch.setattr(share, lambda package: str(ROOT))

    def start_with(launch_file: Path, **given: str) -> list[Any]:
        context = LaunchContext()
        context.launch_configurations.update(given)
        entities = load(launch_file).generate_launch_description().entities
        return [action for entity in entities for action in entity.visit(context) or []]

    return start_with


@pytest.fixture
def node_args(context: Context) -> Callable[..., dict[str, Any]]:
    """Return a function that returns what makes a real node of one that launch would start."""

    def args_of(node: Any, **parameters: str) -> dict[str, Any]:
        arguments = ['-r', f'__ns:=/{node.namespace.strip("/")}']
        for here, there in node.remappings:
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
