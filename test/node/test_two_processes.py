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
from itertools import count
from typing import Any

import cv2
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.model.movenet import MultiPose
import numpy as np
from numpy.typing import NDArray
import pytest
from ros_graph import World
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

pytestmark = pytest.mark.process

Pixels = NDArray[np.uint8]
Ask = Callable[[Any], Poses]

PHOTO_SIDE = 512
FACE = slice(0, 5)  # keypoints that a portrait shows, in COCO order
FACE_BOX = np.array([[160, 70], [290, 150]])  # eyes, ears and nose lie in it, seen by eye
SAME_PX = 0.01  # the same numbers, apart from their text
SHAPES = [(641, 479), (1080, 1920)]
# each picture is on its own here
ARGUMENTS = (
    '-p', 'mode:=fast', '-p', 'backend:=onnxruntime', '-p', 'tracking.association:=off'
)

_numbers = count(1)


def canvas(photo_bgr: Pixels, wh: tuple[int, int]) -> tuple[Pixels, NDArray[np.float64], float]:
    """Put the photo into the middle of a picture; return that, the corner and the scale."""
    side = min(wh)
    left, top = (wh[0] - side) // 2, (wh[1] - side) // 2
    bgr = np.zeros((wh[1], wh[0], 3), np.uint8)
    part = bgr[top:, left:][:side, :side]
    part[:] = cv2.resize(photo_bgr, (side, side), interpolation=cv2.INTER_AREA)
    return bgr, np.array([left, top]), side / PHOTO_SIDE


@pytest.fixture(scope='module')
def answers(module_world: World) -> list[Detection2DArray]:
    """Gather the poses of all nodes here."""
    messages: list[Detection2DArray] = module_world.sink(Detection2DArray, 'poses')
    return messages


def asking(world: World, answers: list[Any], topic: str, msg_type: Any) -> Ask:
    """Return a function that sends an image until its people come."""
    publisher = world.publisher(msg_type, topic)

    def ask(msg: Any) -> Poses:
        msg.header = Header(frame_id='head_camera')
        msg.header.stamp.sec = next(_numbers)
        timer = world.node.create_timer(0.3, lambda: publisher.publish(msg))
        world.until(lambda: any(each.header == msg.header for each in answers), 'for the answer')
        world.node.destroy_timer(timer)
        return poses_from_msg(next(each for each in answers if each.header == msg.header))

    return ask


@pytest.fixture(scope='module')
def ask(module_world: World, answers: list[Any], start_node: Any) -> Iterator[Ask]:
    """Give a real node to ask."""
    with start_node('pose_node', module_world, *ARGUMENTS):
        yield asking(module_world, answers, 'image', Image)


@pytest.fixture(scope='module')
def ask_compressed(module_world: World, answers: list[Any], start_node: Any) -> Iterator[Ask]:
    """Give a real node that takes compressed images to ask."""
    arguments = (*ARGUMENTS, '-p', 'image_transport:=compressed')
    with start_node('pose_node', module_world, *arguments):
        yield asking(module_world, answers, 'image/compressed', CompressedImage)


@pytest.fixture(scope='module')
def find(onnxruntime_cpu: Runtime) -> Callable[[Pixels], Poses]:
    """Return the pipeline without ROS."""
    model = MultiPose(256, 0.25)
    return lambda bgr: model.find(SourceImage(bgr, 'bgr'), onnxruntime_cpu.run)


def farthest(a: Poses, b: Poses) -> float:
    """Return how far the seen keypoints of the same person are apart, at most, in pixels."""
    assert len(a) == len(b) == 1
    seen = b.keypoint_scores[0] > 0.3
    assert seen[FACE].all()
    return float(np.linalg.norm(a.keypoints - b.keypoints, axis=-1)[0][seen].max())


@pytest.mark.parametrize('wh', SHAPES)
def test_the_way_through_ros_changes_nothing(
    wh: tuple[int, int], ask: Ask, photo_bgr: Pixels, find: Callable[[Pixels], Poses]
) -> None:
    """And the face is where it is in the photo: padding and scale are undone."""
    bgr, corner, scale = canvas(photo_bgr, wh)
    poses = ask(image_to_msg(bgr, Header()))
    assert farthest(poses, find(bgr)) < SAME_PX
    face = (poses.keypoints[0, FACE] - corner) / scale
    assert (face >= FACE_BOX[0]).all() and (face <= FACE_BOX[1]).all(), face


def test_compressed_images(
    ask_compressed: Ask, photo_bgr: Pixels, find: Callable[[Pixels], Poses]
) -> None:
    """A PNG holds the same pixels."""
    bgr, _, _ = canvas(photo_bgr, SHAPES[0])
    data = array('B', cv2.imencode('.png', bgr)[1].tobytes())
    assert farthest(ask_compressed(CompressedImage(format='png', data=data)), find(bgr)) < SAME_PX


def test_no_poses_are_lost_beside_large_images(
    module_world: World, ask: Ask, answers: list[Any], photo_bgr: Pixels
) -> None:
    """A message that the image behind it displaces is sent again; 4 of 100 used to be lost."""
    annotated = module_world.sink(Image, 'image_annotated')
    msg = image_to_msg(canvas(photo_bgr, (640, 480))[0], Header())
    while not annotated:
        ask(msg)
    publisher = module_world.publisher(Image, 'image')
    module_world.until(publisher.get_subscription_count, 'for the node to subscribe')
    for _ in range(60):
        msg.header.stamp.sec = next(_numbers)
        publisher.publish(msg)
        module_world.spin(1 / 30)
    ask(msg)  # and what is under way has come
    drawn = {each.header.stamp.sec for each in annotated}
    assert len(drawn) > 1 and drawn <= {each.header.stamp.sec for each in answers}
