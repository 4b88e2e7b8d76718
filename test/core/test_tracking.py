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

"""Who is who: made-up people whose way is known."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.appearance import BINS
from movenet_ros.core.appearance import DARK
from movenet_ros.core.appearance import PARTS
from movenet_ros.core.poses import Poses
from movenet_ros.core.tracking import CONFIRM_HITS
from movenet_ros.core.tracking import MOST_AWAY
from movenet_ros.core.tracking import MOST_DOUBTS
from movenet_ros.core.tracking import Tracker
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]

BOTH_WAYS = pytest.mark.parametrize('by', ['keypoints', 'boxes'])
RATES = pytest.mark.parametrize('rate_hz', [10, 30, 60])
LOW = 0.15  # below the person threshold, above LOW_SCORE


def follow(
    images: Iterable[Poses], rate_hz: float = 30.0, tracker: Tracker | None = None, **changes: Any
) -> list[list[int]]:
    """Track people through images and return their ids in each."""
    tracker = tracker or Tracker()
    how = {
        'by': 'keypoints', 'person_threshold': 0.25, 'keypoint_threshold': 0.3, 'max_age_s': 1.0
    }
    return [
        tracker.update(each, 1 / rate_hz, **{**how, **changes}).ids.tolist()  # type: ignore
        for each in images
    ]


def together(*groups: Poses) -> Poses:
    """Put the people of several poses into one image."""
    names = ('keypoints', 'keypoint_scores', 'boxes_xyxy', 'scores', 'ids')
    return Poses(*(np.concatenate([getattr(each, name) for each in groups]) for name in names))


def picked(poses: Poses, order: Any) -> Poses:
    """Return people in another order, or some of them."""
    names = ('keypoints', 'keypoint_scores', 'boxes_xyxy', 'scores', 'ids')
    return Poses(*(getattr(poses, name)[order] for name in names))


def scaled(poses: Poses, scale: float, shift: tuple[float, float]) -> Poses:
    """Return people in an image that is scaled and shifted."""
    return replace(
        poses,
        keypoints=poses.keypoints * scale + np.array(shift),
        boxes_xyxy=poses.boxes_xyxy * scale + np.tile(shift, 2),
    )


def stroll(people_at: PeopleAt, count: int, images: int, seed: int) -> list[Poses]:
    """Return people who go their ways, at times in each other's, and are missed now and then."""
    random = np.random.default_rng(seed)
    start, speed = random.uniform(100, 500, (count, 2)), random.normal(0, 4, (count, 2))
    heights = random.uniform(100, 250, count)
    walk = []
    for i in range(images):
        places = np.column_stack([start + i * speed + random.normal(0, 1, (count, 2)), heights])
        people = people_at(*places)
        scores = random.choice([0.8, 0.8, 0.8, LOW], count)
        walk.append(picked(replace(people, scores=scores), random.random(count) < 0.9))
    return walk


# ids


@BOTH_WAYS
def test_a_person_gets_an_id_when_seen_repeatedly(people_at: PeopleAt, by: str) -> None:
    ids = follow([people_at((200, 200, 150))] * 5, by=by)
    assert ids == [[0]] * (CONFIRM_HITS - 1) + [[1]] * (6 - CONFIRM_HITS)


def test_ids_count_up_from_1(people_at: PeopleAt) -> None:
    all_three = people_at((100, 200, 150), (300, 200, 150), (500, 200, 150))
    images = [picked(all_three, [0])] * 4 + [picked(all_three, [0, 1])] * 4 + [all_three] * 4
    assert follow(images)[-1] == [1, 2, 3]


def test_an_id_is_never_used_again(people_at: PeopleAt) -> None:
    visit = [people_at((200, 200, 150))] * 4 + [Poses.nobody()] * 45
    seen = [each for ids in follow(visit * 4) for each in ids if each]
    assert seen == sorted(seen) and set(seen) == {1, 2, 3, 4}


