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

"""A camera with depth and a person before it, as the tests of the 3D node have it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import cv2
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.poses_3d import poses_3d_from_msg
import numpy as np
from numpy.typing import NDArray
from rcl_interfaces.msg import Log
from ros_graph import World
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

WH = (320, 240)
FX = 300.0
CENTER = (160.0, 120.0)  # of the image
K = np.array([FX, 0, CENTER[0] - 0.5, 0, FX, CENTER[1] - 0.5, 0, 0, 1])
FAR_M, NEAR_M = 4.0, 2.0  # of the wall and of the person
PERSON = (*CENTER, 200.0)  # middle and height in pixels
WARNING = 30
MS = 10**6


def header(stamp_ms: int, frame_id: str = 'camera') -> Header:
    """Make a header."""
    made = Header(frame_id=frame_id)
    seconds, milliseconds = divmod(stamp_ms, 1000)
    made.stamp.sec, made.stamp.nanosec = seconds, milliseconds * MS
    return made


def scene(dtype: Any = np.uint16, wh: tuple[int, int] = WH) -> NDArray[Any]:
    """Return a depth image of a person before a wall: a flat figure."""
    metres = np.full((WH[1], WH[0]), FAR_M)
    metres[15:225, 110:210] = NEAR_M
    metres = cv2.resize(metres, wh, interpolation=cv2.INTER_NEAREST)
    return (1000 * metres).astype(dtype) if dtype == np.uint16 else metres.astype(dtype)


class Camera:
    """
    A camera with depth, a pose node that sees one person, and who listens to the 3D node.

    :ivar received: the messages of poses_3d.
    """

    def __init__(self, world: World, person: Poses, transport: str = 'raw') -> None:
        self.world = world
        self.person = person
        self.stamp_ms = 1000
        self.received: list[Detection3DArray] = world.sink(Detection3DArray, 'poses_3d')
        self._log = world.sink(Log, '/rosout')
        self.is_raw = transport == 'raw'
        depth = 'depth' if self.is_raw else f'depth/{transport}'
        self.poses = world.publisher(Detection2DArray, 'poses')
        self.depth = world.publisher(Image if self.is_raw else CompressedImage, depth)
        self.info = world.publisher(CameraInfo, 'camera_info')

    def until_heard(self, *publishers: Any) -> None:
        """Wait until the node has subscribed."""
        for each in publishers or (self.poses, self.depth, self.info):
            self.world.until(each.get_subscription_count, f'for a subscriber of {each.topic}')

    def send_info(self, **fields: Any) -> None:
        """Publish the calibration."""
        frame_id = fields.pop('frame_id', 'camera')
        values = {'width': WH[0], 'height': WH[1], 'k': K, **fields}
        self.info.publish(CameraInfo(header=header(self.stamp_ms, frame_id), **values))

    def send_depth(
        self, pixels: NDArray[Any] | None = None, encoding: str = '16UC1', late_ms: int = 0,
        frame_id: str = 'camera', **fields: Any,
    ) -> None:
        """Publish a depth image."""
        pixels = scene() if pixels is None else pixels
        height, width = pixels.shape
        values = {'step': width * pixels.itemsize, 'data': array('B', pixels.tobytes()), **fields}
        stamped = header(self.stamp_ms + late_ms, frame_id)
        self.depth.publish(
            Image(header=stamped, height=height, width=width, encoding=encoding, **values)
        )

    def send_poses(self, poses: Poses | None = None, frame_id: str = 'camera') -> Header:
        """Publish the person, and return the header."""
        stamped = header(self.stamp_ms, frame_id)
        self.poses.publish(poses_to_msg(self.person if poses is None else poses, stamped))
        return stamped

    def answer(self, send: Callable[[], Any] = lambda: None, **poses: Any) -> Poses3D:
        """
        Send something and then poses with the same stamp, and wait for their people in metres.

        The first of them may come before what was sent: a node reads its topics in any order.
        """
        self.stamp_ms += 33
        send()
        sent = self.send_poses(**poses)
        self.world.until(lambda: any(each.header == sent for each in self.received))
        return poses_3d_from_msg(next(each for each in self.received if each.header == sent))

    def place(self, send: Callable[[], Any] | None = None) -> Poses3D:
        """Send depth and poses until the person is placed."""
        found: list[Poses3D] = []

        def is_placed() -> bool:
            found.append(self.answer(send or self.send_depth))
            return bool(np.isfinite(found[-1].person_positions).all())

        self.world.until(is_placed, 'for a person in metres')
        return found[-1]

    def warnings(self) -> list[str]:
        """Return what the node has warned of."""
        return [each.msg for each in self._log if 'movenet_3d' in each.name
                and each.level >= WARNING]

    def until_warned(self, *words: str, send: Callable[[], Any] | None = None) -> str:
        """
        Wait for a warning with some words, and return it.

        :param send: what is sent before poses, again and again until then.
        """
        def found() -> list[str]:
            if send is not None:
                self.answer(send)
            return [each for each in self.warnings() if all(word in each for word in words)]

        self.world.until(found, f'for a warning with {words}')
        return found()[-1]
