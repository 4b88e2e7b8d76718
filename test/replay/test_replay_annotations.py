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

"""Annotations in the bag of a replay: a reader that is not ours shows them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

from movenet_ros.core.errors import StartError
from movenet_ros.core.poses import Poses
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import Result
from movenet_ros.messages.stamped import Stamped
from movenet_ros.replay import outputs as replay_outputs
from movenet_ros.replay.outputs import Outputs
from movenet_ros.replay.outputs import Targets
from movenet_ros.replay.source import Item
from movenet_ros.replay.source import open_source
from movenet_ros.settings import PoseParameters
import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores

IMAGES, PEOPLE = 5, 6
WH = 640, 480
SETTINGS = PoseParameters()
ANNOTATIONS, POSES = '/annotations', '/poses'


@pytest.fixture
def bag(
    make_people: Callable[[tuple[int, int], int], Poses], image_bytes: Callable[..., bytes],
    write_bag: Callable[..., Path], tmp_path: Path,
) -> Path:
    """Give a bag of images that was replayed, with the same six people in each of them."""
    black = np.zeros((WH[1], WH[0], 3), np.uint8)
    rows = [('/image', 'sensor_msgs/msg/Image', i, image_bytes(black, i)) for i in range(IMAGES)]
    recorded, out = write_bag(tmp_path / 'bag', rows), tmp_path / 'out'
    source, poses = open_source(recorded, ''), make_people(WH, PEOPLE)

    def found() -> Iterator[Item]:
        for item in source.items():
            if isinstance(item.image, Stamped):
                header, image = item.image.header, item.image.image
                yield item._replace(image=Result(header, image, poses, SETTINGS))

    with Outputs(Targets(out, annotations=True), recorded, source) as outputs:
        outputs.consume(found())
        outputs.complete()
    source.close()
    return out


def test_the_schema_in_the_file_is_enough_to_read_the_numbers_of_poses(bag: Path) -> None:
    plain = get_typestore(Stores.EMPTY)  # knows no type but those that the bag describes
    with AnyReader([bag], default_typestore=plain) as reader:
        rows = [
            (connection.topic, reader.deserialize(data, connection.msgtype))
            for connection, _, data in reader.messages()
            if connection.topic in (ANNOTATIONS, POSES)
        ]
    (poses, *_), (drawn, *_) = (
        [msg for topic, msg in rows if topic == name] for name in (POSES, ANNOTATIONS)
    )
    assert len(rows) == 2 * IMAGES
    for person, joints in zip(poses.detections, drawn.points[1::2], strict=True):
        assert joints.timestamp == poses.header.stamp
        at = [
            (each.pose.pose.position.x, each.pose.pose.position.y)
            for each in person.results[:-1]
            if each.hypothesis.score >= SETTINGS.keypoint_threshold
        ]
        assert [(point.x, point.y) for point in joints.points] == at


def test_they_take_little_beside_the_images(bag: Path) -> None:
    """Less than a twentieth, and image_annotated as much as the images."""
    sizes = {'/image': 0, ANNOTATIONS: 0}
    with AnyReader([bag]) as reader:
        for connection, _, data in reader.messages():
            if connection.topic in sizes:
                sizes[connection.topic] += len(data)
    assert 0 < sizes[ANNOTATIONS] < 0.05 * sizes['/image']


def test_without_foxglove_msgs_one_line_names_the_package(
    bag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {f'/{each.name}': each for each in OUTPUTS if each.name != 'annotations'}
    monkeypatch.setattr(replay_outputs, 'OURS', others)
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    source = open_source(bag, '')
    with pytest.raises(StartError, match='ros-jazzy-foxglove-msgs'):
        Outputs(Targets(tmp_path / 'again', annotations=True), bag, source)
    source.close()
