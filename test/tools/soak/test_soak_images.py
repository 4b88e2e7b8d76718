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

"""What a soak publishes: pictures that can be read, and broken messages that cannot."""

from __future__ import annotations

from random import Random
from typing import Any

from movenet_ros.core.errors import ImageError
from movenet_ros.messages.stamped import READERS
from movenet_ros.tools.scene import SCENE_WH
from movenet_ros.tools.soak.images import any_picture
from movenet_ros.tools.soak.images import broken_files
from movenet_ros.tools.soak.images import broken_images
from movenet_ros.tools.soak.images import compressed_msg
from movenet_ros.tools.soak.images import ENCODINGS
from movenet_ros.tools.soak.images import image_msg
from movenet_ros.tools.soak.images import impossible_stamps
from movenet_ros.tools.soak.images import read_poses
from movenet_ros.tools.soak.images import resized
from movenet_ros.tools.soak.images import restamped
from movenet_ros.tools.soak.images import SIZES
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

RAW, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
SMOOTH_BGR = resized(np.full((240, 320, 3), (40, 90, 160), np.uint8), SCENE_WH)


def read(msg_type: str, message: bytes) -> NDArray[np.uint8]:
    """Read an image like the node."""
    return READERS[msg_type](message, 10**8).image.as_bgr()


@pytest.mark.parametrize('encoding', ENCODINGS)
@pytest.mark.parametrize('padding', [0, 26])
def test_a_picture_is_the_same_in_every_encoding(encoding: str, padding: int) -> None:
    shown = read(RAW, serialize_message(image_msg(SMOOTH_BGR, encoding, padding)))
    wanted = np.full(3, 105) if encoding == 'mono8' else SMOOTH_BGR
    assert np.abs(shown.astype(int) - wanted).max() <= 2


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('wh', SIZES)
def test_any_picture_can_be_read(seed: int, wh: tuple[int, int]) -> None:
    shown = read(RAW, serialize_message(any_picture(SMOOTH_BGR, wh, Random(seed))))
    assert shown.shape == (*wh[::-1], 3)


@pytest.mark.parametrize('kind', ['jpeg', 'png'])
def test_compressed_pictures_can_be_read(kind: str) -> None:
    shown = read(COMPRESSED, serialize_message(compressed_msg(SMOOTH_BGR, kind)))
    assert shown.shape == SMOOTH_BGR.shape


def test_only_the_stamp_changes() -> None:
    msg = image_msg(SMOOTH_BGR)
    message = serialize_message(msg)
    stamped = deserialize_message(restamped(message, (-5, 7)), Image)
    assert (stamped.header.stamp.sec, stamped.header.stamp.nanosec) == (-5, 7)
    stamped.header.stamp = msg.header.stamp
    assert stamped == msg
    assert restamped(message[:11], (3, 4)) == message[:11]


@pytest.mark.parametrize('frame_id', ['', 'a', 'ab', 'abc', 'soak', 'overload'])
@pytest.mark.parametrize('people', [0, 2])
def test_poses_are_read(frame_id: str, people: int) -> None:
    msg = Detection2DArray(header=Header(frame_id=frame_id), detections=[Detection2D()] * people)
    msg.header.stamp.sec, msg.header.stamp.nanosec = -3, 2**32 - 1
    assert read_poses(serialize_message(msg)) == ((-3, 2**32 - 1), frame_id, people)


def test_a_resized_picture_keeps_its_shape() -> None:
    square: NDArray[np.uint8] = np.zeros((100, 100, 3), np.uint8)
    shown = resized(square, (300, 200))
    assert shown.shape == (200, 300, 3)
    np.testing.assert_array_equal(shown[:, :200], 0)
    np.testing.assert_array_equal(shown[:, 200:], 96)


@pytest.mark.parametrize(
    ('msg_type', 'make', 'least'), [(RAW, broken_images, 12), (COMPRESSED, broken_files, 5)]
)
def test_broken_messages_are_refused(msg_type: str, make: Any, least: int) -> None:
    """Some of them are odd, but images: of one pixel, or with a pixel changed."""
    refused = 0
    for message in make(SMOOTH_BGR, Random(0)):
        try:
            READERS[msg_type](message, 10**7)
        except ImageError:
            refused += 1
    assert refused >= least


def test_impossible_stamps_fit_into_a_header() -> None:
    for sec, nanosec in impossible_stamps(Random(0)):
        assert -2**31 <= sec < 2**31 and 0 <= nanosec < 2**32
