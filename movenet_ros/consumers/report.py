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

"""What the 3D node does, counted, and its state on /diagnostics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
import time
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros.consumers.tally import Tally
from movenet_ros.core.wording import without_figures
from movenet_ros.node.diagnostics import Finding
from movenet_ros.node.diagnostics import OK
from movenet_ros.node.diagnostics import status
from movenet_ros.node.diagnostics import WARN
from movenet_ros.node.monitor import WINDOW_S


class Outcome(NamedTuple):
    """
    What became of one message of poses.

    :param people: in it.
    :param placed: of these, who have a place.
    :param problem: why nobody has; empty if nothing is wrong.
    :param apart_s: from it to its depth image; None without one.
    :param waited_s: for that.
    :param took_s: from then until it was published.
    """

    people: int
    placed: int
    problem: str
    apart_s: float | None
    waited_s: float
    took_s: float


class Tally3D(Tally[Outcome]):
    """Counts what became of messages of poses, and depth images."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self.without_depth = self.depth_images = 0

    def add(self, outcome: Outcome) -> None:
        """Count a message that was published, with what became of it."""
        super().add(outcome)
        self.without_depth += bool(outcome.problem)


def common_problem(outcomes: Sequence[Outcome], max_percent: float) -> str:
    """
    Return the most frequent problem, where more messages have one than may; else nothing.

    :param max_percent: share of the messages that may, in percent.
    """
    problems = [each.problem for each in outcomes if each.problem]
    if not problems or 100 * len(problems) <= max_percent * len(outcomes):
        return ''
    kinds = Counter(map(without_figures, problems))
    most = max(kinds, key=lambda kind: kinds[kind])
    return next(each for each in reversed(problems) if without_figures(each) == most)


@dataclass(frozen=True)
class Report3D:
    """
    The state of the 3D node.

    :param state: of the lifecycle.
    :param idle: why nothing is published, empty while something is.
    :param problem: what is wrong, empty if nothing is.
    :param topics: by input: the resolved names.
    :param depth: the last depth image: its encoding and size.
    """

    state: str
    idle: str
    problem: str
    topics: dict[str, str]
    depth: str
    tally: Tally3D


def statuses_3d(name: str, report: Report3D) -> list[DiagnosticStatus]:
    """
    Return the level, the sentence and the figures of depth and people.

    :param name: of the node, with its namespace.
    """
    tally, lately = report.tally, report.tally.lately()
    apart_ms = [1e3 * abs(each.apart_s) for each in lately if each.apart_s is not None]
    waited_ms = [1e3 * each.waited_s for each in lately]
    found: list[Finding] = [(OK, _summary(lately))]
    if report.problem:
        found = [(WARN, report.problem)]
    rate_hz = len(lately) / WINDOW_S
    return [
        status(
            f'{name}: depth',
            report,
            [] if report.idle else found,
            **report.topics,
            depth_image=report.depth,
            depth_images_in=str(tally.depth_images),
            rejected=str(tally.rejected),
            last_rejected=tally.last_rejected,
            stamps_apart_ms_median=_median(apart_ms),
            stamps_apart_ms_max=f'{max(apart_ms):.1f}' if apart_ms else '',
        ),
        status(
            f'{name}: poses_3d',
            report,
            [] if report.idle else [(OK, f'{rate_hz:.1f} messages a second')],
            output_rate_hz=f'{rate_hz:.2f}',
            messages_out=str(tally.published),
            without_depth=str(tally.without_depth),
            waited_ms_median=_median(waited_ms),
            waited_ms_max=f'{max(waited_ms):.1f}' if waited_ms else '',
            took_ms_median=_median([1e3 * each.took_s for each in lately]),
            people=str(lately[-1].people) if lately else '',
            people_placed=str(lately[-1].placed) if lately else '',
        ),
    ]


def _median(values: Sequence[float]) -> str:
    return f'{median(values):.1f}' if values else ''


def _summary(lately: Sequence[Outcome]) -> str:
    """Return in one sentence how the latest messages went."""
    problems = [each.problem for each in lately if each.problem]
    if not lately:
        return 'no messages lately'
    if not problems:
        return f'nothing wrong with the last {len(lately)} messages'
    return f'nothing wrong with all but {len(problems)} of the last {len(lately)}: {problems[-1]}'
