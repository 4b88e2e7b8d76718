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

"""Two networks that know the truth: what refinement makes of what they see."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from movenet_ros.core.errors import InferenceError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import ARRAYS
from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.refiner import Plan
from movenet_ros.core.refining.refiner import Refined
from movenet_ros.core.refining.refiner import Refiner
from movenet_ros.core.scene import Scene
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]
WH = (256, 256)
DETECT, LOOK = Plan((256,), np.inf), Plan((), np.inf)
NO_LOOK = replace(DETECT, max_people=0)


def _image() -> SourceImage:
    """Return a picture whose pixels tell where they are: red is x, green is y, blue is 255."""
    x, y = np.meshgrid(np.arange(WH[0]), np.arange(WH[1]))
    return SourceImage(np.stack([x, y, np.full_like(x, 255)], axis=-1).astype(np.uint8), 'rgb')


IMAGE = _image()


@dataclass
class World:
    """
    Who is in the image, and what networks see of it.

    :param people: who is there.
    :param blur_px: how far off detections are.
    :param is_lost: whether closer looks see nobody.
    """

    people: Poses
    blur_px: float = 0.0
    is_lost: bool = False
    crops: list[int] = field(default_factory=list)

    def detect(self, image: SourceImage, input_size: int) -> Poses:
        """Return everybody, a little off."""
        return replace(self.people, keypoints=self.people.keypoints + self.blur_px)

    def look(self, crops: Sequence[NDArray[np.uint8]]) -> list[Poses]:
        """Return who is in each crop."""
        self.crops.append(len(crops))
        return [Poses.nobody() if self.is_lost else self._in_crop(crop) for crop in crops]

    def _in_crop(self, crop: NDArray[np.uint8]) -> Poses:
        rows, columns = np.nonzero(crop[..., 2] == 255)
        scale, x = np.polyfit(crop[rows, columns, 0] + 0.5, columns + 0.5, 1)
        _, y = np.polyfit(crop[rows, columns, 1] + 0.5, rows + 0.5, 1)
        keypoints = self.people.keypoints * scale + (x, y)
        wh = (crop.shape[1], crop.shape[0])
        is_in = ((keypoints >= 0) & (keypoints <= wh)).all(axis=(1, 2))
        return replace(self.people, keypoints=keypoints)[is_in]

    def detection_ms(self, image_wh: tuple[int, int], input_size: int) -> float:
        """Return what a detection costs."""
        return 5.0

    def crop_ms(self, crop_wh: tuple[int, int]) -> float:
        """Return what a crop costs."""
        return 4.0

    def refiner(self) -> Refiner:
        """Return a refiner by these networks."""
        return Refiner(self.detect, self.look, self, COCO)


@pytest.fixture
def world(people_at: PeopleAt) -> World:
    """Return a world of two people far apart."""
    return World(people_at((70, 120, 120), (180, 130, 110)), blur_px=4.0)


def follow(world: World, plans: Sequence[Plan], scene: Scene | None = None) -> list[Refined]:
    scene, refiner = scene or Scene(), world.refiner()
    return [refiner.follow(IMAGE, plan, scene) for plan in plans]


def is_same(a: Refined, b: Refined) -> bool:
    return all((getattr(a.poses, name) == getattr(b.poses, name)).all() for name, *_ in ARRAYS)


def off(found: Poses, people: Poses) -> float:
    """Return how far the found people are from the nearest ones of the truth, at most."""
    apart = found.keypoints[:, None] - people.keypoints
    return float(np.hypot(apart[..., 0], apart[..., 1]).max(axis=-1).min(axis=1).max())


def test_a_closer_look_counts_more_than_the_detection(world: World) -> None:
    refined = world.refiner().still(IMAGE, DETECT)
    assert refined.poses.refined.all() and off(refined.poses, world.people) < 1


def test_who_is_not_seen_closely_stays_where_the_detection_is(world: World) -> None:
    sure = world.refiner().still(IMAGE, DETECT)
    world.is_lost = True
    refined = world.refiner().still(IMAGE, DETECT)
    assert not refined.poses.refined.any() and off(refined.poses, world.people) > 4
    assert refined.poses.scores.max() < sure.poses.scores.min()


def test_two_sizes_find_each_person_once(world: World) -> None:
    assert len(world.refiner().still(IMAGE, Plan((256, 384), np.inf)).poses) == 2


def test_without_detections_nobody_is_found(world: World) -> None:
    assert len(world.refiner().still(IMAGE, LOOK).poses) == 0


def test_all_crops_are_looked_at_in_one_call(world: World) -> None:
    world.refiner().still(IMAGE, DETECT)
    assert world.crops == [2]


def test_an_empty_image_needs_no_look(world: World) -> None:
    world.people = Poses.nobody()
    refined = world.refiner().still(IMAGE, DETECT)
    assert (len(refined.poses), refined.looked, world.crops) == (0, 0, [])


@pytest.mark.parametrize(('budget_ms', 'looked'), [(0, 1), (9, 1), (13, 2), (np.inf, 2)])
def test_the_budget_says_who_is_looked_at(world: World, budget_ms: float, looked: int) -> None:
    refined = world.refiner().still(IMAGE, Plan((256,), budget_ms))
    assert (refined.looked, int(refined.poses.refined.sum())) == (looked, looked)
    assert refined.spent_ms == 5 + 4 * looked
    assert len(refined.poses) == 2


def test_people_are_followed_without_detections(world: World) -> None:
    scene, refiner = Scene(), world.refiner()
    refiner.follow(IMAGE, DETECT, scene)
    for _ in range(12):
        world.people = replace(world.people, keypoints=world.people.keypoints + (3, 0))
        refined = refiner.follow(IMAGE, LOOK, scene)
        assert refined.poses.refined.all() and off(refined.poses, world.people) < 1


def test_boxes_stay_with_and_without_detections(world: World) -> None:
    world.blur_px = 0
    wide = world.people.boxes_xyxy + (-8, -5, 8, 5)
    world.people = replace(world.people, boxes_xyxy=wide)
    for refined in follow(world, [DETECT, LOOK, DETECT, LOOK]):
        order = np.argsort(refined.poses.boxes_xyxy[:, 0])
        np.testing.assert_allclose(refined.poses.boxes_xyxy[order], wide, atol=1.5)


def test_the_same_stream_gives_the_same_people(world: World) -> None:
    plans = [DETECT, LOOK, Plan((384,), 10.0), Plan((), 4.0)] * 2
    first, second = follow(world, plans), follow(world, plans)
    assert all(is_same(a, b) for a, b in zip(first, second))


def test_everybody_has_a_turn_where_time_is_short(world: World) -> None:
    images = follow(world, [DETECT] + 4 * [Plan((), 4.0)])
    assert all(len(each.poses) == 2 and each.looked == 1 for each in images[1:])
    assert {int(np.flatnonzero(each.poses.refined)[0]) for each in images[1:]} == {0, 1}


def test_a_moment_after_a_closer_look_a_detection_moves_nobody(world: World) -> None:
    (*_, last) = follow(world, [DETECT, NO_LOOK])
    assert off(last.poses, world.people) < 1 < world.blur_px


def test_who_has_to_wait_for_long_goes_where_detections_go(world: World) -> None:
    scene, world.blur_px = Scene(), 0.0
    follow(world, [DETECT], scene)
    for _ in range(12):
        world.people = replace(world.people, keypoints=world.people.keypoints + (3, 0))
        (last,) = follow(world, [NO_LOOK], scene)
    assert len(last.poses) == 2 and off(last.poses, world.people) < 9  # of 36


def test_who_vanishes_is_not_published(world: World) -> None:
    scene = Scene()
    follow(world, [DETECT, LOOK], scene)
    world.people = Poses.nobody()
    assert [len(each.poses) for each in follow(world, [LOOK, DETECT, LOOK], scene)] == [0, 0, 0]


def test_who_vanishes_is_forgotten(world: World) -> None:
    scene = Scene()
    follow(world, [DETECT], scene)
    world.people = Poses.nobody()
    follow(world, 12 * [LOOK], scene)
    assert scene.is_empty


def test_who_comes_back_is_found_without_a_detection(world: World) -> None:
    scene = Scene()
    follow(world, [DETECT, LOOK], scene)
    world.is_lost = True
    follow(world, 4 * [LOOK], scene)
    world.is_lost = False
    assert len(follow(world, [LOOK], scene)[0].poses) == 2


def test_of_two_in_one_place_one_is_published(world: World, people_at: PeopleAt) -> None:
    scene = Scene()
    follow(world, [DETECT, LOOK], scene)
    world.people = people_at((70, 120, 120))
    for refined in follow(world, [LOOK, DETECT, LOOK], scene):
        assert len(refined.poses) == 1


def test_a_scene_that_failed_is_as_it_was(world: World) -> None:
    def fail(_: Sequence[NDArray[np.uint8]]) -> list[Poses]:
        raise InferenceError('no')

    scene = Scene()
    follow(world, [DETECT], scene)
    before = (scene.people, scene.count)
    with pytest.raises(InferenceError):
        Refiner(world.detect, fail, world, COCO).follow(IMAGE, LOOK, scene)
    assert (scene.people, scene.count) == before


def test_a_scene_forgets_everybody_where_another_one_begins(world: World) -> None:
    scene = Scene()
    follow(world, [DETECT, LOOK], scene)
    scene.look_ahead(IMAGE)
    assert not scene.is_empty
    scene.look_ahead(IMAGE.with_pixels(np.random.default_rng(0).permuted(IMAGE.pixels, axis=0)))
    assert scene.is_empty


def test_a_scene_restarts_empty(world: World) -> None:
    scene = Scene()
    follow(world, [DETECT, LOOK], scene)
    assert (scene.count, scene.is_empty) == (2, False)
    scene.restart()
    assert (scene.count, scene.is_empty) == (0, True)


def test_a_still_depends_on_no_other_image(world: World) -> None:
    refiner = world.refiner()
    first = refiner.still(IMAGE, DETECT)
    refiner.follow(IMAGE, DETECT, Scene())
    assert is_same(first, refiner.still(IMAGE, DETECT))


def test_people_come_best_first_with_scores_and_boxes_in_range(world: World) -> None:
    for refined in follow(world, [DETECT, LOOK, DETECT]):
        scores, boxes = refined.poses.scores, refined.poses.boxes_xyxy
        assert (np.diff(scores) <= 0).all() and (scores > 0).all() and (scores <= 1).all()
        assert (boxes >= 0).all() and (boxes <= np.tile(WH, 2)).all()
        assert not refined.poses.ids.any()


def test_the_motion_of_the_camera_goes_with_the_people(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    scene, cameras = Scene(), [None, np.eye(2, 3)]
    monkeypatch.setattr(scene, 'camera_until', lambda image: cameras[scene.count])
    first, second = follow(world, [DETECT, LOOK], scene)
    assert first.poses.camera is None and second.poses.camera is cameras[1]
    assert second.poses[:1].camera is second.poses.camera
