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

"""The parameter tables: what ROS is told of them, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import Field
from dataclasses import fields
from dataclasses import replace
from typing import Any

from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
from movenet_ros.node.parameters import declare
from movenet_ros.node.parameters import defaults
from movenet_ros.node.parameters import on_change
from movenet_ros.node.parameters import PoseParameters
from movenet_ros.node.parameters import table_of
from movenet_ros.node.parameters import unknown_names
from movenet_ros.node.parameters import unknown_parameters
from movenet_ros.node.parameters import VideoSourceParameters
import pytest
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

TABLES = (PoseParameters, VideoSourceParameters)
RUN_TIME = {
    'annotate_boxes',
    'annotate_scores',
    'dropped_warn_percent',
    'image_timeout_s',
    'input_rate_error_hz',
    'input_rate_warn_hz',
    'input_size',
    'keypoint_threshold',
    'latency_error_ms',
    'latency_warn_ms',
    'max_image_pixels',
    'max_people',
    'max_rate_hz',
    'output_rate_error_hz',
    'output_rate_warn_hz',
    'person_threshold',
    'smoothing',
    'smoothing_beta',
    'smoothing_min_cutoff_hz',
    'track_max_age_s',
    'tracking',
}
AT_START = {'autostart', *defaults(VideoSourceParameters)}
UNCONFIGURED = {
    'backend': 'tensorflow',
    'device': 'cpu',
    'gpu_memory_limit_mb': 100,
    'image_reliability': 'reliable',
    'image_transport': 'compressed',
    'model_path': '/a',
    'precision': 'f32',
    'threads': 2,
}  # with another value than the default

MakeNode = Callable[..., Node]


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


def of_each_parameter(test: Any) -> Any:
    """Run a test for each parameter of both tables."""
    parameters = [each for table in TABLES for each in fields(table)]
    return pytest.mark.parametrize('parameter', parameters, ids=lambda each: each.name)(test)


@of_each_parameter
def test_its_meaning_is_told(parameter: Field[Any], node: Node) -> None:
    """`ros2 param describe` shows it."""
    description = node.describe_parameter(parameter.name).description
    assert description == parameter.metadata['meaning'] and description.endswith('.')


@of_each_parameter
def test_its_type_is_fixed(parameter: Field[Any], node: Node) -> None:
    """And is that of its default; ROS makes a bool of off, so tracking takes one."""
    described = node.describe_parameter(parameter.name)
    value = node.get_parameter(parameter.name)
    assert (value.type_.value, described.dynamic_typing) == (
        described.type, parameter.name == 'tracking'
    )
    assert (type(value.value), value.value) == (type(parameter.default), parameter.default)


@of_each_parameter
def test_it_says_whether_it_may_change(parameter: Field[Any], node: Node) -> None:
    """At any time, while the node is unconfigured, or never: then it is read-only."""
    read_only = node.describe_parameter(parameter.name).read_only
    assert read_only == parameter.metadata['at_start'] == (parameter.name in AT_START)
    assert parameter.metadata['run_time'] == (parameter.name in RUN_TIME)
    assert (parameter.name in UNCONFIGURED) != (parameter.name in AT_START | RUN_TIME)


@of_each_parameter
def test_its_range_is_told(parameter: Field[Any], node: Node) -> None:
    """Of every number."""
    described = node.describe_parameter(parameter.name)
    ranges = [*described.integer_range, *described.floating_point_range]
    assert len(ranges) == (type(parameter.default) in (int, float))
    if ranges:
        assert (ranges[0].from_value, ranges[0].to_value) == parameter.metadata['between']
        assert ranges[0].from_value <= parameter.default <= ranges[0].to_value


@of_each_parameter
def test_its_choices_are_told(parameter: Field[Any], node: Node) -> None:
    """The default is one of them."""
    constraints = node.describe_parameter(parameter.name).additional_constraints
    choices = parameter.metadata['choices']
    assert all(each in constraints for each in choices)
    assert not choices or parameter.default in choices


def test_input_size_has_steps(node: Node) -> None:
    """The model takes multiples of 32."""
    (limits,) = node.describe_parameter('input_size').integer_range
    assert (limits.from_value, limits.to_value, limits.step) == (128, 1024, 32)


@pytest.mark.parametrize('table', TABLES)
def test_defaults(table: Any, make_node: MakeNode) -> None:
    """Nothing given, the table's own values come out."""
    node = make_node()
    assert declare(node, table) == table()
    assert defaults(table) == {each.name: each.default for each in fields(table)}


