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
import time
from typing import Any

from movenet_ros.node.image_input import ImageInput
from movenet_ros.node.image_input import match_reliability
from movenet_ros.node.image_input import NO_NUMBER
from movenet_ros.node.image_input import TELLS_NUMBERS
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
FOREVER_S = 1000.0
SOON_S = 0.1
A_WHILE_S = 0.5


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


class Tap:
    """
    An image input of a node without images, spun by the tester.

    :param reliability: that it is to ask for.
    """

    def __init__(self, world: World, reliability: str = 'auto') -> None:
        self.world = world
        self.seconds: list[int] = []  # of the images that arrived, by their stamps
        self.dropped: list[int] = []  # before each of them
        self.input = ImageInput(
            world.node, world.node.resolve_topic_name('image'), Image, self._take, reliability
        )

    def _take(self, message: bytes, dropped: int) -> None:
        self.seconds.append(deserialize_message(message, Image).header.stamp.sec)
        self.dropped.append(dropped)

    def until(self, condition: Callable[[], Any], wanted: bool, timeout_s: float) -> None:
        """Spin, with an update now and then, until something is true."""

        def is_true() -> Any:
            self.input.update(wanted, timeout_s)
            return condition()

        self.world.until(is_true)

    def listen(self, camera: Any) -> None:
        """Wait until it hears a camera."""
        self.until(camera.get_subscription_count, True, FOREVER_S)

    def take(self, camera: Any, *images: Image) -> None:
        """Have images published, all before it looks, and wait for the last one."""
        for image in images:
            camera.publish(image)
        self.world.until(lambda: self.seconds[-1:] == [images[-1].header.stamp.sec])


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
                msg_type, topic, QoSProfile(depth=100, reliability=reliability)
            )

        yield make


# what is dropped

numbered = pytest.mark.skipif(not TELLS_NUMBERS, reason='messages have numbers since Iron')


@numbered
def test_messages_that_never_arrive_are_counted(
    world: World, camera: Camera, make_image: MakeImage
) -> None:
    """The newest wins, and tells how many it left behind."""
    tap, publisher = Tap(world), camera()
    tap.listen(publisher)
    tap.take(publisher, make_image(1))
    assert (tap.dropped, tap.input.counts_dropped) == ([0], True)
    for sec in range(2, 51):
        publisher.publish(make_image(sec))
    time.sleep(A_WHILE_S)  # they arrive, and nobody looks
    tap.take(publisher, make_image(51))
    assert sum(tap.dropped) == 51 - len(tap.seconds) > 0


@numbered
def test_where_none_is_dropped_none_is_counted(
    world: World, camera: Camera, make_image: MakeImage
) -> None:
    tap, publisher = Tap(world), camera()
    tap.listen(publisher)
    for sec in range(1, 6):
        tap.take(publisher, make_image(sec))
    assert tap.dropped == [0] * 5


@numbered
def test_what_was_sent_while_nobody_listened_is_not_dropped(
    world: World, camera: Camera, make_image: MakeImage
) -> None:
    """It was not wanted."""
    tap, publisher = Tap(world), camera()
    tap.listen(publisher)
    tap.take(publisher, make_image(1))
    tap.until(lambda: not publisher.get_subscription_count(), False, FOREVER_S)
    for sec in range(2, 10):
        publisher.publish(make_image(sec))
    tap.listen(publisher)
    tap.take(publisher, make_image(10))
    assert tap.dropped == [0, 0]


@numbered
def test_with_two_cameras_nothing_is_counted(
    world: World, camera: Camera, make_image: MakeImage
) -> None:
    """Each has numbers of its own."""
    tap, one, other = Tap(world), camera(), camera()
    tap.until(lambda: len(world.node.get_publishers_info_by_topic(tap.input.topic)) == 2,
              True, FOREVER_S)
    for each in (one, other):
        tap.listen(each)
    for sec in range(1, 8):
        tap.take(one, make_image(2 * sec))
    tap.take(other, make_image(3), make_image(1))
    assert sum(tap.dropped) == 0 and not tap.input.counts_dropped


