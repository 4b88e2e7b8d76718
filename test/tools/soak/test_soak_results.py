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

"""What is a violation, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from movenet_ros.tools.soak.counts import Overload
from movenet_ros.tools.soak.counts import PhaseRun
from movenet_ros.tools.soak.counts import ProcessSample
from movenet_ros.tools.soak.plan import PHASES
from movenet_ros.tools.soak.results import growth
from movenet_ros.tools.soak.results import table
from movenet_ros.tools.soak.results import violations
import pytest

CLEAN = PhaseRun('steady', 2, images=30, good=30, poses=30, silence_s=0.1)
SAMPLE = ProcessSample(memory_mib=400.0, threads=30, files=25, waited_s=1.0)
OVERLOAD = Overload('1280x720 reliable', 300.0, 290.0, 50.0, 1.0, 1.9, 3.4, (400.0, 401.0))


def soaked(
    samples: Sequence[ProcessSample], names: Sequence[str] = ('reconfigure',)
) -> list[PhaseRun]:
    """Make clean runs of phases, a sample for each round."""
    return [
        replace(CLEAN, name=name, number=i + 1, sample=sample)
        for i, sample in enumerate(samples)
        for name in names
    ]


def test_clean_runs_are_no_violation() -> None:
    assert violations([CLEAN, replace(CLEAN, name='overload', overload=OVERLOAD)]) == []


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'lost': 2}, '2 of 30 good images were lost'),
        ({'empty': 3}, 'no person was found in 3 of 30 good images'),
        ({'unexpected': 1}, '1 messages of poses for images that were not sent, or twice'),
        ({'silence_s': 2.1}, 'no poses for 2.1 s, although good images were sent'),
        ({'errors': ['Traceback (most recent call last):']}, 'the node logged: Traceback (most'),
        ({'faults': ['transition activate failed']}, 'transition activate failed'),
        ({'overload': replace(OVERLOAD, p99_periods=3.0)}, "was 3.0 periods of the node's"),
        ({'overload': replace(OVERLOAD, memory_mib=(400.0, 420.0))}, 'from 400 to 420 MiB'),
        ({'overload': Overload('640x480', 300.0, 0.0)}, 'no poses came'),
        ({'lost': 1, 'waited_s': 0.7}, 'kept it from the processors for 0.7 s)'),
    ],
)
def test_each_violation_is_one_line_that_says_where(
    change: dict[str, object], words: str
) -> None:
    (line,) = violations([CLEAN, replace(CLEAN, number=3, **change)])  # type: ignore[arg-type]
    assert line.startswith('steady, round 3: ')
    assert words in line
    assert '\n' not in line


def test_many_lines_of_one_kind_are_cut_short() -> None:
    run = replace(CLEAN, errors=[f'[ERROR] {i}' for i in range(50)], faults=['no'] * 50)
    assert len(violations([run])) == 6


@pytest.mark.parametrize(
    ('mib', 'words'),
    [
        ([300, 400, 400, 400, 400, 419, 419], []),  # 4.75 %
        ([300, 400, 400, 400, 400, 421, 421], ['memory grew by 5.2%, from 400 to 421 MiB']),
        ([300, 400, 500, 300], []),
        ([100, 400, 400, 390, 400], []),  # the first round is new to the process
        ([400, 500, 500], []),  # too short to tell
        ([400, 400, 400, 400, 900, 400, 400], []),  # given back
    ],
)
def test_memory_may_not_grow(mib: list[float], words: list[str]) -> None:
    assert violations(soaked([replace(SAMPLE, memory_mib=each) for each in mib])) == words


@pytest.mark.parametrize('what', ['threads', 'files'])
def test_what_grows_by_one_each_round_is_a_leak(what: str) -> None:
    samples = [replace(SAMPLE, **{what: 30 + i}) for i in range(7)]  # type: ignore[arg-type]
    assert violations(soaked(samples)) == [f'{what}: 31.5 became 35.5']


@pytest.mark.parametrize('what', ['threads', 'files'])
def test_two_more_are_no_leak(what: str) -> None:
    counts = [30, 30, 30, 31, 32, 32]
    samples = [replace(SAMPLE, **{what: each}) for each in counts]  # type: ignore[arg-type]
    assert violations(soaked(samples)) == []


def test_each_phase_is_compared_with_itself() -> None:
    """One that takes more than the others is no growth, wherever it stands in a round."""
    small, large = replace(SAMPLE, memory_mib=300.0), replace(SAMPLE, memory_mib=500.0)
    runs = soaked([small] * 7) + soaked([large] * 5, ('compressed',))
    assert growth(runs, 'memory_mib') == (400.0, 400.0)


def test_only_phases_count_that_begin_anew() -> None:
    """What the others leave depends on those before them."""
    grown = [replace(SAMPLE, memory_mib=400.0 + 10 * i) for i in range(7)]
    assert growth(soaked(grown, ('steady', 'sizes')), 'memory_mib') is None
    assert growth(soaked(grown, ('steady', 'compressed')), 'memory_mib') == (415.0, 455.0)


def test_the_table_has_a_line_for_each_phase_and_for_all() -> None:
    runs = [
        replace(CLEAN, name=phase.name, number=i, sample=SAMPLE)
        for i in range(1, 6)
        for phase in PHASES
    ]
    runs[10] = replace(runs[10], overload=OVERLOAD)
    shown = table(runs, [0.02, 0.03, 0.1])
    for phase in PHASES:
        numbers = '    5     150    150     0    150       0   0.10 s    0.0 s   400 MiB'
        assert f'\n{phase.name:<12}{numbers}' in shown
    assert f'\nall         {5 * len(PHASES):>5}{150 * len(PHASES):>8}' in shown
    assert '1280x720 reliable at 290 Hz (asked for 300): 50 poses a second' in shown
    assert 'memory      400 MiB, at the end 400 MiB (+0.0%)' in shown
    assert '30.0 ms median, 100 ms worst' in shown


def test_the_table_of_a_soak_that_never_began() -> None:
    assert 'not judged' in table([], [])
