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
Worker processes on this machine, each with a model that it keeps from recording to recording.

Each is a ``ProcessPoolExecutor`` of one process: such a pool breaks as a whole when one of its
processes dies, and of this one, the others know nothing. What runs in the process is at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
import multiprocessing
from multiprocessing.process import BaseProcess
import os
from queue import Empty
from queue import SimpleQueue
import signal
from threading import Lock
from threading import Thread
import time
import traceback
from typing import Any
from typing import NamedTuple
from typing import TYPE_CHECKING

from movenet_ros.core.errors import StartError
from movenet_ros.core.processes import GRACE_S
from movenet_ros.core.processes import how_it_ended
from movenet_ros.core.wording import first_line
from movenet_ros.replay.inputs import LOG
from movenet_ros.replay.many.found import FAILED
from movenet_ros.replay.many.found import Row
from movenet_ros.replay.many.found import STOPPED
from movenet_ros.replay.many.manifest import Manifest
from movenet_ros.replay.many.tasks import Task
from movenet_ros.replay.unfinished import remove_unfinished

if TYPE_CHECKING:
    from movenet_ros.replay.many.worker import Opened
    from movenet_ros.replay.many.worker import Order
    from movenet_ros.replay.many.worker import Outcome
    from movenet_ros.replay.many.worker import Worker

SPAWN = multiprocessing.get_context('spawn')  # a fork would copy locks of threads
ATTEMPTS = 2
WATCH_S = 0.25  # how often progress is shown, and signals are seen

Work = tuple[Task, Manifest]


class Progress(NamedTuple):
    """
    How far a worker is.

    :param name: of the recording; empty where it does nothing.
    :param total: images; 0 where that is unknown.
    """

    name: str
    images: int
    total: int


class Lane:
    """
    One worker process after the other: a new one where one has died.

    :param tell: logs a line; called in any thread.
    """

    _starting = Lock()

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._counts = SPAWN.RawArray('q', 2)  # written and read without a lock, which dies held
        self._executor: ProcessPoolExecutor | None = None
        self._process: BaseProcess | None = None
        self._name = ''
        self.is_stopped = False

    @property
    def progress(self) -> Progress:
        """Return how far it is."""
        images, total = self._counts
        return Progress(self._name, images, total)

    def open(self, order: Order, is_first: bool = False) -> Opened:
        """
        Start the process and load the model.

        :param is_first: then it tells what takes time.
        :raises StartError: if the model or the runtime does not allow a start.
        :raises BrokenProcessPool: if the process dies.
        """
        with self._starting:  # so that the new process is this one's
            before = {*multiprocessing.active_children()}
            self._executor = ProcessPoolExecutor(1, SPAWN, _begin, (self._counts,))
            future = self._executor.submit(_open, order, is_first)
            (self._process,) = {*multiprocessing.active_children()} - before
        if self.is_stopped:  # meanwhile
            self.stop(signal.SIGTERM)
        opened, problem = future.result()
        if opened is None:
            self.close()
            raise StartError(problem)
        return opened

    def replay(self, order: Order, work: Work) -> Outcome:
        """Replay a recording, once more in a new process where one dies."""
        from movenet_ros.replay.many.worker import Outcome

        task, manifest = work
        how = ''
        for attempt in range(ATTEMPTS):
            if self.is_stopped:
                return Outcome(_row(task, STOPPED))
            self._name = task.name
            try:
                if self._executor is None:
                    self.open(order)
                assert self._executor
                return self._executor.submit(_replay, task, manifest).result()
            except BrokenProcessPool:
                how = self.how_it_ended()
                remove_unfinished(order.out_of(task))
                if attempt + 1 < ATTEMPTS and not self.is_stopped:
                    self._tell(f'{task.name}: its process {how}: once more, in a new one')
            except StartError as error:
                return Outcome(_row(task, FAILED, str(error)))
            except Exception as error:  # noqa: B902 (a bug costs one recording, and is shown)
                self._tell(''.join(traceback.format_exception(error)))
                return Outcome(_row(task, FAILED, f'a bug: {first_line(error)}'))
            finally:
                self._name = ''
                self._counts[:] = [0, 0]
        return Outcome(_row(task, FAILED, f'its process {how}, {ATTEMPTS} times'))

    def how_it_ended(self) -> str:
        """Return how the process has died, in words; the next recording gets a new one."""
        self.close()
        assert self._process
        return how_it_ended(self._process.exitcode or 0)

    def close(self) -> None:
        """Wait for the end of the process, which has nothing to do."""
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None

    def stop(self, number: int) -> None:
        """Send the process a signal, and start no other one."""
        self.is_stopped = True
        if self._process is not None and self._process.pid:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)