def test_a_restart_gives_new_ids(people_at: PeopleAt) -> None:
    tracker = Tracker()
    for expected in (1, 2, 3):
        assert follow([people_at((200, 200, 150))] * 3, tracker=tracker)[-1] == [expected]
        tracker.restart()


def test_a_restart_forgets_who_was_about_to_get_an_id(people_at: PeopleAt) -> None:
    tracker = Tracker()
    follow([people_at((200, 200, 150))] * (CONFIRM_HITS - 1), tracker=tracker)
    tracker.restart()
    assert follow([people_at((200, 200, 150))], tracker=tracker) == [[0]]


def test_a_person_seen_now_and_then_gets_no_id(people_at: PeopleAt) -> None:
    images = ([people_at((200, 200, 150))] + [Poses.nobody()] * 15) * 6
    assert {each for ids in follow(images) for each in ids} == {0}


@pytest.mark.parametrize('rate_hz', [1, 2, 5])
@BOTH_WAYS
def test_low_rates_give_ids_too(people_at: PeopleAt, by: str, rate_hz: int) -> None:
    assert follow([people_at((200, 200, 150))] * 4, rate_hz, by=by)[-1] == [1]


def test_trackers_know_nothing_of_each_other(people_at: PeopleAt) -> None:
    images = [people_at((200, 200, 150))] * 3
    assert follow(images) == follow(images)


@given(st.integers(0, 10**6), st.sampled_from(['keypoints', 'boxes']), st.randoms())
def test_the_order_of_people_makes_no_difference(
    people_at: PeopleAt, seed: int, by: str, random: Any
) -> None:
    """Ids are given in the order of an image: what they are called may differ, who is who not."""
    images = stroll(people_at, 3, 40, seed)
    orders = [sorted(range(len(each)), key=lambda _: random.random()) for each in images]
    straight = follow(images, by=by)
    shuffled = follow([picked(*each) for each in zip(images, orders)], by=by)
    names: dict[int, int] = {0: 0}
    for ids, mixed, order in zip(straight, shuffled, orders):
        for place, i in enumerate(order):
            assert names.setdefault(ids[i], mixed[place]) == mixed[place]
    assert len(set(names.values())) == len(names)


@given(
    st.integers(0, 10**6),
    st.sampled_from([0.25, 0.5, 2.0, 4.0]),
    st.tuples(st.integers(-500, 500), st.integers(-500, 500)),
    st.sampled_from(['keypoints', 'boxes']),
)
def test_the_size_and_the_place_of_the_image_make_no_difference(
    people_at: PeopleAt, seed: int, scale: float, shift: tuple[float, float], by: str
) -> None:
    images = stroll(people_at, 3, 30, seed)
    there = [scaled(each, scale, shift) for each in images]
    assert follow(there, by=by) == follow(images, by=by)


# people who move


@given(
    rate_hz=st.sampled_from([10.0, 15.0, 30.0, 60.0]),
    heights=st.tuples(st.floats(100, 300), st.floats(100, 300)),
    speeds=st.tuples(st.floats(0.2, 1.0), st.floats(-1.0, -0.2)),
    by=st.sampled_from(['keypoints', 'boxes']),
)
def test_two_people_who_cross_keep_their_ids(
    people_at: PeopleAt, rate_hz: float, heights: tuple[float, float],
    speeds: tuple[float, float], by: str,
) -> None:
    """Speeds are in heights a second; both are seen all the time."""
    times = np.arange(-1.5, 1.5, 1 / rate_hz)
    images = [
        people_at(*((300 + v * h * t, 200.0, h) for h, v in zip(heights, speeds))) for t in times
    ]
    ids = follow(images, rate_hz, by=by)
    assert ids[CONFIRM_HITS:] == [[1, 2]] * (len(ids) - CONFIRM_HITS)


