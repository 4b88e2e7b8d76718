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

"""Time as the stamps have it: what restarts, what is said, and what is returned."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import replace
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core import following
from movenet_ros.core.appearance import looks_of
from movenet_ros.core.following import FollowSettings
from movenet_ros.core.following import GOOD_STEPS
from movenet_ros.core.following import PeopleTracker
from movenet_ros.core.following import SmoothingSettings
from movenet_ros.core.following import TrackingSettings
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import ARRAYS
from movenet_ros.core.poses import Poses
import numpy as np
import pytest

PeopleAt = Callable[..., Poses]

STEP_NS = 33_333_333
S = 10**9  # nanoseconds
IMAGE_WH = (1280, 960)
RAW = FollowSettings(smoothing=SmoothingSettings(enabled=False))
OFF = TrackingSettings(association='off')
BOXES = TrackingSettings(association='boxes')


def stamps(start_ns: int, count: int) -> list[int]:
    """Return the stamps of so many images at 30 Hz."""
    return [start_ns + i * STEP_NS for i in range(count)]


def dark(wh: tuple[int, int]) -> SourceImage:
    """Return an image in which all people look alike."""
    return SourceImage(np.zeros((wh[1], wh[0], 3), np.uint8), 'bgr')


IMAGE = dark(IMAGE_WH)


class Clip:
    """
    Follows one and the same shaking person through images with any stamps.

    :param people: in each image; shaken by a pixel.
    """

    def __init__(self, people: Poses, settings: FollowSettings = RAW) -> None:
        self.said: list[str] = []
        self.follower = PeopleTracker(settings, self.said.append)
        self.shown: list[Poses] = []
        self._people = people
        self._random = np.random.default_rng(0)

    def show(self, stamps_ns: Iterable[int], people: Poses | None = None) -> list[Poses]:
        """Follow an image for each stamp."""
        found = []
        for stamp_ns in stamps_ns:
            still = self._people if people is None else people
            noise = self._random.normal(0, 1, still.keypoints.shape)
            self.shown.append(replace(still, keypoints=still.keypoints + noise))
            found.append(self.follower.follow(self.shown[-1], IMAGE, stamp_ns))
        return found

    def ids(self, stamps_ns: Iterable[int]) -> list[int]:
        """Return the id that the only person has in each image."""
        return [each.ids.item() for each in self.show(stamps_ns)]

    def is_smoothed(self, found: Poses) -> bool:
        """Return whether the latest image came back otherwise than it was shown."""
        return not np.array_equal(found.keypoints, self.shown[-1].keypoints)


@pytest.fixture
def person(people_at: PeopleAt) -> Poses:
    """Give one person."""
    return people_at((300, 300, 200))


def same(a: Poses, b: Poses) -> bool:
    """Return whether two images are the same to the last bit."""
    pairs = ((getattr(a, name), getattr(b, name)) for name, *_ in ARRAYS)
    return all(x.tobytes() == y.tobytes() for x, y in pairs)


# the usual case


def test_a_person_gets_an_id_and_nothing_is_said(person: Poses) -> None:
    clip = Clip(person)
    assert clip.ids(stamps(5 * S, 10))[-1] == 1
    assert clip.said == []


def test_keypoints_are_smoothed(person: Poses) -> None:
    clip = Clip(person, FollowSettings())
    found = clip.show(stamps(5 * S, 10))
    assert clip.is_smoothed(found[-1])


def test_smoothing_can_be_turned_off(person: Poses) -> None:
    clip = Clip(person, RAW)
    found = clip.show(stamps(5 * S, 10))
    assert not clip.is_smoothed(found[-1])


def test_the_first_image_passes_as_it_is(person: Poses) -> None:
    clip = Clip(person, FollowSettings())
    assert not clip.is_smoothed(clip.show([7 * S])[0])


def test_scores_pass_as_they_are(person: Poses) -> None:
    clip = Clip(person, FollowSettings())
    found = clip.show(stamps(0, 10))[-1]
    np.testing.assert_array_equal(found.keypoint_scores, person.keypoint_scores)
    np.testing.assert_array_equal(found.scores, person.scores)


@pytest.mark.parametrize('smoothing', [True, False])
def test_smoothing_makes_no_difference_to_ids(people_at: PeopleAt, smoothing: bool) -> None:
    people = people_at((300, 300, 200), (500, 300, 200))
    clip = Clip(people, FollowSettings(smoothing=SmoothingSettings(enabled=smoothing)))
    assert clip.show(stamps(0, 10))[-1].ids.tolist() == [1, 2]


# stamps


@pytest.mark.parametrize('start_ns', [0, 1, -(10**9), -(2**31) * S, 2**31 * S, 2**63 - 100 * S])
def test_any_start_is_good(person: Poses, start_ns: int) -> None:
    """What is asked of a stamp is that it goes on; 0 is one like the others."""
    clip = Clip(person, FollowSettings())
    assert clip.ids(stamps(start_ns, 10))[-1] == 1
    assert clip.said == []


def test_only_differences_of_stamps_count(person: Poses) -> None:
    early, late = (Clip(person, FollowSettings()) for _ in range(2))
    pairs = zip(early.show(stamps(-3 * S, 20)), late.show(stamps(2**62, 20)))
    assert all(same(*each) for each in pairs)


def test_a_jump_back_gives_new_ids_and_is_said_once(person: Poses) -> None:
    """As where a bag is played in a loop."""
    clip = Clip(person)
    assert clip.ids(stamps(100 * S, 10))[-1] == 1
    assert clip.ids(stamps(90 * S, 10))[-1] == 2
    assert len(clip.said) == 1
    assert 'backwards by 10.300 s' in clip.said[0] and 'tracks are deleted' in clip.said[0]


def test_every_loop_of_a_bag_is_said(person: Poses) -> None:
    clip = Clip(person)
    for loop in range(4):
        assert clip.ids(stamps(100 * S, 30))[-1] == loop + 1
    assert len(clip.said) == 3


def test_stamps_that_run_backwards_are_said_once(person: Poses) -> None:
    clip = Clip(person)
    assert set(clip.ids(reversed(stamps(100 * S, 30)))) == {0}
    assert len(clip.said) == 1


def test_a_jump_back_begins_the_smoothing_afresh(person: Poses) -> None:
    clip = Clip(person, FollowSettings())
    clip.show(stamps(100 * S, 10))
    assert not clip.is_smoothed(clip.show([90 * S])[0])


def test_a_long_gap_gives_new_ids_and_is_said_once(person: Poses) -> None:
    clip = Clip(person)
    assert clip.ids(stamps(100 * S, 10))[-1] == 1
    assert clip.ids(stamps(110 * S, 10))[-1] == 2
    assert len(clip.said) == 1 and '9.700 s between' in clip.said[0]


def test_behind_a_gap_a_stream_of_refinement_begins_anew(person: Poses) -> None:
    follower = Clip(person).follower
    first, scene = follower.scene_at(IMAGE_WH, 0), follower.scene
    assert first is scene
    scene.count = 5
    follower.follow(person, IMAGE, 0)
    assert follower.scene_at(IMAGE_WH, 10**9) is None
    assert scene.count == 0


def test_a_long_gap_begins_the_smoothing_afresh(person: Poses) -> None:
    clip = Clip(person, FollowSettings())
    clip.show(stamps(100 * S, 10))
    assert not clip.is_smoothed(clip.show([110 * S])[0])


@pytest.mark.parametrize(('max_age_s', 'expected'), [(0.5, 2), (2.0, 1)])
def test_max_age_s_decides_what_a_long_gap_is(
    person: Poses, max_age_s: float, expected: int
) -> None:
    clip = Clip(person, replace(RAW, tracking=TrackingSettings(max_age_s=max_age_s)))
    clip.show(stamps(100 * S, 10))
    assert clip.ids(stamps(101 * S + 300_000_000, 10))[-1] == expected
    assert len(clip.said) == expected - 1


def test_a_short_gap_is_nothing_to_speak_of(person: Poses) -> None:
    clip = Clip(person)
    clip.show(stamps(100 * S, 10))
    assert set(clip.ids(stamps(101 * S, 10))) == {1}
    assert clip.said == []


@pytest.mark.parametrize('stamp_ns', [0, 5, 100 * S])
def test_stamps_that_stand_still_are_said_once_and_people_followed(
    person: Poses, stamp_ns: int
) -> None:
    clip = Clip(person, FollowSettings())
    ids = clip.ids([stamp_ns] * 50)
    assert set(ids[3:]) == {1}
    assert len(clip.said) == 1 and 'not advancing' in clip.said[0]


def test_only_zeros_look_as_if_not_set(person: Poses) -> None:
    unset, still = Clip(person), Clip(person)
    unset.show([0] * 3)
    still.show([7 * S] * 3)
    assert 'not set' in unset.said[0]
    assert 'not set' not in still.said[0] and '7.000000000' in still.said[0]


def test_keypoints_pass_as_they_are_while_stamps_stand_still(person: Poses) -> None:
    clip = Clip(person, FollowSettings())
    clip.show(stamps(0, 10))
    for _ in range(5):
        assert not clip.is_smoothed(clip.show([9 * STEP_NS])[0])


def test_smoothing_goes_on_when_stamps_do(person: Poses) -> None:
    clip = Clip(person, FollowSettings())
    clip.show([*stamps(0, 10), 9 * STEP_NS])
    assert clip.is_smoothed(clip.show([10 * STEP_NS])[0])


def test_people_are_forgotten_while_stamps_stand_still(person: Poses) -> None:
    """As if the camera had 30 Hz."""
    clip = Clip(person)
    clip.show([0] * 10)
    clip.show([0] * 45, Poses.nobody())
    assert clip.ids([0] * 5)[-1] == 2


def test_an_image_that_comes_twice_changes_no_ids(person: Poses) -> None:
    clip = Clip(person)
    twice = [stamp for stamp in stamps(0, 30) for _ in range(2)]
    assert set(clip.ids(twice)[3:]) == {1}


def test_images_of_another_size_have_other_people(person: Poses) -> None:
    """Their pixels are not comparable; one line says so."""
    said: list[str] = []
    follower = PeopleTracker(RAW, said.append)
    for i, image_wh in enumerate([(640, 480)] * 5 + [(1280, 720)] * 5, 1):
        ids = follower.follow(person, dark(image_wh), i * STEP_NS).ids.tolist()
    assert ids == [2]
    assert len(said) == 1 and '1280x720' in said[0]


def test_trouble_is_said_once_where_it_comes_and_goes(person: Poses) -> None:
    """A camera that sends each stamp twice."""
    clip = Clip(person)
    clip.show([each for each in stamps(STEP_NS, 30) for _ in range(2)])
    assert len(clip.said) == 1


def test_trouble_is_said_again_when_time_has_been_good(person: Poses) -> None:
    clip = Clip(person)
    clip.show([*([0] * 5), *stamps(STEP_NS, 11), *([11 * STEP_NS] * 5)])
    assert ['not advancing' in each for each in clip.said] == [True, False, True]


def test_stamps_that_stand_still_are_trouble_until_they_go_on(person: Poses) -> None:
    """For a while, so that a stamp that comes twice now and then does not flicker."""
    clip = Clip(person)
    clip.show(stamps(0, 5))
    assert clip.follower.problem == ''
    clip.show([4 * STEP_NS] * 3)
    assert clip.follower.problem == clip.said[0]
    clip.show(stamps(5 * STEP_NS, GOOD_STEPS - 1))
    assert clip.follower.problem == clip.said[0]
    clip.show(stamps((4 + GOOD_STEPS) * STEP_NS, 1))
    assert clip.follower.problem == ''
    assert clip.said[1:] == ['timestamps advance again']


def test_a_stamp_that_comes_twice_now_and_then_is_no_trouble(person: Poses) -> None:
    clip = Clip(person)
    clip.show([stamp for i, stamp in enumerate(stamps(0, 60)) for _ in range(1 + (i % 6 == 0))])
    assert clip.said == []


def test_trouble_names_the_stamp_of_now(person: Poses) -> None:
    clip = Clip(person)
    clip.show([5 * S] * 3 + [6 * S] * 3)
    assert '6.000000000' in clip.follower.problem


def test_other_trouble_with_stamps_is_over_at_once(person: Poses) -> None:
    """A loop of a bag, a gap: the next image is fine."""
    clip = Clip(person)
    clip.show([*stamps(5 * S, 3), *stamps(0, 3), *stamps(9 * S, 30)])
    assert len(clip.said) == 2 and clip.follower.problem == ''


def test_other_trouble_is_said_at_once(person: Poses) -> None:
    clip = Clip(person)
    clip.show([5 * S, 5 * S, 5 * S, 4 * S, 9 * S])
    assert len(clip.said) == 3
    assert all('\n' not in each for each in clip.said)


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, STEP_NS]), max_size=12))
def test_no_stamps_stop_it(people_at: PeopleAt, stamps_ns: list[int]) -> None:
    clip = Clip(people_at((300, 300, 200)), FollowSettings())
    for found in clip.show(stamps_ns):
        assert len(found) == 1 and np.isfinite(found.keypoints).all()


@given(st.lists(st.integers(-(10**11), 10**11), max_size=12))
def test_ids_never_come_again(people_at: PeopleAt, jumps_ns: list[int]) -> None:
    clip = Clip(people_at((300, 300, 200)))
    seen = [each for jump in jumps_ns for each in clip.ids(stamps(jump, 4)) if each]
    assert seen == sorted(seen)


# the wall clock


def test_the_wall_clock_is_never_asked(person: Poses, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any) -> float:
        raise AssertionError('asked for the time')

    clip = Clip(person, FollowSettings())
    for name in ('time', 'time_ns', 'monotonic', 'monotonic_ns', 'perf_counter'):
        monkeypatch.setattr(time, name, never)
    found = clip.show([*stamps(0, 10), 0, 0, *stamps(5 * S, 10)])
    monkeypatch.undo()
    assert found[-1].ids.tolist() == [2]


def test_the_same_images_give_the_same_people_to_the_last_bit(people_at: PeopleAt) -> None:
    people = people_at((300, 300, 200), (420, 310, 180), (700, 280, 210))
    first, second = (Clip(people, FollowSettings()) for _ in range(2))
    loop = [*stamps(5 * S, 20), *stamps(3 * S, 20), *([4 * S] * 3)]
    pairs = zip(first.show(loop), second.show(loop))
    assert all(same(*each) for each in pairs)


# who is returned


@pytest.mark.parametrize('tracking', ['keypoints', 'boxes'])
def test_low_score_people_are_never_returned(people_at: PeopleAt, tracking: str) -> None:
    settings = replace(RAW, tracking=TrackingSettings(association=tracking))
    clip = Clip(people_at((300, 300, 200)), settings)
    clip.show(stamps(0, 5))
    weak = people_at((300, 300, 200), score=0.2)
    assert [len(each) for each in clip.show(stamps(5 * STEP_NS, 5), weak)] == [0] * 5


def test_who_had_a_low_score_for_long_comes_back_with_the_same_id(people_at: PeopleAt) -> None:
    clip = Clip(people_at((300, 300, 200)))
    clip.show(stamps(0, 5))
    clip.show(stamps(5 * STEP_NS, 100), people_at((300, 300, 200), score=0.2))
    assert clip.ids(stamps(105 * STEP_NS, 3)) == [1] * 3


def test_people_stay_in_their_order(people_at: PeopleAt) -> None:
    people = people_at((300, 300, 200), (500, 300, 190), (700, 300, 180))
    people = replace(people, scores=np.array([0.9, 0.2, 0.8]))
    clip = Clip(people)
    found = clip.show(stamps(0, 5))[-1]
    np.testing.assert_array_equal(found.keypoints, clip.shown[-1].keypoints[[0, 2]])
    assert found.ids.tolist() == [1, 2]


@pytest.mark.parametrize('threshold', [0.0, 0.05, 0.25, 0.7, 1.0])
def test_without_tracking_each_person_above_the_threshold_has_id_0(
    people_at: PeopleAt, threshold: float
) -> None:
    people = people_at((300, 300, 200), (500, 300, 200), (700, 300, 200), (900, 300, 200))
    people = replace(people, scores=np.array([1.0, 0.7, 0.25, 0.01]))
    clip = Clip(people, FollowSettings(tracking=OFF, person_threshold=threshold))
    for found in clip.show([0, 5 * S, S, 9 * S]):
        expected = people.scores >= np.float32(threshold)
        np.testing.assert_array_equal(found.scores, people.scores[expected])
        assert not found.ids.any()
    assert clip.said == []


def test_stamps_that_stand_still_are_said_without_tracking_too(person: Poses) -> None:
    """They are of no use to whoever reads the poses; but no person is followed."""
    clip = Clip(person, FollowSettings(tracking=OFF))
    clip.show([5 * S] * 3)
    (line,) = clip.said
    assert line == clip.follower.problem == 'timestamps not advancing: all are 5.000000000'
    clip.show(stamps(6 * S, GOOD_STEPS))
    assert clip.follower.problem == ''
    assert clip.said[1:] == ['timestamps advance again']


def test_without_tracking_nothing_is_smoothed(person: Poses) -> None:
    clip = Clip(person, FollowSettings(tracking=OFF))
    assert not clip.is_smoothed(clip.show(stamps(0, 10))[-1])


@pytest.mark.parametrize(
    ('settings', 'expected'),
    [
        (FollowSettings(), 0.1),
        (FollowSettings(tracking=BOXES, person_threshold=0.9), 0.1),
        (FollowSettings(person_threshold=0.05), 0.05),
        (FollowSettings(tracking=OFF), 0.25),
        (FollowSettings(tracking=OFF, person_threshold=0.05), 0.05),
    ],
)
def test_low_scores_are_of_use_to_tracking_alone(
    settings: FollowSettings, expected: float
) -> None:
    assert settings.least_score == expected


# settings that change


def test_what_people_are_told_apart_by_may_change(person: Poses) -> None:
    clip = Clip(person)
    clip.show(stamps(0, 5))
    clip.follower.settings = replace(RAW, tracking=BOXES)
    assert set(clip.ids(stamps(5 * STEP_NS, 5))) == {1}


def test_tracking_that_was_off_gives_new_ids(person: Poses) -> None:
    clip = Clip(person)
    clip.show(stamps(0, 5))
    clip.follower.settings = replace(RAW, tracking=OFF)
    assert set(clip.ids(stamps(5 * STEP_NS, 5))) == {0}
    clip.follower.settings = RAW
    assert clip.ids(stamps(10 * STEP_NS, 5))[-1] == 2


def test_time_does_not_matter_while_tracking_is_off(person: Poses) -> None:
    clip = Clip(person)
    clip.show(stamps(100 * S, 5))
    clip.follower.settings = replace(RAW, tracking=OFF)
    clip.show([0, 9 * S, 5 * S])
    clip.follower.settings = RAW
    clip.show(stamps(5 * S + STEP_NS, 5))
    assert clip.said == []


def test_smoothing_that_was_off_begins_afresh(person: Poses) -> None:
    clip = Clip(person, FollowSettings())
    clip.show(stamps(0, 5))
    clip.follower.settings = RAW
    assert not clip.is_smoothed(clip.show([5 * STEP_NS])[0])
    clip.follower.settings = FollowSettings()
    assert not clip.is_smoothed(clip.show([6 * STEP_NS])[0])
    assert clip.is_smoothed(clip.show([7 * STEP_NS])[0])


def test_the_filter_may_change(person: Poses) -> None:
    rough, fine = Clip(person, FollowSettings()), Clip(person, FollowSettings())
    rough.show(stamps(0, 5))
    fine.show(stamps(0, 5))
    fine.follower.settings = FollowSettings(smoothing=SmoothingSettings(min_cutoff_hz=0.01))
    (a,), (b,) = rough.show([5 * STEP_NS]), fine.show([5 * STEP_NS])
    assert not same(a, b)


def test_the_threshold_may_change(people_at: PeopleAt) -> None:
    people = replace(
        people_at((300, 300, 200), (600, 300, 200)), scores=np.array([0.9, 0.4])
    )
    clip = Clip(people)
    clip.show(stamps(0, 5))
    clip.follower.settings = replace(RAW, person_threshold=0.5)
    assert clip.show([5 * STEP_NS])[0].ids.tolist() == [1]
    clip.follower.settings = RAW
    assert clip.show([6 * STEP_NS])[0].ids.tolist() == [1, 2]


def test_a_shorter_age_holds_from_the_next_image_on(person: Poses) -> None:
    clip = Clip(person)
    clip.show(stamps(0, 5))
    clip.show(stamps(5 * STEP_NS, 15), Poses.nobody())
    clip.follower.settings = replace(RAW, tracking=TrackingSettings(max_age_s=0.3))
    assert clip.ids(stamps(20 * STEP_NS, 5))[-1] == 2


@pytest.mark.parametrize('step_ns', [-STEP_NS, 150_000_000, 10**9])
def test_who_is_known_is_forgotten_where_time_jumps(person: Poses, step_ns: int) -> None:
    tracker = PeopleTracker(FollowSettings(), warn=lambda sentence: None)
    tracker.follow(person, dark((640, 480)), 10**10)
    tracker.scene.count = 5
    scene = tracker.scene_at((640, 480), 10**10 + step_ns)
    assert tracker.scene.count == 0
    assert (scene is None) == (step_ns > 0)  # far apart, an image stands alone


def test_who_is_known_is_forgotten_where_the_size_of_images_changes(person: Poses) -> None:
    tracker = PeopleTracker(FollowSettings(), warn=lambda sentence: None)
    tracker.follow(person, dark((640, 480)), 10**10)
    tracker.scene.count = 5
    assert tracker.scene_at((640, 480), 10**10 + STEP_NS) is tracker.scene
    assert tracker.scene.count == 5
    tracker.scene_at((480, 640), 10**10 + STEP_NS)
    assert tracker.scene.count == 0


# looks


class Dressed:
    """
    Follows one person, in clothes of one colour, through images with any stamps.

    :param colour_bgr: of everything; dark clothes are everybody's.
    """

    def __init__(self, person: Poses, colour_bgr: tuple[int, int, int], **tracking: Any) -> None:
        pixels = np.full((IMAGE_WH[1], IMAGE_WH[0], 3), colour_bgr, np.uint8)
        self._person, self._image = person, SourceImage(pixels, 'bgr')
        settings = replace(RAW, tracking=TrackingSettings(**tracking))
        self.follower = PeopleTracker(settings, lambda line: None)

    def show(self, stamps_ns: Iterable[int]) -> list[Poses]:
        """Follow an image for each stamp."""
        return [self.follower.follow(self._person, self._image, each) for each in stamps_ns]


RED, BLACK = (40, 40, 200), (10, 10, 10)


@pytest.mark.parametrize(
    ('colour', 'memory_s', 'expected'), [(RED, 30.0, 1), (BLACK, 30.0, 2), (RED, 0.0, 2)]
)
def test_behind_a_gap_people_are_known_by_their_looks(
    person: Poses, colour: tuple[int, int, int], memory_s: float, expected: int
) -> None:
    clip = Dressed(person, colour, memory_s=memory_s)
    clip.show(stamps(100 * S, 10))
    assert clip.show(stamps(110 * S, 10))[-1].ids.tolist() == [expected]


def test_behind_a_gap_longer_than_memory_s_everybody_is_new(person: Poses) -> None:
    clip = Dressed(person, RED, memory_s=5.0)
    clip.show(stamps(100 * S, 10))
    assert clip.show(stamps(110 * S, 10))[-1].ids.tolist() == [2]


def test_when_time_moves_backwards_those_known_by_looks_are_forgotten(person: Poses) -> None:
    clip = Dressed(person, RED)
    clip.show(stamps(100 * S, 10))
    assert clip.show(stamps(90 * S, 10))[-1].ids.tolist() == [2]


@pytest.mark.parametrize('memory_s', [0.0, 30.0])
def test_looks_are_described_only_to_be_remembered(
    monkeypatch: pytest.MonkeyPatch, person: Poses, memory_s: float
) -> None:
    described: list[int] = []

    def count(image: SourceImage, poses: Poses, threshold: float) -> Any:
        described.append(len(poses))
        return looks_of(image, poses, threshold)

    monkeypatch.setattr(following, 'looks_of', count)
    Dressed(person, RED, memory_s=memory_s).show(stamps(0, 3))
    assert described == ([1, 1, 1] if memory_s else [])


def test_well_known_people_apart_are_looked_at_in_every_fifth_image(
    monkeypatch: pytest.MonkeyPatch, people_at: PeopleAt
) -> None:
    described: list[int] = []

    def count(image: SourceImage, poses: Poses, threshold: float) -> Any:
        described.append(len(poses))
        return looks_of(image, poses, threshold)

    monkeypatch.setattr(following, 'looks_of', count)
    apart, near = ((300, 300, 200), (900, 300, 200)), ((300, 300, 200), (340, 300, 200))

    def looks(*people: tuple[float, float, float], images: int, at_ns: int) -> int:
        described.clear()
        clip._person = people_at(*people)
        clip.show(stamps(at_ns, images))
        return len(described)

    clip = Dressed(people_at(*apart), RED)
    assert looks(*apart, images=30, at_ns=0) == 30
    assert looks(*apart, images=50, at_ns=S) in (10, 11)
    assert looks(*near, images=10, at_ns=3 * S) >= 9


def test_looks_stay_inside(person: Poses) -> None:
    """What is returned has the parts that the poses of a network have, and no histogram."""
    (found,) = Dressed(person, RED).show([0])
    assert {*vars(found)} == {*vars(person)}
