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

"""What is no picture is told as what it is, with what helps."""

from __future__ import annotations

from array import array

import cv2
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import OtherTopicError
from movenet_ros.messages.images import image_from_compressed_msg
from movenet_ros.messages.transports import republish
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage

PIXELS = np.random.default_rng(1).integers(0, 4000, (20, 30), np.uint16)
PNG = cv2.imencode('.png', PIXELS)[1].tobytes()
JPEG = cv2.imencode('.jpg', PIXELS.astype(np.uint8))[1].tobytes()
H265 = b'\0\0\0\1\x40\1\x0c\1' + bytes(range(100))
H264 = b'\0\0\0\1\x67\x42\xc0\x1e' + bytes(range(100))


def compressed(format_: str, data: bytes) -> CompressedImage:
    """Return a message."""
    return CompressedImage(format=format_, data=array('B', data))


@pytest.mark.parametrize(
    ('format_', 'data'),
    [
        ('16UC1; png compressed ', PNG),
        ('16uc1; PNG compressed', PNG),
        ('32FC1; tiff compressed ', PNG),
        ('16UC1; compressedDepth', bytes(12) + PNG),
        ('16UC1; compressedDepth rvl', bytes(range(100))),
        ('png', bytes(12) + PNG),
    ],
)
def test_depth_is_told_with_the_topic_to_take(format_: str, data: bytes) -> None:
    with pytest.raises(OtherTopicError, match='depth image .* -r image:=/camera/color/image_raw'):
        image_from_compressed_msg(compressed(format_, data))


@pytest.mark.parametrize(
    ('format_', 'name'),
    [
        ('h264', 'H.264'), ('H264', 'H.264'), ('video/h264', 'H.264'), ('H.264', 'H.264'),
        ('hevc', 'H.265'), ('h265', 'H.265'), ('av1', 'AV1'), ('vp9', 'VP9'),
        ('ffmpeg', 'ffmpeg_image_transport'), ('theora', 'Theora'), ('jpeg', 'H.264'),
        ('', 'H.264'), ('mpeg4-avc', 'H.264'),
    ],
)
def test_video_is_named_with_the_command_that_helps(format_: str, name: str) -> None:
    with pytest.raises(OtherTopicError, match=f'{name}.*ros2 run image_transport republish'):
        image_from_compressed_msg(compressed(format_, H264))


@pytest.mark.parametrize('format_', ['x265', 'libx265', 'hvc1', 'hevc_nvenc', 'jpeg', ''])
@pytest.mark.parametrize('start', [b'\0', b''])
def test_h265_is_known_by_its_first_bytes_or_its_name(format_: str, start: bytes) -> None:
    with pytest.raises(OtherTopicError, match='H.265'):
        image_from_compressed_msg(compressed(format_, start + H265[1:]))


def test_video_without_start_codes_is_known_by_its_name() -> None:
    with pytest.raises(OtherTopicError, match='H.264'):
        image_from_compressed_msg(compressed('libx264', b'\0\0\0\xc8' + H264[4:]))


@pytest.mark.parametrize(
    ('data', 'name'),
    [
        (b'\0\0\0 ftypavif', 'AVIF'), (b'\0\0\0 ftypheic', 'HEIC'), (b'\xff\x0a', 'rare format'),
        (b'\0\0\0\x0cjP  \r\n', 'rare format'), (b'P6\n3 2\n255\n', 'rare format'),
        (b'\0\0\1\xb0', 'MPEG'), (b'<html>', 'web page'),
    ],
)
def test_what_is_no_picture_that_is_read_is_named(data: bytes, name: str) -> None:
    with pytest.raises(ImageError, match=f'{name}.*no JPEG, PNG'):
        image_from_compressed_msg(compressed('', data + bytes(50)))


def test_colours_that_a_driver_swapped_are_swapped_back() -> None:
    jpeg = cv2.imencode('.jpg', np.full((16, 16, 3), (0, 0, 255), np.uint8))[1].tobytes()
    formats = ('bgr8; jpeg compressed rgb8', 'bgr8; jpeg compressed bgr8')
    swapped, plain = (image_from_compressed_msg(compressed(each, jpeg)) for each in formats)
    np.testing.assert_array_equal(swapped.as_bgr()[..., ::-1], plain.as_bgr())


@pytest.mark.parametrize(
    'format_', ['jpeg', 'rgb8; jpeg compressed bgr8', 'mono16; png compressed ', 'h264', '', '?']
)
@pytest.mark.parametrize('data', [JPEG, PNG])
def test_a_picture_is_read_whatever_its_format_says(format_: str, data: bytes) -> None:
    assert image_from_compressed_msg(compressed(format_, data)).wh == (30, 20)


@pytest.mark.parametrize('distribution', ['humble', 'iron'])
def test_older_distributions_take_arguments(
    distribution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('ROS_DISTRO', distribution)
    assert republish('ffmpeg', 'raw', '/camera/image/ffmpeg') == (
        'ros2 run image_transport republish ffmpeg raw --ros-args'
        ' -r in/ffmpeg:=/camera/image/ffmpeg -r out:=/camera/image'
    )


@pytest.mark.parametrize('distribution', ['jazzy', 'kilted', 'rolling', ''])
def test_newer_distributions_take_parameters(
    distribution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('ROS_DISTRO', distribution)
    assert republish('raw', 'compressed', '/camera/image') == (
        'ros2 run image_transport republish --ros-args'
        ' -p in_transport:=raw -p out_transport:=compressed'
        ' -r in:=/camera/image -r out/compressed:=/camera/image/compressed'
    )
