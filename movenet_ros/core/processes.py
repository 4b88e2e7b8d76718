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
Processes that this one starts: none outlives it, whatever ends it.

A program ends with the ``with`` block that started it. A Python module also ends by itself once
this process has gone: it holds a pipe that nothing is ever written to, and waits for its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import suppress
from importlib import import_module
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
from tempfile import TemporaryDirectory
from threading import Thread
import time
from typing import Any

from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.wording import one_line

Process = subprocess.Popen[bytes]

GRACE_S = 10.0  # after SIGTERM
MOST_LETTERS = 300  # of a reason
ANSWER = 'answer: '  # what the line begins with, among those that a library prints


class ProcessError(MoveNetError):
    """A process gave no answer; the reason fits a line."""


@contextmanager
def running(
    command: Sequence[str], grace_s: float = GRACE_S, **options: Any
) -> Iterator[Process]:
    """
    Run a program, which ends with the ``with`` block.

    It is in a session of its own: Ctrl-C reaches this process only, which ends the program.

    :param grace_s: how long it may take to end after SIGTERM; then it is killed.
    :param options: of :class:`subprocess.Popen`.
    :raises OSError: if it cannot be started.
    """
    started: list[Process] = []

    def start() -> None:
        started.append(subprocess.Popen(command, start_new_session=True, **options))

    # A signal that interrupted Popen would leave a process behind that nothing here knows of.
    # Python's signal handlers run in the main thread only, so that another thread starts it.
    pool = ThreadPoolExecutor(1)
    try:
        pool.submit(start).result()
        yield started[0]
    finally:
        pool.shutdown()
        for process in started:
            stop(process, grace_s)


def running_module(
    module: str, *args: str, grace_s: float = GRACE_S, **options: Any
) -> AbstractContextManager[Process]:
    """
    Call the function ``main`` of a Python module with arguments; see :func:`running`.

    Its standard input is the pipe: ``communicate`` would close it, and so end the module.
    """
    command = [sys.executable, '-m', __name__, module, *args]
    return running(command, grace_s, stdin=subprocess.PIPE, **options)


def stop(process: Process, grace_s: float = GRACE_S) -> int:
    """
    End a process and what it started, by force if it takes longer than a while.

    :param process: of :func:`running`, which made it the head of its process group.
    :return: its exit code.
    """
    # closes its pipes, one of which may hold what a process that died never read
    with suppress(BrokenPipeError), process:
        if process.poll() is None:  # else its number may be another one's by now
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(grace_s)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode


class Question:
    """A module that was asked for a value; made by :func:`asking`."""

    def __init__(self, process: Process, folder: Path, timeout_s: float) -> None:
        self._process = process
        self._folder = folder
        self._timeout_s = timeout_s
        self._end_s = time.monotonic() + timeout_s

    def has_ended(self) -> bool:
        """Return whether an answer, if there is one, is there."""
        return self._process.poll() is not None

    def answer(self) -> Any:
        """
        Wait for the value.

        :raises ProcessError: if the module hangs, crashes, fails or gives none.
        """
        try:
            code = self._process.wait(max(0.0, self._end_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise ProcessError(f'does not end within {self._timeout_s:.0f} s') from None
        if code < 0:
            raise ProcessError(how_it_ended(code))
        if code > 0:
            last_words = ''.join(self._lines('err')[-1:])
            raise ProcessError(one_line(last_words, MOST_LETTERS) or how_it_ended(code))
        answers = [each for each in self._lines('out') if each.startswith(ANSWER)]
        try:
            return json.loads(answers[-1].removeprefix(ANSWER))
        except (IndexError, ValueError):
            raise ProcessError('gives no answer that can be read') from None

    def _lines(self, name: str) -> list[str]:
        return (self._folder / name).read_text(errors='replace').strip().splitlines()


def how_it_ended(code: int) -> str:
    """Return in words how a process ended, by its exit code: negative, if a signal ended it."""
    return f'crashes ({_name(-code)})' if code < 0 else f'ends with exit code {code}'


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals have none
        return f'signal {number}'


@contextmanager
def asking(module: str, *args: str, timeout_s: float) -> Iterator[Question]:
    """
    Ask a module for a value, in a process that may crash, hang or print pages.

    Its ``main`` calls :func:`print_answer`; it ends with the ``with`` block at the latest.
    """
    with TemporaryDirectory(prefix='movenet_ros_') as name:
        folder = Path(name)
        with (folder / 'out').open('wb') as out, (folder / 'err').open('wb') as err:
            with running_module(module, *args, grace_s=0.0, stdout=out, stderr=err) as process:
                yield Question(process, folder, timeout_s)


def print_answer(value: Any) -> None:
    """Answer what this process was asked; what JSON does not know becomes text."""
    print(f'\n{ANSWER}{json.dumps(value, default=str)}', flush=True)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Call ``main`` of the module that the command line names, until the parent ends."""
    Thread(target=_end_with_parent, name='end with parent', daemon=True).start()
    del sys.argv[0]
    sys.exit(import_module(sys.argv[0]).main(sys.argv[1:]))


if __name__ == '__main__':
    main()
