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
What a soak does and counts: the plan as data, the books on images, and samples of the process.

A soak is rounds of phases. In some of them the pose node is treated well, and every image has to
come back; in others it is abused, and only what comes after them has to work.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from random import Random

from movenet_ros.core.machine import PROC
from movenet_ros.core.units import NANOSECONDS
import numpy as np

Stamp = tuple[int, int]  # seconds and nanoseconds, as in a header


@dataclass(frozen=True)
class Phase:
    """
    One kind of thing that happens to a node.

    :param seconds: how long, in a soak of some minutes; switching over comes on top.
    :param leaves_fresh: the model is loaded anew in it, so that what the process holds at its end
        does not depend on the phases before.
    """

    name: str
    seconds: float
    meaning: str
    leaves_fresh: bool = False


PHASES = (
    Phase('steady', 4.0, 'one camera of 640x480'),
    Phase('sizes', 4.0, 'sizes and encodings change, rows are padded'),
    Phase('publishers', 3.0, 'cameras come and go, one or two at a time, reliable or best effort'),
    Phase('subscribers', 3.0, 'subscribers of each output come and go; at times there is none'),
    Phase('parameters', 3.0, 'parameters change, and are refused where they should be'),
    Phase('switches', 3.0, '~/enable off and on, ~/detect_once'),
    Phase('lifecycle', 3.0, 'deactivate and activate; transitions that do not exist'),
    Phase('reconfigure', 3.0, 'clean up and configure, also with a model that is not one', True),
    Phase('rubbish', 4.0, 'messages that are no images, wild stamps'),
    Phase('compressed', 3.0, 'JPEG and PNG; broken ones, and one of 100 megapixels', True),
    Phase('flood', 6.0, "another process sends at 10 times the node's rate"),
    Phase('silence', 3.0, 'nobody publishes, or another type'),
)
FRESH = [each.name for each in PHASES if each.leaves_fresh]
CALM_S = 0.7  # good images behind each phase
ROUND_S = sum(each.seconds + CALM_S for each in PHASES)


def plan(seed: int) -> Iterator[tuple[int, Phase]]:
    """
    Yield round after round of all phases, without an end.

    :return: the round, from 1 on, and the phase; the first round is in the order of PHASES.
    """
    rng, order, number = Random(seed), list(PHASES), 1
    while True:
        yield from ((number, phase) for phase in order)
        rng.shuffle(order)
        number += 1


def shortened(minutes: float) -> float:
    """Return what to multiply seconds with, so that a short soak sees every phase, too."""
    return min(1.0, 60 * minutes / ROUND_S)


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
class Flood:
    """
    One flood.

    :param asked_hz: what the source was to send.
    :param sent_hz: what it reached.
    :param poses_hz: the node's own rate meanwhile.
    :param median_periods: the age of poses on arrival, in periods of that rate.
    :param p99_periods: 99 of 100 are younger.
    :param worst_periods: the greatest one.
    :param memory_mib: what the node held soon after the beginning, and at the end.
    """

    name: str
    asked_hz: float
    sent_hz: float
    poses_hz: float = 0.0
    median_periods: float = 0.0
    p99_periods: float = 0.0
    worst_periods: float = 0.0
    memory_mib: tuple[float, float] | None = None

    @classmethod
    def of(
        cls,
        name: str,
        asked_hz: float,
        sent_hz: float,
        arrivals_s: Sequence[tuple[float, float]],
        memory_mib: tuple[float, float] | None = None,
    ) -> Flood:
        """
        Sum a flood up.

        :param arrivals_s: time of arrival and age of each message of poses, in seconds.
        """
        if len(arrivals_s) < 2:
            return cls(name, asked_hz, sent_hz)
        times_s = [time_s for time_s, _ in arrivals_s]
        rate_hz = (len(times_s) - 1) / (times_s[-1] - times_s[0])
        periods = np.array([age_s for _, age_s in arrivals_s]) * rate_hz
        return cls(
            name=name,
            asked_hz=asked_hz,
            sent_hz=sent_hz,
            poses_hz=rate_hz,
            median_periods=float(np.median(periods)),
            p99_periods=float(np.percentile(periods, 99)),
            worst_periods=float(periods.max()),
            memory_mib=memory_mib,
        )


