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

"""The parameter tables in ROS: what a node declares, describes and changes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
from movenet_ros.node.parameters import declare
from movenet_ros.node.parameters import on_change
from movenet_ros.node.parameters import unknown_parameters
from movenet_ros.node.parameters import unread_files
from movenet_ros.settings import changed
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import Row
from movenet_ros.settings import rows
from movenet_ros.settings import values_of
from movenet_ros.settings import VideoSourceParameters
import pytest
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

TABLES = (PoseParameters, VideoSourceParameters)
ROWS = rows(PoseParameters)
UNCONFIGURED = [name for name, row in ROWS.items() if not row.run_time and not row.at_start]

MakeNode = Callable[..., Node]


def another(row: Row) -> Any:
    """Return a value that a parameter may have and that is not its default."""
    if row.kind == 'bool':
        return not row.default
    if row.kind == 'str':
        allowed = row.choices or row.names
        return next((each for each in allowed if each != row.default), '/a')
    assert row.between is not None
    low, high = row.between
    return type(row.default)(high if row.default == low else low)


@pytest.fixture
def make_node(context: Context) -> Iterator[MakeNode]:
    """Return a function that makes a node with parameters given at its start."""
    nodes = []

    def make(**given: Any) -> Node:
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        nodes.append(Node('tester', context=context, parameter_overrides=overrides))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    """Give a node with both tables' parameters, at their defaults."""
    node = make_node()
    for table in TABLES:
        declare(node, table)
    return node


@pytest.fixture
def changes(node: Node) -> list[PoseParameters]:
    """Give the list of what a node is told when its parameters change."""
    told: list[PoseParameters] = []
    on_change(node, PoseParameters(), told.append)
    return told


@pytest.fixture
def locked_changes(node: Node) -> list[PoseParameters]:
    """Give the list of what a node is told that is not unconfigured."""
    told: list[PoseParameters] = []
    on_change(node, PoseParameters(), told.append, lambda: 'can be set while unconfigured')
    return told


@pytest.mark.parametrize('table', TABLES)
def test_ros_describes_each_parameter(table: Any, node: Node) -> None:
    """Type, default, meaning, range or choices, and whether it is read-only."""
    for name, row in rows(table).items():
        described = node.describe_parameter(name)
        assert node.get_parameter(name).value == row.default
        assert (described.description, described.read_only) == (row.meaning, row.at_start)
        assert all(each in described.additional_constraints for each in row.choices)
        ranges = [*described.integer_range, *described.floating_point_range]
        assert [(each.from_value, each.to_value) for each in ranges] == (
            [row.between] if row.between else []
        )
        assert all(each.step in (0, row.step) for each in ranges)


def test_given_values_are_the_settings(make_node: MakeNode) -> None:
    given = {'backend': 'tensorflow', 'input_size': 1024, 'smoothing.beta': 1}
    node = make_node(**given)
    assert declare(node, PoseParameters) == changed(PoseParameters(), given)
    assert node.get_parameter('smoothing.beta').value == 1.0


def test_a_wrong_value_is_refused_at_the_start(make_node: MakeNode) -> None:
    with pytest.raises(StartError, match=r'smoothing\.beta .*from 0\.0 to'):
        declare(make_node(**{'smoothing.beta': -1.0}), PoseParameters)


@pytest.mark.parametrize('value', [False, 'off'])
def test_off_is_no_bool(value: Any, node: Node, changes: list[PoseParameters]) -> None:
    """As `ros2 param set /movenet tracking.association off` sends it."""
    (result,) = node.set_parameters([Parameter('tracking.association', value=value)])
    assert result.successful, result.reason
    assert [each.tracking.association for each in changes] == ['off']


def test_a_change_builds_on_the_one_before(node: Node, changes: list[PoseParameters]) -> None:
    for name, value in (('person_threshold', 0.5), ('annotate.boxes', False)):
        node.set_parameters([Parameter(name, value=value)])
    assert changes[-1] == changed(
        PoseParameters(), {'person_threshold': 0.5, 'annotate.boxes': False}
    )


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('person_threshold', 2.0),
        ('person_threshold', 1),
        ('person_threshold', None),
        ('input_size', 500),
        ('max_rate_hz', float('nan')),
        ('backend', 'torch'),
        ('model_path', None),
        ('autostart', False),
        ('tracking.association', True),
        ('tracking.association', None),
        ('tracking.association', 3),
    ],
)
def test_a_rejected_change_changes_nothing(
    name: str, value: Any, node: Node, changes: list[PoseParameters]
) -> None:
    before = node.get_parameter(name).value
    (result,) = node.set_parameters([Parameter(name, value=value)])
    assert not result.successful and result.reason
    assert not changes
    assert node.get_parameter(name).value == before


