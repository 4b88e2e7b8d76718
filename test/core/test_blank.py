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

"""Images that show nothing are noticed, those that show something are not."""

from __future__ import annotations

import cv2
from movenet_ros.core.blank import blankness
from movenet_ros.core.image import SourceImage
import numpy as np
from numpy.typing import NDArray
import pytest

SHAPE = (120, 160, 3)


def noisy(mean: float, deviation: float) -> NDArray[np.uint8]:
    """Return what a sensor sends that sees nothing."""
    noise = np.random.default_rng(1).normal(mean, deviation, SHAPE)
    return np.clip(noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ('pixels', 'kind'),
    [
        (np.zeros(SHAPE, np.uint8), 'black'),
        (noisy(4, 3), 'black'),
        (np.full(SHAPE, 255, np.uint8), 'white'),
        (noisy(250, 3), 'white'),
        (np.full(SHAPE, (20, 90, 40), np.uint8), 'flat'),
        (noisy(128, 60), 'flat'),
        (np.zeros((1, 1, 3), np.uint8), 'black'),
        (np.full((2, 3, 3), 99, np.uint8), 'flat'),
    ],
)
def test_nothing_is_noticed(pixels: NDArray[np.uint8], kind: str) -> None:
    assert blankness(SourceImage(pixels, 'bgr')) == kind


@pytest.mark.parametrize('contrast', [1.0, 0.3])
@pytest.mark.parametrize('wh', [(1280, 720), (160, 120), (33, 20)])
def test_a_photo_shows_something(
    astronaut: SourceImage, wh: tuple[int, int], contrast: float
) -> None:
    photo = (cv2.resize(astronaut.as_bgr(), wh) * contrast).astype(np.uint8)
    assert not blankness(SourceImage(photo, 'bgr'))
    assert not blankness(SourceImage(photo[..., 0], 'mono'))


def test_a_person_before_a_black_wall_is_something() -> None:
    image = np.zeros(SHAPE, np.uint8)
    cv2.rectangle(image, (70, 40), (80, 80), (90, 120, 160), cv2.FILLED)
    assert not blankness(SourceImage(image, 'bgr'))