@example(rate_hz=10.0, height=256.0, speeds=(1.0, -0.5), by='keypoints')
@given(
    rate_hz=st.sampled_from([10.0, 15.0, 30.0, 60.0]),
    height=st.floats(100, 300),
    speeds=st.tuples(st.floats(0.4, 1.0), st.floats(-1.0, -0.4)),
    by=st.sampled_from(['keypoints', 'boxes']),
)
def test_who_is_not_seen_behind_the_other_comes_out_with_the_same_id(
    people_at: PeopleAt, rate_hz: float, height: float, speeds: tuple[float, float], by: str
) -> None:
    """
    Two people cross, and the model sees but the one in front while they overlap by half.

    In the example they are, for one image, at the very same place.
    """
    images = []
    for t in np.arange(-1.5, 1.5, 1 / rate_hz):
        a, b = (300 + v * height * t for v in speeds)
        people = people_at((a, 200.0, height), (b, 200.0, height))
        images.append(people if abs(a - b) > 0.2 * height else picked(people, [0]))
    ids = follow(images, rate_hz, by=by)
    assert {tuple(each) for each in ids[CONFIRM_HITS:] if len(each) == 2} == {(1, 2)}


@pytest.mark.parametrize('speed', [0.0, 0.3, 1.0])
@BOTH_WAYS
def test_a_walker_keeps_the_id(people_at: PeopleAt, by: str, speed: float) -> None:
    """The speed is in heights a second."""
    images = [people_at((100 + 200 * speed * i / 30, 200, 200)) for i in range(90)]
    assert {each for ids in follow(images, by=by) for each in ids} == {0, 1}


def test_who_stands_up_keeps_the_id(people_at: PeopleAt) -> None:
    images = [people_at((200, 300 - h / 2, h)) for h in np.linspace(100, 250, 30)]
    assert {each for ids in follow(images) for each in ids} == {0, 1}


@BOTH_WAYS
def test_another_person_far_away_is_a_new_one(people_at: PeopleAt, by: str) -> None:
    images = [people_at((100, 200, 150))] * 5 + [people_at((500, 200, 150))] * 5
    assert follow(images, by=by)[-1] == [2]


# people who are not seen for a while


@RATES
@BOTH_WAYS
@pytest.mark.parametrize(('gap_s', 'expected'), [(0.5, 1), (0.85, 1), (1.15, 2), (3.0, 2)])
def test_who_is_gone_for_longer_than_max_age_s_gets_a_new_id(
    people_at: PeopleAt, rate_hz: int, by: str, gap_s: float, expected: int
) -> None:
    """By time, not by the number of images."""
    person = [people_at((200, 200, 150))] * 5
    gap = [Poses.nobody()] * round(gap_s * rate_hz - 1)
    assert follow(person + gap + person, rate_hz, by=by)[-1] == [expected]


@RATES
def test_an_age_of_3_s(people_at: PeopleAt, rate_hz: int) -> None:
    person, gap = [people_at((200, 200, 150))] * 5, [Poses.nobody()] * round(2.5 * rate_hz)
    assert follow(person + gap + person, rate_hz, max_age_s=3.0)[-1] == [1]


def pan(people_at: PeopleAt, shifts: Iterable[float], is_known: bool) -> list[Poses]:
    """Return images of a person who stands still, by a camera that turns, 640 pixels wide."""
    images, x = [], 320.0
    for shift in shifts:
        x += shift
        image = people_at((x, 240, 150)) if 0 < x < 640 else Poses.nobody()
        camera = np.array([[1.0, 0.0, shift], [0.0, 1.0, 0.0]])
        images.append(replace(image, camera=camera if is_known else None))
    return images


@BOTH_WAYS
@pytest.mark.parametrize(('is_known', 'expected'), [(True, 1), (False, 2)])
def test_who_is_back_after_the_camera_looked_away_keeps_the_id(
    people_at: PeopleAt, by: str, is_known: bool, expected: int
) -> None:
    shifts = [0.0] * 5 + [20.0] * 30 + [0.0] * 5 + [-20.0] * 30
    images = pan(people_at, shifts, is_known)
    assert follow(images, by=by, image_wh=(640, 480))[-1] == [expected]


