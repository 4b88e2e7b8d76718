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

"""The stream that ends with a picture, seen by a bright dot in the middle of it."""

from __future__ import annotations

from itertools import pairwise

from movenet_ros.core.image import SourceImage
from movenet_ros.tools.evaluate.picture_stream import stream_to
import numpy as np
from numpy.typing import NDArray
import pytest

WH = (400, 300)
COUNT = 30


def picture() -> SourceImage:
    """Return a picture with a dot."""
    pixels = np.zeros((WH[1], WH[0], 3), np.uint8)
    pixels[146:154, 196:204] = 255
    return SourceImage(pixels, 'bgr')


def places(name: str) -> NDArray[np.float64]:
    """Return where the dot is in each image, (x, y)."""
    found = []
    for image in stream_to(picture(), name, COUNT):
        y, x = np.nonzero(image.pixels[..., 0] > 127)
        found.append((x.mean(), y.mean()))
    return np.array(found)


def test_it_ends_with_the_picture_itself() -> None:
    given = picture()
    *_, last = stream_to(given, 'a.jpg', 5)
    assert last is given


@pytest.mark.parametrize('count', [1, 2, 8])
def test_it_has_the_length_asked_for(count: int) -> None:
    images = list(stream_to(picture(), 'a.jpg', count))
    assert [each.wh for each in images] == [WH] * count
    assert all(each.order == 'bgr' for each in images)


def test_the_camera_moves_by_about_a_hundredth_of_the_width_an_image() -> None:
    steps = np.linalg.norm(np.diff(places('a.jpg'), axis=0), axis=1) / WH[0]
    assert 0.004 <= steps.min() and steps.max() <= 0.016
    assert steps.mean() == pytest.approx(0.01, abs=0.002)


def test_it_moves_in_changing_directions() -> None:
    steps = np.diff(places('a.jpg'), axis=0)
    turns = [np.dot(a, b) < 0 for a, b in pairwise(steps)]
    assert any(turns) and not all(turns)


def test_the_same_name_moves_it_the_same_way_and_another_one_does_not() -> None:
    assert np.array_equal(places('a.jpg'), places('a.jpg'))
    assert not np.array_equal(places('a.jpg'), places('b.jpg'))
