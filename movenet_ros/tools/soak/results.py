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

"""The results of a soak: what is wrong, a line each, and the table."""

from __future__ import annotations

from collections.abc import Sequence
import statistics

from movenet_ros.tools.soak.counts import Overload
from movenet_ros.tools.soak.counts import PhaseRun
from movenet_ros.tools.soak.plan import PHASES
from movenet_ros.tools.soak.plan import RELOADING

MOST_DRIFT = 0.05  # of memory, in the whole soak and in one overload
MOST_MORE = 2  # threads and file descriptors; a leak makes one in each round
MOST_SILENCE_S = 2.0
MOST_PERIODS = 3.0  # of the node's own rate, from an image's stamp to its poses, p99
LEAST_VALUES = 3  # of a phase, without the first round, to compare
LONG_WAIT_S = 0.1  # is worth a word
SHOWN = 3  # violations of one kind in one phase
LIMITS = f"""\
what is a violation:
  a good image that is lost; good images are sent at half of the rate that the node
      reached at the start, 30 a second at most, and those of a new camera, and of new
      settings, count from the first one on that is answered
  an exception or an error in the node's log, except on files that are no model
  more than {MOST_SILENCE_S:g} s without poses while good images are sent
  a wrong answer of a service, poses while the node is disabled, poses for images that
      were not sent, good images in which no person is found
  in an overload, more than 1 of 100 poses that are {MOST_PERIODS:g} periods of the node's own rate
      old; that rate is the one at which poses come meanwhile, age is from stamp to arrival
  memory (resident) that grows by {MOST_DRIFT:.0%}, {MOST_MORE + 1} more threads or open files:
      taken where the node processes good images at the end of the phases that load the
      model anew ({", ".join(RELOADING)}); each of them is compared with itself, the median
      of the first third of its runs with that of the last third, without the first round,
      in which all is new to the process; that takes {LEAST_VALUES + 1} rounds
  memory that grows by {MOST_DRIFT:.0%} within an overload
"""


def growth(runs: Sequence[PhaseRun], what: str) -> tuple[float, float] | None:
    """
    Compare the beginning of a soak with its end, as LIMITS say.

    :param what: a number of :class:`.counts.ProcessSample`.
    :return: means over the phases at the beginning and at the end; None where the soak was too
        short to tell.
    """
    first, last = [], []
    for name in RELOADING:
        values = [
            float(getattr(run.sample, what))
            for run in runs
            if run.name == name and run.sample is not None and run.number > 1
        ]
        if len(values) >= LEAST_VALUES:
            third = len(values) // 3
            first.append(statistics.median(values[:third]))
            last.append(statistics.median(values[-third:]))
    return (statistics.mean(first), statistics.mean(last)) if first else None


def violations(runs: Sequence[PhaseRun]) -> list[str]:
    """Return what was wrong, a line each."""
    found = []
    for run in runs:
        where = f'{run.name}, round {run.number}'
        found += [f'{where}: {each}' for each in _of_run(run)]
    memory = growth(runs, 'memory_mib')
    if memory is not None and _drift(memory) >= MOST_DRIFT:
        first, last = memory
        found.append(f'memory grew by {_drift(memory):.1%}, from {first:.0f} to {last:.0f} MiB')
    for name in ('threads', 'files'):
        counts = growth(runs, name)
        if counts is not None and counts[1] - counts[0] > MOST_MORE:
            found.append('{}: {:g} became {:g}'.format(name, *counts))
    return found


def _drift(memory: tuple[float, float]) -> float:
    return memory[1] / memory[0] - 1


def _of_run(run: PhaseRun) -> list[str]:
    found = [*run.faults[:SHOWN]]
    why = ''
    if run.waited_s > LONG_WAIT_S:
        why = f' (other programs kept it from the processors for {run.waited_s:.1f} s)'
    if run.lost:
        found.append(f'{run.lost} of {run.good} good images were lost{why}')
    if run.empty:
        found.append(f'no person was found in {run.empty} of {run.good} good images')
    if run.unexpected:
        found.append(f'{run.unexpected} messages of poses for images that were not sent, or twice')
    if run.silence_s > MOST_SILENCE_S:
        found.append(f'no poses for {run.silence_s:.1f} s, although good images were sent{why}')
    found += [f'the node logged: {line}' for line in run.errors[:SHOWN]]
    if run.overload is not None:
        found += [f'{each}{why}' for each in _of_overload(run.overload)]
    return found