@dataclass
class PhaseRun:
    """
    What was counted during one phase of one round.

    :param number: of the round.
    :param images: published, of any kind.
    :param good: of them, those that had to come back.
    :param lost: of those, the ones that did not.
    :param empty: good images that came back without anybody in them, although there is somebody.
    :param poses: messages that came.
    :param strange: of them, those to images that nobody had sent, or a second time.
    :param silence_s: the longest time without poses while good images were sent.
    :param waited_s: how long the node's main thread could have run and others did.
    :param errors: lines of the node's log that tell of one, and of exceptions.
    :param faults: whatever else was not as it should be, a sentence each.
    """

    name: str
    number: int
    images: int = 0
    good: int = 0
    lost: int = 0
    empty: int = 0
    poses: int = 0
    strange: int = 0
    silence_s: float = 0.0
    waited_s: float = 0.0
    errors: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    flood: Flood | None = None
    sample: ProcessSample | None = None


class Ledger:
    """Holds what was sent against what comes back, by the stamp; all times are monotonic."""

    def __init__(self) -> None:
        self.runs: list[PhaseRun] = []
        self.latencies_s: list[float] = []  # of good images
        self.run = PhaseRun('start', 0)
        self.newest_answered_s = 0.0  # when the newest image was sent that came back
        self._sent: dict[Stamp, tuple[float, bool, bool]] = {}  # when, is it good, shows people
        self._answered: set[Stamp] = set()
        self._good_missing: set[Stamp] = set()
        self._heard_s: float | None = None  # while silence counts

    def begin(self, name: str, number: int) -> PhaseRun:
        """Begin a phase; stamps of earlier ones are forgotten by the next but one."""
        self._sent = dict(list(self._sent.items())[-100:])
        self._answered &= set(self._sent)
        self.run = PhaseRun(name, number)
        self.runs.append(self.run)
        return self.run

    def send(self, stamp: Stamp, now_s: float, good: bool, people: bool = False) -> None:
        """
        Enter an image.

        :param good: it has to come back.
        :param people: with somebody in it.
        """
        self._sent[stamp] = now_s, good, people
        self._answered.discard(stamp)
        self.run.images += 1
        if good:
            self.run.good += 1
            self._good_missing.add(stamp)

    def arrive(self, stamp: Stamp, now_s: float, people: int) -> None:
        """
        Enter poses.

        :param people: how many are in them.
        """
        self.run.poses += 1
        self._hear(now_s)
        if stamp not in self._sent or stamp in self._answered:
            self.run.strange += 1
            return
        self._answered.add(stamp)
        sent_s, good, has_people = self._sent[stamp]
        self.newest_answered_s = max(self.newest_answered_s, sent_s)
        if good:
            self._good_missing.discard(stamp)
            self.latencies_s.append(now_s - sent_s)
            self.run.empty += has_people and not people

    def is_settled(self, ended_s: float) -> bool:
        """
        Tell whether every good image has come back, or will not any more.

        :param ended_s: whatever was sent later is not good; the node keeps the order.
        """
        return not self._good_missing or self.newest_answered_s >= ended_s

    def settle(self) -> None:
        """Give up what has not come back by now."""
        self.run.lost += len(self._good_missing)
        self._good_missing.clear()

    def listen(self, now_s: float | None) -> None:
        """Let silence count from now on, or, with None, no more."""
        self._heard_s = now_s

    def check_silence(self, now_s: float) -> None:
        """Count the silence that lasts."""
        if self._heard_s is not None:
            self.run.silence_s = max(self.run.silence_s, now_s - self._heard_s)

    def _hear(self, now_s: float) -> None:
        self.check_silence(now_s)
        if self._heard_s is not None:
            self._heard_s = now_s
