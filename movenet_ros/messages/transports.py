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

"""
What carries images that are no pictures: depth, and video whose images need the ones before.

Each is named as what it is, with the command or the topic that helps.
"""

from __future__ import annotations

import os
import re

from movenet_ros.core.errors import OtherTopicError
from movenet_ros.core.wording import one_line

DEPTH = {'16UC1', '16SC1', '32FC1', '64FC1', 'compressedDepth'}
VIDEO = {  # words in the format of a CompressedImage
    **dict.fromkeys(('h264', 'x264', 'libx264', 'avc', 'avc1'), 'H.264 video'),
    **dict.fromkeys(('h265', 'x265', 'libx265', 'hevc', 'hvc1', 'hev1'), 'H.265 video'),
    'av1': 'AV1 video',
    'vp8': 'VP8 video',
    'vp9': 'VP9 video',
    'mpeg4': 'MPEG-4 video',
    'ffmpeg': 'video of ffmpeg_image_transport',
    'theora': 'Theora video',
}
VIDEO_TYPES = {  # message types of image_transport's plugins: the plugin's name
    'ffmpeg_image_transport_msgs/msg/FFMPEGPacket': 'ffmpeg',
    'foxglove_msgs/msg/CompressedVideo': 'foxglove',
    'theora_image_transport/msg/Packet': 'theora',
}
LONGEST_NAME = 60
PNG = b'\x89PNG'
CAMERA = '/camera/image_raw'  # in examples
DEPTH_HEADER = 12  # bytes before the PNG of compressedDepth
H265 = re.compile(  # how a frame begins: with parameters, information or a picture
    rb'\0?\0\0\x01[\0\x02\x26\x28\x2a\x40\x42\x44\x46\x4e]\x01'
)
H264 = re.compile(rb'\0?\0\0\x01[\x01\x05-\x09\x21\x25-\x28\x41\x45-\x48\x61\x65-\x68]')
POSITIONAL = ('humble', 'iron')  # distributions whose republish takes arguments, not parameters

_DEPTH_NAMES = {each.lower() for each in DEPTH}


def check_depth(format_: str) -> None:
    """
    Reject a CompressedImage with depth, which may well be a PNG.

    :raises OtherTopicError: if its format says so.
    """
    if _DEPTH_NAMES & set(_words(format_)):
        raise no_depth(f'format {one_line(format_, LONGEST_NAME)!r}')


def check_video(format_: str, data: bytes) -> None:
    """
    Name a CompressedImage that is no picture.

    :param data: the first bytes.
    :raises OtherTopicError: if it is known what it is.
    """
    if data[DEPTH_HEADER:].startswith(PNG):
        raise no_depth('compressedDepth')
    name = next(filter(None, map(VIDEO.get, reversed(_words(format_)))), '')
    if H265.match(data):
        name = VIDEO['h265']
    elif not name and H264.match(data):
        name = VIDEO['h264']
    if name:
        raise OtherTopicError(
            f'{name}, whose images need the ones before',
            'let the camera publish JPEG, or make JPEG of its raw images:'
            f' {republish("raw", "compressed", CAMERA)}',
        )


def no_depth(said_by: str) -> OtherTopicError:
    """
    Return the error for depth.

    :param said_by: how that is known.
    """
    return OtherTopicError(
        f'a depth image ({said_by})',
        'take the topic of the colour or infrared images instead, such as'
        ' -r image:=/camera/color/image_raw',
    )


def republish(source: str, target: str, topic: str) -> str:
    """
    Return the command that makes one transport of images of another.

    :param source: image_transport's name of the one that is there.
    :param target: of the one that is wanted.
    :param topic: of either.
    """
    base = topic.removesuffix(f'/{source}')
    remapping = f'-r {_remapped("in", source, base)} -r {_remapped("out", target, base)}'
    if os.environ.get('ROS_DISTRO') in POSITIONAL:
        return f'ros2 run image_transport republish {source} {target} --ros-args {remapping}'
    return (
        'ros2 run image_transport republish --ros-args'
        f' -p in_transport:={source} -p out_transport:={target} {remapping}'
    )


def _remapped(name: str, transport: str, base: str) -> str:
    end = '' if transport == 'raw' else f'/{transport}'
    return f'{name}{end}:={base}{end}'


def _words(format_: str) -> list[str]:
    return re.findall(r'[a-z0-9]+', re.sub(r'h[.-]26', 'h26', format_[:100].lower()))
