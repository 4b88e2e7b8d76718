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

"""Which QoS the image subscription asks for, what it counts and what it watches, in a graph."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace
from typing import Any

from movenet_ros.node import image_input
from movenet_ros.node.image_input import HAS_NUMBERS
from movenet_ros.node.image_input import ImageInput
from movenet_ros.node.image_input import match_reliability
import pytest
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.serialization import deserialize_message
from ros_graph import World
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

MakeImage = Callable[..., Image]

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
TIMEOUT_S = 5.0


@pytest.mark.parametrize(
    ('asked', 'offered', 'chosen'),
    [
        ('auto', [], RELIABLE),
        ('auto', [RELIABLE, RELIABLE], RELIABLE),
        ('auto', [RELIABLE, BEST_EFFORT], BEST_EFFORT),
        ('auto', [ReliabilityPolicy.UNKNOWN], RELIABLE),
        ('reliable', [BEST_EFFORT], RELIABLE),
        ('best_effort', [RELIABLE], BEST_EFFORT),
    ],
)
def test_auto_matches_the_publishers(
    asked: str, offered: Sequence[ReliabilityPolicy], chosen: ReliabilityPolicy
) -> None:
    """Reliable where all are, since best effort loses large images; else what matches all."""
    assert match_reliability(asked, offered) == chosen


class Tap:
    """
    An image input of a node without images, spun by the tester, and its clock.

    :param reliability: that it is to ask for.
    """

    def __init__(self, world: World, clock: Any, reliability: str = 'auto') -> None:
        self.world = world
        self.clock = clock
        self.seconds: list[int] = []  # of the images that arrived, by their stamps
        self.dropped: list[int] = []
        self.gaps = 0
        self.work_s = 0.0
        self.input = ImageInput(
            world.node,
            world.node.resolve_topic_name('image'),
            Image,
            reliability,
            self._take,
            self.dropped.append,
            self._note_gap,
        )

    def _take(self, message: bytes) -> None:
        self.clock.now_s += self.work_s
        self.seconds.append(deserialize_message(message, Image).header.stamp.sec)

    def _note_gap(self) -> None:
        self.gaps += 1

    def until(
        self, condition: Callable[[], Any], wanted: bool = True, step_s: float = 0.0
    ) -> None:
        """Spin, with an update and a step of the clock now and then, until something is true."""

        def is_true() -> Any:
            self.input.update(wanted, TIMEOUT_S)
            self.clock.now_s += step_s
            return condition()

        self.world.until(is_true)

    def receive(self, camera: Any, *images: Image) -> None:
        """Have images published, all before it looks, and wait for the last one."""
        self.until(camera.get_subscription_count)
        for image in images:
            camera.publish(image)
        self.until(lambda: self.seconds[-1:] == [images[-1].header.stamp.sec])

    def publishers(self) -> int:
        """Return how many publishers the topic has."""
        return len(self.world.node.get_publishers_info_by_topic(self.input.topic))


MakeTap = Callable[..., Tap]


@pytest.fixture
def make_tap(world: World, clock: Any, monkeypatch: pytest.MonkeyPatch) -> MakeTap:
    """Return a function that makes a tap."""
    monkeypatch.setattr(image_input, 'time', SimpleNamespace(monotonic=clock))
    return partial(Tap, world, clock)


@pytest.fixture
def tap(make_tap: MakeTap) -> Tap:
    """Give a tap."""
    return make_tap()


Camera = Callable[..., Any]


@pytest.fixture
def camera(world: World) -> Iterator[Camera]:
    """Return a function that makes a publisher, of a node of its own."""
    with ExitStack() as stack:

        def make(
            msg_type: Any = Image,
            reliability: ReliabilityPolicy = RELIABLE,
            topic: str = 'image',
        ) -> Any:
            node = Node('camera', context=world.context, namespace=world.namespace)
            stack.callback(node.destroy_node)
            return node.create_publisher(
                msg_type, topic, QoSProfile(depth=1, reliability=reliability)
            )

        yield make


def test_the_subscription_follows_the_publishers(
    tap: Tap, camera: Camera, make_image: MakeImage
) -> None:
    """Best effort, then reliable, then best effort again."""
    for sec, reliability in enumerate((BEST_EFFORT, RELIABLE, BEST_EFFORT), 1):
        publisher = camera(Image, reliability)
        tap.until(lambda: tap.publishers() == 1)
        tap.receive(publisher, make_image(sec))
        publisher.destroy()
        tap.until(lambda: not tap.publishers())
    assert tap.seconds == [1, 2, 3]


def test_a_pause_is_told_before_the_image_behind_it(
    tap: Tap, camera: Camera, make_image: MakeImage
) -> None:
    publisher = camera()
    for sec in (1, 2):
        tap.receive(publisher, make_image(sec))
    assert tap.gaps == 1
    tap.until(lambda: not publisher.get_subscription_count(), wanted=False)
    tap.receive(publisher, make_image(3))
    assert tap.gaps == 2


# what is dropped

numbered = pytest.mark.skipif(not HAS_NUMBERS, reason='messages have numbers since Iron')


@numbered
def test_messages_that_never_arrive_are_counted(
    tap: Tap, camera: Camera, make_image: MakeImage
) -> None:
    """The newest wins, and tells how many it left behind."""
    publisher = camera()
    for sec in (1, 2, 3):
        tap.receive(publisher, make_image(sec))
    assert tap.dropped == [] and tap.input.counts_dropped
    tap.receive(publisher, *(make_image(sec) for sec in range(4, 51)))
    tap.until(lambda: sum(tap.dropped) == 50 - len(tap.seconds) > 0)


@numbered
def test_messages_that_are_not_wanted_are_not_dropped(
    tap: Tap, camera: Camera, make_image: MakeImage
) -> None:
    publisher = camera()
    tap.receive(publisher, make_image(1))
    tap.until(lambda: not publisher.get_subscription_count(), wanted=False)
    for sec in range(2, 10):
        publisher.publish(make_image(sec))
    for sec in (10, 11):
        tap.receive(publisher, make_image(sec))
    assert tap.dropped == []


@numbered
def test_a_second_camera_is_not_mistaken_for_the_first(
    tap: Tap, camera: Camera, make_image: MakeImage
) -> None:
    """Which has been running for a while (H1); then the second one goes."""
    first = camera()
    for _ in range(1000):
        first.publish(make_image(0))
    tap.receive(first, make_image(1))
    second = camera()
    for sec in range(2, 20):
        for each in (first, second):
            each.publish(make_image(sec))
            tap.until(lambda: True)
    tap.receive(second, make_image(20))
    tap.until(lambda: tap.publishers() == 2)
    assert tap.dropped == [] and not tap.input.counts_dropped
    second.destroy()
    tap.until(lambda: tap.publishers() == 1)
    for sec in (21, 22):
        tap.receive(first, make_image(sec))
    assert tap.dropped == [] and tap.input.counts_dropped


@numbered
def test_a_camera_that_starts_again_is_counted_from_its_start(
    tap: Tap, camera: Camera, make_image: MakeImage
) -> None:
    publisher = camera()
    tap.receive(publisher, make_image(1))
    publisher.destroy()
    tap.until(lambda: not tap.publishers())
    again = camera()
    for sec in range(2, 10):  # before it has a subscriber
        again.publish(make_image(sec))
    for sec in (10, 11):
        tap.receive(again, make_image(sec))
    assert tap.dropped == []


# what is watched


@pytest.mark.parametrize('wanted', [True, False])
def test_a_missing_camera_is_reported(tap: Tap, camera: Camera, wanted: bool) -> None:
    """While no image is wanted, too; and that it came, and sends nothing."""
    tap.until(lambda: 'no publisher' in tap.input.problem, wanted, 1.0)
    assert tap.input.topic in tap.input.problem
    camera()
    tap.until(lambda: 'no publisher' not in tap.input.problem, wanted, 1.0)
    assert ('sends nothing' in tap.input.problem) == wanted


def test_a_silent_camera_is_fine_while_no_image_is_wanted(tap: Tap, camera: Camera) -> None:
    """It may wait for a subscriber."""
    publisher = camera()
    tap.until(publisher.get_subscription_count)
    tap.until(lambda: not publisher.get_subscription_count(), False, 1.0)
    for _ in range(10):
        tap.clock.now_s += TIMEOUT_S
        tap.input.update(False, TIMEOUT_S)
        assert tap.input.problem == ''


@pytest.mark.parametrize(
    ('msg_type', 'offered', 'asked', 'words'),
    [
        (CompressedImage, RELIABLE, 'auto', 'set image_transport to compressed'),
        (Image, BEST_EFFORT, 'reliable', 'image.reliability is reliable'),
    ],
)
def test_a_camera_that_could_not_be_received_is_reported_before_an_image_is_wanted(
    msg_type: Any, offered: ReliabilityPolicy, asked: str, words: str, make_tap: MakeTap,
    camera: Camera,
) -> None:
    camera(msg_type, offered)
    tap = make_tap(asked)
    tap.until(lambda: words in tap.input.problem, False, 1.0)


@pytest.mark.parametrize('topic', ['image/compressed', 'cam/image_raw'])
def test_images_elsewhere_are_named(topic: str, tap: Tap, camera: Camera) -> None:
    """The same ones in the other transport, or another camera's; not what a pose node drew."""
    camera(CompressedImage if topic.endswith('compressed') else Image, RELIABLE, topic)
    node = tap.world.node
    tap.world.publisher(Image, 'image_annotated')
    camera(Image, RELIABLE, 'rear/image_annotated')
    tap.until(lambda: node.resolve_topic_name(topic) in tap.input.problem, False, 1.0)
    assert 'image_annotated' not in tap.input.problem


