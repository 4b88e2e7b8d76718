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

"""What the humans node does, counted, and its state on /diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros.consumers.kinematics_report import KinematicsReport
from movenet_ros.node.diagnostics import OK
from movenet_ros.node.diagnostics import status
from movenet_ros.node.diagnostics import WARN
from movenet_ros.node.monitor import WINDOW_S


@dataclass(frozen=True)
class HumansReport(KinematicsReport):
    """
    The state of the humans node.

    :param bodies: ids of those that are tracked.
    :param image_wh: width and height of the images; None while they are not known.
    """

    bodies: tuple[str, ...]
    image_wh: tuple[int, int] | None


def statuses_humans(name: str, report: HumansReport) -> list[DiagnosticStatus]:
    """
    Return the level, the sentence and the figures.

    :param name: of the node, with its namespace.
    """
    tally, lately = report.tally, report.tally.lately()
    rate_hz = len(lately) / WINDOW_S
    found = (WARN, report.problem) if report.problem else (OK, f'{rate_hz:.1f} messages a second')
    width, height = report.image_wh or ('', '')
    return [status(
        f'{name}: humans',
        report,
        [] if report.idle else [found],
        topic=report.topic,
        image=f'{width}x{height}' if report.image_wh else '',
        bodies=' '.join(report.bodies),
        output_rate_hz=f'{rate_hz:.2f}',
        messages_out=str(tally.published),
        rejected=str(tally.rejected),
        last_rejected=tally.last_rejected,
        took_ms_median=f'{1e3 * median(each.took_s for each in lately):.1f}' if lately else '',
        people=str(lately[-1].people) if lately else '',
    )]
