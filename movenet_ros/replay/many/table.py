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

"""What is shown while many are replayed: a line for each that has ended, bars for the others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
import sys
import time
from typing import Any

from movenet_ros.core.needs import needs
from movenet_ros.core.wording import one_line
from movenet_ros.replay.inputs import LOG
from movenet_ros.replay.many.found import DONE
from movenet_ros.replay.many.found import Row
from movenet_ros.replay.many.found import STOPPED
from movenet_ros.replay.many.lane import Progress
from movenet_ros.replay.many.tasks import Task

NAME = 40  # letters
IDLE = Progress('', 0, 0)
MOST_BARS = 8  # a cluster has more workers than a terminal has lines


class Table:
    """
    On a terminal bars and lines, in a log file lines alone; a context manager.

    :param tasks: all that are to be replayed.
    :param jobs: how many at once.
    """

    def __init__(self, tasks: Sequence[Task], jobs: int) -> None:
        self._sizes = {each.name: each.size for each in tasks}
        self._total = sum(self._sizes.values())
        self._ended = 0  # recordings
        self._size = 0  # of those that have ended, in bytes
        self._begun_s = time.monotonic()
        self._stack = ExitStack()
        self._all, *self._bars = (self._bar(i) for i in range(min(jobs, MOST_BARS) + 1))
        self._all.total = self._total
        self._all.bar_format = '{l_bar}{bar}| {elapsed}<{remaining}'

    def watch(self, progress: Sequence[Progress]) -> None:
        """Show how far the workers are."""
        size = float(self._size)
        for bar, each in zip(self._bars, [*progress, *[IDLE] * len(self._bars)]):
            name = one_line(each.name or 'waiting', NAME)
            if each.images < bar.n:  # of another recording
                bar.reset()
            bar.total, bar.n = each.total or None, each.images
            bar.set_description_str(name, refresh=False)
            bar.refresh()
        for each in progress:
            if each.total and each.name in self._sizes:
                size += self._sizes[each.name] * min(1.0, each.images / each.total)
        self._all.n = size
        self._all.set_description_str(f'{self._ended} of {len(self._sizes)}', refresh=False)
        self._all.refresh()

    def end(self, row: Row) -> None:
        """Print the line of a recording that has ended by itself."""
        if row.state == STOPPED:
            return
        self._ended += 1
        self._size += self._sizes[row.bag]
        tracks = f'{row.tracks} track{"s" * (row.tracks != 1)}'
        what = row.line if row.state != DONE else (
            f'{row.images} images, {row.images_per_s:.1f} a second, {tracks}'
        )
        LOG.info(f'{row.state:<8} {one_line(row.bag)}: {what} ({self._left()})')

    def _left(self) -> str:
        """Return how many are left, and how long they may take."""
        left = len(self._sizes) - self._ended
        spent_s = time.monotonic() - self._begun_s
        if not left or not self._size:
            return f'{left} left'
        left_s = spent_s * (self._total / self._size - 1)
        return f'{left} left, {needs("tqdm").tqdm.format_interval(left_s)}'

    def _bar(self, position: int) -> Any:
        return self._stack.enter_context(needs('tqdm').tqdm(
            position=position, unit='image', file=sys.stderr, leave=False, disable=None
        ))

    def __enter__(self) -> Table:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Remove the bars."""
        self._stack.close()
