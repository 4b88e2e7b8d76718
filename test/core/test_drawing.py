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

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.drawing import LEFT_COLOR
from movenet_ros.core.drawing import NO_ID_COLOR
from movenet_ros.core.drawing import person_color
from movenet_ros.core.drawing import PERSON_COLORS
from movenet_ros.core.drawing import RIGHT_COLOR
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import NDArray
import pytest

Pixels = NDArray[np.uint8]

WIDTH, HEIGHT = 640, 480
BLANK = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
THRESHOLD = 0.3


def person(
    box: tuple[float, ...] = (200, 100, 400, 300),
    track_id: int = 0,
    **keypoints: tuple[float, ...],
) -> Poses:
    """Return one person of whom only the named keypoints are seen."""
    points, scores = np.zeros((1, 17, 2)), np.zeros((1, 17))
    for name, x_y in keypoints.items():
        points[0, COCO.index[name]], scores[0, COCO.index[name]] = x_y, 0.9
    return Poses(points, scores, np.array([box]), np.array([0.5]), np.array([track_id]))


ENDS = {'left_elbow': (320, 100), 'left_wrist': (320, 200)}
FOREARM = person(**ENDS)


def face(across: float) -> Poses:
    """Return a person of 200 pixels of whom only a face is seen, from ear to ear so wide."""
    names = ('nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear')
    places = ((0, 0.2), (0.2, 0), (-0.2, 0), (0.5, 0.05), (-0.5, 0.05))
    return person(**{
        name: (320 + across * x, 240 + across * y) for name, (x, y) in zip(names, places)
    })


def skeleton_only(poses: Poses, image: Pixels = BLANK) -> Pixels:
    """Draw neither boxes nor scores."""
    return draw_poses(image, poses, THRESHOLD, boxes=False, scores=False)


def changed(before: Pixels, after: Pixels) -> NDArray[np.bool_]:
    """Return which pixels were drawn."""
    return np.asarray((before != after).any(axis=2))


def test_a_vertical_limb_fills_its_columns_and_the_rows_between_its_ends_alone() -> None:
    pixels = changed(BLANK, skeleton_only(FOREARM))
    columns, rows = np.flatnonzero(pixels[150]), np.flatnonzero(pixels.any(axis=1))
    radius = 8
    assert {319, 320} <= set(columns.tolist()) <= set(range(314, 326))
    assert 100 - radius <= rows.min() <= 100 and 200 <= rows.max() <= 200 + radius
    assert pixels[100:201, 320].all()


@pytest.mark.parametrize('background', [(255, 255, 255), PERSON_COLORS[1], (130, 170, 220)])
def test_a_limb_has_a_dark_rim_on_both_sides(background: tuple[int, ...]) -> None:
    """On white, on its own colour, on skin."""
    image = np.full_like(BLANK, background)
    row = skeleton_only(person(track_id=1, **ENDS), image)[150]
    outer = np.flatnonzero((row < 60).all(axis=1))
    inner = outer[0] + np.flatnonzero((row[outer[0]:outer[-1]] == PERSON_COLORS[1]).all(axis=1))
    assert outer.min() < inner.min() and inner.max() < outer.max()


