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

"""Which images are processed, by a clock that the tests turn."""

from __future__ import annotations

from typing import Any

from movenet_ros.node.gate import Gate
from movenet_ros.node.gate import Overload
from movenet_ros.node.gate import OVERLOAD_CORES
import pytest

Answers = list[tuple[bool, str]]


@pytest.fixture
def gate(clock: Any) -> Gate:
    """Give a gate that goes by the clock."""
    return Gate(clock)


def asked(gate: Gate, timeout_s: float = 5.0) -> Answers:
    """Make a one-shot request; return what will have its answers."""
    answers: Answers = []
    gate.request(lambda *answer: answers.append(answer), timeout_s)
    return answers


@pytest.mark.parametrize('enabled', [True, False])
@pytest.mark.parametrize('subscribers', [True, False])
def test_images_are_wanted_by_subscribers_of_an_enabled_node(
    enabled: bool, subscribers: bool, gate: Gate
) -> None:
    gate.is_enabled = enabled
    assert gate.wants(subscribers) == (enabled and subscribers)
    assert gate.is_open == enabled


@pytest.mark.parametrize('enabled', [True, False])
def test_a_request_wants_one_image_in_any_case(enabled: bool, gate: Gate) -> None:
    gate.is_enabled = enabled
    answers = asked(gate)
    assert gate.wants(False) and gate.is_open
    gate.answer(True, 'done')
    assert answers == [(True, 'done')]
    assert not gate.wants(False) and gate.is_open == enabled


def test_one_image_answers_all_requests_once(gate: Gate) -> None:
    answers = asked(gate) + asked(gate)
    several = [asked(gate) for _ in range(3)]
    gate.answer(True, 'first')
    gate.answer(True, 'second')
    assert several == [[(True, 'first')]] * 3 and not answers


def test_each_request_has_a_deadline_of_its_own(gate: Gate, clock: Any) -> None:
    """The late one takes the other one not with it (H3)."""
    first = asked(gate, 2.0)
    clock.now_s += 1.8
    second = asked(gate, 2.0)
    clock.now_s += 0.3
    gate.expire('no image')
    assert (first, second) == ([(False, 'no image')], [])
    clock.now_s += 1.6
    gate.expire('too soon')
    assert second == [] and gate.wants(False)
    clock.now_s += 0.2
    gate.expire('no image')
    assert second == [(False, 'no image')] and not gate.wants(False)


def test_closed_it_forgets_requests_and_rate(gate: Gate) -> None:
    """But not whether it is enabled, which a user has set."""
    gate.is_enabled = False
    assert gate.is_due(0.001) and not gate.is_due(0.001)
    answers = asked(gate)
    gate.close('inactive')
    assert answers == [(False, 'inactive')]
    assert gate.is_due(0.001) and not gate.is_enabled


def processed(gate: Gate, clock: Any, arrivals_s: list[float], max_rate_hz: float) -> list[float]:
    """Return which of the images that arrive at some times are due."""
    due: list[float] = []
    begun_s = clock.now_s
    for arrival_s in arrivals_s:
        clock.now_s = begun_s + arrival_s
        if gate.is_due(max_rate_hz):
            due.append(arrival_s)
    return due


def test_without_a_limit_every_image_is_due(gate: Gate, clock: Any) -> None:
    arrivals_s = [i / 1000 for i in range(50)]
    assert processed(gate, clock, arrivals_s, 0.0) == arrivals_s


@pytest.mark.parametrize('max_rate_hz', [1.0, 7.0, 10.0, 29.0])
def test_the_rate_is_kept_in_the_long_run(gate: Gate, clock: Any, max_rate_hz: float) -> None:
    """Of a camera that is never quite punctual."""
    arrivals_s = [i / 30 + (i * 7 % 5) / 500 for i in range(3000)]
    due = processed(gate, clock, arrivals_s, max_rate_hz)
    assert len(due) / 100 == pytest.approx(max_rate_hz, rel=0.02)


def test_an_early_image_is_on_time(gate: Gate, clock: Any) -> None:
    """10 Hz of a camera of 10 Hz is all of its images."""
    arrivals_s = [i / 10 - (0.02 if i % 2 else 0.0) for i in range(100)]
    assert processed(gate, clock, arrivals_s, 10.0) == arrivals_s


def test_after_a_pause_nothing_is_caught_up(gate: Gate, clock: Any) -> None:
    processed(gate, clock, [0.0, 1.0], 1.0)
    assert processed(gate, clock, [60.0, 60.1, 60.2], 1.0) == [60.0]


def test_a_rate_may_be_raised_after_a_very_low_one(gate: Gate, clock: Any) -> None:
    assert gate.is_due(0.001) and not gate.is_due(0.001)
    assert gate.is_due(50.0)


def test_a_request_does_not_wait_for_the_rate(gate: Gate) -> None:
    assert gate.is_due(0.001) and not gate.is_due(0.001)
    asked(gate)
    assert gate.is_due(0.001)


class Receiving:
    """Receiving that takes a part of a processor core."""

    def __init__(self, clock: Any) -> None:
        self.clock, self.cores, self.took_s = clock, 0.0, 0.0
        self.overload = Overload(lambda: self.took_s, clock)

    def found(self, seconds: float, dropped_share: float) -> list[float]:
        """Return what is found every 0.3 s."""
        found = []
        for _ in range(round(seconds / 0.3)):
            self.clock.now_s += 0.3
            self.took_s += 0.3 * self.cores
            found.append(self.overload.cores(dropped_share))
        return found


@pytest.fixture
def receiving(clock: Any) -> Receiving:
    """Give a process that receives."""
    return Receiving(clock)


def test_receiving_that_takes_the_processor_is_an_overload(receiving: Receiving) -> None:
    receiving.cores = 2 * OVERLOAD_CORES
    assert max(receiving.found(3.0, 0.9)) == pytest.approx(2 * OVERLOAD_CORES)


@pytest.mark.parametrize('dropped_share', [0.0, 0.66, 1.0])
def test_an_ordinary_camera_is_no_overload(receiving: Receiving, dropped_share: float) -> None:
    """60 Hz of 640x480 and a model of 20 Hz: receiving takes a hundredth of a core (H2)."""
    receiving.cores = 0.02
    assert not any(receiving.found(30.0, dropped_share))


def test_a_node_that_keeps_up_is_not_overloaded(receiving: Receiving) -> None:
    receiving.cores = 0.9
    assert not any(receiving.found(30.0, 0.1))


def test_an_overload_lasts_a_second_before_it_is_one(receiving: Receiving) -> None:
    receiving.cores = 0.9
    for _ in range(5):
        assert not any(receiving.found(0.9, 0.9))
        assert not any(receiving.found(0.9, 0.1))
