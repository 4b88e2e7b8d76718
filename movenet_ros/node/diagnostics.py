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


"""
The pose node's state on /diagnostics: statuses with a level, a sentence and figures.

Names, levels and the topic are those of diagnostic_updater, which is not used itself: it is not on
PyPI, and its rates cannot tell an idle node from a silent camera. The messages are published from
a thread of their own, so that they go on while a model is loaded or an inference hangs.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from itertools import chain
from threading import Event
from threading import Thread
from typing import Protocol
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from diagnostic_msgs.msg import KeyValue
from movenet_ros.node.monitor import WINDOW_S
from rclpy.node import Node

if TYPE_CHECKING:  # it loads the library, which not every node takes
    from movenet_ros.node.report import Report

DIAGNOSTICS = '/diagnostics'
PERIOD_S = 1.0
SEVERE = 4.0  # times beyond a threshold is an ERROR
HANGS_S = 5.0  # a model that was warmed up takes a small part of that, on any machine
LOADING = 'the runtime failed: the model is being loaded anew, on the CPU'

NEXT_TRANSITION = {'unconfigured': 'configure', 'inactive': 'activate'}

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR

Finding = tuple[bytes, str]  # level and sentence


class State(Protocol):
    """What is known of any node of ours."""

    @property
    def state(self) -> str:
        """Return the state of its lifecycle."""

    @property
    def idle(self) -> str:
        """Return why nothing is processed, or nothing."""


class Diagnostics:
    """
    Publishes the node's state once a second.

    :param node: whose state it is.
    :param statuses: returns them for the name of the node; called in a thread of its own.
    """

    def __init__(
        self, node: Node, statuses: Callable[[str], list[DiagnosticStatus]]
    ) -> None:
        self._node = node
        self._statuses = statuses
        self._publisher = node.create_publisher(DiagnosticArray, DIAGNOSTICS, 1)
        self._error: Exception | None = None
        self._closed = Event()
        self._thread = Thread(target=self._work, name='diagnostics', daemon=True)
        self._thread.start()

    def check(self) -> None:
        """
        Raise what ended the thread; to be called often.

        :raises Exception: a bug.
        """
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Publish no more."""
        self._closed.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._closed.wait(PERIOD_S):
            try:
                if self._publisher.get_subscription_count():
                    self._publisher.publish(self._message())
            except Exception as error:  # noqa: B902 (raised again by check, in the node's thread)
                if self._node.context.ok():
                    self._error = error
                return

    def _message(self) -> DiagnosticArray:
        name = self._node.get_fully_qualified_name().lstrip('/')
        msg = DiagnosticArray(status=self._statuses(name))
        msg.header.stamp = self._node.get_clock().now().to_msg()
        return msg


def statuses(name: str, *reports: Report) -> list[DiagnosticStatus]:
    """
    Return the level, the sentence and the figures of images and poses, and of the model.

    :param name: of the node; with its namespace, so that two robots do not share one.
    :param reports: one for each camera.
    """
    first = reports[0]
    model = status(
        f'{name}: model', first, model_findings(first), state=first.state, **first.model
    )
    return [*chain(*(camera_statuses(name, each) for each in reports)), model]


def camera_statuses(name: str, report: Report) -> list[DiagnosticStatus]:
    """Return the level, the sentence and the figures of a camera's images and poses."""
    activity = report.activity
    latencies, inferences = activity.latencies_ms, activity.inferences_ms
    stages = activity.stages_ms
    which = f'{name}: {report.camera} ' if report.camera else f'{name}: '
    return [
        status(
            f'{which}images',
            report,
            images_findings(report),
            topic=report.topic,
            input_rate_hz=f'{activity.arriving_hz:.2f}',
            images_in=str(activity.arrived),
            dropped=str(activity.dropped) if report.counts_dropped or activity.dropped else '?',
            throttled=str(activity.throttled),
            rejected=str(activity.rejected),
            last_rejected=activity.last_rejected,
        ),
        status(
            f'{which}poses',
            report,
            poses_findings(report),
            output_rate_hz=f'{activity.processed_hz:.2f}',
            images_out=str(activity.processed),
            latency_ms_median=_figure(latencies, 0),
            latency_ms_max=_figure(latencies, 1),
            inference_ms_median=_figure(inferences, 0),
            inference_ms_max=_figure(inferences, 1),
            detection_ms_mean=_figure(stages, 0),
            refinement_ms_mean=_figure(stages, 1),
            other_ms_mean=_figure(stages, 2),
            people=str(activity.people),
            people_refined_mean='' if activity.refined is None else f'{activity.refined:.1f}',
            budget_used_percent=(
                '' if activity.budget_used is None else f'{100 * activity.budget_used:.0f}'
            ),
        ),
    ]


