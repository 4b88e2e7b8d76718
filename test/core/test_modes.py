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

"""Which mode runs, and what it allows an image to cost."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.costs import Costs
from movenet_ros.core.costs import Line
from movenet_ros.core.modes import Choice
from movenet_ros.core.modes import chosen
from movenet_ros.core.modes import CYCLE
from movenet_ros.core.modes import MEAN
from movenet_ros.core.modes import ModeSettings
from movenet_ros.core.modes import Planner
from movenet_ros.core.modes import RefineSettings
import pytest


def costing(detection_ms: float = 6.0, crop_ms: float = 7.0) -> Costs:
    """Return what networks cost whose runs take the same time at any size."""
    return Costs(Line(detection_ms, 0.0), Line(crop_ms, 0.0), 32)


def choice(mode: str, costs: Costs | None, **refine: Any) -> Choice:
    """Choose for an input size of 256."""
    return chosen(ModeSettings(mode, RefineSettings(**refine)), 256, costs)


@pytest.mark.parametrize(
    ('mode', 'expected'),
    [('auto', 'accurate'), ('balanced', 'balanced'), ('accurate', 'accurate')],
)
def test_where_time_is_no_matter_auto_is_accurate(mode: str, expected: str) -> None:
    found = choice(mode, None)
    assert (found.mode, found.problem) == (expected, '')


@pytest.mark.parametrize(('crop_ms', 'expected'), [(18.9, 'balanced'), (19.1, 'fast')])
def test_on_a_cpu_auto_is_balanced_where_a_camera_allows_it(crop_ms: float, expected: str) -> None:
    """A detection and a crop have to fit into the budget."""
    found = choice('auto', costing(6.0, crop_ms))
    assert (found.mode, found.problem) == (expected, '')
    assert '6.0 ms' in found.why and f'{crop_ms:.1f}' in found.why


def test_auto_keeps_a_cameras_pace_though_no_budget_is_set() -> None:
    assert choice('auto', costing(6.0, 30.0), budget_ms=0.0).mode == 'fast'


@pytest.mark.parametrize(
    ('budget_ms', 'mode'), [(0.0, 'balanced'), (1e6, 'balanced'), (8.0, 'balanced'), (1.0, 'fast')]
)
def test_balanced_runs_where_a_detection_leaves_time(budget_ms: float, mode: str) -> None:
    """Else as fast, which is told, since it was asked for."""
    found = choice('balanced', costing(), budget_ms=budget_ms)
    assert found.mode == mode
    assert bool(found.problem) == (mode == 'fast')
    assert 'refine.budget_ms' in found.why or not budget_ms


def test_accurate_asks_for_no_budget() -> None:
    assert choice('accurate', costing(100.0, 100.0), budget_ms=1.0).mode == 'accurate'


def planner(mode: str, costs: Costs | None = None, size: int = 256, **refine: Any) -> Planner:
    """Return a planner."""
    return Planner(mode, size, RefineSettings(**refine), costs)


def test_balanced_detects_in_every_second_image_and_in_a_larger_input_in_every_fourth() -> None:
    plans = [planner('balanced').following(i, True) for i in range(2 * CYCLE)]
    assert [each.sizes for each in plans] == [(256,), (), (384,), ()] * 2


def test_where_nobody_is_known_balanced_looks_for_people_in_every_image() -> None:
    plans = [planner('balanced').following(i, False) for i in range(CYCLE)]
    assert [each.sizes for each in plans] == [(256,), (256,), (384,), (256,)]


def test_accurate_detects_twice_in_every_image_without_a_budget() -> None:
    accurate = planner('accurate', costing(), budget_ms=20.0)
    for plan in (accurate.still(), accurate.following(1, True)):
        assert plan.sizes == (256, 512) and math.isinf(plan.budget_ms)


def test_a_picture_on_its_own_gets_the_larger_detection() -> None:
    assert planner('balanced', costing()).still().sizes == (384,)


@given(st.sampled_from(range(128, 1025, 32)), st.sampled_from(['balanced', 'accurate']))
def test_the_larger_size_is_one_that_the_network_takes(size: int, mode: str) -> None:
    larger = planner(mode, size=size).larger_size
    assert size <= larger <= 1024 and larger % 32 == 0


def test_a_larger_detection_has_to_leave_time_for_a_crop() -> None:
    by_pixels = Costs(Line(0.0, 0.12), Line(7.0, 0.0), 32)  # 5.9 ms at 256, 13.3 at 384
    assert planner('balanced', by_pixels, budget_ms=25.0).larger_size == 384
    assert planner('balanced', by_pixels, budget_ms=17.0).larger_size < 384


@pytest.mark.parametrize(
    ('mode', 'costs', 'budget_ms', 'expected'),
    [
        ('balanced', costing(), 25.0, 25.0),
        ('balanced', costing(), 0.0, math.inf),
        ('balanced', None, 25.0, math.inf),
        ('accurate', costing(), 25.0, math.inf),
    ],
)
def test_a_budget_is_for_balanced_where_time_matters(
    mode: str, costs: Costs | None, budget_ms: float, expected: float
) -> None:
    assert planner(mode, costs, budget_ms=budget_ms).still().budget_ms == expected


@given(st.floats(1.0, 9.0), st.floats(1.0, 9.0), st.lists(st.booleans(), min_size=20))
def test_images_of_a_stream_take_their_share_on_the_average(
    detection_ms: float, crop_ms: float, crowded: list[bool]
) -> None:
    """What an image leaves, one of the next may take; none takes more than the budget."""
    one, over_ms, spent_ms = planner('balanced', costing(detection_ms, crop_ms)), 0.0, []
    for number, is_crowded in enumerate(crowded):
        plan = one.following(number, True, over_ms)
        detections_ms = len(plan.sizes) * detection_ms
        crops = max(1, (plan.budget_ms - detections_ms) // crop_ms) if is_crowded else 0
        spent_ms.append(detections_ms + crops * crop_ms)
        over_ms = one.over_ms(over_ms, spent_ms[-1])
    assert max(spent_ms) <= 25.0
    most = max(MEAN * 25.0, (detection_ms / 2 + crop_ms))  # one crop at least is looked at
    assert sum(spent_ms) <= most * len(spent_ms) + 25.0


def test_a_stream_without_a_budget_owes_nothing() -> None:
    one = planner('balanced', costing(), budget_ms=0.0)
    assert one.over_ms(0.0, 1e3) == 0.0 and math.isinf(one.following(0, True).budget_ms)


def test_what_else_an_image_may_cost_is_as_set() -> None:
    plan = planner('balanced', input_size=160, max_people=3).following(0, True)
    assert (plan.crop_size, plan.max_people) == (160, 3)
