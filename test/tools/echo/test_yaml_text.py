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

"""A message as YAML that a person reads and a program loads."""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseWithCovariance
from movenet_ros.core.poses import Poses
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.tools.echo.yaml_text import yaml_of
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from std_msgs.msg import String
import yaml


def loaded(msg: Any, **options: Any) -> Any:
    """Print a message and load it again."""
    return yaml.safe_load(yaml_of(msg, **options))


def filled(msg: Any, values: Any) -> Any:
    """Fill a message with the values of its YAML."""
    for name, value in values.items():
        field = getattr(msg, name)
        if isinstance(value, dict):
            filled(field, value)
        else:
            setattr(msg, name, value)
    return msg


def test_every_field_is_there_in_its_order(people_at: Callable[..., Poses]) -> None:
    header = Header(frame_id='camera: "left" é\n')
    header.stamp.sec, header.stamp.nanosec = 12, 345
    people = people_at((30.0, 20.0, 20.0), (50.0, 20.0, 15.0))
    values = loaded(poses_to_msg(people, header), full_length=True)
    assert values['header'] == {
        'stamp': {'sec': 12, 'nanosec': 345}, 'frame_id': header.frame_id
    }
    assert [*values['detections'][0]] == ['header', 'results', 'bbox', 'id']
    found = [
        [each['pose']['pose']['position']['x'] for each in person['results'][:-1]]
        for person in values['detections']
    ]
    assert np.allclose(found, people.keypoints[..., 0])


def test_nothing_is_lost_at_full_length() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 30, 3), np.uint8)
    msg = image_to_msg(pixels, Header(frame_id='camera'))
    assert filled(Image(), loaded(msg, full_length=True)) == msg


def test_bytes_of_an_image_are_shortened_and_counted(photo_bgr: Any) -> None:
    text = yaml_of(image_to_msg(photo_bgr, Header()))
    assert len(text.splitlines()) < 20
    *shown, rest = yaml.safe_load(text)['data']
    assert shown == photo_bgr.ravel()[:len(shown)].tolist()
    assert str(photo_bgr.size - len(shown)) in rest


def test_a_matrix_is_whole_and_on_one_line_and_a_covariance_is_not_whole() -> None:
    info = CameraInfo(p=[float(i) for i in range(12)])
    assert f'p: {info.p.tolist()}\n' in yaml_of(info)
    assert len(loaded(PoseWithCovariance())['covariance']) < 36


def test_a_long_text_is_shortened() -> None:
    text = loaded(String(data='a' * 100_000))['data']
    assert len(text) < 2000 and '99' in text


def test_a_byte_is_a_number() -> None:
    assert loaded(DiagnosticStatus(level=DiagnosticStatus.ERROR))['level'] == 2


@pytest.mark.parametrize('value', [math.inf, math.nan, 1e-30, 0.1])
def test_any_number_comes_back(value: float) -> None:
    msg = PoseWithCovariance()
    msg.pose.position.x = value
    assert np.array_equal(loaded(msg)['pose']['position']['x'], value, equal_nan=True)


def test_an_empty_array_and_an_empty_message_are_valid(people_at: Callable[..., Poses]) -> None:
    msg = poses_to_msg(people_at(), Header())
    assert loaded(msg)['detections'] == []
    assert len(poses_from_msg(msg)) == 0
