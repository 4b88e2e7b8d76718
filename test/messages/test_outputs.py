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

"""The table of outputs: its rows make messages of their types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import sys
from typing import Any

from builtin_interfaces.msg import Time
from movenet_ros.core.image import SourceImage
from movenet_ros.core.observing import Observer
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.messages.outputs import _for_foxglove
from movenet_ros.messages.outputs import ANNOTATIONS
from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import Labels
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import Result
from movenet_ros.settings import AnnotateSettings
from movenet_ros.settings import PoseParameters
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from std_msgs.msg import Header


@pytest.fixture
def result(make_people: Callable[[tuple[int, int], int], Poses]) -> Result:
    """Give two people in a small grey image."""
    image = SourceImage(np.full((48, 64, 3), 128, np.uint8), 'bgr')
    header = Header(frame_id='camera', stamp=Time(sec=7, nanosec=5))
    return Result(header, image, make_people((64, 48), 2), PoseParameters())


@pytest.mark.parametrize('output', OUTPUTS, ids=lambda each: each.name)
def test_a_row_makes_messages_of_its_type(output: Output[Result], result: Result) -> None:
    msg = deserialize_message(output.to_bytes(result), output.msg_type)
    if output.name == ANNOTATIONS:  # which have no header
        assert msg.points[0].timestamp == result.header.stamp
    else:
        assert msg.header == result.header


def test_without_foxglove_msgs_there_are_all_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.name for each in _for_foxglove()] == [ANNOTATIONS]
    monkeypatch.setitem(sys.modules, 'foxglove_msgs.msg', None)  # as if it were not installed
    assert _for_foxglove() == ()


def test_label_info_is_a_row_too() -> None:
    data = LABEL_INFO.to_bytes(Labels(COCO, 0.25, Time(sec=5)))
    msg = deserialize_message(data, LABEL_INFO.msg_type)
    assert (msg.threshold, msg.header.stamp.sec) == (0.25, 5)


def test_people_are_drawn_once_for_all_who_ask(result: Result) -> None:
    assert result.annotated_bgr is result.annotated_bgr
    assert (result.annotated_bgr != result.image.as_bgr()).any()


@pytest.mark.parametrize('annotate', [{}, {'angles': 'left_knee'}, {'activities': True}])
def test_people_are_observed_where_that_is_drawn(
    annotate: dict[str, Any], result: Result
) -> None:
    settings = PoseParameters(annotate=AnnotateSettings(**annotate))
    seen = replace(result, settings=settings, observer=Observer()).observed
    assert (seen is not None) == bool(annotate)


@pytest.mark.parametrize(('rotate', 'turns'), [(0, 0), (90, 1), (180, 2), (270, 3)])
def test_a_turned_camera_turns_what_is_down(rotate: int, turns: int, result: Result) -> None:
    """People stand upright, however the camera is held."""
    points = result.poses.keypoints
    for _ in range(turns):
        points = np.stack([points[..., 1], -points[..., 0]], axis=-1)
    settings = PoseParameters(rotate=rotate, annotate=AnnotateSettings(activities=True))
    poses = replace(result.poses, keypoints=points)
    seen = replace(result, poses=poses, settings=settings, observer=Observer()).observed
    assert seen is not None
    assert np.nanmax(seen.angles.of('trunk_lean')) < 0.1


def test_the_poses_are_first_and_pictures_wait() -> None:
    assert OUTPUTS[0].name == 'poses'
    assert [each.name for each in OUTPUTS if each.in_thread] == ['image_annotated']
