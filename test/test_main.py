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

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from io import BytesIO
from io import TextIOWrapper
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

from movenet_ros.__main__ import COMMANDS
from movenet_ros.__main__ import main
from movenet_ros.__main__ import run_command
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import MoveNetError
import pytest

pytestmark = pytest.mark.process

Command = Callable[[Sequence[str] | None], Any]


@pytest.fixture(autouse=True)
def process_is_restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give back what a command changes of its process."""
    monkeypatch.setattr(sys, 'argv', list(sys.argv))
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Command], None]:
    """Return a function that makes a command named ``sing``."""

    def make(run: Command) -> None:
        monkeypatch.setitem(COMMANDS, 'sing', ('sing', 'sing a song'))
        monkeypatch.setitem(sys.modules, 'movenet_ros.sing', SimpleNamespace(main=run))

    return make


def failing(error: BaseException) -> Command:
    """Return a command that raises."""

    def run(_: Sequence[str] | None) -> int:
        raise error

    return run


def in_a_process(*args: str) -> subprocess.CompletedProcess[str]:
    """Run the program as users do."""
    return subprocess.run(
        [sys.executable, '-m', 'movenet_ros', *args], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize('args', [[], ['-h'], ['--help']])
def test_help_lists_every_command_with_what_it_does(
    args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 0
    out = capsys.readouterr().out
    assert all(name in out and what in out for name, (_, what) in COMMANDS.items())


@pytest.mark.parametrize(
    'name',
    [
        'analyse', 'benchmark', 'demo', 'doctor', 'echo', 'evaluate', 'fetch_model', 'replay',
        'soak', 'view',
    ],
)
def test_a_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, '--help'])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(f'usage: {name} ')


def test_opencv_is_quiet_in_a_program_unless_the_user_asks_for_its_log(
    command: Callable[[Command], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('OPENCV_LOG_LEVEL', '')
    monkeypatch.delenv('OPENCV_LOG_LEVEL')
    monkeypatch.setenv('OPENCV_FOR_THREADS_NUM', '')
    monkeypatch.delenv('OPENCV_FOR_THREADS_NUM')
    monkeypatch.setenv('OPENCV_FFMPEG_LOGLEVEL', '32')
    command(lambda args: 0)
    run_command('sing', [])
    assert os.environ['OPENCV_LOG_LEVEL'] == 'SILENT'
    assert os.environ['OPENCV_FOR_THREADS_NUM'] == '1'
    assert os.environ['OPENCV_FFMPEG_LOGLEVEL'] == '32'


def test_a_name_that_is_no_utf_8_is_printed(
    command: Callable[[Command], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = BytesIO()
    monkeypatch.setattr(sys, 'stdout', TextIOWrapper(screen, 'utf-8', 'strict'))
    command(lambda args: print('n\udcff.jpg', flush=True) or 0)
    assert run_command('sing', []) == 0
    assert screen.getvalue() == b'n\\udcff.jpg\n'


def test_an_unknown_command_is_refused_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(['dance', 'x']) == 2
    err = capsys.readouterr().err
    assert err.startswith("movenet_ros: unknown command 'dance'\n")
    assert all(name in err for name in COMMANDS)


def test_the_arguments_reach_the_command(command: Callable[[Command], None]) -> None:
    heard: list[Any] = []

    def sing(args: Sequence[str] | None) -> int:
        heard.append(args)
        return 0

    command(sing)
    main(['sing', '--loud', 'a song'])
    assert heard == [['--loud', 'a song']]


@pytest.mark.parametrize('code', [0, 3])
def test_the_exit_code_is_the_commands(command: Callable[[Command], None], code: int) -> None:
    command(lambda _: code)
    assert main(['sing']) == code


@pytest.mark.parametrize(
    'error', [MoveNetError('no song: fetch one'), ModelError('no voice'), ImageError('x')]
)
def test_a_refusal_is_one_line_and_code_1(
    command: Callable[[Command], None],
    capsys: pytest.CaptureFixture[str],
    error: MoveNetError,
) -> None:
    command(failing(error))
    assert main(['sing']) == 1
    assert capsys.readouterr().err == f'movenet_ros: {error}\n'


def test_a_bug_is_not_hidden(command: Callable[[Command], None]) -> None:
    command(failing(TypeError('a bug')))
    with pytest.raises(TypeError):
        main(['sing'])


@pytest.mark.parametrize(
    ('stand_in', 'words'),
    [
        ("raise ModuleNotFoundError(\"No module named 'rclpy'\", name='rclpy')", 'not installed'),
        ("raise ImportError('libGL.so.1: no file', name='rclpy')", 'does not load (libGL.so.1'),
    ],
)
def test_a_package_that_is_missing_or_broken_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stand_in: str, words: str
) -> None:
    (tmp_path / 'rclpy.py').write_text(stand_in)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    done = in_a_process('pose_node')
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith('movenet_ros: the Python package rclpy ') and words in line
    assert 'source a ROS distribution' in line


def test_ctrl_c_ends_with_the_code_that_shells_expect(
    command: Callable[[Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(failing(KeyboardInterrupt()))
    assert main(['sing']) == 130
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize('started_as', ['/usr/lib/movenet_ros/sing', 'sing.exe', 'sing'])
def test_a_script_runs_the_command_that_it_is_named_after(
    command: Callable[[Command], None], monkeypatch: pytest.MonkeyPatch, started_as: str
) -> None:
    command(lambda _: 7)
    monkeypatch.setattr(sys, 'argv', [started_as])
    assert run_command() == 7


def test_a_refusal_is_one_line_in_a_process_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip('pycocotools')
    done = in_a_process('evaluate', '--annotations', str(tmp_path / 'x'), '--images', 'y')
    assert (done.returncode, done.stdout) == (1, '')
    assert done.stderr == f'movenet_ros: cannot read {tmp_path / "x"}: No such file or directory\n'


@pytest.mark.parametrize(
    ('backend', 'name'), [('onnxruntime', 'model.onnx'), ('tensorflow', 'saved_model.pb')]
)
def test_a_model_that_is_rubbish_is_one_line_without_the_runtimes_log(
    tensorflow: Any,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    backend: str,
    name: str,
) -> None:
    (tmp_path / name).write_bytes(b'rubbish' * 100)
    truth = {'images': [], 'annotations': [{'id': 1, 'image_id': 1, 'keypoints': []}]}
    (tmp_path / 'annotations.json').write_text(json.dumps(truth))
    code = main([
        'evaluate', '--annotations', str(tmp_path / 'annotations.json'), '--images', 'x',
        '--backend', backend, '--device', 'cpu', '--model-path', str(tmp_path),
    ])
    err = capfd.readouterr().err
    assert code == 1
    assert len(err.splitlines()) == 1, err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    script = (
        'import os, sys; import movenet_ros.__main__ as program\n'
        'from types import SimpleNamespace\n'
        'def sing(args): os.close(1); raise BrokenPipeError\n'
        "sys.modules['movenet_ros.sing'] = SimpleNamespace(main=sing)\n"
        "program.COMMANDS['sing'] = ('sing', '')\n"
        "sys.exit(program.main(['sing']))\n"
    )
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, '')


def test_an_output_on_a_full_disk_is_one_line() -> None:
    script = (
        'import sys; import movenet_ros.__main__ as program\n'
        'from types import SimpleNamespace\n'
        'def sing(args): print(args, flush=True)\n'
        "sys.modules['movenet_ros.sing'] = SimpleNamespace(main=sing)\n"
        "program.COMMANDS['sing'] = ('sing', '')\n"
        "sys.exit(program.main(['sing']))\n"
    )
    with open('/dev/full', 'w') as full:
        done = subprocess.run(
            [sys.executable, '-c', script], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert 'No space left' in done.stderr and len(done.stderr.splitlines()) == 1


def test_help_needs_neither_ros_nor_a_runtime() -> None:
    script = (
        'import sys; from movenet_ros.__main__ import main; main([])\n'
        "assert not {'rclpy', 'cv2', 'tensorflow', 'onnxruntime'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
