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

"""The table of costs: a line through two measurements for each network."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.costs import Costs
from movenet_ros.core.costs import FREE
from movenet_ros.core.costs import Line
import pytest

MS = st.floats(0.01, 1000)


def test_a_line_goes_through_both_measurements() -> None:
    line = Line.through((50, 6.0), (100, 9.0))
    assert (line.ms(50_000), line.ms(100_000)) == pytest.approx((6, 9))


@given(MS, MS, st.integers(0, 10**6))
def test_whatever_was_measured_a_run_costs_something_and_a_larger_one_no_less(
    smaller_ms: float, larger_ms: float, pixels: int
) -> None:
    """Measurements of a busy machine may contradict each other."""
    line = Line.through((28.672, smaller_ms), (50.176, larger_ms))
    assert 0 <= line.ms(pixels) <= line.ms(pixels + 1000)
    assert line.ms(28_672) == pytest.approx(smaller_ms)


@pytest.mark.parametrize(
    ('image_wh', 'input_size', 'pixels'),
    [((640, 480), 256, 192 * 256), ((480, 640), 256, 192 * 256), ((1280, 720), 384, 224 * 384)],
)
def test_a_detection_costs_what_its_padded_input_does(
    image_wh: tuple[int, int], input_size: int, pixels: int
) -> None:
    costs = Costs(Line(0.0, 1000.0), Line(0.0, 0.0), 32)
    assert costs.detection_ms(image_wh, input_size) == pytest.approx(pixels)


def test_a_crop_costs_by_its_pixels() -> None:
    costs = Costs(Line(0.0, 0.0), Line(1.0, 0.1), 32)
    assert costs.crop_ms((224, 128)) == pytest.approx(1 + 0.1 * 28.672)


def test_where_time_is_no_matter_all_is_free() -> None:
    assert FREE.detection_ms((640, 480), 512) == FREE.crop_ms((224, 224)) == 0
