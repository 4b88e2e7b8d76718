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

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.crops import Crop
from movenet_ros.core.refining.crops import crop_shapes
from movenet_ros.core.refining.crops import crop_sizes
import numpy as np
from numpy.typing import NDArray
import pytest

SIZE = 224
NUMBERS = st.floats(-50, 400)


@st.composite
def boxes(draw: st.DrawFn) -> NDArray[np.float64]:
    left, top = draw(NUMBERS), draw(NUMBERS)
    return np.array([left, top, left + draw(st.floats(0, 500)), top + draw(st.floats(0, 500))])


def ramp(wh: tuple[int, int]) -> SourceImage:
    """Return a picture whose pixels tell where they are: red is x, green is y, blue is 255."""
    width, height = wh
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return SourceImage(np.stack([x, y, np.full_like(x, 255)], axis=-1).astype(np.uint8), 'rgb')


@given(boxes(), st.sampled_from([96, 160, 192, SIZE]))
def test_the_box_is_in_the_crop(box: NDArray[np.float64], size: int) -> None:
    crop = Crop.around(box, size)
    corners = crop.scale * box.reshape(2, 2) + crop.shift_xy
    assert (corners >= 0).all() and (corners <= crop.wh).all()


@given(boxes(), st.sampled_from(crop_sizes(SIZE)))
def test_its_shape_is_one_of_those_announced(box: NDArray[np.float64], size: int) -> None:
    assert Crop.around(box, size).wh in crop_shapes(SIZE)


@pytest.mark.parametrize('size', [32, 64, 160, 224, 256])
def test_shapes_come_with_the_largest_square_last_in_multiples_of_32(size: int) -> None:
    shapes = crop_shapes(size)
    assert shapes[-1] == (size, size)
    assert all(side % 32 == 0 and side >= 32 for wh in shapes for side in wh)


@pytest.mark.parametrize(
    ('box', 'is_upright', 'is_lying'),
    [([0, 0, 40, 100], True, False), ([0, 0, 100, 40], False, True), ([0, 0, 90, 100], 0, 0)],
)
def test_a_slim_person_takes_a_slim_crop(
    box: list[float], is_upright: bool, is_lying: bool
) -> None:
    width, height = Crop.around(np.array(box, np.float64), SIZE).wh
    assert ((height > width), (width > height)) == (is_upright, is_lying)


@pytest.mark.parametrize('box', [[40, 50, 90, 180], [100, 30, 200, 80], [60.5, 60.5, 70, 75]])
def test_the_pixels_are_those_of_the_image_there(box: list[float]) -> None:
    crop = Crop.around(np.array(box, np.float64), SIZE)
    pixels = crop.cut(ramp((256, 256))).astype(np.float64)
    is_inside = pixels[..., 2] == 255
    v, u = np.nonzero(is_inside)
    places = (np.stack([u, v], axis=-1) + 0.5 - crop.shift_xy) / crop.scale - 0.5
    is_far = ((places > 1) & (places < 254)).all(axis=-1)  # of the border
    np.testing.assert_allclose(pixels[is_inside][is_far][:, :2], places[is_far], atol=1)


def test_it_is_black_outside_of_the_image() -> None:
    crop = Crop.around(np.array([-100.0, 0.0, 20.0, 60.0]), SIZE)
    outside = int(crop.shift_xy[0]) - 2
    assert not crop.cut(ramp((100, 100)))[:, :outside].any()


def test_a_box_far_outside_gives_a_black_crop() -> None:
    crop = Crop.around(np.array([900.0, 900.0, 950.0, 990.0]), SIZE)
    pixels = crop.cut(ramp((100, 100)))
    assert pixels.shape == (crop.wh[1], crop.wh[0], 3) and not pixels.any()


def test_a_turned_image_is_cut_as_its_copy() -> None:
    image = ramp((200, 100))
    turned = image.with_pixels(np.rot90(image.pixels))
    copied = image.with_pixels(np.rot90(image.pixels).copy())
    crop = Crop.around(np.array([10.0, 20.0, 60.0, 170.0]), SIZE)
    np.testing.assert_array_equal(crop.cut(turned), crop.cut(copied))


@given(boxes())
def test_points_of_the_crop_are_found_in_the_image(box: NDArray[np.float64]) -> None:
    crop = Crop.around(box, SIZE)
    person = Poses.nobody()
    in_crop = crop.scale * np.tile(box, (17, 1)).reshape(-1, 2)[:17] + crop.shift_xy
    person = Poses(
        keypoints=in_crop[None],
        keypoint_scores=np.ones((1, 17)),
        boxes_xyxy=(crop.scale * box.reshape(2, 2) + crop.shift_xy).reshape(1, 4),
        scores=np.ones(1),
        ids=np.zeros(1),
    )
    found = crop.to_image(person)
    np.testing.assert_allclose(found.boxes_xyxy[0], box, atol=0.05)
    np.testing.assert_allclose(found.keypoints[0][:2], box.reshape(2, 2), atol=0.05)
    assert replace(found, keypoints=person.keypoints).scores == person.scores
