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
Trials of a runtime on one device, in a process of its own: does it run the model, and how fast.

A runtime may crash, hang, or spoil the process for another one, and it never leaves the memory of
a process that imported it. It is measured the way a camera uses it: one image, a pause in which
threads fall asleep and caches get cold, the next image. The processes of several runtimes take
turns, so that the load of other programs meets them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
import fcntl
from itertools import groupby
import json
from pathlib import Path
from tempfile import NamedTemporaryFile
import time

from movenet_ros.backends import load_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core import machine
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.processes import asking
from movenet_ros.core.processes import print_answer
from movenet_ros.core.processes import ProcessError
from movenet_ros.core.runtime import Runtime

RUNS = 15
WARM_UP_RUNS = 3
PAUSE_S = 0.01
TIMEOUT_S = 120.0
PATIENCE_S = 30.0  # with a process that keeps its turn


@dataclass(frozen=True)
class Trial:
    """
    What came of a trial.

    :param threads: that it was told to use; 0 leaves that to the runtime.
    :param ms: least time of one inference in milliseconds: what noise cannot make better.
    :param error: why it does not work; empty where it does.
    :param is_of_model: whether the error is about the model's file.
    :param provisional: whether it is worth trying again, on a quiet machine.
    """

    name: str
    device: str
    threads: int
    ms: float = 0.0
    error: str = ''
    is_of_model: bool = False
    provisional: bool = False

    @property
    def candidate(self) -> tuple[str, str, int]:
        """Return what was tried: runtime, device, threads."""
        return self.name, self.device, self.threads


def try_all(candidates: Sequence[BackendRequest]) -> list[Trial]:
    """
    Try candidates, each runtime on each device in a process of its own.

    :param candidates: those of one process in a row, which differ in their threads.
    :raises OSError: if no process can be started.
    """
    trials: list[Trial] = []
    with ExitStack() as stack:
        turns = stack.enter_context(NamedTemporaryFile(prefix='movenet_ros_'))
        asked = []
        for (name, device), group in groupby(candidates, lambda each: (each.name, each.device)):
            first, *others = group
            threads = [each.threads for each in (first, *others)]
            # what others compile of the model would lie on the disk for nothing
            if device == 'cpu':
                first = replace(first, compiled=None)
            task = json.dumps(
                {'request': asdict(first), 'threads': threads, 'turns': turns.name}, default=str
            )
            timeout_s = machine.BUILD_S if (name, device) == ('onnxruntime', 'gpu') else TIMEOUT_S
            question = stack.enter_context(asking(__name__, task, timeout_s=timeout_s))
            asked.append((name, device, threads, question))
        for name, device, threads, question in asked:
            try:
                trials += [Trial(**each) for each in question.answer()]
            except ProcessError as error:
                trials += [Trial(name, device, n, error=str(error)) for n in threads]
    return trials


class Turns:
    """A lock that processes share, for ``with`` blocks; it ends with the process, however."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.were_shared = False  # with a process that kept its turn

    def __enter__(self) -> None:
        """Wait for the others; not for one that hangs."""
        self._file = self._path.open()
        end_s = time.monotonic() + (0.0 if self.were_shared else PATIENCE_S)
        while True:
            try:
                return fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end_s:
                    self.were_shared = True
                    return None
            time.sleep(0.001)

    def __exit__(self, *error: object) -> None:
        """Give the turn to another process."""
        self._file.close()


def measure(request: BackendRequest, thread_counts: Sequence[int], turns: Turns) -> list[Trial]:
    """
    Load a network once for each number of threads, and measure these in turn.

    :param request: for one backend and one device.
    """
    name, device, inputs = request.name, request.device, request.spec.zeros()
    times_s: dict[int, list[float]] = {}
    runtimes: dict[int, Runtime] = {}
    failed: list[Trial] = []
    with turns:  # loading takes all cores, which would disturb those that measure
        for threads in thread_counts:
            try:
                runtimes[threads] = load_backend(replace(request, threads=threads))
                for _ in range(WARM_UP_RUNS):
                    runtimes[threads].run(inputs)
                times_s[threads] = []
            except MoveNetError as error:
                is_of_model = isinstance(error, ModelError)
                failed.append(Trial(name, device, threads, 0.0, str(error), is_of_model))
    for _ in range(RUNS):
        for threads in times_s:
            time.sleep(PAUSE_S)
            with turns:
                begun_s = time.perf_counter()
                runtimes[threads].run(inputs)
                times_s[threads].append(time.perf_counter() - begun_s)
    works = [
        Trial(name, device, threads, round(1e3 * min(own_s), 2))
        for threads, own_s in times_s.items()
    ]
    return [replace(each, provisional=turns.were_shared) for each in works + failed]


def main(argv: Sequence[str]) -> None:
    """Measure what the command line says, and print the trials."""
    task = json.loads(argv[0])
    request = BackendRequest.from_dict(task['request'])
    trials = measure(request, task['threads'], Turns(Path(task['turns'])))
    print_answer([asdict(each) for each in trials])
