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

"""Made-up people who stand still and shake, walk, or wave; how much is left of it, how late."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from movenet_ros.core.following import FollowSettings
from movenet_ros.core.following import SmoothingSettings
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.smoothing import Smoother
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]

RATE_HZ = 30.0
IMAGE_WH = (1280, 960)
WRIST = COCO.index['left_wrist']
HEIGHT = 200.0  # of the people; their size, the root of the box's area, is 0.63 of it


def smoothed(
    images: Sequence[Poses],
    steps_s: Sequence[float] | None = None,
    keys: Sequence[Sequence[int]] | None = None,
    smoother: Smoother | None = None,
    image_wh: tuple[int, int] = IMAGE_WH,
    **changes: float,
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Smooth people through images as the node does, with its defaults; return each result."""
    smoother = smoother or Smoother()
    how = {
        'keypoint_threshold': FollowSettings.keypoint_threshold,
        'min_cutoff_hz': SmoothingSettings.min_cutoff_hz,
        'beta': SmoothingSettings.beta,
        **changes,
    }
    results = []
    for i, poses in enumerate(images):
        mine = np.arange(1, len(poses) + 1) if keys is None else np.array(keys[i], np.int64)
        step_s = 1 / RATE_HZ if steps_s is None else steps_s[i]
        results.append(smoother.smooth(poses, mine, step_s, image_wh=image_wh, **how))
    return results


def keypoints(results: Sequence[tuple[NDArray[np.float32], Any]], person: int = 0) -> Any:
    """Return ``(images, 17, 2)`` of one person."""
    return np.array([each[person] for each, _ in results], np.float64)


def shaken(poses: Poses, count: int, noise_px: float, seed: int = 0) -> list[Poses]:
    """Return a still person whose keypoints and box shake."""
    random = np.random.default_rng(seed)
    return [
        replace(
            poses,
            keypoints=poses.keypoints + random.normal(0, noise_px, poses.keypoints.shape),
            boxes_xyxy=poses.boxes_xyxy + random.normal(0, noise_px, poses.boxes_xyxy.shape),
        )
        for _ in range(count)
    ]


def jumps(track: Any) -> float:
    """Return the root of the mean square of what points move from one image to the next."""
    return float(np.sqrt((np.diff(track, axis=0) ** 2).mean()))


def waved(poses: Poses, offsets: NDArray[np.float64]) -> list[Poses]:
    """Return a person whose wrist goes up and down by so many pixels."""
    images = []
    for offset in offsets:
        moved = poses.keypoints.copy()
        moved[:, WRIST, 1] += offset
        images.append(replace(poses, keypoints=moved))
    return images


def scored(poses: Poses, name: str, score: float) -> Poses:
    """Return a person with another score of one keypoint."""
    scores = poses.keypoint_scores.copy()
    scores[:, COCO.index[name]] = score
    return replace(poses, keypoint_scores=scores)


def moved(poses: Poses, x: float, y: float = 0.0) -> Poses:
    """Return people elsewhere."""
    return replace(
        poses,
        keypoints=poses.keypoints + np.array([x, y]),
        boxes_xyxy=poses.boxes_xyxy + np.array([x, y, x, y]),
    )


# still people


def test_what_does_not_move_stays_exactly(people_at: PeopleAt) -> None:
    person = people_at((300.3, 250.7, HEIGHT), (700.1, 300.9, 123.4))
    for points, boxes in smoothed([person] * 30):
        np.testing.assert_array_equal(points, person.keypoints)
        np.testing.assert_array_equal(boxes, person.boxes_xyxy)


def test_the_first_image_passes_as_it_is(people_at: PeopleAt) -> None:
    person = people_at((300.3, 250.7, HEIGHT))
    np.testing.assert_array_equal(smoothed([person])[0][0], person.keypoints)


@pytest.mark.parametrize('noise_px', [0.3, 1.0, 2.0])
def test_keypoints_of_a_still_person_shake_60_percent_less(
    people_at: PeopleAt, noise_px: float
) -> None:
    images = shaken(people_at((300, 250, HEIGHT)), 300, noise_px)
    raw = np.array([each.keypoints[0] for each in images])
    assert jumps(keypoints(smoothed(images))[30:]) <= 0.4 * jumps(raw[30:])


def test_the_box_of_a_still_person_shakes_60_percent_less(people_at: PeopleAt) -> None:
    images = shaken(people_at((300, 250, HEIGHT)), 300, 1.0)
    raw = np.array([each.boxes_xyxy for each in images])
    smooth = np.array([boxes for _, boxes in smoothed(images)])
    assert jumps(smooth[30:]) <= 0.4 * jumps(raw[30:])


