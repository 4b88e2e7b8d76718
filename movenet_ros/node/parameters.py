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

"""The parameter tables of settings.py as ROS parameters: declared, described and changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
import sys
from typing import Any

from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
from movenet_ros.params_file import unread
from movenet_ros.settings import changed
from movenet_ros.settings import HumansParameters
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import Pose3DParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import Row
from movenet_ros.settings import rows
from movenet_ros.settings import Table
from movenet_ros.settings import table_of
from movenet_ros.settings import unknown_names
from movenet_ros.settings import values_of
from movenet_ros.settings import VideoSourceParameters
from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

NAMES: dict[Any, str] = {
    PoseParameters: 'movenet',
    Pose3DParameters: 'movenet_3d',
    KinematicsParameters: 'movenet_kinematics',
    HumansParameters: 'movenet_humans',
    VideoSourceParameters: 'video_source',
}
CAMERA = 'usb_cam'  # pose.launch.py gives one file to all of them


def declare(node: Node, table: type[Table]) -> Table:
    """
    Declare a table's parameters on a node and return their values; log what nothing reads.

    :raises StartError: if a value that was given is of another type or out of range.
    """
    values = given(node)
    settings = table_of(table, values)
    meant = values_of(settings)
    for name, row in rows(table).items():
        if name in values:  # an integer may have been given for a double or a string
            node._parameter_overrides[name] = Parameter(name, value=meant[name])
        node.declare_parameter(name, row.default, descriptor(row))
    for sentence in (*unread_files(node, table), *unknown_parameters(node, table)):
        node.get_logger().warning(sentence)
    return settings


def on_change(
    node: Node,
    settings: Table,
    apply: Callable[[Table], None],
    locked: Callable[[], str] = lambda: '',
) -> None:
    """
    Accept changes of parameters, all of a request or none.

    :param apply: called with the table of new values before the request is answered; a
        MoveNetError that it raises rejects them.
    :param locked: returns why parameters that cannot change at any time cannot change now.
    """
    known = rows(type(settings))
    current = settings

    def change(requests: list[Parameter]) -> SetParametersResult:
        nonlocal current
        values = {each.name: each.value for each in requests if each.name in known}
        try:
            wanted = changed(current, values)
            before, after = values_of(current), values_of(wanted)
            for name in values:
                if not known[name].run_time and before[name] != after[name] and locked():
                    raise StartError(f'parameter {name} {locked()}')
            apply(wanted)
        except MoveNetError as error:
            return SetParametersResult(successful=False, reason=str(error))
        current = wanted
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(change)


def given(node: Node) -> dict[str, Any]:
    """Return the parameters that a node was started with; rclpy has no public way to ask."""
    return {name: each.value for name, each in node._parameter_overrides.items()}


def unknown_parameters(node: Node, table: type[Table]) -> list[str]:
    """Return one sentence for each parameter that a node was given and that nothing reads."""
    return unknown_names(given(node), table)


def unread_files(node: Node, table: type[Table]) -> list[str]:
    """Return one sentence for each params file of the process that has nothing for a node."""
    full_name = node.get_fully_qualified_name()
    names = {NAMES[table], node.get_name()}
    others = {CAMERA, *NAMES.values()} - names
    sentences = []
    for option, path in zip(sys.argv, sys.argv[1:]):
        if option == '--params-file':
            with suppress(StartError):  # PyYAML reads less than rcl, which has accepted it
                sentences.append(unread(Path(path), full_name, names, others))
    return [*filter(None, sentences)]


def descriptor(row: Row) -> ParameterDescriptor:
    """Make ROS's description of one parameter."""
    described = ParameterDescriptor(
        description=row.meaning,
        read_only=row.at_start,
        additional_constraints=row.limits if row.choices or row.names else '',
        dynamic_typing=row.is_read_as_bool,
    )
    if row.between is not None and row.kind == 'float':
        low, high = row.between
        described.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    elif row.between is not None:
        low, high = map(int, row.between)
        described.integer_range = [IntegerRange(from_value=low, to_value=high, step=row.step)]
    return described
