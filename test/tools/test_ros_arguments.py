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

"""What ROS reads of a tool's command line, and what it refuses."""

from __future__ import annotations

from pathlib import Path

from movenet_ros.core.errors import StartError
from movenet_ros.tools import ros_arguments
from movenet_ros.tools.ros_arguments import full_topic
from movenet_ros.tools.ros_arguments import own_arguments
from movenet_ros.tools.ros_arguments import start_ros
import pytest
from ros_graph import World


@pytest.mark.parametrize(
    ('args', 'own'),
    [
        ([], []),
        (['/poses', '--count', '2'], ['/poses', '--count', '2']),
        (['/poses', '--ros-args', '-r', '__ns:=/robot'], ['/poses']),
        (['--ros-args', '-r', '__ns:=/robot', '--', '/poses'], ['/poses']),
    ],
)
def test_the_arguments_of_ros_are_left_out(args: list[str], own: list[str]) -> None:
    assert own_arguments(args) == own


def test_arguments_that_ros_cannot_read_are_a_refusal() -> None:
    with pytest.raises(StartError, match='-r FROM:=TO'):
        own_arguments(['--ros-args', '-r'])


def test_a_domain_that_ends_the_process_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', '999')
    with pytest.raises(StartError, match='ROS_DOMAIN_ID'):
        start_ros([])


def test_an_environment_in_which_ros_cannot_log_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ('HOME', 'ROS_HOME', 'ROS_LOG_DIR'):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(StartError, match='set HOME'):
        start_ros([])


def test_every_tool_starts_ros_in_this_way() -> None:
    tools = Path(ros_arguments.__file__).parent
    others = [path for path in tools.rglob('*.py') if 'rclpy.init(' in path.read_text()]
    answering = tools / 'soak' / 'overload.py'  # a child of the soak, which has started ROS
    assert set(others) == {tools / 'ros_arguments.py', answering}


def test_a_relative_topic_is_in_the_namespace_of_the_node(world: World) -> None:
    assert full_topic(world.node, 'poses') == f'{world.namespace}/poses'
    assert full_topic(world.node, '/poses') == '/poses'


@pytest.mark.parametrize('name', ['', 'two words', '/a//b', 'a/', '1a', '{', '\n'])
def test_what_is_no_name_of_a_topic_is_a_refusal(world: World, name: str) -> None:
    with pytest.raises(StartError, match='no topic'):
        full_topic(world.node, name)
