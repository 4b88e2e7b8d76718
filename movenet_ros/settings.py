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
Every parameter: name, type, default, range and meaning, stated once.

``Settings`` is the library's table and a part of the node's, ``PoseParameters``. From the tables
come the parameters that ROS knows (node/parameters.py), the options of ``replay``, the text of
--help, and by ``scripts/papers`` config/*.yaml and the tables of doc/reference.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields
from dataclasses import replace
from difflib import get_close_matches
from functools import reduce
from textwrap import fill
from textwrap import indent
from typing import Any
from typing import get_type_hints
from typing import TypeVar

from movenet_ros.backends.request import BACKEND_CHOICES
from movenet_ros.backends.request import DEVICES
from movenet_ros.backends.request import PRECISIONS
from movenet_ros.core.drawing_angles import ALL
from movenet_ros.core.errors import StartError
from movenet_ros.core.followed import FollowedSettings
from movenet_ros.core.following import FollowSettings
from movenet_ros.core.frames import FrameSettings
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.modes import ModeSettings
from movenet_ros.core.observing import ObserverSettings
from movenet_ros.core.pairing import MAX_STAMP_DIFFERENCE_S
from movenet_ros.core.param import group
from movenet_ros.core.param import param
from movenet_ros.core.spatial.settings import SpatialSettings
from movenet_ros.core.wording import one_line
from movenet_ros.model.movenet import INPUT_SIZES
from movenet_ros.model.movenet import MAX_PEOPLE
from movenet_ros.model.movenet import MULTIPLE
from movenet_ros.model.movenet import USUAL_PEOPLE

TYPES = {
    'bool': 'a bool', 'int': 'an integer', 'float': 'a double', 'str': 'a string',
    'tuple': 'a list of names, such as [front, left]',
}
OFF = 'off'  # which YAML, and so ROS, reads as false
MONOCULAR = 'monocular'  # in place of depth: the size of people tells
POSES, POSES_3D = 'poses', 'poses_3d'  # topics that the kinematics node reads
READ_AS_BOOL = {OFF: False, 'false': False, 'true': True}  # words that a text may be
ROS_PARAMETERS = ('use_sim_time', 'start_type_description_service')
WIDER: dict[str, Callable[[int], Any]] = {'float': float, 'str': str}


def autostart() -> Any:
    """State the parameter of the same name, which all lifecycle nodes have."""
    return param(
        True,
        'Configure and activate the node at its start, and exit if that fails; false leaves it to'
        ' "ros2 lifecycle set".',
        at_start=True,
    )


@dataclass(frozen=True)
class RuntimeSettings:
    """How the runtime computes."""

    threads: int = param(
        0,
        'Threads of the runtime on a CPU; 0: the best number, measured once.',
        between=(0, 256),
        was=('threads',),
    )
    precision: str = param(
        'auto',
        'Inference precision; auto: bf16 in OpenVINO where the processor has it, else f32.',
        choices=PRECISIONS,
        was=('precision',),
    )
    gpu_memory_limit_mb: int = param(
        0,
        'Maximum GPU memory, in MiB (ONNX Runtime: of each session, one for each of 4 shapes of'
        ' images and 5 batches of crops); 0: no limit, grows as needed.',
        between=(0, 1048576),
        was=('gpu_memory_limit_mb',),
    )


@dataclass(frozen=True)
class ImageSettings:
    """Which images are accepted."""

    reliability: str = param(
        'auto',
        'Reliability QoS of the image subscription; auto matches what the publishers offer.',
        choices=('auto', 'reliable', 'best_effort'),
        was=('image_reliability',),
    )
    max_pixels: int = param(
        MAX_IMAGE_PIXELS,
        'Maximum width times height of an image, in pixels; larger ones are rejected before they'
        ' are decoded.',
        between=(1, 2**31 - 1),
        run_time=True,
        was=('max_image_pixels',),
    )


@dataclass(frozen=True)
class DiagnosticsSettings:
    """What /diagnostics warns of."""

    image_timeout_s: float = param(
        5.0,
        'Warn after this many seconds without an image.',
        between=(0.1, 86400.0),
        run_time=True,
        was=('image_timeout_s',),
    )
    min_rate_hz: float = param(
        0.0,
        'Minimum rate of images received and of images processed, in Hz: WARN below it, ERROR'
        ' below a quarter of it; 0: never.',
        between=(0.0, 1000.0),
        run_time=True,
        was=(
            'input_rate_warn_hz', 'input_rate_error_hz', 'output_rate_warn_hz',
            'output_rate_error_hz',
        ),
    )
    max_latency_ms: float = param(
        500.0,
        'Maximum latency (median) from the stamp of an image to its poses, in milliseconds: WARN'
        ' above it, ERROR above four times as much; 0: never.',
        between=(0.0, 3600000.0),
        run_time=True,
        was=('latency_warn_ms', 'latency_error_ms'),
    )
    max_dropped_percent: float = param(
        100.0,
        'Maximum share of dropped images, in percent: WARN above it; a node that is slower than'
        ' its camera drops some.',
        between=(0.0, 100.0),
        run_time=True,
        was=('dropped_warn_percent',),
    )


@dataclass(frozen=True)
class AnnotateSettings:
    """What is drawn into image_annotated; annotations have the scores alone of these."""

    boxes: bool = param(
        True, 'Draw the box of each person.', run_time=True, was=('annotate_boxes',)
    )
    scores: bool = param(
        True, 'Draw the score of each person.', run_time=True, was=('annotate_scores',)
    )
    refined: bool = param(
        False,
        'Write a + into the label of each person who was looked at closely in this image (for'
        ' debugging).',
        run_time=True,
    )
    angles: str = param(
        '',
        'Joint angles to draw, such as left_knee,right_elbow; all: every one; empty: none.',
        names=(ALL, *ANGLES),
        run_time=True,
    )
    activities: bool = param(
        False, 'Write what each person does, such as standing or waving.', run_time=True
    )


@dataclass(frozen=True)
class Settings(FollowSettings, ModeSettings):
    """Parameters of the library: which model runs where, and which people it returns."""

    backend: str = param(
        'auto',
        'Inference runtime; auto: the fastest that works on this machine.',
        choices=BACKEND_CHOICES,
    )
    device: str = param(
        'auto',
        'Device to run the model on; auto: the faster one that works; gpu: refuse to start'
        ' without a GPU.',
        choices=DEVICES,
    )
    model_path: str = param(
        '',
        'SavedModel directory, .onnx file or a folder with both; empty: the model in the cache,'
        ' which is fetched first if need be.',
    )
    input_size: int = param(
        256,
        "Longer side of the model's input, in pixels; a larger one finds smaller people and takes"
        ' longer. Mode balanced detects with 1.5 times as much in every fourth image too, mode'
        ' accurate with twice as much in every image.',
        between=INPUT_SIZES,
        step=MULTIPLE,
        run_time=True,
    )
    rotate: int = param(
        0,
        'Degrees to turn each image clockwise before people are looked for, so that they stand'
        ' upright: 90 where heads point to the left of the image, 180 down, 270 to the right;'
        ' outputs stay in the pixels of the image that came in.',
        between=(0, 270),
        step=90,
        run_time=True,
    )
    max_people: int = param(
        USUAL_PEOPLE,
        'Maximum number of people; the highest scoring are kept.',
        between=(1, MAX_PEOPLE),
        run_time=True,
    )
    runtime: RuntimeSettings = group(RuntimeSettings)


@dataclass(frozen=True)
class PoseParameters(Settings):
    """Parameters of pose_node."""

    autostart: bool = autostart()
    image_transport: str = param(
        'raw',
        'raw: sensor_msgs/Image on image; compressed: sensor_msgs/CompressedImage on'
        ' image/compressed.',
        choices=('raw', 'compressed'),
    )
    cameras: tuple[str, ...] = param(
        (),
        'Names of several cameras that share the model, such as [front, left]: images on'
        ' front/image, outputs on front/poses and so on; empty: one camera, on image.',
        at_start=True,
    )
    max_rate_hz: float = param(
        0.0,
        'Maximum rate of images processed, in Hz; the others are throttled; 0: no limit. Of each'
        ' of several cameras; NAME.max_rate_hz is of one of them.',
        between=(0.0, 1000.0),
        run_time=True,
    )
    image: ImageSettings = group(ImageSettings)
    diagnostics: DiagnosticsSettings = group(DiagnosticsSettings)
    annotate: AnnotateSettings = group(AnnotateSettings)


@dataclass(frozen=True)
class CameraParameters:
    """Parameters of each of several cameras of pose_node, with its name and a dot in front."""

    max_rate_hz: float = param(
        0.0,
        'Maximum rate of images processed of this camera, in Hz; 0: that of max_rate_hz.',
        between=(0.0, 1000.0),
        run_time=True,
    )
    rotate: int = param(
        0,
        'Degrees to turn the images of this camera clockwise, beside those of rotate.',
        between=(0, 270),
        step=90,
        run_time=True,
    )
    image_transport: str = param(
        'auto',
        'Of the images of this camera, as image_transport; auto: that of image_transport.',
        choices=('auto', 'raw', 'compressed'),
    )


@dataclass(frozen=True)
class ConsumerDiagnosticsSettings:
    """What /diagnostics warns of in a node that reads poses."""

    timeout_s: float = param(
        5.0,
        'Warn after this many seconds without poses.',
        between=(0.1, 86400.0),
        run_time=True,
    )


@dataclass(frozen=True)
class Diagnostics3DSettings(ConsumerDiagnosticsSettings):
    """What /diagnostics warns of in the 3D node."""

    max_without_depth_percent: float = param(
        20.0,
        'Maximum share of the poses without depth, in percent: WARN above it, with the most'
        ' frequent cause.',
        between=(0.0, 100.0),
        run_time=True,
    )


@dataclass(frozen=True)
class Pose3DParameters(FrameSettings, FollowedSettings, SpatialSettings):
    """Parameters of pose_3d_node."""

    autostart: bool = autostart()
    source: str = param(
        'depth',
        'depth: the depth image measures how far people are; monocular: the size of people in the'
        ' image tells roughly, without a depth camera.',
        choices=('depth', MONOCULAR),
        run_time=True,
    )
    depth_transport: str = param(
        'raw',
        'raw: sensor_msgs/Image on depth; compressedDepth: sensor_msgs/CompressedImage on'
        ' depth/compressedDepth.',
        choices=('raw', 'compressedDepth'),
    )
    rectified: str = param(
        'auto',
        'Whether the images are rectified: true takes P of camera_info, false K and D; auto: true'
        ' where the name of the topic image or camera_info has the word rect.',
        choices=('auto', 'true', 'false'),
        run_time=True,
    )
    max_stamp_difference_s: float = param(
        MAX_STAMP_DIFFERENCE_S,
        'Maximum difference between the stamps of an image and of its depth image, in seconds.',
        between=(0.0, 10.0),
        run_time=True,
    )
    max_wait_s: float = param(
        0.1,
        'Poses wait at most this many seconds for their depth image, and go out without it then.',
        between=(0.0, 10.0),
        run_time=True,
    )
    diagnostics: Diagnostics3DSettings = group(Diagnostics3DSettings)


@dataclass(frozen=True)
class KinematicsParameters(ObserverSettings):
    """Parameters of kinematics_node."""

    autostart: bool = autostart()
    source: str = param(
        POSES,
        'Topic to read; poses: angles as they look in the image; poses_3d: angles in space, from'
        ' the 3D node.',
        choices=(POSES, POSES_3D),
        run_time=True,
    )
    diagnostics: ConsumerDiagnosticsSettings = group(ConsumerDiagnosticsSettings)


@dataclass(frozen=True)
class HumansParameters(KinematicsParameters):
    """Parameters of humans_node."""

    source: str = param(
        POSES,
        'Topic by which postures, gestures and joint_states are told; poses: as they look in the'
        ' image; poses_3d: in space, from the 3D node, with a frame body_ID on /tf for each body.',
        choices=(POSES, POSES_3D),
        run_time=True,
    )
    namespace: str = param(
        '/humans',
        'Where the topics are: REP 155 has /humans, for a whole robot; another one tells robots in'
        ' the same domain apart.',
    )
    image_transport: str = param(
        'raw',
        'raw: sensor_msgs/Image on image; compressed: sensor_msgs/CompressedImage on'
        ' image/compressed. Images tell how large they are, and are cut for cropped.',
        choices=('raw', 'compressed'),
    )
    lost_after_s: float = param(
        3.0,
        'A body whose person has not been in poses for this many seconds is tracked no longer, and'
        ' its topics vanish; the tracker keeps who is occluded for as long.',
        between=(0.1, 3600.0),
        run_time=True,
    )


@dataclass(frozen=True)
class VideoSourceParameters:
    """Parameters of video_source."""

    source: str = param(
        '',
        'Video file, folder of pictures, camera (0 or /dev/video0) or address (rtsp://...).',
        at_start=True,
    )
    rate: float = param(
        0.0,
        "Rate of images, in Hz; 0: the video's own times, the camera's pace, 2 for pictures.",
        between=(0.0, 1000.0),
        at_start=True,
    )
    loop: bool = param(
        True, 'Start again at the end of a file or folder; otherwise exit.', at_start=True
    )
    frame_id: str = param('camera', 'frame_id in the header of each image.', at_start=True)


Table = TypeVar(
    'Table',
    bound='FollowSettings | Pose3DParameters | KinematicsParameters | VideoSourceParameters',
)
NODES: tuple[type[Any], ...] = (
    PoseParameters, Pose3DParameters, KinematicsParameters, HumansParameters,
    VideoSourceParameters,
)


@dataclass(frozen=True)
class Row:
    """
    One parameter of a table.

    :param name: as ROS spells it, with dots.
    :param kind: ``bool``, ``int``, ``float``, ``str`` or ``tuple``, a list of names.

    The others are those of :func:`movenet_ros.core.param.param`.
    """

    name: str
    kind: str
    default: Any
    meaning: str
    between: tuple[float, float] | None
    step: int
    choices: tuple[str, ...]
    names: tuple[str, ...]
    run_time: bool
    at_start: bool
    was: tuple[str, ...]

    @property
    def is_read_as_bool(self) -> bool:
        """Return whether YAML, and so ROS, reads one of its words as true or false."""
        return not READ_AS_BOOL.keys().isdisjoint(self.choices)

    @property
    def limits(self) -> str:
        """Return which values are allowed, in words; nothing where all of the type are."""
        if self.choices:
            return f'one of {", ".join(self.choices)}'
        if self.names:
            return f'{self.names[0]}, or some of {", ".join(self.names[1:])}'
        if self.between is None:
            return ''
        low, high = self.between
        step = f' in steps of {self.step}' if self.step > 1 else ''
        return f'from {low} to {high}{step}'

    def accept(self, value: Any) -> Any:
        """
        Return the value that was meant: rate:=30 a double, source:=0 a text, and off no bool.

        :raises StartError: if it is of another type or out of range.
        """
        if self.kind == 'tuple':
            return self._names_in(value)
        if isinstance(value, bool):
            words = {read: word for word, read in READ_AS_BOOL.items() if word in self.choices}
            value = words.get(value, value)
        if type(value) is int and abs(value) < 2**63:  # ROS's have no more bits
            value = WIDER.get(self.kind, int)(value)
        if type(value).__name__ == self.kind and self._is_allowed(value):
            return value
        if type(value) is str and self.names:
            raise StartError(f'parameter {self.name} {self._wrong_name(value)}')
        allowed = (type(value).__name__ == self.kind and self.limits) or TYPES[self.kind]
        raise StartError(
            f"parameter {self.name} is '{one_line(value, 80)}', it must be {allowed}"
        )

    def _names_in(self, value: Any) -> tuple[str, ...]:
        """Return a list of names, which may be one text with commas."""
        listed = value.split(',') if isinstance(value, str) else value
        if not isinstance(listed, Sequence) or not all(type(each) is str for each in listed):
            shown = one_line(value, 80)
            raise StartError(f"parameter {self.name} is '{shown}', it must be {TYPES['tuple']}")
        return tuple(filter(None, map(str.strip, listed)))

    def _wrong_name(self, text: str) -> str:
        """Return what is wrong with a list of names, or nothing."""
        for name in filter(None, map(str.strip, text.split(','))):
            if name not in self.names:
                return f"lists '{one_line(name, 80)}': {hint(name, self.names)}"
        return ''

    def _is_allowed(self, value: Any) -> bool:
        if self.names:
            return not self._wrong_name(value)
        if self.between is None:
            return not self.choices or value in self.choices
        low, high = self.between
        on_step = isinstance(value, float) or (value - low) % self.step == 0
        return bool(low <= value <= high and on_step)


def rows(table: type[Any]) -> Mapping[str, Row]:
    """Return a table's parameters by name: first those without a group, then group by group."""
    plain: dict[str, Row] = {}
    grouped: dict[str, Row] = {}
    types = get_type_hints(table)
    for each in fields(table):
        if 'meaning' in each.metadata:
            kind = getattr(types[each.name], '__origin__', types[each.name]).__name__
            plain[each.name] = Row(each.name, kind, each.default, **each.metadata)
        else:
            for name, row in rows(types[each.name]).items():
                name = f'{each.name}.{name}'
                grouped[name] = replace(row, name=name)
    return {**plain, **grouped}


def values_of(settings: Any) -> dict[str, Any]:
    """Return the value of every parameter by name."""
    return {name: reduce(getattr, name.split('.'), settings) for name in rows(type(settings))}


def checked(settings: Table) -> Table:
    """
    Return settings that were made by hand.

    :raises StartError: if a value is of another type or out of range.
    """
    return changed(settings, values_of(settings))


def defaults(table: type[Any]) -> dict[str, Any]:
    """Return the default of every parameter of a table by name."""
    return {name: row.default for name, row in rows(table).items()}


def table_of(table: type[Table], values: Mapping[str, Any]) -> Table:
    """
    Make a table of values that were given, and of defaults for the rest.

    :param values: by name, with dots; names that the table does not have are passed over.
    :raises StartError: if a value is of another type or out of range.
    """
    return changed(table(), values)


def changed(settings: Table, values: Mapping[str, Any]) -> Table:
    """
    Return settings with other values.

    :param values: by name, with dots; names that the table does not have are passed over.
    :raises StartError: if a value is of another type or out of range.
    """
    known = rows(type(settings))
    for name, value in values.items():
        if name in known:
            settings = _replaced(settings, name.split('.'), known[name].accept(value))
    return settings


def _replaced(settings: Any, path: list[str], value: Any) -> Any:
    name, *rest = path
    return replace(
        settings, **{name: _replaced(getattr(settings, name), rest, value) if rest else value}
    )


def unknown_names(values: Mapping[str, Any], table: type[Any]) -> list[str]:
    """
    Return one sentence for each parameter that was given and that nothing reads.

    ROS ignores a misspelt parameter without a word. Those of our other nodes are passed over,
    since one file may hold the parameters of all.

    :param values: by name, with dots.
    :raises StartError: if the parameter cameras is no list of names.
    """
    cameras = rows(PoseParameters)['cameras'].accept(values.get('cameras', ()))
    others = {name for each in NODES for name in rows(each)}
    others |= {f'{camera}.{name}' for camera in cameras for name in rows(CameraParameters)}
    return [
        f"parameter '{one_line(name, 80)}' is ignored: {hint(name, rows(table))}"
        for name in values
        if name not in others
        and name not in ROS_PARAMETERS
        and not name.startswith(('qos_overrides.', '/'))
    ]


def hint(name: str, known: Iterable[str]) -> str:
    """Return what may have been meant by a name that no parameter has."""
    for row in rows(PoseParameters).values():
        if name in row.was:
            return f'it is named {row.name} now'
    known = list(known)
    close = get_close_matches(name[:100], known, 1)
    return f'did you mean {close[0]}?' if close else f'there are {", ".join(known)}'


def listing(table: type[Any]) -> str:
    """Describe a table's parameters, for --help."""
    paragraphs = [table.__doc__ or '']
    for row in rows(table).values():
        shown = f'{row.default!r}, {row.limits}' if row.limits else repr(row.default)
        meaning = indent(fill(row.meaning, 88), ' ' * 4)
        paragraphs.append(f'  {row.name} ({shown})\n{meaning}')
    return '\n'.join(paragraphs)
