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

"""Scene: what it remembers, and when it forgets."""

from __future__ import annotations

import cv2
from movenet_ros.core.image import SourceImage
from movenet_ros.core.scene import Scene
import numpy as np
from numpy.typing import NDArray
import pytest

Floats = NDArray[np.float64]

WH = (320, 240)
NOBODY = np.empty((0, 4))
COARSE = np.random.default_rng(0).integers(0, 255, (24, 32, 3)).astype(np.uint8)
TEXTURE = cv2.resize(COARSE, WH, interpolation=cv2.INTER_CUBIC)


def view(x: float = 0.0, y: float = 0.0) -> SourceImage:
    """Return an image in which everything is shifted."""
    shift = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    moved = cv2.warpAffine(TEXTURE, shift, WH, borderMode=cv2.BORDER_REPLICATE)
    return SourceImage(np.asarray(moved, np.uint8), 'bgr')


def shift_of(camera: Floats | None) -> Floats:
    """Return where the motion moves the middle of the image."""
    assert camera is not None
    middle = np.array([WH[0] / 2, WH[1] / 2])
    return np.asarray(camera[:, :2] @ middle + camera[:, 2] - middle)


@pytest.fixture
def scene() -> Scene:
    """Give a scene of one image."""
    known = Scene()
    known.advance(view(), NOBODY)
    return known


def test_before_the_second_image_no_motion_is_known() -> None:
    assert Scene().camera_until(view()) is None


@pytest.mark.parametrize('shift', [(0.0, 0.0), (7.0, -4.0)])
def test_between_two_images_the_motion_is_measured(
    scene: Scene, shift: tuple[float, float]
) -> None:
    np.testing.assert_allclose(shift_of(scene.camera_until(view(*shift))), shift, atol=0.5)


def test_the_motion_is_that_since_the_latest_image(scene: Scene) -> None:
    scene.advance(view(5.0), NOBODY)
    np.testing.assert_allclose(shift_of(scene.camera_until(view(9.0))), (4.0, 0.0), atol=0.5)


def test_where_the_images_do_not_show_it_the_motion_is_not_known(scene: Scene) -> None:
    grey = SourceImage(np.full((WH[1], WH[0], 3), 128, np.uint8), 'bgr')
    assert scene.camera_until(grey) is None


def test_people_are_not_the_background(scene: Scene) -> None:
    """Where they fill the image there is none."""
    scene.advance(view(), np.array([[0.0, 0.0, *WH]]))
    assert scene.camera_until(view(5.0)) is None


def test_a_camera_that_is_not_followed_has_no_motion(scene: Scene) -> None:
    scene.is_camera_followed = False
    assert scene.camera_until(view(5.0)) is None
    scene.is_camera_followed = True
    assert scene.camera_until(view(5.0)) is not None


def test_a_restart_forgets_everything(scene: Scene) -> None:
    scene.restart()
    assert (scene.count, scene.people, scene.is_empty) == (0, None, True)
    assert scene.camera_until(view()) is None


def test_a_restart_leaves_it_to_the_settings_whether_the_camera_is_followed(scene: Scene) -> None:
    scene.is_camera_followed = False
    scene.restart()
    assert not scene.is_camera_followed


def test_another_finder_begins_anew(scene: Scene) -> None:
    first, second = object(), object()
    scene.keep_for(first)
    scene.advance(view(), NOBODY)
    scene.keep_for(first)
    assert scene.count == 1
    scene.keep_for(second)
    assert scene.count == 0
    assert scene.camera_until(view(5.0)) is not None  # or those away would lose their places


def test_images_are_counted(scene: Scene) -> None:
    scene.advance(view(), NOBODY)
    assert scene.count == 2


def test_without_an_image_before_there_is_no_cut() -> None:
    scene = Scene()
    scene.look_ahead(view())
    assert scene.count == 0


@pytest.mark.parametrize(('is_cut', 'count'), [(False, 1), (True, 0)])
def test_a_cut_begins_anew(scene: Scene, is_cut: bool, count: int) -> None:
    other = np.random.default_rng(1).integers(0, 255, (WH[1], WH[0], 3)).astype(np.uint8)
    scene.look_ahead(SourceImage(other, 'bgr') if is_cut else view(5.0))
    assert scene.count == count
