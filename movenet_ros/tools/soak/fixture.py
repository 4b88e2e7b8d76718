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
What surrounds the pose node in a soak: cameras, a subscriber of its poses, and its services.

All of it is one thread: whatever is waited for, images go on being sent meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
import time
from typing import Any

from movenet_ros.settings import defaults
from movenet_ros.settings import PoseParameters
from movenet_ros.tools.harness import KEPT
from movenet_ros.tools.harness import NODE
from movenet_ros.tools.harness import now
from movenet_ros.tools.harness import PoseNodeProcess
from movenet_ros.tools.harness import Stamp
from movenet_ros.tools.harness import StampedMessage
from movenet_ros.tools.soak.counts import Counts
from movenet_ros.tools.soak.images import image_msg
from movenet_ros.tools.soak.images import OVERLOAD
from movenet_ros.tools.soak.images import read_poses
from movenet_ros.tools.soak.services import GIVE_UP_S
from movenet_ros.tools.soak.services import Services
from movenet_ros.tools.soak.services import Stuck
import numpy as np
from numpy.typing import NDArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

LOST_S = 2.0  # poses that have not come by then are lost
QUIET_S = 0.2  # for what is still under way
POLL_S = 0.05
ERROR_WORDS = ('[ERROR]', '[FATAL]', 'Traceback (most', 'Exception ignored', 'terminate called')


@dataclass
class Load:
    """What is being sent: publishers and messages take turns."""

    cameras: Sequence[Any]
    messages: Sequence[StampedMessage]
    good: bool
    people: bool
    sent: int = 0