def test_what_shakes_is_not_moved_elsewhere(people_at: PeopleAt) -> None:
    person = people_at((300, 250, HEIGHT))
    smooth = keypoints(smoothed(shaken(person, 300, 1.0)))
    np.testing.assert_allclose(smooth[60:].mean(axis=0), person.keypoints[0], atol=0.3)


def test_a_higher_cutoff_shakes_more(people_at: PeopleAt) -> None:
    images = shaken(people_at((300, 250, HEIGHT)), 200, 1.0)
    found = [
        jumps(keypoints(smoothed(images, min_cutoff_hz=hz, beta=0.0))) for hz in (0.1, 1, 10)
    ]
    assert found == sorted(found) and found[0] < 0.5 * found[-1]


# moving people


@pytest.mark.parametrize('rate_hz', [10, 15, 30, 60])
@pytest.mark.parametrize('speed', [0.3, 1.0, 2.0])
def test_who_walks_by_is_not_late(people_at: PeopleAt, rate_hz: int, speed: float) -> None:
    """At most 5 ms after a second; speeds are in heights a second."""
    velocity = speed * HEIGHT
    times = np.arange(0, 2, 1 / rate_hz)
    images = [people_at((100 + velocity * t, 250, HEIGHT)) for t in times]
    smooth = keypoints(smoothed(images, np.full(len(times), 1 / rate_hz).tolist()))
    raw = np.array([each.keypoints[0] for each in images])
    late_s = (raw - smooth)[rate_hz:, :, 0] / velocity
    assert np.abs(late_s).max() <= 0.005


@pytest.mark.parametrize('period_s', [0.8, 1.0, 1.2])
@pytest.mark.parametrize('amplitude', [0.2, 0.25])
def test_a_limb_that_swings_is_at_most_40_ms_late(
    people_at: PeopleAt, period_s: float, amplitude: float
) -> None:
    """The amplitude is in heights; a walker's wrists and ankles swing by so much."""
    times = np.arange(0, 4 * period_s, 1 / RATE_HZ)
    offsets = amplitude * HEIGHT * np.sin(2 * np.pi * times / period_s)
    person = people_at((300, 250, HEIGHT))
    smooth = keypoints(smoothed(waved(person, offsets)))[:, WRIST, 1]
    smooth -= person.keypoints[0, WRIST, 1]
    use = times >= period_s
    turns = np.exp(2j * np.pi * times / period_s)[use]
    # the phase of the swing's own frequency, against that of the true swing
    behind = np.angle((offsets[use] * turns).sum()) - np.angle((smooth[use] * turns).sum())
    late_s = -((behind + np.pi) % (2 * np.pi) - np.pi) * period_s / (2 * np.pi)
    assert 0 <= late_s <= 0.040


def test_a_higher_beta_lags_less(people_at: PeopleAt) -> None:
    times = np.arange(0, 3, 1 / RATE_HZ)
    offsets = 0.2 * HEIGHT * np.sin(2 * np.pi * times)
    images = waved(people_at((300, 250, HEIGHT)), offsets)
    raw = np.array([each.keypoints[0] for each in images])
    off = [np.abs(keypoints(smoothed(images, beta=beta)) - raw).mean() for beta in (0, 1, 5, 50)]
    assert off == sorted(off, reverse=True) and off[-1] < 0.5 * off[0]


def test_keypoints_that_jump_do_not_pull_the_others(people_at: PeopleAt) -> None:
    """As where one leg is taken for the other one, or for another person's."""
    person = people_at((300, 250, HEIGHT))
    leg = [COCO.index['left_knee'], COCO.index['left_ankle'], COCO.index['left_hip']]
    others = ~np.isin(np.arange(17), leg)
    images = []
    for i in range(20):
        points = person.keypoints.copy()
        points[:, leg, 0] += HEIGHT * (i >= 10)
        images.append(replace(person, keypoints=points))
    smooth = keypoints(smoothed(images))[:, others]
    assert np.abs(smooth - person.keypoints[0, others]).max() < 0.01 * HEIGHT


def test_a_wave_does_not_move_the_rest_of_the_body(people_at: PeopleAt) -> None:
    person = people_at((300, 250, HEIGHT))
    offsets = 0.25 * HEIGHT * np.sin(2 * np.pi * np.arange(90) / RATE_HZ)
    others = np.arange(17) != WRIST
    smooth = keypoints(smoothed(waved(person, offsets)))[:, others]
    assert np.abs(smooth - person.keypoints[0, others]).max() < 0.02 * HEIGHT


# near and far, few and many


