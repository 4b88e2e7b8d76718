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

"""
Parameters as one typed table: name, type, default, range and meaning, stated once.

The table is the only place that states them: it declares them to ROS with their ranges, and tests
compare config/pose.yaml, the launch files and the README with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import Field
from dataclasses import field
from dataclasses import fields
from dataclasses import replace
from difflib import get_close_matches
import math
from textwrap import fill
from textwrap import indent
from typing import Any
from typing import TypeVar

from movenet_ros.backends import BACKEND_CHOICES
from movenet_ros.backends import DEVICES
from movenet_ros.backends import PRECISIONS
from movenet_ros.core.errors import StartError
from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

TYPES = {'bool': 'a bool', 'int': 'an integer', 'float': 'a double', 'str': 'a string'}
ROS_PARAMETERS = ('use_sim_time', 'start_type_description_service')
WIDER: dict[Any, Callable[[int], Any]] = {'float': float, 'str': str}


def param(
    default: Any,
    meaning: str,
    *,
    between: tuple[float, float] | None = None,
    step: int = 1,
    choices: tuple[str, ...] = (),
    run_time: bool = False,
) -> Any:
    """
    State one parameter.

    :param between: least and greatest value.
    :param step: of an integer, counted from the least value.
    :param choices: the values that a string may have.
    :param run_time: whether it may be changed while the node runs.
    """
    return field(
        default=default,
        metadata={
            'meaning': meaning,
            'between': between,
            'step': step,
            'choices': choices,
            'run_time': run_time,
        },
    )


@dataclass(frozen=True)
class PoseParameters:
    """Parameters of pose_node."""

    backend: str = param(
        'auto',
        'Inference runtime; auto takes TensorFlow or ONNX Runtime where it sees a GPU, else'
        ' whichever of ONNX Runtime and OpenVINO is faster here, else TensorFlow.',
        choices=BACKEND_CHOICES,
    )
    device: str = param(
        'auto', 'Where to run the model; gpu refuses to start without one.', choices=DEVICES
    )
    threads: int = param(
        0,
        'Threads of the runtime on a CPU; 0: as many as are measured to be fastest, once.',
        between=(0, 256),
    )
    precision: str = param(
        'auto',
        'Of the arithmetic; auto: bf16 in OpenVINO where the processor has it, else f32.',
        choices=PRECISIONS,
    )
    gpu_memory_limit_mb: int = param(
        0, 'Most GPU memory to take, in MiB; 0: what is needed, growing.', between=(0, 1048576)
    )
    model_path: str = param(
        '',
        'SavedModel directory, .onnx file or a folder with both; empty: the model in the cache,'
        ' fetched if it is not there.',
    )
    input_size: int = param(
        256,
        "Longer side of the model's input, in pixels; more finds smaller people and costs time.",
        between=(128, 1024),
        step=32,
    )
    person_threshold: float = param(
        0.25, 'People scored below this are dropped.', between=(0.0, 1.0), run_time=True
    )
    keypoint_threshold: float = param(
        0.3,
        'Keypoints scored below this count as unseen and are not drawn; poses carries all 17.',
        between=(0.0, 1.0),
        run_time=True,
    )
    max_people: int = param(6, 'At most so many people, the best scored.', between=(1, 6))
    image_transport: str = param(
        'raw',
        'raw: sensor_msgs/Image on image; compressed: sensor_msgs/CompressedImage on'
        ' image/compressed.',
        choices=('raw', 'compressed'),
    )
    image_reliability: str = param(
        'auto',
        'QoS of the image subscription; auto matches what the publishers offer.',
        choices=('auto', 'reliable', 'best_effort'),
    )
    annotate_boxes: bool = param(True, "Draw each person's box.", run_time=True)
    annotate_scores: bool = param(True, "Write each person's score.", run_time=True)


@dataclass(frozen=True)
class VideoSourceParameters:
    """Parameters of video_source."""

    source: str = param(
        '', 'Video file, folder of pictures, camera index (0) or device (/dev/video0).'
    )
    rate: float = param(
        0.0,
        "Images per second; 0: the video's own rate, 2 for pictures, and for a camera as fast as"
        ' it delivers.',
        between=(0.0, 1000.0),
    )
    loop: bool = param(True, 'Start again at the end of a file or folder; otherwise end.')
    frame_id: str = param('camera', 'Coordinate frame in the header of each image.')


Table = TypeVar('Table', PoseParameters, VideoSourceParameters)


def declare(node: Node, table: type[Table]) -> Table:
    """
    Declare a table's parameters on a node and return their values.

    :raises StartError: if a value that was given is of another type or out of range.
    """
    values = {}
    for each in fields(table):
        _widen(node, each)
        try:
            values[each.name] = node.declare_parameter(
                each.name, each.default, descriptor(each)
            ).value
        except InvalidParameterTypeException as error:
            raise StartError(
                f"parameter {each.name} is '{given(node)[each.name]}',"
                f' it must be {TYPES[str(each.type)]}'
            ) from error
        except InvalidParameterValueException as error:
            raise StartError(
                f"parameter {each.name} is '{given(node)[each.name]}', it must be {_limits(each)}"
            ) from error
        reason = _refusal(each, values[each.name])
        if reason:
            raise StartError(reason)
    return table(**values)


def _widen(node: Node, parameter: Field[Any]) -> None:
    """Take an integer that was given for what it stands for: rate:=30 a double, source:=0 text."""
    value = given(node).get(parameter.name)
    if type(value) is int and parameter.type in WIDER:
        meant = Parameter(parameter.name, value=WIDER[parameter.type](value))
        node._parameter_overrides[parameter.name] = meant


def on_change(node: Node, parameters: Table, apply: Any) -> None:
    """
    Let parameters change at run time, all of a request or none.

    :param apply: called with the table of new values before the request is answered.
    """
    known = {each.name: each for each in fields(parameters)}
    current = parameters

    def change(requests: list[Parameter]) -> SetParametersResult:
        nonlocal current
        ours = {each.name: each.value for each in requests if each.name in known}
        for name, value in ours.items():
            reason = _refusal(known[name], value)
            if reason:
                return SetParametersResult(successful=False, reason=reason)
        current = replace(current, **ours)
        apply(current)
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(change)


def given(node: Node) -> dict[str, Any]:
    """Return the parameters that a node was started with; rclpy has no public way to ask."""
    return {name: each.value for name, each in node._parameter_overrides.items()}


def unknown_parameters(node: Node, table: type[Table]) -> list[str]:
    """
    Say which parameters were given that nobody reads, each in one sentence.

    ROS ignores a misspelt parameter without a word. Those of our other node are passed over, since
    one file may hold the parameters of both.
    """
    names: list[str] = [each.name for each in fields(table)]
    others = {*defaults(PoseParameters), *defaults(VideoSourceParameters)}
    sentences = []
    for name in given(node):
        if name in others or name in ROS_PARAMETERS or name.startswith(('qos_overrides.', '/')):
            continue
        close = get_close_matches(name, names, 1)
        hint = f', did you mean {close[0]}?' if close else f', there are {", ".join(names)}'
        sentences.append(f"unknown parameter '{name}' is ignored{hint}")
    return sentences


def listing(table: type[Table]) -> str:
    """Describe a table's parameters, for --help."""
    paragraphs = [table.__doc__ or '']
    for each in fields(table):
        limits = _limits(each)
        shown = f'{each.default!r}, {limits}' if limits else repr(each.default)
        meaning = indent(fill(each.metadata['meaning'], 88), ' ' * 4)
        paragraphs.append(f'  {each.name} ({shown})\n{meaning}')
    return '\n'.join(paragraphs)


