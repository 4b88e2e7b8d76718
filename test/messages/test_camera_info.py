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

"""The camera of a camera_info message."""

from __future__ import annotations

from typing import Any

from movenet_ros.core.camera import CameraError
from movenet_ros.messages.camera_info import camera_from_msg
from movenet_ros.messages.camera_info import camera_info_from_bytes
from movenet_ros.messages.camera_info import is_rectified
from movenet_ros.messages.camera_info import says_the_same
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import RegionOfInterest

K = np.array([600.0, 0, 320, 0, 610, 240, 0, 0, 1])
P = np.array([500.0, 0, 310, 0, 0, 510, 230, 0, 0, 0, 1, 0])
D = [0.1, -0.2, 0.001, 0.002, 0.0]


def info(**fields: Any) -> CameraInfo:
    """Make a message."""
    values = {'width': 640, 'height': 480, 'k': K, 'p': P, 'd': D, **fields}
    return CameraInfo(**{'distortion_model': 'plumb_bob', **values})


def test_raw_images_take_k_and_d() -> None:
    camera = camera_from_msg(info(), rectified=False)
    assert (camera.wh, camera.fx, camera.cy) == ((640, 480), 600, 240)
    assert camera.distortion == tuple(D)


def test_rectified_images_take_p_without_d() -> None:
    camera = camera_from_msg(info(), rectified=True)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (500, 510, 310, 230)
    assert not camera.model


def test_a_part_of_the_sensor_is_moved() -> None:
    roi = RegionOfInterest(x_offset=100, y_offset=40, width=320, height=240)
    camera, whole = (camera_from_msg(info(**each), False) for each in ({'roi': roi}, {}))
    assert camera.wh == (320, 240)
    point = np.array([[0.1, 0.2, 2.0]])
    np.testing.assert_allclose(camera.project(point), whole.project(point) - (100, 40))


def test_binned_pixels_are_larger() -> None:
    camera, whole = (
        camera_from_msg(info(binning_x=each, binning_y=each), False) for each in (2, 0)
    )
    point = np.array([[0.1, 0.2, 2.0]])
    assert camera.wh == (320, 240)
    np.testing.assert_allclose(camera.project(point), whole.project(point) / 2)


@pytest.mark.parametrize(
    'fields',
    [
        {'k': np.zeros(9)}, {'k': np.full(9, np.nan)}, {'d': [0.1] * 7}, {'d': [np.nan] * 5},
        {'distortion_model': 'thin_prism'}, {'width': 0},
    ],
    ids=['K of zeros', 'K of NaN', 'D of odd length', 'D of NaN', 'model', 'size'],
)
def test_what_is_no_calibration_is_refused_in_one_line(fields: dict[str, Any]) -> None:
    with pytest.raises(CameraError) as refused:
        camera_from_msg(info(**fields), rectified=False)
    assert 'camera_info' in str(refused.value) and '\n' not in str(refused.value)


@pytest.mark.parametrize('length', [0, 3, 40])
def test_bytes_that_are_no_message_are_refused(length: int) -> None:
    message = bytes(serialize_message(info()))[:length]
    with pytest.raises(CameraError, match=f'{length} bytes'):
        camera_info_from_bytes(message)


def test_a_stamp_is_no_change() -> None:
    msg = info()
    before = bytes(serialize_message(msg))
    msg.header.stamp.sec = 9
    assert says_the_same(bytes(serialize_message(msg)), before)
    msg.k[0] += 1
    assert not says_the_same(bytes(serialize_message(msg)), before)


@pytest.mark.parametrize(
    ('topics', 'expected'),
    [
        (['/camera/image_raw', '/camera/camera_info'], False),
        (['/camera/image_rect', '/camera/camera_info'], True),
        (['/left/image_rect_color', '/left/camera_info'], True),
        (['/zed/zed_node/rgb/color/rect/image', '/zed/zed_node/rgb/color/rect/camera_info'], True),
        (['/image', '/camera/direct/camera_info'], False),
    ],
)
def test_names_tell_rectified_images(topics: list[str], expected: bool) -> None:
    assert is_rectified('auto', topics) == expected
    assert is_rectified('true', topics) and not is_rectified('false', topics)
