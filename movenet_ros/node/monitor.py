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

"""What a node has done lately: counts since its start, rates and times over the last seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from threading import Lock
import time

WINDOW_S = 5.0
SETTLED_S = 7.5  # until then the window may reach back to where nobody could hear an image


@dataclass(frozen=True)
class Activity:
    """
    The counts since the start, and what happened in the last WINDOW_S seconds.

    :param arrived: images, with those that were dropped.
    :param dropped: images that gave way to newer ones, or were lost on the way.
    :param refused: images that are none, or on which the model failed.
    :param last_refused: why, of the latest; empty if there was none.
    :param left_out: images that max_rate_hz leaves out.
    :param processed: images whose people were found.
    :param people: in the latest image.
    :param arriving_hz: images per second, with those that were dropped.
    :param processed_hz: images per second.
    :param dropped_share: of the images that arrived lately, 0 to 1.
    :param refused_lately: images.
    :param latencies_ms: from the stamp of an image to its poses' leaving, median and greatest;
        None where nothing was processed lately.
    :param inferences_ms: that the model took, the same way.
    :param is_settled: whether that was long enough ago for rates to be judged.
    :param busy_s: for how long it has been at the image that it is working on; 0 if at none.
    """

    arrived: int
    dropped: int
    refused: int
    last_refused: str
    left_out: int
    processed: int
    people: int
    arriving_hz: float
    processed_hz: float
    dropped_share: float
    refused_lately: int
    latencies_ms: tuple[float, float] | None
    inferences_ms: tuple[float, float] | None
    is_settled: bool
    busy_s: float


class Monitor:
    """
    Keeps count; any thread may ask.

    :param clock: in seconds; it never stands still.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._arrived = self._dropped = self._refused = self._left_out = self._processed = 0
        self._last_refused = ''
        self._people = 0
        self._busy_since_s: float | None = None
        self._arrivals: deque[tuple[float, int]] = deque()  # when, and how many were dropped
        self._refusals: deque[float] = deque()
        # when, latency, inference
        self._results: deque[tuple[float, float | None, float]] = deque()
        self.restart()

    def restart(self) -> None:
        """Forget the last seconds, as after a pause; the counts stay."""
        with self._lock:
            self._begun_s = self._clock()
            self._arrivals.clear()
            self._refusals.clear()
            self._results.clear()

    def arrive(self, dropped: int = 0) -> None:
        """
        Count an image that arrived.

        :param dropped: how many before it never did.
        """
        with self._lock:
            self._arrived += 1 + dropped
            self._dropped += dropped
            self._arrivals.append((self._clock(), dropped))
            self._forget()

    def begin(self) -> None:
        """Note that the work on an image begins."""
        self._busy_since_s = self._clock()

    def end(self) -> None:
        """Note that it ends, in whatever way."""
        self._busy_since_s = None

    def leave_out(self) -> None:
        """Count an image that is not processed, because that was asked for."""
        with self._lock:
            self._left_out += 1

    def drop(self) -> None:
        """Count an image that arrived, and gave way to newer ones after all."""
        with self._lock:
            self._dropped += 1

    def refuse(self, reason: str) -> None:
        """Count an image that could not be processed."""
        with self._lock:
            self._refused += 1
            self._last_refused = reason
            self._refusals.append(self._clock())
            self._forget()

    def process(self, latency_s: float | None, inference_s: float, people: int) -> None:
        """
        Count an image that was processed.

        :param latency_s: None where its stamp does not tell.
        """
        with self._lock:
            self._processed += 1
            self._people = people
            self._results.append((self._clock(), latency_s, inference_s))
            self._forget()

    def activity(self) -> Activity:
        """Say what happened."""
        with self._lock:
            self._forget()
            window_s = min(WINDOW_S, max(self._clock() - self._begun_s, 1.0))
            dropped = sum(each for _, each in self._arrivals)
            arrived = len(self._arrivals) + dropped
            busy_since_s = self._busy_since_s
            is_settled = self._clock() - self._begun_s > SETTLED_S
            return Activity(
                is_settled=is_settled,
                arrived=self._arrived,
                dropped=self._dropped,
                refused=self._refused,
                last_refused=self._last_refused,
                left_out=self._left_out,
                processed=self._processed,
                people=self._people,
                arriving_hz=arrived / window_s,
                processed_hz=len(self._results) / window_s,
                dropped_share=dropped / arrived if arrived else 0.0,
                refused_lately=len(self._refusals),
                latencies_ms=_summary([each for _, each, _ in self._results if each is not None]),
                inferences_ms=_summary([inference for _, _, inference in self._results]),
                busy_s=0.0 if busy_since_s is None else self._clock() - busy_since_s,
            )

    def _forget(self) -> None:
        """Let go of what is longer ago than WINDOW_S."""
        oldest_s = self._clock() - WINDOW_S
        while self._arrivals and self._arrivals[0][0] < oldest_s:
            self._arrivals.popleft()
        while self._refusals and self._refusals[0] < oldest_s:
            self._refusals.popleft()
        while self._results and self._results[0][0] < oldest_s:
            self._results.popleft()


def _summary(times_s: list[float]) -> tuple[float, float] | None:
    """Return median and greatest in milliseconds."""
    return (1e3 * median(times_s), 1e3 * max(times_s)) if times_s else None
