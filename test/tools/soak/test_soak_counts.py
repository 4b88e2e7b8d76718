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

"""The plan of a soak and its counts."""

from __future__ import annotations

from itertools import islice
import subprocess
import sys

from movenet_ros.tools.soak.counts import Counts
from movenet_ros.tools.soak.counts import Overload
from movenet_ros.tools.soak.plan import PHASES
from movenet_ros.tools.soak.plan import plan
from movenet_ros.tools.soak.plan import ROUND_S
from movenet_ros.tools.soak.plan import shortened
import pytest

A, B, C = (1, 1), (1, 2), (2, 0)


def test_each_round_has_every_phase_once() -> None:
    steps = list(islice(plan(3), 3 * len(PHASES)))
    for i in range(3):
        mine = steps[i * len(PHASES):(i + 1) * len(PHASES)]
        assert {number for number, _ in mine} == {i + 1}
        assert {phase for _, phase in mine} == {*PHASES}


def test_the_first_round_is_in_order() -> None:
    assert [phase for _, phase in islice(plan(3), len(PHASES))] == list(PHASES)


def test_a_seed_repeats_the_plan() -> None:
    first, again, other = (list(islice(plan(seed), 60)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_a_short_soak_is_shortened_to_one_round() -> None:
    assert shortened(0.5) * ROUND_S == pytest.approx(30)
    assert shortened(10) == 1


SAMPLES = """
import mmap, os
from threading import Event, Thread
from movenet_ros.tools.soak.counts import ProcessSample
before = ProcessSample.of(os.getpid())
done = Event()
Thread(target=done.wait).start()
os.pipe()
ballast = mmap.mmap(-1, 64 << 20)
ballast.write(b'x' * (64 << 20))
after = ProcessSample.of(os.getpid())
done.set()
print(
    after.threads - before.threads, after.files - before.files,
    32 < after.memory_mib - before.memory_mib < 128, after.waited_s >= before.waited_s,
)
"""


@pytest.mark.process
def test_a_sample_is_of_the_process() -> None:
    """In a process of its own, where nothing else takes memory or threads."""
    run = subprocess.run([sys.executable, '-c', SAMPLES], capture_output=True, text=True)
    assert run.stdout.split() == ['1', '2', 'True', 'True'], run.stderr


def test_an_overload_is_judged_by_the_rate_of_its_poses() -> None:
    overload = Overload('640x480', 300.0, 290.0)
    overload.summarise([(10.0 + 0.1 * i, 0.25 if i == 5 else 0.15) for i in range(11)])
    assert overload.poses_hz == pytest.approx(10.0)
    assert overload.worst_periods == pytest.approx(2.5)
    assert overload.median_periods == pytest.approx(1.5)
    assert 1.5 < overload.p99_periods < 2.5


def test_an_overload_without_poses() -> None:
    overload = Overload('640x480', 300.0, 290.0)
    overload.summarise([])
    assert overload.poses_hz == 0


@pytest.fixture
def counts() -> Counts:
    """Give the counts of a first phase."""
    counts = Counts()
    counts.begin('steady', 1)
    return counts


def test_good_images_whose_poses_come(counts: Counts) -> None:
    counts.send(A, 1.0, good=True, people=True)
    assert not counts.is_settled(1.2)
    counts.receive(A, 1.5, people=2)
    assert counts.is_settled(1.2)
    counts.settle()
    run = counts.run
    assert (run.images, run.good, run.poses) == (1, 1, 1)
    assert (run.lost, run.empty, run.unexpected) == (0, 0, 0)
    assert counts.latencies_s == [0.5]
    assert counts.newest_answered_s == 1.0


def test_a_good_image_without_poses_is_lost_once(counts: Counts) -> None:
    counts.send(A, 1.0, good=True)
    counts.send(B, 1.1, good=True)
    counts.receive(B, 1.2, people=0)
    counts.settle()
    counts.settle()
    assert counts.run.lost == 1


def test_poses_that_are_overtaken_do_not_come_any_more(counts: Counts) -> None:
    counts.send(A, 1.0, good=True)
    counts.send(B, 1.5, good=False)
    assert not counts.is_settled(1.4)
    counts.receive(B, 1.6, people=0)
    assert counts.is_settled(1.4)
    counts.settle()
    assert counts.run.lost == 1


def test_other_images_may_be_lost(counts: Counts) -> None:
    counts.send(A, 1.0, good=False)
    assert counts.is_settled(1.2)
    counts.settle()
    assert (counts.run.images, counts.run.good, counts.run.lost) == (1, 0, 0)


@pytest.mark.parametrize(
    ('has_people', 'found', 'empty'), [(True, 0, 1), (True, 1, 0), (False, 0, 0)]
)
def test_a_person_has_to_be_found(
    has_people: bool, found: int, empty: int, counts: Counts
) -> None:
    counts.send(A, 1.0, good=True, people=has_people)
    counts.receive(A, 1.1, people=found)
    assert counts.run.empty == empty


def test_poses_for_images_that_were_not_sent_are_unexpected(counts: Counts) -> None:
    counts.send(A, 1.0, good=True)
    counts.receive(B, 1.1, people=1)
    counts.receive(A, 1.1, people=1)
    counts.receive(A, 1.2, people=1)  # again
    assert counts.run.unexpected == 2


def test_a_stamp_may_be_sent_again(counts: Counts) -> None:
    for _ in range(2):
        counts.send(A, 1.0, good=False)
        counts.receive(A, 1.1, people=1)
    assert counts.run.unexpected == 0


def test_an_answer_may_come_in_the_next_phase(counts: Counts) -> None:
    counts.send(A, 1.0, good=False)
    counts.begin('overload', 1)
    counts.receive(A, 1.1, people=1)
    assert counts.run.unexpected == 0
    assert [run.name for run in counts.runs] == ['steady', 'overload']


def test_the_longest_silence_counts(counts: Counts) -> None:
    counts.check_silence(5.0)
    counts.send(A, 5.0, good=True)
    counts.send(B, 5.0, good=True)
    counts.send(C, 5.0, good=True)
    counts.count_silence(10.0)
    counts.receive(A, 10.5, people=1)
    counts.receive(B, 11.25, people=1)
    counts.check_silence(11.5)
    counts.count_silence(None)
    counts.receive(C, 20.0, people=1)
    assert counts.run.silence_s == 0.75


def test_a_silence_that_lasts_counts(counts: Counts) -> None:
    counts.count_silence(10.0)
    counts.check_silence(13.0)
    assert counts.run.silence_s == 3.0
