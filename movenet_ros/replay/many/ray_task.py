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
What runs in the processes of a Ray cluster: one recording after the other, with one model.

Ray gives the processes of a driver one task after the other, so that a model stays loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import os
import signal
import time
from typing import Any
from typing import TYPE_CHECKING

from movenet_ros.core.errors import StartError
from movenet_ros.replay.many.away import url_of
from movenet_ros.replay.many.circumstances import version
from movenet_ros.replay.many.found import FAILED
from movenet_ros.replay.many.lane import Progress
from movenet_ros.replay.many.manifest import Manifest
from movenet_ros.replay.many.order import Opened
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.order import Outcome
from movenet_ros.replay.many.process import MakeWorker
from movenet_ros.replay.many.tasks import Task
from movenet_ros.replay.unfinished import remove_unfinished

if TYPE_CHECKING:
    from movenet_ros.replay.many.worker import Worker

TELL_S = 1.0  # how often a process tells how far it is


class Board:
    """An actor, beside the driver: processes write on it how far they are, the driver reads."""

    def __init__(self) -> None:
        self._progress: dict[str, Progress] = {}
        self._lines: list[str] = []

    def put(self, progress: Progress) -> None:
        """Replace what was written about a recording."""
        self._progress[progress.name] = progress

    def wipe(self, name: str) -> None:
        """Forget a recording."""
        self._progress.pop(name, None)

    def say(self, line: str) -> None:
        """Keep a line for the user."""
        self._lines.append(line)

    def read(self) -> tuple[list[Progress], list[str]]:
        """Return how far all are; and the lines, once."""
        lines, self._lines = self._lines, []
        return [*self._progress.values()], lines


class _Process:
    """What a process keeps from task to task."""

    order: Order | None = None
    worker: Worker | None = None
    is_broken = False


def choose(make: MakeWorker, order: Order, board: Any) -> tuple[Opened | None, str]:
    """Load the model; return what was chosen, or what is wrong: not all errors can be sent."""
    try:
        return _worker(make, order, board.say.remote).opened, ''
    except StartError as error:
        return None, str(error)


def replay(make: MakeWorker, order: Order, board: Any, task: Task, manifest: Manifest) -> Outcome:
    """Replay a recording."""
    if _Process.is_broken:  # its runtime has failed for good
        os._exit(1)  # and Ray gives the recording to another process
    begun_s, images = time.monotonic(), 0

    def on_image(total: int) -> None:
        nonlocal begun_s, images
        images += 1
        if time.monotonic() - begun_s > TELL_S:
            begun_s = time.monotonic()
            board.put.remote(Progress(task.name, images, total))

    try:
        if (here := version()) != manifest.version:
            raise StartError(f'a node has movenet_ros {here or "of a checkout"}, the driver'
                             f' {manifest.version or "a checkout"}: install the same')
        if not url_of(out := order.out_of(task)):
            remove_unfinished(out)  # of a node that was lost
        with _cancelled() as signals:
            outcome = _worker(make, order, None).replay(task, manifest, on_image, signals)
        _Process.is_broken = outcome.is_last
        return outcome
    except StartError as error:
        return Outcome(task.row(FAILED, str(error)))
    finally:
        board.wipe.remote(task.name)


def _worker(make: MakeWorker, order: Order, say: Callable[[str], None] | None) -> Worker:
    """
    Return the process's model, loaded where it is not yet.

    :raises StartError: if the model or the runtime does not allow a start.
    """
    if _Process.worker is None or _Process.order != order:
        if _Process.worker:
            _Process.worker.close()
        _Process.worker = None
        _Process.worker, _Process.order = make(order, say), order
    return _Process.worker


@contextmanager
def _cancelled() -> Iterator[list[int]]:
    """Give a list that a signal is in as soon as Ray cancels the task, which it does by SIGINT."""
    signals: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: signals.append(number))
    try:
        yield signals
    finally:
        signal.signal(signal.SIGINT, before)
