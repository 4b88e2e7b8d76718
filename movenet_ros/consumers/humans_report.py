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

from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros.consumers.kinematics_report import KinematicsReport
from movenet_ros.consumers.kinematics_report import status_told


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
    return [status_told(
        f'{name}: humans',
        report,
        image='x'.join(map(str, report.image_wh or ())),
        bodies=' '.join(report.bodies),
    )]
