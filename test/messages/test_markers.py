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

"""Markers: what is drawn of people in space."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from movenet_ros.core.drawing import LEFT_COLOR
from movenet_ros.core.drawing import person_color
from movenet_ros.core.drawing import RIGHT_COLOR
from movenet_ros.core.frames import UP
from movenet_ros.core.frames import UP_OPTICAL
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.skeleton import COCO
from movenet_ros.messages.markers import _layout
from movenet_ros.messages.markers import markers_to_bytes
from movenet_ros.messages.markers import markers_to_msg
from movenet_ros.messages.padding import serialized
import numpy as np
from people_3d import BODY
from people_3d import people_3d
from people_3d import standing
import pytest
from std_msgs.msg import Header
from visualization_msgs.msg import Marker


@st.composite
def people(draw: Any) -> Poses3D:
    """Make up to 6 people anywhere, of whom some joints are not known."""
    n = draw(st.integers(0, 6))
    numbers = arrays(np.float64, (n, 17, 3), elements=st.floats(-100, 100))
    places, known = draw(numbers), draw(arrays(np.bool_, (n, 17)))
    places[~known] = np.nan
    return people_3d(places, draw(arrays(np.int64, n, elements=st.integers(0, 2**40))))


def each(people: Poses3D, **options: Any) -> list[tuple[Marker, Marker, Marker]]:
    """Return limbs, joints and text of each person."""
    markers = markers_to_msg(people, Header(frame_id='camera'), **options).markers
    return [tuple(markers[i:i + 3]) for i in range(0, len(markers), 3)]  # type: ignore[misc]


def places(points: Any) -> list[tuple[float, float, float]]:
    """Return points as tuples."""
    return [(p.x, p.y, p.z) for p in points]


def bgr(color: Any) -> tuple[int, int, int]:
    """Return a colour as the drawing has it."""
    return round(255 * color.b), round(255 * color.g), round(255 * color.r)


@given(people=people(), frame_id=st.text('abc', max_size=8))
def test_the_bytes_are_the_message(people: Poses3D, frame_id: str) -> None:
    """To the byte, for every number of points that may be left out."""
    header = Header(frame_id=frame_id)
    header.stamp.sec, header.stamp.nanosec = 12, 34
    assert markers_to_bytes(people, header) == serialized(markers_to_msg(people, header))


def test_a_later_message_leaves_an_earlier_one_alone() -> None:
    header = Header()
    earlier = markers_to_bytes(standing((0, 0, 2)), header)
    markers_to_bytes(standing((0, 0, 3)), header)
    assert earlier == serialized(markers_to_msg(standing((0, 0, 2)), header))


def test_people_who_stay_cost_one_layout() -> None:
    _layout.cache_clear()
    for z in range(2, 9):
        markers_to_bytes(standing((0, 0, z), (1, 0, z)), Header())
    assert _layout.cache_info().misses == 1


@given(people=people())
def test_rviz_throws_none_away(people: Poses3D) -> None:
    """It does so for a number that is none, no points, odd ends, and an empty text."""
    for limbs, joints, text in each(people):
        points = [*limbs.points, *joints.points, text.pose.position]
        assert np.isfinite(places(points)).all()
        assert limbs.points and joints.points and len(limbs.points) % 2 == 0
        assert text.text.strip()
        assert len(joints.colors) == len(joints.points)
        assert all(marker.pose.orientation.w == 1 for marker in (limbs, joints, text))


@given(people=people())
def test_no_marker_takes_the_place_of_another(people: Poses3D) -> None:
    """RViz knows them by namespace and id."""
    people = people[np.unique(people.poses.ids % 1_000_000, return_index=True)[1]]
    markers = [marker for person in each(people) for marker in person]
    assert len({(marker.ns, marker.id) for marker in markers}) == len(markers)


def test_a_person_has_limbs_joints_and_a_text() -> None:
    ((limbs, joints, text),) = each(standing((0, 0, 2)))
    kinds = (Marker.LINE_LIST, Marker.SPHERE_LIST, Marker.TEXT_VIEW_FACING)
    assert (limbs.type, joints.type, text.type) == kinds
    assert {marker.ns for marker in (limbs, joints, text)} == {'skeleton'}
    assert (limbs.id, text.text) == (1, '#1')


def test_limbs_end_where_joints_are() -> None:
    ((limbs, joints, _),) = each(standing((0, 0, 2)))
    ends = [tuple(pair) for pair in np.array(places(limbs.points)).reshape(-1, 2, 3).tolist()]
    at = np.array(places(joints.points))
    np.testing.assert_allclose(at, BODY + (0, 0, 2))
    np.testing.assert_allclose(ends, at[np.array(COCO.edges)])


def test_a_limb_without_one_of_its_ends_is_not_drawn() -> None:
    body = BODY.copy()
    body[COCO.index['left_elbow']] = np.nan
    ((limbs, joints, _),) = each(people_3d([body]))
    assert len(limbs.points) == 2 * (len(COCO.edges) - 2)
    assert len(joints.points) == 16


@pytest.mark.parametrize('known', [[], ['nose'], ['nose', 'left_knee', 'right_wrist']])
def test_a_person_without_a_limb_is_not_drawn(known: list[str]) -> None:
    body = np.full((17, 3), np.nan)
    body[[COCO.index[name] for name in known]] = 1
    assert each(people_3d([body])) == []
    assert [limbs.id for limbs, _, _ in each(people_3d([body, BODY]))] == [2]


def test_they_go_by_themselves() -> None:
    """A person who is not in the next messages any more leaves no skeleton behind."""
    for marker in each(standing((0, 0, 2)))[0]:
        assert (marker.action, marker.lifetime.sec) == (Marker.ADD, 0)
        assert marker.lifetime.nanosec == 300_000_000


@pytest.mark.parametrize('track_id', [0, 1, 2, 12])
def test_colours_are_those_of_the_annotated_image(track_id: int) -> None:
    ((limbs, joints, text),) = each(people_3d([BODY], [track_id]))
    assert bgr(limbs.color) == bgr(text.color) == person_color(track_id)
    colors = dict(zip(COCO.names, map(bgr, joints.colors), strict=True))
    assert colors['nose'] == person_color(track_id)
    assert (colors['left_hip'], colors['right_hip']) == (LEFT_COLOR, RIGHT_COLOR)


def test_a_joint_keeps_its_colour_where_others_are_not_known() -> None:
    body = BODY.copy()
    body[:3] = np.nan  # then come left_ear, right_ear, ...
    ((_, joints, _),) = each(people_3d([body]))
    assert [bgr(color) for color in joints.colors[:2]] == [LEFT_COLOR, RIGHT_COLOR]


@pytest.mark.parametrize('up', [UP_OPTICAL, UP])
def test_the_text_is_above_the_highest_joint(up: tuple[float, float, float]) -> None:
    people = standing((0.3, 0.1, 2))
    ((_, joints, text),) = each(people, up=up)
    (at,) = places([text.pose.position])
    highest = (np.array(places(joints.points)) @ up).max()
    assert highest < np.dot(at, up) < highest + 0.5


def test_the_header_is_the_images() -> None:
    header = Header(frame_id='odom')
    header.stamp.sec = 5
    markers = markers_to_msg(standing((0, 0, 2)), header).markers
    assert all(marker.header == header for marker in markers)
