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

from itertools import islice

from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.runtime import Runtime
from movenet_ros.model.movenet import MultiPose
from movenet_ros.tools.scene import built_in_scene
from movenet_ros.tools.scene import rearranged
from movenet_ros.tools.scene import SCENE_WH
from movenet_ros.tools.scene import two_people
import numpy as np
import pytest


@pytest.fixture(scope='module')
def scene(astronaut: SourceImage) -> Media:
    """Give the scene of the demo."""
    return built_in_scene()


@pytest.fixture(scope='module')
def images(scene: Media) -> list[SourceImage]:
    """Give the images of the scene, played once."""
    return [each.image for each in scene.images() if isinstance(each.image, SourceImage)]


def difference(one: SourceImage, other: SourceImage) -> float:
    """Return by how much two images differ, on average."""
    return float(np.abs(one.pixels.astype(int) - other.pixels).mean())


def test_it_delivers_as_many_images_as_it_says(scene: Media, images: list[SourceImage]) -> None:
    assert len(images) == scene.count


def test_all_images_have_the_same_size(images: list[SourceImage]) -> None:
    assert {each.wh for each in images} == {SCENE_WH}


def test_it_is_the_same_each_time(scene: Media, images: list[SourceImage]) -> None:
    for first, (again, *_) in zip(images, islice(scene.images(), 5)):
        assert isinstance(again, SourceImage)
        np.testing.assert_array_equal(first.pixels, again.pixels)


def test_played_in_a_loop_it_does_not_jump(images: list[SourceImage]) -> None:
    steps = [difference(a, b) for a, b in zip(images[:20], images[1:21])]
    assert difference(images[-1], images[0]) <= 1.5 * max(steps)


def test_both_people_move(images: list[SourceImage]) -> None:
    start, later = images[0].pixels, images[15].pixels
    middle = SCENE_WH[0] // 2
    for half in (np.s_[:, :middle], np.s_[:, middle:]):
        assert (start[half] != later[half]).any()


@pytest.mark.parametrize('wh', [(100, 700), (700, 100), (380, 480), (20, 20)])
def test_photographs_of_any_size_fill_it(wh: tuple[int, int]) -> None:
    photo = np.full((wh[1], wh[0], 3), 200, np.uint8)
    image = next(two_people(photo, photo).images()).image
    assert isinstance(image, SourceImage) and image.wh == SCENE_WH
    assert (image.pixels == 200).all()


def test_two_people_are_found_nearly_all_the_time(
    images: list[SourceImage], onnxruntime_cpu: Runtime
) -> None:
    model = MultiPose(256, 0.25)
    counts = [len(model.find(image, onnxruntime_cpu.run)) for image in images[::15]]
    assert np.mean(np.array(counts) == 2) >= 0.8, counts


def test_its_photographs_stay_as_they_were(astronaut: SourceImage) -> None:
    photo_bgr = astronaut.as_bgr()
    next(two_people(photo_bgr, photo_bgr).images())
    np.testing.assert_array_equal(photo_bgr, astronaut.as_bgr())


@pytest.mark.parametrize('count', [1, 2, 6])
def test_as_many_people_are_seen_as_are_asked_for(
    images: list[SourceImage], onnxruntime_cpu: Runtime, count: int
) -> None:
    model = MultiPose(256, 0.1)
    for image in images[::100]:
        found = model.find(rearranged(image, count), onnxruntime_cpu.run)
        assert len(found) == count
