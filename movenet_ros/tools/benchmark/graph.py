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
What the graph costs: images published here, poses received here, the node in between.

The load shares the processor with the node, so it is made as cheap as it can be: one message,
serialized once, in which only the stamp changes, and poses of which only the stamp is read.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import field
import os
from pathlib import Path
import statistics
import struct
import tempfile
import time
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.machine import cpu_seconds
from movenet_ros.core.machine import peak_memory_mib
from movenet_ros.messages.conversions import image_to_msg
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.tools.benchmark.bare_model import BareModel
from movenet_ros.tools.benchmark.turns import summary
from movenet_ros.tools.demo.graph import pose_node_process
from movenet_ros.tools.demo.graph import PoseNodeProcess
from movenet_ros.tools.demo.graph import START_TIMEOUT_S
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.serialization import serialize_message
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

RATE_HZ = 30.0
IN_FLIGHT = 2  # one that the node works on, and one that waits for it
TAKEN_S = 0.003  # before the next one is sent, which would replace one that the node still had
# to begin with
LOST_S = 1.0  # an image that is not answered by then is taken for dropped
ROUNDS = 5
BARE_SHARE = 0.25  # of the time that the graph runs flat out, the model does, before and after
KEPT = 10  # messages that can be sent again if one gets lost on the way
LOG = 'pose_node.log'
POLL_S = 0.01
QUIET_CORES = 0.1  # an idle node takes less: it looks for subscribers ten times a second
QUIET_S, QUIET_TIMEOUT_S = 0.5, 15.0
STAMP, STAMP_AT = struct.Struct('=iI'), 4  # behind CDR's four bytes; both messages begin with it


@dataclass
class Traffic:
    """
    What went to the node and came back.

    :param sent: images.
    :param latencies_s: of those that came back, from publishing to the poses' arrival.
    :param arrived_s: when they did, on the monotonic clock.
    """

    sent: int = 0
    latencies_s: list[float] = field(default_factory=list)
    arrived_s: list[float] = field(default_factory=list)

    @property
    def rate_hz(self) -> float:
        """Return how many came back per second, from the first one to the last."""
        if len(self.arrived_s) < 2:
            return 0.0
        return (len(self.arrived_s) - 1) / (self.arrived_s[-1] - self.arrived_s[0])


class LoadGenerator:
    """
    Publishes one image again and again and hears the poses.

    :param image_bgr: ``(H, W, 3)`` BGR.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    """

    def __init__(self, image_bgr: NDArray[np.uint8], **node_args: Any) -> None:
        self._node = Node('load_generator', start_parameter_services=False, **node_args)
        message = serialize_message(image_to_msg(image_bgr, Header(frame_id='camera')))
        self._before, self._behind = message[:STAMP_AT], message[STAMP_AT + STAMP.size:]
        self._publisher = self._node.create_publisher(Image, 'image', KEPT)
        self._node.create_subscription(
            Detection2DArray, 'poses', self._on_poses, KEPT, raw=True
        )
        self._executor = SingleThreadedExecutor(context=self._node.context)
        self._executor.add_node(self._node)
        self._under_way: dict[tuple[int, int], float] = {}  # when sent, by stamp
        self.traffic = Traffic()

    def begin(self) -> Traffic:
        """Count anew; what is still under way is forgotten."""
        self._under_way.clear()
        self.traffic = Traffic()
        return self.traffic

    def send(self) -> None:
        """Publish the image with the time of now."""
        stamp = divmod(time.time_ns(), 10**9)
        self._under_way[stamp] = time.monotonic()
        self._publisher.publish(b''.join((self._before, STAMP.pack(*stamp), self._behind)))
        self.traffic.sent += 1

    def _on_poses(self, message: bytes) -> None:
        stamp, now_s = STAMP.unpack_from(message, STAMP_AT), time.monotonic()
        if stamp not in self._under_way:
            return  # given up before it came
        for each in list(self._under_way):  # in the order of sending, which the node keeps
            sent_s = self._under_way.pop(each)
            if each == stamp:
                break  # those before it were dropped
        self.traffic.latencies_s.append(now_s - sent_s)
        self.traffic.arrived_s.append(now_s)

    def spin_until(self, end_s: float, done: Callable[[], bool] = lambda: False) -> None:
        """Hear poses until a time on the monotonic clock, or until something is true."""
        while not done() and (left_s := end_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left_s)

    def is_heard(self) -> bool:
        """Tell whether the node subscribes."""
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
        """Keep IN_FLIGHT images under way: the node never waits, and is never flooded."""
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


