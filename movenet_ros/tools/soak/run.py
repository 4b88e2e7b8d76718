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
A soak: the pose node in a process of its own, and phase after phase of what happens to robots.

plan.py says which phases there are, phases.py what each does, by the means of fixture.py;
counts.py counts, results.py judges.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import field
import os
from pathlib import Path
from random import Random
import tempfile
import time
from typing import Any

from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.tools.harness import LoadGenerator
from movenet_ros.tools.harness import POSE_NODE
from movenet_ros.tools.harness import pose_node_process
from movenet_ros.tools.harness import PoseNodeProcess
from movenet_ros.tools.harness import until_first_pose
from movenet_ros.tools.ros_arguments import start_ros
from movenet_ros.tools.soak import phases
from movenet_ros.tools.soak.counts import Counts
from movenet_ros.tools.soak.counts import PhaseRun
from movenet_ros.tools.soak.counts import ProcessSample
from movenet_ros.tools.soak.fixture import Fixture
from movenet_ros.tools.soak.fixture import Log
from movenet_ros.tools.soak.images import resized
from movenet_ros.tools.soak.plan import CALM_S
from movenet_ros.tools.soak.plan import Phase
from movenet_ros.tools.soak.plan import plan
from movenet_ros.tools.soak.plan import shortened
import numpy as np
from numpy.typing import NDArray
import rclpy

GOOD_SHARE = 0.5  # of the node's own rate, at which good images are sent
MOST_HZ = 30.0  # a camera's
MEASURE_S = 2.0
END_S = 2.0  # the node has to have ended by then

Show = Callable[[int, Phase], None]


@dataclass
class Soak:
    """
    What a soak did.

    :param good_hz: the rate of good images.
    :param flat_out_hz: the node's own rate, by size of image.
    :param is_complete: it was not ended by a signal.
    """

    counts: Counts = field(default_factory=Counts)
    backend: str = ''
    mode: str = ''
    good_hz: float = 0.0
    flat_out_hz: dict[tuple[int, int], float] = field(default_factory=dict)
    seconds: float = 0.0
    is_complete: bool = False


def run_soak(
    image_bgr: NDArray[np.uint8],
    minutes: float,
    seed: int,
    parameters: Mapping[str, Any],
    log: Path,
    on_phase: Show,
    program: Sequence[str] = POSE_NODE,
) -> Soak:
    """
    Start a pose node, soak it, and end it.

    :param image_bgr: ``(480, 640, 3)`` BGR, a picture with people.
    :param parameters: of the pose node.
    :param log: file that takes what the node prints.
    :param on_phase: called with the round and the phase that begins.
    :param program: a Python module and its arguments that start the node.
    :return: what was counted until the time was over, the node stuck or ended, or a signal came.
    :raises StartError: if the node does not start.
    """
    soak, begun_s = Soak(), time.monotonic()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='movenet_ros_')))
        make_room_for_images()
        quiet = ['--ros-args', '--log-level', 'warn']  # the progress bar has the screen
        start_ros(quiet)
        stack.callback(rclpy.try_shutdown)
        namespace = f'/movenet_soak_{os.getpid()}'
        process = stack.enter_context(pose_node_process(namespace, parameters, log, program))
        try:
            _measure(soak, process, image_bgr, namespace)
            fixture = Fixture(
                process,
                image_bgr,
                soak.good_hz,
                soak.flat_out_hz,
                Random(seed),
                Log(log),
                scratch,
                parameters,
                namespace=namespace,
            )
            stack.callback(fixture.close)
            soak.counts = fixture.counts
            _go_through_phases(fixture, minutes, seed, on_phase)
            soak.is_complete = True
        except KeyboardInterrupt:
            pass
        soak.seconds = time.monotonic() - begun_s
    return soak


def _measure(
    soak: Soak,
    process: PoseNodeProcess,
    image_bgr: NDArray[np.uint8],
    namespace: str,
) -> None:
    """Find the node's own rate for each size that overloads have, and one that it can hold."""
    for wh in sorted({wh for wh, _ in phases.OVERLOADS}):
        load = LoadGenerator(resized(image_bgr, wh), namespace=namespace)
        try:
            until_first_pose(load, process)
            soak.backend = soak.backend or load.backend()
            soak.mode = soak.mode or load.mode
            soak.flat_out_hz[wh] = load.flat_out(MEASURE_S).rate_hz
        finally:
            load.close()
    slowest_hz = min(soak.flat_out_hz.values())
    if not slowest_hz:
        raise StartError('the pose node answered too few images to begin with')
    soak.good_hz = min(MOST_HZ, GOOD_SHARE * slowest_hz)


def _go_through_phases(fixture: Fixture, minutes: float, seed: int, on_phase: Show) -> None:
    """Go through the plan until the time is over, at least once; then end the node."""
    end_s, short = time.monotonic() + 60 * minutes, shortened(minutes)
    for number, phase in plan(seed):
        if number > 1 and time.monotonic() > end_s:
            break
        on_phase(number, phase)
        run = fixture.counts.begin(phase.name, number)
        try:
            before_s = ProcessSample.of(fixture.process.pid).waited_s
            getattr(phases, phase.name)(fixture, phase.seconds * short)
            fixture.send_good(CALM_S * short)
            run.sample = ProcessSample.of(fixture.process.pid)
            run.waited_s = run.sample.waited_s - before_s
        except (OSError, MoveNetError) as error:  # it is stuck, or it has ended
            run.faults.append(str(error))
            return
        finally:
            run.errors += fixture.log.new_errors()
    _end(fixture, run)


def _end(fixture: Fixture, run: PhaseRun) -> None:
    """End the node, which has to be quick and clean even while it works."""
    with fixture.sending():
        fixture.spend(0.5)
        begun_s = time.monotonic()
        code = fixture.process.stop()
    took_s = time.monotonic() - begun_s
    if code or took_s > END_S:
        run.faults.append(f'the node ended with exit code {code} after {took_s:.1f} s')
    run.errors += fixture.log.new_errors()
