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

"""What the kinematics node does, counted, and its state on /diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros.consumers.tally import Tally
from movenet_ros.node.diagnostics import OK
from movenet_ros.node.diagnostics import status
from movenet_ros.node.diagnostics import WARN
from movenet_ros.node.monitor import WINDOW_S


class Told(NamedTuple):
    """
    What became of one message.

    :param people: in it.
    :param took_s: until it was published.
    :param is_still: whether it has the stamp of the one before.
    """

    people: int
    took_s: float
    is_still: bool


@dataclass(frozen=True)
class KinematicsReport:
    """
    The state of the kinematics node.

    :param state: of the lifecycle.
    :param idle: why nothing is published, empty while something is.
    :param problem: what is wrong, empty if nothing is.
    :param topic: that it reads.
    """

    state: str
    idle: str
    problem: str
    topic: str
    tally: Tally[Told]


def statuses_kinematics(name: str, report: KinematicsReport) -> list[DiagnosticStatus]:
    """
    Return the level, the sentence and the figures.

    :param name: of the node, with its namespace.
    """
    return [status_told(f'{name}: kinematics', report)]


def status_told(name: str, report: KinematicsReport, **facts: str) -> DiagnosticStatus:
    """
    Return the status of a node that tells of each message of people.

    :param name: of the status.
    :param facts: that others do not have.
    """
    tally, lately = report.tally, report.tally.lately()
    rate_hz = len(lately) / WINDOW_S
    found = (WARN, report.problem) if report.problem else (OK, f'{rate_hz:.1f} messages a second')
    return status(
        name,
        report,
        [] if report.idle else [found],
        topic=report.topic,
        **facts,
        output_rate_hz=f'{rate_hz:.2f}',
        messages_out=str(tally.published),
        rejected=str(tally.rejected),
        last_rejected=tally.last_rejected,
        took_ms_median=f'{1e3 * median(each.took_s for each in lately):.1f}' if lately else '',
        people=str(lately[-1].people) if lately else '',
    )
