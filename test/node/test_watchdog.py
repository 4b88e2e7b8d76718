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


"""What is said when nothing comes, or in another time, and how often."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from movenet_ros.node.watchdog import Cause
from movenet_ros.node.watchdog import EARLY_S
from movenet_ros.node.watchdog import explain_clock
from movenet_ros.node.watchdog import explain_silence
from movenet_ros.node.watchdog import LATE_S
from movenet_ros.node.watchdog import ros_type
from movenet_ros.node.watchdog import Watchdog
import pytest
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
NOW_S = 1.7e9


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
        (f'/image carries std_msgs/msg/String, not {IMAGE}', 'remap image to a topic of images'),
    ),
    'reliable does not hear best effort': (
        IMAGE, RELIABLE, [publisher(IMAGE, BEST_EFFORT)], [],
        ('published best effort', 'image.reliability is reliable', 'set it to auto'),
    ),
    'reliable does not hear the one that is best effort': (
        IMAGE, RELIABLE, [publisher(IMAGE, BEST_EFFORT), publisher(IMAGE, RELIABLE)], [],
        ('image.reliability is reliable', 'set it to auto'),
    ),
    'best effort is asked for': (
        IMAGE, BEST_EFFORT, [publisher(IMAGE, RELIABLE)], [],
        ('image.reliability is best_effort, which loses large images', 'set it to auto'),
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
    _, line = explain_silence('/image', wanted, subscribed, publishers, seen)
    assert all(each in line for each in words), line
    assert '\n' not in line


@pytest.mark.parametrize(
    ('topic', 'wanted', 'twin', 'line'),
    [
        (
            '/image', IMAGE, '/image/compressed',
            'nobody publishes /image, but /image/compressed is there: set image_transport to'
            ' compressed',
        ),
        (
            '/image/compressed', COMPRESSED, '/image',
            'nobody publishes /image/compressed, but /image is there: set image_transport to raw',
        ),
    ],
)
def test_the_same_images_in_the_other_transport_are_named(
    topic: str, wanted: str, twin: str, line: str
) -> None:
    """Rather than all the other topics."""
    assert explain_silence(topic, wanted, RELIABLE, [], ['/other'], twin).sentence == line


@pytest.mark.parametrize(
    ('topic', 'wanted', 'cure'),
    [
        (
            '/cam/compressed', IMAGE,
            'set image_transport to compressed and remap image to /cam',
        ),
        (
            '/cam/compressed', COMPRESSED,
            'set image_transport to raw and remap image to /cam/compressed',
        ),
    ],
)
def test_the_cure_of_another_transport_names_the_topic_to_remap_to(
    topic: str, wanted: str, cure: str
) -> None:
    """Since /compressed is put behind it."""
    (carried,) = {IMAGE, COMPRESSED} - {wanted}
    _, line = explain_silence(topic, wanted, RELIABLE, [publisher(carried, RELIABLE)], [])
    assert line.endswith(f': {cure}')


def test_every_cause_is_told_from_the_others() -> None:
    """One that turns into another is worth another line."""
    offers: list[list[Any]] = [
        [], [publisher(COMPRESSED, RELIABLE)], [publisher(IMAGE, BEST_EFFORT)],
        [publisher(IMAGE, RELIABLE)],
    ]
    kinds = [explain_silence('/image', IMAGE, RELIABLE, each, []).kind for each in offers]
    assert len(set(kinds)) == len(offers)


@pytest.mark.parametrize(
    'age_s', [0.0, 0.1, LATE_S, -EARLY_S], ids=lambda age_s: f'{age_s:g} s old'
)
@pytest.mark.parametrize('use_sim_time', [True, False])
def test_stamps_of_this_clock_are_fine(age_s: float, use_sim_time: bool) -> None:
    """Late ones of a slow camera, early ones of another machine."""
    assert explain_clock(NOW_S - age_s, NOW_S, use_sim_time) is None


@pytest.mark.parametrize(
    ('stamp_s', 'use_sim_time', 'words'),
    [
        (12.0, False, ("1699999988.0 s behind this node's clock", 'use_sim_time to true', 'NTP')),
        (NOW_S - LATE_S - 0.1, False, ('10.1 s behind',)),
        (NOW_S + EARLY_S + 0.1, False, ("1.1 s ahead of this node's clock", 'NTP')),
        (12.0, True, ('publishes the images with use_sim_time, or set it to false here',)),
    ],
)
def test_stamps_of_another_clock_are_told(
    stamp_s: float, use_sim_time: bool, words: tuple[str, ...]
) -> None:
    cause = explain_clock(stamp_s, NOW_S, use_sim_time)
    assert cause is not None and cause.kind == 'clock'
    assert all(each in cause.sentence for each in words) and '\n' not in cause.sentence


def test_without_a_clock_simulated_time_is_told() -> None:
    cause = explain_clock(12.0, 0.0, use_sim_time=True)
    assert cause is not None and cause.kind == 'no clock'
    assert 'nothing arrives on /clock' in cause.sentence and '--clock' in cause.sentence


@pytest.mark.parametrize('use_sim_time', [True, False])
@pytest.mark.parametrize('now_s', [0.0, NOW_S])
def test_stamps_that_nobody_sets_are_of_no_clock(now_s: float, use_sim_time: bool) -> None:
    """Which following.py says."""
    assert explain_clock(0.0, now_s, use_sim_time) is None


class Log:
    """A node whose log can be read."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def get_logger(self) -> Any:
        """Return what takes lines."""
        return SimpleNamespace(
            info=lambda line: self.lines.append(f'info: {line}'),
            warning=lambda line: self.lines.append(f'warning: {line}'),
        )


