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

"""Processes end with the one that started them, and their answers or failures fit a line."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import signal
import subprocess
import sys
from textwrap import indent
import time
from typing import Any

from movenet_ros.core.processes import asking
from movenet_ros.core.processes import ProcessError
from movenet_ros.core.processes import running
from movenet_ros.core.processes import running_module
from movenet_ros.core.processes import stop
import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60.0  # far above what anything here takes
PARENT = """
import signal, sys
from movenet_ros.core.processes import running_module
signal.signal(signal.SIGTERM, signal.default_int_handler)
print(flush=True)
try:
    with running_module('stand_in') as process:
        process.wait()
except KeyboardInterrupt:
    sys.exit(130)
"""
SLEEP = 'import time; time.sleep(1000)'

WriteModule = Callable[[str], None]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteModule:
    """Return a function that writes the module ``stand_in``, of which code is ``main``."""
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}{os.pathsep}{ROOT}')

    def write(code: str) -> None:
        (tmp_path / 'stand_in.py').write_text(f'def main(args):\n{indent(code, "    ")}\n')

    return write


def children_of(pid: int) -> list[int]:
    """Wait until a process has children."""
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        try:
            tasks = Path(f'/proc/{pid}/task').iterdir()
            found = ' '.join((each / 'children').read_text() for each in tasks).split()
        except FileNotFoundError:  # a thread that has just ended
            continue
        if found:
            return [int(each) for each in found]
    raise AssertionError('it has started nothing')


def until_gone(pid: int) -> None:
    """Wait for the end of a process."""
    end_s = time.monotonic() + WAIT_S
    while (path := Path(f'/proc/{pid}/stat')).exists():
        if path.read_text().rpartition(')')[2].split()[0] == 'Z':  # ended, and not waited for
            return
        assert time.monotonic() < end_s, f'process {pid} is left behind'
        time.sleep(0.01)


@pytest.mark.parametrize('number', [*[signal.SIGTERM] * 5, signal.SIGKILL])
def test_a_signal_during_the_start_leaves_nothing_behind(
    number: signal.Signals, module: WriteModule
) -> None:
    module(SLEEP)
    command = [sys.executable, '-c', PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None and parent.stdout.readline()
        children = children_of(parent.pid)
        parent.send_signal(number)
        assert parent.wait(WAIT_S) == (130 if number == signal.SIGTERM else -number)
    for each in children:
        until_gone(each)


def test_a_module_ends_when_its_parent_is_killed(tmp_path: Path, module: WriteModule) -> None:
    """In the middle of its work, not only at the start."""
    module(f"open({str(tmp_path / 'begun')!r}, 'w'); {SLEEP}")
    with subprocess.Popen([sys.executable, '-c', PARENT], stdout=subprocess.PIPE) as parent:
        (child,) = children_of(parent.pid)
        while not (tmp_path / 'begun').exists():
            time.sleep(0.01)
        parent.kill()
    until_gone(child)


def test_a_module_gets_its_arguments(module: WriteModule) -> None:
    module('import sys; print(*args, *sys.argv)')
    with running_module('stand_in', '-x', 'y', stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read() == b'-x y stand_in -x y\n'
        assert process.wait(WAIT_S) == 0


def test_what_ignores_sigterm_is_killed() -> None:
    ignore = 'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True);'
    command = [sys.executable, '-c', ignore + SLEEP]
    with running(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        assert stop(process, 0.1) == -signal.SIGKILL


def test_what_a_program_started_ends_with_it() -> None:
    with running(['sh', '-c', 'sleep 1000 & echo $!; wait'], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
    until_gone(child)


def test_an_interrupt_while_a_thread_starts_the_program_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen, submit = subprocess.Popen, ThreadPoolExecutor.submit

    def start(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*args, **options))
        return started[-1]

    def interrupted(pool: ThreadPoolExecutor, task: Callable[[], None]) -> None:
        submit(pool, task)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, 'Popen', start)
    monkeypatch.setattr(ThreadPoolExecutor, 'submit', interrupted)
    with pytest.raises(KeyboardInterrupt), running(['sleep', '1000']):
        pass
    assert [each.returncode for each in started] == [-signal.SIGTERM]


def test_a_program_that_is_not_there_is_said() -> None:
    with pytest.raises(FileNotFoundError), running(['/no/such/program']):
        pass


def test_an_answer(module: WriteModule) -> None:
    """It is told from what a library prints before and behind it."""
    code = 'from movenet_ros.core.processes import print_answer as answer; '
    module(code + 'print("noise", end=""); answer([1, {"a": args[0]}]); print("noise")')
    with asking('stand_in', 'b', timeout_s=WAIT_S) as question:
        assert question.answer() == [1, {'a': 'b'}]


@pytest.mark.parametrize(
    ('code', 'reason'),
    [
        ('import os; os.abort()', 'crashes (SIGABRT)'),
        ('import os; os.kill(os.getpid(), 40)', 'crashes (signal 40)'),
        ('raise ImportError("libcuda.so:\\nno file")', 'no file'),
        ('import os; os._exit(3)', 'ends with exit code 3'),
        ('import sys; sys.exit("pages\\nof \\x1b it")', r'of \x1b it'),
        ('print("noise")', 'gives no answer that can be read'),
    ],
)
def test_no_answer_has_a_reason(code: str, reason: str, module: WriteModule) -> None:
    module(code)
    with asking('stand_in', timeout_s=WAIT_S) as question, pytest.raises(ProcessError) as caught:
        question.answer()
    assert str(caught.value) == reason


def test_no_answer_in_time(module: WriteModule) -> None:
    module(SLEEP)
    with (
        asking('stand_in', timeout_s=0.2) as question,
        pytest.raises(ProcessError, match='does not end within 0 s'),
    ):
        question.answer()


def test_what_a_dead_process_never_read_is_no_error() -> None:
    with running([sys.executable, '-c', ''], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b'a question')  # stays in the buffer
        process.wait()
    assert process.returncode == 0
