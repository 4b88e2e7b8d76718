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

"""What /diagnostics reports as wrong, how, and when it is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros.node import diagnostics as diagnostics_module
from movenet_ros.node.diagnostics import Diagnostics
from movenet_ros.node.diagnostics import HANGS_S
from movenet_ros.node.diagnostics import images_findings
from movenet_ros.node.diagnostics import model_findings
from movenet_ros.node.diagnostics import poses_findings
from movenet_ros.node.diagnostics import statuses
from movenet_ros.node.monitor import Activity
from movenet_ros.node.report import Report
from movenet_ros.settings import DiagnosticsSettings
import pytest
from rclpy.node import Node
from ros_graph import World

WAIT_S = 30.0  # far above what anything here takes
OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR

GOOD = Report(
    state='active',
    activity=Activity(
        is_settled=True,
        arrived=900,
        dropped=4,
        rejected=3,
        last_rejected='too large',
        throttled=2,
        processed=891,
        people=2,
        arriving_hz=30.0,
        processed_hz=29.5,
        dropped_share=0.01,
        rejected_lately=0,
        latencies_ms=(40.04, 90.0),
        inferences_ms=(20.0, 30.06),
        stages_ms=(12.04, 8.0, 4.06),
        refined=1.5,
        budget_used=0.625,
        busy_s=0.02,
    ),
    thresholds=DiagnosticsSettings(),
    topic='/image',
    counts_dropped=True,
    model={
        'backend': 'onnxruntime 1.2 on CPU, f32', 'device': 'CPU', 'mode': 'balanced',
        'failures': '0',
    },
)
NOTHING: dict[str, Any] = {
    'arriving_hz': 0.0, 'processed_hz': 0.0, 'dropped_share': 0.0, 'latencies_ms': None,
    'inferences_ms': None, 'stages_ms': None, 'refined': None, 'budget_used': None,
    'busy_s': 0.0,
}
IDLE = {**NOTHING, 'idle': 'waiting for subscribers'}


def made(**changes: Any) -> Report:
    """Return a good report but for some changes, of whatever part of it."""
    parts: dict[str, Any] = {}
    for name in ('activity', 'thresholds'):
        part = getattr(GOOD, name)
        its = {key: changes.pop(key) for key in [*changes] if hasattr(part, key)}
        parts[name] = replace(part, **its)
    return replace(GOOD, **parts, **changes)


def all_of(report: Report, name: str = 'movenet') -> dict[str, DiagnosticStatus]:
    """Return the statuses by what they are about."""
    return {each.name.rpartition(' ')[2]: each for each in statuses(name, report)}


def values(status: DiagnosticStatus) -> dict[str, str]:
    """Return a status's figures."""
    return {each.key: each.value for each in status.values}


CASES: dict[str, tuple[Any, dict[str, Any], bytes, str]] = {
    'images are good': (images_findings, {}, OK, '30.0'),
    'no image comes': (images_findings, {'images_problem': 'no camera'}, WARN, 'no camera'),
    'one is rejected': (images_findings, {'rejected_lately': 1}, WARN, '1 of the images rejected'),
    'all are rejected': (
        images_findings, {'rejected_lately': 7, 'processed_hz': 0.0}, ERROR, 'too large',
    ),
    'few arrive': (images_findings, {'min_rate_hz': 30.1}, WARN, 'min_rate_hz 30.1'),
    'very few arrive': (images_findings, {'min_rate_hz': 121.0}, ERROR, '30.0 images'),
    'none arrives': (images_findings, {**NOTHING, 'min_rate_hz': 0.1}, ERROR, '0.0 images'),
    'many are dropped': (
        images_findings, {'dropped_share': 0.51, 'max_dropped_percent': 50.0}, WARN, '51 %',
    ),
    'poses are good': (poses_findings, {}, OK, '29.5'),
    'an inference hangs': (poses_findings, {'busy_s': HANGS_S + 0.1}, ERROR, 'hangs'),
    'the model is loaded anew': (
        poses_findings, {'busy_s': 60.0, 'is_loading': True}, WARN, 'loaded anew',
    ),
    'few are processed': (poses_findings, {'min_rate_hz': 29.6}, WARN, 'min_rate_hz 29.6'),
    'very few are processed': (poses_findings, {'min_rate_hz': 119.0}, ERROR, '29.5 images'),
    'poses are late': (poses_findings, {'latencies_ms': (501.0, 502.0)}, WARN, '501 ms'),
    'poses are very late': (poses_findings, {'latencies_ms': (2001.0, 2002.0)}, ERROR, '2001 ms'),
    'poses are late for this user': (
        poses_findings, {'latencies_ms': (41.0, 42.0), 'max_latency_ms': 40.0}, WARN, '41 ms',
    ),
    'the model is good': (model_findings, {}, OK, 'onnxruntime'),
    'the mode is told': (model_findings, {}, OK, 'mode balanced'),
    'the mode is another': (model_findings, {'mode_problem': 'no Thunder'}, WARN, 'no Thunder'),
    'there is no model': (
        model_findings, {'model_problem': 'no model', 'fallback': 'no GPU'}, ERROR, 'no model',
    ),
    'the model is on the CPU': (model_findings, {'fallback': 'no GPU'}, WARN, 'no GPU'),
    'the model moves to the CPU': (model_findings, {'is_loading': True}, WARN, 'loaded anew'),
}