@pytest.mark.parametrize(
    ('wh', 'height', 'least', 'most'),
    [((320, 240), 40, 2, 4), ((320, 240), 240, 4, 6), ((640, 480), 40, 2, 4)]
    + [((640, 480), 480, 6, 10), ((3840, 2160), 60, 8, 12), ((3840, 2160), 2160, 24, 40)],
)
def test_a_limb_is_as_wide_as_person_and_image_ask_for(
    wh: tuple[int, int], height: float, least: int, most: int
) -> None:
    """With its rim, in pixels: not thinner than can be seen, and not fat in a large image."""
    image = np.full((wh[1], wh[0], 3), 128, np.uint8)
    middle = wh[0] / 2
    box = (middle - 0.2 * height, 0, middle + 0.2 * height, height)
    ends = {'left_elbow': (middle, 0.1 * height), 'left_wrist': (middle, 0.9 * height)}
    row = skeleton_only(person(box, **ends), image)[height // 2].astype(int)
    assert least <= (np.abs(row - 128) > 40).any(axis=1).sum() <= most


def test_nothing_is_drawn_beyond_a_person(people_at: Callable[..., Poses]) -> None:
    people = people_at((200, 240, 300), (450, 300, 100))
    rows, columns = np.nonzero(changed(BLANK, skeleton_only(people)))
    points = np.column_stack([columns, rows]) + 0.5
    low, high = people.keypoints.min(axis=1) - 8, people.keypoints.max(axis=1) + 8
    inside = (points[:, None] >= low) & (points[:, None] <= high)
    assert inside.all(axis=2).any(axis=1).all()


@pytest.mark.parametrize(('across', 'shown'), [(6, 0), (9, 0), (60, 5)])
def test_the_keypoints_of_a_small_face_are_left_out(across: float, shown: int) -> None:
    """They would hide it."""
    drawn = skeleton_only(face(across))
    dots = [changed(BLANK, drawn)[int(y), int(x)] for x, y in face(across).keypoints[0, :5]]
    assert sum(dots) == shown
    assert changed(BLANK, drawn).any() == (shown > 0)


@pytest.mark.parametrize('across', [13, 20, 40, 120])
def test_most_of_a_face_stays_visible(across: float) -> None:
    points = face(across).keypoints[0, :5]
    pixels = changed(BLANK, skeleton_only(face(across)))
    left, top = np.floor(points.min(axis=0)).astype(int)
    size = round(across)  # a face is about as high as it is wide
    assert pixels[top - size // 3:top + 2 * size // 3, left:left + size].mean() < 0.5


def test_the_image_stays_as_it_was() -> None:
    image = BLANK.copy()
    draw_poses(image, FOREARM, THRESHOLD)
    np.testing.assert_array_equal(image, BLANK)


def test_a_read_only_view_will_do(astronaut: SourceImage) -> None:
    view_bgr = astronaut.pixels[..., ::-1]
    np.testing.assert_array_equal(
        skeleton_only(FOREARM, view_bgr), skeleton_only(FOREARM, np.ascontiguousarray(view_bgr))
    )


def test_without_people_it_is_a_copy() -> None:
    drawn = draw_poses(BLANK, Poses.nobody(), THRESHOLD)
    np.testing.assert_array_equal(drawn, BLANK)
    assert not np.shares_memory(drawn, BLANK)


@pytest.mark.parametrize(
    ('threshold', 'shown'), [(0.91, False), (float(FOREARM.keypoint_scores.max()), True)]
)
def test_keypoints_from_the_threshold_on_are_drawn(threshold: float, shown: bool) -> None:
    drawn = draw_poses(BLANK, FOREARM, threshold, boxes=False, scores=False)
    assert changed(BLANK, drawn).any() == shown


@pytest.mark.parametrize('seen', ['left_elbow', 'left_wrist'])
def test_a_limb_with_one_end_unseen_is_not_drawn(seen: str) -> None:
    rows, columns = np.nonzero(changed(BLANK, skeleton_only(person(**{seen: (320, 240)}))))
    assert np.hypot(rows - 240, columns - 320).max() <= 9  # the keypoint alone


@pytest.mark.parametrize(
    ('name', 'color'), [('left_wrist', LEFT_COLOR), ('right_wrist', RIGHT_COLOR)]
)
def test_a_keypoint_has_the_colour_of_its_side(name: str, color: tuple[int, ...]) -> None:
    drawn = skeleton_only(person(**{name: (320.5, 240.5)}))
    assert tuple(drawn[240, 320].tolist()) == color


@pytest.mark.parametrize('track_id', [0, 1, 2, 6, 7, 8, 12345])
def test_a_limb_has_the_colour_of_its_person(track_id: int) -> None:
    limb = skeleton_only(person(track_id=track_id, **ENDS))[150, 320]
    assert tuple(limb.tolist()) == person_color(track_id)


def test_people_without_an_id_are_grey_and_nobody_else_is() -> None:
    assert len({*NO_ID_COLOR}) == 1
    assert person_color(0) == NO_ID_COLOR
    assert NO_ID_COLOR not in {person_color(each) for each in range(1, 20)}


def test_ids_in_a_row_have_different_colours() -> None:
    assert len({person_color(each) for each in range(5, 5 + len(PERSON_COLORS))}) == 7


def test_a_box_is_drawn_where_it_is() -> None:
    pixels = changed(BLANK, draw_poses(BLANK, person(), THRESHOLD, scores=False))
    rows, columns = np.nonzero(pixels)
    np.testing.assert_allclose(
        [columns.min(), rows.min(), columns.max(), rows.max()], (200, 100, 400, 300), atol=1
    )


def test_a_box_is_not_filled() -> None:
    drawn = draw_poses(BLANK, person(), THRESHOLD, scores=False)
    assert not changed(BLANK, drawn)[110:290, 210:390].any()


def test_boxes_can_be_switched_off() -> None:
    np.testing.assert_array_equal(skeleton_only(person()), BLANK)


@pytest.mark.parametrize('wh', [(640, 480), (200, 100)])
def test_the_box_of_the_whole_image_shows_on_all_sides(wh: tuple[int, int]) -> None:
    blank = np.full((wh[1], wh[0], 3), 128, np.uint8)
    drawn = draw_poses(blank, person((0, 0, *wh)), THRESHOLD, scores=False)
    pixels = changed(blank, drawn)
    assert all(side.all() for side in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))


def test_the_score_is_written_above_the_box() -> None:
    drawn = draw_poses(BLANK, person(), THRESHOLD, boxes=False)
    rows, columns = np.nonzero(changed(BLANK, drawn))
    assert rows.max() == 99
    assert columns.min() == 200


@pytest.mark.parametrize(('track_id', 'shown'), [(3, True), (0, False)])
def test_an_id_is_written_without_the_scores_too(track_id: int, shown: bool) -> None:
    assert changed(BLANK, skeleton_only(person(track_id=track_id))).any() == shown


def test_who_was_looked_at_closely_is_marked_where_that_is_asked_for() -> None:
    """Nobody else is."""
    ordinary = person(track_id=3)
    closely = replace(ordinary, refined=np.array([True]))
    marked = draw_poses(BLANK, closely, THRESHOLD, refined=True)
    assert changed(marked, draw_poses(BLANK, closely, THRESHOLD)).any()
    others = (draw_poses(BLANK, ordinary, THRESHOLD, refined=each) for each in (True, False))
    np.testing.assert_array_equal(*others)


@pytest.mark.parametrize('track_id', [1, 12345])
def test_different_ids_look_different(track_id: int) -> None:
    one = skeleton_only(person(track_id=track_id))
    other = skeleton_only(person(track_id=track_id + len(PERSON_COLORS)))  # the same colour
    assert changed(one, other).any()


def test_a_person_keeps_its_colour_by_its_id(make_people: Callable[..., Poses]) -> None:
    people = make_people((WIDTH, HEIGHT), 2)
    colors = set()
    for order in ([0, 1], [1, 0]):
        shown = Poses(
            people.keypoints[order],
            np.zeros((2, 17)),
            np.array([[10, 60, 90, 90], [210, 60, 290, 90]])[order],
            np.array([0.9, 0.8]),
            np.array([7, 8])[order],
        )
        drawn = draw_poses(BLANK, shown, THRESHOLD)
        colors.add((tuple(drawn[75, 10].tolist()), tuple(drawn[75, 210].tolist())))
    assert len(colors) == 1


@pytest.mark.parametrize('left', [-500, -3, 0, 635, 5000])
@pytest.mark.parametrize('top', [-500, 0, 3])
def test_a_label_stays_inside_the_image(left: float, top: float) -> None:
    drawn = draw_poses(BLANK, person((left, top, left + 5, top + 400)), THRESHOLD, boxes=False)
    columns = np.flatnonzero(changed(BLANK, drawn).any(axis=0))
    assert columns.max() - columns.min() > 20


def test_the_best_person_lies_on_top() -> None:
    two = Poses(
        np.repeat(FOREARM.keypoints, 2, axis=0),
        np.repeat(FOREARM.keypoint_scores, 2, axis=0),
        np.repeat(FOREARM.boxes_xyxy, 2, axis=0),
        np.array([0.9, 0.5]),
        np.array([1, 2]),
    )
    assert tuple(skeleton_only(two)[150, 320].tolist()) == person_color(1)


@given(
    st.lists(st.floats(allow_nan=False, width=32), min_size=38, max_size=38),
    st.sampled_from([(1, 1), (1, 50), (50, 1), (2, 3), (60, 80)]),
)
def test_wild_coordinates_do_no_harm(numbers: list[float], shape: tuple[int, int]) -> None:
    values = np.array(numbers)
    wild = Poses(
        values[:34].reshape(1, 17, 2), np.ones((1, 17)), values[None, 34:], np.ones(1), np.ones(1)
    )
    image = np.zeros((*shape, 3), np.uint8)
    assert draw_poses(image, wild, THRESHOLD).shape == image.shape


def test_a_limb_that_leaves_the_image_far_away_is_drawn_to_its_border() -> None:
    drawn = skeleton_only(person(left_elbow=(320, 240), left_wrist=(1e30, 240)))
    assert changed(BLANK, drawn)[240, 320:].all()
