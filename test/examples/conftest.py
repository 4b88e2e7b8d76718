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

"""What the tests of the examples share."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import runpy

from example_messages import EXAMPLES
import pytest
import rclpy
from rclpy.node import Node
from ros_graph import World

Run = Callable[[str], object]


@pytest.fixture
def run_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Return a function that runs an example, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda name: runpy.run_path(str(EXAMPLES / f'{name}.py'), run_name='__main__')


@pytest.fixture
def run(
    module_world: World, monkeypatch: pytest.MonkeyPatch, run_alone: Run
) -> Iterator[Run]:
    """Return a function that runs an example, whose node is spun with the world until the end."""
    create_node, nodes = rclpy.create_node, []

    def create(name: str) -> Node:
        where = {'context': module_world.context, 'namespace': module_world.namespace}
        nodes.append(create_node(name, **where))
        return nodes[-1]

    monkeypatch.setattr(rclpy, 'init', lambda: None)
    monkeypatch.setattr(rclpy, 'create_node', create)
    monkeypatch.setattr(rclpy, 'spin', module_world.join)
    yield run_alone
    for each in nodes:
        module_world.leave(each)
