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
Measure how long things take on a machine that other programs use too.

What is compared takes turns in short blocks, so that a busy spell of the machine falls on all of
it; a slow run now and then changes neither medians nor 95th percentiles much.
"""

from __future__ import annotations

from collections import defaultdict
from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import time

Label = tuple[str, str]  # whose, and which part of it
Parts = Callable[[], Iterator[Label]]
"""Do the work once, and yield the label of each part when it is done."""

Contender = Callable[[], Iterator[tuple[Label, float]]]
"""Do the work once, and yield each part's label and how many seconds it took."""

BLOCK_RUNS = 8  # of whole cycles of mode balanced; the one that does not count is each in turn
MIN_ROUNDS = 3
PAUSE_S = 0.05  # runtimes let their threads spin for a while; they are asleep by then


def take_turns(contenders: Sequence[Contender], seconds: float) -> dict[Label, list[float]]:
    """
    Run contenders in turns until the time is over, three rounds at least.

    A round is a block of runs of each; the next round begins with another one. The first run of
    a block finds cold caches and does not count.

    :return: seconds that each part took, run by run.
    """
    samples: defaultdict[Label, list[float]] = defaultdict(list)
    turns = deque(contenders)
    end = time.monotonic() + seconds
    rounds = 0
    while rounds < MIN_ROUNDS or time.monotonic() < end:
        for contender in turns:
            time.sleep(PAUSE_S)
            for run in range(BLOCK_RUNS + 1):
                for label, took_s in contender():
                    if run:
                        samples[label].append(took_s)
        turns.rotate(-1)
        rounds += 1
    return dict(samples)


def timed(parts: Parts) -> Contender:
    """Return a contender that times each part."""

    def run() -> Iterator[tuple[Label, float]]:
        begun = time.perf_counter()
        for label in parts():
            took_s = time.perf_counter() - begun
            yield label, took_s
            begun = time.perf_counter()

    return run