def _of_overload(overload: Overload) -> list[str]:
    if not overload.poses_hz:
        return ['no poses came during the overload']
    found = []
    if overload.p99_periods >= MOST_PERIODS:
        found.append(
            f'in an overload of {overload.name} at {overload.sent_hz:.0f} Hz one in a hundred'
            f" poses was {overload.p99_periods:.1f} periods of the node's own rate old"
        )
    if _drift(overload.memory_mib) >= MOST_DRIFT:
        found.append('memory grew in an overload, from {:.0f} to {:.0f} MiB'.format(
            *overload.memory_mib
        ))
    return found


def table(runs: Sequence[PhaseRun], latencies_s: Sequence[float]) -> str:
    """Show what was counted, a line for each phase."""
    lines = [
        f'{"phase":<12}{"runs":>5}{"images":>8}{"good":>7}{"lost":>6}{"poses":>7}{"errors":>8}'
        f'{"silence":>9}{"waited":>9}{"memory":>10}{"threads":>9}{"files":>7}'
    ]
    for name in (each.name for each in PHASES):
        mine = [run for run in runs if run.name == name]
        if mine:
            lines.append(_row(name, mine))
    lines += [_row('all', runs), '', *_overloads(runs), *_growths(runs)]
    if latencies_s:
        median_ms, worst_ms = 1e3 * statistics.median(latencies_s), 1e3 * max(latencies_s)
        lines.append(f'latency     {median_ms:.1f} ms median, {worst_ms:.0f} ms worst (good)')
    return '\n'.join(lines)


def _row(name: str, runs: Sequence[PhaseRun]) -> str:
    """Sum up runs; the process is shown as it was in the last one."""
    images, good, lost, poses = (
        sum(getattr(run, key) for run in runs) for key in ('images', 'good', 'lost', 'poses')
    )
    errors = sum(len(run.errors) for run in runs)
    silence_s = max((run.silence_s for run in runs), default=0.0)
    waited_s = sum(run.waited_s for run in runs)
    row = (
        f'{name:<12}{len(runs):>5}{images:>8}{good:>7}{lost:>6}{poses:>7}{errors:>8}'
        f'{silence_s:>7.2f} s{waited_s:>7.1f} s'
    )
    samples = [run.sample for run in runs if run.sample is not None]
    if samples:
        last = samples[-1]
        row += f'{last.memory_mib:>6.0f} MiB{last.threads:>9}{last.files:>7}'
    return row


def _overloads(runs: Sequence[PhaseRun]) -> list[str]:
    """Show the worst overload of each kind."""
    overloads = sorted(
        (run.overload for run in runs if run.overload is not None),
        key=lambda each: each.p99_periods,
    )
    return [
        f'overload    {each.name} at {each.sent_hz:.0f} Hz (asked for {each.asked_hz:.0f}):'
        f' {each.poses_hz:.0f} poses a second, {each.median_periods:.1f} periods old'
        f' (p99 {each.p99_periods:.1f}, worst {each.worst_periods:.1f})'
        for each in {each.name: each for each in overloads}.values()
    ]


def _growths(runs: Sequence[PhaseRun]) -> list[str]:
    """Show the process at the beginning and at the end."""
    memory = growth(runs, 'memory_mib')
    if memory is None:
        return ['growth      not judged: that takes some more rounds of all phases']
    first, last = memory
    lines = [f'memory      {first:.0f} MiB, at the end {last:.0f} MiB ({_drift(memory):+.1%})']
    for name in ('threads', 'files'):
        counts = growth(runs, name)
        if counts is not None:
            lines.append('{:<12}{:g}, at the end {:g}'.format(name, *counts))
    return lines
