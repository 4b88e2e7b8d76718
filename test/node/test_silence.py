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

"""Why no image arrives, as a sentence that names what to do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from movenet_ros.node.silence import explain_silence
from movenet_ros.node.silence import ros_type
import pytest
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
IMAGE, COMPRESSED, TEXT = (
    'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage', 'std_msgs/msg/String',
)
Offer = tuple[str, ReliabilityPolicy]


def publisher(topic_type: str, reliability: ReliabilityPolicy) -> Any:
    """Make what rclpy tells of a publisher."""
    return SimpleNamespace(
        topic_type=topic_type, qos_profile=QoSProfile(depth=1, reliability=reliability)
    )


CASES: dict[str, tuple[str, ReliabilityPolicy, list[Offer], list[str], tuple[str, ...]]] = {
    'no publisher': (IMAGE, RELIABLE, [], [], ('no publisher', 'camera', '-r image:=TOPIC')),
    'images elsewhere': (
        IMAGE, RELIABLE, [], ['/front/image_raw', '/back/image_raw'],
        ('/back/image_raw, /front/image_raw',),
    ),
    'compressed images elsewhere': (
        COMPRESSED, RELIABLE, [], ['/cam/image_raw/compressed'], ('without its /compressed',),
    ),
    'compressed where raw is wanted': (
        IMAGE, RELIABLE, [(COMPRESSED, RELIABLE)], [],
        (f'{COMPRESSED}, not {IMAGE}', 'set image_transport to compressed'),
    ),
    'raw where compressed is wanted': (
        COMPRESSED, RELIABLE, [(IMAGE, RELIABLE)], [],
        (f'{IMAGE}, not {COMPRESSED}', 'set image_transport to raw'),
    ),
    'another type': (
        IMAGE, RELIABLE, [(TEXT, RELIABLE)] * 2, [], (f'carries {TEXT}, not', 'remap image'),
    ),
    'video': (
        IMAGE, RELIABLE, [('theora_image_transport/msg/Packet', RELIABLE)], [],
        ('image_transport republish', 'in_transport:=theora'),
    ),
    'best effort to a reliable subscription': (
        IMAGE, RELIABLE, [(IMAGE, BEST_EFFORT)], [], ('image.reliability', 'set it to auto'),
    ),
    'one of two best effort to a reliable subscription': (
        IMAGE, RELIABLE, [(IMAGE, BEST_EFFORT), (IMAGE, RELIABLE)], [], ('set it to auto',),
    ),
    'best effort was asked for': (
        IMAGE, BEST_EFFORT, [(IMAGE, RELIABLE)], [], ('image.reliability', 'set it to auto'),
    ),
    'best effort loses large images': (
        IMAGE, BEST_EFFORT, [(IMAGE, BEST_EFFORT)], [],
        ('loses large images', 'publish it reliable', 'config/fastdds.xml'),
    ),
    'one of two best effort': (
        IMAGE, BEST_EFFORT, [(IMAGE, BEST_EFFORT), (IMAGE, RELIABLE)], [],
        ('loses large images',),
    ),
    'a driver that hangs': (
        IMAGE, RELIABLE, [(TEXT, RELIABLE), (IMAGE, RELIABLE)], [],
        ('sends nothing', 'camera driver'),
    ),
}


@pytest.mark.parametrize('case', CASES.values(), ids=CASES)
def test_silence_is_explained(case: Any) -> None:
    """In one line that says what is wrong and what to do."""
    wanted, subscribed, offers, seen, words = case
    publishers = [publisher(*each) for each in offers]
    _, line = explain_silence('/image', wanted, subscribed, publishers, seen)
    assert all(each in line for each in words), line
    assert '\n' not in line


@pytest.mark.parametrize(
    ('topic', 'wanted', 'counterpart', 'fix'),
    [
        ('/image', IMAGE, '/image/compressed', 'set image_transport to compressed'),
        ('/image/compressed', COMPRESSED, '/image', 'set image_transport to raw'),
    ],
)
def test_the_same_images_in_the_other_transport_are_named(
    topic: str, wanted: str, counterpart: str, fix: str
) -> None:
    """Rather than all the other topics."""
    line = explain_silence(topic, wanted, RELIABLE, [], ['/other'], counterpart).sentence
    assert counterpart in line and fix in line and '/other' not in line


@pytest.mark.parametrize(
    ('wanted', 'fix'),
    [
        (IMAGE, 'set image_transport to compressed and remap image to /cam'),
        (COMPRESSED, 'set image_transport to raw and remap image to /cam/compressed'),
    ],
)
def test_the_other_transport_names_the_topic_to_remap_to(wanted: str, fix: str) -> None:
    """Since /compressed is appended to it."""
    (carried,) = {IMAGE, COMPRESSED} - {wanted}
    offers = [publisher(carried, RELIABLE)]
    assert explain_silence('/cam/compressed', wanted, RELIABLE, offers, []).sentence.endswith(fix)


def test_every_reason_has_a_kind() -> None:
    """One that turns into another is logged again."""
    offers: list[list[Any]] = [
        [], [publisher(COMPRESSED, RELIABLE)], [publisher(IMAGE, BEST_EFFORT)],
        [publisher(IMAGE, RELIABLE)],
    ]
    kinds = {explain_silence('/image', IMAGE, RELIABLE, each, []).kind for each in offers}
    assert len(kinds) == len(offers)


@pytest.mark.parametrize(('msg_type', 'name'), [(Image, IMAGE), (CompressedImage, COMPRESSED)])
def test_types_are_named_as_tools_do(msg_type: Any, name: str) -> None:
    """The name that is compared with what the graph says."""
    assert ros_type(msg_type) == name
