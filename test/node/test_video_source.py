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

"""The video source: what is published of files, folders and cameras, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from itertools import count
from itertools import islice
from pathlib import Path
import time
from typing import Any

import cv2
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.video_source import VideoSource
import numpy as np
from numpy.typing import NDArray
import pytest
from rcl_interfaces.msg import Log
from rclpy.parameter import Parameter
from ros_graph import World
from sensor_msgs.msg import Image

WH = (64, 48)
IMAGES = 12
STEP = 20  # of grey, from one image to the next
WARNING = 30
FAST = 100.0  # images per second, where a test is not about the rate


def grey(value: int) -> NDArray[np.uint8]:
    """Return a picture of one grey."""
    return np.full((WH[1], WH[0], 3), value, np.uint8)


@pytest.fixture(scope='module')
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a video of IMAGES images, each lighter than the one before."""
    path = tmp_path_factory.mktemp('video') / 'a walk.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), 50.0, WH)
    for i in range(IMAGES):
        writer.write(grey(i * STEP))
    writer.release()
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of two pictures, and one that is none between them."""
    cv2.imwrite(str(tmp_path / '1.png'), grey(10))
    (tmp_path / '2 broken.jpg').write_bytes(b'no picture')
    cv2.imwrite(str(tmp_path / '3.png'), grey(200))
    return tmp_path


@pytest.fixture
def start(world: World, spin_node: Any) -> Callable[..., VideoSource]:
    """Return a function that starts a video source."""

    def start_with(media: Media | None = None, **parameters: Any) -> VideoSource:
        node = VideoSource(
            media,
            context=world.context,
            namespace=world.namespace,
            parameter_overrides=[Parameter(key, value=val) for key, val in parameters.items()],
        )
        spin_node(node)
        return node

    return start_with


def numbers(images: list[Image]) -> list[int]:
    """Tell which images of the video these are."""
    return [round(float(image_from_msg(each).pixels.mean()) / STEP) for each in images]


def live(images: Callable[[], Iterator[SourceImage]]) -> Media:
    """Make a camera."""
    return Media('camera 0', 30.0, None, True, images)


def test_a_video_is_published_whole_and_once(
    video: Path, world: World, start: Callable[..., VideoSource]
) -> None:
    """In order; then the program ends with exit code 0."""
    images = world.sink(Image, 'image')
    start(source=str(video), loop=False)
    world.until(lambda: world.errors, 'for the end')
    world.until(lambda: len(images) == IMAGES)
    assert numbers(images) == list(range(IMAGES))
    assert isinstance(world.errors[0], SystemExit) and world.errors[0].code == 0


def test_it_waits_for_somebody_to_listen(
    video: Path, world: World, start: Callable[..., VideoSource]
) -> None:
    """What is played once is not begun for nobody."""
    start(source=str(video), loop=False, rate=FAST)
    world.spin(0.3)
    images = world.sink(Image, 'image')
    world.until(lambda: len(images) == IMAGES)
    assert numbers(images) == list(range(IMAGES))


def test_it_begins_again(video: Path, world: World, start: Callable[..., VideoSource]) -> None:
    """With loop, after the last image."""
    images = world.sink(Image, 'image')
    start(source=str(video), rate=FAST)
    world.until(lambda: numbers(images).count(0) > 2)
    first = numbers(images).index(0)
    assert numbers(images)[first:][:IMAGES + 1] == [*range(IMAGES), 0]


def test_stamps_increase_by_the_rate(
    video: Path, world: World, start: Callable[..., VideoSource]
) -> None:
    """And are of the node's clock, now."""
    images = world.sink(Image, 'image')
    start(source=str(video), rate=20.0)
    world.until(lambda: len(images) > 10)
    stamps = [stamp_ns(each.header.stamp) for each in images]
    steps_s = np.diff(stamps) / 1e9
    assert (steps_s > 0).all()
    assert np.median(steps_s) == pytest.approx(1 / 20, rel=0.3)
    assert abs(stamps[-1] / 1e9 - time.time()) < 10


def test_a_videos_own_rate(
    video: Path, start: Callable[..., VideoSource], world: World
) -> None:
    """Is taken where none is given."""
    images = world.sink(Image, 'image')
    start(source=str(video))
    world.until(lambda: len(images) > 20)
    steps_s = np.diff([stamp_ns(each.header.stamp) for each in images]) / 1e9
    assert np.median(steps_s) == pytest.approx(1 / 50, rel=0.3)


@pytest.mark.parametrize('frame_id', ['', 'kamera_größe'])
def test_the_frame_id_is_the_parameters(
    frame_id: str, video: Path, world: World, start: Callable[..., VideoSource]
) -> None:
    """In the header of each image."""
    images = world.sink(Image, 'image')
    start(source=str(video), frame_id=frame_id)
    world.until(lambda: images)
    assert images[0].header.frame_id == frame_id


def test_messages_are_plain_bgr8(
    video: Path, world: World, start: Callable[..., VideoSource]
) -> None:
    """Which everybody can read."""
    images = world.sink(Image, 'image')
    start(source=str(video))
    world.until(lambda: images)
    msg = images[0]
    assert (msg.width, msg.height, msg.step, msg.encoding) == (*WH, 3 * WH[0], 'bgr8')