def test_who_is_gone_while_the_camera_turns_but_sees_the_place_gets_a_new_id(
    people_at: PeopleAt
) -> None:
    images = pan(people_at, [0.0] * 5 + [5.0] * 45, is_known=True)
    images[5:-5] = [each[:0] for each in images[5:-5]]
    assert follow(images, image_wh=(640, 480))[-1] == [2]


@RATES
@pytest.mark.parametrize('stops', [False, True])
def test_who_is_gone_may_have_walked_on_or_stopped(
    people_at: PeopleAt, rate_hz: int, stops: bool
) -> None:
    """At a height a second, for 0.7 s."""
    walk = [people_at((100 + 150 * i / rate_hz, 200, 150)) for i in range(3 * rate_hz)]
    before, gone = walk[:rate_hz], round(0.7 * rate_hz)
    after = [before[-1]] * 5 if stops else walk[rate_hz + gone:]
    assert follow([*before, *([Poses.nobody()] * gone), *after], rate_hz)[-1] == [1]


@RATES
@pytest.mark.parametrize(('gap_s', 'expected'), [(1.5, 2), (2.7, 2), (3.4, 3)])
def test_an_occluded_track_lasts_three_times_as_long(
    people_at: PeopleAt, rate_hz: int, gap_s: float, expected: int
) -> None:
    both = people_at((200, 250, 300), (240, 270, 200))
    front = picked(both, [0])
    images = [both] * rate_hz + [front] * round(gap_s * rate_hz) + [both] * 5
    ids = follow(images, rate_hz)
    assert (ids[rate_hz - 1], ids[-1]) == ([1, 2], [1, expected])


def test_beside_a_person_is_not_occluded(people_at: PeopleAt) -> None:
    both = people_at((200, 250, 300), (320, 270, 200))
    images = [both] * 30 + [picked(both, [0])] * 45 + [both] * 5
    assert follow(images)[-1] == [1, 3]


# people with a low score


def test_low_score_people_keep_their_ids(people_at: PeopleAt) -> None:
    strong, weak = people_at((200, 200, 150)), people_at((200, 200, 150), score=LOW)
    ids = follow([strong] * 5 + [weak] * 90 + [strong] * 5)
    assert {each for each, in ids[CONFIRM_HITS:]} == {1}


def test_without_low_scores_the_id_would_be_lost(people_at: PeopleAt) -> None:
    strong = people_at((200, 200, 150))
    assert follow([strong] * 5 + [Poses.nobody()] * 90 + [strong] * 5)[-1] == [2]


def test_low_score_people_get_no_ids_of_their_own(people_at: PeopleAt) -> None:
    ids = follow([people_at((200, 200, 150), score=LOW)] * 60)
    assert ids == [[0]] * 60


def test_a_low_score_does_not_help_a_tentative_track(people_at: PeopleAt) -> None:
    """Two images of three are not CONFIRM_HITS."""
    strong, weak = people_at((200, 200, 150)), people_at((200, 200, 150), score=LOW)
    assert follow([strong] * (CONFIRM_HITS - 1) + [weak]) == [[0]] * CONFIRM_HITS


def test_a_low_score_elsewhere_begins_no_track(people_at: PeopleAt) -> None:
    known = people_at((100, 200, 150))
    somewhere = people_at((400, 200, 150), score=LOW)
    ids = follow([known] * 5 + [together(known, somewhere)] * 10 + [somewhere] * 10)
    assert ids[-11:] == [[1, 0]] + [[0]] * 10


def test_a_high_score_comes_before_a_low_one(people_at: PeopleAt) -> None:
    """Even if the low-score one is where the person was."""
    strong, weak = people_at((205, 200, 150)), people_at((200, 200, 150), score=LOW)
    ids = follow([people_at((200, 200, 150))] * 5 + [together(weak, strong)] * 5)
    assert ids[-5:] == [[0, 1]] * 5