class Pool:
    """
    So many workers; a context manager.

    :param order: what is done with each recording.
    :param tell: logs a line; called in any thread.
    :ivar opened: what the first worker has chosen, and the others take over.
    :raises StartError: if the model or the runtime does not allow a start.
    """

    def __init__(self, order: Order, jobs: int, tell: Callable[[str], None]) -> None:
        self._lanes = [Lane(tell) for _ in range(jobs)]
        try:
            self.opened = self._lanes[0].open(order, is_first=True)
        except BrokenProcessPool:
            how = self._lanes[0].how_it_ended()
            raise StartError(f'the process that loads the model {how}') from None
        except KeyboardInterrupt:
            self._lanes[0].stop(signal.SIGKILL)
            raise
        self._order = order.pinned(self.opened.choice, self.opened.costs)

    def outcomes(
        self, works: Sequence[Work], watch: Callable[[list[Progress]], None],
        signals: Sequence[int],
    ) -> Iterator[Outcome]:
        """
        Yield what came of each recording, in the order in which they end.

        :param watch: is called several times a second with how far the workers are.
        :param signals: as soon as there is one in it, all end without an output; a second one
            ends them by force.
        """
        free: SimpleQueue[Lane] = SimpleQueue()
        done: SimpleQueue[Future[Outcome]] = SimpleQueue()
        for each in self._lanes:
            free.put(each)

        def on_a_lane(work: Work) -> Outcome:
            lane = free.get()
            try:
                return lane.replay(self._order, work)
            finally:
                free.put(lane)

        with ThreadPoolExecutor(len(self._lanes)) as threads:
            for work in works:
                threads.submit(on_a_lane, work).add_done_callback(done.put)
            left = len(works)
            try:
                while left:
                    watch([each.progress for each in self._lanes])
                    if signals:
                        self._stop(signals)
                    with suppress(Empty):
                        outcome = done.get(timeout=WATCH_S).result()
                        left -= 1
                        yield outcome
            finally:
                if left:
                    self._stop([signal.SIGINT])

    def _stop(self, signals: Sequence[int]) -> None:
        """End all workers: politely, then by force."""
        if not all(each.is_stopped for each in self._lanes):
            self._force_at_s = time.monotonic() + GRACE_S
            number = signal.SIGTERM
        elif len(signals) > 1 or time.monotonic() > self._force_at_s:
            number = signal.SIGKILL
        else:
            return
        for each in self._lanes:
            each.stop(number)

    def __enter__(self) -> Pool:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """End the processes."""
        for each in self._lanes:
            each.close()


def _row(task: Task, state: str, line: str = '') -> Row:
    return Row(task.name, str(task.path), state, line=line)


class _Process:
    """What the process of a lane knows."""

    worker: Worker
    counts: Any
    signals: list[int] = []
    is_busy = False


def _begin(counts: Any) -> None:
    """Begin a process: its driver ends it, and Ctrl-C does not."""
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


def _open(order: Order, is_first: bool) -> tuple[Opened | None, str]:
    """Load the model; return what was chosen, or what is wrong: not all errors can be sent."""
    from movenet_ros.replay.many.worker import Worker

    try:
        _Process.worker = Worker(order, LOG.info if is_first else None)
        return _Process.worker.opened, ''
    except StartError as error:
        return None, str(error)


def _replay(task: Task, manifest: Manifest) -> Outcome:
    """Replay a recording."""

    def on_image(total: int) -> None:
        _Process.counts[0] += 1
        _Process.counts[1] = total

    _Process.is_busy = True
    try:
        return _Process.worker.replay(task, manifest, on_image, _Process.signals)
    finally:
        _Process.is_busy = False
        if _Process.signals:
            os._exit(128 + _Process.signals[0])
