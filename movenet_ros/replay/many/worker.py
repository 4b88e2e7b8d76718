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
The work on one recording after the other, with one model: what each process of a replay does.

It knows nothing of who gives it the work, so that a process pool here and a task of a cluster
can do the same: make a :class:`Worker`, call :meth:`Worker.replay` for each recording.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
import logging
from pathlib import Path

from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
from movenet_ros.perception import Perception
from movenet_ros.replay.inputs import opened
from movenet_ros.replay.inputs import through
from movenet_ros.replay.many.away import at_hand
from movenet_ros.replay.many.found import FAILED
from movenet_ros.replay.many.found import Row
from movenet_ros.replay.many.found import STOPPED
from movenet_ros.replay.many.manifest import Manifest
from movenet_ros.replay.many.manifest import write_manifest
from movenet_ros.replay.many.order import Opened
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.order import Outcome
from movenet_ros.replay.many.presence import Presence
from movenet_ros.replay.many.presence import row_of
from movenet_ros.replay.many.tasks import Task
from movenet_ros.replay.outputs import Outputs
from movenet_ros.replay.parameters import pose_values
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of

MOST_NOTES = 10  # of one recording


class Notes(logging.Handler):
    """
    A log that keeps what is wrong, once.

    :param say: accepts the rest; None drops it.
    """

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        super().__init__(logging.WARNING)
        self.say = say
        self.lines: list[str] = []
        self.known: tuple[str, ...] = ()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of Python's log."""
        self.warning(record.getMessage())

    def info(self, message: str) -> None:
        """Say a line, or drop it."""
        if self.say:
            self.say(message)

    def warning(self, message: str) -> None:
        """Keep a line, unless it is known."""
        if message not in self.known:
            self.lines.append(message)

    def taken(self) -> tuple[str, ...]:
        """Return the first lines, and forget all."""
        lines, self.lines = self.lines, []
        more = len(lines) - MOST_NOTES
        return (*lines[:MOST_NOTES], *([f'and {more} more such lines'] if more > 0 else []))


class Worker:
    """
    Replays one recording after the other with one model.

    :param say: accepts a line before something that takes time.
    :raises StartError: if the model or the runtime does not allow a start.
    """

    def __init__(self, order: Order, say: Callable[[str], None] | None = None) -> None:
        self._order = order
        self._notes = Notes(say)
        settings = table_of(PoseParameters, pose_values(order.args, self._notes.warning))
        self._perception = Perception(settings, self._notes, costs=order.costs)
        self._notes.say, self._notes.known = None, self._notes.taken()

    @property
    def opened(self) -> Opened:
        """Return what it has chosen."""
        info, mode = self._perception.runtime.info, self._perception.choice.mode
        device = 'gpu' if info.is_on_gpu else 'cpu'
        words = f'{replace(info, threads=0)}, mode {mode}'
        costs = self._perception.networks.costs
        return Opened(info.name, device, mode, info.threads, costs, words, self._notes.known)

    def close(self) -> None:
        """Free the model."""
        self._perception.close()

    def replay(
        self,
        task: Task,
        manifest: Manifest,
        on_image: Callable[[int], None] = lambda total: None,
        signals: Sequence[int] = (),
    ) -> Outcome:
        """
        Replay a recording; its output is there when it is whole, with its manifest.

        :param on_image: called after each image with the number of all, 0 where that is unknown.
        :param signals: as soon as there is one in it, it ends without an output.
        """
        is_last = False
        try:
            with at_hand(task.path, self._order.out_of(task)) as (recording, out):
                row = self._replayed(task, recording, out, manifest, on_image, signals)
        except MoveNetError as error:
            row = task.row(FAILED, str(error))
            is_last = isinstance(error, BackendError)
        return Outcome(row, self._notes.taken(), is_last)

    def _replayed(
        self, task: Task, recording: Path, out: Path, manifest: Manifest,
        on_image: Callable[[int], None], signals: Sequence[int],
    ) -> Row:
        order, perception, presence = self._order, self._perception, Presence()
        args = Namespace(**{**vars(order.args), 'input': recording})
        targets = replace(order.targets, bag=out)
        row = task.row()
        with opened(args, True, self._notes) as inputs:
            source = inputs.source
            if targets.markers and not source.topics_3d:
                raise StartError(f'--markers: {source.name} has no depth to place people by')
            with Outputs(targets, recording, source) as outputs:
                self._notes.lines += [*source.notes, *outputs.notes]
                perception.apply(inputs.settings)
                tally, _ = through(
                    inputs, perception, lambda items: outputs.consume(presence.items(items)),
                    lambda: on_image(source.total or 0), self._notes, signals,
                )
                if tally.is_interrupted:
                    return replace(row, state=STOPPED)
                row = row_of(row, tally, presence, not source.are_pictures, source.damage)
                with outputs.in_the_bag() as folder:
                    write_manifest(folder, manifest, row.as_dict())
                outputs.complete()
        return row