@pytest.mark.parametrize('case', CASES.values(), ids=CASES)
def test_each_finding_is_one_line(case: tuple[Any, dict[str, Any], bytes, str]) -> None:
    findings, changes, level, words = case
    ((found, sentence),) = findings(made(**changes))
    assert found == level and words in sentence and '\n' not in sentence


@pytest.mark.parametrize(
    'changes',
    [
        {'min_rate_hz': 29.5},
        {'dropped_share': 0.5, 'max_dropped_percent': 50.0},
        {'dropped_share': 1.0},
        {'latencies_ms': (500.0, 9000.0)},
        {'latencies_ms': (9e6, 9e6), 'max_latency_ms': 0.0},
        {'latencies_ms': (9e6, 9e6), 'state': 'inactive', 'images_problem': 'clock mismatch'},
        {'busy_s': HANGS_S},
        NOTHING,
        {'rejected': 100},
    ],
    ids=str,
)
def test_up_to_the_limits_nothing_is_wrong(changes: dict[str, Any]) -> None:
    """A limit of 0 is none; the median counts, and not where the stamps are wrong."""
    report = made(**changes)
    levels = [level for level, _ in (*images_findings(report), *poses_findings(report))]
    assert levels == [OK, OK]


def test_a_gpu_that_is_not_used_hides_no_other_mode() -> None:
    found = model_findings(made(fallback='no GPU', mode_problem='no Thunder'))
    assert found == [(WARN, 'no GPU'), (WARN, 'no Thunder')]


def test_an_idle_node_is_not_too_slow() -> None:
    """Though every limit is set."""
    report = made(**{
        **IDLE, 'min_rate_hz': 10.0, 'max_dropped_percent': 0.0, 'dropped_share': 0.5,
        'latencies_ms': (9000.0, 9000.0),
    })
    assert images_findings(report) == poses_findings(report) == []


def test_an_idle_node_still_watches() -> None:
    """A camera that is missing is reported before anybody needs it; and so is a hang."""
    report = made(**{**IDLE, 'busy_s': 60.0}, images_problem='no camera')
    assert images_findings(report) == [(WARN, 'no camera')]
    assert [level for level, _ in poses_findings(report)] == [ERROR]


def test_there_are_three_statuses() -> None:
    """The node's name tells two robots apart."""
    found = statuses('robot1/movenet', GOOD)
    names = [f'robot1/movenet: {each}' for each in ('images', 'poses', 'model')]
    assert [each.name for each in found] == names
    assert [each.level for each in found] == [OK] * 3


def test_each_camera_has_two_statuses_with_its_name() -> None:
    left = replace(made(images_problem='no image'), camera='left')
    found = statuses('movenet', replace(GOOD, camera='front'), left)
    assert [(each.name, each.level) for each in found] == [
        ('movenet: front images', OK), ('movenet: front poses', OK),
        ('movenet: left images', WARN), ('movenet: left poses', OK),
        ('movenet: model', OK),
    ]


def test_the_worst_comes_first() -> None:
    """And makes the level; what is good is not listed."""
    status = all_of(made(
        images_problem='a warning', rejected_lately=2, processed_hz=0.0, dropped_share=0.5,
        max_dropped_percent=10.0,
    ))['images']
    first, second, third = status.message.split('; ')
    assert status.level == ERROR
    assert 'rejected' in first and second == 'a warning' and 'dropped' in third


def test_an_idle_node_is_fine_and_so_is_its_model() -> None:
    found = [(each.level, each.message) for each in statuses('movenet', made(**IDLE))]
    assert found[:2] == [(OK, 'waiting for subscribers')] * 2
    assert found[2][0] == OK and 'onnxruntime' in found[2][1]


@pytest.mark.parametrize(
    ('state', 'command'),
    [
        ('unconfigured', 'ros2 lifecycle set /robot1/movenet configure'),
        ('inactive', 'ros2 lifecycle set /robot1/movenet activate'),
        ('configuring', ''),
        ('finalized', ''),
    ],
)
@pytest.mark.parametrize('about', ['images', 'poses', 'model'])
def test_a_node_that_is_not_active_names_the_next_command(
    about: str, state: str, command: str
) -> None:
    status = all_of(made(**{**IDLE, 'idle': state}, state=state), 'robot1/movenet')[about]
    assert status.level == OK
    assert status.message.startswith(state) and status.message.endswith(command)


