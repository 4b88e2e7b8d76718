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

"""Replay and the live node give the same messages, byte by byte, in every mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
from foxglove_msgs.msg import ImageAnnotations
from movenet_ros.core.costs import Costs
from movenet_ros.core.costs import Line
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import Runtime
from movenet_ros.messages.images import image_to_msg
from movenet_ros.perception import Perception
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.outputs import Outputs
from movenet_ros.replay.outputs import Targets
from movenet_ros.replay.run import replay
from movenet_ros.replay.source import open_source
from movenet_ros.settings import PoseParameters
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

IMAGES = 12
STEP_NS = 50_000_000
TOPICS = {
    '/poses': Detection2DArray, '/detections': Detection2DArray, '/annotations': ImageAnnotations,
}
PARAMETERS = {'input_size': 128, 'person_threshold': 0.15}
MODES = ('fast', 'balanced', 'accurate')
COSTS = Costs(Line(1.0, 0.1), Line(2.0, 0.1), 32)  # not measured: a busy machine gives the same

MakePerception = Callable[..., Perception]


@pytest.fixture(scope='module')
def images(astronaut: SourceImage) -> list[Image]:
    """Give the astronaut, coming nearer and walking to the side; out of sight once."""
    photo_bgr = np.ascontiguousarray(astronaut.as_bgr())
    messages = []
    for i in range(IMAGES):
        move = np.array([[0.6 + 0.02 * i, 0, 8.0 * i], [0, 0.6 + 0.02 * i, 0]])
        picture = np.asarray(cv2.warpAffine(photo_bgr, move, (480, 360)), np.uint8)
        header = Header(frame_id='camera')
        header.stamp.sec, header.stamp.nanosec = divmod(10**18 + i * STEP_NS, 10**9)
        messages.append(image_to_msg(picture * (i != 7), header))
    return messages


@pytest.fixture(scope='module')
def bag(
    images: list[Image], write_bag: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Give a bag of them."""
    rows = [
        ('/camera/image_raw', 'sensor_msgs/msg/Image', 10**18 + i * STEP_NS, bytes(data))
        for i, data in enumerate(map(serialize_message, images))
    ]
    return write_bag(tmp_path_factory.mktemp('golden') / 'bag', rows)


@pytest.fixture
def make_perception(onnxruntime_cpu: Runtime, thunder_cpu: Runtime) -> MakePerception:
    """Return a function that makes a perception of settings, with both networks."""
    return partial(Perception, runtime=onnxruntime_cpu, closer=thunder_cpu, costs=COSTS)


def replayed(
    bag: Path, out: Path, mode: str, make_perception: MakePerception
) -> dict[str, list[bytes]]:
    """Replay the bag and return the messages of each of our topics."""
    settings = PoseParameters(**PARAMETERS, mode=mode)  # type: ignore[arg-type]
    source = open_source(bag, '')
    with Outputs(Targets(out, annotations=True), bag, source) as outputs:
        perception = make_perception(settings)
        assert perception.choice.mode == mode
        replay(source, perception, settings, outputs.consume, lambda: None, print)
        outputs.complete()
    source.close()
    result = Bag(out)
    found: dict[str, list[bytes]] = {topic: [] for topic in TOPICS}
    for message in result.messages():
        if message.topic.name in TOPICS:
            found[message.topic.name].append(message.data)
    result.close()
    return found


@pytest.mark.parametrize('mode', MODES)
def test_replay_and_the_node_agree(
    mode: str,
    images: list[Image],
    bag: Path,
    onnxruntime_cpu: Runtime,
    make_perception: MakePerception,
    world: Any,
    start_pose_node: Any,
    tmp_path: Path,
) -> None:
    live: dict[str, list[bytes]] = {topic: [] for topic in TOPICS}
    for topic, messages in live.items():
        world.node.create_subscription(
            TOPICS[topic], topic[1:], messages.append, 10, raw=True
        )
    publisher = world.publisher(Image, 'image')
    start_pose_node(
        onnxruntime_cpu, mode=mode, make_perception=make_perception, **PARAMETERS
    )
    world.until(publisher.get_subscription_count, 'for the node to subscribe')
    for i, image in enumerate(images):
        publisher.publish(image)
        world.until(lambda n=i: all(len(each) > n for each in live.values()), f'for image {i}')
    assert replayed(bag, tmp_path / 'out', mode, make_perception) == live
    messages = [deserialize_message(each, Detection2DArray) for each in live['/poses']]
    assert [len(each.detections) for each in messages] == [1] * 7 + [0] + [1] * 4


@pytest.mark.parametrize('mode', MODES)
def test_a_replay_gives_the_same_again(
    mode: str, bag: Path, make_perception: MakePerception, tmp_path: Path
) -> None:
    once = replayed(bag, tmp_path / 'once', mode, make_perception)
    again = replayed(bag, tmp_path / 'again', mode, make_perception)
    assert once == again
    assert len({*once['/poses']}) == IMAGES


def test_modes_differ(bag: Path, make_perception: MakePerception, tmp_path: Path) -> None:
    poses = [replayed(bag, tmp_path / mode, mode, make_perception)['/poses'] for mode in MODES]
    assert poses[0] != poses[1] != poses[2] != poses[0]
