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

"""What a soak counts: images and poses by timestamp, and what the node's process holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

from movenet_ros.core.machine import PROC
from movenet_ros.core.units import NANOSECONDS
import numpy as np

if TYPE_CHECKING:  # it needs rclpy, which --help need not wait for
    from movenet_ros.tools.harness import Stamp


@dataclass(frozen=True)
class ProcessSample:
    """
    What a process holds at one moment; source: proc(5).

    :param memory_mib: resident.
    :param files: open file descriptors.
    :param waited_s: since its start, how long its main thread could have run and others did.
    """

    memory_mib: float
    threads: int
    files: int
    waited_s: float

    @classmethod
    def of(cls, pid: int) -> ProcessSample:
        """
        Look at a process.

        :raises OSError: if there is none (any more).
        """
        folder = PROC / str(pid)
        lines = (folder / 'status').read_text().splitlines()
        status = dict(line.split(':', 1) for line in lines)
        files = sum(1 for _ in (folder / 'fd').iterdir())
        memory_mib = int(status.get('VmRSS', '0').split()[0]) / 1024  # 0: it is just ending
        try:
            waited_s = int((folder / 'schedstat').read_text().split()[1]) / NANOSECONDS
        except FileNotFoundError:  # some kernels do not count it
            waited_s = 0.0
        return cls(memory_mib, int(status['Threads']), files, waited_s)


@dataclass
class Overload:
    """
    One overload.

    :param asked_hz: what the source was to send.
    :param sent_hz: what it reached.
    :param poses_hz: the node's own rate meanwhile.
    :param median_periods: the age of poses on arrival, in periods of that rate.
    :param p99_periods: 99 of 100 are younger.
    :param worst_periods: the greatest one.
    :param memory_mib: of the node, soon after the beginning and at the end.
    """

    name: str
    asked_hz: float
    sent_hz: float
    poses_hz: float = 0.0
    median_periods: float = 0.0
    p99_periods: float = 0.0
    worst_periods: float = 0.0
    memory_mib: tuple[float, float] = (0.0, 0.0)

    def summarise(self, arrivals_s: Sequence[tuple[float, float]]) -> None:
        """
        Compute rate and ages.

        :param arrivals_s: time of arrival and age of each message of poses, in seconds.
        """
        if len(arrivals_s) < 2:
            return
        times_s = [time_s for time_s, _ in arrivals_s]
        self.poses_hz = (len(times_s) - 1) / (times_s[-1] - times_s[0])
        periods = np.array([age_s for _, age_s in arrivals_s]) * self.poses_hz
        self.median_periods = float(np.median(periods))
        self.p99_periods = float(np.percentile(periods, 99))
        self.worst_periods = float(periods.max())


@dataclass
class PhaseRun:
    """
    What was counted during one phase of one round.

    :param number: of the round.
    :param images: published, of any kind.
    :param good: of them, those whose poses have to come.
    :param lost: of those, the ones whose poses did not come.
    :param empty: good images with people in which none was found.
    :param poses: messages received.
    :param unexpected: of them, those for images that were not sent, or a second time.
    :param silence_s: the longest time without poses while good images were sent.
    :param waited_s: how long the node's main thread could have run and others did.
    :param errors: lines of the node's log with an error or an exception.
    :param faults: whatever else was wrong, a sentence each.
    """

    name: str
    number: int
    images: int = 0
    good: int = 0
    lost: int = 0
    empty: int = 0
    poses: int = 0
    unexpected: int = 0
    silence_s: float = 0.0
    waited_s: float = 0.0
    errors: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    overload: Overload | None = None
    sample: ProcessSample | None = None


class Counts:
    """Compares images sent with poses received, by timestamp; all times are monotonic."""

    def __init__(self) -> None:
        self.runs: list[PhaseRun] = []
        self.latencies_s: list[float] = []  # of good images
        self.run = PhaseRun('start', 0)
        self.newest_answered_s = 0.0  # when the newest image was sent whose poses have come
        self._sent: dict[Stamp, tuple[float, bool, bool]] = {}  # when, is it good, shows people
        self._answered: set[Stamp] = set()
        self._missing: set[Stamp] = set()  # good images
        self._silent_since_s: float | None = None

    def begin(self, name: str, number: int) -> PhaseRun:
        """Begin a phase; stamps of earlier ones are forgotten by the next but one."""
        self._sent = dict(list(self._sent.items())[-100:])
        self._answered &= set(self._sent)
        self.run = PhaseRun(name, number)
        self.runs.append(self.run)
        return self.run

    def send(self, stamp: Stamp, now_s: float, good: bool, people: bool = False) -> None:
        """
        Count an image.

        :param good: its poses have to come.
        :param people: whether they have to hold a person.
        """
        self._sent[stamp] = now_s, good, people
        self._answered.discard(stamp)
        self.run.images += 1
        if good:
            self.run.good += 1
            self._missing.add(stamp)

    def receive(self, stamp: Stamp, now_s: float, people: int) -> None:
        """
        Count a message of poses.

        :param people: how many are in it.
        """
        self.run.poses += 1
        self.check_silence(now_s)
        if self._silent_since_s is not None:
            self._silent_since_s = now_s
        if stamp not in self._sent or stamp in self._answered:
            self.run.unexpected += 1
            return
        self._answered.add(stamp)
        sent_s, good, has_people = self._sent[stamp]
        self.newest_answered_s = max(self.newest_answered_s, sent_s)
        if good:
            self._missing.discard(stamp)
            self.latencies_s.append(now_s - sent_s)
            self.run.empty += has_people and not people

    def is_settled(self, ended_s: float) -> bool:
        """
        Return whether the poses of every good image have come, or will not come any more.

        :param ended_s: images sent later are not good; the node keeps the order.
        """
        return not self._missing or self.newest_answered_s >= ended_s

    def settle(self) -> None:
        """Count as lost what has not come by now."""
        self.run.lost += len(self._missing)
        self._missing.clear()

    def count_silence(self, since_s: float | None) -> None:
        """Count time without poses from a time on, or, with None, no more."""
        self._silent_since_s = since_s

    def check_silence(self, now_s: float) -> None:
        """Count a silence that lasts."""
        if self._silent_since_s is not None:
            self.run.silence_s = max(self.run.silence_s, now_s - self._silent_since_s)
