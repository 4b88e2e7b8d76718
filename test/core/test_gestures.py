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

"""Gestures in one image: of made bodies, left and right, from all sides."""

from __future__ import annotations

from dataclasses import replace

from made_bodies import body
from made_bodies import DOWN_ARM
from made_bodies import FORWARD
from made_bodies import OUT
from made_bodies import seen
from made_bodies import SITTING
from made_bodies import UP
from movenet_ros.core.activities.recogniser import Recogniser
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import NDArray
import pytest

Floats = NDArray[np.float64]

RAISED = (OUT + UP, UP)
STRETCHED = (OUT, OUT)
ACROSS = (-OUT, -OUT)
BENT = (OUT - UP, UP)  # as who greets from the hip
AT_FACE = (FORWARD - 0.6 * UP, UP - 0.35 * OUT - 0.4 * FORWARD)
CROSSED = (FORWARD * 0.5 - UP, -OUT + 0.1 * UP)

ARMS = {  # gestures: the left arm, the right arm
    (): (DOWN_ARM, DOWN_ARM),
    ('left_hand_raised',): (RAISED, DOWN_ARM),
    ('right_hand_raised',): (DOWN_ARM, RAISED),
    ('both_hands_raised',): (RAISED, RAISED),
    ('hands_on_face',): (AT_FACE, DOWN_ARM),
    ('arms_crossed',): (CROSSED, CROSSED),
    ('pointing_left',): (STRETCHED, DOWN_ARM),
    ('pointing_right',): (DOWN_ARM, STRETCHED),
    ('t_pose',): (STRETCHED, STRETCHED),
}
MIRRORED = [
    COCO.index[{'left': 'right', 'right': 'left'}.get(side, side) + rest]
    for side, rest in ((name.split('_')[0], name[len(name.split('_')[0]):]) for name in COCO.names)
]


def gestures(people: Bodies) -> tuple[str, ...]:
    """Return the gestures of the first person, in an image of its own."""
    activities = Recogniser().recognise(people, joint_angles(people)).of_people[0]
    return tuple(activity.name for activity in activities[1:])


@pytest.mark.parametrize('in_metres', [False, True])
@pytest.mark.parametrize('turn', [0, 20, -20])
@pytest.mark.parametrize('told', ARMS, ids=lambda told: '-'.join(told) or 'none')
def test_gestures_are_told_from_the_front(
    told: tuple[str, ...], turn: int, in_metres: bool
) -> None:
    left, right = ARMS[told]
    assert gestures(seen(body(SITTING, left, right), turn=turn, in_metres=in_metres)) == told


@pytest.mark.parametrize('told', [told for told in ARMS if told != ('hands_on_face',)],
                         ids=lambda told: '-'.join(told) or 'none')
def test_left_and_right_are_the_persons_own_from_behind_too(told: tuple[str, ...]) -> None:
    left, right = ARMS[told]
    assert gestures(seen(body(left=left, right=right), turn=180)) == told


@pytest.mark.parametrize('told', ARMS, ids=lambda told: '-'.join(told) or 'none')
def test_a_mirror_swaps_left_and_right(told: tuple[str, ...]) -> None:
    left, right = ARMS[told]
    people = seen(body(left=left, right=right))
    mirrored = replace(people, points=(people.points * (-1, 1))[:, MIRRORED])
    swap = {'left': 'right', 'right': 'left'}
    expected = ['_'.join(swap.get(word, word) for word in name.split('_')) for name in told]
    assert gestures(mirrored) == tuple(expected)


@pytest.mark.parametrize('arm', [
    (OUT + UP, OUT + UP),
    (OUT - UP, OUT - UP),
    (OUT - UP, OUT + UP),
    (OUT - UP, -OUT - UP),
    (UP, OUT - UP),
], ids=['half up', 'half down', 'bent', 'on the hip', 'over the head'])
def test_who_does_not_stretch_an_arm_out_level_does_not_point(arm: tuple[Floats, Floats]) -> None:
    told = gestures(seen(body(left=arm)))
    assert not {'pointing_left', 'pointing_right', 't_pose'} & {*told}


@pytest.mark.parametrize('arm', [
    (0.3 * FORWARD - UP, -OUT - 0.4 * UP - 0.2 * FORWARD),
    (FORWARD + 0.5 * UP, -OUT + 0.5 * UP),
    2 * (FORWARD - 0.5 * OUT - 0.3 * UP,),
], ids=['before the belly', 'before the neck', 'straight'])
def test_arms_that_are_not_crossed_on_the_trunk_are_not_crossed(
    arm: tuple[Floats, Floats]
) -> None:
    assert 'arms_crossed' not in gestures(seen(body(left=arm, right=arm)))


def test_a_forearm_that_hangs_from_a_high_elbow_raises_no_hand() -> None:
    people = seen(body(left=(OUT + 2 * UP, OUT - 0.8 * UP)))
    assert 'left_hand_raised' not in gestures(people)


def test_who_points_to_the_other_side_points_there() -> None:
    assert gestures(seen(body(left=ACROSS))) == ('pointing_right',)


@pytest.mark.parametrize('turn', [90, -90, 75])
def test_seen_from_the_side_nobody_points(turn: int) -> None:
    assert gestures(seen(body(left=(FORWARD, FORWARD)), turn=turn)) == ()


def test_nobody_waves_in_one_image() -> None:
    assert 'waving' not in gestures(seen(body(right=BENT)))


def test_arms_that_are_not_seen_do_nothing() -> None:
    people = seen(body(left=RAISED, right=STRETCHED))
    points = people.points.copy()
    points[:, [i for name, i in COCO.index.items() if name.endswith('wrist')]] = np.nan
    assert gestures(replace(people, points=points)) == ()