def test_what_is_given_comes_out(make_node: MakeNode) -> None:
    """One of each type."""
    given = {'backend': 'tensorflow', 'input_size': 1024, 'person_threshold': 1.0}
    settings = declare(make_node(**given, annotate_boxes=False), PoseParameters)
    assert settings == PoseParameters(**given, annotate_boxes=False)


@pytest.mark.parametrize(
    ('name', 'value', 'words'),
    [
        ('input_size', 96, ("'96'", 'from 128 to 1024 in steps of 32')),
        ('input_size', 1056, ("'1056'", 'from 128 to 1024 in steps of 32')),
        ('input_size', 257, ("'257'", 'from 128 to 1024 in steps of 32')),
        ('input_size', 256.0, ("'256.0'", 'an integer')),
        ('input_size', '256', ('an integer',)),
        ('max_people', 0, ("'0'", 'from 1 to 6')),
        ('max_people', 7, ("'7'", 'from 1 to 6')),
        ('gpu_memory_limit_mb', -1, ("'-1'", 'from 0 to')),
        ('person_threshold', 1.01, ("'1.01'", 'from 0.0 to 1.0')),
        ('person_threshold', -0.01, ("'-0.01'", 'from 0.0 to 1.0')),
        ('person_threshold', float('nan'), ("'nan'", 'from 0.0 to 1.0')),
        ('person_threshold', float('inf'), ("'inf'", 'from 0.0 to 1.0')),
        ('person_threshold', 2, ("'2.0'", 'from 0.0 to 1.0')),
        ('person_threshold', '1', ("'1'", 'a double')),
        ('annotate_boxes', 1, ("'1'", 'a bool')),
        ('annotate_boxes', 'true', ("'true'", 'a bool')),
        ('backend', 'torch', ("'torch'", 'one of auto, tensorflow, onnxruntime')),
        ('backend', '', ("''", 'one of auto')),
        ('backend', 1, ("'1'", 'one of auto')),
        ('device', 'cuda', ("'cuda'", 'one of auto, cpu, gpu')),
        ('image_transport', 'theora', ("'theora'", 'one of raw, compressed')),
        ('image_reliability', 'RELIABLE', ("'RELIABLE'", 'one of auto, reliable, best_effort')),
        ('model_path', True, ("'True'", 'a string')),
        ('model_path', ['a'], ('a string',)),
    ],
)
def test_refused_at_the_start(
    name: str, value: Any, words: tuple[str, ...], make_node: MakeNode
) -> None:
    """In one line that names the parameter, the value and the limits."""
    with pytest.raises(StartError) as refused:
        declare(make_node(**{name: value}), PoseParameters)
    text = str(refused.value)
    assert text.startswith(f'parameter {name} ') and '\n' not in text
    assert all(each in text for each in words), text


@pytest.mark.parametrize('table', TABLES)
def test_without_values_a_table_has_its_defaults(table: Any) -> None:
    """As the node has them."""
    assert table_of(table, {}) == table()


def test_values_get_into_the_table() -> None:
    """Those that it knows; an integer stands for a double."""
    values = {'max_people': 2, 'person_threshold': 1, 'nothing': 3}
    settings = table_of(PoseParameters, values)
    assert settings == PoseParameters(max_people=2, person_threshold=1.0)
    assert type(settings.person_threshold) is float


@of_each_parameter
def test_a_value_of_no_type_is_refused(parameter: Field[Any]) -> None:
    """Such as a list, or nothing."""
    table: Any = next(each for each in TABLES if parameter in fields(each))
    for value in (None, [1], b'x'):
        with pytest.raises(StartError, match=f'parameter {parameter.name} is .*it must be a'):
            table_of(table, {parameter.name: value})


def test_unknown_names_are_told_without_a_node() -> None:
    """In the same words."""
    (line,) = unknown_names(['bakend', 'rate', 'backend'], PoseParameters)
    assert "'bakend'" in line and 'did you mean backend?' in line


@pytest.mark.parametrize(
    ('name', 'value', 'meant'), [('rate', 30, 30.0), ('rate', 0, 0.0), ('source', 0, '0')]
)
def test_an_integer_stands_for_a_double_or_a_string(
    name: str, value: int, meant: Any, make_node: MakeNode
) -> None:
    """As people write it: rate:=30, source:=0."""
    taken = getattr(declare(make_node(**{name: value}), VideoSourceParameters), name)
    assert (taken, type(taken)) == (meant, type(meant))