@given(st.sampled_from([0.5, 2.0, 4.0, 8.0]), st.integers(0, 1000))
def test_near_and_far_people_are_treated_alike(
    people_at: PeopleAt, scale: float, seed: int
) -> None:
    images = shaken(people_at((300, 250, HEIGHT)), 10, 3.0, seed)
    near = [
        replace(each, keypoints=each.keypoints * scale, boxes_xyxy=each.boxes_xyxy * scale)
        for each in images
    ]
    wide = (IMAGE_WH[0] * 8, IMAGE_WH[1] * 8)
    for (points, boxes), (far_points, far_boxes) in zip(
        smoothed(near, image_wh=wide), smoothed(images)
    ):
        np.testing.assert_allclose(points, far_points * scale, rtol=1e-4)
        np.testing.assert_allclose(boxes, far_boxes * scale, rtol=1e-4)


def test_the_order_of_people_makes_no_difference(people_at: PeopleAt) -> None:
    random = np.random.default_rng(0)
    images = shaken(people_at(*((200 * i, 250, 100 + 20 * i) for i in range(1, 5))), 20, 2.0)
    orders = [random.permutation(4) for _ in images]
    mixed = [
        replace(each, keypoints=each.keypoints[order], boxes_xyxy=each.boxes_xyxy[order])
        for each, order in zip(images, orders)
    ]
    keys = [(order + 1).tolist() for order in orders]
    straight, shuffled = smoothed(images), smoothed(mixed, keys=keys)
    for (points, boxes), (there, there_boxes), order in zip(straight, shuffled, orders):
        np.testing.assert_array_equal(there, points[order])
        np.testing.assert_array_equal(there_boxes, boxes[order])


def test_people_do_not_touch_each_other(people_at: PeopleAt) -> None:
    pair = shaken(people_at((300, 250, HEIGHT), (600, 300, 150)), 20, 2.0)
    alone = [each.first(1) for each in pair]
    np.testing.assert_array_equal(keypoints(smoothed(pair)), keypoints(smoothed(alone)))


def test_who_comes_in_does_not_move_as_the_others_do(people_at: PeopleAt) -> None:
    """A person stands beside a person who runs."""
    runner = [people_at((100 + 20 * i, 250, HEIGHT)) for i in range(20)]
    both = [people_at((100 + 20 * i, 250, HEIGHT), (900, 300, HEIGHT)) for i in range(20)]
    found = smoothed(runner[:10] + both[10:])
    for points, _ in found[10:]:
        np.testing.assert_array_equal(points[1], both[0].keypoints[1])


def test_who_shakes_with_the_camera_passes_as_it_is(people_at: PeopleAt) -> None:
    shifts = np.random.default_rng(0).normal(0, 8, (40, 2))
    places = np.cumsum(shifts, axis=0) + 400
    images = [people_at((*place, HEIGHT)) for place in places]
    cameras = [np.array([[1.0, 0.0, x], [0.0, 1.0, y]]) for x, y in shifts]
    known = [replace(image, camera=camera) for image, camera in zip(images, cameras)]
    true = np.array([each.keypoints[0] for each in images])
    np.testing.assert_allclose(keypoints(smoothed(known)), true, atol=0.01)
    assert np.abs(keypoints(smoothed(images)) - true).max() > 1


def test_no_people_are_no_trouble(people_at: PeopleAt) -> None:
    person = people_at((300, 250, HEIGHT))
    found = smoothed([Poses.nobody(), person, Poses.nobody(), person])
    assert [len(points) for points, _ in found] == [0, 1, 0, 1]


# keypoints that are not seen


def test_a_low_score_passes_as_it_is(people_at: PeopleAt) -> None:
    images = [
        scored(each, 'left_wrist', 0.1)
        for each in shaken(people_at((300, 250, HEIGHT)), 20, 5.0)
    ]
    raw = np.array([each.keypoints[0, WRIST] for each in images])
    np.testing.assert_array_equal(keypoints(smoothed(images))[:, WRIST], raw)


def test_a_low_score_leaves_no_trace(people_at: PeopleAt) -> None:
    """Wherever the unseen wrist was said to be."""
    images = shaken(people_at((300, 250, HEIGHT)), 20, 1.0)
    unseen = scored(images[9], 'left_wrist', 0.1)
    far = unseen.keypoints.copy()
    far[:, WRIST] += 500
    here = smoothed([*images[:9], unseen, *images[10:]])
    there = smoothed([*images[:9], replace(unseen, keypoints=far), *images[10:]])
    np.testing.assert_array_equal(keypoints(here)[10:], keypoints(there)[10:])


def test_a_keypoint_that_reappears_starts_afresh(people_at: PeopleAt) -> None:
    images = shaken(people_at((300, 250, HEIGHT)), 20, 1.0)
    images[9] = scored(images[9], 'left_wrist', 0.1)
    smooth, raw = keypoints(smoothed(images)), images[10].keypoints[0]
    np.testing.assert_array_equal(smooth[10, WRIST], raw[WRIST])
    assert (smooth[10, :WRIST] != raw[:WRIST]).any(axis=1).all()