@numbered
def test_a_camera_that_starts_again_counts_anew(
    world: World, camera: Camera, make_image: MakeImage
) -> None:
    tap, publisher = Tap(world), camera()
    tap.listen(publisher)
    tap.take(publisher, make_image(1))
    publisher.destroy()
    tap.until(
        lambda: not world.node.get_publishers_info_by_topic(tap.input.topic), True, FOREVER_S
    )
    again = camera()
    for sec in range(2, 10):  # before anybody listens
        again.publish(make_image(sec))
    tap.listen(again)
    tap.take(again, make_image(10))
    assert tap.dropped[1] == 0


@pytest.mark.parametrize('info', [{}, {'publication_sequence_number': NO_NUMBER}])
def test_without_numbers_nothing_is_counted(
    world: World, camera: Camera, info: dict[str, int], make_image: MakeImage
) -> None:
    """From Humble, or a middleware that gives none."""
    tap = Tap(world)
    tap.listen(camera())
    assert [tap.input._dropped(info) for _ in range(3)] == [0] * 3
    assert not tap.input.counts_dropped


# what is watched while nobody wants an image


@pytest.mark.parametrize('wanted', [True, False])
def test_a_camera_that_is_not_there_is_told(
    world: World, camera: Camera, wanted: bool
) -> None:
    """While nobody wants an image, too; and that it came."""
    tap = Tap(world)
    tap.until(lambda: tap.input.trouble, wanted, SOON_S)
    topic = tap.input.topic
    assert tap.input.trouble.startswith(f'no image for {SOON_S:g} s: nobody publishes {topic}')
    camera()
    tap.until(lambda: 'nobody' not in tap.input.trouble, wanted, SOON_S)
    assert ('sends nothing' in tap.input.trouble) == wanted


def test_a_camera_that_sends_nothing_is_fine_while_nobody_wants_an_image(
    world: World, camera: Camera
) -> None:
    """It may wait for a subscriber; nobody can tell."""
    tap, publisher = Tap(world), camera()
    tap.listen(publisher)
    tap.until(lambda: not publisher.get_subscription_count(), False, SOON_S)
    told = []
    for _ in range(10):
        tap.input.update(False, SOON_S)
        told.append(tap.input.trouble)
        world.spin(A_WHILE_S / 10)
    assert set(told) == {''}


@pytest.mark.parametrize(
    ('msg_type', 'offered', 'asked', 'words'),
    [
        (CompressedImage, RELIABLE, 'auto', 'set image_transport to compressed'),
        (Image, BEST_EFFORT, 'reliable', 'image.reliability is reliable'),
    ],
)
def test_a_camera_that_could_not_be_heard_is_told_before_an_image_is_wanted(
    world: World, camera: Camera, msg_type: Any, offered: ReliabilityPolicy, asked: str,
    words: str,
) -> None:
    camera(msg_type, offered)
    tap = Tap(world, asked)
    tap.until(lambda: words in tap.input.trouble, False, SOON_S)


@pytest.mark.parametrize('topic', ['image/compressed', 'cam/image_raw'])
def test_images_elsewhere_are_named(world: World, camera: Camera, topic: str) -> None:
    """The same ones in another transport, or another camera's."""
    camera(CompressedImage if topic.endswith('compressed') else Image, RELIABLE, topic)
    tap = Tap(world)
    name = world.node.resolve_topic_name(topic)
    tap.until(lambda: name in tap.input.trouble, False, SOON_S)


def test_an_image_ends_the_trouble(
    world: World, camera: Camera, make_image: MakeImage
) -> None:
    tap, publisher = Tap(world), camera()
    tap.until(lambda: 'sends nothing' in tap.input.trouble, True, SOON_S)
    tap.listen(publisher)
    tap.take(publisher, make_image(1))
    assert tap.input.trouble == ''


def test_closed_it_watches_no_longer(world: World, camera: Camera) -> None:
    """And lets the subscription go."""
    tap, publisher = Tap(world), camera()
    tap.listen(publisher)
    tap.until(lambda: tap.input.trouble, True, SOON_S)
    tap.input.close()
    assert tap.input.trouble == '' and not tap.input.counts_dropped
    world.until(lambda: not publisher.get_subscription_count())
