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

"""Files that are printed: config/*.yaml, and what launch files and scripts/demo have of tables."""

from __future__ import annotations

import os
import re
from textwrap import wrap
from typing import Any

from movenet_ros.consumers.kinematics import OUTPUTS_KINEMATICS
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.settings import HumansParameters
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import Pose3DParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import Row
from movenet_ros.settings import rows
from movenet_ros.tools.demo.command import parser
import yaml

HEAD = """\
# Every parameter of the {what}, with its default.
#
#   ros2 launch movenet_ros pose.launch.py params_file:=/path/to/a/copy.yaml
#   ros2 run movenet_ros {program} --ros-args --params-file /path/to/a/copy.yaml
#
# [run time]: "ros2 param set /{node} NAME VALUE" changes it while the node runs.
# [unconfigured]: the same, after "ros2 lifecycle set /{node} deactivate" and "cleanup"; then
# "configure" and "activate" again. The others are given at the start.
# Leave out what stays as it is: a parameter here wins over SetParameter of a launch file.
{more}# Printed by scripts/papers from movenet_ros/settings.py.
/**{below}:
  ros__parameters:
"""
CAMERA = """\
# A section "/**/usb_cam: ros__parameters:" in a copy sets up the camera that the launch file
# starts (image_width, image_height, framerate, pixel_format, ...).
"""
TOGETHER = """\
# One params_file may hold this section and those of the other files beside it.
"""
LAUNCH_ROW = re.compile(
    r"    \(\n        '(autostart|backend|image_transport|mode)', '',\n(?:        .*\n)+?    \),\n"
)
LAUNCH_OUTPUTS = re.compile(r'(OUTPUTS = \(.*\n)(?:    .*\n)+')
HELP = re.compile(r"(<<'HELP'.*\n)(?:.*\n)*(HELP\n)")


def pose_yaml() -> str:
    """Return config/pose.yaml."""
    head = {'what': 'pose node', 'program': 'pose_node', 'node': 'movenet', 'below': ''}
    return HEAD.format(**head, more=CAMERA) + parameters(PoseParameters)


def pose_3d_yaml() -> str:
    """Return config/pose_3d.yaml."""
    return _consumer_yaml('3D node', 'pose_3d_node', 'movenet_3d', Pose3DParameters)


def kinematics_yaml() -> str:
    """Return config/kinematics.yaml."""
    name = 'movenet_kinematics'
    return _consumer_yaml('kinematics node', 'kinematics_node', name, KinematicsParameters)


def humans_yaml() -> str:
    """Return config/humans.yaml."""
    return _consumer_yaml('humans node', 'humans_node', 'movenet_humans', HumansParameters)


def _consumer_yaml(what: str, program: str, node: str, of: type[Any]) -> str:
    head = {'what': what, 'program': program, 'node': node, 'below': f'/{node}'}
    return HEAD.format(**head, more=TOGETHER) + parameters(of)


def parameters(of: type[Any]) -> str:
    """Return a comment and a line for each parameter, groups nested."""
    blocks = []
    group = ''
    for name, row in rows(of).items():
        before, group = group, name.rpartition('.')[0]
        pad = ' ' * (6 if group else 4)
        mark = '[run time] ' if row.run_time else '' if row.at_start else '[unconfigured] '
        limits = f' ({row.limits})' if row.limits else ''
        lines = wrap(f'{mark}{row.meaning}{limits}', 96 - len(pad))
        block = ''.join(f'{pad}# {line}\n' for line in lines)
        block += f'{pad}{name.rpartition(".")[2]}: {in_yaml(row)}\n'
        blocks.append(f'    {group}:\n{block}' if group != before else block)
    return '\n'.join(blocks)


def shown(row: Row) -> str:
    """Spell a default as YAML does."""
    if row.kind == 'tuple':
        return str([*row.default])
    return str(row.default).lower() if row.kind == 'bool' else str(row.default)


def in_yaml(row: Row) -> str:
    """Spell a default so that YAML reads a text as one."""
    text = shown(row)
    return repr(text) if row.kind == 'str' and yaml.safe_load(text) != text else text


def launch(text: str) -> str:
    """Return a launch file with its outputs and parameters printed anew."""
    outputs = *OUTPUTS, LABEL_INFO, *OUTPUTS_3D, *OUTPUTS_KINEMATICS
    names = ''.join(f'    {each.name!r},\n' for each in outputs)
    text = LAUNCH_OUTPUTS.sub(lambda match: match[1] + names, text)
    return LAUNCH_ROW.sub(lambda match: _launch_row(rows(PoseParameters)[match[1]]), text)


def _launch_row(row: Row) -> str:
    """Return a parameter as an argument of a launch file, which is empty by default."""
    lines = wrap(f'{row.meaning} Empty: as in params_file.', 86)
    meaning = '\n'.join(f'        {" " * (i > 0) + line!r}' for i, line in enumerate(lines))
    choices = ', '.join(map(repr, ('', *(row.choices or ('true', 'false')))))
    return f"    (\n        '{row.name}', '',\n{meaning},\n        {choices},\n    ),\n"


def demo(text: str) -> str:
    """Return scripts/demo with its help printed anew: it answers without anything installed."""
    os.environ['COLUMNS'] = '80'
    return HELP.sub(lambda match: match[1] + parser().format_help() + match[2], text)
