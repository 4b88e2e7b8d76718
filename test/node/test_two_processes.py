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

"""The real pose node on the real model, in a process of its own: what a robot gets from it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import cv2
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.model.movenet import MultiPose
import numpy as np
from numpy.typing import NDArray
import pytest
from ros_graph import World
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

pytestmark = pytest.mark.process

Pixels = NDArray[np.uint8]
Ask = Callable[[Any], Poses]

PHOTO_SIDE = 512
FACE = slice(0, 5)  # keypoints that a portrait shows, in COCO order
FACE_BOX = np.array([[160, 70], [290, 150]])  # eyes, ears and nose lie in it, seen by eye
SAME_PX = 0.01  # the same numbers, apart from their text
LOSSLESS_PX = 2.0
LOSSY_PX = 3.0
# each picture is on its own here
ARGUMENTS = ('-p', 'backend:=onnxruntime', '-p', 'tracking.association:=off')

_numbers = count(1)


@dataclass(frozen=True)
class Canvas:
    """A picture with the astronaut somewhere in it."""

    bgr: Pixels
    left_top: tuple[int, int]
    scale: float

    def to_photo(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        """Map points from the canvas to the photo."""
        return np.asarray((points - np.array(self.left_top)) / self.scale, np.float64)


def canvas(photo_bgr: Pixels, wh: tuple[int, int]) -> Canvas:
    """Put the photo into the middle of a picture, as large as fits."""
    side = min(wh)
    left, top = (wh[0] - side) // 2, (wh[1] - side) // 2
    bgr = np.zeros((wh[1], wh[0], 3), np.uint8)
    part = bgr[top:, left:][:side, :side]
    part[:] = cv2.resize(photo_bgr, (side, side), interpolation=cv2.INTER_AREA)
    return Canvas(bgr, (left, top), side / PHOTO_SIDE)


def message(pixels: Pixels, encoding: str, pad: int = 0) -> Image:
    """Make an image message, with rubbish behind each row."""
    height, width = pixels.shape[:2]
    rows = np.pad(pixels.reshape(height, -1), ((0, 0), (0, pad)), constant_values=255)
    return Image(
        encoding=encoding, width=width, height=height, step=rows.shape[1],
        data=array('B', rows.tobytes()),
    )


def uyvy(bgr: Pixels) -> Pixels:
    """Pack as YUV 4:2:2."""
    height, width = bgr.shape[:2]
    flat = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).ravel()
    y, u, v = np.split(flat, [height * width, height * width * 5 // 4])
    packed = np.empty((height, width, 2), np.uint8)
    packed[..., 1] = y.reshape(height, width)
    packed[:, 0::2, 0] = np.repeat(u.reshape(height // 2, -1), 2, axis=0)
    packed[:, 1::2, 0] = np.repeat(v.reshape(height // 2, -1), 2, axis=0)
    return packed


def compressed(bgr: Pixels, suffix: str) -> CompressedImage:
    """Compress a picture."""
    data = cv2.imencode(suffix, bgr)[1].tobytes()
    return CompressedImage(format=suffix[1:], data=array('B', data))


@pytest.fixture(scope='module')
def world(module_world: World) -> World:
    """Give the graph that the tests here share."""
    return module_world


@pytest.fixture(scope='module')
def answers(world: World) -> list[Detection2DArray]:
    """Gather the poses of all nodes here."""
    messages: list[Detection2DArray] = world.sink(Detection2DArray, 'poses')
    return messages


def asking(world: World, answers: list[Any], topic: str, msg_type: Any) -> Ask:
    """Return a function that sends an image and waits for its people."""
    publisher = world.publisher(msg_type, topic)
    world.until(publisher.get_subscription_count, 'for the node to subscribe')

    def ask(msg: Any) -> Poses:
        msg.header.stamp.sec = next(_numbers)
        msg.header.stamp.nanosec = 123456789
        msg.header.frame_id = 'head_camera'
        publisher.publish(msg)
        world.until(lambda: any(each.header == msg.header for each in answers), 'for the answer')
        (found,) = [each for each in answers if each.header == msg.header]
        return poses_from_msg(found)

    return ask


@pytest.fixture(scope='module')
def ask(world: World, answers: list[Any], start_node: Any) -> Iterator[Ask]:
    """Give a real node to ask."""
    with start_node('pose_node', world, *ARGUMENTS) as node:
        node.until_ready()
        yield asking(world, answers, 'image', Image)


@pytest.fixture(scope='module')
def ask_compressed(world: World, answers: list[Any], start_node: Any) -> Iterator[Ask]:
    """Give a real node that takes compressed images to ask."""
    arguments = (*ARGUMENTS, '-p', 'image_transport:=compressed')
    with start_node('pose_node', world, *arguments) as node:
        node.until_ready()
        yield asking(world, answers, 'image/compressed', CompressedImage)


@pytest.fixture(scope='module')
def estimate(onnxruntime_cpu: Runtime) -> Callable[[Pixels], Poses]:
    """Return the pipeline without ROS, for BGR or grey pictures."""
    model = MultiPose(256, 0.25)
    return lambda pixels: model.find(
        SourceImage(pixels, 'bgr' if pixels.ndim == 3 else 'mono'), onnxruntime_cpu.run
    )


def farthest(a: Poses, b: Poses, which: slice = slice(None)) -> float:
    """Return how far the seen keypoints of the same person are apart, at most, in pixels."""
    assert len(a) == len(b) == 1
    seen = b.keypoint_scores[0, which] > 0.3
    assert seen[FACE].all()
    return float(np.linalg.norm(a.keypoints - b.keypoints, axis=-1)[0, which][seen].max())


def test_no_poses_are_lost_beside_large_images(
    world: World, ask: Ask, answers: list[Any], photo_bgr: Pixels
) -> None:
    """A message that the image behind it displaces is sent again; 4 of 100 used to be lost."""
    annotated = world.sink(Image, 'image_annotated')
    msg = message(canvas(photo_bgr, (640, 480)).bgr, 'bgr8')
    ask(msg)
    world.until(lambda: annotated, 'for an annotated image')
    publisher = world.publisher(Image, 'image')
    world.until(publisher.get_subscription_count, 'for the node to subscribe')
    for _ in range(60):
        msg.header.stamp.sec = next(_numbers)
        publisher.publish(msg)
        world.spin(1 / 30)
    ask(msg)  # and what is under way has come
    stamps = {each.header.stamp.sec for each in answers}
    drawn = {each.header.stamp.sec for each in annotated}
    assert len(drawn) > 1 and drawn <= stamps


@pytest.mark.parametrize('wh', [(1280, 720), (641, 479), (1080, 1920)])
def test_any_shape_is_seen_as_the_pipeline_sees_it(
    wh: tuple[int, int], ask: Ask, photo_bgr: Pixels, estimate: Callable[[Pixels], Poses]
) -> None:
    """The way through ROS changes nothing."""
    bgr = canvas(photo_bgr, wh).bgr
    assert farthest(ask(message(bgr, 'bgr8')), estimate(bgr)) < SAME_PX


@pytest.mark.parametrize('wh', [(1280, 720), (641, 479), (1080, 1920)])
def test_the_face_is_where_it_is_in_the_photo(
    wh: tuple[int, int], ask: Ask, photo_bgr: Pixels
) -> None:
    """Padding and scale are undone, in landscape, portrait and odd sizes."""
    picture = canvas(photo_bgr, wh)
    face = picture.to_photo(ask(message(picture.bgr, 'bgr8')).keypoints[0, FACE])
    assert (face >= FACE_BOX[0]).all() and (face <= FACE_BOX[1]).all(), face


ENCODERS: dict[str, Callable[[Pixels], Image]] = {
    'rgb8': lambda bgr: message(bgr[..., ::-1], 'rgb8'),
    'rgba8': lambda bgr: message(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGBA), 'rgba8'),
    'bgra8': lambda bgr: message(cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA), 'bgra8'),
    'bgr8 with padded step': lambda bgr: message(bgr, 'bgr8', pad=13),
    'rgb16': lambda bgr: message(
        (bgr[..., ::-1].astype('<u2') * 257).view(np.uint8).reshape(*bgr.shape[:2], 6), 'rgb16'
    ),
}


@pytest.mark.parametrize('encoding', ENCODERS)
def test_lossless_encodings(
    encoding: str, ask: Ask, photo_bgr: Pixels, estimate: Callable[[Pixels], Poses]
) -> None:
    """All put the keypoints on the same spots."""
    bgr = canvas(photo_bgr, (1280, 720)).bgr
    assert farthest(ask(ENCODERS[encoding](bgr)), estimate(bgr)) < LOSSLESS_PX


def test_grey(ask: Ask, photo_bgr: Pixels, estimate: Callable[[Pixels], Poses]) -> None:
    """Seen as the grey picture that it is, and the face where it was in colour."""
    picture = canvas(photo_bgr, (1280, 720))
    grey = np.asarray(cv2.cvtColor(picture.bgr, cv2.COLOR_BGR2GRAY), np.uint8)
    poses = ask(message(grey, 'mono8'))
    assert farthest(poses, estimate(grey)) < SAME_PX
    face = picture.to_photo(poses.keypoints[0, FACE])
    assert (face >= FACE_BOX[0]).all() and (face <= FACE_BOX[1]).all(), face


def test_yuv422(ask: Ask, photo_bgr: Pixels, estimate: Callable[[Pixels], Poses]) -> None:
    """Near the same spots; its colours have half the size."""
    bgr = canvas(photo_bgr, (1280, 720)).bgr
    assert farthest(ask(message(uyvy(bgr), 'yuv422')), estimate(bgr), FACE) < LOSSY_PX


def test_png(
    ask_compressed: Ask, photo_bgr: Pixels, estimate: Callable[[Pixels], Poses]
) -> None:
    """On image/compressed, the same spots."""
    bgr = canvas(photo_bgr, (641, 479)).bgr
    assert farthest(ask_compressed(compressed(bgr, '.png')), estimate(bgr)) < SAME_PX


def test_jpeg(
    ask_compressed: Ask, photo_bgr: Pixels, estimate: Callable[[Pixels], Poses]
) -> None:
    """On image/compressed, near the same spots."""
    bgr = canvas(photo_bgr, (641, 479)).bgr
    poses = ask_compressed(compressed(bgr, '.jpg'))
    assert farthest(poses, estimate(bgr), FACE) < LOSSY_PX