def test_a_configure_that_failed_is_an_error_of_the_model_alone() -> None:
    report = made(**IDLE, state='unconfigured', model={}, model_problem='no model in /a')
    assert [each.level for each in statuses('movenet', report)] == [OK, OK, ERROR]
    assert all_of(report)['model'].message == 'no model in /a'


def test_the_figures() -> None:
    """Users' tools read them by these names."""
    found = {name: values(status) for name, status in all_of(GOOD).items()}
    assert found['images'] == {
        'topic': '/image', 'input_rate_hz': '30.00', 'images_in': '900', 'dropped': '4',
        'throttled': '2', 'rejected': '3', 'last_rejected': 'too large',
    }
    assert found['poses'] == {
        'output_rate_hz': '29.50', 'images_out': '891', 'latency_ms_median': '40.0',
        'latency_ms_max': '90.0', 'inference_ms_median': '20.0', 'inference_ms_max': '30.1',
        'detection_ms_mean': '12.0', 'refinement_ms_mean': '8.0', 'other_ms_mean': '4.1',
        'people': '2', 'people_refined_mean': '1.5', 'budget_used_percent': '62',
    }
    assert found['model'] == {'state': 'active', **GOOD.model}


def test_without_images_there_are_no_times() -> None:
    found = values(all_of(made(**NOTHING))['poses'])
    assert {value for key, value in found.items() if '_ms_' in key} == {''}
    assert found['people_refined_mean'] == found['budget_used_percent'] == ''


@pytest.mark.parametrize(
    ('counts', 'dropped', 'shown'),
    [(True, 0, '0'), (False, 0, '?'), (False, 4, '4'), (True, 4, '4')],
)
def test_an_unknown_count_is_not_0(counts: bool, dropped: int, shown: str) -> None:
    """With several publishers, or an older ROS."""
    report = made(counts_dropped=counts, dropped=dropped)
    assert values(all_of(report)['images'])['dropped'] == shown


class Reporter:
    """Has a node's diagnostics published, often, and counts the reports."""

    def __init__(self, world: World) -> None:
        self.count = 0
        self.error: Exception | None = None
        self.may_end = Event()
        self.node = Node('movenet', context=world.context, namespace=world.namespace)
        self.node.create_timer(0.001, lambda: self.may_end.wait(WAIT_S))
        self.diagnostics = Diagnostics(self.node, lambda name: statuses(name, self.report()))

    def report(self) -> Report:
        """Report that all is well."""
        self.count += 1
        if self.error is not None:
            raise self.error
        return GOOD


@pytest.fixture
def reporter(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reporter]:
    """Give a node with diagnostics."""
    monkeypatch.setattr(diagnostics_module, 'PERIOD_S', 0.01)
    reporter = Reporter(world)
    yield reporter
    reporter.may_end.set()
    reporter.diagnostics.close()
    reporter.node.destroy_node()


def received(world: World) -> list[DiagnosticArray]:
    """Subscribe; the topic has no namespace, so others may be received, and do not count."""
    messages: list[DiagnosticArray] = []

    def take(message: DiagnosticArray) -> None:
        if message.status[0].name.startswith(f'{world.namespace[1:]}/movenet: '):
            messages.append(message)

    world.node.create_subscription(DiagnosticArray, '/diagnostics', take, 100)
    return messages


def test_it_is_published_once_a_second() -> None:
    """As diagnostic_updater does."""
    assert diagnostics_module.PERIOD_S == 1.0


def test_it_is_published_while_the_node_is_busy(
    world: World, reporter: Reporter, spin_node: Any
) -> None:
    """As while a model is loaded, or an inference hangs; until it is closed."""
    spin_node(reporter.node)
    messages = received(world)
    world.until(lambda: len(messages) > 3)
    assert not reporter.may_end.is_set()
    assert messages[0].status == statuses(f'{world.namespace[1:]}/movenet', GOOD)
    reporter.diagnostics.close()
    assert not reporter.diagnostics._thread.is_alive()
    reporter.may_end.set()


def test_it_costs_nothing_without_subscribers(world: World, reporter: Reporter) -> None:
    world.spin(0.1)
    assert reporter.count == 0


def test_a_bug_is_raised_in_the_nodes_thread(world: World, reporter: Reporter) -> None:
    """And not swallowed by the thread that it ended."""
    received(world)
    reporter.error = ZeroDivisionError('a bug')
    with pytest.raises(ZeroDivisionError, match='a bug'):
        world.until(reporter.diagnostics.check)


def test_the_end_of_ros_is_no_bug(world: World, reporter: Reporter) -> None:
    """Where it comes between two messages."""
    messages = received(world)
    world.until(lambda: messages)
    world.context.try_shutdown()
    reporter.diagnostics._thread.join(WAIT_S)
    assert not reporter.diagnostics._thread.is_alive()
    reporter.diagnostics.check()