def test_the_threshold_says_what_is_seen(people_at: PeopleAt) -> None:
    images = shaken(people_at((300, 250, HEIGHT), keypoint_score=0.5), 20, 2.0)
    raw = np.array([each.keypoints[0] for each in images])
    smooth = keypoints(smoothed(images, keypoint_threshold=0.6))
    np.testing.assert_array_equal(smooth, raw)
    assert jumps(keypoints(smoothed(images, keypoint_threshold=0.5))) < 0.6 * jumps(raw)


# people who come and go


def test_who_was_not_in_the_last_image_starts_afresh(people_at: PeopleAt) -> None:
    person = people_at((300, 250, HEIGHT))
    images = [person] * 10 + [Poses.nobody()] + [moved(person, 7.3)]
    np.testing.assert_array_equal(keypoints(smoothed(images)[-1:])[0], images[-1].keypoints[0])


def test_a_new_person_at_the_same_place_starts_afresh(people_at: PeopleAt) -> None:
    person = people_at((300, 250, HEIGHT))
    images = [person, person, moved(person, 7.3)]
    found = keypoints(smoothed(images, keys=[[1], [1], [2]]))
    np.testing.assert_array_equal(found[-1], images[-1].keypoints[0])


def test_a_restart_starts_afresh(people_at: PeopleAt) -> None:
    smoother, person = Smoother(), people_at((300, 250, HEIGHT))
    smoothed([person] * 5, smoother=smoother)
    smoother.restart()
    (points, _), = smoothed([moved(person, 7.3)], smoother=smoother)
    np.testing.assert_array_equal(points, moved(person, 7.3).keypoints)


def test_who_has_no_track_passes_as_is(people_at: PeopleAt) -> None:
    """Key 0 is no track's; two people with it are not the same person."""
    images = shaken(people_at((300, 250, HEIGHT), (600, 250, HEIGHT)), 10, 3.0)
    found = smoothed(images, keys=[[0, 0]] * 10)
    for (points, boxes), raw in zip(found, images):
        np.testing.assert_array_equal(points, raw.keypoints)
        np.testing.assert_array_equal(boxes, raw.boxes_xyxy)


# numbers of all kinds


def test_boxes_stay_in_the_image(people_at: PeopleAt) -> None:
    """A person runs out of it and stops at its border."""
    width, height = IMAGE_WH
    images = []
    for x in [*np.arange(300, width, 40), *([width] * 10)]:
        person = people_at((x, 100, 250))
        box = np.clip(person.boxes_xyxy, 0, (width, height, width, height))
        images.append(replace(person, boxes_xyxy=box))
    boxes = np.array([each for _, each in smoothed(images)])
    assert boxes.min() >= 0
    assert boxes[..., ::2].max() <= width and boxes[..., 1::2].max() <= height


@given(
    st.lists(st.floats(1 / 60, 1 / 5), min_size=30, max_size=60),
    st.integers(0, 1000),
    st.floats(0.01, 100.0),
    st.floats(0.0, 1000.0),
)
def test_any_rate_and_parameters_are_stable(
    people_at: PeopleAt, steps_s: list[float], seed: int, min_cutoff_hz: float, beta: float
) -> None:
    """Who stays within some pixels leaves them by no more than their width."""
    person = people_at((300, 250, HEIGHT))
    random = np.random.default_rng(seed)
    offsets = random.uniform(-5, 5, (len(steps_s), 1, 17, 2))
    images = [replace(person, keypoints=person.keypoints + each) for each in offsets]
    found = smoothed(images, steps_s, min_cutoff_hz=min_cutoff_hz, beta=beta)
    assert np.abs(keypoints(found) - person.keypoints[0]).max() <= 10


wild = arrays.arrays(np.float32, (3, 21, 2), elements=st.floats(-(2.0**100), 2.0**100, width=32))


@given(wild, st.floats(1e-9, 60.0))
def test_finite_coordinates_stay_finite(points: NDArray[np.float32], step_s: float) -> None:
    """Boxes that are inside out included."""
    images = [
        Poses(
            keypoints=each[None, :17],
            keypoint_scores=np.ones((1, 17)),
            boxes_xyxy=each[17:19].reshape(1, 4),
            scores=np.ones(1),
            ids=np.ones(1),
        )
        for each in points
    ]
    for smooth, boxes in smoothed(images, [step_s] * 3):
        assert np.isfinite(smooth).all() and np.isfinite(boxes).all()


def test_what_comes_in_is_not_changed(people_at: PeopleAt) -> None:
    person = people_at((300, 250, HEIGHT))
    keys = np.array([1])
    smoother = Smoother()
    smoothed([person, moved(person, 5)], keys=[keys.tolist()] * 2, smoother=smoother)
    np.testing.assert_array_equal(person.keypoints, people_at((300, 250, HEIGHT)).keypoints)
