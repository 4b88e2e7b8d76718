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
Whose image is next, where several cameras share one model and one thread.

Of the cameras of which an image waits, the one whose last turn is longest ago is next: in an
overload all have the same share, and one that sends less than its share loses nothing. Where the
newest image that has waited longest is next instead, of two cameras of one rate that is always one
of the camera that sends a moment earlier, and the other one starves. The executor's own rounds do
for two cameras; of 30, 30, 30 and 10 Hz on a model of 45 Hz, the slow one would lose half.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Taker(Protocol):
    """What has turns: :class:`movenet_ros.node.stream.Stream`."""

    def take(self, message: bytes) -> bool:
        """Process an image, or return False where it need not be."""


class Turns:
    """
    One place for each camera: what waits in it gives way to what comes later.

    :param wake: has :meth:`give` called soon, once all that has arrived until then is put.
    """

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        self._waiting: dict[Taker, bytes] = {}
        self._served: list[Taker] = []  # the one whose turn is longest ago first

    def put(self, taker: Taker, message: bytes) -> bool:
        """Have an image wait; return whether one gave way to it."""
        is_new = taker not in self._waiting
        self._waiting[taker] = message
        if taker not in self._served:
            self._served.insert(0, taker)
        self._wake()
        return not is_new

    def give(self) -> None:
        """Have the next image processed."""
        for taker in [*self._served]:
            if taker in self._waiting and taker.take(self._waiting.pop(taker)):
                self._served.remove(taker)
                self._served.append(taker)
                break
        if self._waiting:
            self._wake()

    def forget(self, taker: Taker) -> None:
        """Forget the image that waits."""
        self._waiting.pop(taker, None)
