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

"""The node's state for /diagnostics: what is found amiss, how it is told, and when."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
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
from movenet_ros.node.diagnostics import Report
from movenet_ros.node.diagnostics import statuses
from movenet_ros.node.monitor import Activity
from movenet_ros.settings import changed
from movenet_ros.settings import PoseParameters
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
        refused=3,
        last_refused='too large',
        left_out=2,
        processed=891,
        people=2,
        arriving_hz=30.0,
        processed_hz=29.5,
        dropped_share=0.01,
        refused_lately=0,
        latencies_ms=(40.04, 90.0),
        inferences_ms=(20.0, 30.06),
        busy_s=0.02,
    ),
    settings=PoseParameters(),
    topic='/image',
    idle='',
    input_trouble='',
    model_trouble='',
    fallback='',
    counts_dropped=True,
    model={
        'backend': 'onnxruntime 1.2 on CPU, f32',
        'device': 'CPU',
        'model': '/a/movenet.onnx',
        'sha256': 'abc',
        'input_shape': '1x192x256x3',
        'failures': '0',
    },
)
NOTHING: dict[str, Any] = {
    'arriving_hz': 0.0, 'processed_hz': 0.0, 'dropped_share': 0.0, 'latencies_ms': None,
    'inferences_ms': None, 'busy_s': 0.0,
}
IDLE = {**NOTHING, 'idle': 'idle: nobody subscribes to an output'}


def made(**changes: Any) -> Report:
    """Return a good report but for some changes, of whatever part of it."""
    settings = changed(GOOD.settings, changes)
    changes = {key: value for key, value in changes.items() if '.' not in key}
    activity = {key: changes.pop(key) for key in [*changes] if hasattr(GOOD.activity, key)}
    return replace(GOOD, activity=replace(GOOD.activity, **activity), settings=settings, **changes)


def all_of(report: Report, name: str = 'movenet') -> dict[str, DiagnosticStatus]:
    """Return the statuses by what they are about."""
    return {each.name.rpartition(' ')[2]: each for each in statuses(name, report)}


def values(status: DiagnosticStatus) -> dict[str, str]:
    """Return a status's figures."""
    return {each.key: each.value for each in status.values}


# what is amiss


@pytest.mark.parametrize(
    ('findings', 'sentence'),
    [
        (images_findings, '30.0 images a second'),
        (poses_findings, '29.5 images a second'),
        (model_findings, 'onnxruntime 1.2 on CPU, f32'),
    ],
)
def test_where_nothing_is_amiss_there_is_one_good_sentence(findings: Any, sentence: str) -> None:
    assert findings(GOOD) == [(OK, sentence)]


IMAGES: dict[str, tuple[dict[str, Any], bytes, str]] = {
    'the watchdog barks': (
        {'input_trouble': 'nobody publishes /image'}, WARN, 'nobody publishes /image',
    ),
    'one is refused': (
        {'refused_lately': 1}, WARN, '1 of the images refused in the last 5 s: too large',
    ),
    'all are refused': (
        {'refused_lately': 7, 'processed_hz': 0.0}, ERROR,
        'every image refused in the last 5 s: too large',
    ),
    'fewer than is good arrive': (
        {'diagnostics.min_rate_hz': 30.1}, WARN, '(diagnostics.min_rate_hz 30.1)',
    ),
    'far fewer than is good arrive': ({'diagnostics.min_rate_hz': 121.0}, ERROR, '30.0 images'),
    'none arrives': (
        {**NOTHING, 'diagnostics.min_rate_hz': 0.1}, ERROR, '0.0 images',
    ),
    'more than is good are dropped': (
        {'dropped_share': 0.51, 'diagnostics.max_dropped_percent': 50.0}, WARN,
        '51 % of the images are dropped (diagnostics.max_dropped_percent 50)',
    ),
}


@pytest.mark.parametrize('case', IMAGES.values(), ids=IMAGES)
def test_images(case: tuple[dict[str, Any], bytes, str]) -> None:
    """In one line each."""
    changes, level, words = case
    ((found, sentence),) = images_findings(made(**changes))
    assert found == level and words in sentence and '\n' not in sentence


