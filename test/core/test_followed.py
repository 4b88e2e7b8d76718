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

"""Who is followed, and the way people face."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.followed import Followed
from movenet_ros.core.followed import FollowedSettings
from movenet_ros.core.followed import headings
from movenet_ros.core.frames import rotation_of
from movenet_ros.core.frames import transformed
from movenet_ros.core.frames import UP
from movenet_ros.core.frames import UP_OPTICAL
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from people_3d import BODY
from people_3d import people_3d
from people_3d import standing
import pytest

AT_ORIGIN = (0.0, 0.0, 0.0)
SHOULDERS = [COCO.index['left_shoulder'], COCO.index['right_shoulder']]
HIPS = [COCO.index['left_hip'], COCO.index['right_hip']]


def at(*depths: float, ids: list[int] | None = None) -> Poses3D:
    """Make people straight ahead, so many metres away; NaN: it is not known where."""
    return people_3d([BODY + (0, 0, each) for each in depths], ids)


def followed(
    images: list[tuple[float, Poses3D]], settings: FollowedSettings | None = None
) -> list[int | None]:
    """Return the id that is followed in each image, given with its stamp in seconds."""
    choice, found = Followed(), []
    for stamp_s, people in images:
        index = choice.choose(
            people, round(stamp_s * NANOSECONDS), settings or FollowedSettings()
        )
        found.append(None if index is None else int(people.poses.ids[index]))
    return found


def test_the_nearest_is_followed() -> None:
    assert followed([(0, at(3, 2, 4))]) == [2]


def test_near_is_measured_across_the_view_too() -> None:
    assert followed([(0, standing((4.0, 0, 2.0), (0.0, 0, 3.0)))]) == [2]


def test_who_is_followed_stays_so_when_somebody_comes_nearer() -> None:
    assert followed([(0, at(3, 2)), (0.1, at(1, 2)), (0.2, at(0.5, 5))]) == [2, 2, 2]


def test_nobody_takes_the_place_of_one_who_is_hidden_for_a_moment() -> None:
    images = [(0, at(3, 2)), (1, at(3, ids=[1])), (2, at(3, np.nan)), (2.9, at(3, 2))]
    assert followed(images) == [2, None, None, 2]


def test_the_wait_begins_anew_whenever_the_person_is_seen() -> None:
    images = [(t, at(3, 2) if t % 2 == 0 else at(3, ids=[1])) for t in range(0, 12)]
    assert set(followed(images)) == {2, None}


def test_another_one_is_chosen_when_the_person_is_lost() -> None:
    images = [(0, at(3, 2)), (3.1, at(3, ids=[1])), (3.2, at(3, 2))]
    assert followed(images) == [2, 1, 1]


def test_how_long_is_a_parameter() -> None:
    images = [(0, at(3, 2)), (0.6, at(3, ids=[1]))]
    assert followed(images, FollowedSettings(follow_lost_s=0.5)) == [2, 1]


def test_a_time_that_begins_again_makes_a_new_choice() -> None:
    assert followed([(100, at(3, 2)), (1, at(3, ids=[1]))]) == [2, 1]


def test_the_largest_is_the_one_in_the_image() -> None:
    people = at(2, 3)
    poses = replace(people.poses, boxes_xyxy=np.array([(0, 0, 10, 20), (0, 0, 30, 40)]))
    people = replace(people, poses=poses)
    assert followed([(0, people)], FollowedSettings(follow='largest')) == [2]


def test_an_id_is_followed_and_nobody_else() -> None:
    settings = FollowedSettings(follow='id', follow_id=2)
    images = [(0, at(1, 4)), (10, at(1, ids=[1])), (20, at(1, np.nan)), (21, at(1, 4))]
    assert followed(images, settings) == [2, None, None, 2]


def test_the_id_0_is_nobodys() -> None:
    settings = FollowedSettings(follow='id', follow_id=0)
    assert followed([(0, at(1, 2, ids=[0, 3]))], settings) == [None]


def test_off_follows_nobody() -> None:
    assert followed([(0, at(2, 3))], FollowedSettings(follow='off')) == [None]


def test_people_with_an_id_come_first() -> None:
    """One without is found for the first time, or is none."""
    assert followed([(0, at(1, 4, ids=[0, 7]))]) == [7]


def test_without_any_ids_each_image_has_its_own_nearest() -> None:
    choice, people = Followed(), at(3, 2, ids=[0, 0])
    found = [choice.choose(people[order], 0, FollowedSettings()) for order in ([0, 1], [1, 0])]
    assert found == [1, 0]


@pytest.mark.parametrize('people', [at(), at(np.nan), at(np.nan, np.nan)])
def test_nobody_whose_place_is_unknown_is_followed(people: Poses3D) -> None:
    assert followed([(0, people)]) == [None]


def test_a_change_of_the_parameter_makes_a_new_choice() -> None:
    choice, people = Followed(), at(3, 2)
    assert choice.choose(people, 0, FollowedSettings()) == 1
    assert choice.choose(people, 1, FollowedSettings(follow='off')) is None
    nearer = at(1, 2)
    assert choice.choose(nearer, 2, FollowedSettings()) == 0


def test_somebody_who_looks_into_the_camera_faces_it() -> None:
    np.testing.assert_allclose(headings(standing((0, 0, 3)), UP_OPTICAL, AT_ORIGIN), [(0, 0, -1)])


@given(angle=st.floats(-np.pi, np.pi))
def test_the_heading_turns_with_the_body(angle: float) -> None:
    turn = rotation_of([0, np.sin(angle / 2), 0, np.cos(angle / 2)])  # about the vertical
    people = people_3d([BODY @ turn.T + (1, 0, 4)])
    expected = turn @ (0, 0, -1)
    np.testing.assert_allclose(headings(people, UP_OPTICAL, AT_ORIGIN), [expected], atol=1e-9)


@given(angle=st.floats(-np.pi, np.pi), tilt=st.floats(-0.5, 0.5))
def test_the_heading_is_the_same_in_any_frame(angle: float, tilt: float) -> None:
    """Where up is known; a camera that is tilted and one that is not see the same."""
    about = rotation_of([0, np.sin(angle / 2), 0, np.cos(angle / 2)])
    people = people_3d([BODY @ about.T + (1, 0, 4)])
    tilted = rotation_of([np.sin(tilt / 2), 0, 0, np.cos(tilt / 2)])
    there = headings(transformed(people, tilted, (3, 2, 1)), tilted @ UP_OPTICAL, (3, 2, 1))
    here = headings(people, UP_OPTICAL, AT_ORIGIN)
    np.testing.assert_allclose(there, here @ tilted.T, atol=1e-9)


@pytest.mark.parametrize('unknown', [SHOULDERS, HIPS, [SHOULDERS[0]], [HIPS[1]]])
def test_shoulders_or_hips_are_enough(unknown: list[int]) -> None:
    body = BODY + (0, 0, 3)
    body[unknown] = np.nan
    people = people_3d([body], person_positions=[(0, 0, 3)])
    np.testing.assert_allclose(headings(people, UP_OPTICAL, AT_ORIGIN), [(0, 0, -1)])


def test_an_unknown_heading_is_that_from_the_camera_to_the_person() -> None:
    body = BODY + (3, 1, 4)
    body[[*SHOULDERS, HIPS[0]]] = np.nan
    people = people_3d([body], person_positions=[(3, 1, 4)])
    np.testing.assert_allclose(headings(people, UP_OPTICAL, AT_ORIGIN), [(0.6, 0, 0.8)])


def test_it_begins_at_the_camera_wherever_that_is() -> None:
    body = BODY + (5, 2, 0)
    body[[*SHOULDERS, *HIPS]] = np.nan
    people = people_3d([body], person_positions=[(5, 2, 0)])
    np.testing.assert_allclose(headings(people, UP, (5, -1, 1)), [(0, 1, 0)])


def test_a_body_that_is_too_narrow_tells_no_heading() -> None:
    """Left and right are a few centimetres apart there, and depth is wrong by as much."""
    people = people_3d([BODY * (0.1, 1, 1) + (0, 0, 3)])
    np.testing.assert_allclose(headings(people, UP_OPTICAL, AT_ORIGIN), [(0, 0, 1)])


@given(place=st.tuples(*[st.sampled_from([-1.0, 0.0, 2.0])] * 3))
def test_a_heading_is_level_and_of_length_1(place: tuple[float, float, float]) -> None:
    """Right above the camera and in it, too."""
    body = BODY + place
    body[[*SHOULDERS, *HIPS]] = np.nan
    people = people_3d([body], person_positions=[place])
    (way,) = headings(people, UP_OPTICAL, AT_ORIGIN)
    assert np.linalg.norm(way) == pytest.approx(1)
    assert way @ UP_OPTICAL == pytest.approx(0)


def test_whose_place_is_unknown_has_no_heading() -> None:
    ways = headings(at(np.nan, 2), UP_OPTICAL, AT_ORIGIN)
    assert np.isnan(ways).tolist() == [[True] * 3, [False] * 3]
