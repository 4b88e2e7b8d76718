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

"""The lifecycle, asked from outside: what is rejected, what is logged, and which bug is raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lifecycle_msgs.msg import TransitionEvent
from movenet_ros.core.errors import StartError
from movenet_ros.node.managed_node import ManagedNode
import pytest
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter
from ros_graph import World

CONFIGURE, CLEANUP, ACTIVATE, DEACTIVATE = 1, 2, 3, 4
SHUTDOWN = {'unconfigured': 5, 'inactive': 6, 'active': 7}
ERROR_LEVEL = 40  # of rcl_interfaces/msg/Log


class Managed(ManagedNode):
    """
    A managed node that notes what it does.

    :ivar fails: what to raise, by what is to raise it.
    """

    def __init__(self, **node_args: Any) -> None:
        super().__init__('managed', **node_args)
        self.did: list[str] = []
        self.fails: dict[str, Exception] = {}
        self.declare_parameter('number', 6)
        self.declare_parameter('rate', 0.0)

    def _do(self, what: str) -> str:
        self.did.append(what)
        if what in self.fails:
            raise self.fails[what]
        return f'{what} done'

    def configure(self) -> str:
        """Note it."""
        return self._do('configure')

    def activate(self) -> str:
        """Note it."""
        return self._do('activate')

    def deactivate(self) -> str:
        """Note it."""
        return self._do('deactivate')

    def release(self) -> str:
        """Note it."""
        return self._do('release')


@pytest.fixture
def node(world: World, spin_node: Any) -> Managed:
    """Give a node that spins."""
    node = Managed(context=world.context, namespace=world.namespace)
    spin_node(node)
    return node


@pytest.fixture
def remote(node: Managed, make_remote: Callable[[str], Any]) -> Any:
    """Give its remote control."""
    return make_remote('managed')


def test_every_transition(node: Managed, remote: Any, world: World) -> None:
    """Each state is reached, published as an event, and logged with what was done."""
    events = world.sink(TransitionEvent, 'managed/transition_event')
    steps = (CONFIGURE, ACTIVATE, DEACTIVATE, ACTIVATE, DEACTIVATE, CLEANUP)
    states = []
    for each in steps:
        assert remote.change(each)
        states.append(remote.state)
    assert states == ['inactive', 'active', 'inactive', 'active', 'inactive', 'unconfigured']
    assert node.did == [
        'configure', 'activate', 'deactivate', 'activate', 'deactivate', 'release',
    ]
    world.until(lambda: len(events) == 2 * len(steps))
    world.until(lambda: len(remote.log()) == len(steps))
    lines = [f'{state}: {did} done' for state, did in zip(states, node.did, strict=True)]
    assert remote.log() == lines


def test_transitions_by_name(remote: Any) -> None:
    assert remote.change('configure') and remote.state == 'inactive'


@pytest.mark.parametrize('wrong', [ACTIVATE, CLEANUP, 99, 'dance', 'deactivate', 'x' * 1000])
def test_a_wrong_transition_is_rejected(wrong: int | str, node: Managed, remote: Any) -> None:
    """In rclpy alone it would end the node."""
    assert not remote.change(wrong)
    assert remote.state == 'unconfigured' and node.did == []
    assert remote.change(CONFIGURE)


@pytest.mark.parametrize('state', SHUTDOWN)
def test_shutdown_ends_the_program(state: str, node: Managed, remote: Any, world: World) -> None:
    """From every state, after the client has its answer."""
    for transition in {'inactive': [1], 'active': [1, 3]}.get(state, []):
        assert remote.change(transition)
    assert remote.change(SHUTDOWN[state])
    with pytest.raises(SystemExit) as ended:
        world.until(lambda: False)
    assert ended.value.code == 0 and node.did[-1] == 'release'


def test_a_transition_that_cannot_be_made_is_logged(
    node: Managed, remote: Any, world: World
) -> None:
    """In one line, the state stays; the next try may have more luck."""
    node.fails = {'configure': StartError('no model')}
    assert not remote.change(CONFIGURE) and remote.state == 'unconfigured'
    world.until(lambda: remote.log(ERROR_LEVEL))
    assert remote.log(ERROR_LEVEL) == ['no model'] == [str(node.refusal)]
    assert node.did == ['configure', 'release']  # what it had opened before it failed
    node.fails = {}
    assert remote.change(CONFIGURE) and node.refusal is None


def test_a_node_that_gives_up_is_unconfigured(node: Managed, remote: Any, world: World) -> None:
    """Through the lifecycle's error handling; the line names the command that tries again."""
    assert remote.change(CONFIGURE) and remote.change(ACTIVATE)
    timer = node.create_timer(0.001, lambda: (timer.cancel(), node.give_up('the GPU is gone')))
    world.until(lambda: remote.log(ERROR_LEVEL))
    (line,) = remote.log(ERROR_LEVEL)
    assert 'the GPU is gone' in line and node.command('configure') in line
    world.until(lambda: remote.state == 'unconfigured')
    assert node.did[-2:] == ['deactivate', 'release']
    assert remote.change(CONFIGURE)


