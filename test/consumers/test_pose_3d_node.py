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

"""The 3D node among real messages: what it publishes, and what it makes of bad ones."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace
import struct
from typing import Any

import cv2
from depth_camera import CENTER
from depth_camera import FX
from depth_camera import K
from depth_camera import NEAR_M
from depth_camera import scene
from depth_camera import WH
from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.messages import poses_3d_from_msg
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_graph import World
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection3DArray

INSIDE_M = 0.15  # more than a body's radius

Start = Callable[..., Any]


@pytest.fixture
def camera(make_camera: Any, start_pose_3d_node: Start) -> Any:
    """Give a camera whose people a node places."""
    made = make_camera()
    start_pose_3d_node()
    made.until_heard()
    made.send_info()
    made.place()
    return made


def is_placed(people: Poses3D) -> bool:
    """Return whether the one person is where the depth image has it."""
    return bool(abs(people.person_positions[0, 2] - NEAR_M) < INSIDE_M)


def is_nowhere(people: Poses3D) -> bool:
    """Return whether nothing is known of anybody."""
    return bool(np.isnan(people.positions).all() and np.isnan(people.person_positions).all())


def set_parameter(world: World, name: str, value: Any) -> Any:
    """Set a parameter of the node as `ros2 param set` does."""
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    return world.call(SetParameters, 'movenet_3d/set_parameters', request).results[0]


def test_people_are_where_depth_and_camera_put_them(camera: Any) -> None:
    people = camera.place()
    x, y, z = people.positions[0].T
    assert (abs(z - NEAR_M) < INSIDE_M).all()
    rays = (camera.person.keypoints[0] - CENTER) / FX
    np.testing.assert_allclose(np.stack([x, y], 1), rays * z[:, None], atol=0.02)
    assert people.poses.ids.tolist() == [1]


def test_the_header_is_the_images(camera: Any) -> None:
    camera.stamp_ms += 33
    camera.send_depth()
    sent = camera.send_poses()
    camera.world.until(lambda: camera.received[-1].header == sent)
    assert camera.received[-1].detections[0].header == sent


def test_nobody_is_a_message_too(camera: Any) -> None:
    assert len(camera.answer(camera.send_depth, poses=Poses.nobody())) == 0


def test_without_listeners_it_subscribes_to_nothing(
    world: World, start_pose_3d_node: Start
) -> None:
    start_pose_3d_node()
    topics = [world.node.resolve_topic_name(each) for each in ('poses', 'depth', 'camera_info')]
    world.until(lambda: world.state('movenet_3d') == 'active')
    world.spin(0.2)
    assert not any(map(world.node.count_subscribers, topics))
    listener = world.node.create_subscription(Detection3DArray, 'poses_3d', print, 1)
    world.until(lambda: all(map(world.node.count_subscribers, topics)))
    world.node.destroy_subscription(listener)
    world.until(lambda: not any(map(world.node.count_subscribers, topics)))


def test_without_depth_images_poses_do_not_wait(
    make_camera: Any, start_pose_3d_node: Start, world: World
) -> None:
    camera = make_camera()
    world.node.destroy_publisher(camera.depth)
    start_pose_3d_node(max_wait_s=10.0)
    camera.until_heard(camera.poses, camera.info)
    camera.send_info()
    assert is_nowhere(camera.answer())


@pytest.mark.parametrize(
    ('pixels', 'encoding'),
    [
        (scene(np.float32), '32FC1'), (scene(wh=(160, 120)), '16UC1'),
        (scene(np.float32, (640, 480)), '32FC1'), (scene(), 'mono16'),
    ],
    ids=['metres', 'half', 'twice', 'mono16'],
)
def test_depth_may_change_its_unit_and_size_at_any_time(
    pixels: Any, encoding: str, camera: Any
) -> None:
    assert is_placed(camera.place(lambda: camera.send_depth(pixels, encoding)))
    assert is_placed(camera.place())


def test_depth_that_is_published_best_effort_is_received(
    world: World, make_camera: Any, start_pose_3d_node: Start
) -> None:
    camera = make_camera()
    world.node.destroy_publisher(camera.depth)
    best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
    camera.depth = world.publisher(Image, 'depth', best_effort)
    start_pose_3d_node()
    camera.until_heard()
    camera.send_info()
    small = scene(wh=(80, 60))  # a large one may get lost
    assert is_placed(camera.place(lambda: camera.send_depth(small)))


def test_a_depth_image_may_come_behind_the_poses(camera: Any) -> None:
    assert set_parameter(camera.world, 'max_wait_s', 9.0).successful
    camera.stamp_ms += 33
    sent = camera.send_poses()
    camera.send_depth(late_ms=10)
    camera.world.until(lambda: camera.received[-1].header == sent)
    assert is_placed(poses_3d_from_msg(camera.received[-1]))


def test_depth_that_stops_and_comes_again_costs_nothing_but_nan(camera: Any) -> None:
    assert is_nowhere(camera.answer())
    assert is_nowhere(camera.answer())
    assert is_placed(camera.place())


@pytest.mark.parametrize(
    ('pixels', 'encoding'),
    [
        (np.full(WH[::-1], np.nan, np.float32), '32FC1'),
        (np.full(WH[::-1], -2.0, np.float32), '32FC1'),
        (1000 * scene(np.float32), '32FC1'),
        (np.zeros(WH[::-1], np.uint16), '16UC1'),
    ],
    ids=['NaN', 'negative', 'millimetres that say metres', 'zeros'],
)
def test_depth_that_is_none_where_people_are_is_told(
    pixels: Any, encoding: str, camera: Any
) -> None:
    def send() -> None:
        camera.send_depth(pixels, encoding)

    camera.until_warned('no depth is known', 'max_depth_m', send=send)
    assert is_nowhere(camera.answer(send))


def test_without_stamps_nobody_is_placed_by_the_depth_of_another_time(camera: Any) -> None:
    def send() -> None:
        camera.stamp_ms = 0
        camera.send_depth()

    camera.until_warned('stamps', '0', send=send)
    assert is_nowhere(camera.answer(send))


def test_one_cause_is_one_line(camera: Any) -> None:
    def send() -> None:
        camera.send_depth(frame_id='left')

    def is_on_diagnostics() -> bool:
        camera.answer(send)
        told = (each for msg in found for each in msg.status if 'left' in each.message)
        return any(each.level == DiagnosticStatus.WARN for each in told)

    found = camera.world.sink(DiagnosticArray, '/diagnostics')
    camera.world.until(is_on_diagnostics)  # so the condition holds
    assert len({line for line in camera.warnings() if 'left' in line}) == 1


def test_a_frame_with_line_breaks_is_one_line(camera: Any) -> None:
    def send() -> None:
        camera.send_depth(frame_id='evil\n[INFO] fake\x1b[31m')

    assert camera.until_warned('evil', 'align', send=send).isprintable()


def test_stamps_apart_are_named_with_the_figure(camera: Any) -> None:
    def send() -> None:
        camera.send_depth(late_ms=-250)

    camera.until_warned('0.250 s earlier', 'max_stamp_difference_s', send=send)
    assert is_nowhere(camera.answer(send))


@pytest.mark.parametrize(
    ('pixels', 'more', 'words'),
    [
        (np.zeros((48, 64), np.uint8), {'encoding': '8UC1'}, ("'8UC1'", '16UC1', '32FC1')),
        (np.zeros((48, 64)), {'encoding': '64FC1'}, ("'64FC1'", '16UC1', '32FC1')),
        (scene(), {'data': array('B', bytes(999))}, ('999 bytes',)),
        (scene(), {'frame_id': 'left'}, ("'left'", "'camera'", 'align')),
        (scene(wh=(320, 180)), {}, ('320x180', '320x240', 'align')),
    ],
    ids=['8UC1', '64FC1', 'truncated', 'frame', 'shape'],
)
def test_a_bad_depth_image_is_one_line(
    pixels: Any, more: dict[str, Any], words: tuple[str, ...], camera: Any
) -> None:
    def send() -> None:
        camera.send_depth(pixels, **more)

    line = camera.until_warned(*words, send=send)
    assert all(is_nowhere(camera.answer(send)) for _ in range(5))
    assert '\n' not in line and len([each for each in camera.warnings() if each == line]) == 1
    assert is_placed(camera.place())


@pytest.mark.parametrize(
    'pixels',
    [
        np.full(WH[::-1], np.nan, np.float32), np.full(WH[::-1], -NEAR_M, np.float32),
        np.full(WH[::-1], np.inf, np.float32), np.zeros(WH[::-1], np.float32),
    ],
    ids=['NaN', 'negative', 'infinite', 'zero'],
)
def test_depth_that_says_nothing_places_nobody(pixels: Any, camera: Any) -> None:
    assert is_nowhere(camera.answer(lambda: camera.send_depth(pixels, '32FC1')))
    assert is_placed(camera.place())


@pytest.mark.parametrize(
    ('fields', 'words'),
    [
        ({'k': np.zeros(9)}, 'calibrate'),
        ({'d': [0.1] * 7, 'distortion_model': 'plumb_bob'}, '7 numbers in D'),
        ({'d': [0.1] * 5, 'distortion_model': 'thin_prism'}, 'thin_prism'),
        ({'frame_id': 'left'}, "'left'"),
        ({'width': 80, 'height': 60}, '80x60'),
    ],
    ids=['K of zeros', 'D of odd length', 'model', 'frame', 'size'],
)
def test_a_calibration_that_cannot_be_is_one_line_until_a_good_one_comes(
    fields: dict[str, Any], words: str, camera: Any
) -> None:
    camera.send_info(**fields)
    line = camera.until_warned(words, send=camera.send_depth)
    assert '\n' not in line
    assert is_nowhere(camera.answer(camera.send_depth))
    camera.send_info()
    assert is_placed(camera.place())


def test_without_camera_info_the_reason_is_told(
    make_camera: Any, start_pose_3d_node: Start, world: World
) -> None:
    camera = make_camera()
    world.node.destroy_publisher(camera.info)
    start_pose_3d_node()
    camera.until_heard(camera.poses, camera.depth)
    line = camera.until_warned('no camera_info', 'has no publisher', send=camera.send_depth)
    assert 'camera_info:=' in line
    assert is_nowhere(camera.answer(camera.send_depth))


def test_a_calibration_that_was_sent_once_is_kept(
    world: World, make_camera: Any, start_pose_3d_node: Start
) -> None:
    """By a publisher that keeps it for those who come later."""
    camera = make_camera()
    world.node.destroy_publisher(camera.info)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    camera.info = world.publisher(CameraInfo, 'camera_info', latched)
    camera.send_info()
    start_pose_3d_node()
    camera.until_heard()
    assert is_placed(camera.place())


def test_a_camera_that_zooms_is_used_as_it_is_then(camera: Any) -> None:
    before = camera.place().positions[0]
    camera.send_info(k=K * [2, 1, 1, 1, 2, 1, 1, 1, 1])
    camera.world.until(
        lambda: abs(np.ptp(camera.place().positions[0, :, 0]) / np.ptp(before[:, 0]) - 0.5) < 0.05,
        'for the new camera',
    )


def test_rubbish_on_any_topic_is_one_line(camera: Any) -> None:
    for publisher in (camera.poses, camera.depth, camera.info):
        publisher.publish(b'\0\1\0\0' + bytes(range(40)))
    for what in ('rejected poses', 'rejected a depth image', 'rejected camera_info'):
        camera.until_warned(what)
    camera.send_info()
    assert is_placed(camera.place())


def test_a_bag_that_begins_again_is_read_anew(camera: Any) -> None:
    camera.stamp_ms += 60_000
    assert is_placed(camera.place())
    camera.stamp_ms -= 60_000
    assert is_placed(camera.place())


def test_simulated_time_that_stands_still_holds_nothing_up(
    make_camera: Any, start_pose_3d_node: Start
) -> None:
    camera = make_camera()
    start_pose_3d_node(use_sim_time=True)
    camera.until_heard()
    camera.send_info()
    assert is_placed(camera.place())
    assert is_nowhere(camera.answer())  # after max_wait_s


def test_compressed_depth(make_camera: Any, start_pose_3d_node: Start) -> None:
    camera = make_camera(transport='compressedDepth')
    start_pose_3d_node(depth_transport='compressedDepth')
    camera.until_heard()
    camera.send_info()
    png = cv2.imencode('.png', scene())[1].tobytes()
    msg = CompressedImage(format='16UC1; compressedDepth png')
    msg.data = array('B', struct.pack('<iff', 0, 0.0, 0.0) + png)

    def send() -> None:
        msg.header = camera.send_poses()
        camera.depth.publish(msg)

    assert is_placed(camera.place(send))


def test_without_a_depth_camera_the_message_says_so(
    make_camera: Any, start_pose_3d_node: Start, world: World
) -> None:
    camera = make_camera()
    start_pose_3d_node(source='monocular')
    camera.until_heard(camera.poses, camera.info)
    camera.send_info()
    camera.world.until(lambda: camera.answer().is_monocular)
    assert not world.node.count_subscribers(world.node.resolve_topic_name('depth'))


def test_the_source_changes_at_run_time(camera: Any) -> None:
    assert set_parameter(camera.world, 'source', 'monocular').successful
    camera.world.until(lambda: not camera.depth.get_subscription_count())
    assert camera.answer().is_monocular
    assert set_parameter(camera.world, 'source', 'depth').successful
    camera.until_heard()
    assert is_placed(camera.place())


def test_a_depth_range_that_is_empty_is_refused(camera: Any) -> None:
    answer = set_parameter(camera.world, 'min_depth_m', 20.0)
    assert not answer.successful and 'max_depth_m' in answer.reason
    assert set_parameter(camera.world, 'max_depth_m', 1.0).successful
    assert is_nowhere(camera.answer(camera.send_depth))


@pytest.mark.parametrize('value', [True, 'true'])
def test_rectified_may_be_given_as_a_bool(
    value: Any, make_camera: Any, start_pose_3d_node: Start
) -> None:
    camera = make_camera()
    start_pose_3d_node(rectified=value)
    camera.until_heard()
    camera.send_info(
        d=[0.1] * 7, distortion_model='plumb_bob',
        p=np.insert(K, [3, 6, 9], 0),
    )
    assert is_placed(camera.place())


def test_it_stops_and_goes_on_with_the_lifecycle(camera: Any) -> None:
    def change(transition: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(camera.world.call(ChangeState, 'movenet_3d/change_state', request).success)

    assert change(Transition.TRANSITION_DEACTIVATE)
    camera.world.until(lambda: not camera.poses.get_subscription_count())
    assert change(Transition.TRANSITION_ACTIVATE)
    camera.until_heard()
    camera.send_info()
    assert is_placed(camera.place())


def test_diagnostics_say_what_comes_and_what_is_wrong(camera: Any) -> None:
    arrays = camera.world.sink(DiagnosticArray, '/diagnostics')

    def latest() -> dict[str, Any]:
        return {each.name.rpartition(': ')[2]: each for array in arrays for each in array.status}

    camera.world.until(lambda: camera.place() and 'depth' in latest())
    values = {each.key: each.value for each in latest()['depth'].values}
    assert values['depth_image'] == '16UC1' and values['depth'].endswith('/depth')
    assert values['stamps_apart_ms_median'] == '0.0'
    camera.world.until(
        lambda: is_nowhere(camera.answer(lambda: camera.send_depth(frame_id='left')))
        and latest()['depth'].level == b'\1'
    )
    assert "'left'" in latest()['depth'].message
    assert {*latest()} == {'depth', 'poses_3d'}


def test_poses_of_another_size_are_of_another_camera(camera: Any) -> None:
    large = replace(camera.person, boxes_xyxy=np.array([[0, 0, 1900, 1000]], np.float32))
    camera.person = large
    camera.until_warned('1900', '320x240', send=camera.send_depth)
    assert is_nowhere(camera.answer(camera.send_depth))