def images_findings(report: Report) -> list[Finding]:
    """Return what is wrong with the images that come in."""
    activity, thresholds = report.activity, report.thresholds
    found: list[Finding] = []
    if report.state == 'active' and report.images_problem:
        found.append((WARN, report.images_problem))
    if activity.rejected_lately:
        nothing_else = not activity.processed_hz
        which = 'every image' if nothing_else else f'{activity.rejected_lately} of the images'
        found.append((
            ERROR if nothing_else else WARN,
            f'{which} rejected in the last {WINDOW_S:g} s: {activity.last_rejected}',
        ))
    if report.idle:
        return found
    if activity.is_settled:
        found += _too_few('images received', activity.arriving_hz, thresholds.min_rate_hz)
    dropped_percent = 100 * activity.dropped_share
    most = thresholds.max_dropped_percent
    if dropped_percent > most:
        found.append((
            WARN,
            f'{dropped_percent:.0f} % of the images are dropped (diagnostics.max_dropped_percent'
            f' {most:g}): reduce the rate of the camera, or input_size',
        ))
    return found or [(OK, f'{activity.arriving_hz:.1f} images a second')]


def poses_findings(report: Report) -> list[Finding]:
    """Return what is wrong with the poses that go out."""
    activity, thresholds = report.activity, report.thresholds
    found: list[Finding] = []
    if report.is_loading:
        found.append((WARN, LOADING))
    elif activity.busy_s > HANGS_S:
        found.append((
            ERROR,
            f'has been processing one image for {activity.busy_s:.0f} s: if that goes on, the'
            ' runtime hangs (look at nvidia-smi and dmesg); start the node again',
        ))
    if report.idle:
        return found
    if activity.is_settled:
        found += _too_few('images processed', activity.processed_hz, thresholds.min_rate_hz)
    median_ms = activity.latencies_ms[0] if activity.latencies_ms else 0.0
    most_ms = thresholds.max_latency_ms
    if most_ms and median_ms > most_ms and not report.images_problem:
        found.append((
            ERROR if median_ms > SEVERE * most_ms else WARN,
            f'poses are {median_ms:.0f} ms older than the stamp of their image'
            f' (diagnostics.max_latency_ms {most_ms:g}): reduce input_size, or synchronize the'
            ' clocks of camera and node',
        ))
    return found or [(OK, f'{activity.processed_hz:.1f} images a second')]


def model_findings(report: Report) -> list[Finding]:
    """Return what is wrong with the model."""
    if report.model_problem:
        return [(ERROR, report.model_problem)]
    if report.is_loading:
        return [(WARN, LOADING)]
    if report.fallback or report.mode_problem:
        return [(WARN, each) for each in (report.fallback, report.mode_problem) if each]
    if 'backend' not in report.model:
        return []
    return [(OK, f'{report.model["backend"]}, mode {report.model["mode"]}')]


def _too_few(what: str, rate_hz: float, least_hz: float) -> list[Finding]:
    if rate_hz >= least_hz:
        return []
    level = ERROR if rate_hz < least_hz / SEVERE else WARN
    return [(level, f'{rate_hz:.1f} {what} a second (diagnostics.min_rate_hz {least_hz:g})')]


def status(
    name: str, report: State, findings: Sequence[Finding], **values: str
) -> DiagnosticStatus:
    """Put the worst first; where nothing is wrong, state why nothing happens, if so."""
    rest = report.idle if report.state == 'active' else report.state
    if report.state in NEXT_TRANSITION:
        command = NEXT_TRANSITION[report.state]
        rest += f': ros2 lifecycle set /{name.partition(":")[0]} {command}'
    worst = max((level for level, _ in findings), default=OK)
    sentences = [sentence for level, sentence in findings if level != OK]
    if not sentences:
        is_active = report.state == 'active'
        sentences = [sentence for _, sentence in findings] if is_active and findings else [rest]
    sentences.sort(key=lambda each: (worst, each) not in findings)
    return DiagnosticStatus(
        level=worst,
        name=name,
        message='; '.join(sentences),
        hardware_id='movenet_ros',
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def _figure(summary: tuple[float, ...] | None, which: int) -> str:
    return f'{summary[which]:.1f}' if summary else ''
