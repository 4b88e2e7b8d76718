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

"""A stand-in for tf2_ros, which is in no package registry: what the 3D node uses of it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from geometry_msgs.msg import TransformStamped
from movenet_ros.messages.stamped import stamp_ns
import numpy as np
from numpy.typing import ArrayLike
from rclpy.time import Time


class TransformException(Exception):
    """As tf2 has it."""


class ExtrapolationException(TransformException):
    """A transform at a time that is not known."""


class LookupException(TransformException):
    """A frame that is not known."""


class Buffer:
    """Knows transforms from one frame to another, at the stamps at which they were set."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], list[TransformStamped]] = {}
        self.blocked_s = 0.0

    def set_transform(self, transform: TransformStamped) -> None:
        """Learn a transform; it holds until its stamp."""
        pair = transform.header.frame_id, transform.child_frame_id
        self.known.setdefault(pair, []).append(transform)

    def lookup_transform(
        self, target: str, source: str, time: Time, timeout: Any = None
    ) -> TransformStamped:
        """Return the first transform that is as late; with a timeout, tf2 would sleep."""
        assert timeout is None, 'the node may not wait in here'
        if (target, source) not in self.known:
            raise LookupException(f'"{source}" passed to lookupTransform does not exist.')
        for each in self.known[target, source]:
            if stamp_ns(each.header.stamp) >= time.nanoseconds:
                return each
        raise ExtrapolationException('Lookup would require extrapolation into the future.')

    def clear(self) -> None:
        """Forget everything."""
        self.known.clear()


class TransformListener:
    """Keeps the buffers that somebody listens with."""

    listening: list[Buffer] = []

    def __init__(self, buffer: Buffer, node: Any) -> None:
        self._buffer = buffer
        self.listening.append(buffer)

    def unregister(self) -> None:
        """Listen no more."""
        self.listening.remove(self._buffer)


def module() -> ModuleType:
    """Return the module."""
    made: Any = ModuleType('tf2_ros')
    made.Buffer, made.TransformListener = Buffer, TransformListener
    made.TransformException = TransformException
    return made


def transform(
    target: str, source: str, stamp: float, move: ArrayLike, quaternion: ArrayLike = (0, 0, 0, 1)
) -> TransformStamped:
    """Make a transform that takes points of source to target."""
    made = TransformStamped(child_frame_id=source)
    made.header.frame_id = target
    made.header.stamp = Time(seconds=stamp).to_msg()
    at, turn = made.transform.translation, made.transform.rotation
    at.x, at.y, at.z = np.asarray(move, float).tolist()
    turn.x, turn.y, turn.z, turn.w = np.asarray(quaternion, float).tolist()
    return made
