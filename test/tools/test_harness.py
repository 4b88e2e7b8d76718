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

"""The pose node in a process of its own, and the load for it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import nullcontext
import os
from pathlib import Path
import time
from typing import Any
from typing import cast

from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import StartError
from movenet_ros.core.processes import Process
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.tools import harness
from movenet_ros.tools.harness import free_domain
from movenet_ros.tools.harness import IN_FLIGHT
from movenet_ros.tools.harness import LAST_DOMAIN
from movenet_ros.tools.harness import LoadGenerator
from movenet_ros.tools.harness import pose_node_process
from movenet_ros.tools.harness import PoseNodeProcess
from movenet_ros.tools.harness import RATE_HZ
from movenet_ros.tools.harness import Traffic
import numpy as np
from numpy.typing import NDArray
import pytest
import rclpy
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60.0


@pytest.mark.parametrize(
    ('code', 'words'),
    [
        ('import sys; print("first"); sys.exit("movenet_ros: no model")', 'code 1: no model'),
        ('raise SystemExit(3)', 'code 3: no word'),
        ('import sys; print("[INFO] good bye", *sys.argv[1:])', (
            'code 0: [INFO] good bye --ros-args -r __ns:=/a -p rate:=2'
        )),
    ],
)
def test_a_node_that_ended_is_told_with_its_last_line(
    code: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}{os.pathsep}{ROOT}')
    (tmp_path / 'stand_in.py').write_text(f'def main(args): {code}\n')
    with pose_node_process('/a', {'rate': 2}, tmp_path / 'log', ('stand_in',)) as node:
        with pytest.raises(StartError) as caught:
            while True:
                node.check()
                time.sleep(0.01)
    assert str(caught.value) == f'the pose node ended with exit {words}'


@pytest.mark.parametrize(('state', 'is_over'), [('inactive', False), ('active', True)])
def test_an_active_node_that_is_not_discovered_is_not_waited_for(
    state: str, is_over: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, no_process = tmp_path / 'log', cast(Process, None)
    log.write_text(f'[INFO] [1.5] [a.movenet]: {state}: /image -> /poses\n')
    monkeypatch.setattr(harness, 'DISCOVERY_S', -1.0)
    with pytest.raises(StartError, match='lo up') if is_over else nullcontext():
        PoseNodeProcess(no_process, log).check_discovery()


@pytest.fixture
def load(world: Any, small_image: NDArray[np.uint8]) -> Iterator[LoadGenerator]:
    """Give a load generator in a graph of its own."""
    generator = LoadGenerator(small_image, context=world.context, namespace=world.namespace)
    yield generator
    generator.close()


@pytest.fixture
def node(
    start_pose_node: Callable[..., Any],
    nobody: NDArray[np.float32],
    load: LoadGenerator,
    world: Any,
) -> None:
    """Start a pose node that receives the load."""
    start_pose_node(RecordedBackend([nobody]))
    world.until(load.has_subscriber)


def test_what_is_published_is_the_image_with_a_stamp_of_its_own(
    load: LoadGenerator, world: Any, small_image: NDArray[np.uint8]
) -> None:
    images = world.sink(Image, 'image')
    world.until(load.has_subscriber)
    before_ns = time.time_ns()
    for _ in range(3):
        load.send()
    world.until(lambda: len(images) == 3)
    stamps = [stamp_ns(each.header.stamp) for each in images]
    assert before_ns <= stamps[0] < stamps[1] < stamps[2] <= time.time_ns()
    assert images[0].header.frame_id == 'camera'
    np.testing.assert_array_equal(image_from_msg(images[2]).pixels, small_image)


def test_paced_images_come_back(node: None, load: LoadGenerator) -> None:
    traffic = load.paced(10)
    assert traffic.sent == 10
    assert 0 < len(traffic.latencies_s) == len(traffic.arrived_s) <= 10
    assert min(traffic.latencies_s) > 0


def test_the_pace_is_kept(load: LoadGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, 'LOST_S', 0.0)
    begun_s = time.monotonic()
    load.paced(16)
    assert time.monotonic() - begun_s >= 15 / RATE_HZ


def test_flat_out_is_a_closed_loop(
    node: None, load: LoadGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are never more images under way than there should be, and many come back."""
    under_way: list[int] = []
    send = load.send

    def spy() -> None:
        send()
        under_way.append(len(load._under_way))

    monkeypatch.setattr(load, 'send', spy)
    traffic = load.flat_out(0.3)
    assert 1 <= max(under_way) <= IN_FLIGHT  # 1 where the answer comes before the next image
    assert len(traffic.arrived_s) > IN_FLIGHT and traffic.rate_hz > 0


def test_flat_out_a_lost_image_is_replaced(
    load: LoadGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no node to answer."""
    monkeypatch.setattr(harness, 'LOST_S', 0.02)
    traffic = load.flat_out(0.1)
    assert traffic.sent > IN_FLIGHT
    assert traffic.latencies_s == []


def answer_to(load: LoadGenerator, stamp: tuple[int, int]) -> None:
    """Let the poses of an image arrive."""
    msg = Detection2DArray()
    msg.header.stamp.sec, msg.header.stamp.nanosec = stamp
    load._on_poses(rclpy.serialization.serialize_message(msg))


def test_what_was_sent_before_an_image_that_came_back_was_dropped(load: LoadGenerator) -> None:
    for _ in range(3):
        load.send()
    first, second, third = load._under_way
    answer_to(load, second)
    assert list(load._under_way) == [third]
    answer_to(load, first)
    assert (load.traffic.sent, len(load.traffic.arrived_s)) == (3, 1)


def test_latency_begins_with_the_publishing_of_that_image(load: LoadGenerator) -> None:
    load.send()
    (stamp,) = load._under_way
    load._under_way[stamp] -= 5.0
    answer_to(load, stamp)
    assert 5.0 < load.traffic.latencies_s[0] < WAIT_S


def test_a_new_count_forgets_the_last_one(load: LoadGenerator) -> None:
    load.send()
    (stamp,) = load._under_way
    traffic = load.begin()
    answer_to(load, stamp)
    assert traffic == Traffic()


@pytest.mark.parametrize(
    ('arrived_s', 'rate_hz'), [([], 0.0), ([3.0], 0.0), ([3.0, 3.5], 2.0), ([3.0, 3.1, 4.0], 2.0)]
)
def test_the_rate_is_counted_from_the_first_to_the_last(
    arrived_s: list[float], rate_hz: float
) -> None:
    assert Traffic(arrived_s=arrived_s).rate_hz == rate_hz


def test_the_node_says_what_runs_the_model(node: None, load: LoadGenerator) -> None:
    assert load.backend() == str(RecordedBackend([]).info)


def test_without_a_node_nothing_says_what_runs_the_model(
    load: LoadGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, 'STATUS_S', 0.1)
    assert load.backend() == ''


def test_no_two_hold_a_domain_at_the_same_time() -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(free_domain()) for _ in range(30)]
    assert len({*held}) == 30
    assert {*held} <= {*range(1, LAST_DOMAIN + 1)}
