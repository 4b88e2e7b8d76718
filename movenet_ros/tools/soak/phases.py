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

"""What happens in each phase of a soak: a function for each name in plan.py."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
import math
from random import Random
import time
from typing import Any

from movenet_ros.core.modes import MODES
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import Result
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import rows
from movenet_ros.tools.harness import now
from movenet_ros.tools.harness import StampedMessage
from movenet_ros.tools.soak.counts import Overload
from movenet_ros.tools.soak.counts import ProcessSample
from movenet_ros.tools.soak.fixture import Fixture
from movenet_ros.tools.soak.fixture import LOST_S
from movenet_ros.tools.soak.fixture import QUIET_S
from movenet_ros.tools.soak.images import any_picture
from movenet_ros.tools.soak.images import broken_files
from movenet_ros.tools.soak.images import broken_images
from movenet_ros.tools.soak.images import compressed_msg
from movenet_ros.tools.soak.images import impossible_stamps
from movenet_ros.tools.soak.images import resized
from movenet_ros.tools.soak.images import restamped
from movenet_ros.tools.soak.images import SIZES
from movenet_ros.tools.soak.overload import OverloadPlan
from movenet_ros.tools.soak.overload import sending_overload
from movenet_ros.tools.soak.overload import START_S
from rclpy.context import Context
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage

TURN_S = 0.7  # of a camera or a subscriber that comes and goes, at most
OVERLOAD_TIMES = 10  # the node's own rate
OVERLOADS = (
    ((1280, 720), 'reliable'), ((640, 480), 'best_effort'),
    ((1280, 720), 'best_effort'), ((640, 480), 'reliable'),
)
NO_MODEL = 'soak_no_model'  # in the name of every file that is no model
IMAGE_TIMEOUT = 'diagnostics.image_timeout_s'
IMAGE_TIMEOUT_S = 1.0  # so that a short silence is noticed
KEPT_PARAMETERS = ('max_rate_hz', 'image.max_pixels', 'input_size')  # good images need them
OF_MODES = ('mode', 'refine.budget_ms', 'refine.max_people', 'refine.input_size')
BUDGETS_MS = {'balanced': (0.0, 1e6), 'auto': (0.0, 1.0, 25.0, 1e6)}  # that no mode refuses
SLOWEST_MODE = 0.1  # of the rate that the node can hold, the one in any mode
REFUSED: tuple[tuple[str, Any], ...] = (
    ('person_threshold', 1.5),
    ('person_threshold', math.nan),
    ('person_threshold', None),  # which would remove the parameter
    ('max_people', 2**40),
    ('max_people', [1, 2]),
    ('input_size', 200),
    ('mode', 'quick'),
    ('refine.budget_ms', -1.0),
    ('tracking.association', 'sideways'),
    ('smoothing.enabled', 'perhaps'),
    ('backend', 'tensorflow'),  # only while unconfigured
    ('model_path', '/etc/passwd'),
    ('autostart', False),
    ('no_such_parameter', 1),
)


def steady(fixture: Fixture, seconds: float) -> None:
    """Send good images."""
    fixture.send_good(seconds)


def sizes(fixture: Fixture, seconds: float) -> None:
    """Change size, encoding and padding, then change them with every image."""
    messages = []
    for wh in fixture.rng.sample(SIZES, len(SIZES)):
        messages.append(StampedMessage.of(any_picture(fixture.image_bgr, wh, fixture.rng)))
        fixture.send_good(seconds / (len(SIZES) + 2), messages[-1:])
    fixture.send_good(2 * seconds / (len(SIZES) + 2), messages)


def publishers(fixture: Fixture, seconds: float) -> None:
    """Let cameras come and go, each in a node of its own."""
    end_s, turn_s = time.monotonic() + seconds, min(TURN_S, seconds / 3)
    fixture.close_camera()
    for turn in cycle(fixture.rng.sample(('one', 'two', 'best effort'), 3)):
        node = Node(
            f'camera_{fixture.rng.randrange(1000)}',
            context=fixture.node.context,
            namespace=fixture.namespace,
            start_parameter_services=False,
        )
        cameras = [
            fixture.open_camera(reliable=turn != 'best effort', node=node)
            for _ in range(2 if turn == 'two' else 1)
        ]
        for camera in cameras:
            fixture.until_subscribed(camera)
        if turn == 'best effort':  # it may lose images
            fixture.until_answered(cameras=cameras)
            with fixture.sending(cameras=cameras):
                fixture.spend(turn_s)
        else:
            fixture.send_good(turn_s, cameras=cameras)
        for camera in cameras:
            node.destroy_publisher(camera)
        node.destroy_node()
        if time.monotonic() > end_s:
            break
    fixture.reopen_camera()


def subscribers(fixture: Fixture, seconds: float) -> None:
    """Let subscribers of the outputs come and go; at the end of each turn there is none."""
    end_s, turn_s = time.monotonic() + seconds, min(TURN_S, seconds / 3)
    while True:
        count = fixture.rng.randint(1, len(OUTPUTS))
        _subscribe(fixture, fixture.rng.sample(OUTPUTS, count), turn_s)
        fixture.unsubscribe()
        with fixture.sending():
            fixture.spend(turn_s)
        fixture.subscribe()
        fixture.until_subscribed(fixture.camera)
        if time.monotonic() > end_s:
            return


def _subscribe(fixture: Fixture, outputs: Sequence[Output[Result]], seconds: float) -> None:
    """Subscribe to outputs for a while; something has to be received on each."""
    received: dict[str, bytes] = {}
    subscriptions = [
        fixture.node.create_subscription(
            each.msg_type, each.name,
            lambda message, name=each.name: received.update({name: message}), 10, raw=True,
        )
        for each in outputs
    ]
    fixture.send_good(seconds)
    fixture.wait(lambda: len(received) == len(outputs), LOST_S)
    for topic in sorted({each.name for each in outputs} - {*received}):
        fixture.fault(f'nothing came on {topic} while good images were sent')
    for subscription in subscriptions:
        fixture.node.destroy_subscription(subscription)


def drawn(name: str, rng: Random) -> Any:
    """Draw a value that a parameter may have."""
    row = rows(PoseParameters)[name]
    if isinstance(row.default, bool):
        return rng.random() < 0.5
    if row.names:
        return ','.join(rng.sample(row.names[1:], rng.randrange(3)))
    if row.between is None:
        return rng.choice(row.choices)
    least, greatest = row.between
    if isinstance(row.default, int):
        return rng.randrange(int(least), int(greatest) + 1, row.step)
    return rng.uniform(least, greatest)


def parameters(fixture: Fixture, seconds: float) -> None:
    """Change parameters while good images are sent, and ask for what has to be refused."""
    rng, usual = fixture.rng, fixture.parameters
    names = [
        name for name, row in rows(PoseParameters).items()
        if row.run_time and name not in (*KEPT_PARAMETERS, *OF_MODES)
    ]

    def change() -> None:
        chosen = rng.sample(names, 3)
        fixture.services.set_parameters({name: drawn(name, rng) for name in chosen})
        name, value = rng.choice(REFUSED)
        fixture.services.set_parameters({'max_people': 1, name: value}, works=False)
        fixture.spend(0.1)

    fixture.send_good(seconds, people=False, meanwhile=change)
    for input_size in (192, usual['input_size']):
        fixture.services.set_parameters({'input_size': input_size})
        fixture.send_good(seconds / 4, people=False)
    fixture.services.set_parameters({name: usual[name] for name in names})


def modes(fixture: Fixture, seconds: float) -> None:
    """Change the mode and what stands behind it; send good images at a rate that all can hold."""
    rng, rate_hz = fixture.rng, fixture.good_hz
    for mode in rng.sample(MODES, len(MODES)):
        values = {name: drawn(name, rng) for name in OF_MODES}
        budget_ms = rng.choice(BUDGETS_MS.get(mode, BUDGETS_MS['auto']))
        with fixture.sending():
            fixture.services.set_parameters(
                {**values, 'mode': mode, 'refine.budget_ms': budget_ms}
            )
        fixture.good_hz = SLOWEST_MODE * rate_hz
        fixture.send_good(seconds / len(MODES), people=False)
        fixture.good_hz = rate_hz
    with fixture.sending():
        fixture.services.set_parameters({name: fixture.parameters[name] for name in OF_MODES})


def switches(fixture: Fixture, seconds: float) -> None:
    """Disable and enable the node, and send one-shot requests."""
    fixture.services.enable(False)
    with fixture.sending():
        fixture.spend(QUIET_S)
        _expect_none(fixture, seconds / 2, 'while disabled')
        poses = fixture.counts.run.poses
        fixture.services.detect_once()
        fixture.spend(2 * QUIET_S)
        if fixture.counts.run.poses != poses + 1:
            fixture.fault(f'{fixture.counts.run.poses - poses} poses after ~/detect_once, not 1')
        fixture.services.enable(True)
    fixture.send_good(seconds / 2)
    with fixture.sending():
        fixture.services.detect_once()


def lifecycle(fixture: Fixture, seconds: float) -> None:
    """Deactivate and activate; ask for transitions that do not exist."""
    end_s, turn_s = time.monotonic() + seconds, min(TURN_S, seconds / 3)
    while True:
        for wrong in ('activate', 'configure', 77, 0):
            fixture.services.change_state(wrong, works=False)
        with fixture.sending():
            fixture.services.change_state('deactivate')
            fixture.spend(QUIET_S)
            _expect_none(fixture, QUIET_S, 'while inactive')
            fixture.services.change_state('deactivate', works=False)
            fixture.services.detect_once(works=False)
            fixture.services.change_state('activate')
        fixture.send_good(turn_s)
        if time.monotonic() > end_s:
            return


def reconfigure(fixture: Fixture, seconds: float) -> None:
    """Free the model and load it again; a file that is no model has to be refused."""
    damaged = fixture.scratch / f'{NO_MODEL}_damaged.onnx'
    damaged.write_bytes(fixture.rng.randbytes(1000))
    fixture.log.expected.append(NO_MODEL)
    with fixture.sending(), fixture.services.unconfigured():
        for wrong in (f'/nowhere/{NO_MODEL}.onnx', str(damaged), str(fixture.scratch)):
            fixture.log.expected.append(wrong)
            fixture.services.set_parameters({'model_path': wrong})
            fixture.services.change_state('configure', works=False)
            fixture.services.change_state('activate', works=False)
        fixture.services.set_parameters({'model_path': ''})
    fixture.send_good(seconds / 2)


def broken(fixture: Fixture, seconds: float) -> None:
    """Send broken messages, and after each an image whose poses have to come."""
    end_s = time.monotonic() + seconds
    while True:
        for message in broken_images(fixture.image_bgr, fixture.rng):
            stamp = now()
            fixture.send(restamped(message, stamp), stamp)
            fixture.until_answered()
        for stamp in impossible_stamps(fixture.rng):
            fixture.send(fixture.plain.stamped(stamp), stamp)
            fixture.spend(1 / fixture.good_hz)
            fixture.until_answered()
        if time.monotonic() > end_s:
            return


def compressed(fixture: Fixture, seconds: float) -> None:
    """Send JPEG and PNG, and broken ones."""
    fixture.close_camera()
    with fixture.services.unconfigured():
        fixture.services.set_parameters({'image_transport': 'compressed'})
    fixture.reopen_camera(msg_type=CompressedImage, topic='image/compressed')
    messages = [
        StampedMessage.of(compressed_msg(fixture.image_bgr, kind)) for kind in ('jpeg', 'png')
    ]
    fixture.send_good(seconds / 2, messages)
    for message in broken_files(fixture.image_bgr, fixture.rng):
        stamp = now()
        fixture.send(restamped(message, stamp), stamp)
        fixture.until_answered(messages)
    fixture.send_good(seconds / 4, messages)
    fixture.close_camera()
    with fixture.services.unconfigured():
        fixture.services.set_parameters({'image_transport': 'raw'})
    fixture.reopen_camera()


def overload(fixture: Fixture, seconds: float) -> None:
    """Let another process send as many images as it can."""
    wh, reliability = OVERLOADS[(fixture.counts.run.number - 1) % len(OVERLOADS)]
    plan = OverloadPlan(OVERLOAD_TIMES * fixture.flat_out_hz[wh], seconds, wh, reliability)
    arrivals_s = fixture.overload_arrivals_s
    arrivals_s.clear()
    fixture.close_camera()
    with sending_overload(plan, fixture.namespace) as source:
        fixture.wait(lambda: source.has_ended() or len(arrivals_s) > 1, START_S)
        fixture.spend(seconds / 4)
        before = ProcessSample.of(fixture.process.pid)
        fixture.wait(source.has_ended, START_S + seconds)
        after = ProcessSample.of(fixture.process.pid)
        sent, took_s = source.answer()
    run = fixture.counts.run
    run.images += sent
    run.overload = Overload(
        str(plan), plan.rate_hz, sent / took_s, memory_mib=(before.memory_mib, after.memory_mib)
    )
    run.overload.summarise(arrivals_s)
    fixture.reopen_camera()


def silence(fixture: Fixture, seconds: float) -> None:
    """Stop publishing; then publish another type."""
    fixture.services.set_parameters({IMAGE_TIMEOUT: IMAGE_TIMEOUT_S})
    fixture.close_camera()
    fixture.spend(seconds / 2)
    context = Context()  # a topic has one type in each context
    context.init(domain_id=fixture.node.context.get_domain_id())
    other = Node('other', context=context, namespace=fixture.namespace,
                 start_parameter_services=False)
    camera = fixture.open_camera(CompressedImage, node=other)
    message = StampedMessage.of(compressed_msg(resized(fixture.image_bgr, (320, 240))))
    with fixture.sending([message], [camera]):
        fixture.spend(seconds / 2)
    other.destroy_node()
    context.shutdown()
    fixture.reopen_camera()
    fixture.services.set_parameters({IMAGE_TIMEOUT: fixture.parameters[IMAGE_TIMEOUT]})


def _expect_none(fixture: Fixture, seconds: float, when: str) -> None:
    """Expect no poses for a while."""
    before = fixture.counts.run.poses
    fixture.spend(seconds)
    if fixture.counts.run.poses != before:
        fixture.fault(f'{fixture.counts.run.poses - before} poses {when}')