POSES: dict[str, tuple[dict[str, Any], bytes, str]] = {
    'an inference hangs': (
        {'busy_s': HANGS_S + 0.1}, ERROR, 'working on one image for 5 s',
    ),
    'fewer than is good are processed': (
        {'diagnostics.min_rate_hz': 29.6}, WARN, '(diagnostics.min_rate_hz 29.6)',
    ),
    'far fewer than is good are processed': (
        {'diagnostics.min_rate_hz': 119.0}, ERROR, '29.5 images',
    ),
    'poses are late': ({'latencies_ms': (501.0, 502.0)}, WARN, 'max_latency_ms 500'),
    'poses are very late': ({'latencies_ms': (2001.0, 2002.0)}, ERROR, 'max_latency_ms 500'),
    'poses are late for this user': (
        {'latencies_ms': (41.0, 42.0), 'diagnostics.max_latency_ms': 40.0}, WARN, '41 ms',
    ),
}


@pytest.mark.parametrize('case', POSES.values(), ids=POSES)
def test_poses(case: tuple[dict[str, Any], bytes, str]) -> None:
    """In one line each."""
    changes, level, words = case
    ((found, sentence),) = poses_findings(made(**changes))
    assert found == level and words in sentence and '\n' not in sentence


@pytest.mark.parametrize(
    'changes',
    [
        {'diagnostics.min_rate_hz': 29.5},
        {'dropped_share': 0.5, 'diagnostics.max_dropped_percent': 50.0},
        {'dropped_share': 1.0},
        {'latencies_ms': (500.0, 9000.0)},
        {'latencies_ms': (9e6, 9e6), 'diagnostics.max_latency_ms': 0.0},
        {'busy_s': HANGS_S},
        NOTHING,
        {'refused': 100},
    ],
    ids=str,
)
def test_up_to_the_limits_nothing_is_amiss(changes: dict[str, Any]) -> None:
    """And a limit of 0 is none; the slowest of the images is not what counts."""
    report = made(**changes)
    levels = [level for level, _ in (*images_findings(report), *poses_findings(report))]
    assert levels == [OK, OK]


def test_late_poses_are_not_told_where_the_stamps_are_to_blame() -> None:
    """The watchdog's sentence says more."""
    report = made(latencies_ms=(9e6, 9e6), input_trouble='the stamps are of another clock')
    assert [level for level, _ in poses_findings(report)] == [OK]


def test_an_idle_node_is_not_too_slow() -> None:
    """Though every limit is set."""
    limits = {
        'diagnostics.min_rate_hz': 10.0, 'diagnostics.max_dropped_percent': 0.0,
        'dropped_share': 0.5,
        'latencies_ms': (9000.0, 9000.0),
    }
    report = made(**{**IDLE, **limits})
    assert images_findings(report) == poses_findings(report) == []


def test_an_idle_node_still_watches() -> None:
    """A camera that is not there is told before anybody needs it; and so is a hang."""
    report = made(**{**IDLE, 'busy_s': 60.0}, input_trouble='nobody publishes /image')
    assert images_findings(report) == [(WARN, 'nobody publishes /image')]
    assert [level for level, _ in poses_findings(report)] == [ERROR]


def test_the_watchdog_is_not_heard_while_the_node_is_inactive() -> None:
    """It does not look then."""
    assert images_findings(made(**IDLE, state='inactive', input_trouble='old')) == []


@pytest.mark.parametrize(
    ('changes', 'findings'),
    [
        ({'model_trouble': 'no model', 'fallback': 'GPU failed'}, [(ERROR, 'no model')]),
        ({'fallback': 'GPU failed'}, [(WARN, 'GPU failed')]),
        ({'model': {}}, []),
    ],
)
def test_model(changes: dict[str, Any], findings: list[tuple[bytes, str]]) -> None:
    assert model_findings(made(**changes)) == findings


# the statuses


def test_there_are_three_statuses() -> None:
    """The node's name tells two robots apart."""
    found = statuses('robot1/movenet', GOOD)
    names = [f'robot1/movenet: {each}' for each in ('images', 'poses', 'model')]
    assert [each.name for each in found] == names
    assert {each.hardware_id for each in found} == {'movenet_ros'}


