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


"""The parameters of a replay: of each node whose work it does, from the file and the options."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any
from typing import TYPE_CHECKING

from movenet_ros.arguments import parameter_values
from movenet_ros.core.observing import DOWN_OF_ROTATE
from movenet_ros.params_file import read_params_file
from movenet_ros.params_file import unread
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import MONOCULAR
from movenet_ros.settings import Pose3DParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import POSES
from movenet_ros.settings import POSES_3D
from movenet_ros.settings import rows
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
from movenet_ros.settings import unknown_names

if TYPE_CHECKING:
    from movenet_ros.replay.source import Source

NODE, NODE_3D, NODE_KINEMATICS = '/movenet', '/movenet_3d', '/movenet_kinematics'
NODE_HUMANS = '/movenet_humans'  # whose parameters may be in the same file
DRAWN = 'annotate.'
OPTIONS = {  # the parameters that mean something without a graph
    name: row
    for name, row in rows(PoseParameters).items()
    if name in rows(Settings) or name.startswith(DRAWN) or name == 'image.max_pixels'
}

Warn = Callable[[str], None]


def pose_values(args: Namespace, warn: Warn) -> dict[str, Any]:
    """
    Read the parameters of the pose node from the file and the options.

    :param warn: logs what of the file nothing reads.
    :raises StartError: if the file cannot be read.
    """
    values: dict[str, Any] = {}
    if args.params_file is not None:
        values = read_params_file(args.params_file, NODE)
        others = NODE_3D, NODE_KINEMATICS, NODE_HUMANS
        sentence = unread(args.params_file, NODE, [NODE[1:]], [each[1:] for each in others])
        if sentence or not (
            values or any(read_params_file(args.params_file, each) for each in others)
        ):
            warn(sentence or f'{args.params_file} has no parameters')
        for sentence in unknown_names(values, PoseParameters):
            warn(f'{args.params_file}: {sentence}')
    offered = {name: row for name, row in OPTIONS.items() if name in args}
    values.update(parameter_values(args, offered))
    return values


def settings_3d_of(args: Namespace, warn: Warn) -> Pose3DParameters:
    """
    Read the parameters of the 3D node from the file.

    :raises StartError: if the file cannot be read, or a value is out of range.
    """
    values = _values_of_other(args, NODE_3D, Pose3DParameters, warn)
    source = {'source': MONOCULAR} if args.depth_topic == MONOCULAR else {}
    return table_of(Pose3DParameters, {**values, **source})


def kinematics_of(
    args: Namespace, source: Source, settings: PoseParameters, warn: Warn
) -> KinematicsParameters:
    """
    Read the parameters of the kinematics node from the file, and see to what it reads.

    People in metres are in the frame of the camera here, so down is never along z.

    :raises StartError: if the file cannot be read, or a value is out of range.
    """
    values = _values_of_other(args, NODE_KINEMATICS, KinematicsParameters, warn)
    given = table_of(KinematicsParameters, values)
    is_measured = source.topics_3d is not None and source.topics_3d.depth is not None
    if 'down' not in values or given.down.endswith('z'):
        values['down'] = DOWN_OF_ROTATE[settings.rotate]
    values['source'] = POSES_3D if is_measured else POSES
    return table_of(KinematicsParameters, values)


def _values_of_other(
    args: Namespace, node: str, table: type[Any], warn: Warn
) -> dict[str, Any]:
    """
    Read the parameters of another node than the pose node from the file.

    :raises StartError: if the file cannot be read.
    """
    if args.params_file is None:
        return {}
    values = read_params_file(args.params_file, node)
    told = read_params_file(args.params_file, NODE)
    own = {name: value for name, value in sorted(values.items()) if name not in told}
    for sentence in unknown_names(own, table):
        warn(f'{args.params_file}: {sentence}')
    return values
