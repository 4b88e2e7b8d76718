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

"""Which QoS the image subscription asks for, and what is said when nothing comes."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from movenet_ros.ros.image_input import explain_silence
from movenet_ros.ros.image_input import match_reliability
from movenet_ros.ros.image_input import ros_type
import pytest
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'


@pytest.mark.parametrize(
    ('asked', 'offered', 'chosen'),
    [
        ('auto', [], RELIABLE),
        ('auto', [RELIABLE], RELIABLE),
        ('auto', [RELIABLE, RELIABLE], RELIABLE),
        ('auto', [BEST_EFFORT], BEST_EFFORT),
        ('auto', [RELIABLE, BEST_EFFORT], BEST_EFFORT),
        ('auto', [ReliabilityPolicy.UNKNOWN], RELIABLE),
        ('reliable', [], RELIABLE),
        ('reliable', [BEST_EFFORT], RELIABLE),
        ('best_effort', [], BEST_EFFORT),
        ('best_effort', [RELIABLE], BEST_EFFORT),
    ],
)
def test_auto_matches_the_publishers(
    asked: str, offered: Sequence[ReliabilityPolicy], chosen: ReliabilityPolicy
) -> None:
    """Reliable where all are, since best effort loses large images; else what hears all."""
    assert match_reliability(asked, offered) == chosen


def publisher(topic_type: str, reliability: ReliabilityPolicy) -> Any:
    """Make what rclpy tells of a publisher."""
    return SimpleNamespace(
        topic_type=topic_type, qos_profile=QoSProfile(depth=1, reliability=reliability)
    )


CASES: dict[str, tuple[str, ReliabilityPolicy, list[Any], list[str], tuple[str, ...]]] = {
    'nobody there': (
        IMAGE, RELIABLE, [], [],
        ('nobody publishes /image: ', 'start the camera', '-r image:=TOPIC'),
    ),
    'nobody here, somebody elsewhere': (
        IMAGE, RELIABLE, [], ['/front/image_raw', '/back/image_raw'],
        ('nobody publishes /image (such images are on /back/image_raw, /front/image_raw): ',),
    ),
    'nobody here, compressed elsewhere': (
        COMPRESSED, RELIABLE, [], ['/cam/image_raw/compressed'],
        ('such images are on /cam/image_raw/compressed', 'image:=TOPIC less its /compressed'),
    ),
    'compressed where raw is wanted': (
        IMAGE, RELIABLE, [publisher(COMPRESSED, RELIABLE)], [],
        (f'/image carries {COMPRESSED}, not {IMAGE}', 'set image_transport to compressed'),
    ),
    'raw where compressed is wanted': (
        COMPRESSED, RELIABLE, [publisher(IMAGE, RELIABLE)], [],
        (f'/image carries {IMAGE}, not {COMPRESSED}', 'set image_transport to raw'),
    ),
    'something else altogether': (
        IMAGE, RELIABLE, [publisher('std_msgs/msg/String', RELIABLE)] * 2, [],
        (f'/image carries std_msgs/msg/String, not {IMAGE}', 'or remap image'),
    ),
    'reliable does not hear best effort': (
        IMAGE, RELIABLE, [publisher(IMAGE, BEST_EFFORT)], [],
        ('published best effort', 'image_reliability is reliable', 'set it to auto'),
    ),
    'best effort loses large images': (
        IMAGE, BEST_EFFORT, [publisher(IMAGE, BEST_EFFORT)], [],
        ('best effort, which loses large images', 'publish it reliable', 'config/fastdds.xml'),
    ),
    'of two, one is best effort': (
        IMAGE, BEST_EFFORT, [publisher(IMAGE, BEST_EFFORT), publisher(IMAGE, RELIABLE)], [],
        ('loses large images',),
    ),
    'a driver that hangs': (
        IMAGE, RELIABLE, [publisher(IMAGE, RELIABLE)], [],
        ('has a publisher, but it sends nothing', 'camera driver'),
    ),
    'the right type beside a wrong one': (
        IMAGE, RELIABLE, [publisher('std_msgs/msg/String', RELIABLE), publisher(IMAGE, RELIABLE)],
        [], ('sends nothing',),
    ),
}


@pytest.mark.parametrize('case', CASES.values(), ids=CASES)
def test_silence_is_explained(case: Any) -> None:
    """In one line that says what is wrong and what to do."""
    wanted, subscribed, publishers, seen, words = case
    line = explain_silence('/image', wanted, subscribed, publishers, seen)
    assert all(each in line for each in words), line
    assert '\n' not in line


@pytest.mark.parametrize(('msg_type', 'name'), [(Image, IMAGE), (CompressedImage, COMPRESSED)])
def test_types_are_named_as_tools_do(msg_type: Any, name: str) -> None:
    """The name that is compared with what the graph says."""
    assert ros_type(msg_type) == name
