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

"""Long commands: their output goes to log files, and people see that and how they go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import re
import shutil
import subprocess
import sys
import time

HEARTBEAT_S = 10.0  # between two lines where the output is not a terminal
REFRESH_S = 0.2  # of the one line on a terminal
TAIL_BYTES = 8192
EXCERPT_LINES = 15
NOISE = re.compile(r'\$|\s*$|WARNING|DEPRECATION|\s*(Using cached|Requirement already)')
PIP_PROGRESS = re.compile(r'Progress (\d+) of (\d+)')  # of pip --progress-bar raw

CURES = (
    (r'No space left on device', 'free some disk space, 4 GB are needed'),
    (
        r'Could not find a version|No matching distribution|ResolutionImpossible|[Tt]imed out'
        r'|NewConnectionError|NameResolutionError|Connection (refused|reset)',
        'check the network, and the proxy or mirror that pip is set to',
    ),
)


class Failed(Exception):
    """Setting up cannot go on; the text is one line that names the cure."""


@dataclass
class Job:
    """
    Commands that run one after another.

    :param part: what they make, see State.
    :param key: of what they make it from.
    :param commands: argument lists.
    :param resumes: a second try may build on what a broken one left.
    """

    part: str
    key: str
    commands: list[list[str]]
    resumes: bool = False


class Running:
    """
    A job under way.

    :param job: what to run.
    :param log: file that takes all output.
    :param lock_fd: handed down, so that the lock lives as long as any child does, even where this
        process is killed.
    """

    def __init__(self, job: Job, log: Path, lock_fd: int) -> None:
        self.job = job
        self.log = log
        self.failed = False
        self._lock_fd = lock_fd
        self._doing = 'starting'
        self._commands = iter(job.commands)
        self._process: subprocess.Popen[bytes] | None = None
        log.write_text('')

    def poll(self) -> bool:
        """Go on with the next command where one has ended; return False at the end."""
        if self._process is not None:
            if self._process.poll() is None:
                return True
            self.failed = self._process.returncode != 0
        command = None if self.failed else next(self._commands, None)
        if command is None:
            return False
        with self.log.open('a') as log:
            print(f'$ {" ".join(command)}', file=log, flush=True)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[self._lock_fd],
            )
        return True

    def stop(self) -> None:
        """End the command that runs and wait for it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    def tail(self) -> list[str]:
        """Return the last whole lines of the log."""
        skipped = max(0, self.log.stat().st_size - TAIL_BYTES)
        with self.log.open('rb') as log:
            log.seek(skipped)
            lines = log.read().decode(errors='replace').splitlines()
        return lines[1:] if skipped else lines

    def status(self) -> str:
        """Say in a few words what it is doing."""
        percent = ''
        for line in reversed(self.tail()):
            raw = PIP_PROGRESS.match(line)
            if raw:
                percent = percent or f' {100 * int(raw[1]) // max(1, int(raw[2]))}%'
            elif not NOISE.match(line):
                self._doing = in_short(line)
                break
        return self._doing + percent

    def error(self) -> Failed:
        """Show the end of the log; return the one line that names the cure."""
        lines = [line for line in self.tail() if not PIP_PROGRESS.match(line)]
        print(*(f'      | {line}' for line in lines[-EXCERPT_LINES:]), sep='\n', file=sys.stderr)
        for pattern, cure in CURES:
            if re.search(pattern, '\n'.join(lines)):
                return Failed(f'{self.job.part} failed: {cure}, then run scripts/setup again')
        return Failed(f'{self.job.part} failed: the end of {self.log} says why')


class Display:
    """One line that changes on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._begin = self._shown = time.monotonic()

    def show(self, statuses: list[str]) -> None:
        """Say how things stand, if it is time to."""
        now = time.monotonic()
        if now - self._shown < (REFRESH_S if self._terminal else HEARTBEAT_S):
            return
        self._shown = now
        line = f'      {now - self._begin:3.0f} s  {" | ".join(statuses)}'
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            print(f'\r\x1b[K{line[:width]}', end='', flush=True)
        else:
            print(line, flush=True)

    def clear(self) -> None:
        """Leave the terminal's line empty."""
        if self._terminal:
            print('\r\x1b[K', end='', flush=True)


def in_short(line: str) -> str:
    """Shorten a line of output of pip or CMake."""
    if line.startswith('Installing collected packages'):
        return f'installing {line.count(",") + 1} packages'
    cmake = re.match(r'\[ *(\d+%)\]', line)
    return cmake[1] if cmake else line.split(' (')[0].strip()[:60]


def run(jobs: list[Job], logs: Path, lock_fd: int, ended: Callable[[Job], None]) -> None:
    """
    Run jobs side by side; all end before it returns.

    :param logs: folder for a log file of each.
    :param lock_fd: see Running.
    :param ended: called for each that succeeds.
    :raises Failed: if one of them failed.
    """
    logs.mkdir(parents=True, exist_ok=True)
    everyone = [Running(job, logs / f'{job.part}.log', lock_fd) for job in jobs]
    active = list(everyone)
    display = Display()
    try:
        while active:
            for running in [each for each in active if not each.poll()]:
                active.remove(running)
                if not running.failed:
                    ended(running.job)
            display.show([f'{each.job.part}: {each.status()}' for each in active])
            time.sleep(0.05)
    finally:
        display.clear()
        for running in active:
            running.stop()
    for running in everyone:
        if running.failed:
            raise running.error()
