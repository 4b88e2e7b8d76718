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

"""Memory: who gets an old id back, of made-up people with made-up looks."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.appearance import alikeness
from movenet_ros.core.appearance import BINS
from movenet_ros.core.appearance import DARK
from movenet_ros.core.appearance import PARTS
from movenet_ros.core.memory import ALIKE
from movenet_ros.core.memory import ALIKE_THERE
from movenet_ros.core.memory import LOOKS
from movenet_ros.core.memory import recognise
from movenet_ros.core.memory import WAIT_S
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.tracks import Metric
from movenet_ros.core.tracks import NAMES
from movenet_ros.core.tracks import Tracks
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]
Floats = NDArray[np.float64]

METRIC = Metric('keypoints', COCO.sigmas)
SOON = WAIT_S / 2
GONE_S = 2.0
HERE, THERE, ELSEWHERE = (100, 200, 150), (300, 200, 150), (500, 200, 150)
LIGHT = BINS - 2  # the value of a colour that is not dark


def worn(hue: int, like: float = 1.0) -> Floats:
    """
    Return looks ``(PARTS, BINS)`` of who wears one colour.

    :param like: alikeness with who wears nothing but that.
    """
    looks = np.zeros((len(PARTS), BINS))
    looks[:, LIGHT] = 0.5
    looks[:, hue] = 0.5 * (2 * like - 1) ** 2
    looks[:, hue + 1] = 0.5 - looks[:, hue]
    return looks


def black() -> Floats:
    """Return looks of who wears black."""
    looks = np.zeros((len(PARTS), BINS))
    looks[:, DARK.start] = looks[:, DARK.start - 8] = 0.5
    return looks


@pytest.fixture(scope='module')
def tracks(people_at: PeopleAt) -> Callable[..., Tracks]:
    """Return a function that makes people of ``(place, looks)``."""

    def make(*people: tuple[tuple[float, float, float], Floats], **arrays: Any) -> Tracks:
        looks = np.array([each for _, each in people]).reshape(-1, len(PARTS), BINS)
        made = Tracks.of(people_at(*(place for place, _ in people)), 0.3, looks)
        more = {
            'looked': [LOOKS] * len(made), 'since_s': [SOON] * len(made),
            'unseen_s': [GONE_S] * len(made), **arrays,
        }
        return made.but(**{name: np.array(values) for name, values in more.items()})

    return make


MakeTracks = Callable[..., Tracks]


def ids_of(people: Tracks, rows: Sequence[int], away: Tracks) -> list[int]:
    """Return the ids that people have then."""
    recognise(people, [*rows], away, METRIC)
    return [*people.ids.tolist()]


def test_made_up_looks_are_as_alike_as_said() -> None:
    assert alikeness(worn(2)[None], worn(2, 0.87)[None]).item() == pytest.approx(0.87)


# by looks alone


def test_who_looks_the_same_gets_the_id_back_anywhere(tracks: MakeTracks) -> None:
    away = tracks((HERE, worn(2)), (THERE, worn(6)), ids=[4, 7])
    assert ids_of(tracks((ELSEWHERE, worn(6))), [0], away) == [7]


def test_with_the_id_comes_what_is_known_of_the_looks(tracks: MakeTracks) -> None:
    away, people = tracks((HERE, worn(2)), ids=[4], looked=[90]), tracks((THERE, worn(2, 0.95)))
    recognise(people, [0], away, METRIC)
    np.testing.assert_array_equal(people.looks, away.looks)
    assert people.looked.tolist() == [90]


@pytest.mark.parametrize(
    ('place', 'like', 'expected'),
    [
        (ELSEWHERE, ALIKE + 0.01, 4), (ELSEWHERE, ALIKE - 0.01, 0), (ELSEWHERE, 0.6, 0),
        (HERE, ALIKE_THERE + 0.01, 4), (HERE, ALIKE_THERE - 0.01, 0),
    ],
)
def test_looks_must_be_alike_a_little_less_so_at_the_place(
    tracks: MakeTracks, place: tuple[float, float, float], like: float, expected: int
) -> None:
    away = tracks((HERE, worn(2)), ids=[4])
    assert ids_of(tracks((place, worn(2, like))), [0], away) == [expected]


def test_twins_who_are_away_do_not_come_back_elsewhere(tracks: MakeTracks) -> None:
    away = tracks((HERE, worn(2)), (THERE, worn(2, 0.99)), ids=[4, 7])
    assert ids_of(tracks((ELSEWHERE, worn(2))), [0], away) == [0]


def test_the_twin_of_who_is_here_does_not_come_back_elsewhere(tracks: MakeTracks) -> None:
    away = tracks((HERE, worn(2)), ids=[4])
    people = tracks((THERE, worn(2)), (ELSEWHERE, worn(2)), ids=[9, 0])
    assert ids_of(people, [1], away) == [9, 0]


def test_twins_who_come_together_do_not_get_the_id_of_one(tracks: MakeTracks) -> None:
    away = tracks((HERE, worn(2)), ids=[4])
    twins = tracks((ELSEWHERE, worn(2)), ((480, 200, 150), worn(2)))
    assert ids_of(twins, [0, 1], away) == [0, 0]


@pytest.mark.parametrize(('doubts', 'number'), [(0, 0), (1, 4)])
def test_who_was_seen_beside_a_person_is_not_that_person(
    tracks: MakeTracks, doubts: int, number: int
) -> None:
    """Unless the id may have been another's by mistake."""
    away = tracks((HERE, worn(2)), ids=[4], unseen_s=[SOON / 2], doubts=[doubts])
    assert ids_of(tracks((ELSEWHERE, worn(2))), [0], away) == [number]


