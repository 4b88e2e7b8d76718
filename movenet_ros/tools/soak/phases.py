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

"""What happens in each phase of a soak; ledger.py says in which order, how long."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from itertools import cycle
import math
import time
from typing import Any

from movenet_ros.settings import defaults
from movenet_ros.settings import PoseParameters
from movenet_ros.tools.soak.flood import flood_process
from movenet_ros.tools.soak.flood import FloodPlan
from movenet_ros.tools.soak.ledger import Flood
from movenet_ros.tools.soak.ledger import ProcessSample
from movenet_ros.tools.soak.messages import any_picture
from movenet_ros.tools.soak.messages import compressed_msg
from movenet_ros.tools.soak.messages import compressed_rubbish
from movenet_ros.tools.soak.messages import Picture
from movenet_ros.tools.soak.messages import resized
from movenet_ros.tools.soak.messages import restamped
from movenet_ros.tools.soak.messages import rubbish
from movenet_ros.tools.soak.messages import SIZES
from movenet_ros.tools.soak.messages import wild_stamps
from movenet_ros.tools.soak.stage import LOST_S
from movenet_ros.tools.soak.stage import now
from movenet_ros.tools.soak.stage import QUIET_S
from movenet_ros.tools.soak.stage import Stage
from rclpy.context import Context
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

TURN_S = 0.7  # of a camera or a subscriber that comes and goes, at most
FLOOD_TIMES = 10  # the node's own rate
FLOODS = (
    ((1280, 720), 'reliable'), ((640, 480), 'best_effort'),
    ((1280, 720), 'best_effort'), ((640, 480), 'reliable'),
)
FLOOD_START_S = 20.0
NO_MODEL = 'soak_no_model'  # in the name of every model that is none
IMAGE_TIMEOUT_S = 1.0  # so that a short silence is noticed
OUTPUTS = {'detections': Detection2DArray, 'image_annotated': Image, 'poses': Detection2DArray}
DRAWN: dict[str, Callable[[Any], Any]] = {  # parameters that change, and how to draw a value
    'person_threshold': lambda rng: rng.uniform(0.0, 1.0),
    'keypoint_threshold': lambda rng: rng.uniform(0.0, 1.0),
    'max_people': lambda rng: rng.randint(1, 6),
    'tracking.association': lambda rng: rng.choice(('off', 'keypoints', 'boxes')),
    'tracking.max_age_s': lambda rng: rng.uniform(0.1, 60.0),
    'smoothing.enabled': lambda rng: rng.random() < 0.5,
    'smoothing.min_cutoff_hz': lambda rng: rng.uniform(0.01, 100.0),
    'smoothing.beta': lambda rng: rng.uniform(0.0, 1000.0),
    'annotate.boxes': lambda rng: rng.random() < 0.5,
    'annotate.scores': lambda rng: rng.random() < 0.5,
    'diagnostics.image_timeout_s': lambda rng: rng.uniform(1.0, 10.0),
    'diagnostics.max_latency_ms': lambda rng: rng.uniform(100.0, 1000.0),
}
REFUSED: tuple[tuple[str, Any], ...] = (
    ('person_threshold', 1.5),
    ('person_threshold', math.nan),
    ('person_threshold', 'high'),
    ('person_threshold', None),  # which would take the parameter away
    ('max_people', 0),
    ('max_people', 2**40),
    ('max_people', [1, 2]),
    ('input_size', 200),
    ('input_size', -128),
    ('tracking.association', 'sideways'),
    ('smoothing.enabled', 'perhaps'),
    ('smoothing.beta', math.inf),
    ('max_rate_hz', -1.0),
    ('diagnostics.image_timeout_s', 0.0),
    ('backend', 'tensorflow'),  # only while unconfigured
    ('model_path', '/etc/passwd'),
    ('image_transport', 'compressed'),
    ('autostart', False),
    ('no_such_parameter', 1),
)


def steady(stage: Stage, seconds: float) -> None:
    """Send good images."""
    stage.good(seconds)


def sizes(stage: Stage, seconds: float) -> None:
    """Change size, encoding and padding, then change them with every image."""
    pictures = []
    for wh in stage.rng.sample(SIZES, len(SIZES)):
        pictures.append(Picture.of(any_picture(stage.image_bgr, wh, stage.rng)))
        stage.good(seconds / (len(SIZES) + 2), pictures[-1:])
    stage.good(2 * seconds / (len(SIZES) + 2), pictures)


def publishers(stage: Stage, seconds: float) -> None:
    """Let cameras come and go, each in a node of its own."""
    end_s, turn_s = time.monotonic() + seconds, min(TURN_S, seconds / 3)
    stage.close_camera()
    for turn in cycle(stage.rng.sample(('one', 'two', 'best effort'), 3)):
        node = Node(
            f'camera_{stage.rng.randrange(1000)}',
            context=stage.node.context,
            namespace=stage.namespace,
            start_parameter_services=False,
        )
        cameras = [
            stage.open_camera(reliable=turn != 'best effort', node=node)
            for _ in range(2 if turn == 'two' else 1)
        ]
        for camera in cameras:
            stage.until_heard(camera)
        if turn == 'best effort':  # it may lose images
            stage.until_answered(cameras=cameras)
            with stage.sending(cameras=cameras):
                stage.spend(turn_s)
        else:
            stage.good(turn_s, cameras=cameras)
        for camera in cameras:
            node.destroy_publisher(camera)
        node.destroy_node()
        if time.monotonic() > end_s:
            break
    stage.reopen_camera()


def subscribers(stage: Stage, seconds: float) -> None:
    """Let subscribers of the outputs come and go; at the end of each turn there is none."""
    end_s, turn_s = time.monotonic() + seconds, min(TURN_S, seconds / 3)
    while True:
        _listen(stage, stage.rng.sample(list(OUTPUTS), stage.rng.randint(1, 3)), turn_s)
        stage.stop_hearing()
        with stage.sending():
            stage.spend(turn_s)
        stage.hear()
        stage.until_heard(stage.camera)
        if time.monotonic() > end_s:
            return


def _listen(stage: Stage, topics: Sequence[str], seconds: float) -> None:
    """Subscribe to outputs for a while; each of them has to send."""
    heard: set[str] = set()

    def on_message(topic: str) -> Callable[[bytes], None]:
        return lambda _: heard.add(topic)

    subscriptions = [
        stage.node.create_subscription(OUTPUTS[topic], topic, on_message(topic), 10, raw=True)
        for topic in topics
    ]
    stage.good(seconds)
    stage.wait(lambda: len(heard) == len(topics), LOST_S)
    for topic in sorted({*topics} - heard):
        stage.fault(f'nothing came on {topic} while good images were sent')
    for each in subscriptions:
        stage.node.destroy_subscription(each)


def parameters(stage: Stage, seconds: float) -> None:
    """Change parameters while good images are sent, and ask for what has to be refused."""
    rng, usual = stage.rng, defaults(PoseParameters)

    def change() -> None:
        names = rng.sample(list(DRAWN), 3)
        stage.services.set_parameters({name: DRAWN[name](rng) for name in names})
        name, value = rng.choice(REFUSED)
        stage.services.set_parameter(name, value, works=False)
        stage.services.set_parameters({'max_people': 1, name: value}, works=False)
        stage.spend(0.1)

    stage.good(seconds, people=False, meanwhile=change)
    for input_size in (192, usual['input_size']):
        stage.services.set_parameters({'input_size': input_size})
        stage.good(seconds / 4, people=False)
    stage.services.set_parameters({name: usual[name] for name in DRAWN})


def switches(stage: Stage, seconds: float) -> None:
    """Switch off and on, and ask for single images."""
    stage.services.enable(False)
    with stage.sending():
        stage.spend(QUIET_S)
        expect_none(stage, seconds / 2, 'while disabled')
        poses = stage.ledger.run.poses
        stage.services.detect_once()
        stage.spend(2 * QUIET_S)
        if stage.ledger.run.poses != poses + 1:
            stage.fault(f'{stage.ledger.run.poses - poses} poses after ~/detect_once, not 1')
        stage.services.enable(True)
    stage.good(seconds / 2)
    with stage.sending():
        stage.services.detect_once()


def lifecycle(stage: Stage, seconds: float) -> None:
    """Deactivate and activate; ask for transitions that are not there."""
    end_s, turn_s = time.monotonic() + seconds, min(TURN_S, seconds / 3)
    while True:
        for wrong in ('activate', 'configure', 77, 0):
            stage.services.change_state(wrong, works=False)
        with stage.sending():
            stage.services.change_state('deactivate')
            stage.spend(QUIET_S)
            expect_none(stage, QUIET_S, 'while inactive')
            stage.services.change_state('deactivate', works=False)
            stage.services.detect_once(works=False)
            stage.services.change_state('activate')
        stage.good(turn_s)
        if time.monotonic() > end_s:
            return


def reconfigure(stage: Stage, seconds: float) -> None:
    """Free the model and load it again; what is no model has to be refused."""
    damaged = stage.scratch / f'{NO_MODEL}_damaged.onnx'
    damaged.write_bytes(stage.rng.randbytes(1000))
    stage.log.expected.append(NO_MODEL)
    with stage.sending(), stage.services.unconfigured():
        for wrong in (f'/nowhere/{NO_MODEL}.onnx', str(damaged), str(stage.scratch)):
            stage.log.expected.append(wrong)
            stage.services.set_parameters({'model_path': wrong})
            stage.services.change_state('configure', works=False)
            stage.services.change_state('activate', works=False)
        stage.services.set_parameters({'model_path': ''})
    stage.good(seconds / 2)


def broken_messages(stage: Stage, seconds: float) -> None:
    """Send what is no image, and after each such message an image that has to come back."""
    end_s = time.monotonic() + seconds
    while True:
        for _, message in rubbish(stage.image_bgr, stage.rng):
            stamp = now()
            stage.send(restamped(message, stamp), stamp)
            stage.until_answered()
        for stamp in wild_stamps(stage.rng):
            stage.send(stage.plain.stamped(stamp), stamp)
            stage.spend(1 / stage.hold_hz)
            stage.until_answered()
        if time.monotonic() > end_s:
            return


def compressed(stage: Stage, seconds: float) -> None:
    """Send JPEG and PNG, and what is neither."""
    stage.close_camera()
    with stage.services.unconfigured():
        stage.services.set_parameters({'image_transport': 'compressed'})
    stage.reopen_camera(msg_type=CompressedImage, topic='image/compressed')
    pictures = [
        Picture.of(compressed_msg(stage.image_bgr, kind)) for kind in ('jpeg', 'png', 'jpeg')
    ]
    stage.good(seconds / 2, pictures)
    for _, message in compressed_rubbish(stage.image_bgr, stage.rng):
        stamp = now()
        stage.send(restamped(message, stamp), stamp)
        stage.until_answered(pictures)
    stage.good(seconds / 4, pictures)
    stage.close_camera()
    with stage.services.unconfigured():
        stage.services.set_parameters({'image_transport': 'raw'})
    stage.reopen_camera()


def flood(stage: Stage, seconds: float) -> None:
    """Let another process send as many images as it can."""
    wh, reliability = FLOODS[(stage.ledger.run.number - 1) % len(FLOODS)]
    plan = FloodPlan(FLOOD_TIMES * stage.flat_out_hz[wh], seconds, wh, reliability)
    arrivals_s = stage.flood_arrivals_s
    arrivals_s.clear()
    stage.close_camera()
    with flood_process(plan, stage.namespace) as process:
        stage.wait(lambda: process.has_ended() or len(arrivals_s) > 1, FLOOD_START_S)
        stage.spend(seconds / 4)
        before = ProcessSample.of(stage.process.pid)
        stage.wait(process.has_ended, FLOOD_START_S + seconds)
        after = ProcessSample.of(stage.process.pid)
        sent_hz = process.sent_hz()
    if not sent_hz:
        stage.fault('the flood did not come to its end')
    stage.ledger.run.images += round(sent_hz * seconds)
    stage.ledger.run.flood = Flood.of(
        plan.name, plan.rate_hz, sent_hz, arrivals_s, (before.memory_mib, after.memory_mib)
    )
    stage.reopen_camera()


def silence(stage: Stage, seconds: float) -> None:
    """Stop publishing; then publish what is no image at all."""
    stage.services.set_parameters({'diagnostics.image_timeout_s': IMAGE_TIMEOUT_S})
    stage.close_camera()
    stage.spend(seconds / 2)
    context = Context()  # one topic of a process has one type
    context.init(domain_id=stage.node.context.get_domain_id())
    stranger = Node('stranger', context=context, namespace=stage.namespace,
                    start_parameter_services=False)
    camera = stage.open_camera(CompressedImage, node=stranger)
    picture = Picture.of(compressed_msg(resized(stage.image_bgr, (320, 240))))
    with stage.sending([picture], [camera]):
        stage.spend(seconds / 2)
    stranger.destroy_node()
    context.shutdown()
    stage.reopen_camera()
    usual = defaults(PoseParameters)['diagnostics.image_timeout_s']
    stage.services.set_parameters({'diagnostics.image_timeout_s': usual})


PHASES: dict[str, Callable[[Stage, float], None]] = {  # by the names in ledger.py
    'steady': steady,
    'sizes': sizes,
    'publishers': publishers,
    'subscribers': subscribers,
    'parameters': parameters,
    'switches': switches,
    'lifecycle': lifecycle,
    'reconfigure': reconfigure,
    'rubbish': broken_messages,
    'compressed': compressed,
    'flood': flood,
    'silence': silence,
}


def expect_none(stage: Stage, seconds: float, when: str) -> None:
    """Expect no poses for a while."""
    before = stage.ledger.run.poses
    stage.spend(seconds)
    if stage.ledger.run.poses != before:
        stage.fault(f'{stage.ledger.run.poses - before} poses {when}')
