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

"""What is told of people over time: holding, waving, falls, and who is remembered."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from made_bodies import BENDING
from made_bodies import body
from made_bodies import CROUCHING
from made_bodies import FORWARD
from made_bodies import LAYING
from made_bodies import OUT
from made_bodies import Pose
from made_bodies import seen
from made_bodies import SITTING
from made_bodies import STANDING
from made_bodies import UP
from movenet_ros.core.activities.recogniser import Recogniser
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray
import pytest

Floats = NDArray[np.float64]
Told = list[tuple[str, ...]]

HAND_UP = body(right=(OUT + UP, UP))
AT_RATES = pytest.mark.parametrize('rate_hz', [5.0, 15.0, 60.0])


def told(
    at: Callable[[float], Floats], stamps_s: Sequence[float], recogniser: Recogniser | None = None,
    track: int = 1, in_metres: bool = False,
) -> Told:
    """
    Return the names of what one person does in each image.

    :param at: the body at each instant, in seconds.
    """
    recogniser, names = recogniser or Recogniser(), []
    for stamp_s in stamps_s:
        people = seen(at(stamp_s), turn=20.0, in_metres=in_metres, ids=[track])
        activities = recogniser.recognise(
            people, joint_angles(people), round((100 + stamp_s) * NANOSECONDS)
        )
        names.append(tuple(each.name for each in activities.of_people[0]))
    return names


def stream(seconds: float, rate_hz: float = 15.0) -> list[float]:
    """Return the stamps of a stream."""
    return [i / rate_hz for i in range(round(seconds * rate_hz))]


def in_turn(*poses: tuple[float, Floats]) -> Callable[[float], Floats]:
    """Return a body that takes one pose after the other, each from an instant on."""
    return lambda stamp_s: [made for since_s, made in poses if since_s <= stamp_s][-1]


def moving(start: Pose, end: Pose, since_s: float, until_s: float) -> Callable[[float], Floats]:
    """Return a body that goes from one pose to another."""
    def at(stamp_s: float) -> Floats:
        share = min(max((stamp_s - since_s) / (until_s - since_s), 0.0), 1.0)
        return body(Pose(*(a + share * (b - a) for a, b in zip(start, end))))

    return at


def waving(hz: float, swing: float = 0.6) -> Callable[[float], Floats]:
    """Return a body whose right forearm points up and swings to and fro."""
    def at(stamp_s: float) -> Floats:
        angle = swing * np.sin(2 * np.pi * hz * stamp_s)
        return body(right=(OUT - 0.5 * UP, np.cos(angle) * UP + np.sin(angle) * OUT))

    return at


def pointing(stamp_s: float) -> Floats:
    """Return a body whose right upper arm hangs, and whose forearm swings from side to side."""
    angle = np.sin(2 * np.pi * 1.5 * stamp_s)
    return body(right=(-UP, 0.4 * UP + 0.9 * (np.cos(angle) * FORWARD + np.sin(angle) * OUT)))


def shaking(seed: int, deviation: float = 0.03) -> Callable[[float], Floats]:
    """Return a body with a raised hand whose keypoints shake, in metres."""
    random = np.random.default_rng(seed)
    return lambda _: HAND_UP + random.normal(0.0, deviation, HAND_UP.shape)


def count(names: Told, name: str) -> int:
    """Return in how many images something is told."""
    return sum(name in each for each in names)


@AT_RATES
def test_a_gesture_begins_and_ends_once_and_soon_at_any_rate(rate_hz: float) -> None:
    stamps_s = stream(2.8, rate_hz)
    names = told(in_turn((0.0, body()), (1.0, HAND_UP), (2.0, body())), stamps_s)
    raised = [stamp_s for stamp_s, each in zip(stamps_s, names) if 'right_hand_raised' in each]
    assert 1.1 <= raised[0] <= 1.5 and 2.0 <= raised[-1] <= 2.5
    assert len(raised) == round((raised[-1] - raised[0]) * rate_hz) + 1


@AT_RATES
def test_an_odd_image_now_and_then_changes_nothing(rate_hz: float) -> None:
    def at(stamp_s: float) -> Floats:
        return body(SITTING) if round(stamp_s * rate_hz) % 4 == 3 else HAND_UP

    assert {*told(at, stream(3.0, rate_hz))[5 + int(rate_hz):]} == {
        ('standing', 'right_hand_raised')
    }


def test_one_image_decides_nothing_however_rare_images_are() -> None:
    at = in_turn((0.0, body()), (10.0, body(LAYING)), (12.0, body()))
    assert {*told(at, stream(20.0, 0.5))[2:]} == {('standing',)}


def test_who_is_between_two_postures_does_not_flicker() -> None:
    def at(stamp_s: float) -> Floats:
        return body(LAYING if round(stamp_s * 15.0) % 2 else STANDING)

    names = told(at, stream(4.0))[15:]
    assert sum(one != other for one, other in zip(names, names[1:])) <= 1


@pytest.mark.parametrize(('hz', 'rate_hz'), [(0.8, 15.0), (1.5, 5.0), (1.5, 60.0), (2.5, 30.0)])
def test_who_waves_is_told_so_at_any_rate(hz: float, rate_hz: float) -> None:
    names = told(waving(hz), stream(4.5, rate_hz))
    assert all('waving' in each for each in names[round(4.0 * rate_hz):])
    assert 'waving' not in names[round(0.7 * rate_hz)]


def test_who_waves_is_told_so_in_metres() -> None:
    assert 'waving' in told(waving(1.5), stream(4.0), in_metres=True)[-1]


def test_waving_ends() -> None:
    names = told(lambda stamp_s: waving(1.5)(min(stamp_s, 4.0)), stream(6.0))
    assert count(names[:60], 'waving') and not count(names[-5:], 'waving')


@pytest.mark.parametrize('at', [
    lambda _: HAND_UP,
    waving(1.5, swing=0.1),
    waving(0.3),
    in_turn(*((float(second), body() if second % 2 else HAND_UP) for second in range(8))),
    pointing,
], ids=['still', 'trembling', 'slow', 'up and down', 'low'])
def test_who_does_not_swing_a_raised_forearm_does_not_wave(at: Callable[[float], Floats]) -> None:
    assert not count(told(at, stream(9.0)), 'waving')


@pytest.mark.parametrize(('hz', 'is_told'), [(3.5, True), (5.0, False)])
def test_nobody_waves_faster_than_four_times_a_second(hz: float, is_told: bool) -> None:
    names = told(waving(hz, swing=1.1), stream(4.5, 60.0))
    assert bool(count(names, 'waving')) == is_told


@pytest.mark.parametrize('rate_hz', [15.0, 30.0])
def test_keypoints_that_shake_do_not_wave(rate_hz: float) -> None:
    assert not count(told(shaking(1), stream(5.0, rate_hz)), 'waving')


@AT_RATES
def test_a_fall_is_told_once(rate_hz: float) -> None:
    names = told(moving(STANDING, LAYING, 1.0, 1.8), stream(3.0, rate_hz))
    assert count(names, 'fall') == 1
    assert names[-1] == ('laying',)


@pytest.mark.parametrize('at', [
    moving(STANDING, SITTING, 2.0, 2.8),
    moving(STANDING, BENDING, 2.0, 2.8),
    moving(STANDING, CROUCHING, 2.0, 2.8),
    moving(STANDING, LAYING, 2.0, 6.0),
    moving(STANDING, LAYING, 2.0, 5.0),
    moving(STANDING, LAYING, 2.0, 4.0),
    in_turn((0.0, body()), (2.0, body(SITTING)), (5.0, body(LAYING))),
    in_turn((0.0, body()), (2.0, body(LAYING)), (2.1, body())),
], ids=[
    'sits', 'bends', 'crouches', 'lies down slowly', 'lies down', 'lies down in 2 s', 'sits first',
    'one image',
])
def test_what_is_no_fall(at: Callable[[float], Floats]) -> None:
    assert not count(told(at, stream(7.0)), 'fall')


def test_who_stirs_on_the_ground_does_not_fall_again() -> None:
    names = told(in_turn(
        (0.0, body()), (2.0, body(LAYING)), (2.45, body(SITTING)), (2.8, body(LAYING))
    ), stream(5.0))
    assert ('sitting',) in names[30:] and count(names, 'fall') == 1


def test_who_gets_up_can_fall_again() -> None:
    names = told(
        in_turn(*((2.0 * i, body(LAYING if i % 2 else STANDING)) for i in range(4))), stream(8.0)
    )
    assert count(names, 'fall') == 2


@pytest.mark.parametrize(('gap_s', 'falls'), [(1.0, 1), (2.0, 0)])
def test_what_happens_in_a_long_gap_is_not_known(gap_s: float, falls: int) -> None:
    stamps_s = [*stream(2.0), *(2.0 + gap_s + stamp_s for stamp_s in stream(2.0))]
    assert count(told(in_turn((0.0, body()), (2.0, body(LAYING))), stamps_s), 'fall') == falls


def test_an_image_that_comes_twice_changes_nothing() -> None:
    once, twice = stream(2.0), [*stream(1.0), *stream(2.0)[len(stream(1.0)) - 1:]]
    assert len(twice) == len(once) + 1
    names = told(lambda _: HAND_UP, twice)
    del names[len(stream(1.0))]
    assert names == told(lambda _: HAND_UP, once)


def test_a_jump_back_restarts() -> None:
    recogniser = Recogniser()
    told(lambda _: body(LAYING), stream(2.0), recogniser)
    names = told(lambda _: HAND_UP, stream(2.0), recogniser)
    assert names == told(lambda _: HAND_UP, stream(2.0))


@pytest.mark.parametrize(('gone_s', 'is_known'), [(2.0, True), (8.0, False)])
def test_who_comes_back_is_known_for_a_while(gone_s: float, is_known: bool) -> None:
    recogniser = Recogniser()
    told(lambda _: body(), stream(2.0), recogniser)
    told(lambda _: body(), [2.0, 1.0 + gone_s], recogniser, track=2)
    names = told(lambda _: body(), [2.0 + gone_s], recogniser)
    assert names == [('standing',) if is_known else ('other',)]


def test_people_without_an_id_are_judged_in_each_image() -> None:
    names = told(in_turn((0.0, HAND_UP), (0.5, body(LAYING))), stream(1.0, 4.0), track=0)
    assert names == [('standing', 'right_hand_raised')] * 2 + [('laying',)] * 2


def test_memory_is_bounded() -> None:
    recogniser = Recogniser()
    for track in range(1, 100):
        told(lambda _: body(), [float(track)], recogniser, track)
    assert len(recogniser._people) < 10


def test_people_do_not_depend_on_each_other() -> None:
    recogniser = Recogniser()
    people = seen(body(), HAND_UP, body(LAYING), ids=[7, 3, 5])
    for stamp_s in stream(1.0):
        activities = recogniser.recognise(
            people, joint_angles(people), round(stamp_s * NANOSECONDS)
        )
    names = [person[0].name for person in activities.of_people]
    assert names == ['standing', 'standing', 'laying']
    assert activities.ids.tolist() == [7, 3, 5]