def test_who_is_plain_does_not_come_back_by_looks(tracks: MakeTracks) -> None:
    away = tracks((HERE, black()), ids=[4])
    assert ids_of(tracks((ELSEWHERE, black())), [0], away) == [0]


def test_who_has_no_looks_does_not_come_back(tracks: MakeTracks) -> None:
    nothing = np.full((len(PARTS), BINS), np.nan)
    for a, b in ((nothing, worn(2)), (worn(2), nothing), (nothing, nothing)):
        away = tracks((HERE, a), ids=[4], out_of_view=[True])
        assert ids_of(tracks((HERE, b)), [0], away) == [0]


# by looks and place


def test_twins_come_back_at_their_places(tracks: MakeTracks) -> None:
    away = tracks((HERE, worn(2)), (THERE, worn(2)), ids=[4, 7])
    assert ids_of(tracks((THERE, worn(2)), (HERE, worn(2))), [0, 1], away) == [7, 4]


@pytest.mark.parametrize(('out_of_view', 'expected'), [(True, 4), (False, 0)])
def test_who_is_plain_comes_back_where_the_camera_had_looked_away(
    tracks: MakeTracks, out_of_view: bool, expected: int
) -> None:
    away = tracks((HERE, black()), ids=[4], out_of_view=[out_of_view])
    assert ids_of(tracks((HERE, black())), [0], away) == [expected]


def test_where_the_person_was_is_not_where_it_would_have_walked(tracks: MakeTracks) -> None:
    """By now, which is long after."""
    away = tracks((HERE, worn(2)), ids=[4], velocities=[[100.0, 0.0]], unseen_s=[2.0])
    assert ids_of(tracks((HERE, worn(2, ALIKE_THERE + 0.01))), [0], away) == [4]


def test_somebody_else_at_the_place_is_somebody_else(tracks: MakeTracks) -> None:
    away = tracks((HERE, worn(2)), ids=[4])
    assert ids_of(tracks((HERE, worn(6))), [0], away) == [0]


# who waits


@pytest.mark.parametrize(
    ('looked', 'since_s', 'waits'),
    [(LOOKS - 1, SOON, True), (LOOKS - 1, WAIT_S, False), (LOOKS, SOON, False)],
)
def test_a_newcomer_waits_until_it_has_been_looked_at_but_not_for_long(
    tracks: MakeTracks, looked: int, since_s: float, waits: bool
) -> None:
    away = tracks((HERE, worn(2)), ids=[4])
    people = tracks((ELSEWHERE, worn(6)), looked=[looked], since_s=[since_s])
    assert recognise(people, [0], away, METRIC) == [0] * waits
    assert people.ids.tolist() == [0]


@pytest.mark.parametrize(('since_s', 'waits'), [(SOON, True), (WAIT_S, False)])
def test_who_is_almost_alike_waits_too(
    tracks: MakeTracks, since_s: float, waits: bool
) -> None:
    away = tracks((HERE, worn(2)), ids=[4])
    people = tracks((ELSEWHERE, worn(2, ALIKE - 0.02)), since_s=[since_s])
    assert recognise(people, [0], away, METRIC) == [0] * waits


@pytest.mark.parametrize('ids', [[], [0]])
def test_where_nobody_is_away_nobody_waits(tracks: MakeTracks, ids: list[int]) -> None:
    away = tracks(*[(HERE, worn(2))] * len(ids), ids=np.array(ids, np.int64))
    people = tracks((HERE, worn(2)), looked=[0])
    assert recognise(people, [0], away, METRIC) == []
    assert people.ids.tolist() == [0]


# always

someone = st.tuples(
    st.sampled_from([HERE, THERE, ELSEWHERE]),
    st.tuples(st.sampled_from([2, 3, 6]), st.sampled_from([1.0, 0.95, 0.91])).map(
        lambda how: worn(*how)
    ) | st.just(black()),
)


@given(st.lists(someone, max_size=4), st.lists(someone, min_size=1, max_size=4), st.data())
def test_an_id_goes_to_one_person_and_other_rows_stay_as_they_are(
    tracks: MakeTracks, gone: Any, come: Any, data: st.DataObject
) -> None:
    away = tracks(*gone, ids=np.arange(1, len(gone) + 1))
    ids = np.array([data.draw(st.sampled_from([0, 10 + i])) for i in range(len(come))])
    looked = [data.draw(st.integers(0, 5)) for _ in come]
    people = tracks(*come, ids=ids, looked=looked)
    before = people[:].but(**{name: getattr(people, name).copy() for name in NAMES})
    rows = np.flatnonzero(ids == 0).tolist()
    waiting = recognise(people, rows, away, METRIC)
    given_ids = people.ids[people.ids > 0].tolist()
    assert len({*given_ids}) == len(given_ids)
    back = np.flatnonzero(people.ids != before.ids)
    assert {*back.tolist(), *waiting} <= {*rows} and not {*back.tolist()} & {*waiting}
    same = people.ids == before.ids
    for name in NAMES:
        np.testing.assert_array_equal(getattr(people, name)[same], getattr(before, name)[same])
