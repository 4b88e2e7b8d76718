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

"""Appearance: painted people, whose clothes are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from movenet_ros.core.appearance import alikeness
from movenet_ros.core.appearance import BINS
from movenet_ros.core.appearance import is_known
from movenet_ros.core.appearance import is_plain
from movenet_ros.core.appearance import looks_of
from movenet_ros.core.appearance import PARTS
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]
Floats = NDArray[np.float64]
Colour = tuple[int, int, int]

WH = (640, 480)
GROUND = (120, 140, 110)
PERSON = (200.0, 240.0, 200.0)
RED, GREEN, BLUE = (200, 40, 40), (40, 170, 60), (40, 60, 190)
HIPS = [11, 12]


def painted(
    *people: tuple[float, float, float, Colour, Colour], ground: Colour = GROUND
) -> NDArray[np.uint8]:
    """Return RGB pixels of people, each ``(x, y, height, above the hips, below them)``."""
    pixels = np.full((WH[1], WH[0], 3), ground, np.uint8)
    for x, y, height, above, below in people:
        sides = slice(max(round(x - 0.2 * height), 0), max(round(x + 0.2 * height), 0))
        top, hips, feet = (max(round(y + each * height), 0) for each in (-0.5, 0.02, 0.5))
        pixels[top:hips, sides], pixels[hips:feet, sides] = above, below
    return pixels


def rgb(*people: tuple[float, float, float, Colour, Colour]) -> SourceImage:
    return SourceImage(painted(*people), 'rgb')


def alike(a: Floats, b: Floats) -> float:
    return float(alikeness(a, b).item())


@pytest.fixture
def person(people_at: PeopleAt) -> Poses:
    """Give one person."""
    return people_at(PERSON)


@pytest.fixture
def looks(person: Poses) -> Floats:
    """Give the looks of that one in red above blue."""
    return looks_of(rgb((*PERSON, RED, BLUE)), person, 0.3)


# the same person


@given(st.floats(60, 560), st.floats(180, 300), st.floats(80, 300))
def test_a_person_looks_the_same_anywhere_and_at_any_size(
    people_at: PeopleAt, x: float, y: float, height: float
) -> None:
    here = looks_of(rgb((*PERSON, RED, BLUE)), people_at(PERSON), 0.3)
    there = looks_of(rgb((x, y, height, RED, BLUE)), people_at((x, y, height)), 0.3)
    assert alike(here, there) > 0.93


@pytest.mark.parametrize('turns', [1, 2, 3])
def test_a_person_looks_the_same_lying_and_upside_down(
    person: Poses, looks: Floats, turns: int
) -> None:
    pixels, x_y, wh = painted((*PERSON, RED, BLUE)), person.keypoints.copy(), WH
    for _ in range(turns):  # by 90 degrees, against the clock
        x_y = np.stack([x_y[..., 1], wh[0] - x_y[..., 0]], axis=-1)
        wh = (wh[1], wh[0])
    pixels = np.ascontiguousarray(np.rot90(pixels, turns))
    boxes = np.concatenate([x_y.min(axis=1), x_y.max(axis=1)], axis=1)
    turned = replace(person, keypoints=x_y, boxes_xyxy=boxes)
    assert alike(looks, looks_of(SourceImage(pixels, 'rgb'), turned, 0.3)) > 0.97


def test_a_person_looks_the_same_in_any_order_of_channels(person: Poses, looks: Floats) -> None:
    pixels = painted((*PERSON, RED, BLUE))
    alpha = np.full((WH[1], WH[0], 1), 255, np.uint8)
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    for image in (
        SourceImage(bgr, 'bgr'),
        SourceImage(np.concatenate([pixels, alpha], axis=-1), 'rgba'),
        SourceImage(np.concatenate([bgr, alpha], axis=-1), 'bgra'),
    ):
        np.testing.assert_allclose(looks_of(image, person, 0.3), looks)


@pytest.mark.parametrize('clothes', [(GREEN, BLUE), (RED, GREEN), (BLUE, RED)])
def test_other_clothes_look_otherwise(
    person: Poses, looks: Floats, clothes: tuple[Colour, Colour]
) -> None:
    other = looks_of(rgb((*PERSON, *clothes)), person, 0.3)
    assert alike(looks, other) < 0.85


def test_what_is_around_a_person_does_not_count(person: Poses, looks: Floats) -> None:
    image = SourceImage(painted((*PERSON, RED, BLUE), ground=(250, 220, 30)), 'rgb')
    found = looks_of(image, person, 0.3)
    np.testing.assert_allclose(found[:, :3], looks[:, :3])  # behind the head it does


# who is seen


@pytest.mark.parametrize('order', [(0, 1), (1, 0)])
def test_who_is_behind_somebody_is_not_described(
    people_at: PeopleAt, order: tuple[int, int]
) -> None:
    """It is the one that is seen worse."""
    both = people_at(PERSON, (215.0, 245.0, 200.0))
    both = replace(both, scores=np.array([0.8, 0.5]))[[*order]]
    known = is_known(looks_of(rgb((*PERSON, RED, BLUE)), both, 0.3))
    assert known.tolist() == [each == 0 for each in order]


def test_who_is_beside_somebody_is_described(people_at: PeopleAt) -> None:
    both = people_at(PERSON, (300.0, 240.0, 200.0))
    assert is_known(looks_of(rgb((*PERSON, RED, BLUE)), both, 0.3)).all()


def test_of_who_is_small_nothing_is_known(people_at: PeopleAt) -> None:
    """The torso is a third of the height."""
    people = people_at((100, 200, 30), (200, 200, 60))
    assert is_known(looks_of(rgb(), people, 0.3)).tolist() == [False, True]


def test_of_who_is_outside_of_the_image_nothing_is_known(people_at: PeopleAt) -> None:
    people = people_at((-100, 240, 200), (800, 240, 200), (320, -200, 200), (320, 900, 200))
    assert np.isnan(looks_of(rgb(), people, 0.3)).all()


@pytest.mark.parametrize('joint', [5, 6, *HIPS])
def test_without_shoulders_and_hips_nothing_is_known(person: Poses, joint: int) -> None:
    scores = person.keypoint_scores.copy()
    scores[:, joint] = 0.29
    hidden = replace(person, keypoint_scores=scores)
    assert np.isnan(looks_of(rgb((*PERSON, RED, BLUE)), hidden, 0.3)).all()


def test_without_knees_the_legs_alone_are_not_known(person: Poses) -> None:
    scores = person.keypoint_scores.copy()
    scores[:, 13:15] = 0.1
    hidden = replace(person, keypoint_scores=scores)
    found = looks_of(rgb((*PERSON, RED, BLUE)), hidden, 0.3)
    assert np.isnan(found[0, :, 0]).tolist() == [part == 'legs' for part in PARTS]


def test_a_skeleton_without_shoulders_has_no_looks() -> None:
    skeleton = Skeleton(tuple('abcdef'), (), (0.1,) * 6)
    points = Poses(
        keypoints=np.full((1, 6, 2), 100, np.float32),
        keypoint_scores=np.ones((1, 6), np.float32),
        boxes_xyxy=np.array([[50, 50, 150, 150]], np.float32),
        scores=np.ones(1, np.float32),
        ids=np.zeros(1, np.int64),
        skeleton=skeleton,
    )
    assert np.isnan(looks_of(rgb(), points, 0.3)).all()


def test_nobody_has_no_looks() -> None:
    assert looks_of(rgb(), Poses.nobody(), 0.3).shape == (0, len(PARTS), BINS)


def test_the_image_is_not_written_to(person: Poses) -> None:
    pixels = painted((*PERSON, RED, BLUE))
    before = pixels.copy()
    pixels.flags.writeable = False
    looks_of(SourceImage(pixels, 'rgb'), person, 0.3)
    np.testing.assert_array_equal(pixels, before)


@given(arrays.arrays(np.float64, (3, 3), elements=st.floats(-2000, 2000)))
def test_looks_are_shares_or_unknown(people_at: PeopleAt, places: Floats) -> None:
    """Of people anywhere, of any size, with an area or none."""
    people = people_at(*places)
    found = looks_of(rgb((*PERSON, RED, BLUE)), people, 0.3)
    sums = found.sum(axis=-1)
    assert (np.isnan(sums) | np.isclose(sums, 1)).all() and not (found < 0).any()


# plain people


@pytest.mark.parametrize(
    ('clothes', 'plain'), [((20, 20, 25), True), ((5, 5, 5), True), (RED, False), (BLUE, False)]
)
def test_who_is_all_in_black_is_plain(person: Poses, clothes: Colour, plain: bool) -> None:
    found = looks_of(rgb((*PERSON, clothes, clothes)), person, 0.3)
    assert is_plain(found).tolist() == [plain]


@pytest.mark.parametrize('grey', [20, 128, 230])
def test_an_image_without_colours_shows_plain_people(person: Poses, grey: int) -> None:
    image = SourceImage(np.full((WH[1], WH[0]), grey, np.uint8), 'mono')
    found = looks_of(image, person, 0.3)
    assert is_known(found).all() and is_plain(found).all()


def test_who_is_not_known_is_plain() -> None:
    assert is_plain(np.full((1, len(PARTS), BINS), np.nan)).all()


# alikeness

histograms = arrays.arrays(
    np.float64, (3, len(PARTS), BINS), elements=st.sampled_from([0.0, 0.1, 1.0])
).map(lambda counts: (counts + 1e-9) / (counts + 1e-9).sum(axis=-1, keepdims=True))


@given(histograms, histograms)
def test_alikeness_is_symmetric_and_between_0_and_1(a: Floats, b: Floats) -> None:
    found = alikeness(a, b)
    np.testing.assert_allclose(found, alikeness(b, a).T)
    assert (found >= 0).all() and (found <= 1 + 1e-9).all()


@given(histograms)
def test_everybody_looks_like_themselves(looks: Floats) -> None:
    np.testing.assert_allclose(np.diag(alikeness(looks, looks)), 1)


@given(histograms, st.sampled_from([0, 1]))
def test_without_a_torso_nobody_is_alike(looks: Floats, part: int) -> None:
    hidden = looks.copy()
    hidden[0, part] = np.nan
    found = alikeness(hidden, looks)
    assert np.isnan(found[0]).all() and not np.isnan(found[1:]).any()


@given(histograms, st.sampled_from([2, 3]))
def test_legs_and_head_count_where_they_are_seen(looks: Floats, part: int) -> None:
    hidden = looks.copy()
    hidden[0, part] = np.nan
    assert alikeness(hidden, looks)[0, 0] == pytest.approx(1)


@pytest.mark.parametrize('shape', [(0, 0), (0, 2), (2, 0)])
def test_nobody_is_alike_to_nobody(shape: tuple[int, int]) -> None:
    a, b = (np.ones((n, len(PARTS), BINS)) / BINS for n in shape)
    assert alikeness(a, b).shape == shape
