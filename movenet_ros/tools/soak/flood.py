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
A flood of images, from a process of its own: it shares neither an interpreter nor a graph's node.

Its arguments are RATE SECONDS WxH RELIABILITY --ros-args ...; at the end it prints how many images
it sent and how long that took.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import subprocess
import time

from movenet_ros.core.processes import Process
from movenet_ros.core.processes import running_module
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.tools.soak.messages import FLOOD
from movenet_ros.tools.soak.messages import image_msg
from movenet_ros.tools.soak.messages import Picture
import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image

MATCH_S = 10.0  # to find the node


@dataclass(frozen=True)
class FloodPlan:
    """
    What a flood is to be.

    :param rate_hz: images a second; it sends fewer where it cannot send as many.
    :param reliability: ``reliable`` or ``best_effort``.
    """

    rate_hz: float
    seconds: float
    wh: tuple[int, int]
    reliability: str

    @property
    def name(self) -> str:
        """Say what it sends."""
        return f'{self.wh[0]}x{self.wh[1]} {self.reliability}'.replace('_', ' ')

    def args(self) -> list[str]:
        """Spell it as arguments."""
        width, height = self.wh
        return [f'{self.rate_hz}', f'{self.seconds}', f'{width}x{height}', self.reliability]

    @classmethod
    def read(cls, args: list[str]) -> FloodPlan:
        """Read it from arguments."""
        rate_hz, seconds, size, reliability = args
        width, _, height = size.partition('x')
        return cls(float(rate_hz), float(seconds), (int(width), int(height)), reliability)


class FloodProcess:
    """The process of a flood; made by :func:`flood_process`."""

    def __init__(self, process: Process) -> None:
        assert process.stdout is not None
        self._process = process
        self._printed = process.stdout

    def has_ended(self) -> bool:
        """Tell whether it is over."""
        return self._process.poll() is not None

    def sent_hz(self) -> float:
        """Return what it reached in the end, 0 where it has not come to its end."""
        if not self.has_ended():
            return 0.0
        numbers = self._printed.read().split()
        return int(numbers[0]) / float(numbers[1]) if len(numbers) == 2 else 0.0


@contextmanager
def flood_process(plan: FloodPlan, namespace: str) -> Iterator[FloodProcess]:
    """Start a flood, which ends with the ``with`` block at the latest."""
    args = [*plan.args(), '--ros-args', '-r', f'__ns:={namespace}', '--log-level', 'warn']
    with running_module(__name__, *args, grace_s=0.0, stdout=subprocess.PIPE) as process:
        yield FloodProcess(process)


def flood(plan: FloodPlan) -> tuple[int, float]:
    """
    Send images as fast as asked, or as can be.

    :return: how many, and in how many seconds.
    """
    node = Node('flood', start_parameter_services=False)
    qos = QoSProfile(depth=1, reliability=ReliabilityPolicy[plan.reliability.upper()])
    publisher = node.create_publisher(Image, 'image', qos)
    width, height = plan.wh
    msg = image_msg(np.full((height, width, 3), 128, np.uint8))
    msg.header.frame_id = FLOOD
    picture = Picture.of(msg)
    end_s = time.monotonic() + MATCH_S
    while not publisher.get_subscription_count() and time.monotonic() < end_s:
        time.sleep(0.01)
    begun_s = time.monotonic()
    sent = 0
    while (now_s := time.monotonic()) < begun_s + plan.seconds:
        late_s = now_s - begun_s - sent / plan.rate_hz
        if late_s < 0:
            time.sleep(-late_s)
        publisher.publish(picture.stamped(divmod(time.time_ns(), 10**9)))
        sent += 1
    took_s = time.monotonic() - begun_s
    node.destroy_node()
    return sent, took_s


def main(args: list[str]) -> None:
    """Flood, and print what was reached."""
    make_room_for_images()
    rclpy.init(args=args)
    print(*flood(FloodPlan.read(rclpy.utilities.remove_ros_args(args))), flush=True)
    rclpy.try_shutdown()
