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

"""Workers on this machine, which share what there is to do, and its cores."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from queue import Empty
from queue import SimpleQueue
import signal
import time
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.machine import machine
from movenet_ros.core.processes import GRACE_S
from movenet_ros.replay.many.lane import Lane
from movenet_ros.replay.many.lane import Progress
from movenet_ros.replay.many.lane import Work
from movenet_ros.replay.many.order import Opened
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.order import Outcome
from movenet_ros.replay.many.process import MakeWorker

WATCH_S = 0.25  # how often progress is shown, and signals are seen


class Pool:
    """
    So many workers; a context manager.

    The first one chooses as a replay of a single recording does, by what was measured once on
    this machine; the others take that over, so that the answer is the same. Threads are no part
    of it: those of the runtime are at most the worker's share of the cores, unless told.

    :param order: what is done with each recording.
    :param threads: of the runtime, where a user told; else 0.
    :param make: makes a worker, in its process.
    :param tell: logs a line; called in any thread.
    :ivar jobs: how many there are.
    :ivar opened: what the first worker has chosen.
    :ivar threads: of the runtime, in each worker; 0 where that is left to the runtime.
    :raises StartError: if the model, the runtime or the folder does not allow a start.
    """

    def __init__(
        self, order: Order, jobs: int, threads: int, make: MakeWorker, tell: Callable[[str], None]
    ) -> None:
        order.check_shared()
        self.jobs = jobs
        self._lanes = [Lane(tell, make) for _ in range(jobs)]
        for each in self._lanes:
            each.start()
        self.opened = self._open_first(order, is_first=True)
        self.threads = self.opened.threads
        if jobs > 1 and self.opened.device == 'cpu' and not threads:
            share = max(1, machine()['cores'] // jobs)
            self.threads = min(self.threads or share, share)
        self._order = order.pinned(self.opened, self.threads)
        if jobs > 1:
            self._open_first(self._order)  # as the others

    def _open_first(self, order: Order, is_first: bool = False) -> Opened:
        """
        Load the model in the first worker.

        :raises StartError: if the model or the runtime does not allow a start.
        """
        lane = self._lanes[0]
        try:
            return lane.load(order, is_first)
        except BrokenProcessPool:
            self._end()
            how = lane.how_it_ended()
            raise StartError(f'the process that loads the model {how}') from None
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        """End the processes, which hold nothing."""
        for each in self._lanes:
            each.stop(by_force=True)
            each.close()

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
            for each in self._lanes:
                each.stop()
        elif len(signals) > 1 or time.monotonic() > self._force_at_s:
            for each in self._lanes:
                each.stop(by_force=True)

    def __enter__(self) -> Pool:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """End the processes."""
        self._end()
