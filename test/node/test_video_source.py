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
from movenet_ros.core.media import TimedImage
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

Start = Callable[..., VideoSource]


def grey(value: int) -> NDArray[np.uint8]:
    """Return a picture of one grey."""
    return np.full((WH[1], WH[0], 3), value, np.uint8)


@pytest.fixture(scope='module')
def video(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a video of IMAGES images at 50 Hz, each lighter than the one before."""
    path = tmp_path_factory.mktemp('video') / 'a walk.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), 50.0, WH)
    for i in range(IMAGES):
        writer.write(grey(i * STEP))
    writer.release()
    return str(path)


@pytest.fixture
def start(world: World, spin_node: Any) -> Start:
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


@pytest.fixture
def images(world: World) -> list[Image]:
    """Give what is published."""
    return world.sink(Image, 'image')


def numbers(images: list[Image]) -> list[int]:
    """Return which images of the video these are."""
    return [round(float(image_from_msg(each).pixels.mean()) / STEP) for each in images]


def steps_s(images: list[Image]) -> NDArray[np.float64]:
    """Return how much later each image is than the one before."""
    return np.diff([stamp_ns(each.header.stamp) for each in images]) / 1e9


def test_a_video_is_published_whole_and_once(
    video: str, world: World, images: list[Image], start: Start
) -> None:
    """In order; then the program ends with exit code 0."""
    start(source=video, loop=False)
    world.until(lambda: world.errors and len(images) == IMAGES, 'for the end')
    assert numbers(images) == list(range(IMAGES))
    assert isinstance(world.errors[0], SystemExit) and world.errors[0].code == 0


def test_it_waits_for_a_subscriber(video: str, world: World, start: Start) -> None:
    """Where it is played once."""
    node = start(source=video, loop=False, rate=FAST)
    world.spin(0.1)
    assert node.sent == 0
    images = world.sink(Image, 'image')
    world.until(lambda: len(images) == IMAGES)


def test_it_starts_again(video: str, world: World, images: list[Image], start: Start) -> None:
    """With loop, after the last image."""
    start(source=video, rate=FAST)
    world.until(lambda: numbers(images).count(0) > 2)
    first = numbers(images).index(0)
    assert numbers(images)[first:][:IMAGES + 1] == [*range(IMAGES), 0]


@pytest.mark.parametrize(('given', 'rate_hz'), [({'rate': 20.0}, 20), ({}, 50)])
def test_stamps_increase_by_the_rate(
    given: dict[str, float], rate_hz: int, video: str, world: World, images: list[Image],
    start: Start,
) -> None:
    """The video's own where none is given; they are of the node's clock, now."""
    start(source=video, **given)
    world.until(lambda: len(images) > 10)
    assert (steps_s(images) > 0).all()
    assert np.median(steps_s(images)) == pytest.approx(1 / rate_hz, rel=0.3)
    assert abs(images[-1].header.stamp.sec - time.time()) < 10


def test_a_pause_is_a_pause(
    make_video: Callable[..., Path], tmp_path: Path, world: World, images: list[Image],
    start: Start,
) -> None:
    """Each image comes at its own time, whatever rate the file states."""
    times_s = [0, 0.02, 0.04, 0.5, 0.52]
    start(source=str(make_video(tmp_path / 'v.mp4', times_s)), loop=False)
    world.until(lambda: world.errors and len(images) == len(times_s), 'for the end')
    assert steps_s(images).argmax() == 2 and steps_s(images)[2] > 0.4


def test_what_is_missing_is_told_once(
    make_video: Callable[..., Path], tmp_path: Path, world: World, start: Start
) -> None:
    """However often the video begins again."""
    random = np.random.default_rng(5).integers(0, 256, (9, 48, 64, 3), np.uint8)
    times_s = [i / 50 for i in range(9)]
    path = make_video(
        tmp_path / 'v.avi', times_s, 'mjpeg', 'yuvj420p', image=lambda i: random[i]
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    log = world.sink(Log, '/rosout')
    node = start(source=str(path))
    world.until(lambda: node.sent > 10)
    (line,) = [each.msg for each in log if each.level >= WARNING]
    assert 'v.avi' in line and 'breaks off' in line


def test_messages_are_bgr8_with_the_frame_id(
    video: str, world: World, images: list[Image], start: Start
) -> None:
    start(source=video, frame_id='kamera_größe')
    world.until(lambda: images)
    msg = images[0]
    assert (msg.width, msg.height, msg.step, msg.encoding) == (*WH, 3 * WH[0], 'bgr8')
    assert msg.header.frame_id == 'kamera_größe'


def test_pictures_of_a_folder(
    tmp_path: Path, world: World, images: list[Image], start: Start
) -> None:
    """Each is published in its size; a broken one is named, skipped and a loss."""
    cv2.imwrite(str(tmp_path / '1.png'), np.zeros((3, 5, 3), np.uint8))
    (tmp_path / '2 broken.jpg').write_bytes(b'no picture')
    cv2.imwrite(str(tmp_path / '3.png'), np.zeros((7, 2), np.uint8))
    log = world.sink(Log, '/rosout')
    start(source=str(tmp_path), loop=False, rate=FAST)
    world.until(lambda: world.errors and len(images) == 2, 'for the end')
    assert [(each.width, each.height) for each in images] == [(5, 3), (2, 7)]
    (line,) = [each.msg for each in log if each.level >= WARNING]
    assert '2 broken.jpg' in line and '\n' not in line
    assert isinstance(world.errors[0], SystemExit) and world.errors[0].code == 1


def test_a_folder_without_a_good_picture_ends(tmp_path: Path, world: World, start: Start) -> None:
    """Rather than starting again for ever."""
    (tmp_path / 'broken.jpg').write_bytes(b'\xff\xd8\xff no picture')
    start(source=str(tmp_path), rate=FAST)
    with pytest.raises(StartError, match='no images'):
        world.until(lambda: False)


def live(images: Callable[[], Iterator[SourceImage]], length: int | None = None) -> Media:
    """Make a camera."""
    return Media(
        'camera 0', 30.0, length, True, lambda: (TimedImage(each, 0) for each in images())
    )


def test_a_camera_sets_the_pace(world: World, images: list[Image], start: Start) -> None:
    """Whatever rate it claims; here ten times as many."""

    def pictures() -> Iterator[SourceImage]:
        for _ in count():
            time.sleep(1 / 300)
            yield SourceImage(grey(0), 'bgr')

    start(live(pictures))
    world.until(lambda: len(images) > 60)
    assert np.median(steps_s(images)) < 1 / 60


def test_a_camera_that_is_unplugged_ends_it(world: World, start: Start) -> None:
    """With one line."""
    picture = SourceImage(grey(0), 'bgr')
    start(live(lambda: islice(iter(lambda: picture, None), 3)))
    with pytest.raises(StartError, match='camera 0'):
        world.until(lambda: False)


def test_a_camera_that_is_read_for_a_number_of_images_just_ends(
    world: World, images: list[Image], start: Start
) -> None:
    picture = SourceImage(grey(0), 'bgr')
    node = start(live(lambda: islice(iter(lambda: picture, None), 3), 3), loop=False)
    world.until(lambda: world.errors, 'for the end')
    assert isinstance(world.errors[0], SystemExit) and node.sent == 3


def test_all_images_reach_another_process(
    video: str, world: World, images: list[Image], start_node: Any
) -> None:
    """A reliable subscriber misses none; exit code 0 at the end."""
    arguments = ('-p', f'source:={video}', '-p', 'loop:=false', '-p', 'rate:=100.0')
    with start_node('video_source', world, *arguments) as program:
        world.until(lambda: len(images) == IMAGES, 'for all images')
        assert program.wait() == 0
    assert numbers(images) == list(range(IMAGES))


@pytest.mark.parametrize(
    ('source', 'words'),
    [
        ('', 'no source'),
        ('/nowhere/walk.mp4', '/nowhere/walk.mp4'),
        ('/dev/video99', '/dev/video99 cannot be opened'),
        (99, 'camera 99 cannot be opened'),
    ],
)
def test_a_source_that_does_not_start(source: Any, words: str, start: Start) -> None:
    """Whether the camera index is written as a number or as a string."""
    with pytest.raises(StartError, match=words):
        start(source=source)