def test_a_good_status() -> None:
    found = [(each.level, each.message) for each in statuses('movenet', GOOD)]
    assert found == [
        (OK, '30.0 images a second'),
        (OK, '29.5 images a second'),
        (OK, 'onnxruntime 1.2 on CPU, f32'),
    ]


def test_the_worst_comes_first() -> None:
    """And makes the level; what is good is left out."""
    changes = {
        'input_trouble': 'a warning', 'refused_lately': 2, 'processed_hz': 0.0,
        'dropped_share': 0.5, 'diagnostics.max_dropped_percent': 10.0,
    }
    status = all_of(made(**changes))['images']
    assert status.level == ERROR
    sentences = status.message.split('; ')
    assert sentences[0].startswith('every image refused')
    assert sentences[1] == 'a warning' and sentences[2].startswith('50 % of the images')


def test_an_idle_node_says_so() -> None:
    """It is fine, and so is its model."""
    found = [(each.level, each.message) for each in statuses('movenet', made(**IDLE))]
    idle = (OK, 'idle: nobody subscribes to an output')
    assert found == [idle, idle, (OK, 'onnxruntime 1.2 on CPU, f32')]


@pytest.mark.parametrize(
    ('state', 'message'),
    [
        ('unconfigured', 'unconfigured: ros2 lifecycle set /robot1/movenet configure'),
        ('inactive', 'inactive: ros2 lifecycle set /robot1/movenet activate'),
        ('configuring', 'configuring'),
        ('finalized', 'finalized'),
    ],
)
@pytest.mark.parametrize('about', ['images', 'poses', 'model'])
def test_a_node_that_is_not_active_says_what_would_make_it_so(
    about: str, state: str, message: str
) -> None:
    report = made(**{**IDLE, 'idle': state}, state=state)
    status = all_of(report, 'robot1/movenet')[about]
    assert (status.level, status.message) == (OK, message)


def test_a_configure_that_failed_is_an_error_of_the_model_alone() -> None:
    report = made(
        **{**IDLE, 'idle': 'unconfigured'}, state='unconfigured', model={},
        model_trouble='no model in /a',
    )
    found = [(each.level, each.message) for each in statuses('movenet', report)]
    command = 'unconfigured: ros2 lifecycle set /movenet configure'
    assert found == [(OK, command), (OK, command), (ERROR, 'no model in /a')]


def test_the_figures_of_images() -> None:
    assert values(all_of(GOOD)['images']) == {
        'topic': '/image', 'input_rate_hz': '30.00', 'images_in': '900', 'dropped': '4',
        'left_out': '2', 'refused': '3', 'last_refused': 'too large',
    }


def test_the_figures_of_poses() -> None:
    assert values(all_of(GOOD)['poses']) == {
        'output_rate_hz': '29.50', 'images_out': '891', 'latency_ms_median': '40.0',
        'latency_ms_max': '90.0', 'inference_ms_median': '20.0', 'inference_ms_max': '30.1',
        'people': '2',
    }


def test_the_figures_of_the_model() -> None:
    assert values(all_of(GOOD)['model']) == {'state': 'active', **GOOD.model}


def test_without_images_there_are_no_times() -> None:
    found = values(all_of(made(**NOTHING))['poses'])
    names = ('latency_ms_median', 'latency_ms_max', 'inference_ms_median', 'inference_ms_max')
    assert [found[each] for each in names] == [''] * 4


@pytest.mark.parametrize(
    ('counts', 'dropped', 'shown'),
    [(True, 0, '0'), (False, 0, '?'), (False, 4, '4'), (True, 4, '4')],
)
def test_what_nobody_counts_is_not_0(counts: bool, dropped: int, shown: str) -> None:
    """With several publishers, or an older ROS."""
    report = made(counts_dropped=counts, dropped=dropped)
    assert values(all_of(report)['images'])['dropped'] == shown


# the messages


class Reporter:
    """Has a node's diagnostics published and counts how often they are made."""

    def __init__(self, world: World) -> None:
        self.count = 0
        self.error: Exception | None = None
        self.node = Node('movenet', context=world.context, namespace=world.namespace)
        self.diagnostics = Diagnostics(self.node, self.report)

    def report(self) -> Report:
        """Say that all is well."""
        self.count += 1
        if self.error is not None:
            raise self.error
        return GOOD


