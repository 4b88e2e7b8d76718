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

"""What the 3D node counts, and what it makes of it on /diagnostics."""

from __future__ import annotations

from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros.consumers.report import common_problem
from movenet_ros.consumers.report import Outcome
from movenet_ros.consumers.report import Report3D
from movenet_ros.consumers.report import statuses_3d
from movenet_ros.consumers.report import Tally3D
from movenet_ros.node.monitor import WINDOW_S
import pytest

APART = 'the nearest depth image is {} s earlier'


def outcome(problem: str = '', **more: Any) -> Outcome:
    """Make what became of a message about two people."""
    values = {'people': 2, 'placed': 0 if problem else 2, 'apart_s': 0.004, 'waited_s': 0.002}
    return Outcome(problem=problem, took_s=0.001, **{**values, **more})


def report(tally: Tally3D, **given: Any) -> Report3D:
    """Make a report of an active node."""
    values = {'state': 'active', 'idle': '', 'problem': '', 'depth': '16UC1'}
    return Report3D(topics={'depth': '/depth'}, tally=tally, **{**values, **given})


@pytest.mark.parametrize(('bad', 'told'), [(0, False), (2, False), (3, True), (10, True)])
def test_a_problem_is_told_where_it_is_frequent(bad: int, told: bool) -> None:
    outcomes = [outcome('no depth')] * bad + [outcome()] * (10 - bad)
    assert bool(common_problem(outcomes, 20.0)) == told


def test_the_most_frequent_one_is_told_with_its_latest_figures() -> None:
    outcomes = [outcome(APART.format(each)) for each in (0.1, 0.2, 0.3)]
    outcomes += [outcome('no camera_info')] * 2
    assert common_problem(outcomes, 0.0) == APART.format(0.3)


def test_without_messages_there_is_no_problem() -> None:
    assert common_problem([], 0.0) == ''


def test_the_last_seconds_are_forgotten_and_the_counts_stay(clock: Any) -> None:
    tally = Tally3D(clock)
    tally.add(outcome('no depth'))
    clock.now_s += WINDOW_S + 0.1
    tally.add(outcome())
    assert [each.problem for each in tally.lately()] == ['']
    assert (tally.published, tally.without_depth) == (2, 1)


def test_a_problem_is_a_warning_with_its_sentence() -> None:
    depth, poses_3d = statuses_3d('movenet_3d', report(Tally3D(), problem='no depth image'))
    assert (depth.level, depth.message) == (DiagnosticStatus.WARN, 'no depth image')
    assert poses_3d.level == DiagnosticStatus.OK


def test_figures_are_of_the_last_seconds() -> None:
    tally = Tally3D()
    tally.add(outcome())
    tally.add(outcome(apart_s=None, waited_s=0.1, problem='no depth'))
    depth, poses_3d = statuses_3d('movenet_3d', report(tally))
    values = {each.key: each.value for status in (depth, poses_3d) for each in status.values}
    assert values['stamps_apart_ms_median'] == '4.0'
    assert values['waited_ms_max'] == '100.0'
    assert (values['people'], values['people_placed']) == ('2', '0')
    assert (values['messages_out'], values['without_depth']) == ('2', '1')


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        ({'idle': 'waiting for subscribers'}, 'waiting for subscribers'),
        ({'state': 'unconfigured', 'idle': 'unconfigured'}, 'ros2 lifecycle set /movenet_3d'),
    ],
)
def test_an_idle_node_says_why(given: dict[str, str], words: str) -> None:
    for status in statuses_3d('movenet_3d', report(Tally3D(), **given)):
        assert status.level == DiagnosticStatus.OK and words in status.message