# duplicates: the model's second answer for one person


@BOTH_WAYS
def test_a_duplicate_gets_no_id(people_at: PeopleAt, by: str) -> None:
    person = people_at((200, 200, 150))
    both = people_at((200, 200, 150), (203, 201, 150))
    ids = follow([person] * 5 + [both] * 60, by=by)
    assert ids[-60:] == [[1, 0]] * 60


@BOTH_WAYS
def test_a_duplicate_of_a_new_person_gets_no_id(people_at: PeopleAt, by: str) -> None:
    """The one with the better score does."""
    both = people_at((200, 200, 150), (203, 201, 150))
    assert follow([both] * 20, by=by)[-18:] == [[1, 0]] * 18


def test_who_is_beside_a_person_is_no_duplicate(people_at: PeopleAt) -> None:
    person, both = people_at((200, 200, 150)), people_at((200, 200, 150), (245, 200, 150))
    assert follow([person] * 5 + [both] * 5)[-1] == [1, 2]


# people who are known by their looks


def worn(*hues: int) -> NDArray[np.float64]:
    """Return looks ``(n, PARTS, BINS)`` of people who wear one colour each; -1 is black."""
    looks = np.zeros((len(hues), len(PARTS), BINS))
    for each, hue in zip(looks, hues):
        if hue < 0:
            each[:, DARK.start] = each[:, DARK.start - 8] = 0.5
        else:
            each[:, hue] = each[:, -2] = 0.5
    return looks


def watch(
    images: Iterable[tuple[Poses, NDArray[np.float64] | None]],
    rate_hz: float = 10.0,
    tracker: Tracker | None = None,
    **changes: Any,
) -> list[list[int]]:
    """Track people whose looks are known; by a camera that stands still unless told."""
    tracker = tracker or Tracker()
    how = {'memory_s': 30.0, 'is_camera_still': True, **changes}
    return [
        follow([people], rate_hz, tracker, looks=None if looks is None else looks.copy(), **how)[0]
        for people, looks in images
    ]


NOBODY = Poses.nobody(), worn()
HERE, THERE = (200, 200, 150), (450, 200, 150)


@pytest.mark.parametrize('place', [HERE, THERE])
@pytest.mark.parametrize(('gap_s', 'expected'), [(2.0, 1), (8.5, 1), (10.5, 2)])
def test_who_comes_back_within_memory_s_gets_the_id_back(
    people_at: PeopleAt, place: tuple[int, int, int], gap_s: float, expected: int
) -> None:
    before, after = (people_at(HERE), worn(2)), (people_at(place), worn(2))
    images = [before] * 10 + [NOBODY] * round(10 * gap_s) + [after] * 10
    assert watch(images, memory_s=10.0)[-1] == [expected]


def test_who_comes_back_has_no_other_id_before(people_at: PeopleAt) -> None:
    before, after = (people_at(HERE), worn(2)), (people_at(THERE), worn(2))
    ids = watch([before] * 10 + [NOBODY] * 20 + [after] * 10)
    assert {each for image in ids for each in image} == {0, 1}


@pytest.mark.parametrize(
    ('hue', 'memory_s'), [(2, 0.0), (None, 30.0), (None, 0.0), (-1, 0.0)]
)
def test_without_memory_or_looks_who_comes_back_is_new(
    people_at: PeopleAt, hue: int | None, memory_s: float
) -> None:
    """And who is away is not kept."""
    person = people_at(HERE), None if hue is None else worn(hue)
    nobody = Poses.nobody(), None if hue is None else worn()
    tracker = Tracker()
    watch([person] * 10 + [nobody] * 20, tracker=tracker, memory_s=memory_s)
    assert tracker._tracks is not None and len(tracker._tracks) == 0
    assert watch([person] * 5, tracker=tracker, memory_s=memory_s)[-1] == [2]