@pytest.mark.parametrize('bad', [('keypoint_threshold', 2.0), ('autostart', False)])
def test_all_or_none(bad: tuple[str, Any], node: Node, changes: list[PoseParameters]) -> None:
    both = [Parameter('person_threshold', value=0.5), Parameter(bad[0], value=bad[1])]
    for request in (both, both[::-1]):
        assert not node.set_parameters_atomically(request).successful
    assert not changes
    assert node.get_parameter('person_threshold').value == 0.25


def test_two_at_once_are_one_change(node: Node, changes: list[PoseParameters]) -> None:
    node.set_parameters_atomically(
        [Parameter('person_threshold', value=0.5), Parameter('keypoint_threshold', value=0.1)]
    )
    assert changes == [PoseParameters(person_threshold=0.5, keypoint_threshold=0.1)]


@pytest.mark.parametrize('name', UNCONFIGURED)
def test_parameters_of_the_model_can_be_locked(
    name: str, node: Node, locked_changes: list[PoseParameters]
) -> None:
    (result,) = node.set_parameters([Parameter(name, value=another(ROWS[name]))])
    assert not result.successful and 'unconfigured' in result.reason
    assert node.get_parameter(name).value == ROWS[name].default
    assert locked_changes == []


def test_parameters_of_the_model_change_while_unlocked(
    node: Node, changes: list[PoseParameters]
) -> None:
    for name in UNCONFIGURED:
        (result,) = node.set_parameters([Parameter(name, value=another(ROWS[name]))])
        assert result.successful, result.reason
    assert len(changes) == len(UNCONFIGURED)


def test_the_same_value_passes_though_it_is_locked(
    node: Node, locked_changes: list[PoseParameters]
) -> None:
    """As where `ros2 param load` sets all of a file."""
    same = [Parameter(name, value=ROWS[name].default) for name in UNCONFIGURED]
    assert node.set_parameters_atomically(
        [*same, Parameter('person_threshold', value=0.5)]
    ).successful
    assert locked_changes == [PoseParameters(person_threshold=0.5)]


def test_run_time_parameters_are_never_locked(
    node: Node, locked_changes: list[PoseParameters]
) -> None:
    values = {name: another(row) for name, row in ROWS.items() if row.run_time}
    for name, value in values.items():
        (result,) = node.set_parameters([Parameter(name, value=value)])
        assert result.successful, result.reason
    assert {name: values_of(locked_changes[-1])[name] for name in values} == values


def test_a_wrong_value_is_told_rather_than_the_lock(
    node: Node, locked_changes: list[PoseParameters]
) -> None:
    (result,) = node.set_parameters([Parameter('backend', value='torch')])
    assert 'one of auto' in result.reason


@pytest.mark.parametrize('error', [InferenceError('no memory'), StartError('no model')])
def test_a_change_that_cannot_be_applied_is_rejected(node: Node, error: MoveNetError) -> None:
    """With its reason; the next change builds on the settings before it."""
    told: list[PoseParameters] = []

    def apply(settings: PoseParameters) -> None:
        told.append(settings)
        if settings.input_size == 1024:
            raise error

    on_change(node, PoseParameters(), apply)
    large = [Parameter('max_people', value=1), Parameter('input_size', value=1024)]
    refused = node.set_parameters_atomically(large)
    assert (refused.successful, refused.reason) == (False, str(error))
    assert node.get_parameter('max_people').value == ROWS['max_people'].default
    assert node.set_parameters([Parameter('input_size', value=512)])[0].successful
    assert told[1:] == [PoseParameters(input_size=512)]


def test_a_bug_in_applying_is_not_swallowed(node: Node) -> None:
    def apply(settings: PoseParameters) -> None:
        raise ZeroDivisionError

    on_change(node, PoseParameters(), apply)
    with pytest.raises(ZeroDivisionError):
        node.set_parameters([Parameter('input_size', value=512)])


def test_parameters_of_others_pass(node: Node, changes: list[PoseParameters]) -> None:
    (result,) = node.set_parameters([Parameter('use_sim_time', value=True)])
    assert result.successful


def test_only_names_that_nothing_reads_are_warned_of(make_node: MakeNode) -> None:
    """One file may hold the parameters of both nodes."""
    node = make_node(backend='auto', use_sim_time=True, rate=2.0, smoothing_beta=1.0)
    (line,) = unknown_parameters(node, PoseParameters)
    assert 'smoothing_beta' in line and 'smoothing.beta' in line


@pytest.mark.parametrize(
    ('section', 'told'), [('movenet', True), ('/**/tester', False), ('usb_cam', False)]
)
def test_a_params_file_that_has_nothing_for_the_node_is_told(
    section: str, told: bool, make_node: MakeNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text(f'{section}: {{ros__parameters: {{input_size: 128}}}}')
    monkeypatch.setattr('sys.argv', ['pose_node', '--ros-args', '--params-file', str(path)])
    sentences = unread_files(make_node(), PoseParameters)
    assert [str(path) in each and '/**/tester' in each for each in sentences] == [True] * told
