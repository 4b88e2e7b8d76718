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

"""What runs in a worker's process; its driver is elsewhere, and may die."""

from __future__ import annotations

from collections.abc import Callable
import multiprocessing
import os
import signal
import sys
from threading import Thread
from typing import Any
from typing import TYPE_CHECKING

from movenet_ros.core.errors import StartError
from movenet_ros.replay.many.manifest import Manifest
from movenet_ros.replay.many.order import Opened
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.order import Outcome
from movenet_ros.replay.many.tasks import Task

if TYPE_CHECKING:
    from movenet_ros.replay.many.worker import Worker

MakeWorker = Callable[[Order, 'Callable[[str], None] | None'], 'Worker']


class _Process:
    """What the process of a lane knows."""

    worker: Worker | None = None
    counts: Any
    signals: list[int] = []
    is_busy = False


def begin(counts: Any) -> None:
    """Begin a process: its driver ends it, and Ctrl-C, which it was started without, does not."""
    _Process.counts = counts
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, _: _end(number))
    Thread(target=_end_with_the_driver, name='end with the driver', daemon=True).start()


def _end(number: int) -> None:
    """End the process; a recording that is being replayed ends first, without an output."""
    _Process.signals.append(number)
    if not _Process.is_busy:
        os._exit(128 + number)


def _end_with_the_driver() -> None:
    driver = multiprocessing.parent_process()
    assert driver
    driver.join()
    _end(signal.SIGTERM)


def prepare(make: MakeWorker) -> None:
    """Do nothing: that ``make`` was received has imported its module."""


def open_worker(make: MakeWorker, order: Order, is_first: bool) -> tuple[Opened | None, str]:
    """Load the model; return what was chosen, or what is wrong: not all errors can be sent."""
    if _Process.worker:
        _Process.worker.close()
    try:
        _Process.worker = make(order, _say if is_first else None)
        return _Process.worker.opened, ''
    except StartError as error:
        return None, str(error)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def replay(task: Task, manifest: Manifest) -> Outcome:
    """Replay a recording."""

    def on_image(total: int) -> None:
        _Process.counts[0] += 1
        _Process.counts[1] = total

    assert _Process.worker
    _Process.is_busy = True
    try:
        return _Process.worker.replay(task, manifest, on_image, _Process.signals)
    finally:
        _Process.is_busy = False
        if _Process.signals:
            os._exit(128 + _Process.signals[0])