@BOTH_WAYS
@pytest.mark.parametrize('gap', [1, 5, 30])
def test_who_takes_anothers_place_gets_a_new_id(people_at: PeopleAt, by: str, gap: int) -> None:
    """After ten images at most; and the other one, elsewhere, the old id."""
    one, another = (people_at(HERE), worn(2)), (people_at(HERE), worn(6))
    tracker = Tracker()
    ids = watch([one] * 10 + [NOBODY] * gap + [another] * 20, tracker=tracker, by=by)
    assert ids[9] == [1] and ids[-10:] == [[2]] * 10
    both = people_at(HERE, THERE), worn(6, 2)
    assert watch([both] * 10, tracker=tracker, by=by)[-1] == [2, 1]


@BOTH_WAYS
def test_tracks_that_sit_on_each_others_people_come_right(people_at: PeopleAt, by: str) -> None:
    both = people_at(HERE, THERE)
    before, after = (both, worn(2, 6)), (both, worn(6, 2))
    ids = watch([before] * 10 + [after] * 20, by=by)
    assert ids[9] == [1, 2] and ids[-10:] == [[2, 1]] * 10


def test_one_odd_image_does_not_cost_an_id(people_at: PeopleAt) -> None:
    person, odd = (people_at(HERE), worn(2)), (people_at(HERE), worn(6))
    ids = watch([person] * 10 + [odd] * (MOST_DOUBTS - 1) + [person] * 10)
    assert ids[CONFIRM_HITS:] == [[1]] * (len(ids) - CONFIRM_HITS)


def test_who_is_seen_from_behind_for_a_while_keeps_the_id(people_at: PeopleAt) -> None:
    """There are no looks, then."""
    person, unknown = (people_at(HERE), worn(2)), (people_at(HERE), np.nan * worn(2))
    ids = watch([person] * 10 + [unknown] * 50 + [person] * 10)
    assert ids[CONFIRM_HITS:] == [[1]] * (len(ids) - CONFIRM_HITS)


looked_strolls = st.tuples(st.integers(0, 10**6), st.integers(1, 4), st.integers(0, 10**6))


def stroll_with_looks(
    people_at: PeopleAt, seed: int, count: int, looks_seed: int
) -> list[tuple[Poses, NDArray[np.float64] | None]]:
    """Return people of random looks, at times another's, who all go away now and then."""
    random = np.random.default_rng(looks_seed)
    walk: list[tuple[Poses, NDArray[np.float64] | None]] = []
    for i, people in enumerate(stroll(people_at, count, 60, seed)):
        people = people[:0] if i % 25 > 15 else people
        looks = worn(*random.choice([-1, 2, 2, 6, 9], len(people)).tolist())
        looks[random.random(len(people)) < 0.2] = np.nan
        walk.append((people, looks))
    return walk


@given(looked_strolls, st.sampled_from(['keypoints', 'boxes']))
def test_no_two_people_of_an_image_have_one_id(
    people_at: PeopleAt, way: tuple[int, int, int], by: str
) -> None:
    """Whatever they look like, and nor have those who are remembered."""
    tracker = Tracker()
    for image in stroll_with_looks(people_at, *way):
        (ids,) = watch([image], tracker=tracker, by=by)
        kept = tracker._tracks
        assert kept is not None
        for some in (ids, kept.ids.tolist()):
            known = [each for each in some if each]
            assert len(known) == len({*known})


@given(looked_strolls)
def test_the_same_input_gives_the_same_ids(
    people_at: PeopleAt, way: tuple[int, int, int]
) -> None:
    images = stroll_with_looks(people_at, *way)
    assert watch(images) == watch(images)


def test_of_a_day_of_people_who_pass_by_the_last_few_are_kept(people_at: PeopleAt) -> None:
    random, tracker = np.random.default_rng(0), Tracker()
    for _ in range(3 * MOST_AWAY):
        looks = random.dirichlet(np.full(BINS, 0.1), (1, len(PARTS)))
        visit = [(people_at(HERE), looks)] * 4 + [NOBODY] * 3
        watch(visit, 2.0, tracker, memory_s=3600.0)
        kept = tracker._tracks
        assert kept is not None and len(kept) <= MOST_AWAY + 1
    assert kept is not None and len(kept) > MOST_AWAY / 2


