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
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import Field
from dataclasses import field
from dataclasses import fields
from dataclasses import replace
from difflib import get_close_matches
from textwrap import fill
from textwrap import indent
from typing import Any
from typing import TypeVar

from movenet_ros.backends import BACKEND_CHOICES
from movenet_ros.backends import DEVICES
from movenet_ros.backends import PRECISIONS
from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
from movenet_ros.core.following import FollowSettings
from movenet_ros.core.following import TRACKING
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.wording import one_line
from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

TYPES = {'bool': 'a bool', 'int': 'an integer', 'float': 'a double', 'str': 'a string'}
OFF = 'off'  # which YAML, and so ROS, reads as false
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
    at_start: bool = False,
) -> Any:
    """
    State one parameter.

    :param between: least and greatest value.
    :param step: of an integer, counted from the least value.
    :param choices: the values that a string may have.
    :param run_time: whether it may be changed at any time.
    :param at_start: whether it may be given at the start alone; what is neither may be changed
        while the node is unconfigured.
    """
    return field(
        default=default,
        metadata={
            'meaning': meaning,
            'between': between,
            'step': step,
            'choices': choices,
            'run_time': run_time,
            'at_start': at_start,
        },
    )


def _rate(level: str, what: str) -> Any:
    return param(
        0.0,
        f'/diagnostics says {level} where fewer {what} a second; 0: never.',
        between=(0.0, 1000.0),
        run_time=True,
    )


def _latency(level: str, default: float) -> Any:
    return param(
        default,
        f'/diagnostics says {level} where poses leave so many milliseconds after the stamp of'
        ' their image (median); 0: never.',
        between=(0.0, 3600000.0),
        run_time=True,
    )


@dataclass(frozen=True)
class PoseParameters:
    """Parameters of pose_node."""

    autostart: bool = param(
        True,
        'Configure and activate the node at its start, and end where that fails; false leaves it'
        ' to "ros2 lifecycle set".',
        at_start=True,
    )
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
        run_time=True,
    )
    person_threshold: float = param(
        FollowSettings.person_threshold,
        'People scored below this are dropped.',
        between=(0.0, 1.0),
        run_time=True,
    )
    keypoint_threshold: float = param(
        FollowSettings.keypoint_threshold,
        'Keypoints scored below this count as unseen and are not drawn; poses carries all 17.',
        between=(0.0, 1.0),
        run_time=True,
    )
    max_people: int = param(
        6, 'At most so many people, the best scored.', between=(1, 6), run_time=True
    )
    tracking: str = param(
        FollowSettings.tracking,
        'What people are told apart by from one image to the next, so that each keeps an id.',
        choices=TRACKING,
        run_time=True,
    )
    track_max_age_s: float = param(
        FollowSettings.track_max_age_s,
        'Who is not seen for longer, in seconds of the image stamps, gets a new id; who is hidden'
        ' behind somebody else has three times as long.',
        between=(0.1, 60.0),
        run_time=True,
    )
    smoothing: bool = param(
        FollowSettings.smoothing,
        'Smooth keypoints and boxes; takes tracking.',
        run_time=True,
    )
    smoothing_min_cutoff_hz: float = param(
        FollowSettings.smoothing_min_cutoff_hz,
        'Cutoff frequency for what stands still, in Hz; a lower one shakes less.',
        between=(0.01, 100.0),
        run_time=True,
    )
    smoothing_beta: float = param(
        FollowSettings.smoothing_beta,
        "How much the cutoff rises with speed, in Hz for each size of the person's box a second; a"
        ' higher one lags less.',
        between=(0.0, 1000.0),
        run_time=True,
    )
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
    max_image_pixels: int = param(
        MAX_IMAGE_PIXELS,
        'Larger images, in width times height, are refused before they are decoded.',
        between=(1, 2**31 - 1),
        run_time=True,
    )
    max_rate_hz: float = param(
        0.0,
        'At most so many images a second are processed, the others are left out; 0: every one.',
        between=(0.0, 1000.0),
        run_time=True,
    )
    image_timeout_s: float = param(
        5.0,
        'So many seconds without an image are worth a warning, in the log and in /diagnostics.',
        between=(0.1, 86400.0),
        run_time=True,
    )
    input_rate_warn_hz: float = _rate('WARN', 'images arrive')
    input_rate_error_hz: float = _rate('ERROR', 'images arrive')
    output_rate_warn_hz: float = _rate('WARN', 'images are processed')
    output_rate_error_hz: float = _rate('ERROR', 'images are processed')
    latency_warn_ms: float = _latency('WARN', 500.0)
    latency_error_ms: float = _latency('ERROR', 2000.0)
    dropped_warn_percent: float = param(
        100.0,
        '/diagnostics says WARN where more of the images than this are dropped, in percent; a node'
        ' that is slower than its camera drops some.',
        between=(0.0, 100.0),
        run_time=True,
    )
    annotate_boxes: bool = param(True, "Draw each person's box.", run_time=True)
    annotate_scores: bool = param(True, "Write each person's score.", run_time=True)


@dataclass(frozen=True)
class VideoSourceParameters:
    """Parameters of video_source."""

    source: str = param(
        '',
        'Video file, folder of pictures, camera index (0) or device (/dev/video0).',
        at_start=True,
    )
    rate: float = param(
        0.0,
        "Images per second; 0: the video's own rate, 2 for pictures, and for a camera as fast as"
        ' it delivers.',
        between=(0.0, 1000.0),
        at_start=True,
    )
    loop: bool = param(
        True, 'Start again at the end of a file or folder; otherwise end.', at_start=True
    )
    frame_id: str = param(
        'camera', 'Coordinate frame in the header of each image.', at_start=True
    )


