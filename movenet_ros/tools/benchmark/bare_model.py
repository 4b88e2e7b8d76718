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
The networks and nothing else, in a process of its own.

They are what a node is held against: processor time counts for a whole process, so nothing else
may run in theirs, least of all the threads of another runtime. They run as a mode runs them: image
by image the same inputs, which were recorded.

The two talk in lines of JSON. The first one, the request, is followed by the bytes of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle
from itertools import islice
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
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.movenet import INPUT
from movenet_ros.model.movenet import MultiPose
from movenet_ros.networks import Networks
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
from movenet_ros.settings import values_of
from movenet_ros.tools.benchmark.recorded_runs import Runs
from movenet_ros.tools.report import ScreenLog
import numpy as np
from numpy.typing import NDArray

Infer = Callable[[], object]
"""Runs the networks as for one image."""

PROGRAM = f'from {__name__} import serve; serve()'


class BareModel:
    """The other process, as seen from this one; made by :func:`bare_model`."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def flat_out(self, seconds: float) -> list[float]:
        """Run all images again and again; return how many seconds one took, each time."""
        return list(self.ask('flat_out', seconds))

    def paced_cpu(self, count: int, rate_hz: float) -> float:
        """
        Run images at a steady pace.

        :return: processor seconds per image, all threads, user and system.
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
def bare_model(settings: Settings, runs: Runs) -> Iterator[BareModel]:
    """
    Start the process, which ends with the ``with`` block.

    :param runs: of the images, which take turns.
    :raises MoveNetError: if a network cannot be loaded or fails.
    """
    shapes = [[(which, batch.shape) for which, batch in image] for image in runs]
    batches = b''.join(batch.tobytes() for image in runs for _, batch in image)
    command = [sys.executable, '-c', PROGRAM]
    with running(command, 0.0, stdin=PIPE, stdout=PIPE) as process:
        model = BareModel(process)
        model.ask(values_of(settings), shapes, then=batches)
        yield model


def _flat_out(images: Sequence[Infer], seconds: float) -> list[float]:
    """Time all of them together; the first time finds cold caches and does not count."""
    took_s: list[float] = []
    end = time.perf_counter() + seconds
    while len(took_s) < 2 or time.perf_counter() < end:
        begun = time.perf_counter()
        for infer in images:
            infer()
        took_s.append((time.perf_counter() - begun) / len(images))
    return took_s[1:]


def _paced_cpu(images: Sequence[Infer], count: int, rate_hz: float) -> float:
    """Sleep between them, as a node does between images."""
    begun, cpu_before_s = time.monotonic(), time.process_time()
    for i, infer in enumerate(islice(cycle(images), count)):
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
        values, shapes = _read_line(questions)
        runs = [[(which, _read_batch(questions, shape)) for which, shape in image]
                for image in shapes]
        images = _opened(table_of(Settings, values), runs)
        for infer in images:
            infer()
        answer(None)
        while True:
            name, *args = _read_line(questions)
            answer(ANSWERS[name](images, *args))
    except MoveNetError as error:
        answer(str(error), type(error).__name__)
    except (BrokenPipeError, EOFError):
        return  # the asking process has ended


def _opened(settings: Settings, runs: Runs) -> list[Infer]:
    """Open the networks that run; return for each image what runs them."""
    takes_both = any(which for image in runs for which, _ in image)
    settings = replace(settings, mode='accurate' if takes_both else 'fast')
    networks = Networks(settings, ScreenLog(sys.stderr), MultiPose)
    networks.choose(settings)
    runtimes = [each.runtime for each in (networks.first, networks.closer) if each]

    def infer(image: Sequence[tuple[int, NDArray[np.uint8]]]) -> list[Tensors]:
        return [runtimes[which].run({INPUT: batch}) for which, batch in image]

    return [partial(infer, image) for image in runs]


def _read_batch(stream: IO[bytes], shape: Sequence[int]) -> NDArray[np.uint8]:
    content = bytearray(stream.read(math.prod(shape)))  # as writable as a node's batch
    return np.frombuffer(content, np.uint8).reshape(shape)


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
