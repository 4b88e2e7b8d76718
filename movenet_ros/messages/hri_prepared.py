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
Messages of REP-155 about one body, as ready bytes: see prepared.py.

Where the numbers of a message are, its bytes tell: those that differ once other numbers are in it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
import struct
from typing import Any
from typing import NamedTuple

from geometry_msgs.msg import TransformStamped
from movenet_ros.core.frames import quaternion_of
from movenet_ros.core.kinematics.human_model import BodyFrames
from movenet_ros.messages.hri import hri_msgs
from movenet_ros.messages.padding import serialized
from movenet_ros.messages.template import filled
from movenet_ros.messages.template import MARK_NS
from movenet_ros.messages.template import MARK_S
from movenet_ros.messages.template import marked_header
from movenet_ros.messages.template import Template
from movenet_ros.messages.template import template_of
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

FRAME = 'body_{}'
MARK = 1.5e9  # whose four bytes all differ from those of 0
CODE_MARK = 255.0
STAMP = struct.pack('=iI', MARK_S, MARK_NS)


class Parts(NamedTuple):
    """What is before the stamp, between it and the numbers, and behind them."""

    before: bytes
    between: bytes
    behind: bytes

    def filled(self, header: Header, numbers: bytes) -> bytes:
        """Return the message with a stamp and numbers in it."""
        stamp = struct.pack('=iI', header.stamp.sec, header.stamp.nanosec)
        return b''.join((self.before, stamp, self.between, numbers, self.behind))


def ids_to_bytes(ids: tuple[str, ...], header: Header) -> bytes:
    """Make an IdsList."""
    return filled(_ids(ids, header.frame_id), header, np.empty(0))


def region_to_bytes(region: NDArray[np.float32], header: Header) -> bytes:
    """Make a NormalizedRegionOfInterest2D of ``(5,)``: the box and its score."""
    return _region(header.frame_id).filled(header, region.tobytes())


def skeleton_to_bytes(skeleton: NDArray[np.float32], header: Header) -> bytes:
    """Make a Skeleton2D of ``(18, 3)``: x, y and confidence."""
    return _skeleton(header.frame_id).filled(header, skeleton.tobytes())


def posture_to_bytes(code: int, header: Header) -> bytes:
    """Make a BodyPosture."""
    return _code('BodyPosture', 'posture', header.frame_id).filled(header, bytes([code]))


def gesture_to_bytes(code: int, header: Header) -> bytes:
    """Make a Gesture."""
    return _code('Gesture', 'gesture', header.frame_id).filled(header, bytes([code]))


def joints_to_bytes(
    names: tuple[str, ...], joints: NDArray[np.float64], body: str, header: Header
) -> bytes:
    """
    Make a JointState of the joints that are known, with the body's id behind their names.

    :param joints: ``(j,)`` radians, NaN where one is not known: robot_state_publisher would make
        a transform of NaN of it.
    """
    known = np.isfinite(joints)
    return filled(_joints(names, known.tobytes(), body, header.frame_id), header, joints[known])


def body_frames_to_bytes(bodies: tuple[str, ...], frames: BodyFrames, header: Header) -> bytes:
    """
    Make the message of /tf with the frames of bodies.

    :param frames: of these bodies, all of them known.
    """
    quaternions = [quaternion_of(axes) for axes in frames.axes]
    numbers = np.hstack([frames.origins, np.reshape(quaternions, (-1, 4))])
    return filled(_frames(bodies, header.frame_id), header, numbers)


@lru_cache(maxsize=64)  # bodies come and go
def _ids(ids: tuple[str, ...], frame_id: str) -> Template:
    msg = hri_msgs().IdsList(header=marked_header(frame_id), ids=list(ids))
    return template_of(msg, lambda msg, mark: None)


@lru_cache(maxsize=8)
def _region(frame_id: str) -> Parts:
    def write(msg: Any, number: float) -> None:
        for name in ('xmin', 'ymin', 'xmax', 'ymax', 'c'):
            setattr(msg, name, number)

    return _parts(hri_msgs().NormalizedRegionOfInterest2D, frame_id, write, MARK)


@lru_cache(maxsize=8)
def _skeleton(frame_id: str) -> Parts:
    def write(msg: Any, number: float) -> None:
        for point in msg.skeleton:
            point.x = point.y = point.c = number

    return _parts(hri_msgs().Skeleton2D, frame_id, write, MARK)


@lru_cache(maxsize=16)
def _code(name: str, field: str, frame_id: str) -> Parts:
    def write(msg: Any, number: float) -> None:
        setattr(msg, field, int(number))

    return _parts(getattr(hri_msgs(), name), frame_id, write, CODE_MARK)


@lru_cache(maxsize=512)  # of each person; a joint is known in one image and not in the next
def _joints(names: tuple[str, ...], known: bytes, body: str, frame_id: str) -> Template:
    def write(msg: Any, mark: Callable[[], float]) -> None:
        msg.position = [mark() for _ in msg.name]

    told = [f'{name}_{body}' for name, is_known in zip(names, known) if is_known]
    return template_of(JointState(header=marked_header(frame_id), name=told), write)


@lru_cache(maxsize=64)
def _frames(bodies: tuple[str, ...], frame_id: str) -> Template:
    from tf2_msgs.msg import TFMessage  # loaded where frames are published alone

    def write(msg: Any, mark: Callable[[], float]) -> None:
        for frame in msg.transforms:
            place, turn = frame.transform.translation, frame.transform.rotation
            place.x, place.y, place.z = mark(), mark(), mark()
            turn.x, turn.y, turn.z, turn.w = mark(), mark(), mark(), mark()

    header = marked_header(frame_id)
    names = map(FRAME.format, bodies)
    frames = [TransformStamped(header=header, child_frame_id=name) for name in names]
    return template_of(TFMessage(transforms=frames), write)


def _parts(
    msg_type: type[Any], frame_id: str, write: Callable[[Any, float], None], mark: float
) -> Parts:
    """Let the middleware serialize a message twice, and see where it differs."""
    msg = msg_type(header=marked_header(frame_id))
    write(msg, 0.0)
    zeros = serialized(msg)
    write(msg, mark)
    differ = [at for at, (one, other) in enumerate(zip(zeros, serialized(msg))) if one != other]
    at = zeros.index(STAMP)
    return Parts(zeros[:at], zeros[at + len(STAMP):differ[0]], zeros[differ[-1] + 1:])
