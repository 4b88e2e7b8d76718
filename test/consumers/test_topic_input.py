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

"""A topic as input: when its messages are received, and why nothing comes, in one sentence."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from movenet_ros.consumers.topic_input import TopicInput
import pytest
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_graph import World
from sensor_msgs.msg import Image

RAW, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
RELIABLE = QoSProfile(depth=1)
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


def silence(*publishers: Any, others: tuple[str, ...] = ()) -> str:
    """Return why no depth image comes in a graph."""
    node: Any = SimpleNamespace(
        get_publishers_info_by_topic=lambda topic: [*publishers],
        get_topic_names_and_types=lambda: [(each, [RAW]) for each in ('/depth', *others)],
        count_publishers=lambda topic: topic in others,
    )
    depth = TopicInput(node, 'depth', '/depth', Image, 5, print, 'the depth camera')
    return depth.silence()


def publisher(topic_type: str = RAW, qos: QoSProfile = RELIABLE) -> Any:
    """Make what rclpy tells of a publisher."""
    return SimpleNamespace(topic_type=topic_type, qos_profile=qos)


@pytest.mark.parametrize(
    ('sentence', 'words'),
    [
        (silence(), ('/depth has no publisher', 'start the depth camera', '-r depth:=TOPIC')),
        (silence(others=('/oak/depth/image',)), ('there is /oak/depth/image',)),
        (silence(publisher(COMPRESSED)), (f'carries {COMPRESSED}, not {RAW}',)),
        (silence(publisher()), ('nothing arrives', 'look at the depth camera')),
        (silence(publisher(qos=BEST_EFFORT)), ('best effort', 'fastdds.xml')),
    ],
    ids=['nobody', 'elsewhere', 'type', 'silent', 'best effort'],
)
def test_the_reason_and_the_fix_are_told(sentence: str, words: tuple[str, ...]) -> None:
    assert all(each in sentence for each in words) and '\n' not in sentence


def test_other_topics_are_named_only_if_they_are_likely() -> None:
    assert '/camera/image_raw' not in silence(others=('/camera/image_raw',))


def test_what_is_not_awaited_wakes_nobody_and_is_taken(world: World) -> None:
    got: list[bytes] = []
    depth = TopicInput(world.node, 'depth', '/depth', Image, 5, got.append, 'the depth camera')
    publisher, seen = world.publisher(Image, '/depth'), world.sink(Image, '/depth')
    depth.is_awaited = False
    depth.update(True)
    world.until(lambda: publisher.get_subscription_count() == 2)
    for _ in range(2):
        publisher.publish(Image())
    world.until(lambda: len(seen) == 2)
    assert not got
    world.until(lambda: depth.take() or len(got) == 2)
    depth.is_awaited = True
    publisher.publish(Image())
    world.until(lambda: len(got) == 3)
    depth.close()
