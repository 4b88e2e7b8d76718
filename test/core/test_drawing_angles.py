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

"""Joint angles and activities in an image: where they are, and where they are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.drawing_angles import names_in
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.bodies import bodies_in_image
from movenet_ros.core.observing import Observed
from movenet_ros.core.observing import Observer
from movenet_ros.core.poses import Poses
import numpy as np
from numpy.typing import NDArray
import pytest

WH = (640, 480)
BLANK = np.full((WH[1], WH[0], 3), 60, np.uint8)
THRESHOLD = 0.3
LEFT_ELBOW = 7
AROUND = 90  # pixels: within them an angle is drawn

Pixels = NDArray[np.uint8]
MakePeople = Callable[..., Poses]


@pytest.fixture
def person(people_at: MakePeople) -> Poses:
    """Give a large person whose left forearm is raised."""
    made = people_at((320, 240, 440))
    points = np.array(made.keypoints)
    points[0, 9] = points[0, LEFT_ELBOW] + (60, -40)
    return replace(made, keypoints=points, ids=np.array([1]))


def observed(poses: Poses) -> Observed:
    """Return what people do."""
    return Observer().observe(bodies_in_image(poses, THRESHOLD), 10**9, '+y')


def changed(poses: Poses, names: tuple[str, ...], seen: Observed | None = None) -> Pixels:
    """Return which pixels the drawing of angles changes."""
    options = {'boxes': False, 'scores': False}
    with_them = draw_poses(
        BLANK, poses, THRESHOLD, observed=seen or observed(poses), angles=names, **options
    )
    return np.asarray((with_them != draw_poses(BLANK, poses, THRESHOLD, **options)).any(axis=2))


def test_an_angle_is_drawn_at_its_joint_and_nowhere_else(person: Poses) -> None:
    ys, xs = np.nonzero(changed(person, ('left_elbow',)))
    assert len(xs) > 100
    x, y = person.keypoints[0, LEFT_ELBOW]
    assert (np.hypot(xs - x, ys - y) < AROUND).all()


@pytest.mark.parametrize('name', ANGLES)
def test_every_angle_can_be_drawn(name: str, person: Poses) -> None:
    assert changed(person, (name,)).any()


def test_an_angle_that_is_not_known_is_not_drawn(person: Poses) -> None:
    scores = np.array(person.keypoint_scores)
    scores[0, 9] = 0.1  # the wrist
    hidden = replace(person, keypoint_scores=scores)
    assert not changed(hidden, ('left_elbow',)).any()
    assert changed(hidden, ('left_shoulder',)).any()


def test_without_names_nothing_is_drawn(person: Poses) -> None:
    assert not changed(person, ()).any()


def test_a_person_who_is_too_small_for_the_text_has_none(people_at: MakePeople) -> None:
    assert not changed(people_at((320, 240, 40)), ANGLES).any()


def test_texts_of_a_crowd_do_not_lie_on_each_other(person: Poses) -> None:
    """Two people at the same place: one of them has texts."""
    twice = replace(person[[0, 0]], ids=np.array([1, 1]))
    alone = np.count_nonzero(changed(person, ('left_knee',)))
    assert np.count_nonzero(changed(twice, ('left_knee',))) < 2.5 * alone


def test_what_a_person_does_is_in_its_label(person: Poses) -> None:
    seen = observed(person)
    labels = []
    for name in ('other', 'standing', 'left_hand_raised'):
        activities = Activities(seen.ids, ((Activity(name, 0.5),),))
        does = replace(seen, tell_activities=lambda activities=activities: activities)
        labels.append(draw_poses(BLANK, person, THRESHOLD, observed=does, activities=True))
    plain = draw_poses(BLANK, person, THRESHOLD)
    assert (labels[0] == plain).all()  # other is nothing to tell
    assert (labels[1] != plain).any() and (labels[2] != labels[1]).any()


@given(points=arrays(np.float32, (1, 17, 2), elements=st.floats(width=32)))
@example(points=np.where(np.indices((1, 17, 2))[1] == 0, np.float32(np.nan), np.float32(30)))
def test_wherever_keypoints_are_it_draws(points: NDArray[np.float32]) -> None:
    wild = Poses(
        keypoints=points, keypoint_scores=np.ones((1, 17)), scores=np.ones(1), ids=np.ones(1),
        boxes_xyxy=np.array([[0, 0, *WH]]),
    )
    with np.errstate(all='ignore'):
        seen = observed(wild)
        drawn = draw_poses(BLANK, wild, THRESHOLD, observed=seen, angles=ANGLES, activities=True)
    assert drawn.shape == BLANK.shape


@pytest.mark.parametrize(
    ('text', 'names'),
    [
        ('', ()), ('all', ANGLES), ('left_knee', ('left_knee',)),
        ('left_knee, right_elbow,', ('left_knee', 'right_elbow')), ('head_tilt,all', ANGLES),
    ],
)
def test_a_list_of_names_is_a_text(text: str, names: tuple[str, ...]) -> None:
    assert names_in(text) == names
