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
One worker process, with a model that it keeps from recording to recording.

It is a ``ProcessPoolExecutor`` of its own: such a pool breaks as a whole when one of its processes
dies, and of this one, the other workers know nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
import multiprocessing
from multiprocessing.process import BaseProcess
import signal
from threading import Lock
import traceback
from typing import NamedTuple

from movenet_ros.core.errors import StartError
from movenet_ros.core.processes import how_it_ended
from movenet_ros.core.wording import first_line
from movenet_ros.replay.many import process
from movenet_ros.replay.many.found import FAILED
from movenet_ros.replay.many.found import STOPPED
from movenet_ros.replay.many.manifest import Manifest
from movenet_ros.replay.many.order import Opened
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.order import Outcome
from movenet_ros.replay.many.tasks import Task
from movenet_ros.replay.unfinished import remove_unfinished

SPAWN = multiprocessing.get_context('spawn')  # a fork would copy locks of threads
ATTEMPTS = 2
FIX = '(fix: fewer --jobs, if memory is short)'

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
    :param make: makes the worker, in its process.
    """

    _starting = Lock()

    def __init__(self, tell: Callable[[str], None], make: process.MakeWorker) -> None:
        self._tell, self._make = tell, make
        self._counts = SPAWN.RawArray('q', 2)  # written and read without a lock, which dies held
        self._executor: ProcessPoolExecutor | None = None
        self._process: BaseProcess | None = None
        self._name = ''
        self._is_open = False
        self.is_stopped = False

    @property
    def progress(self) -> Progress:
        """Return how far it is."""
        images, total = self._counts
        return Progress(self._name, images, total)

    def start(self) -> None:
        """Start the process, where there is none; it imports what a worker needs."""
        if self._executor is not None:
            return
        with self._starting, _ctrl_c_held():  # so that the new process is this one's
            before = {*multiprocessing.active_children()}
            self._executor = ProcessPoolExecutor(1, SPAWN, process.begin, (self._counts,))
            self._executor.submit(process.prepare, self._make)
            (self._process,) = {*multiprocessing.active_children()} - before

    def load(self, order: Order, is_first: bool = False) -> Opened:
        """
        Load the model, in a new process where there is none; another one loaded before is freed.

        :param is_first: then it tells what takes time.
        :raises StartError: if the model or the runtime does not allow a start.
        :raises BrokenProcessPool: if the process dies.
        """
        self.start()
        if self.is_stopped:  # meanwhile
            self.stop()
        assert self._executor
        work = self._executor.submit(process.open_worker, self._make, order, is_first)
        opened, problem = work.result()
        if opened is None:
            self.close()
            raise StartError(problem)
        self._is_open = True
        return opened

    def replay(self, order: Order, work: Work) -> Outcome:
        """Replay a recording, once more in a new process where one dies."""
        task, manifest = work
        how = ''
        for attempt in range(ATTEMPTS):
            if self.is_stopped:
                return Outcome(task.row(STOPPED))
            self._name = task.name
            try:
                if not self._is_open:
                    self.load(order)
                assert self._executor
                outcome = self._executor.submit(process.replay, task, manifest).result()
                if outcome.is_last:
                    self.close()
                return outcome
            except BrokenProcessPool:
                how = self.how_it_ended()
                remove_unfinished(order.out_of(task))
                if attempt + 1 < ATTEMPTS and not self.is_stopped:
                    self._tell(f'{task.name}: its process {how}: once more, in a new one')
            except StartError as error:
                return Outcome(task.row(FAILED, str(error)))
            except Exception as error:  # noqa: B902 (a bug costs one recording, and is shown)
                self._tell(''.join(traceback.format_exception(error)))
                return Outcome(task.row(FAILED, f'a bug: {first_line(error)}'))
            finally:
                self._name = ''
                self._counts[:] = [0, 0]
        return Outcome(task.row(FAILED, f'its process {how}, {ATTEMPTS} times {FIX}'))

    def how_it_ended(self) -> str:
        """Return how the process has died, in words; the next recording gets a new one."""
        self.close()
        assert self._process
        return how_it_ended(self._process.exitcode or 0)

    def close(self) -> None:
        """Wait for the end of the process, which has nothing to do."""
        if self._executor is not None:
            self._executor.shutdown()
            self._executor, self._is_open = None, False

    def stop(self, by_force: bool = False) -> None:
        """Ask the process to end, or end it by force; start no other one."""
        self.is_stopped = True
        if self._process is not None and by_force:
            self._process.kill()
        elif self._process is not None:
            self._process.terminate()


@contextmanager
def _ctrl_c_held() -> Iterator[None]:
    """Start processes that Ctrl-C, which reaches all of a terminal, never interrupts."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGHUP])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
