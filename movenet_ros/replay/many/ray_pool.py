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
Workers on a Ray cluster: where a recording is replayed, and again where that is lost, Ray decides.

A recording is a task. An actor would hold its place on a node for good: of two that are restarted
where there is room for one, the other would wait for ever, and its recording with it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
import os
import socket
import time
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.needs import needs
from movenet_ros.core.processes import GRACE_S
from movenet_ros.core.wording import first_line
from movenet_ros.core.wording import one_line
from movenet_ros.replay.many import ray_task
from movenet_ros.replay.many.away import url_of
from movenet_ros.replay.many.found import FAILED
from movenet_ros.replay.many.found import STOPPED
from movenet_ros.replay.many.lane import Progress
from movenet_ros.replay.many.lane import Work
from movenet_ros.replay.many.order import absolute
from movenet_ros.replay.many.order import Opened
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.order import Outcome
from movenet_ros.replay.many.process import MakeWorker
from movenet_ros.replay.unfinished import remove_unfinished

LOCAL, AUTO = 'local', 'auto'
RETRIES = 3  # of a recording whose process or node was lost
MOST_PENDING = 1000  # tasks that Ray knows of: enough for an autoscaler to see the demand
WATCH_S, ANSWER_S, CONNECT_S = 0.25, 5.0, 5.0
SETTINGS = {'RAY_USAGE_STATS_ENABLED': '0'}
SETTINGS_LOCAL = {'RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER': '0'}  # Ray listens on loopback alone then
SETTINGS_AWAY = {'RAY_NUM_REDIS_GET_RETRIES': '3'}  # to connect: Ray's 20 may take minutes
MEMORY_BYTES = 100 * 2**20  # of Ray's store on this machine: no image goes through it
FIX = '(fix: install the same movenet_ros, with the extras replay and ray, on each node)'
NO_ROOM = 'no node of the cluster has room for a task ({}): it waits for one'


