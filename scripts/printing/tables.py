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

"""Tables of parameters, and of the arguments of launch files."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from movenet_ros.settings import HumansParameters
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import Pose3DParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import Row
from movenet_ros.settings import rows
from movenet_ros.settings import VideoSourceParameters
from printing.files import shown

LAUNCH = Path(__file__).resolve().parents[2] / 'launch'
NODES: dict[str, type[Any]] = {
    'pose_node': PoseParameters,
    'pose_3d_node': Pose3DParameters,
    'kinematics_node': KinematicsParameters,
    'humans_node': HumansParameters,
    'video_source': VideoSourceParameters,
}


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown: a line for the head, one below it, one for each row."""
    head = [*head]
    lines = [head, ['---'] * len(head), *body]
    return ''.join(
        f'| {" | ".join(cells)} |\n' if cells[0] != '---' else f'|{"|".join(cells)}|\n'
        for cells in map(list, lines)
    )


def parameters(node: str) -> str:
    """Return the table of a node's parameters."""
    head = 'parameter', 'default', 'range', 'meaning'
    return table(head, map(_parameter, rows(NODES[node]).values()))


def _parameter(row: Row) -> tuple[str, ...]:
    # when it changes: at any time, only at the start, or while the node is unconfigured
    mark = r'\*' if row.run_time else '' if row.at_start else '†'
    limits = row.limits.removeprefix('from ').removeprefix('one of ')
    return f'`{row.name}`{mark}', _code(shown(row)), limits, row.meaning


def arguments(launch_file: str) -> str:
    """Return the table of a launch file's arguments, which is read and not run: it takes ROS."""
    body = ast.parse((LAUNCH / launch_file).read_text()).body
    (found,) = (
        each.value
        for each in body
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == 'ARGUMENTS'
    )
    return table(('argument', 'default', 'choices', 'meaning'), map(_argument, found.elts))


def _argument(row: ast.expr) -> tuple[str, ...]:
    name, default, meaning, *choices = ast.literal_eval(row)
    return f'`{name}`', _code(default), ', '.join(str(each) for each in choices if each), meaning


def _code(text: str) -> str:
    return f'`{text}`' if text else ''