@pytest.fixture
def log() -> Any:
    """Give a log."""
    return Log()


def test_what_is_wrong_is_said_once(log: Any) -> None:
    """Though its figures change; what is asked for is as it is now."""
    watchdog = Watchdog(log)
    for age_s in (11, 12, 13):
        watchdog.report(Cause('clock', f'{age_s} s behind'))
    assert log.lines == ['warning: 11 s behind']
    assert watchdog.trouble == '13 s behind'


def test_that_it_is_over_is_said_once(log: Any) -> None:
    watchdog = Watchdog(log)
    watchdog.report(Cause('type', 'wrong type'))
    for _ in range(3):
        watchdog.report(None, 'images arrive')
    assert log.lines == ['warning: wrong type', 'info: images arrive']
    assert watchdog.trouble == ''


def test_where_nothing_was_wrong_nothing_is_over(log: Any) -> None:
    Watchdog(log).report(None, 'images arrive')
    assert log.lines == []


def test_it_may_be_over_without_a_word(log: Any) -> None:
    """As where nobody watches any longer."""
    watchdog = Watchdog(log)
    watchdog.report(Cause('type', 'wrong type'))
    watchdog.report(None)
    assert (watchdog.trouble, len(log.lines)) == ('', 1)


def test_another_cause_is_said_again(log: Any) -> None:
    watchdog = Watchdog(log)
    for kind in ('no publisher', 'type', 'type', 'no publisher'):
        watchdog.report(Cause(kind, kind))
    assert log.lines == ['warning: no publisher', 'warning: type', 'warning: no publisher']


def test_what_comes_back_is_said_again(log: Any) -> None:
    watchdog = Watchdog(log)
    for cause in (Cause('type', 'wrong'), None, Cause('type', 'wrong')):
        watchdog.report(cause, 'over')
    assert log.lines == ['warning: wrong', 'info: over', 'warning: wrong']


@pytest.mark.parametrize(('msg_type', 'name'), [(Image, IMAGE), (CompressedImage, COMPRESSED)])
def test_types_are_named_as_tools_do(msg_type: Any, name: str) -> None:
    """The name that is compared with what the graph says."""
    assert ros_type(msg_type) == name
