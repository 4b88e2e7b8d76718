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

"""Which source a replay reads, and what is told of one that it does not read."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import shutil
from typing import Any

import cv2
from mcap.writer import CompressionType
from mcap.writer import Writer
from movenet_ros.core.errors import StartError
from movenet_ros.messages.stamped import Stamped
from movenet_ros.replay.source import open_source
import numpy as np
import pytest

WriteBag = Callable[..., Path]
ImageBytes = Callable[..., bytes]

IMAGE = 'sensor_msgs/msg/Image'
BEGIN_NS = 1_700_000_000 * 10**9
COUNT = 5


@pytest.fixture
def image(image_bytes: ImageBytes) -> bytes:
    """Give a message with a small image."""
    return image_bytes(np.full((4, 4, 3), 90, np.uint8), BEGIN_NS)


def mcap(
    path: Path, channels: list[tuple[str, str, str, str]], data: bytes, **options: Any
) -> Path:
    """
    Write an MCAP file.

    :param channels: topic, type, encoding of the type and of the messages.
    """
    writer = Writer(str(path), **options)
    writer.start('')
    for topic, msg_type, schema_encoding, encoding in channels:
        schema = writer.register_schema(msg_type, schema_encoding, b'')
        channel = writer.register_channel(topic, encoding, schema)
        for i in range(COUNT):
            writer.add_message(channel, BEGIN_NS + i, data, BEGIN_NS + i)
    writer.add_attachment(0, 0, 'calibration.yaml', 'text/yaml', b'k: 1')
    writer.add_metadata('weather', {'rain': 'no'})
    writer.finish()
    return path


def count(path: Path, topic: str = '') -> int:
    """Return how many images can be read of a source that must be whole."""
    source = open_source(path, topic)
    images = [each.image for each in source.items() if each.image is not None]
    source.close()
    assert not source.damage and all(isinstance(each, Stamped) for each in images)
    return len(images)


@pytest.mark.parametrize('compression', list(CompressionType))
@pytest.mark.parametrize(
    'others',
    [
        [],
        [('/plan', 'Plan', 'jsonschema', 'json')],
        [('/log', 'foxglove.Log', 'protobuf', 'protobuf')],
        [('/old/image', 'sensor_msgs/Image', 'ros1msg', 'ros1')],
    ],
)
def test_images_beside_another_encoding_are_read(
    others: list[tuple[str, str, str, str]], compression: CompressionType, image: bytes,
    tmp_path: Path,
) -> None:
    channels = [*others, ('/image', IMAGE, 'ros2msg', 'cdr')]
    path = mcap(tmp_path / 'x.mcap', channels, image, compression=compression)
    assert count(path) == COUNT


@pytest.mark.parametrize(
    'msg_type',
    ['sensor_msgs/Image', 'sensor_msgs::msg::Image', 'sensor_msgs::msg::dds_::Image_'],
)
def test_a_type_is_known_in_every_spelling(msg_type: str, image: bytes, tmp_path: Path) -> None:
    path = mcap(tmp_path / 'x.mcap', [('/image', msg_type, 'ros2idl', 'cdr')], image)
    assert count(path) == COUNT


@pytest.mark.parametrize('asked', ['', '/cam/image'])
@pytest.mark.parametrize(
    ('msg_type', 'schema_encoding', 'encoding', 'words'),
    [
        ('sensor_msgs/Image', 'ros1msg', 'ros1', 'rosbags-convert --src'),
        ('sensor_msgs/msg/Image', 'ros1msg', 'ros1', 'rosbags-convert --src'),
        ('foxglove.CompressedImage', 'protobuf', 'protobuf', 'mcap'),
        ('Picture', 'jsonschema', 'json', 'mcap'),
    ],
)
def test_images_in_another_encoding_are_told_as_that_and_not_as_damage(
    msg_type: str, schema_encoding: str, encoding: str, words: str, asked: str, image: bytes,
    tmp_path: Path,
) -> None:
    channel = ('/cam/image', msg_type, schema_encoding, encoding)
    path = mcap(tmp_path / 'x.mcap', [channel], image)
    with pytest.raises(StartError) as refused:
        open_source(path, asked)
    told = str(refused.value)
    assert f'{msg_type} in {encoding}, {COUNT}' in told and words in told
    assert 'damage' not in told and told.isprintable()


@pytest.fixture
def bag(image: bytes, write_bag: WriteBag, tmp_path: Path) -> Path:
    """Give a bag of images."""
    rows = [('/image', IMAGE, BEGIN_NS + i, image) for i in range(COUNT)]
    return write_bag(tmp_path / 'bag', rows)


def test_where_a_folder_has_no_images_the_bags_in_it_are_named(bag: Path, tmp_path: Path) -> None:
    mcap(tmp_path / 'x.mcap', [('/log', 'foxglove.Log', 'protobuf', 'protobuf')], b'')
    with pytest.raises(StartError, match=f'no images.*replay {bag}'):
        open_source(tmp_path, '')


@pytest.mark.parametrize('name', ['x.bag', 'x', 'x.mp4', 'x.mcap.active'])
def test_a_bag_is_read_whatever_its_name(name: str, bag: Path, tmp_path: Path) -> None:
    shutil.copy(bag / 'bag.mcap', tmp_path / name)
    assert count(tmp_path / name) == COUNT


def test_pictures_are_read_whatever_their_folder_holds_beside_them(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((4, 4, 3), np.uint8))
    (tmp_path / 'metadata.yaml').write_text('author: somebody')
    assert count(tmp_path) == 1


@pytest.mark.parametrize(
    ('name', 'content', 'words'),
    [
        ('noetic.bag', b'#ROSBAG V2.0\n' + bytes(99), 'rosbags-convert --src'),
        ('x.mcap', b'version https://git-lfs.github.com/spec/v1\n', 'git lfs pull'),
        ('x.db3-wal', b'\x37\x7f\x06\x82' + bytes(99), 'x.db3, which it belongs to'),
        ('metadata.yaml', b'rosbag2_bagfile_information:\n', 'give its folder'),
        ('bag.zip', b'PK\3\4' + bytes(99), 'unpack it'),
        ('x.mp4', b'', 'is empty'),
    ],
)
def test_what_is_no_recording_is_told_with_what_helps(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StartError) as refused:
        open_source(tmp_path / name, '')
    assert words in str(refused.value) and str(refused.value).isprintable()


@pytest.mark.parametrize('source', ['0', '/dev/video97', 'rtsp://10.0.0.2/stream'])
def test_what_is_no_recording_but_live_is_for_the_demo(source: str) -> None:
    with pytest.raises(StartError, match=f'movenet_ros demo {source}'):
        open_source(Path(source), '')


def test_a_name_that_is_no_text_is_read_and_can_be_printed(bag: Path, tmp_path: Path) -> None:
    path = bag.rename(os.fsdecode(os.fsencode(tmp_path) + b'/K\xfcche'))
    source = open_source(path, '')
    source.close()
    assert source.name.encode() and count(path) == COUNT