def test_off_is_no_bool_at_the_start(make_node: MakeNode) -> None:
    """YAML, and so `-p tracking:=off`, makes one of it."""
    assert declare(make_node(tracking=False), PoseParameters).tracking == 'off'


@pytest.mark.parametrize('value', [False, 'off'])
def test_off_is_no_bool_at_run_time(
    value: Any, node: Node, changes: list[PoseParameters]
) -> None:
    """As `ros2 param set /movenet tracking off` sends it."""
    (result,) = node.set_parameters([Parameter('tracking', value=value)])
    assert result.successful, result.reason
    assert changes == [PoseParameters(tracking='off')]


@pytest.mark.parametrize(
    ('name', 'value', 'words'),
    [
        ('rate', -1.0, 'from 0.0 to 1000.0'),
        ('rate', '30', 'a double'),
        ('loop', 'yes', 'a bool'),
        ('source', 0.5, 'a string'),
    ],
)
def test_video_source_refused_at_the_start(
    name: str, value: Any, words: str, make_node: MakeNode
) -> None:
    """The same for the other table."""
    with pytest.raises(StartError, match=f'parameter {name} .*{words}'):
        declare(make_node(**{name: value}), VideoSourceParameters)


@pytest.fixture
def changes(node: Node) -> list[PoseParameters]:
    """Give the list of what a node is told when its parameters change."""
    told: list[PoseParameters] = []
    on_change(node, PoseParameters(), told.append)
    return told


def test_a_change_is_told(node: Node, changes: list[PoseParameters]) -> None:
    """And the next one builds on it."""
    node.set_parameters([Parameter('person_threshold', value=0.5)])
    node.set_parameters([Parameter('annotate_boxes', value=False)])
    assert changes == [
        PoseParameters(person_threshold=0.5),
        PoseParameters(person_threshold=0.5, annotate_boxes=False),
    ]


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('person_threshold', 2.0),
        ('person_threshold', 1),
        ('person_threshold', None),
        ('input_size', 500),
        ('input_size', 1056),
        ('max_people', 7),
        ('max_image_pixels', 0),
        ('image_timeout_s', 0.0),
        ('dropped_warn_percent', 100.1),
        ('max_rate_hz', float('nan')),
        ('latency_warn_ms', -1.0),
        ('backend', 'torch'),
        ('threads', 257),
        ('model_path', None),
        ('autostart', False),
        ('tracking', True),
        ('tracking', None),
        ('tracking', 3),
    ],
)
def test_a_refused_change_is_not_told(
    name: str, value: Any, node: Node, changes: list[PoseParameters]
) -> None:
    """The node keeps what it had, and so does the parameter."""
    before = node.get_parameter(name).value
    (result,) = node.set_parameters([Parameter(name, value=value)])
    assert not result.successful and result.reason
    assert not changes
    assert node.get_parameter(name).value == before


@pytest.mark.parametrize('bad', [('keypoint_threshold', 2.0), ('autostart', False)])
def test_all_or_none(
    bad: tuple[str, Any], node: Node, changes: list[PoseParameters]
) -> None:
    """A good one beside a bad one is refused with it, whichever comes first."""
    both = [Parameter('person_threshold', value=0.5), Parameter(bad[0], value=bad[1])]
    for request in (both, both[::-1]):
        assert not node.set_parameters_atomically(request).successful
    assert not changes
    assert node.get_parameter('person_threshold').value == 0.25


def test_two_at_once_are_told_at_once(node: Node, changes: list[PoseParameters]) -> None:
    """Nobody sees the state between."""
    node.set_parameters_atomically(
        [Parameter('person_threshold', value=0.5), Parameter('keypoint_threshold', value=0.1)]
    )
    assert changes == [PoseParameters(person_threshold=0.5, keypoint_threshold=0.1)]


@pytest.fixture
def locked_changes(node: Node) -> list[PoseParameters]:
    """Give the list of what a node is told that is not unconfigured."""
    told: list[PoseParameters] = []
    on_change(node, PoseParameters(), told.append, lambda: 'can be set while unconfigured')
    return told


@pytest.mark.parametrize(('name', 'value'), UNCONFIGURED.items())
def test_what_the_model_is_loaded_with_can_be_locked(
    name: str, value: Any, node: Node, locked_changes: list[PoseParameters]
) -> None:
    """With the reason that the node gives."""
    (result,) = node.set_parameters([Parameter(name, value=value)])
    assert not result.successful
    assert result.reason == f'parameter {name} can be set while unconfigured'
    assert node.get_parameter(name).value == getattr(PoseParameters(), name)
    assert locked_changes == []