def test_other_topics_of_images_can_be_named(tap: Tap, camera: Camera) -> None:
    """But not those of the other type."""
    camera(CompressedImage, RELIABLE, 'another/compressed')
    camera(Image, RELIABLE, 'another')
    name = tap.world.node.resolve_topic_name('another')
    tap.until(lambda: tap.input.elsewhere == name, step_s=1.0)


def test_images_end_the_silence(tap: Tap, camera: Camera, make_image: MakeImage) -> None:
    """From the second one on: a single one may be followed by silence again."""
    publisher = camera()
    tap.until(lambda: 'sends nothing' in tap.input.problem, step_s=1.0)
    tap.receive(publisher, make_image(1))
    assert tap.input.problem
    tap.receive(publisher, make_image(2))
    assert tap.input.problem == ''


def test_a_camera_that_is_just_starting_is_not_blamed(tap: Tap, camera: Camera) -> None:
    """Its first image comes a little later than its publisher."""
    tap.until(lambda: tap.input.problem, step_s=1.0)
    publisher = camera()
    tap.until(lambda: publisher.get_subscription_count() and tap.publishers())
    assert 'sends nothing' not in tap.input.problem
    tap.until(lambda: 'sends nothing' in tap.input.problem, step_s=1.0)


def test_work_on_an_image_is_no_silence(tap: Tap, camera: Camera, make_image: MakeImage) -> None:
    """None can be received in between."""
    tap.work_s = 3 * TIMEOUT_S
    tap.receive(camera(), make_image(1))
    tap.input.update(True, TIMEOUT_S)
    assert tap.input.problem == ''


def test_closed_it_watches_no_longer(tap: Tap, camera: Camera) -> None:
    """And unsubscribes."""
    publisher = camera()
    tap.until(lambda: publisher.get_subscription_count() and tap.input.problem, step_s=1.0)
    tap.input.close()
    assert tap.input.problem == '' and not tap.input.counts_dropped
    tap.world.until(lambda: not publisher.get_subscription_count())