def measure_graph(
    image_bgr: NDArray[np.uint8],
    bare: BareModel,
    parameters: Mapping[str, Any],
    seconds: float,
) -> dict[str, Any]:
    """
    Start a pose node, measure it beside the bare model in turns, and end it.

    :param image_bgr: ``(H, W, 3)`` BGR, what is published.
    :param bare: the model that the node runs.
    :param parameters: of the pose node.
    :param seconds: how long to send at RATE_HZ, and again as many as the node can take.
    :return: the figures, with units in their names.
    :raises StartError: if the node does not start, ends early or answers too few images.
    """
    height, width = image_bgr.shape[:2]
    namespace = f'/movenet_benchmark_{os.getpid()}/of_{width}x{height}'
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='movenet_ros_')))
        make_room_for_images()  # as the launch file does for the camera
        quiet = ['--ros-args', '--log-level', 'warn']
        rclpy.init(args=quiet, signal_handler_options=SignalHandlerOptions.NO)
        stack.callback(rclpy.try_shutdown)
        load = LoadGenerator(image_bgr, namespace=namespace)
        stack.callback(load.close)
        begun_s = time.monotonic()
        node = stack.enter_context(pose_node_process(namespace, parameters, folder / LOG))
        until_first_pose(load, node)
        start_up_s = load.traffic.arrived_s[0] - begun_s
        _until_quiet(node)
        figures = _measure(load, node, bare, seconds)
        return {
            'backend': backend_said(folder / LOG),
            'start_up_s': start_up_s,
            'peak_memory_mib': peak_memory_mib(node.pid),
            **figures,
        }


def rmw_implementation() -> str:
    """Name the middleware."""
    return str(get_rmw_implementation_identifier())


def backend_said(log: Path) -> str:
    """Find what the node said about its backend."""
    lines = log.read_text(errors='replace').splitlines()
    return next((line.partition(': backend ')[2] for line in lines if ': backend ' in line), '')


def until_first_pose(load: LoadGenerator, node: PoseNodeProcess) -> None:
    """Send an image as soon as the node listens, and another one each time it gets lost."""
    end_s, send_again_s = time.monotonic() + START_TIMEOUT_S, 0.0
    while not load.traffic.arrived_s:
        node.check()
        now_s = time.monotonic()
        if now_s > end_s:
            raise StartError(f'the pose node answered no image in {START_TIMEOUT_S:.0f} s')
        if load.is_heard() and now_s > send_again_s:
            load.send()
            send_again_s = now_s + LOST_S
        load.spin_until(now_s + POLL_S)


def _until_quiet(node: PoseNodeProcess) -> None:
    """Wait until the node has done what it does after its start."""
    end_s = time.monotonic() + QUIET_TIMEOUT_S
    while time.monotonic() < end_s:
        before_s = cpu_seconds(node.pid)
        time.sleep(QUIET_S)
        if cpu_seconds(node.pid) - before_s < QUIET_CORES * QUIET_S:
            return


def _measure(
    load: LoadGenerator, node: PoseNodeProcess, bare: BareModel, seconds: float
) -> dict[str, Any]:
    """Let graph and bare model take turns; whose turn it is not is idle."""
    turn_s = seconds / ROUNDS
    images = max(1, round(turn_s * RATE_HZ))
    bare_s: list[float] = []
    bare_cpu_s: list[float] = []
    node_cpu_s = 0.0
    paced: list[Traffic] = []
    flat_out: list[Traffic] = []
    for _ in range(ROUNDS):
        bare_s += bare.flat_out(BARE_SHARE * turn_s)
        flat_out.append(load.flat_out(turn_s))
        bare_s += bare.flat_out(BARE_SHARE * turn_s)
        bare_cpu_s.append(bare.paced_cpu(images, RATE_HZ))
        before_s = cpu_seconds(node.pid)
        paced.append(load.paced(images))
        node_cpu_s += cpu_seconds(node.pid) - before_s
        node.check()
    latencies_s = [each for traffic in paced for each in traffic.latencies_s]
    sent, processed = sum(each.sent for each in paced), len(latencies_s)
    flat_out_hz = statistics.median(each.rate_hz for each in flat_out)
    if not processed or not flat_out_hz:
        raise StartError('the pose node answered too few images: give more --seconds')
    return {
        'sent': sent,
        'processed': processed,
        'dropped': sent - processed,
        'late': sum(each > 1 / RATE_HZ for each in latencies_s),
        'latency': summary(latencies_s),
        'cpu_ms_per_image': 1e3 * node_cpu_s / processed,
        'bare_cpu_ms_per_image': 1e3 * statistics.mean(bare_cpu_s),
        'flat_out_hz': flat_out_hz,
        'flat_out_dropped': sum(each.sent - len(each.arrived_s) for each in flat_out),
        'bare': summary(bare_s),
    }