def descriptor(parameter: Field[Any]) -> ParameterDescriptor:
    """Make ROS's description of one parameter of a table."""
    about = parameter.metadata
    described = ParameterDescriptor(
        description=about['meaning'],
        read_only=not about['run_time'],
        additional_constraints=f'one of {", ".join(about["choices"])}' if about['choices'] else '',
    )
    if about['between'] is not None:
        low, high = about['between']
        if isinstance(parameter.default, float):
            described.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            described.integer_range = [
                IntegerRange(from_value=low, to_value=high, step=about['step'])
            ]
    return described


def defaults(table: type[Table]) -> dict[str, Any]:
    """Return the default of every parameter of a table."""
    return asdict(table())


def _refusal(parameter: Field[Any], value: Any) -> str:
    """Say why a value of the right type and range is no good all the same, or nothing."""
    choices = parameter.metadata['choices']
    if (choices and value not in choices) or (isinstance(value, float) and math.isnan(value)):
        return f"parameter {parameter.name} is '{value}', it must be {_limits(parameter)}"
    return ''


def _limits(parameter: Field[Any]) -> str:
    """Say which values a parameter may have."""
    about = parameter.metadata
    if about['choices']:
        return f'one of {", ".join(about["choices"])}'
    if about['between'] is None:
        return ''
    low, high = about['between']
    step = f' in steps of {about["step"]}' if about['step'] > 1 else ''
    return f'from {low} to {high}{step}'
