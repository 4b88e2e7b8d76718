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
The whole graph for a demo: a source and a recorder in one node, the pose node in its own process.

The graph has a namespace of its own: no other node on this machine receives its messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import ExitStack
from contextlib import suppress
import os
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from movenet_ros.core.image import SourceImage
from movenet_ros.core.processes import running_module
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.tools.harness import ModelStatus
from movenet_ros.tools.harness import pose_node_process
from movenet_ros.tools.harness import PoseNodeProcess
from movenet_ros.tools.ros_arguments import start_ros
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

KEPT = 10  # images that can be sent again if one gets lost on the way
ALL_OF_THEM = QoSProfile(depth=100)  # a recorder wants every message, not the newest
FRAME_ID = 'camera'
VIEW = ('movenet_ros.__main__', 'view')


class DemoNode(Node):
    """
    Publishes images, and notes when poses and annotated images arrive.

    :ivar arrived: a time in nanoseconds on the node's clock, and a message; one of
        ``image_annotated`` is bytes, because rclpy takes long to make a message of a large one.
    """

    def __init__(self, **node_args: Any) -> None:
        super().__init__('demo', **node_args)
        self.status = ModelStatus(self)
        self.arrived: Queue[tuple[int, Any]] = Queue()
        self._publisher = self.create_publisher(Image, 'image', KEPT)
        self.create_subscription(Detection2DArray, 'poses', self._note, ALL_OF_THEM)
        self.create_subscription(Image, 'image_annotated', self._note, ALL_OF_THEM, raw=True)

    @property
    def has_subscriber(self) -> bool:
        """Return whether the pose node subscribes."""
        return bool(self._publisher.get_subscription_count())

    @property
    def has_page(self) -> bool:
        """Return whether another node subscribes to image_annotated, as an open page does."""
        return bool(self.count_subscribers('image_annotated') > 1)

    def publish(self, image: SourceImage) -> int:
        """Publish an image, stamped with the time of now, and return the stamp in nanoseconds."""
        msg = image_to_msg(image.as_bgr(), Header(frame_id=FRAME_ID))
        msg.header.stamp = self.get_clock().now().to_msg()
        self._publisher.publish(msg)
        return stamp_ns(msg.header.stamp)

    def _note(self, message: Any) -> None:
        self.arrived.put((self.get_clock().now().nanoseconds, message))


@contextmanager
def running_graph(
    parameters: Mapping[str, Any], log: Path, with_page: bool = False
) -> Iterator[tuple[DemoNode, PoseNodeProcess]]:
    """
    Start the pose node, and a node to play images to it.

    :param parameters: of the pose node.
    :param log: file that takes what the pose node prints.
    :param with_page: whether image_annotated is shown in the browser, too.
    """
    make_room_for_images()
    quiet = ['--ros-args', '--log-level', 'warn']  # the progress bar has the screen
    start_ros(quiet)
    namespace = f'/movenet_demo_{os.getpid()}'
    with ExitStack() as stack:
        stack.callback(rclpy.try_shutdown)
        child = stack.enter_context(pose_node_process(namespace, parameters, log))
        if with_page:
            stack.enter_context(running_module(*VIEW, '--ros-args', '-r', f'__ns:={namespace}'))
        node = DemoNode(namespace=namespace)
        stack.callback(node.destroy_node)
        stack.enter_context(_spinning(node))
        yield node, child


@contextmanager
def _spinning(node: Node) -> Iterator[None]:
    """Spin a node in a thread of its own."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def spin() -> None:
        with suppress(ExternalShutdownException):
            executor.spin()

    thread = Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield
    finally:
        executor.shutdown()
        thread.join()