def heard(world: World) -> list[DiagnosticArray]:
    """Listen; the topic has no namespace, so others may be heard, who are left out."""
    messages: list[DiagnosticArray] = []

    def take(message: DiagnosticArray) -> None:
        if message.status[0].name.startswith(f'{world.namespace[1:]}/movenet: '):
            messages.append(message)

    world.node.create_subscription(DiagnosticArray, '/diagnostics', take, 100)
    return messages


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let them come more often."""
    monkeypatch.setattr(diagnostics_module, 'PERIOD_S', 0.02)


MakeReporter = Callable[[], Reporter]


@pytest.fixture
def make_reporter(world: World) -> Iterator[MakeReporter]:
    """Return a function that makes a node with diagnostics, which ends with the test."""
    with ExitStack() as stack:

        def make() -> Reporter:
            reporter = Reporter(world)
            stack.callback(reporter.node.destroy_node)
            stack.callback(reporter.diagnostics.close)
            return reporter

        yield make


def test_it_is_published_once_a_second(world: World, make_reporter: MakeReporter) -> None:
    """On a topic that has no namespace, by the node's clock."""
    messages = heard(world)
    reporter = make_reporter()
    world.until(lambda: len(messages) >= 3)
    times = [each.header.stamp.sec + each.header.stamp.nanosec / 1e9 for each in messages]
    assert diagnostics_module.PERIOD_S == 1.0
    assert min(b - a for a, b in zip(times[:-1], times[1:], strict=True)) > 0.9
    now_s = reporter.node.get_clock().now().nanoseconds / 1e9
    assert now_s - WAIT_S < times[0] <= now_s


def test_the_name_has_the_namespace(
    world: World, make_reporter: MakeReporter, fast: None
) -> None:
    messages = heard(world)
    make_reporter()
    world.until(lambda: messages)
    expected = statuses(f'{world.namespace[1:]}/movenet', GOOD)
    assert messages[0].status == expected


def test_it_goes_on_while_the_node_is_busy(
    world: World, make_reporter: MakeReporter, spin_node: Callable[[Node], None], fast: None
) -> None:
    """As while a model is loaded, or an inference hangs."""
    messages = heard(world)
    reporter = make_reporter()
    begun, may_end = Event(), Event()

    def block() -> None:
        begun.set()
        may_end.wait(WAIT_S)

    reporter.node.create_timer(0.001, block)
    spin_node(reporter.node)
    assert begun.wait(WAIT_S)
    before = len(messages)
    world.until(lambda: len(messages) > before + 3)
    reporter.diagnostics.close()
    assert not may_end.is_set()
    may_end.set()


def test_it_ends_when_it_is_closed(
    world: World, make_reporter: MakeReporter, fast: None
) -> None:
    messages = heard(world)
    reporter = make_reporter()
    world.until(lambda: messages)
    reporter.diagnostics.close()
    count = reporter.count
    world.spin(0.3)
    assert reporter.count == count
    reporter.diagnostics.check()


def test_it_costs_nothing_where_nobody_listens(
    world: World, make_reporter: MakeReporter, fast: None
) -> None:
    reporter = make_reporter()
    world.spin(0.3)
    assert reporter.count == 0


def test_a_bug_is_raised_in_the_nodes_thread(
    world: World, make_reporter: MakeReporter, fast: None
) -> None:
    """And not swallowed by the thread that it ended."""
    heard(world)
    reporter = make_reporter()
    reporter.error = ZeroDivisionError('a bug')
    with pytest.raises(ZeroDivisionError, match='a bug'):
        world.until(reporter.diagnostics.check)


def test_the_end_of_ros_is_no_bug(
    world: World, make_reporter: MakeReporter, fast: None
) -> None:
    """Where it comes between two messages."""
    messages = heard(world)
    reporter = make_reporter()
    world.until(lambda: messages)
    world.context.try_shutdown()
    reporter.diagnostics._thread.join(WAIT_S)
    assert not reporter.diagnostics._thread.is_alive()
    reporter.diagnostics.check()