class Log:
    """
    The errors in the pose node's log.

    :param path: of a file that grows.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self.expected: list[str] = []  # what an error line may contain

    def new_errors(self) -> list[str]:
        """Return the lines that are errors, of those written since the last call."""
        with self._path.open('rb') as file:
            file.seek(self._at)
            text = file.read()
        end = text.rfind(b'\n') + 1
        self._at += end
        return [
            line
            for line in text[:end].decode('utf-8', 'replace').splitlines()
            if any(word in line for word in ERROR_WORDS)
            and not any(each in line for each in self.expected)
        ]


class Fixture:
    """
    Everything around one pose node.

    :param process: the node's.
    :param image_bgr: ``(H, W, 3)`` BGR, a picture with people.
    :param good_hz: a rate of images that the node can hold.
    :param flat_out_hz: the node's own rate, by size of image.
    :param scratch: folder for files.
    :param parameters: with which the node was started, by name.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    """

    def __init__(
        self,
        process: PoseNodeProcess,
        image_bgr: NDArray[np.uint8],
        good_hz: float,
        flat_out_hz: Mapping[tuple[int, int], float],
        rng: Random,
        log: Log,
        scratch: Path,
        parameters: Mapping[str, Any],
        **node_args: Any,
    ) -> None:
        self.process = process
        self.image_bgr = image_bgr
        self.good_hz = good_hz
        self.flat_out_hz = flat_out_hz
        self.rng = rng
        self.log = log
        self.scratch = scratch
        self.parameters = {**defaults(PoseParameters), **parameters}
        self.counts = Counts()
        self.overload_arrivals_s: list[tuple[float, float]] = []  # when, and how old
        self.plain = StampedMessage.of(image_msg(image_bgr))
        self.node = Node('soak', start_parameter_services=False, **node_args)
        self.namespace = self.node.get_namespace()
        self._executor = SingleThreadedExecutor(context=self.node.context)
        self._executor.add_node(self.node)
        self._load: Load | None = None
        self._due_s = 0.0
        self.camera = self.open_camera()
        self.services = Services(self.node, self.wait, self.fault)
        self._subscription: Any = None
        self.subscribe()

    # Cameras and subscribers

    def open_camera(
        self, msg_type: Any = Image, topic: str = 'image', reliable: bool = True,
        node: Node | None = None,
    ) -> Any:
        """Make a publisher of images."""
        reliability = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
        qos = QoSProfile(depth=KEPT, reliability=reliability)
        return (node or self.node).create_publisher(msg_type, topic, qos)

    def close_camera(self) -> None:
        """Stop publishing."""
        self.node.destroy_publisher(self.camera)

    def reopen_camera(self, **args: Any) -> None:
        """Publish again, like :meth:`open_camera`, and wait until the node subscribes."""
        self.camera = self.open_camera(**args)
        self.until_subscribed(self.camera)

    def until_subscribed(self, camera: Any) -> None:
        """Wait until the node subscribes with the reliability that is offered."""
        wanted, topic = camera.qos_profile.reliability, camera.topic_name

        def is_subscribed() -> bool:
            offered = [
                each.qos_profile.reliability
                for each in self.node.get_subscriptions_info_by_topic(topic)
                if each.node_name == NODE
            ]
            fits = bool(offered) and all(each == wanted for each in offered)
            return fits and bool(camera.get_subscription_count())

        if not self.wait(is_subscribed, GIVE_UP_S):
            self.fault(f'the node did not subscribe to {topic} within {GIVE_UP_S:.0f} s')

    def subscribe(self) -> None:
        """Subscribe to the poses."""
        self._subscription = self.node.create_subscription(
            Detection2DArray, 'poses', self._on_poses, 10 * KEPT, raw=True
        )

    def unsubscribe(self) -> None:
        """Subscribe to the poses no longer."""
        self.node.destroy_subscription(self._subscription)

    def _on_poses(self, message: bytes) -> None:
        stamp, sender, people = read_poses(message)
        if sender == OVERLOAD:
            age_s = time.time() - stamp[0] - stamp[1] / 1e9
            self.overload_arrivals_s.append((time.monotonic(), age_s))
            self.counts.run.poses += 1
            return
        self.counts.receive(stamp, time.monotonic(), people)

    # Time, in which images are sent

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """
        Let time go on until something is true; send and receive meanwhile.

        :return: whether it is.
        :raises StartError: if the node has ended.
        """
        end_s = time.monotonic() + seconds
        while not until():
            now_s = time.monotonic()
            self.process.check()
            self.counts.check_silence(now_s)
            if now_s >= end_s:
                return False
            if self._load is not None and now_s >= self._due_s:
                self._send_next(self._load)
                self._due_s = now_s + 1 / self.good_hz  # never sooner, even after a late one
            until_s = min(end_s, now_s + POLL_S)
            if self._load is not None:
                until_s = min(until_s, self._due_s)
            self._executor.spin_once(timeout_sec=max(0.0, until_s - time.monotonic()))
        return True

    def spend(self, seconds: float) -> None:
        """Let time go on."""
        self.wait(lambda: False, seconds)

    def send(self, message: bytes, stamp: Stamp) -> None:
        """Publish one message whose poses need not come."""
        self.counts.send(stamp, time.monotonic(), good=False)
        self.camera.publish(message)

    def _send_next(self, load: Load) -> None:
        stamp = now()
        camera = load.cameras[load.sent % len(load.cameras)]
        message = load.messages[load.sent % len(load.messages)]
        load.sent += 1
        self.counts.send(stamp, time.monotonic(), load.good, load.people)
        camera.publish(message.stamped(stamp))

    @contextmanager
    def sending(
        self,
        messages: Sequence[StampedMessage] = (),
        cameras: Sequence[Any] = (),
        good: bool = False,
        people: bool = False,
    ) -> Iterator[None]:
        """
        Send images at the rate that the node can hold.

        :param good: their poses have to come, soon.
        :param people: whether a person has to be found in them.
        """
        self._load = Load(cameras or (self.camera,), messages or (self.plain,), good, people)
        try:
            yield
        finally:
            self._load = None

    def until_answered(
        self, messages: Sequence[StampedMessage] = (), cameras: Sequence[Any] = ()
    ) -> None:
        """
        Send until the poses of an image come; silence counts.

        :raises Stuck: if none do.
        """
        begun_s = time.monotonic()
        self.counts.count_silence(begun_s)
        with self.sending(messages, cameras):
            answered = self.wait(lambda: self.counts.newest_answered_s >= begun_s, GIVE_UP_S)
        self.counts.count_silence(None)
        if not answered:
            raise Stuck(f'no poses came in {GIVE_UP_S:.0f} s: the soak ends here')

    def send_good(
        self,
        seconds: float,
        messages: Sequence[StampedMessage] = (),
        cameras: Sequence[Any] = (),
        people: bool = True,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        """
        Send good images: from the first one that is answered on, all of their poses have to come.

        :param meanwhile: what to do while they are sent, again and again.
        """
        self.until_answered(messages, cameras)
        self.spend(QUIET_S)
        end_s = time.monotonic() + seconds
        self.counts.count_silence(time.monotonic())
        with self.sending(messages, cameras, good=True, people=people):
            while (left_s := end_s - time.monotonic()) > 0:
                if meanwhile is None:
                    self.spend(left_s)
                else:
                    meanwhile()
        ended_s = time.monotonic()
        with self.sending(messages, cameras):  # poses of one of these come after all others
            self.wait(lambda: self.counts.is_settled(ended_s), LOST_S)
        self.counts.count_silence(None)
        self.counts.settle()

    def fault(self, sentence: str) -> None:
        """Note what is wrong."""
        self.counts.run.faults.append(sentence)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self.node.destroy_node()
