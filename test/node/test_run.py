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

"""How nodes start and end: exit codes, signals, and one line where a start is refused."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import logging
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from builtin_interfaces.msg import Time
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import StartError
from movenet_ros.node import pose_node
from movenet_ros.node import video_source
from movenet_ros.node.run import run_node
from movenet_ros.node.run import UNREADABLE
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import rows
from movenet_ros.settings import VideoSourceParameters
import pytest
import rclpy
from rclpy.logging import LoggingSeverity
from rclpy.logging import set_logger_level
from rclpy.node import Node
from ros_graph import World
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

pytestmark = pytest.mark.process

BOTH = (signal.SIGINT, signal.SIGTERM)
HD_WH = (1280, 720)

HIDDEN = "raise ImportError('hidden for a test')\n"


@pytest.fixture
def lonely() -> Iterator[None]:
    """Put the signals back behind the test, and end the default context."""
    handlers = {each: signal.getsignal(each) for each in BOTH}

    def unheard(number: int, frame: Any) -> None:
        raise AssertionError('SIGTERM was not handled')

    signal.signal(signal.SIGTERM, unheard)
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    rclpy.try_shutdown()
    set_logger_level('rcl', LoggingSeverity.UNSET)


def node_that(act: Callable[[], Any]) -> Callable[[], Node]:
    """Return what makes a node that does something as soon as it spins."""

    def make() -> Node:
        node = Node('tester')
        node.create_timer(0.01, act)
        return node

    return make


def raising(error: BaseException) -> Callable[[], Any]:
    """Return a function that raises."""

    def act() -> Any:
        raise error

    return act


@pytest.mark.parametrize('error', [StartError('no model'), InferenceError('no memory')])
def test_a_start_that_fails_is_one_line(
    error: Exception, lonely: None, capfd: pytest.CaptureFixture[str]
) -> None:
    """And exit code 1."""
    assert run_node(raising(error), []) == 1
    assert capfd.readouterr().err == f'movenet_ros: {error}\n'


def test_a_node_that_cannot_go_on(lonely: None, capfd: pytest.CaptureFixture[str]) -> None:
    """Says so in the log, as nodes do."""
    assert run_node(node_that(raising(StartError('the camera is gone'))), []) == 1
    assert 'FATAL' in (err := capfd.readouterr().err) and 'the camera is gone' in err
    assert 'Traceback' not in err


def test_lines_of_the_parts_without_ros_reach_the_nodes_log(
    lonely: None, capfd: pytest.CaptureFixture[str]
) -> None:
    def log_and_end() -> None:
        logging.getLogger('movenet_ros').warning('from below')
        raise SystemExit(0)

    assert run_node(node_that(log_and_end), []) == 0
    assert '[WARN]' in (lines := capfd.readouterr().err) and ']: from below' in lines
    assert not logging.getLogger('movenet_ros').handlers


def test_a_bug_is_not_caught(lonely: None) -> None:
    """Its traceback is what is needed."""
    with pytest.raises(TypeError, match='a bug'):
        run_node(node_that(raising(TypeError('a bug'))), [])


def test_a_runtime_error_of_ours_is_not_caught(lonely: None) -> None:
    """Only rclpy's own, behind a shutdown, says nothing new."""
    with pytest.raises(RuntimeError, match='a bug'):
        run_node(node_that(raising(RuntimeError('a bug'))), [])


@pytest.mark.parametrize('code', [0, 3])
def test_a_node_may_end_by_itself(code: int, lonely: None) -> None:
    """With an exit code."""
    assert run_node(node_that(raising(SystemExit(code))), []) == code


@pytest.mark.parametrize('number', BOTH)
def test_signals_end_it(number: signal.Signals, lonely: None) -> None:
    """In the middle of a callback, too."""
    assert run_node(node_that(lambda: signal.raise_signal(number)), []) == 0


@pytest.mark.parametrize('number', BOTH)
def test_signals_end_a_long_start(number: signal.Signals, lonely: None) -> None:
    """While a model is fetched, say."""

    def make() -> Node:
        signal.raise_signal(number)
        raise AssertionError('went on')

    assert run_node(make, []) == 0


def test_a_shutdown_ends_it(lonely: None) -> None:
    """Also under the feet of a callback that is about to publish."""

    def make() -> Node:
        node = Node('tester')
        publisher = node.create_publisher(Image, 'image', 1)

        def act() -> None:
            rclpy.shutdown()
            publisher.publish(Image())

        node.create_timer(0.01, act)
        return node

    assert run_node(make, []) == 0


