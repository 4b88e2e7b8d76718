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

import cv2
from movenet_ros.core.camera_motion import Background
from movenet_ros.core.image import SourceImage
import numpy as np
from numpy.typing import NDArray
import pytest

Pixels = NDArray[np.uint8]
NOBODY = np.empty((0, 4))
WH = (320, 240)


@pytest.fixture(scope='module')
def texture() -> Pixels:
    """Return a picture with corners everywhere."""
    coarse = np.random.default_rng(0).integers(0, 255, (24, 32, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, WH, interpolation=cv2.INTER_CUBIC), np.uint8)


def moved(pixels: Pixels, matrix: NDArray[np.float64]) -> Pixels:
    return np.asarray(
        cv2.warpAffine(pixels, matrix, WH, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def background(pixels: Pixels) -> Background:
    return Background(SourceImage(pixels, 'bgr'))


def shifted(pixels: Pixels, x: float, y: float) -> Pixels:
    return moved(pixels, np.array([[1.0, 0.0, x], [0.0, 1.0, y]]))


@pytest.mark.parametrize('shift', [(0.0, 0.0), (6.0, -3.0), (-11.0, 5.0)])
def test_a_shift_is_measured(texture: Pixels, shift: tuple[float, float]) -> None:
    matrix = background(texture).motion_to(background(shifted(texture, *shift)), NOBODY)
    assert matrix is not None
    middle = matrix @ [WH[0] / 2, WH[1] / 2, 1] - np.array(WH) / 2
    np.testing.assert_allclose(middle, shift, atol=0.5)


def test_a_zoom_is_measured(texture: Pixels) -> None:
    zoomed = moved(texture, np.array([[1.05, 0.0, -8.0], [0.0, 1.05, -6.0]]))
    matrix = background(texture).motion_to(background(zoomed), NOBODY)
    assert matrix is not None
    np.testing.assert_allclose(np.linalg.det(matrix[:, :2]), 1.05**2, atol=0.01)


def test_people_who_move_are_not_the_background(texture: Pixels) -> None:
    box = np.array([[80.0, 20.0, 240.0, 220.0]])
    before, after = texture.copy(), texture.copy()
    person = shifted(texture[::-1], 0, 0)
    before[20:220, 80:240] = person[20:220, 80:240]
    after[20:220, 80:240] = shifted(person, 8, 0)[20:220, 80:240]
    matrix = background(before).motion_to(background(after), box)
    assert matrix is not None
    np.testing.assert_allclose(matrix, np.eye(2, 3), atol=0.3)


def test_a_picture_without_corners_shows_no_motion(texture: Pixels) -> None:
    grey = np.full_like(texture, 128)
    assert background(grey).motion_to(background(grey), NOBODY) is None


def test_a_cut_to_another_scene_is_no_motion(texture: Pixels) -> None:
    other = np.random.default_rng(1).integers(0, 255, texture.shape).astype(np.uint8)
    assert background(texture).motion_to(background(other), NOBODY) is None


def test_another_scene_is_told_from_this_one_moved_dimmed_or_blanked(texture: Pixels) -> None:
    before, pan = background(texture), background(shifted(texture, 25, 0))
    assert before.is_cut_off(background(texture[:, ::-1]), NOBODY)
    assert not before.is_cut_off(pan, NOBODY)
    assert not before.is_cut_off(background(texture // 2), NOBODY)
    assert not before.is_cut_off(background(np.zeros_like(texture)), NOBODY)


def test_an_image_of_a_pixel_is_no_error() -> None:
    pixel = background(np.zeros((1, 1, 3), np.uint8))
    assert pixel.motion_to(pixel, NOBODY) is None


def test_people_all_over_the_image_hide_it(texture: Pixels) -> None:
    everything = np.array([[-10.0, -10.0, 400.0, 400.0]])
    after = background(shifted(texture, 6, 0))
    assert background(texture).motion_to(after, everything) is None
