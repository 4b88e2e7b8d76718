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

from collections.abc import Mapping
from contextlib import ExitStack
import os
from pathlib import Path
import statistics
import tempfile
import time
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.machine import cpu_seconds
from movenet_ros.core.machine import peak_memory_mib
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.tools.benchmark.bare_model import BareModel
from movenet_ros.tools.harness import LoadGenerator
from movenet_ros.tools.harness import pose_node_process
from movenet_ros.tools.harness import PoseNodeProcess
from movenet_ros.tools.harness import RATE_HZ
from movenet_ros.tools.harness import Traffic
from movenet_ros.tools.harness import until_first_pose
from movenet_ros.tools.report import summary
from movenet_ros.tools.ros_arguments import start_ros
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.utilities import get_rmw_implementation_identifier

ROUNDS = 5
BARE_SHARE = 0.25  # of the time that the graph runs flat out, the model does, before and after
LOG = 'pose_node.log'
QUIET_CORES = 0.1  # an idle node takes less: it looks for subscribers ten times a second
QUIET_S, QUIET_TIMEOUT_S = 0.5, 15.0


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
        start_ros(quiet)
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
            'backend': load.backend(),
            'mode': load.mode,
            'start_up_s': start_up_s,
            'peak_memory_mib': peak_memory_mib(node.pid),
            **figures,
        }


def rmw_implementation() -> str:
    """Name the middleware."""
    return str(get_rmw_implementation_identifier())


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
