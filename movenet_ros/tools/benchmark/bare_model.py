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
The model and nothing else, in a process of its own.

It is what a node is held against: processor time counts for a whole process, so nothing else may
run in that of the model, least of all the threads of another runtime.

The two talk in lines of JSON. The first one, the request, is followed by the bytes of the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import json
import math
import os
from subprocess import PIPE
import sys
import time
from typing import Any
from typing import IO

from movenet_ros.core import errors
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.processes import Process
from movenet_ros.core.processes import running
from movenet_ros.model.movenet import INPUT
from movenet_ros.model.movenet import SPEC
from movenet_ros.networks import open_network
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
from movenet_ros.settings import values_of
from movenet_ros.tools.report import ScreenLog
import numpy as np
from numpy.typing import NDArray

Infer = Callable[[], object]
PROGRAM = f'from {__name__} import serve; serve()'


class BareModel:
    """The other process, as seen from this one; made by :func:`bare_model`."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def flat_out(self, seconds: float) -> list[float]:
        """Run the model without a pause; return how many seconds each run took."""
        return list(self.ask('flat_out', seconds))

    def paced_cpu(self, count: int, rate_hz: float) -> float:
        """
        Run the model at a steady pace.

        :return: processor seconds per run, all threads, user and system.
        """
        return float(self.ask('paced_cpu', count, rate_hz))

    def ask(self, *question: Any, then: bytes = b'') -> Any:
        """
        Send a question and wait for the answer.

        :param question: what JSON can say; a path becomes text.
        :param then: bytes to send behind it.
        :raises MoveNetError: what the process raised.
        :raises BackendError: if it ended.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(_line(question) + then)
            self._process.stdin.flush()
            answer, error = _read_line(self._process.stdout)
        except (BrokenPipeError, EOFError) as gone:
            code = self._process.wait()
            raise BackendError(
                f'the process of the bare model ended with code {code}: its lines above say why'
            ) from gone
        if error:
            raise getattr(errors, error)(answer)
        return answer


@contextmanager
def bare_model(settings: Settings, batch: NDArray[np.uint8]) -> Iterator[BareModel]:
    """
    Start the process, which ends with the ``with`` block.

    :param batch: ``(1, H, W, 3)`` RGB, what each run takes.
    :raises MoveNetError: if the model cannot be loaded or fails.
    """
    command = [sys.executable, '-c', PROGRAM]
    with running(command, 0.0, stdin=PIPE, stdout=PIPE) as process:
        model = BareModel(process)
        model.ask(values_of(settings), batch.shape, then=batch.tobytes())
        yield model


def _flat_out(infer: Infer, seconds: float) -> list[float]:
    """Time runs; the first one finds cold caches and does not count."""
    infer()
    took_s: list[float] = []
    end = time.perf_counter() + seconds
    while not took_s or time.perf_counter() < end:
        begun = time.perf_counter()
        infer()
        took_s.append(time.perf_counter() - begun)
    return took_s


def _paced_cpu(infer: Infer, count: int, rate_hz: float) -> float:
    """Sleep between the runs, as a node does between images."""
    begun, cpu_before_s = time.monotonic(), time.process_time()
    for i in range(count):
        time.sleep(max(0.0, begun + i / rate_hz - time.monotonic()))
        infer()
    return (time.process_time() - cpu_before_s) / count


ANSWERS: dict[str, Callable[..., Any]] = {'flat_out': _flat_out, 'paced_cpu': _paced_cpu}


def serve() -> None:
    """Answer questions on stdin until it is closed: the body of the other process."""
    questions = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), 'wb')
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what runtimes print is no answer

    def answer(value: Any, error: str = '') -> None:
        answers.write(_line((value, error)))
        answers.flush()

    try:
        values, shape = _read_line(questions)
        content = bytearray(questions.read(math.prod(shape)))  # as writable as a node's batch
        batch = np.frombuffer(content, np.uint8).reshape(shape)
        settings = table_of(Settings, values)
        runtime = open_network(settings, SPEC, ScreenLog(sys.stderr)).runtime
        inputs = {INPUT: batch}
        runtime.run(inputs)
        answer(None)
        while True:
            name, *args = _read_line(questions)
            answer(ANSWERS[name](lambda: runtime.run(inputs), *args))
    except MoveNetError as error:
        answer(str(error), type(error).__name__)
    except (BrokenPipeError, EOFError):
        return  # the asking process has ended


def _line(content: Any) -> bytes:
    return json.dumps(content, default=str).encode() + b'\n'


def _read_line(stream: IO[bytes]) -> Any:
    """
    Wait for a line.

    :raises EOFError: if there are no more.
    """
    line = stream.readline()
    if not line.endswith(b'\n'):
        raise EOFError
    return json.loads(line)
