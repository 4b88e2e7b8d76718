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

"""Annotations: what Foxglove draws of people over the image."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from movenet_ros.core.drawing import LEFT_COLOR
from movenet_ros.core.drawing import person_color
from movenet_ros.core.drawing import RIGHT_COLOR
from movenet_ros.core.drawing_angles import by_id
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.messages import annotations
from movenet_ros.messages.annotations import annotations_to_msg
from movenet_ros.messages.annotations import shown_of
from movenet_ros.messages.padding import serialized
from movenet_ros.messages.prepared_annotations import _layout
from movenet_ros.messages.prepared_annotations import annotations_to_bytes
import numpy as np
import pytest
from std_msgs.msg import Header

WH = 640, 480
THRESHOLD = 0.5
HEADER = Header(frame_id='camera')
HEADER.stamp.sec, HEADER.stamp.nanosec = 12, 34


@st.composite
def people(draw: Any) -> Poses:
    """Make up to 6 people anywhere, of whom some keypoints are not seen."""
    n = draw(st.integers(0, 6))
    points = draw(arrays(np.float32, (n, 17, 2), elements=st.floats(-1000, 1000, width=32)))
    shares = st.floats(0, 1, width=32)
    return Poses(
        keypoints=points,
        keypoint_scores=draw(arrays(np.float32, (n, 17), elements=shares)),
        boxes_xyxy=np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1),
        scores=draw(arrays(np.float32, n, elements=shares)),
        ids=draw(arrays(np.int64, n, elements=st.integers(0, 2**40))),
    )


def walkers(*ids: int, seen: float = 1.0) -> Poses:
    """Make people of whom every keypoint has the same score."""
    n = len(ids)
    points = np.random.default_rng(0).uniform(100, 300, (n, 17, 2))
    boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    return Poses(points, np.full((n, 17), seen), boxes, np.linspace(0.9, 0.4, n), np.array(ids))


def message(poses: Poses, scores: bool = True) -> Any:
    """Make the message."""
    return annotations_to_msg(shown_of(poses, WH, THRESHOLD, scores), HEADER)


def places(points: Any) -> list[tuple[float, float]]:
    """Return points as tuples."""
    return [(point.x, point.y) for point in points]


def bgr(color: Any) -> tuple[int, int, int]:
    """Return a colour as the drawing has it."""
    return round(255 * color.b), round(255 * color.g), round(255 * color.r)


@given(poses=people(), threshold=st.floats(0, 1), scores=st.booleans())
def test_the_bytes_are_the_message(poses: Poses, threshold: float, scores: bool) -> None:
    """To the byte, for every number of points that may be left out."""
    shown = shown_of(poses, WH, threshold, scores)
    assert annotations_to_bytes(shown, HEADER) == serialized(annotations_to_msg(shown, HEADER))


@given(poses=people())
def test_the_numbers_are_those_of_the_poses(poses: Poses) -> None:
    """Of the keypoints that were seen, and of the limbs between two of them."""
    points = message(poses).points if len(poses) else []
    for person, limbs, joints in zip(by_id(poses), points[::2], points[1::2], strict=True):
        seen = set(np.flatnonzero(poses.keypoint_scores[person] >= THRESHOLD).tolist())
        at = [(float(x), float(y)) for x, y in poses.keypoints[person]]
        ends = [at[end] for edge in COCO.edges if seen >= {*edge} for end in edge]
        assert (limbs.type, joints.type) == (limbs.LINE_LIST, limbs.POINTS)
        assert places(limbs.points) == ends
        assert places(joints.points) == [at[joint] for joint in sorted(seen)]


@given(poses=people())
def test_every_stamp_is_the_images(poses: Poses) -> None:
    """By which Foxglove finds the image that they belong to."""
    msg = message(poses)
    stamps = [each.timestamp for each in (*msg.points, *msg.texts)]
    assert stamps
    if hasattr(msg, 'timestamp'):  # since 3.2.5
        stamps.append(msg.timestamp)
    assert all(stamp == HEADER.stamp for stamp in stamps)


@pytest.mark.parametrize(
    ('scores', 'texts'), [(True, ['#3 0.90', '#12 0.40', '0.65']), (False, ['#3', '#12'])]
)
def test_a_text_is_the_id_and_the_score(scores: bool, texts: list[str]) -> None:
    """Nobody has an empty one."""
    assert [each.text for each in message(walkers(3, 0, 12), scores).texts] == texts


@given(poses=people())
def test_no_text_is_above_the_image(poses: Poses) -> None:
    for text in message(poses).texts:
        assert 0 <= text.position.x <= WH[0]
        assert text.font_size <= text.position.y <= WH[1]


@pytest.mark.parametrize('track_id', [0, 1, 12])
def test_colours_are_those_of_the_annotated_image(track_id: int) -> None:
    msg = message(walkers(track_id))
    limbs, joints = msg.points
    assert bgr(limbs.outline_color) == bgr(msg.texts[0].background_color) == person_color(track_id)
    colors = dict(zip(COCO.names, map(bgr, joints.outline_colors), strict=True))
    assert colors['nose'] == person_color(track_id)
    assert (colors['left_hip'], colors['right_hip']) == (LEFT_COLOR, RIGHT_COLOR)


def test_people_who_stay_cost_one_layout() -> None:
    """Whoever has the best score."""
    _layout.cache_clear()
    for ids in [(1, 2, 3), (3, 1, 2), (2, 1, 3)]:
        annotations_to_bytes(shown_of(walkers(*ids), WH, THRESHOLD, True), HEADER)
    assert _layout.cache_info().misses == 1


def test_the_message_of_before_3_2_5_is_filled_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no stamp of its own, nor metadata."""
    before = SimpleNamespace(circles=[], points=[], texts=[])
    monkeypatch.setattr(annotations, 'ImageAnnotations', lambda: before)
    msg = message(walkers(1, 2))
    assert set(vars(msg)) == {'circles', 'points', 'texts'}
    assert [each.timestamp for each in msg.points] == [HEADER.stamp] * 4
