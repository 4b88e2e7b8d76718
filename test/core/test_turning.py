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
from movenet_ros.core.camera_motion import carried
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.turning import turned_back
from movenet_ros.core.turning import upright
from movenet_ros.perception import Perception
from movenet_ros.settings import Settings
import numpy as np
import pytest

MakePeople = Callable[[tuple[int, int], int], Poses]

TURNS = [0, 90, 180, 270]
sides = st.integers(1, 60)


def person_with(point_xy: tuple[float, float], box_xyxy: tuple[float, ...]) -> Poses:
    """Return a person all of whose keypoints are at one point."""
    points = np.tile(np.array(point_xy), (1, 17, 1))
    return Poses(points, np.ones((1, 17)), np.array([box_xyxy]), np.ones(1), np.zeros(1))


@given(sides, sides, st.sampled_from(TURNS), st.data())
def test_what_lies_on_a_pixel_of_the_turned_image_lies_on_the_same_one_of_the_image(
    width: int, height: int, rotate: int, draw: st.DataObject
) -> None:
    x = draw.draw(st.integers(0, width - 1))
    y = draw.draw(st.integers(0, height - 1))
    pixels = np.zeros((height, width), np.uint8)
    pixels[y, x] = 255
    turned = upright(SourceImage(pixels, 'mono'), rotate).pixels
    (row,), (column,) = np.nonzero(turned)
    box = (column, row, column + 1, row + 1)
    found = turned_back(person_with((column + 0.5, row + 0.25), box), rotate, (width, height))
    assert found.boxes_xyxy.tolist() == [[x, y, x + 1, y + 1]]
    inside = found.keypoints[0, 0] - (x, y)
    expected = {0: (0.5, 0.25), 90: (0.25, 0.5), 180: (0.5, 0.75), 270: (0.75, 0.5)}
    np.testing.assert_allclose(inside, expected[rotate], atol=1e-4)


@given(sides, sides, st.sampled_from(TURNS))
def test_the_motion_of_the_camera_is_turned_back_too(
    width: int, height: int, rotate: int
) -> None:
    camera = np.array([[1.1, -0.2, 3.0], [0.2, 1.1, -4.0]])
    before, box = person_with((1.0, 2.0), (0, 0, 3, 3)), (0, 0, 3, 3)
    after = person_with(tuple(carried(before.keypoints[0, 0], camera)), box)
    back = turned_back(replace(after, camera=camera), rotate, (width, height))
    assert back.camera is not None
    place = turned_back(before, rotate, (width, height)).keypoints
    np.testing.assert_allclose(carried(place, back.camera), back.keypoints, atol=1e-3)


def test_clockwise_the_left_side_comes_to_the_top() -> None:
    pixels = np.zeros((2, 5), np.uint8)
    pixels[:, 0] = 9
    assert upright(SourceImage(pixels, 'mono'), 90).pixels.tolist() == [[9, 9], *[[0, 0]] * 4]


@pytest.mark.parametrize('rotate', TURNS)
def test_the_whole_of_the_turned_image_is_the_whole_image(rotate: int) -> None:
    image = SourceImage(np.zeros((480, 641, 3), np.uint8), 'bgr')
    width, height = upright(image, rotate).wh
    found = turned_back(person_with((0, 0), (0, 0, width, height)), rotate, image.wh)
    assert found.boxes_xyxy.tolist() == [[0, 0, 641, 480]]


@pytest.mark.parametrize('rotate', TURNS)
def test_four_turns_are_none(make_people: MakePeople, rotate: int) -> None:
    wh, people = (640, 480), make_people((640, 480), 3)
    found = people
    for _ in range(4):
        wh = wh[::-1] if rotate % 180 else wh
        found = turned_back(found, rotate, wh)
    np.testing.assert_allclose(found.keypoints, people.keypoints, atol=1e-3)
    np.testing.assert_allclose(found.boxes_xyxy, people.boxes_xyxy, atol=1e-3)


@pytest.mark.parametrize('rotate', TURNS)
@pytest.mark.parametrize('wh', [(1280, 720), (61, 47), (1, 5), (5, 1)])
def test_a_turned_view_is_scaled_as_its_copy_is(wh: tuple[int, int], rotate: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (wh[1], wh[0], 3), np.uint8)
    view = upright(SourceImage(pixels, 'bgr'), rotate)
    copied = view.with_pixels(np.ascontiguousarray(view.pixels))
    letterbox = Letterbox.fit(view.wh, 256, 32)
    np.testing.assert_allclose(letterbox.apply(view), letterbox.apply(copied), atol=1)


@pytest.mark.parametrize('rotate', [90, 180, 270])
def test_the_person_of_a_turned_photograph_is_found_as_in_the_upright_one(
    astronaut: SourceImage, onnxruntime_cpu: Runtime, rotate: int
) -> None:
    """The network has the same pixels, so the same keypoints come back, to a pixel."""
    turned = astronaut.with_pixels(np.rot90(astronaut.pixels, rotate // 90))
    found = Perception(Settings(rotate=rotate), runtime=onnxruntime_cpu).people(turned)
    expected = Perception(Settings(), runtime=onnxruntime_cpu).people(astronaut)
    back = turned_back(expected, rotate, turned.wh)
    np.testing.assert_allclose(found.keypoints, back.keypoints, atol=1)
    np.testing.assert_allclose(found.boxes_xyxy, back.boxes_xyxy, atol=1)