def test_a_broken_picture_is_named_and_skipped(
    folder: Path, world: World, start: Callable[..., VideoSource]
) -> None:
    """The others are published."""
    images = world.sink(Image, 'image')
    log = world.sink(Log, '/rosout')
    start(source=str(folder), loop=False, rate=FAST)
    world.until(lambda: world.errors, 'for the end')
    world.until(lambda: len(images) == 2)
    assert [int(image_from_msg(each).pixels[0, 0, 0]) for each in images] == [10, 200]
    (line,) = [each.msg for each in log if each.level >= WARNING]
    assert '2 broken.jpg' in line and '\n' not in line


def test_pictures_of_several_sizes(
    tmp_path: Path, world: World, start: Callable[..., VideoSource]
) -> None:
    """Each is published in its own."""
    cv2.imwrite(str(tmp_path / '1.png'), np.zeros((3, 5, 3), np.uint8))
    cv2.imwrite(str(tmp_path / '2.png'), np.zeros((7, 2), np.uint8))
    images = world.sink(Image, 'image')
    start(source=str(tmp_path), loop=False, rate=FAST)
    world.until(lambda: len(images) == 2)
    assert [(each.width, each.height) for each in images] == [(5, 3), (2, 7)]


def test_a_folder_without_a_good_picture_ends(
    tmp_path: Path, world: World, start: Callable[..., VideoSource]
) -> None:
    """Instead of going round in circles."""
    (tmp_path / 'broken.jpg').write_bytes(b'no picture')
    start(source=str(tmp_path), rate=FAST)
    with pytest.raises(StartError, match='delivers no images'):
        world.until(lambda: False)


def test_a_camera_sets_the_pace(world: World, start: Callable[..., VideoSource]) -> None:
    """Whatever rate it claims; here ten times as many."""
    images = world.sink(Image, 'image')

    def pictures() -> Iterator[SourceImage]:
        for _ in count():
            time.sleep(1 / 300)
            yield SourceImage(grey(0), 'bgr')

    start(live(pictures))
    world.until(lambda: len(images) > 60)
    steps_s = np.diff([stamp_ns(each.header.stamp) for each in images]) / 1e9
    assert np.median(steps_s) < 1 / 60


def test_a_camera_that_is_unplugged_ends_it(
    world: World, start: Callable[..., VideoSource]
) -> None:
    """With one line."""
    picture = SourceImage(grey(0), 'bgr')
    start(live(lambda: islice(iter(lambda: picture, None), 3)))
    with pytest.raises(StartError, match=r'camera 0 delivers no images \(any more\)'):
        world.until(lambda: False)


def test_a_camera_that_is_cut_short_just_ends(
    world: World, start: Callable[..., VideoSource]
) -> None:
    """After as many images as it was to give."""
    picture = SourceImage(grey(0), 'bgr')
    media = Media('camera 0', 30.0, 3, True, lambda: islice(iter(lambda: picture, None), 3))
    node = start(media, loop=False)
    world.until(lambda: world.errors, 'for the end')
    assert isinstance(world.errors[0], SystemExit) and node.sent == 3


def test_its_topic_is_relative(
    video: Path, world: World, start: Callable[..., VideoSource]
) -> None:
    """So that it can be remapped, and namespaces work."""
    start(source=str(video))
    world.until(lambda: world.node.count_publishers(f'{world.namespace}/image'))


def test_all_images_reach_another_process(
    video: Path, world: World, start_node: Any
) -> None:
    """A reliable subscriber misses none; exit code 0 at the end."""
    images = world.sink(Image, 'image')
    arguments = ('-p', f'source:={video}', '-p', 'loop:=false', '-p', 'rate:=100.0')
    with start_node('video_source', world, *arguments) as program:
        world.until(lambda: len(images) == IMAGES, 'for all images')
        assert program.wait() == 0
    assert numbers(images) == list(range(IMAGES))
    assert 'publishing' in program.err and f'{IMAGES} images' in program.err


@pytest.mark.parametrize(
    ('source', 'words'),
    [
        ('', 'no such source'),
        ('/dev/video99', 'camera /dev/video99 cannot be opened: is it plugged in'),
        (99, 'camera 99 cannot be opened: is it plugged in'),
    ],
)
def test_a_source_that_does_not_start(
    source: Any, words: str, start: Callable[..., VideoSource]
) -> None:
    """Whether the camera index is written as a number or as a string."""
    with pytest.raises(StartError, match=words):
        start(source=source)


@pytest.mark.parametrize(
    ('source', 'words'),
    [
        ('/nowhere/walk.mp4', ("no such source: '/nowhere/walk.mp4'",)),
        ("'99'", ('camera 99 cannot be opened', 'plugged in')),
    ],
)
def test_a_source_that_is_not_there(
    source: str, words: tuple[str, ...], world: World, start_node: Any
) -> None:
    """Exit code 1, and one line."""
    with start_node('video_source', world, '-p', f'source:={source}') as program:
        assert program.wait() == 1
        (line,) = program.err.splitlines()
        assert line.startswith('movenet_ros: ') and all(each in line for each in words), line