def test_everything_is_tidied_up(lonely: None) -> None:
    """A second node may run in the same process."""
    for _ in range(2):
        assert run_node(node_that(raising(SystemExit(0))), []) == 0
        assert not rclpy.ok()


def test_arguments_that_ros_would_ignore_are_refused(
    lonely: None, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        run_node(raising(AssertionError()), ['--backend', 'tensorflow'])
    assert refused.value.code == 2
    assert 'unrecognized arguments: --backend tensorflow' in capfd.readouterr().err


@pytest.mark.parametrize('main', [pose_node.main, video_source.main])
def test_help_lists_the_parameters(main: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(['--help'])
    assert ended.value.code == 0
    table = PoseParameters if main is pose_node.main else VideoSourceParameters
    text = capsys.readouterr().out
    assert all(f'  {name} (' in text for name in rows(table))


@pytest.mark.parametrize(
    ('args', 'words', 'fix'),
    [
        (['--params-file', '/nowhere/my.yaml'], '/nowhere/my.yaml', 'ros__parameters:'),
        (['-r', 'foo:bar'], 'foo:bar', '-r FROM:=TO'),
        (['-r', 'image:=/a//b'], '/a//b', '-r FROM:=TO'),
        (['-p', 'model_path:='], 'model_path:=', '-p NAME:=VALUE'),
        (['--log-level', 'loud'], 'loud', 'debug, info'),
        (['--enclave', 'movenet'], 'nclave', '/movenet'),
        (['--nonsense'], '--nonsense', 'ROS refuses the arguments'),
    ],
)
def test_arguments_that_ros_refuses(
    args: list[str], words: str, fix: str, lonely: None, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line with the fix, without places in rcl's source."""
    assert run_node(raising(AssertionError()), ['--ros-args', *args]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert words in line and fix in line
    assert '.c:' not in line


@pytest.mark.parametrize('folder', ['/proc/log', '/proc'])
def test_a_log_that_cannot_be_written(folder: str) -> None:
    """The folder cannot be made, or the file in it: one line with the fix."""
    run = subprocess.run(
        [sys.executable, '-m', 'movenet_ros', 'video_source'],
        env={**os.environ, 'ROS_LOG_DIR': folder}, capture_output=True, text=True,
    )
    (line,) = run.stderr.splitlines()
    assert run.returncode == 1 and folder in line and 'HOME or ROS_LOG_DIR' in line


def takes_sigterm(pid: int) -> bool:
    """Return whether a process has a handler for SIGTERM yet."""
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('SigCgt:'):
            return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False


MOMENTS: dict[str, Callable[[World, Any, list[Any]], bool]] = {
    'importing': lambda world, program, poses: takes_sigterm(program.process.pid),
    'loading': lambda world, program, poses: 'movenet' in world.node.get_node_names(),
    'busy': lambda world, program, poses: len(poses) > 2,
}


@pytest.mark.parametrize(
    ('moment', 'number'),
    [('importing', signal.SIGTERM), ('loading', signal.SIGTERM), ('busy', signal.SIGINT)],
)
def test_signals_end_the_pose_node(
    moment: str, number: signal.Signals, world: World, start_node: Any
) -> None:
    """At any moment, with exit code 0; busy it has no time for anything but images."""
    pytest.importorskip('onnxruntime')
    poses = world.sink(Detection2DArray, 'poses')
    publisher = world.publisher(Image, 'image')
    image = Image(width=HD_WH[0], height=HD_WH[1], step=3 * HD_WH[0], encoding='bgr8')
    image.data = array('B', bytes(3 * HD_WH[0] * HD_WH[1]))
    world.node.create_timer(0.02, lambda: publisher.publish(image))
    arguments = ('-p', 'backend:=onnxruntime', '-p', 'input_size:=512')
    with start_node('pose_node', world, *arguments) as program:
        world.until(lambda: MOMENTS[moment](world, program, poses), moment)
        assert program.end(number) == 0, program.err
        assert 'Traceback' not in program.err and 'rror' not in program.err


REJECTED: dict[str, tuple[str, tuple[str, ...]]] = {
    'wrong model path': ('model_path:=/nowhere/model.onnx', ("'/nowhere/model.onnx'",)),
    "a parameter of rclpy's own": ('use_sim_time:=abc', ('use_sim_time', 'BOOL')),
    'out of range': ('person_threshold:=1.5', ('person_threshold', '0.0 to 1.0')),
    'wrong type': ('person_threshold:=high', ("'high'", 'a double')),
    'bad choice': ('backend:=torch', ("'torch'", 'auto, tensorflow')),
}


@pytest.mark.parametrize('case', REJECTED.values(), ids=REJECTED)
def test_a_start_that_is_rejected(
    case: tuple[str, tuple[str, ...]], lonely: None, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and one line that says what is wrong."""
    argument, words = case
    assert pose_node.main(['--ros-args', '-p', argument]) == 1
    out, err = capfd.readouterr()
    (line,) = err.splitlines()
    assert line.startswith('movenet_ros: ') and all(each in line for each in words), line
    assert not out


@pytest.fixture
def hidden(tmp_path: Path) -> str:
    """Give a PYTHONPATH on which TensorFlow and its hub cannot be imported."""
    for name in ('tensorflow', 'tensorflow_hub'):
        (tmp_path / f'{name}.py').write_text(HIDDEN)
    return f'{tmp_path}:{Path(__file__).resolve().parents[2]}'


def test_no_model_and_no_way_to_get_one(
    world: World, start_node: Any, hidden: str, tmp_path: Path
) -> None:
    """What was tried is logged; the last line says what to do."""
    pytest.importorskip('onnxruntime')
    with start_node(
        'pose_node', world, XDG_CACHE_HOME=str(tmp_path), PATH=str(tmp_path), PYTHONPATH=hidden
    ) as program:
        assert program.wait() == 1
        *before, last = program.err.splitlines()
        assert last.startswith('movenet_ros: no model in ') and 'fetch_model' in last
        assert all('movenet]: ' in line for line in before), program.err


HANGING = """
import hashlib
from movenet_ros.node.run import run_node
from rclpy.node import Node


def hang():
    print('hanging', flush=True)
    hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)  # native code, for an hour


class Hanging(Node):
    def __init__(self):
        super().__init__('hanging')
        {where}


raise SystemExit(run_node(Hanging, []))
"""


@contextmanager
def python(code: str) -> Iterator[subprocess.Popen[str]]:
    """Run code in a process, which ends with the ``with`` block."""
    program = subprocess.Popen(
        [sys.executable, '-c', code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


@pytest.mark.parametrize(
    ('where', 'number'),
    [('hang()', signal.SIGINT), ('self.create_timer(0.1, hang)', signal.SIGTERM)],
)
def test_signals_end_it_while_native_code_hangs(where: str, number: signal.Signals) -> None:
    """At its start, while a model is compiled, and in an inference that never comes back."""
    with python(HANGING.format(where=where)) as program:
        assert program.stdout is not None and program.stdout.readline() == 'hanging\n'
        program.send_signal(number)
        _, err = program.communicate(timeout=30)  # far above the 2 s that it is held to
        assert (program.returncode, err) == (0, '')


IDLE = """
from movenet_ros.node.run import run_node
from rclpy.node import Node


def made():
    print('made', flush=True)
    return Node('idle')


raise SystemExit(run_node(made, []))
"""


@pytest.mark.parametrize('delay_s', [0.02, 0.1])
def test_a_second_signal_while_it_ends(delay_s: float) -> None:
    """As launch sends it; also while Python itself ends."""
    with python(IDLE) as program:
        assert program.stdout is not None and program.stdout.readline() == 'made\n'
        program.send_signal(signal.SIGTERM)
        time.sleep(delay_s)
        program.send_signal(signal.SIGTERM)
        program.send_signal(signal.SIGINT)
        assert program.wait(30) == 0


def test_a_message_that_rclpy_stumbles_over(world: World, start_node: Any) -> None:
    """A clock that runs before 1970 costs a line, not the node."""
    clock = world.publisher(Clock, '/clock')
    arguments = ('-p', 'autostart:=false', '-p', 'use_sim_time:=true')
    with start_node('pose_node', world, *arguments) as program:
        world.until_state('unconfigured')
        world.until(clock.get_subscription_count)
        while 'ROS cannot read a message: ' not in program.err:
            clock.publish(Clock(clock=Time(sec=-1)))
            world.spin(0.3)
        assert world.state() == 'unconfigured'
        assert program.end() == 0 and 'Traceback' not in program.err


STUMBLING = """
from functools import partial
from movenet_ros.node.run import run_node
from rclpy.node import Node
from rclpy.parameter import Parameter


class Stumbling(Node):
    def __init__(self):
        super().__init__('stumbling')
        self.create_timer(0.01, partial(Parameter.Type, 77))


run_node(Stumbling, [])
"""


def test_what_rclpy_stumbles_over_again_and_again_ends_it() -> None:
    """Rather than filling the log for ever; no code of ours takes part in it."""
    program = subprocess.run(
        [sys.executable, '-c', STUMBLING], capture_output=True, text=True, timeout=60
    )
    assert program.returncode == 1 and 'ValueError: 77' in program.stderr
    assert program.stderr.count('ROS cannot read a message: ') == UNREADABLE - 1
