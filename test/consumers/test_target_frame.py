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

"""The 3D node with a target frame: it waits for tf, and says what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import sys
from typing import Any

from depth_scene import CAMERA
from depth_scene import standing
import fake_tf2_ros
from movenet_ros.core.errors import StartError
from movenet_ros.core.poses import Poses
from movenet_ros.messages import poses_3d_from_msg
from movenet_ros.messages.poses import poses_to_msg
import numpy as np
import pytest
from ros_graph import World
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

STAMP_S = 5


class Robot:
    """A 3D node without a depth camera that is asked for people in odom."""

    def __init__(self, world: World, people: Poses, start: Callable[..., Any]) -> None:
        self.world = world
        self.received = world.sink(Detection3DArray, 'poses_3d')
        self._people = people
        self._poses = world.publisher(Detection2DArray, 'poses')
        self._info = world.publisher(CameraInfo, 'camera_info')
        self.node = start(target_frame='odom', source='monocular', max_wait_s=10.0)
        for each in (self._poses, self._info):
            world.until(each.get_subscription_count, 'for the node to subscribe')
        (self.tf,) = fake_tf2_ros.TransformListener.listening
        self._info.publish(self._camera_info())
        world.until(lambda: self.node.stream._space._camera, 'for the node to know its camera')

    @property
    def outcomes(self) -> list[Any]:
        """Return what became of the poses."""
        return self.node.stream.tally.lately()  # type: ignore[no-any-return]

    def send(self) -> None:
        """Publish poses."""
        header = Header(frame_id='camera')
        header.stamp.sec = STAMP_S
        self._poses.publish(poses_to_msg(self._people, header))

    def learn(self) -> None:
        """Have tf know where the camera is."""
        self.tf.set_transform(fake_tf2_ros.transform('odom', 'camera', STAMP_S, (100, 0, 0)))

    @staticmethod
    def _camera_info() -> CameraInfo:
        msg = CameraInfo(width=CAMERA.wh[0], height=CAMERA.wh[1])
        msg.header.frame_id = 'camera'
        msg.k = [CAMERA.fx, 0.0, CAMERA.cx, 0.0, CAMERA.fy, CAMERA.cy, 0.0, 0.0, 1.0]
        return msg


@pytest.fixture
def robot(
    world: World, people_at: Callable[..., Poses], start_pose_3d_node: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Robot:
    """Give that node and what is around it."""
    monkeypatch.setitem(sys.modules, 'tf2_ros', fake_tf2_ros.module())
    monkeypatch.setattr(fake_tf2_ros.TransformListener, 'listening', [])
    return Robot(world, people_at(standing(0.0, 3.0)), start_pose_3d_node)


def test_people_are_in_the_target_frame(robot: Robot) -> None:
    robot.learn()
    robot.send()
    robot.world.until(lambda: robot.received)
    assert robot.received[0].header.frame_id == 'odom'
    (place,) = poses_3d_from_msg(robot.received[0]).person_positions
    assert abs(place[0] - 100) < 1


def test_a_transform_that_comes_behind_the_poses_is_noticed(robot: Robot) -> None:
    robot.send()
    robot.world.spin(0.3)
    assert robot.received == []
    robot.learn()
    robot.world.until(lambda: robot.received)
    assert np.isfinite(poses_3d_from_msg(robot.received[0]).person_positions).all()


def test_a_transform_that_never_comes_is_the_problem(robot: Robot) -> None:
    robot.node.stream.apply(replace(robot.node.stream.settings, max_wait_s=0.05))
    robot.send()
    robot.world.until(lambda: robot.received)
    assert np.isnan(poses_3d_from_msg(robot.received[0]).person_positions).all()
    robot.world.until(lambda: robot.outcomes)
    assert 'odom' in robot.outcomes[-1].problem and robot.outcomes[-1].placed == 0


def test_without_tf_the_node_does_not_start(
    start_pose_3d_node: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'tf2_ros', None)
    with pytest.raises(StartError, match='tf2_ros'):
        start_pose_3d_node(target_frame='odom')
