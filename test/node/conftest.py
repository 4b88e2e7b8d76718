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

"""What the tests of the node share: a clock to turn, a node that is none, a remote control."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from lifecycle_msgs.srv import ChangeState
from movenet_ros.node import pose_node
import pytest
from rcl_interfaces.msg import Log
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from ros_graph import World


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


class LoggingNode:
    """
    What a part needs of a node: a log, a clock, a parameter.

    :ivar lines: of the log, with their levels.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now_s = 1.7e9
        self.use_sim_time = False

    def get_logger(self) -> Any:
        """Return what takes lines."""
        return SimpleNamespace(
            info=lambda line: self.lines.append(f'info: {line}'),
            warning=lambda line: self.lines.append(f'warning: {line}'),
        )

    def get_clock(self) -> Any:
        """Return the node's clock."""
        return SimpleNamespace(now=lambda: SimpleNamespace(nanoseconds=int(self.now_s * 1e9)))

    def get_parameter(self, name: str) -> Any:
        """Return use_sim_time."""
        return SimpleNamespace(value=self.use_sim_time)


@pytest.fixture
def logging_node() -> Any:
    """Give a node that is none."""
    return LoggingNode()


@pytest.fixture(autouse=True)
def quick_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nodes in this process notice subscribers and publishers sooner."""
    monkeypatch.setattr(pose_node, 'UPDATE_PERIOD_S', 0.02)


class Remote:
    """What `ros2 lifecycle`, `ros2 service` and `ros2 param` do to a node, and its log."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._log = world.sink(Log, '/rosout')

    def call(self, service_type: Any, service: str, request: Any) -> Any:
        """Call a service of the node."""
        return self._world.call(service_type, f'{self._name}/{service}', request)

    def request(self, service_type: Any, service: str) -> Any:
        """Begin to call a service of the node; return the future."""
        client = self._world.node.create_client(service_type, f'{self._name}/{service}')
        self._world.until(client.service_is_ready)
        return client.call_async(service_type.Request())

    def change(self, transition: int | str) -> bool:
        """Ask for a transition by number or name."""
        request = ChangeState.Request()
        if isinstance(transition, str):
            request.transition.label = transition
        else:
            request.transition.id = transition
        return bool(self.call(ChangeState, 'change_state', request).success)

    @property
    def state(self) -> str:
        """Ask for the state."""
        return self._world.state(self._name)

    def set(self, **values: Any) -> list[Any]:  # noqa: A003
        """Set parameters, one by one."""
        return self.set_messages(
            [Parameter(name, value=each).to_parameter_msg() for name, each in values.items()]
        )

    def set_messages(self, parameters: list[Any]) -> list[Any]:
        """Set parameters that are messages."""
        request = SetParameters.Request(parameters=parameters)
        return list(self.call(SetParameters, 'set_parameters', request).results)

    def log(self, level: int = 0) -> list[str]:
        """Return what the node has logged, from a level upwards."""
        name = f'{self._world.namespace[1:]}.{self._name}'
        return [each.msg for each in self._log if each.name == name and each.level >= level]


@pytest.fixture
def make_remote(world: World) -> Callable[[str], Remote]:
    """Return a function that makes a remote control for a node."""
    return lambda name: Remote(world, name)
