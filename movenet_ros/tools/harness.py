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

"""A pose node in a process of its own, and load for it: what the tools drive the node with."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from itertools import cycle
from pathlib import Path
import socket
import struct
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from movenet_ros.core import machine
from movenet_ros.core.errors import StartError
from movenet_ros.core.processes import Process
from movenet_ros.core.processes import running_module
from movenet_ros.core.processes import stop
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.images import image_to_msg
from movenet_ros.node.diagnostics import DIAGNOSTICS
import numpy as np
from numpy.typing import NDArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

START_TIMEOUT_S = machine.longest_start_s()
STATUS_S = 5.0  # to wait for /diagnostics, which come once a second
DISCOVERY_S = 15.0  # of a node that is active, which takes a second or two
ACTIVE = ']: active: '  # in the pose node's log
NODE = 'movenet'  # the pose node's name
POSE_NODE = ('movenet_ros.__main__', 'pose_node')
LAST_DOMAIN = 101  # Linux takes the ports of those above for itself; 0 is the default

_domains = cycle(range(1, LAST_DOMAIN + 1))


@contextmanager
def free_domain() -> Iterator[int]:
    """
    Hold a ROS domain that no other soak or test on this machine holds.

    The name of a socket stands for it: the system takes it back whatever becomes of the process.
    """
    for domain_id in _domains:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as holder:
            try:
                holder.bind(f'\0movenet_ros_domain_{domain_id}')
            except OSError:
                continue
            yield domain_id
            return


class PoseNodeProcess:
    """
    The pose node in a process of its own; made by :func:`pose_node_process`.

    :param log: file that takes what it prints.
    """

    def __init__(self, process: Process, log: Path) -> None:
        self._process = process
        self._log = log
        self._active_s = 0.0  # when that was seen, on the monotonic clock

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    def check(self) -> None:
        """
        Raise if it has ended.

        :raises StartError: with the last line that it printed.
        """
        code = self._process.poll()
        if code is not None:
            raise StartError(f'the pose node ended with exit code {code}: {self.last_line()}')

    def check_discovery(self) -> None:
        """
        Raise if it has long been active; to be called while ROS has not discovered it.

        :raises StartError: with what may keep messages away.
        """
        now_s = time.monotonic()
        if not self._active_s and ACTIVE in self._log.read_text(errors='replace'):
            self._active_s = now_s
        if self._active_s and now_s - self._active_s > DISCOVERY_S:
            raise StartError(
                f'the pose node is active, but not discovered in {DISCOVERY_S:.0f} s: discovery'
                ' needs UDP on this machine: sudo ip link set lo up (or is it a firewall?)'
            )

    def last_line(self) -> str:
        """Return the last line that it printed."""
        lines = self._log.read_text(errors='replace').strip().splitlines()
        return lines[-1].removeprefix('movenet_ros: ') if lines else 'no word'

    def stop(self) -> int:
        """
        End it, by force if it does not end when asked to.

        :return: its exit code.
        """
        return stop(self._process)


@contextmanager
def pose_node_process(
    namespace: str,
    parameters: Mapping[str, Any],
    log: Path,
    program: Sequence[str] = POSE_NODE,
) -> Iterator[PoseNodeProcess]:
    """
    Start the pose node; it ends with the ``with`` block.

    :param log: file that takes what it prints.
    :param program: a Python module and its arguments, for tests of a node with a fault.
    """
    settings = [part for item in parameters.items() for part in ('-p', '{}:={}'.format(*item))]
    args = [*program, '--ros-args', '-r', f'__ns:={namespace}', *settings]
    with log.open('wb') as output, running_module(*args, stdout=output, stderr=output) as process:
        yield PoseNodeProcess(process, log)


RATE_HZ = 30.0
IN_FLIGHT = 2  # an image that the node processes, and one that waits
TAKEN_S = 0.003  # the node's time to take an image, before the next one would replace it
LOST_S = 1.0  # an image without poses by then counts as dropped
KEPT = 10  # messages that can be sent again if one gets lost on the way
POLL_S = 0.01
STAMP, STAMP_AT = struct.Struct('=iI'), 4  # after CDR's four bytes, where a header comes first

Stamp = tuple[int, int]  # seconds and nanoseconds, as in a header


@dataclass(frozen=True)
class StampedMessage:
    """A serialized message that begins with a header, of which only the stamp changes."""

    before: bytes
    behind: bytes

    @classmethod
    def of(cls, msg: Any) -> StampedMessage:
        """Serialize a message."""
        message = serialize_message(msg)
        return cls(message[:STAMP_AT], message[STAMP_AT + STAMP.size:])

    def stamped(self, stamp: Stamp) -> bytes:
        """Return the message with a stamp."""
        return b''.join((self.before, STAMP.pack(*stamp), self.behind))


def now() -> Stamp:
    """Return the time as a stamp."""
    return divmod(time.time_ns(), NANOSECONDS)


@dataclass
class Traffic:
    """
    The images sent and the poses received.

    :param sent: images.
    :param latencies_s: from publishing an image to the arrival of its poses.
    :param arrived_s: when each message of poses arrived, on the monotonic clock.
    """

    sent: int = 0
    latencies_s: list[float] = field(default_factory=list)
    arrived_s: list[float] = field(default_factory=list)

    @property
    def rate_hz(self) -> float:
        """Return poses per second, from the first message to the last."""
        if len(self.arrived_s) < 2:
            return 0.0
        return (len(self.arrived_s) - 1) / (self.arrived_s[-1] - self.arrived_s[0])


class ModelStatus:
    """
    Keeps what runs the model, and in which mode, as a pose node says on /diagnostics.

    :param node: of the same namespace; it has to be spun.
    """

    def __init__(self, node: Node) -> None:
        self.backend = self.mode = ''
        self._name = f'{node.get_namespace().lstrip("/")}/{NODE}: model'
        node.create_subscription(DiagnosticArray, DIAGNOSTICS, self._on_diagnostics, KEPT)

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            if status.name == self._name:
                values = {each.key: each.value for each in status.values}
                self.backend = values.get('backend', self.backend)
                self.mode = values.get('mode', self.mode)


class LoadGenerator:
    """
    Publishes one image again and again and receives the poses.

    :param image_bgr: ``(H, W, 3)`` BGR.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    """

    def __init__(self, image_bgr: NDArray[np.uint8], **node_args: Any) -> None:
        self._node = Node('load_generator', start_parameter_services=False, **node_args)
        self._message = StampedMessage.of(image_to_msg(image_bgr, Header(frame_id='camera')))
        self._publisher = self._node.create_publisher(Image, 'image', KEPT)
        self._node.create_subscription(
            Detection2DArray, 'poses', self._on_poses, KEPT, raw=True
        )
        self._status = ModelStatus(self._node)
        self._executor = SingleThreadedExecutor(context=self._node.context)
        self._executor.add_node(self._node)
        self._under_way: dict[Stamp, float] = {}  # when sent, by stamp
        self.traffic = Traffic()

    def begin(self) -> Traffic:
        """Count anew; images still under way are forgotten."""
        self._under_way.clear()
        self.traffic = Traffic()
        return self.traffic

    def send(self) -> None:
        """Publish the image with the time of now."""
        stamp = now()
        self._under_way[stamp] = time.monotonic()
        self._publisher.publish(self._message.stamped(stamp))
        self.traffic.sent += 1

    def _on_poses(self, message: bytes) -> None:
        stamp, now_s = STAMP.unpack_from(message, STAMP_AT), time.monotonic()
        if stamp not in self._under_way:
            return  # given up before its poses came
        for each in list(self._under_way):  # in the order of sending, which the node keeps
            sent_s = self._under_way.pop(each)
            if each == stamp:
                break  # those before it were dropped
        self.traffic.latencies_s.append(now_s - sent_s)
        self.traffic.arrived_s.append(now_s)

    def spin_until(self, end_s: float, done: Callable[[], bool] = lambda: False) -> None:
        """Receive poses until a time on the monotonic clock, or until something is true."""
        while not done() and (left_s := end_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left_s)

    def backend(self) -> str:
        """Wait until the node says what runs the model; empty if it does not."""
        self.spin_until(time.monotonic() + STATUS_S, lambda: bool(self._status.backend))
        return self._status.backend

    @property
    def mode(self) -> str:
        """Return the mode that it runs in, once ``backend`` is known."""
        return self._status.mode

    def has_subscriber(self) -> bool:
        """Return whether the node subscribes."""
        return bool(self._publisher.get_subscription_count())

    def paced(self, count: int) -> Traffic:
        """Send so many images at RATE_HZ and wait for the last ones."""
        traffic, begun_s = self.begin(), time.monotonic()
        for i in range(count):
            self.spin_until(begun_s + i / RATE_HZ)
            self.send()
        self.spin_until(time.monotonic() + LOST_S, lambda: not self._under_way)
        return traffic

    def flat_out(self, seconds: float) -> Traffic:
        """Keep IN_FLIGHT images under way: the node never waits, and is never overloaded."""
        traffic, end_s = self.begin(), time.monotonic() + seconds
        while (now_s := time.monotonic()) < end_s:
            for stamp, sent_s in list(self._under_way.items()):
                if now_s - sent_s > LOST_S:
                    del self._under_way[stamp]
            if len(self._under_way) < IN_FLIGHT:
                self.send()
            if len(self._under_way) == IN_FLIGHT:
                self._executor.spin_once(timeout_sec=LOST_S)
            self.spin_until(time.monotonic() + TAKEN_S)
        self.spin_until(time.monotonic() + LOST_S, lambda: not self._under_way)
        return traffic

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._node.destroy_node()


def until_first_pose(load: LoadGenerator, node: PoseNodeProcess) -> None:
    """Send an image as soon as the node subscribes, and another one each time it gets lost."""
    end_s, send_again_s = time.monotonic() + START_TIMEOUT_S, 0.0
    while not load.traffic.arrived_s:
        node.check()
        now_s = time.monotonic()
        if now_s > end_s:
            raise StartError(f'the pose node answered no image in {START_TIMEOUT_S:.0f} s')
        if not load.has_subscriber():
            node.check_discovery()
        elif now_s > send_again_s:
            load.send()
            send_again_s = now_s + LOST_S
        load.spin_until(now_s + POLL_S)
