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

"""The real pose node and the real nodes that read poses, each in a process of its own."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
import signal
from typing import Any

from movenet_ros.messages import joint_angles_from_msg
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.poses_3d import poses_3d_from_msg
import numpy as np
from numpy.typing import NDArray
import pytest
from ros_graph import Program
from ros_graph import World
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

pytestmark = pytest.mark.process

SIDE = 512  # of the photo, in pixels
FX, FAR_MM = 500.0, 1500
FACE = slice(0, 5)  # keypoints that it shows
INSIDE_M = 0.15  # more than a body's radius


@pytest.fixture(scope='module')
def nodes(module_world: World, start_node: Any) -> Iterator[dict[str, Program]]:
    """Give all three nodes."""
    given = {
        'pose_node': ('-p', 'mode:=fast', '-p', 'backend:=onnxruntime'),
        'pose_3d_node': ('-p', 'max_wait_s:=9.0'),
        'kinematics_node': ('-p', 'source:=poses_3d'),
    }
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(start_node(name, module_world, *args))
            for name, args in given.items()
        }


def is_placed(message: Any) -> bool:
    """Return whether a message has a person in metres."""
    return bool(
        isinstance(message, Detection3DArray) and message.detections
        and np.isfinite(message.detections[0].bbox.center.position.z)
    )


@pytest.fixture(scope='module')
def answers(
    module_world: World, nodes: dict[str, Program], photo_bgr: NDArray[np.uint8]
) -> list[Any]:
    """Send a photo of a person with depth until somebody is placed; give what came, in order."""
    world = module_world
    came: list[Any] = []
    for kind, topic in (
        (Detection2DArray, 'poses'), (Detection3DArray, 'poses_3d'), (JointState, 'joint_angles')
    ):
        world.node.create_subscription(kind, topic, came.append, 10)
    publishers = [
        world.publisher(kind, topic, 1)
        for kind, topic in ((Image, 'image'), (Image, 'depth'), (CameraInfo, 'camera_info'))
    ]
    depth = array('B', np.full((SIDE, SIDE), FAR_MM, np.uint16).tobytes())
    k = np.array([FX, 0, SIDE / 2, 0, FX, SIDE / 2, 0, 0, 1])
    stamps = count(1)

    def send() -> None:
        header = Header(frame_id='camera')
        header.stamp.sec = next(stamps)
        messages = (
            image_to_msg(photo_bgr, header),
            Image(header=header, height=SIDE, width=SIDE, encoding='16UC1', step=2 * SIDE,
                  data=depth),
            CameraInfo(header=header, height=SIDE, width=SIDE, k=k),
        )
        for publisher, message in zip(publishers, messages, strict=True):
            publisher.publish(message)

    timer = world.node.create_timer(0.2, send)
    world.until(lambda: any(map(is_placed, came)), 'for a person in metres')
    world.until(lambda: any(isinstance(each, JointState) for each in came), 'for joint angles')
    world.node.destroy_timer(timer)
    return came


def test_the_person_of_the_photo_is_placed_at_the_depth(answers: list[Any]) -> None:
    people = poses_3d_from_msg(next(filter(is_placed, answers)))
    z = people.positions[0, FACE, 2]
    assert (abs(z[np.isfinite(z)] - FAR_MM / 1000) < INSIDE_M).all()
    assert np.isfinite(z).sum() >= 3


def test_every_message_in_metres_has_the_header_of_poses_that_came_before_it(
    answers: list[Any]
) -> None:
    before: list[Header] = []
    for each in answers:
        if isinstance(each, Detection3DArray):
            assert each.header in before
        elif isinstance(each, Detection2DArray):
            before.append(each.header)


def test_joint_angles_have_the_headers_of_people_in_metres(answers: list[Any]) -> None:
    angles = [each for each in answers if isinstance(each, JointState)]
    sent = [each for each in answers if isinstance(each, Detection3DArray)]
    assert all(each.header in [people.header for people in sent] for each in angles)
    (people,) = (each for each in sent if each.header == angles[-1].header)
    ids = [each.id for each in people.detections]  # not always 1: a busy machine drops images
    assert [*joint_angles_from_msg(angles[-1])] == [str(each or 'untracked_1') for each in ids]
    assert len(ids) <= 1


def test_each_ends_by_a_signal_with_exit_code_0(
    nodes: dict[str, Program], answers: list[Any]
) -> None:
    assert nodes['pose_3d_node'].end(signal.SIGINT) == 0
    assert nodes['kinematics_node'].end(signal.SIGINT) == 0
    assert not nodes['pose_node'].has_ended()
    assert nodes['pose_node'].end(signal.SIGTERM) == 0
