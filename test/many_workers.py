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

"""Workers without a model, for processes that tests of a replay of many start, and a driver."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import ExitStack
import os
from pathlib import Path
import signal
import sys
import time
from typing import Any
from typing import cast

from movenet_ros.replay.many.circumstances import version
from movenet_ros.replay.many.found import STOPPED
from movenet_ros.replay.many.lane import Work
from movenet_ros.replay.many.manifest import Manifest
from movenet_ros.replay.many.order import Opened
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.order import Outcome
from movenet_ros.replay.many.pool import Pool
from movenet_ros.replay.many.process import MakeWorker
from movenet_ros.replay.many.tasks import Task
from movenet_ros.replay.unfinished import Unfinished

POLL_S = 0.005


class FakeWorker:
    """Writes its process's number into a file of each recording, once."""

    opened = Opened('onnxruntime', 'cpu', 'fast', 1, None, 'no model')

    def __init__(self, order: Order, say: Callable[[str], None] | None) -> None:
        self._order = order

    def close(self) -> None:
        """Free nothing."""

    def replay(
        self, task: Task, manifest: Manifest, on_image: Callable[[int], None],
        signals: Sequence[int],
    ) -> Outcome:
        """Replay a recording."""
        with ExitStack() as stack:
            file = stack.enter_context(Unfinished(self._order.out_of(task), overwrite=False))
            file.path.write_text(str(os.getpid()))
            on_image(1)
            if not self.work(task, signals):
                return Outcome(task.row(STOPPED))
            file.complete()
        return Outcome(task.row())

    def work(self, task: Task, signals: Sequence[int]) -> bool:
        """Return whether it comes to an end."""
        return True


class DyingWorker(FakeWorker):
    """Is killed half way through recordings named ``dies``; through ``once``, the first time."""

    def work(self, task: Task, signals: Sequence[int]) -> bool:
        """Return whether it comes to an end."""
        tried = self._order.out_of(task).with_suffix('.tried')
        if task.name == 'dies' or task.name == 'once' and not tried.exists():
            tried.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return True


class WaitingWorker(FakeWorker):
    """Works until a signal comes."""

    def work(self, task: Task, signals: Sequence[int]) -> bool:
        """Return whether it comes to an end."""
        print('works', flush=True)
        while not signals:
            time.sleep(POLL_S)
        return False


def pool_of(folder: Path, make: MakeWorker, tell: Callable[[str], None], jobs: int) -> Pool:
    """Return workers that write into a folder."""
    order = Order(Namespace(params_file=None), cast(Any, None), folder)
    return Pool(order, jobs, 1, make, tell)


def works_of(*names: str) -> list[Work]:
    """Return recordings that are not there."""
    return [(Task(each, Path(each), 1), Manifest(version(), '', '', '')) for each in names]


if __name__ == '__main__':  # a driver, until it is killed
    with pool_of(Path(sys.argv[1]), WaitingWorker, print, 2) as waiting:
        list(waiting.outcomes(works_of('a', 'b', 'c'), lambda progress: None, []))
