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

"""What a node that makes something of poses has done, counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
import time
from typing import Generic
from typing import TypeVar

from movenet_ros.node.monitor import WINDOW_S

Outcome = TypeVar('Outcome')


class Tally(Generic[Outcome]):
    """
    Counts; any thread may ask.

    :param clock: in seconds; it never stands still.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._lately: deque[tuple[float, Outcome]] = deque()
        self.published = self.rejected = 0
        self.last_rejected = ''

    def restart(self) -> None:
        """Forget the last seconds; the counts stay."""
        with self._lock:
            self._lately.clear()

    def reject(self, reason: str) -> None:
        """Count a message that cannot be read."""
        self.rejected += 1
        self.last_rejected = reason

    def add(self, outcome: Outcome) -> None:
        """Count a message that was published, with what became of it."""
        with self._lock:
            self.published += 1
            self._lately.append((self._clock(), outcome))

    def lately(self) -> list[Outcome]:
        """Return what happened in the last WINDOW_S seconds."""
        with self._lock:
            oldest_s = self._clock() - WINDOW_S
            while self._lately and self._lately[0][0] < oldest_s:
                self._lately.popleft()
            return [outcome for _, outcome in self._lately]
