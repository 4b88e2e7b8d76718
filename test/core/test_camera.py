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

"""Every camera model: there and back, the half pixel, other sizes; no calibration."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.camera import Camera
from movenet_ros.core.camera import camera_of
from movenet_ros.core.camera import CameraError
from movenet_ros.core.camera import MODELS
import numpy as np
import pytest

WH = (640, 480)
K = (600.0, 0.0, 310.0, 0.0, 605.0, 250.0, 0.0, 0.0, 1.0)
P = (500.0, 0.0, 320.0, 0.0, 0.0, 500.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0)
LENSES = {  # as they are in cameras: a Kinect, an OAK, a fisheye
    'none': ('', ()),
    'kinect': ('plumb_bob', (0.028, 0.049, -0.0015, 0.0027, -0.49)),
    'webcam': ('plumb_bob', (-0.35, 0.12, 0.001, -0.001)),
    'azure': ('rational_polynomial', (0.5, -2.6, 0.0008, -0.0002, 1.5, 0.38, -2.4, 1.4)),
    'prism': ('rational_polynomial',
              (0.5, -0.1, 0.001, 0.001, 0.01, 0.8, 0.1, 0.02, 0.001, 0.001, -0.001, 0.002)),
    'tilted': ('rational_polynomial',
               (0.5, -0.1, 0.001, 0.001, 0.01, 0.8, 0.1, 0.02, 0.0, 0.0, 0.0, 0.0, 0.02, -0.01)),
    'fisheye': ('equidistant', (0.05, -0.01, 0.003, -0.001)),
}


def camera(lens: str, wh: tuple[int, int] = WH) -> Camera:
    """Return a camera with one of the lenses."""
    return Camera(wh, 600.0, 605.0, 310.0, 250.0, *LENSES[lens])


@pytest.mark.parametrize('lens', LENSES)
@given(
    x=st.floats(0, WH[0]), y=st.floats(0, WH[1]), depth_m=st.floats(0.2, 20),
    size=st.sampled_from([WH, (320, 240), (1920, 1080)]),
)
def test_a_point_that_is_lifted_is_seen_where_it_was(
    lens: str, x: float, y: float, depth_m: float, size: tuple[int, int]
) -> None:
    seen = camera(lens).scaled(size)
    point = np.array([x * size[0] / WH[0], y * size[1] / WH[1]])
    back = seen.project(np.append(seen.rays(point) * depth_m, depth_m))
    assert np.abs(back - point).max() < 1e-4


@pytest.mark.parametrize('lens', sorted(LENSES.keys() - {'tilted'}))  # whose axis is elsewhere
def test_the_middle_of_the_pixel_that_k_names_is_straight_ahead(lens: str) -> None:
    # K counts from the centre of the first pixel, our pixels from its outer corner
    assert camera(lens).rays((310.5, 250.5)) == pytest.approx([0.0, 0.0], abs=1e-9)


def test_k_counts_from_the_centre_of_the_first_pixel() -> None:
    assert camera('none').rays((0.5, 0.5)) == pytest.approx([-310 / 600, -250 / 605])
    assert camera('none').project((0.0, 0.0, 2.0)) == pytest.approx([310.5, 250.5])


@pytest.mark.parametrize('lens', LENSES)
@given(x=st.floats(0, 1), y=st.floats(0, 1), size=st.tuples(*[st.integers(8, 4000)] * 2))
def test_another_size_of_the_image_shows_the_same(
    lens: str, x: float, y: float, size: tuple[int, int]
) -> None:
    there = camera(lens).rays((x * WH[0], y * WH[1]))
    here = camera(lens).scaled(size).rays((x * size[0], y * size[1]))
    assert here == pytest.approx(there, abs=1e-6)


def test_what_is_behind_the_camera_is_not_seen() -> None:
    assert np.isnan(camera('kinect').project([(0, 0, 0), (1, 1, -1), (1, 1, np.nan)])).all()


def test_what_the_lens_does_not_show_has_no_direction() -> None:
    rays = camera('fisheye').rays([(310.5, 250.5), (9000.0, 250.5), (np.nan, 1.0)])
    assert np.isnan(rays).tolist() == [[False, False], [True, True], [True, True]]


def test_nobody_is_nowhere() -> None:
    for lens in LENSES:
        assert camera(lens).rays(np.empty((0, 17, 2))).shape == (0, 17, 2)


def test_a_rectified_image_has_p_and_no_lens() -> None:
    model, d = LENSES['kinect']
    assert camera_of(WH, K, d, model, P, rectified=True) == Camera(WH, 500, 500, 320, 240)


def test_a_raw_image_has_k_and_its_lens() -> None:
    model, d = LENSES['kinect']
    assert camera_of(WH, K, d, model, P, rectified=False) == camera('kinect')


@pytest.mark.parametrize('model', [*MODELS, '', 'none'])
def test_zeros_in_d_are_no_lens(model: str) -> None:
    assert camera_of(WH, K, (0.0,) * 5, model, P, rectified=False) == camera('none')


def test_a_rectified_image_without_p_takes_k_where_there_is_no_lens() -> None:
    assert camera_of(WH, K, (), '', (0.0,) * 12, rectified=True) == camera('none')


NO_CALIBRATION: dict[str, dict[str, Any]] = {
    'K of zeros': {'k': (0.0,) * 9},
    'K of nearly zeros': {'k': (1e-300,) * 9},
    'K with NaN': {'k': (float('nan'),) * 9},
    'P with NaN': {'p': (float('nan'),) * 12, 'rectified': True},
    'no P': {'p': (0.0,) * 12, 'rectified': True},
    'D of odd length': {'d': (0.1, 0.2, 0.3)},
    'D with NaN': {'d': (0.1, 0.2, 0.3, float('nan'))},
    'unknown model': {'distortion_model': 'kannala'},
    'no model': {'distortion_model': ''},
    'no size': {'wh': (0, 0)},
}


@pytest.mark.parametrize('what', NO_CALIBRATION)
def test_a_calibration_that_is_none_is_refused_in_one_line(what: str) -> None:
    good = {'wh': WH, 'k': K, 'd': (0.1, 0.2, 0.0, 0.0), 'distortion_model': 'plumb_bob', 'p': P,
            'rectified': False}
    camera_of(**good)
    with pytest.raises(CameraError, match=r'^camera_info [^\n]*$'):
        camera_of(**{**good, **NO_CALIBRATION[what]})
