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

"""Where the camera's frame is in another one, by tf."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
import os
import time
from typing import Any
from typing import Generic
from typing import TypeVar

from movenet_ros.core.errors import FrameError
from movenet_ros.core.errors import StartError
from movenet_ros.core.frames import rotation_of
from movenet_ros.core.frames import Transform
from movenet_ros.core.wording import one_line
from movenet_ros.messages.stamped import stamp_ns
import numpy as np
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

POLL_S = 0.005  # tf tells nobody that a transform has come
MOST = 300  # items that wait

Item = TypeVar('Item')


class TransformError(FrameError):
    """The transform for one image is not known, or not yet."""


class TargetFrame:
    """
    Listens to tf, as long as it is open.

    :param name: of the frame to transform into.
    :raises StartError: if tf2_ros is not installed.
    """

    def __init__(self, node: Node, name: str) -> None:
        self.name = name
        tf2_ros = self.check()
        self._no_transform = tf2_ros.TransformException
        self._buffer = tf2_ros.Buffer()  # with a node, it would offer a service
        self._listener = tf2_ros.TransformListener(self._buffer, node)

    @staticmethod
    def check() -> Any:
        """
        Return the module of tf, which is loaded where it is needed alone.

        :raises StartError: if it is not installed.
        """
        try:
            return import_module('tf2_ros')
        except ImportError as error:
            package = f'ros-{os.environ.get("ROS_DISTRO", "DISTRO")}-tf2-ros-py'
            raise StartError(
                f'target_frame needs tf2_ros ({one_line(error)}): sudo apt-get install {package},'
                ' or leave target_frame empty'
            ) from error

    def transform(self, header: Header) -> Transform:
        """
        Return the way from the frame of an image, at its stamp; without waiting for it.

        :raises TransformError: if tf does not know it.
        """
        if not header.frame_id:
            raise TransformError('images have no frame_id: have the driver set it, tf needs it')
        stamp = Time(nanoseconds=stamp_ns(header.stamp))
        try:
            found = self._buffer.lookup_transform(self.name, header.frame_id.lstrip('/'), stamp)
            return _transform(self.name, found.transform)
        except (self._no_transform, ValueError) as error:
            frame_id = one_line(header.frame_id)
            raise TransformError(
                f"no transform from '{frame_id}' to '{self.name}': {one_line(error)}"
            ) from error

    def restart(self) -> None:
        """Forget the transforms, but for static ones: after a jump back, tf would refuse newer."""
        self._buffer.clear()

    def close(self) -> None:
        """Listen no more."""
        self._listener.unregister()


def _transform(name: str, msg: Any) -> Transform:
    """Read a geometry_msgs/Transform."""
    rotation, at = msg.rotation, msg.translation
    place = np.array([at.x, at.y, at.z])
    if not np.isfinite(place).all():
        raise ValueError(f'its translation {place.tolist()} is no place')
    return Transform(name, rotation_of([rotation.x, rotation.y, rotation.z, rotation.w]), place)


@dataclass(frozen=True, eq=False)
class _Waiting(Generic[Item]):
    item: Item
    header: Header
    until_s: float


class InFrame(Generic[Item]):
    """
    Keeps what is known of images until their transform is there, or their time is over.

    :param find: returns the transform for the header of an image; raises TransformError.
    :param clock: in seconds; it never stands still.
    """

    def __init__(
        self, find: Callable[[Header], Transform], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._find = find
        self._clock = clock
        self._items: deque[_Waiting[Item]] = deque()

    def add(self, item: Item, header: Header, wait_s: float) -> None:
        """
        Let something wait.

        :param wait_s: how long at most.
        """
        self._items.append(_Waiting(item, header, self._clock() + wait_s))

    def ready(self) -> Iterator[tuple[Item, Transform | None, str]]:
        """
        Yield what waits no longer, in its order.

        :return: the item, its transform, and in place of that why it has none.
        """
        while self._items:
            first = self._items[0]
            transform, problem = None, ''
            try:
                transform = self._find(first.header)
            except TransformError as error:
                if self._clock() < first.until_s and len(self._items) <= MOST:
                    return
                problem = str(error)
            self._items.popleft()
            yield first.item, transform, problem

    @property
    def remaining_s(self) -> float | None:
        """Return after how many seconds to ask again; None if nothing waits."""
        return POLL_S if self._items else None