@BOTH_WAYS
@pytest.mark.parametrize(
    ('hue', 'is_known', 'expected'), [(-1, True, 1), (-1, False, 2), (2, True, 1), (2, False, 1)]
)
def test_after_a_long_look_elsewhere_the_place_is_that_of_the_person(
    people_at: PeopleAt, by: str, hue: int, is_known: bool, expected: int
) -> None:
    """If the camera's motion is known, people in black come back too."""
    shifts = [0.0] * 10 + [20.0] * 30 + [0.0] * 100 + [-20.0] * 30 + [0.0] * 5
    images = [(each, worn(*[hue] * len(each))) for each in pan(people_at, shifts, is_known)]
    ids = watch(images, by=by, image_wh=(640, 480), is_camera_still=False)
    assert ids[-1] == [expected]


def test_after_a_look_elsewhere_somebody_else_at_the_place_is_new(people_at: PeopleAt) -> None:
    shifts = [0.0] * 10 + [20.0] * 30 + [0.0] * 100 + [-20.0] * 30 + [0.0] * 5
    images = [
        (each, worn(*[2 if i < 50 else 6] * len(each)))
        for i, each in enumerate(pan(people_at, shifts, is_known=True))
    ]
    assert watch(images, image_wh=(640, 480), is_camera_still=False)[-1] == [2]


# interruptions


@pytest.mark.parametrize(('hue', 'expected'), [(2, 1), (-1, 2), (None, 2)])
def test_after_an_interruption_people_are_known_by_looks_alone(
    people_at: PeopleAt, hue: int | None, expected: int
) -> None:
    tracker, person = Tracker(), (people_at(HERE), None if hue is None else worn(hue))
    watch([person] * 10, tracker=tracker)
    tracker.interrupt()
    assert watch([person] * 5, tracker=tracker)[-1] == [expected]


def test_an_interruption_ends_tracks_without_an_id(people_at: PeopleAt) -> None:
    tracker, person = Tracker(), (people_at(HERE), worn(2))
    watch([person] * (CONFIRM_HITS - 1), tracker=tracker)
    tracker.interrupt()
    assert watch([person] * CONFIRM_HITS, tracker=tracker) == [[0]] * (CONFIRM_HITS - 1) + [[1]]


def test_an_interruption_before_the_first_image_is_none(people_at: PeopleAt) -> None:
    tracker = Tracker()
    tracker.interrupt()
    assert watch([(people_at(HERE), worn(2))] * 5, tracker=tracker)[-1] == [1]


def test_a_restart_forgets_who_is_away(people_at: PeopleAt) -> None:
    tracker, person = Tracker(), (people_at(HERE), worn(2))
    watch([person] * 10 + [NOBODY] * 20, tracker=tracker)
    tracker.restart()
    assert watch([person] * 5, tracker=tracker)[-1] == [2]


# nobody, and nothing


def test_no_people_at_all_are_no_trouble() -> None:
    assert follow([Poses.nobody()] * 3) == [[], [], []]


@BOTH_WAYS
def test_boxes_without_an_area_are_no_trouble(people_at: PeopleAt, by: str) -> None:
    """As six rows of zeros have, which a threshold of 0 lets pass."""
    nothing = people_at(*[(0, 0, 0)] * 6, score=0.0, keypoint_score=0.0)
    with np.errstate(all='raise', under='ignore'):
        follow([nothing] * 5, by=by, person_threshold=0.0)


def test_looks_are_not_written_to(people_at: PeopleAt) -> None:
    first, second, tracker = worn(2), worn(6), Tracker()
    before = second.copy()
    for looks in (first, second):
        follow([people_at(HERE)], tracker=tracker, looks=looks, memory_s=30.0)
    np.testing.assert_array_equal(second, before)
