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

"""Tables of topics: what each node reads and publishes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticArray
from movenet_ros.consumers.humans import body_outputs
from movenet_ros.consumers.humans import frames_output
from movenet_ros.consumers.humans import tracked_output
from movenet_ros.consumers.kinematics import OUTPUTS_KINEMATICS
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.consumers.outputs import tf_output
from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import RELIABLE_IMAGE
from movenet_ros.node.diagnostics import DIAGNOSTICS
from movenet_ros.settings import HumansParameters
from printing.tables import table
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy

ALL_BODIES = HumansParameters.namespace
BODY = 'ID'  # in place of the name of a body


class Input(NamedTuple):
    """A topic that a node subscribes to, with the reliability that its publishers offer."""

    name: str
    msg_type: str
    meaning: str


IMAGE = Input(
    'image', 'sensor_msgs/Image',
    'rgb, bgr, rgba, bgra, mono, Bayer (8 and 16 bit; 16 bits are scaled over the range in use),'
    " OpenCV's `8UC1`, `8UC3`, `8UC4`, `16UC3`, `16UC4`; YUV: `yuyv`, `yvyu`, `uyvy`, `nv12`,"
    ' `nv21`, `nv24`, `i420`, `yv12`. Depth (`16UC1`, `32FC1`) is rejected',
)
COMPRESSED = Input(
    'image/compressed', 'sensor_msgs/CompressedImage',
    'with `image_transport: compressed`: JPEG, PNG, WebP, BMP, GIF, TIFF',
)
POSES = Input('poses', 'vision_msgs/Detection2DArray', "the pose node's")
POSES_3D = Input('poses_3d', 'vision_msgs/Detection3DArray', "the 3D node's")
TF = Input('/tf', 'tf2_msgs/TFMessage', 'with `target_frame`: the way to that frame')

INPUTS: dict[str, tuple[Input, ...]] = {
    'pose_node': (IMAGE, COMPRESSED),
    'pose_3d_node': (
        POSES,
        Input(
            'depth', 'sensor_msgs/Image',
            '`16UC1`: millimetres, 0 where unknown; `32FC1`: metres, NaN where unknown (REP 118);'
            " aligned to the camera's images, in any resolution",
        ),
        Input(
            'depth/compressedDepth', 'sensor_msgs/CompressedImage',
            'with `depth_transport: compressedDepth`: PNG of either',
        ),
        Input(
            'camera_info', 'sensor_msgs/CameraInfo',
            'of the very images in which people are found, of their size: K and D (plumb_bob,'
            ' rational_polynomial, equidistant), or P of rectified ones',
        ),
        TF,
        TF._replace(name='/tf_static', meaning='the same'),
    ),
    'kinematics_node': (
        POSES._replace(meaning="the pose node's, with `source: poses`"),
        POSES_3D._replace(meaning="the 3D node's, with `source: poses_3d`"),
    ),
    'humans_node': (
        POSES,
        POSES_3D._replace(meaning="the 3D node's, with `source: poses_3d`"),
        IMAGE._replace(
            meaning='one in 10 s, for its size, and one where people or `camera_info` tell that it'
            ' is another one; all while a `cropped` has subscribers',
        ),
        COMPRESSED._replace(meaning='with `image_transport: compressed`'),
        Input(
            'camera_info', 'sensor_msgs/CameraInfo',
            'beside `image`: tells at once when images become smaller; without it, that is seen up'
            ' to 10 s later',
        ),
    ),
}
STATUSES = {
    'pose_node': '`movenet: images`, `movenet: poses`, `movenet: model`',
    'pose_3d_node': '`movenet_3d: depth`, `movenet_3d: poses_3d`',
    'kinematics_node': '`movenet_kinematics: kinematics`',
    'humans_node': '`movenet_humans: humans`',
}


def outputs(node: str) -> Iterator[Output[Any]]:
    """Yield the rows of what a node publishes, those of bodies for one that is called ID."""
    yield from {
        'pose_node': lambda: (*OUTPUTS, LABEL_INFO),
        'pose_3d_node': lambda: (*OUTPUTS_3D, tf_output()),
        'kinematics_node': lambda: OUTPUTS_KINEMATICS,
        'humans_node': lambda: (
            tracked_output(ALL_BODIES),
            *(each for part in body_outputs(ALL_BODIES, BODY) for each in part),
            frames_output(),
        ),
    }[node]()
    once = f'once a second: {STATUSES[node]}'
    yield Output(DIAGNOSTICS, DiagnosticArray, RELIABLE_IMAGE, lambda it: None, meaning=once)


def topics(node: str) -> str:
    """Return the table of a node's topics: first those it reads."""
    read = [
        (f'`{each.name}` in', each.msg_type, 'as published', each.meaning)
        for each in INPUTS[node]
    ]
    published = [
        (f'`{each.name}` out', _type(each.msg_type), _qos(each.qos), each.meaning)
        for each in outputs(node)
    ]
    return table(('topic', 'type', 'QoS', 'content'), [*read, *published])


def _type(msg_type: type[Any]) -> str:
    return f'{msg_type.__module__.partition(".")[0]}/{msg_type.__name__}'


def _qos(qos: QoSProfile) -> str:
    reliable = qos.reliability != ReliabilityPolicy.BEST_EFFORT  # a profile's default is reliable
    latched = qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
    words = 'reliable' if reliable else 'best effort', 'transient local' if latched else ''
    return ', '.join([*filter(None, words), f'depth {qos.depth}'])
