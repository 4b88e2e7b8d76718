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

"""Which images are processed: enabled, asked for once, at a limited rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import time

OVERLOAD_CORES = 0.05  # that receiving takes: 0.01 at 60 Hz of 640x480, 0.12 at 300 of 1280x720
OVERLOAD_DROPPED = 0.5  # of the images
OVERLOAD_WINDOW_S = 1.0  # the system counts CPU time in steps of 10 ms

Answer = Callable[[bool, str], None]  # takes success and message


@dataclass(frozen=True)
class Request:
    """
    A request for the next image.

    :param deadline_s: on the gate's clock.
    """

    answer: Answer
    deadline_s: float


class Gate:
    """
    Decides which images of a stream are processed.

    :param clock: in seconds; it never stands still.
    """

    is_enabled = True
    """Whether images are processed for subscribers; one-shot requests are served in any case."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._requests: list[Request] = []
        self._max_rate_hz = 0.0
        self._due_s = 0.0

    @property
    def is_open(self) -> bool:
        """Return whether images may be wanted."""
        return self.is_enabled or bool(self._requests)

    def wants(self, has_subscribers: bool) -> bool:
        """Return whether images are wanted now."""
        return bool(self._requests) or (self.is_enabled and has_subscribers)

    def is_due(self, max_rate_hz: float) -> bool:
        """
        Return whether the rate allows one more image now; in the long run it is kept.

        :param max_rate_hz: 0 for no limit, which holds for one-shot requests too.
        """
        if max_rate_hz != self._max_rate_hz:
            self._max_rate_hz, self._due_s = max_rate_hz, 0.0
        if self._requests or not max_rate_hz:
            return True
        period_s = 1 / max_rate_hz
        now_s = self._clock()
        # images are never quite punctual: up to half a period early is on time
        if now_s < self._due_s - period_s / 2:
            return False
        is_punctual = now_s < self._due_s + period_s
        self._due_s = (self._due_s if is_punctual else now_s) + period_s
        return True

    def request(self, answer: Answer, timeout_s: float) -> None:
        """
        Ask for the next image, enabled or not.

        :param answer: called once.
        :param timeout_s: how long to wait for the image.
        """
        self._requests.append(Request(answer, self._clock() + timeout_s))

    def answer(self, success: bool, message: str) -> None:
        """Answer all requests."""
        requests, self._requests = self._requests, []
        for each in requests:
            each.answer(success, message)

    def expire(self, reason: str) -> None:
        """Answer the requests whose time is over, and leave the others."""
        now_s = self._clock()
        late = [each for each in self._requests if each.deadline_s < now_s]
        self._requests = [each for each in self._requests if each.deadline_s >= now_s]
        for each in late:
            each.answer(False, reason)

    def close(self, reason: str) -> None:
        """Answer all requests with a failure, and forget when the next image is due."""
        self.answer(False, reason)
        self._due_s = 0.0


class Overload:
    """
    Whether receiving images takes the processor from the one image that is being processed.

    :param receiving_s: returns the CPU time that receiving has taken so far, in seconds.
    """

    def __init__(
        self, receiving_s: Callable[[], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._receiving_s = receiving_s
        self._clock = clock
        self._since: tuple[float, float] | None = None  # when, and what it had taken then

    def cores(self, dropped_share: float) -> float:
        """
        Return how many cores receiving has taken for a second; 0 if that is no overload.

        To be called often.

        :param dropped_share: of the images that arrived lately, 0 to 1.
        """
        if dropped_share < OVERLOAD_DROPPED:
            self._since = None
            return 0.0
        now = self._clock(), self._receiving_s()
        begun_s, took_s = self._since = self._since or now
        if now[0] - begun_s < OVERLOAD_WINDOW_S:
            return 0.0
        self._since = now
        cores = (now[1] - took_s) / (now[0] - begun_s)
        return cores if cores > OVERLOAD_CORES else 0.0