class RayPool:
    """
    As many workers as a cluster has room for; a context manager.

    The first one chooses for all, as in :class:`movenet_ros.replay.many.pool.Pool`.

    :param address: as ``ray.init`` knows it: ``local``, ``auto``, ``HOST:PORT``, ``ray://...``.
    :param most: at once; 0 for no limit.
    :param gpus: of each.
    :param threads: of the runtime, where a user told; else 0. A task takes as many cores.
    :ivar jobs: how many there is room for now.
    :raises StartError: if the cluster cannot be reached, or the model or the folder does not allow
        a start.
    """

    def __init__(
        self, order: Order, address: str, most: int, gpus: float, threads: int, make: MakeWorker,
        tell: Callable[[str], None],
    ) -> None:
        order.check_shared()
        self._ray = _connected(address)
        try:
            self._tell, self._make, self._most = tell, make, most or MOST_PENDING
            needed = {'CPU': float(threads or 1), 'GPU': gpus}
            self.jobs = min(_room(self._ray.nodes(), needed), self._most)
            if not self.jobs:
                tell(NO_ROOM.format(', '.join(f'{n:g} {name}' for name, n in needed.items() if n)))
            # for GPUs, Ray would start a process for each task (max_calls=1)
            remote = self._ray.remote(
                num_cpus=needed['CPU'], num_gpus=gpus, max_retries=RETRIES, max_calls=0
            )
            self._choose, self._replay = remote(ray_task.choose), remote(ray_task.replay)
            self._board = self._ray.remote(num_cpus=0, max_restarts=-1)(ray_task.Board).remote()
            order = order.anywhere()
            self.opened = self._open(order)
            self.threads = threads or (1 if self.opened.device == 'cpu' else self.opened.threads)
            self._order = order.pinned(self.opened, self.threads)
        except BaseException:
            self._ray.shutdown()
            raise

    def _open(self, order: Order) -> Opened:
        """
        Load the model in one process.

        :raises StartError: if the model or the runtime does not allow a start.
        """
        waiting = self._choose.remote(self._make, order, self._board)
        try:
            while not self._ray.wait([waiting], timeout=WATCH_S)[0]:
                self._progress()
            self._progress()
            opened, problem = self._ray.get(waiting)
        except self._ray.exceptions.RayError as error:
            raise StartError(f'a process of the cluster fails: {_words(error)} {FIX}') from error
        if opened is None:
            raise StartError(problem)
        return opened  # type: ignore[no-any-return]

    def outcomes(
        self, works: Sequence[Work], watch: Callable[[list[Progress]], None],
        signals: Sequence[int],
    ) -> Iterator[Outcome]:
        """Yield what came of each recording, as :meth:`.pool.Pool.outcomes` does."""
        left, running = [*works][::-1], dict[Any, Work]()
        order = self._ray.put(self._order)
        end_s = 0.0
        while left or running:
            while left and len(running) < self._most and not signals:
                task, manifest = left.pop()
                there = replace(task, path=absolute(task.path))
                work = self._replay.remote(self._make, order, self._board, there, manifest)
                running[work] = task, manifest
            if signals:
                yield from (Outcome(task.row(STOPPED)) for task, _ in left)
                left.clear()
                end_s = end_s or self._cancel(running, by_force=False)
                if len(signals) > 1 or time.monotonic() > end_s:
                    self._cancel(running, by_force=True)
            watch(self._progress())
            done, _ = self._ray.wait([*running], timeout=WATCH_S) if running else ([], [])
            yield from (self._outcome(each, running.pop(each)) for each in done)

    def _outcome(self, done: Any, work: Work) -> Outcome:
        """Return what came of a recording; Ray has tried it again where it was lost."""
        task, _ = work
        errors = self._ray.exceptions
        try:
            outcome: Outcome = self._ray.get(done)
            return outcome._replace(row=replace(outcome.row, recording=task.place))
        except errors.TaskCancelledError:
            outcome = Outcome(task.row(STOPPED))
        except errors.RayTaskError as error:
            if isinstance(error.cause, errors.RaySystemError):  # what we send cannot be read there
                return Outcome(task.row(FAILED, f'{_words(error)} {FIX}'))
            self._tell(str(error))
            outcome = Outcome(task.row(FAILED, f'a bug: {first_line(error.cause)}'))
        except errors.RayError as error:
            line = f'{_words(error)}, {1 + RETRIES} times'
            outcome = Outcome(task.row(FAILED, line))
        if not url_of(out := self._order.out_of(task)):
            remove_unfinished(out)
        return outcome

    def _cancel(self, running: dict[Any, Work], by_force: bool) -> float:
        """End all tasks; return when to do so by force."""
        for each in running:
            self._ray.cancel(each, force=by_force)
        return time.monotonic() + GRACE_S

    def _progress(self) -> list[Progress]:
        """Return how far the workers are; log what they say."""
        with suppress(self._ray.exceptions.RayError):  # its node is lost, it starts elsewhere
            progress, lines = self._ray.get(self._board.read.remote(), timeout=ANSWER_S)
            for line in lines:
                self._tell(line)
            return progress  # type: ignore[no-any-return]
        return []

    def __enter__(self) -> RayPool:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Leave the cluster, which ends our processes; end it where we have started it."""
        self._ray.shutdown()


def _connected(address: str) -> Any:
    """
    Connect to a cluster, or start one on this machine; return the package.

    :raises StartError: if that fails.
    """
    is_local = address == LOCAL
    more = SETTINGS_LOCAL if is_local else SETTINGS_AWAY
    for name, value in {**SETTINGS, **more}.items():
        os.environ.setdefault(name, value)
    ray = needs('ray')
    options = {'include_dashboard': False, 'object_store_memory': MEMORY_BYTES} if is_local else {}
    meant = os.environ.get('RAY_ADDRESS', '') if address == AUTO else address
    try:
        host, _, port = meant.rpartition('://')[2].rpartition(':')
        if host:  # Ray itself would try for minutes
            socket.create_connection((host.strip('[]'), int(port)), CONNECT_S).close()
        ray.init(address, log_to_driver=False, logging_level='ERROR', **options)
    except (OSError, RuntimeError, ValueError) as error:
        raise StartError(
            f'no Ray cluster at {meant or address}: {first_line(error)} (fix: the address of'
            ' "ray start --head", or --ray local; set RAY_AUTH_MODE=token if it asks for a token)'
        ) from error
    return ray


def _room(nodes: Sequence[dict[str, Any]], needed: dict[str, float]) -> int:
    """Return how many tasks have room on the nodes of a cluster, were they empty."""
    return sum(
        min(int(each['Resources'].get(name, 0) / n) for name, n in needed.items() if n)
        for each in nodes if each['Alive']
    )


def _words(error: Exception) -> str:
    """Return what Ray tells of a loss, in a line: its errors end with their reason."""
    return f'{type(error).__name__} ({one_line(str(error).strip().splitlines()[-1])})'
