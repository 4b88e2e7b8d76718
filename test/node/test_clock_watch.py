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

"""Whether stamps are of the node's clock, and what is logged about it."""

from __future__ import annotations

from typing import Any

from movenet_ros.node.clock_watch import ClockWatch
from movenet_ros.node.clock_watch import EARLY_S
from movenet_ros.node.clock_watch import explain_clock
from movenet_ros.node.clock_watch import IMAGES
from movenet_ros.node.clock_watch import LATE_S
import pytest

NOW_S = 1.7e9


@pytest.mark.parametrize('age_s', [0.0, 0.1, LATE_S, -EARLY_S])
@pytest.mark.parametrize('use_sim_time', [True, False])
def test_stamps_of_this_clock_are_fine(age_s: float, use_sim_time: bool) -> None:
    """Late ones of a slow camera, early ones of another machine."""
    assert explain_clock(NOW_S - age_s, NOW_S, use_sim_time) is None


@pytest.mark.parametrize(
    ('stamp_s', 'use_sim_time', 'words'),
    [
        (12.0, False, ('1699999988.0 s behind', 'use_sim_time to true', 'NTP')),
        (NOW_S - LATE_S - 0.1, False, ('10.1 s behind',)),
        (NOW_S + EARLY_S + 0.1, False, ('1.1 s ahead', 'NTP')),
        (12.0, True, ('publishes the images with use_sim_time',)),
    ],
)
def test_stamps_of_another_clock_are_explained(
    stamp_s: float, use_sim_time: bool, words: tuple[str, ...]
) -> None:
    mismatch = explain_clock(stamp_s, NOW_S, use_sim_time)
    assert mismatch is not None and mismatch.kind == 'clock'
    assert all(each in mismatch.sentence for each in words) and '\n' not in mismatch.sentence


def test_simulated_time_without_a_clock_is_explained() -> None:
    mismatch = explain_clock(12.0, 0.0, use_sim_time=True)
    assert mismatch is not None and '/clock' in mismatch.sentence


@pytest.mark.parametrize('now_s', [0.0, NOW_S])
@pytest.mark.parametrize('use_sim_time', [True, False])
def test_stamps_that_are_not_set_are_of_no_clock(now_s: float, use_sim_time: bool) -> None:
    assert explain_clock(0.0, now_s, use_sim_time) is None


@pytest.fixture
def watch(logging_node: Any) -> ClockWatch:
    """Give a watch of that node's clock."""
    return ClockWatch(logging_node)


def check(watch: ClockWatch, *ages_s: float) -> None:
    """Show images of some ages."""
    for age_s in ages_s:
        watch.check(int((NOW_S - age_s) * 1e9))


def test_a_mismatch_is_logged_once_and_its_end(watch: ClockWatch, logging_node: Any) -> None:
    check(watch, *[3600.0] * (IMAGES - 1))
    assert not logging_node.lines
    check(watch, *[3600.0] * IMAGES)
    assert 'behind' in watch.problem
    check(watch, *[0.1] * IMAGES)
    assert watch.problem == ''
    assert [line.partition(':')[0] for line in logging_node.lines] == ['warning', 'info']


def test_one_odd_stamp_is_no_mismatch(watch: ClockWatch, logging_node: Any) -> None:
    check(watch, *[0.0, 3600.0, 0.0, 0.0] * 50)
    assert not logging_node.lines


def test_every_second_image_of_another_clock_is_logged_once(
    watch: ClockWatch, logging_node: Any
) -> None:
    check(watch, *[0.0, -3600.0] * 50)
    (line,) = logging_node.lines
    assert 'ahead' in line


def test_an_image_of_another_clock_has_no_age(watch: ClockWatch) -> None:
    check(watch, 0.5)
    assert watch.latency_s(int((NOW_S - 0.5) * 1e9)) == pytest.approx(0.5, abs=1e-6)
    check(watch, 3600.0)
    assert watch.latency_s(int((NOW_S - 3600) * 1e9)) is None
    watch.check(0)
    assert watch.latency_s(0) is None


def test_it_can_forget(watch: ClockWatch, logging_node: Any) -> None:
    """In silence; a mismatch afterwards is a new one."""
    check(watch, *[3600.0] * IMAGES)
    watch.forget()
    assert watch.problem == ''
    check(watch, *[3600.0] * IMAGES)
    assert len(logging_node.lines) == 2
