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
What surrounds the pose node in a soak: cameras, an ear for its poses, and calls of its services.

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

from movenet_ros.tools.harness import PoseNodeProcess
from movenet_ros.tools.soak.ledger import Ledger
from movenet_ros.tools.soak.ledger import Stamp
from movenet_ros.tools.soak.messages import FLOOD
from movenet_ros.tools.soak.messages import image_msg
from movenet_ros.tools.soak.messages import Picture
from movenet_ros.tools.soak.messages import read_poses
from movenet_ros.tools.soak.services import GIVE_UP_S
from movenet_ros.tools.soak.services import NODE
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

KEPT = 10  # messages that can be sent again if one gets lost on the way
LOST_S = 2.0  # what has not come back by then is lost
QUIET_S = 0.2  # for what is still under way
POLL_S = 0.05
ERROR_WORDS = ('[ERROR]', '[FATAL]', 'Traceback (most', 'Exception ignored', 'terminate called')


@dataclass
class Load:
    """What is being sent: publishers and pictures take turns."""

    cameras: Sequence[Any]
    pictures: Sequence[Picture]
    good: bool
    people: bool
    sent: int = 0


class Log:
    """
    The pose node's log, of which errors are wanted.

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


class Stage:
    """
    Everything around one pose node.

    :param process: the node's.
    :param image_bgr: ``(H, W, 3)`` BGR, a picture with people.
    :param hold_hz: a rate of images that the node can hold.
    :param flat_out_hz: the node's own rate, by size of image.
    :param scratch: folder for files.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    """

    def __init__(
        self,
        process: PoseNodeProcess,
        image_bgr: NDArray[np.uint8],
        hold_hz: float,
        flat_out_hz: Mapping[tuple[int, int], float],
        rng: Random,
        log: Log,
        scratch: Path,
        **node_args: Any,
    ) -> None:
        self.process = process
        self.image_bgr = image_bgr
        self.hold_hz = hold_hz
        self.flat_out_hz = flat_out_hz
        self.rng = rng
        self.log = log
        self.scratch = scratch
        self.ledger = Ledger()
        self.flood_arrivals_s: list[tuple[float, float]] = []  # when, and how old
        self.plain = Picture.of(image_msg(image_bgr))
        self.node = Node('soak', start_parameter_services=False, **node_args)
        self.namespace = self.node.get_namespace()
        self._executor = SingleThreadedExecutor(context=self.node.context)
        self._executor.add_node(self.node)
        self._load: Load | None = None
        self._due_s = 0.0
        self.camera = self.open_camera()
        self.services = Services(self.node, self.wait, self.fault)
        self._ear: Any = None
        self.hear()

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
        """Publish again, like :meth:`open_camera`, and wait for the node to listen."""
        self.camera = self.open_camera(**args)
        self.until_heard(self.camera)

    def until_heard(self, camera: Any) -> None:
        """Wait until the node subscribes with the reliability that is offered."""
        wanted = camera.qos_profile.reliability
        topic = camera.topic_name

        def is_heard() -> bool:
            listeners = [
                each
                for each in self.node.get_subscriptions_info_by_topic(topic)
                if each.node_name == NODE
            ]
            fits = all(wanted == each.qos_profile.reliability for each in listeners)
            return bool(listeners) and fits and bool(camera.get_subscription_count())

        if not self.wait(is_heard, GIVE_UP_S):
            self.fault(f'the node did not subscribe to {topic} within {GIVE_UP_S:.0f} s')

    def hear(self) -> None:
        """Subscribe to the poses."""
        self._ear = self.node.create_subscription(
            Detection2DArray, 'poses', self._on_poses, 10 * KEPT, raw=True
        )

    def stop_hearing(self) -> None:
        """Let the poses go."""
        self.node.destroy_subscription(self._ear)

    def _on_poses(self, message: bytes) -> None:
        stamp, sender, people = read_poses(message)
        if sender == FLOOD:
            age_s = time.time() - stamp[0] - stamp[1] / 1e9
            self.flood_arrivals_s.append((time.monotonic(), age_s))
            self.ledger.run.poses += 1
            return
        self.ledger.arrive(stamp, time.monotonic(), people)

    # Time, in which images are sent

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """
        Let time go on until something is true, and send and hear meanwhile.

        :return: whether it is.
        :raises StartError: if the node has ended.
        """
        end_s = time.monotonic() + seconds
        while not until():
            now_s = time.monotonic()
            self.process.check()
            self.ledger.check_silence(now_s)
            if now_s >= end_s:
                return False
            if self._load is not None and now_s >= self._due_s:
                self._send_next(self._load)
                self._due_s = now_s + 1 / self.hold_hz  # never sooner, even after a late one
            until_s = min(end_s, now_s + POLL_S)
            if self._load is not None:
                until_s = min(until_s, self._due_s)
            self._executor.spin_once(timeout_sec=max(0.0, until_s - time.monotonic()))
        return True

    def spend(self, seconds: float) -> None:
        """Let time go on."""
        self.wait(lambda: False, seconds)

    def send(self, message: bytes, stamp: Stamp, camera: Any = None) -> None:
        """Publish one message that need not come back."""
        self.ledger.send(stamp, time.monotonic(), good=False)
        (camera or self.camera).publish(message)

    def _send_next(self, load: Load) -> None:
        stamp = now()
        camera = load.cameras[load.sent % len(load.cameras)]
        picture = load.pictures[load.sent % len(load.pictures)]
        load.sent += 1
        self.ledger.send(stamp, time.monotonic(), load.good, load.people)
        camera.publish(picture.stamped(stamp))

    @contextmanager
    def sending(
        self,
        pictures: Sequence[Picture] = (),
        cameras: Sequence[Any] = (),
        good: bool = False,
        people: bool = False,
    ) -> Iterator[None]:
        """
        Send images at the rate that the node can hold.

        :param good: they have to come back, soon.
        :param people: and somebody has to be found in them.
        """
        cameras, pictures = cameras or (self.camera,), pictures or (self.plain,)
        self._load = Load(cameras, pictures, good, people)
        try:
            yield
        finally:
            self._load = None

    def until_answered(
        self, pictures: Sequence[Picture] = (), cameras: Sequence[Any] = ()
    ) -> None:
        """
        Send until an image comes back; silence counts.

        :raises Stuck: if none does.
        """
        begun_s = time.monotonic()
        self.ledger.listen(begun_s)
        with self.sending(pictures, cameras):
            answered = self.wait(lambda: self.ledger.newest_answered_s >= begun_s, GIVE_UP_S)
        self.ledger.listen(None)
        if not answered:
            raise Stuck(f'no image came back in {GIVE_UP_S:.0f} s: the soak ends here')

    def good(
        self,
        seconds: float,
        pictures: Sequence[Picture] = (),
        cameras: Sequence[Any] = (),
        people: bool = True,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        """
        Send good images: from the first one that is answered on, every one has to come back.

        :param meanwhile: what to do while they are sent, again and again.
        """
        self.until_answered(pictures, cameras)
        self.spend(QUIET_S)
        end_s = time.monotonic() + seconds
        self.ledger.listen(time.monotonic())
        with self.sending(pictures, cameras, good=True, people=people):
            while (left_s := end_s - time.monotonic()) > 0:
                if meanwhile is None:
                    self.spend(left_s)
                else:
                    meanwhile()
        ended_s = time.monotonic()
        with self.sending(pictures, cameras):  # one of these that comes back is behind the others
            self.wait(lambda: self.ledger.is_settled(ended_s), LOST_S)
        self.ledger.listen(None)
        self.ledger.settle()

    def fault(self, sentence: str) -> None:
        """Note what is not as it should be."""
        self.ledger.run.faults.append(sentence)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self.node.destroy_node()


def now() -> Stamp:
    """Return the time as a stamp."""
    return divmod(time.time_ns(), 10**9)