@pytest.mark.parametrize(('name', 'value'), UNCONFIGURED.items())
def test_what_the_model_is_loaded_with_changes_where_it_is_not_locked(
    name: str, value: Any, node: Node, changes: list[PoseParameters]
) -> None:
    (result,) = node.set_parameters([Parameter(name, value=value)])
    assert result.successful, result.reason
    assert changes == [replace(PoseParameters(), **{name: value})]


@pytest.mark.parametrize('name', UNCONFIGURED)
def test_the_value_that_it_has_passes_though_it_is_locked(
    name: str, node: Node, locked_changes: list[PoseParameters]
) -> None:
    """As where `ros2 param load` sets all of a file."""
    same = Parameter(name, value=getattr(PoseParameters(), name))
    both = [same, Parameter('person_threshold', value=0.5)]
    assert node.set_parameters_atomically(both).successful
    assert locked_changes == [PoseParameters(person_threshold=0.5)]


@pytest.mark.parametrize('name', sorted(RUN_TIME))
def test_what_changes_at_any_time_is_never_locked(
    name: str, node: Node, locked_changes: list[PoseParameters]
) -> None:
    (each,) = (each for each in fields(PoseParameters) if each.name == name)
    about = each.metadata
    if about['between'] is not None:
        value = about['between'][0]
    else:
        value = about['choices'][0] if about['choices'] else not each.default
    (result,) = node.set_parameters([Parameter(name, value=value)])
    assert result.successful, result.reason
    assert locked_changes == [replace(PoseParameters(), **{name: value})]


def test_a_bad_value_is_told_rather_than_that_it_is_locked(
    node: Node, locked_changes: list[PoseParameters]
) -> None:
    (result,) = node.set_parameters([Parameter('backend', value='torch')])
    assert 'one of auto' in result.reason


@pytest.mark.parametrize('error', [InferenceError('no memory'), StartError('no model')])
def test_what_cannot_be_applied_is_refused(node: Node, error: MoveNetError) -> None:
    """With its reason; the next change builds on what there was before."""
    told: list[PoseParameters] = []

    def apply(settings: PoseParameters) -> None:
        told.append(settings)
        if settings.input_size == 1024:
            raise error

    on_change(node, PoseParameters(), apply)
    large = [Parameter('max_people', value=1), Parameter('input_size', value=1024)]
    refused = node.set_parameters_atomically(large)
    assert (refused.successful, refused.reason) == (False, str(error))
    assert node.get_parameter('max_people').value == 6
    assert node.set_parameters([Parameter('input_size', value=512)])[0].successful
    assert told[1:] == [PoseParameters(input_size=512)]


def test_a_bug_in_what_is_applied_is_not_swallowed(node: Node) -> None:
    def apply(settings: PoseParameters) -> None:
        raise ZeroDivisionError

    on_change(node, PoseParameters(), apply)
    with pytest.raises(ZeroDivisionError):
        node.set_parameters([Parameter('input_size', value=512)])


def test_parameters_of_others_pass(make_node: MakeNode) -> None:
    """Such as use_sim_time."""
    node = make_node()
    settings = declare(node, PoseParameters)
    on_change(node, settings, lambda settings: None)
    (result,) = node.set_parameters([Parameter('use_sim_time', value=True)])
    assert result.successful


def test_known_parameters_are_not_warned_of(make_node: MakeNode) -> None:
    """Neither ours nor those of every node."""
    node = make_node(backend='auto', use_sim_time=True)
    assert not unknown_parameters(node, PoseParameters)


def test_parameters_of_our_other_node_are_not_warned_of(make_node: MakeNode) -> None:
    """One file may hold the parameters of both."""
    assert not unknown_parameters(make_node(backend='auto', rate=2.0), VideoSourceParameters)


def test_misspelt_parameters_are_warned_of(make_node: MakeNode) -> None:
    """With the one that was meant."""
    (line,) = unknown_parameters(make_node(bakend='auto'), PoseParameters)
    assert "'bakend'" in line and 'did you mean backend?' in line


def test_strange_parameters_are_warned_of(make_node: MakeNode) -> None:
    """With all there are."""
    (line,) = unknown_parameters(make_node(zzz=1), PoseParameters)
    assert "'zzz'" in line and all(each.name in line for each in fields(PoseParameters))
