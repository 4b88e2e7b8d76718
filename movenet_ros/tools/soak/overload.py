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

"""A source of far too many images, in a process of its own: with its own interpreter and graph."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from dataclasses import dataclass
import json
import time

from movenet_ros.core.processes import asking
from movenet_ros.core.processes import print_answer
from movenet_ros.core.processes import Question
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.tools.harness import now
from movenet_ros.tools.harness import StampedMessage
from movenet_ros.tools.soak.images import image_msg
from movenet_ros.tools.soak.images import OVERLOAD
import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image

START_S = 20.0
MATCH_S = 10.0  # to discover the node


@dataclass(frozen=True)
class OverloadPlan:
    """
    What the source sends.

    :param rate_hz: images a second; fewer where it cannot send as many.
    :param reliability: ``reliable`` or ``best_effort``.
    """

    rate_hz: float
    seconds: float
    wh: tuple[int, int]
    reliability: str

    def __str__(self) -> str:
        """Return size and reliability."""
        return f'{self.wh[0]}x{self.wh[1]} {self.reliability}'.replace('_', ' ')


def sending_overload(plan: OverloadPlan, namespace: str) -> AbstractContextManager[Question]:
    """Start a source, whose answer is how many images it sent and in how many seconds."""
    ros = ('--ros-args', '-r', f'__ns:={namespace}', '--log-level', 'warn')
    timeout_s = plan.seconds + START_S
    return asking(__name__, json.dumps(asdict(plan)), *ros, timeout_s=timeout_s)


def main(args: Sequence[str]) -> None:
    """Send images, and answer how many and in how many seconds."""
    make_room_for_images()
    rclpy.init(args=[*args])
    print_answer(_send(OverloadPlan(**json.loads(args[0]))))
    rclpy.try_shutdown()


def _send(plan: OverloadPlan) -> tuple[int, float]:
    node = Node('overload', start_parameter_services=False)
    qos = QoSProfile(depth=1, reliability=ReliabilityPolicy[plan.reliability.upper()])
    publisher = node.create_publisher(Image, 'image', qos)
    width, height = plan.wh
    msg = image_msg(np.full((height, width, 3), 128, np.uint8))
    msg.header.frame_id = OVERLOAD
    message = StampedMessage.of(msg)
    end_s = time.monotonic() + MATCH_S
    while not publisher.get_subscription_count() and time.monotonic() < end_s:
        time.sleep(0.01)
    begun_s = time.monotonic()
    sent = 0
    while (now_s := time.monotonic()) < begun_s + plan.seconds:
        late_s = now_s - begun_s - sent / plan.rate_hz
        if late_s < 0:
            time.sleep(-late_s)
        publisher.publish(message.stamped(now()))
        sent += 1
    took_s = time.monotonic() - begun_s
    node.destroy_node()
    return sent, took_s
