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

"""The topics that the 3D node reads."""

from __future__ import annotations

from collections.abc import Callable

from movenet_ros.consumers.topic_input import TopicInput
from movenet_ros.node.image_input import transport_topic
from movenet_ros.settings import Pose3DParameters
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

MOST_WAITING = 30  # depth images, until poses come or Inputs.update() is called
SILENT_S = 1.0  # so long without a message is no pause

Receive = Callable[[bytes], None]


class Inputs:
    """
    Poses, depth images and the calibration, subscribed to while they are wanted.

    :param on_poses: called with the bytes of each message, and so are the others.
    """

    def __init__(
        self,
        node: Node,
        settings: Pose3DParameters,
        on_poses: Receive,
        on_depth: Receive,
        on_camera_info: Receive,
    ) -> None:
        transport = settings.depth_transport
        poses, info = map(node.resolve_topic_name, ('poses', 'camera_info'))
        depth = transport_topic(node, 'depth', transport)
        self.depth_type = Image if transport == 'raw' else CompressedImage
        self.poses = TopicInput(
            node, 'poses', poses, Detection2DArray, 10, on_poses, 'the pose node'
        )
        self.depth = TopicInput(
            node, 'depth', depth, self.depth_type, MOST_WAITING, on_depth, 'the depth camera'
        )
        self.camera_info = TopicInput(
            node, 'camera_info', info, CameraInfo, 1, on_camera_info, 'the camera driver'
        )
        self.camera_info.is_awaited = self.depth.is_awaited = False

    def topics(self) -> dict[str, str]:
        """Return the resolved names."""
        return {
            'poses': self.poses.topic,
            'depth': self.depth.topic,
            'camera_info': self.camera_info.topic,
        }

    def update(self, source: str) -> None:
        """
        Subscribe to what is needed; to be called often.

        :param source: the parameter.
        """
        self.poses.update(True)
        self.depth.update(source == 'depth')
        self.camera_info.update(True)
        self.take()

    def take(self) -> None:
        """Receive the calibration and the depth images that have come."""
        self.camera_info.take()
        self.depth.take()

    def close(self) -> None:
        """Unsubscribe."""
        for each in (self.poses, self.depth, self.camera_info):
            each.close()


def why_silent(each: TopicInput) -> str:
    """Return why nothing has come yet, in one sentence."""
    if each.is_published and each.silent_s < SILENT_S:
        return f'{each.topic} has just begun'
    return each.silence()