@pytest.mark.parametrize('what', ['configure', 'release'])
def test_a_bug_in_a_transition_is_not_swallowed(what: str, node: Managed, remote: Any) -> None:
    """Where rclpy alone would ignore it."""
    node.fails = {what: ZeroDivisionError('a bug')}
    remote.change(CONFIGURE)
    if what == 'release':
        node.check()
        remote.change(CLEANUP)
    with pytest.raises(ZeroDivisionError, match='a bug'):
        node.check()


def test_the_first_bug_is_raised(world: World) -> None:
    """Not what cleaning up after it met, which is chained to it (H6)."""
    node = Managed(context=world.context)
    first, second = ValueError('the first bug'), KeyError('met while cleaning up')
    node.fails = {'configure': first, 'release': second}
    with pytest.raises(ValueError, match='the first bug') as raised:
        node.start()
    node.destroy_node()
    assert raised.value is first and first.__context__ is second


def test_a_start_that_is_rejected_is_raised_and_not_logged(world: World) -> None:
    """Who starts it reports it."""
    node = Managed(context=world.context)
    node.fails = {'activate': StartError('no camera')}
    with pytest.raises(StartError, match='no camera'):
        node.start()
    assert node.state == 'inactive'
    node.destroy_node()


def test_locked_parameters_name_the_commands_that_unlock_them(node: Managed) -> None:
    name = node.get_fully_qualified_name()
    assert node.locked() == ''
    node.trigger_configure()
    assert f'ros2 lifecycle set {name} cleanup' in node.locked()
    node.trigger_activate()
    assert f'ros2 lifecycle set {name} deactivate, ros2 lifecycle set {name} cleanup' in (
        node.locked()
    )


def odd_parameters() -> list[Any]:
    """Return a good parameter, one of a type that does not exist, a misspelt one, no name."""
    parameters = []
    for name, kind in (('number', 2), ('number', 77), ('nunber', 2), ('', 2)):
        parameter = Parameter('x', value=3).to_parameter_msg()
        parameter.name, parameter.value.type = name, kind
        parameters.append(parameter)
    return parameters


def test_odd_parameters_are_rejected(node: Managed, remote: Any) -> None:
    """In rclpy alone a type that does not exist would end the node."""
    request = SetParametersAtomically.Request(parameters=odd_parameters())
    answer = remote.call(SetParametersAtomically, 'set_parameters_atomically', request)
    assert not answer.result.successful and 'type 77' in answer.result.reason
    assert node.get_parameter('number').value == 6
    results = remote.set_messages(odd_parameters())
    assert [each.successful for each in results] == [True, False, False, False]
    assert 'type 77' in results[1].reason and 'did you mean number' in results[2].reason
    assert node.get_parameter('number').value == 3


def test_an_integer_stands_for_a_double(node: Managed, remote: Any) -> None:
    """`ros2 param set NODE rate 10` sends one."""
    (result,) = remote.set(rate=10)
    assert result.successful and node.get_parameter('rate').value == 10.0
