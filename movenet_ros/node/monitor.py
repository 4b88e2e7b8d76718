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

"""What is done with images: counts since the start, rates and times over the last seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import mean
from statistics import median
from threading import Lock
import time
from typing import NamedTuple

WINDOW_S = 5.0
SETTLED_S = 7.5  # until then the window may reach back to before an image could be received


class Work(NamedTuple):
    """
    What was done about an image.

    :param people: found in it.
    :param refined: of these, who were looked at closely.
    :param detection_s: that the network took that finds people.
    :param refinement_s: that the network took that looks closer.
    :param other_s: that all else took, from the message to the poses.
    :param budget_used: its cost by the table, in averages of a stream; None without a budget.
    """

    people: int = 0
    refined: int = 0
    detection_s: float = 0.0
    refinement_s: float = 0.0
    other_s: float = 0.0
    budget_used: float | None = None


@dataclass(frozen=True)
class Activity:
    """
    The counts since the start, and what happened in the last WINDOW_S seconds.

    :param arrived: images, with those that were dropped.
    :param dropped: images that gave way to newer ones, or were lost on the way.
    :param rejected: images that cannot be read, or on which the model failed.
    :param last_rejected: why, of the latest; empty if there was none.
    :param throttled: images that max_rate_hz held back.
    :param processed: images whose people were found.
    :param people: in the latest image.
    :param arriving_hz: images per second, with those that were dropped.
    :param processed_hz: images per second.
    :param dropped_share: of the images that arrived lately, 0 to 1.
    :param rejected_lately: images.
    :param latencies_ms: from the stamp of an image to its poses, median and greatest; None where
        nothing was processed lately.
    :param inferences_ms: that the networks took, the same way.
    :param stages_ms: of an image: detection, refinement and all else, on the average.
    :param refined: people who were looked at closely in an image, on the average.
    :param budget_used: share of what refine.budget_ms allows on the average.
    :param is_settled: whether that was long enough ago for rates to be judged.
    :param busy_s: for how long the image in work has been processed; 0 if none is.
    """

    arrived: int
    dropped: int
    rejected: int
    last_rejected: str
    throttled: int
    processed: int
    people: int
    arriving_hz: float
    processed_hz: float
    dropped_share: float
    rejected_lately: int
    latencies_ms: tuple[float, float] | None
    inferences_ms: tuple[float, float] | None
    stages_ms: tuple[float, ...] | None
    refined: float | None
    budget_used: float | None
    is_settled: bool
    busy_s: float


class Monitor:
    """
    Counts; any thread may ask.

    :param clock: in seconds; it never stands still.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._arrived = self._dropped = self._rejected = self._throttled = self._processed = 0
        self._last_rejected = ''
        self._people = 0
        self._busy_since_s: float | None = None
        self._arrivals: deque[float] = deque()
        self._drops: deque[tuple[float, int]] = deque()  # when, and how many
        self._rejections: deque[float] = deque()
        # when, latency, and what was done
        self._results: deque[tuple[float, float | None, Work]] = deque()
        self.restart()

    def restart(self) -> None:
        """Forget the last seconds, as after a pause; the counts stay."""
        with self._lock:
            self._begun_s = self._clock()
            self._arrivals.clear()
            self._drops.clear()
            self._rejections.clear()
            self._results.clear()

    def arrive(self) -> None:
        """Count an image that arrived."""
        with self._lock:
            self._arrived += 1
            self._arrivals.append(self._clock())
            self._forget()

    def drop(self, count: int) -> None:
        """Count images that never arrived."""
        with self._lock:
            self._arrived += count
            self._dropped += count
            self._drops.append((self._clock(), count))
            self._forget()

    def throttle(self) -> None:
        """Count an image that is not processed because of max_rate_hz."""
        with self._lock:
            self._throttled += 1

    @contextmanager
    def working(self) -> Iterator[None]:
        """Note that an image is in work."""
        self._busy_since_s = self._clock()
        try:
            yield
        finally:
            self._busy_since_s = None

    def reject(self, reason: str) -> None:
        """Count an image that could not be processed."""
        with self._lock:
            self._rejected += 1
            self._last_rejected = reason
            self._rejections.append(self._clock())
            self._forget()

    def finish(self, latency_s: float | None, work: Work) -> None:
        """
        Count an image that was processed.

        :param latency_s: None where its stamp does not tell.
        """
        with self._lock:
            self._processed += 1
            self._people = work.people
            self._results.append((self._clock(), latency_s, work))
            self._forget()

    def activity(self) -> Activity:
        """Return what happened."""
        with self._lock:
            self._forget()
            window_s = min(WINDOW_S, max(self._clock() - self._begun_s, 1.0))
            dropped = sum(count for _, count in self._drops)
            arrived = len(self._arrivals) + dropped
            busy_since_s = self._busy_since_s
            is_settled = self._clock() - self._begun_s > SETTLED_S
            done = [work for _, _, work in self._results]
            stages_s = [(each.detection_s, each.refinement_s, each.other_s) for each in done]
            used = [each.budget_used for each in done if each.budget_used is not None]
            return Activity(
                is_settled=is_settled,
                arrived=self._arrived,
                dropped=self._dropped,
                rejected=self._rejected,
                last_rejected=self._last_rejected,
                throttled=self._throttled,
                processed=self._processed,
                people=self._people,
                arriving_hz=arrived / window_s,
                processed_hz=len(self._results) / window_s,
                dropped_share=dropped / arrived if arrived else 0.0,
                rejected_lately=len(self._rejections),
                latencies_ms=_summary([each for _, each, _ in self._results if each is not None]),
                inferences_ms=_summary([each.detection_s + each.refinement_s for each in done]),
                stages_ms=tuple(1e3 * mean(each) for each in zip(*stages_s)) or None,
                refined=mean(each.refined for each in done) if done else None,
                budget_used=mean(used) if used else None,
                busy_s=0.0 if busy_since_s is None else self._clock() - busy_since_s,
            )

    def _forget(self) -> None:
        """Forget what is longer ago than WINDOW_S."""
        oldest_s = self._clock() - WINDOW_S
        while self._arrivals and self._arrivals[0] < oldest_s:
            self._arrivals.popleft()
        while self._drops and self._drops[0][0] < oldest_s:
            self._drops.popleft()
        while self._rejections and self._rejections[0] < oldest_s:
            self._rejections.popleft()
        while self._results and self._results[0][0] < oldest_s:
            self._results.popleft()


def _summary(times_s: list[float]) -> tuple[float, float] | None:
    """Return median and greatest in milliseconds."""
    return (1e3 * median(times_s), 1e3 * max(times_s)) if times_s else None
