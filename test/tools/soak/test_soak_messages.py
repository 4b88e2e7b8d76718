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

"""What a soak publishes: pictures that can be read, and rubbish that cannot."""

from __future__ import annotations

from random import Random

from movenet_ros.core.errors import ImageError
from movenet_ros.messages.images import image_from_compressed_msg
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.serialized_image import ImageView
from movenet_ros.tools.scene import SCENE_WH
from movenet_ros.tools.soak import messages as soak_messages
from movenet_ros.tools.soak.messages import any_picture
from movenet_ros.tools.soak.messages import compressed_msg
from movenet_ros.tools.soak.messages import compressed_rubbish
from movenet_ros.tools.soak.messages import ENCODINGS
from movenet_ros.tools.soak.messages import image_msg
from movenet_ros.tools.soak.messages import Picture
from movenet_ros.tools.soak.messages import read_poses
from movenet_ros.tools.soak.messages import resized
from movenet_ros.tools.soak.messages import restamped
from movenet_ros.tools.soak.messages import rubbish
from movenet_ros.tools.soak.messages import SIZES
from movenet_ros.tools.soak.messages import wild_stamps
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

GREY = {'mono8', 'mono16'}
SMOOTH_BGR = resized(np.full((240, 320, 3), (40, 90, 160), np.uint8), SCENE_WH)


@pytest.mark.parametrize('encoding', ENCODINGS)
@pytest.mark.parametrize('padding', [0, 26])
def test_a_picture_is_the_same_in_every_encoding(encoding: str, padding: int) -> None:
    if encoding == 'nv12':
        padding = 0  # its second plane begins behind the first one
    read = image_from_msg(image_msg(SMOOTH_BGR, encoding, padding)).as_bgr()
    wanted = SMOOTH_BGR if encoding not in GREY else np.full(3, 105)
    assert np.abs(read.astype(int) - wanted).max() <= 20  # YUV of video has a smaller range


@pytest.mark.parametrize('seed', range(20))
@pytest.mark.parametrize('wh', SIZES)
def test_any_picture_can_be_read(seed: int, wh: tuple[int, int]) -> None:
    image = image_from_msg(any_picture(SMOOTH_BGR, wh, Random(seed)))
    assert np.abs(np.subtract(image.wh, wh)).max() <= 1


@pytest.mark.parametrize('kind', ['jpeg', 'png'])
def test_compressed_pictures_can_be_read(kind: str) -> None:
    assert image_from_compressed_msg(compressed_msg(SMOOTH_BGR, kind)).wh == SCENE_WH


def test_only_the_stamp_changes() -> None:
    msg = image_msg(SMOOTH_BGR)
    stamped = deserialize_message(Picture.of(msg).stamped((-5, 7)), Image)
    assert (stamped.header.stamp.sec, stamped.header.stamp.nanosec) == (-5, 7)
    stamped.header.stamp = msg.header.stamp
    assert stamped == msg


def test_a_stamp_is_put_where_there_is_room() -> None:
    message = serialize_message(image_msg(SMOOTH_BGR))
    assert restamped(message, (3, 4)) == Picture.of(image_msg(SMOOTH_BGR)).stamped((3, 4))
    assert restamped(message[:11], (3, 4)) == message[:11]


@pytest.mark.parametrize('frame_id', ['', 'a', 'ab', 'abc', 'soak', 'flood'])
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


def test_most_rubbish_is_refused_and_nothing_worse() -> None:
    """Some of it is odd, but an image: of one pixel, say."""
    refused = []
    for name, message in rubbish(SMOOTH_BGR, Random(0)):
        try:
            image_from_msg(ImageView.of(message))
        except ImageError:
            refused.append(name)
    assert len(refused) >= 16
    assert {'no data', 'a step too small', 'nothing but the kind of bytes'} <= {*refused}


def test_broken_files_are_refused() -> None:
    refused = []
    for name, message in compressed_rubbish(SMOOTH_BGR, Random(0)):
        try:
            image_from_compressed_msg(deserialize_message(message, CompressedImage))
        except ImageError:
            refused.append(name)
    assert {'a cut PNG', 'nothing', 'random bytes', 'a text', 'a PNG of 100 megapixels'} <= {
        *refused
    }


def test_the_bomb_is_small() -> None:
    assert len(soak_messages.bomb()) < 100_000


def test_rubbish_is_repeatable() -> None:
    """By its names, among them where a message is cut: the middleware pads with anything."""
    first, again, other = (
        [name for name, _ in rubbish(SMOOTH_BGR, Random(seed))] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_wild_stamps_fit_into_a_header() -> None:
    for sec, nanosec in wild_stamps(Random(0)):
        header = Header()
        header.stamp.sec, header.stamp.nanosec = sec, nanosec
        assert read_poses(serialize_message(Detection2DArray(header=header)))[0] == (sec, nanosec)