Table = TypeVar('Table', PoseParameters, VideoSourceParameters)


def declare(node: Node, table: type[Table]) -> Table:
    """
    Declare a table's parameters on a node and return their values.

    :raises StartError: if a value that was given is of another type or out of range.
    """
    settings = table_of(table, given(node))
    for each in fields(table):
        if each.name in given(node):  # an integer may have been given for a double or a string
            meant = Parameter(each.name, value=getattr(settings, each.name))
            node._parameter_overrides[each.name] = meant
        node.declare_parameter(each.name, each.default, descriptor(each))
    return settings


def table_of(table: type[Table], values: Mapping[str, Any]) -> Table:
    """
    Make a table of values that were given, and of defaults where none was.

    :param values: by name; names that the table does not have are passed over.
    :raises StartError: if a value is of another type or out of range.
    """
    taken = {}
    for each in fields(table):
        if each.name in values:
            taken[each.name] = _meant(each, values[each.name])
            reason = _refusal(each, taken[each.name])
            if reason:
                raise StartError(reason)
    return table(**taken)


def _meant(parameter: Field[Any], value: Any) -> Any:
    """Return what a value stands for: rate:=30 a double, source:=0 text, and off no bool."""
    if value is False and OFF in parameter.metadata['choices']:
        return OFF
    return WIDER.get(parameter.type, int)(value) if type(value) is int else value


def on_change(
    node: Node,
    parameters: Table,
    apply: Callable[[Table], None],
    locked: Callable[[], str] = lambda: '',
) -> None:
    """
    Let parameters change, all of a request or none.

    :param apply: called with the table of new values before the request is answered; what it
        raises of MoveNetError refuses them.
    :param locked: called for why those that cannot change at any time cannot change now.
    """
    known = {each.name: each for each in fields(parameters)}
    current = parameters

    def change(requests: list[Parameter]) -> SetParametersResult:
        nonlocal current
        ours = {
            each.name: _meant(known[each.name], each.value)
            for each in requests
            if each.name in known
        }
        for name, value in ours.items():
            reason = _refusal(known[name], value)
            if not known[name].metadata['run_time'] and value != getattr(current, name):
                reason = reason or (f'parameter {name} {locked()}' if locked() else '')
            if reason:
                return SetParametersResult(successful=False, reason=reason)
        changed = replace(current, **ours)
        try:
            apply(changed)
        except MoveNetError as error:
            return SetParametersResult(successful=False, reason=str(error))
        current = changed
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(change)


def given(node: Node) -> dict[str, Any]:
    """Return the parameters that a node was started with; rclpy has no public way to ask."""
    return {name: each.value for name, each in node._parameter_overrides.items()}


def unknown_parameters(node: Node, table: type[Table]) -> list[str]:
    """Say which parameters a node was given that nobody reads, each in one sentence."""
    return unknown_names(given(node), table)


def unknown_names(names: Iterable[str], table: type[Table]) -> list[str]:
    """
    Say which names of parameters nobody reads, each in one sentence.

    ROS ignores a misspelt parameter without a word. Those of our other node are passed over, since
    one file may hold the parameters of both.
    """
    known: list[str] = [each.name for each in fields(table)]
    others = {*defaults(PoseParameters), *defaults(VideoSourceParameters)}
    sentences = []
    for name in names:
        if name in others or name in ROS_PARAMETERS or name.startswith(('qos_overrides.', '/')):
            continue
        close = get_close_matches(name, known, 1)
        hint = f', did you mean {close[0]}?' if close else f', there are {", ".join(known)}'
        sentences.append(f"unknown parameter '{name}' is ignored{hint}")
    return sentences


def listing(table: type[Table]) -> str:
    """Describe a table's parameters, for --help."""
    paragraphs = [table.__doc__ or '']
    for each in fields(table):
        allowed = limits(each)
        shown = f'{each.default!r}, {allowed}' if allowed else repr(each.default)
        meaning = indent(fill(each.metadata['meaning'], 88), ' ' * 4)
        paragraphs.append(f'  {each.name} ({shown})\n{meaning}')
    return '\n'.join(paragraphs)


def descriptor(parameter: Field[Any]) -> ParameterDescriptor:
    """Make ROS's description of one parameter of a table."""
    about = parameter.metadata
    described = ParameterDescriptor(
        description=about['meaning'],
        read_only=about['at_start'],
        additional_constraints=f'one of {", ".join(about["choices"])}' if about['choices'] else '',
        dynamic_typing=OFF in about['choices'],  # of which ROS makes a bool
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


def limits(parameter: Field[Any]) -> str:
    """Say which values a parameter may have."""
    about = parameter.metadata
    if about['choices']:
        return f'one of {", ".join(about["choices"])}'
    if about['between'] is None:
        return ''
    low, high = about['between']
    step = f' in steps of {about["step"]}' if about['step'] > 1 else ''
    return f'from {low} to {high}{step}'


def _refusal(parameter: Field[Any], value: Any) -> str:
    """Say why a value is no good, or nothing."""
    about = parameter.metadata
    wanted = TYPES[str(parameter.type)]
    is_good = type(value).__name__ == parameter.type
    if is_good and about['choices']:
        is_good = value in about['choices']
        wanted = limits(parameter)
    elif is_good and about['between'] is not None:
        low, high = about['between']
        is_good = low <= value <= high and (isinstance(value, float) or _is_step(parameter, value))
        wanted = limits(parameter)
    if is_good:
        return ''
    return f"parameter {parameter.name} is '{one_line(value, 80)}', it must be {wanted}"


def _is_step(parameter: Field[Any], value: int) -> bool:
    low, _ = parameter.metadata['between']
    return bool((value - low) % parameter.metadata['step'] == 0)
