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

"""What a node has done lately, by a clock that the tests turn."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from movenet_ros.node.monitor import Monitor
from movenet_ros.node.monitor import SETTLED_S
from movenet_ros.node.monitor import WINDOW_S
import pytest


class Clock:
    """A clock that goes on when it is told."""

    now_s = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """Give a clock."""
    return Clock()


@pytest.fixture
def monitor(clock: Clock) -> Monitor:
    """Give a monitor that goes by that clock."""
    return Monitor(clock)


def every(clock: Clock, period_s: float, count: int, act: Callable[[], None]) -> None:
    """Do something again and again."""
    for _ in range(count):
        clock.now_s += period_s
        act()


def test_at_first_nothing_has_happened(monitor: Monitor) -> None:
    activity = monitor.activity()
    counts = (activity.arrived, activity.dropped, activity.refused, activity.processed)
    assert counts == (0, 0, 0, 0)
    assert (activity.arriving_hz, activity.processed_hz, activity.dropped_share) == (0, 0, 0)
    assert (activity.latencies_ms, activity.inferences_ms) == (None, None)
    assert (activity.last_refused, activity.busy_s) == ('', 0)


def test_images_that_arrive_are_counted_with_those_that_were_dropped(monitor: Monitor) -> None:
    monitor.arrive()
    monitor.arrive(dropped=3)
    activity = monitor.activity()
    assert (activity.arrived, activity.dropped) == (5, 3)
    assert activity.dropped_share == pytest.approx(0.6)


@pytest.mark.parametrize('rate_hz', [1, 10, 250])
def test_the_rate_is_that_of_the_last_seconds(
    clock: Clock, monitor: Monitor, rate_hz: int
) -> None:
    """However long it goes on."""
    every(clock, 1 / rate_hz, 20 * rate_hz, monitor.arrive)
    assert monitor.activity().arriving_hz == pytest.approx(rate_hz, abs=0.21)


def test_the_rate_counts_what_was_dropped(clock: Clock, monitor: Monitor) -> None:
    every(clock, 0.1, 100, lambda: monitor.arrive(dropped=2))
    assert monitor.activity().arriving_hz == pytest.approx(30, abs=0.61)


def test_soon_after_the_start_the_rate_is_over_the_time_there_was(
    clock: Clock, monitor: Monitor
) -> None:
    every(clock, 0.1, 20, monitor.arrive)
    assert monitor.activity().arriving_hz == pytest.approx(10)


def test_in_the_first_second_a_rate_is_not_overdone(clock: Clock, monitor: Monitor) -> None:
    every(clock, 0.01, 2, monitor.arrive)
    assert monitor.activity().arriving_hz == 2


def test_what_stops_has_no_rate_after_a_while(clock: Clock, monitor: Monitor) -> None:
    """Though nothing calls it meanwhile; the counts stay."""
    every(clock, 0.1, 100, lambda: monitor.arrive(dropped=1))
    monitor.process(0.1, 0.05, 2)
    monitor.refuse('none')
    clock.now_s += WINDOW_S + 0.01
    activity = monitor.activity()
    assert (activity.arriving_hz, activity.processed_hz, activity.dropped_share) == (0, 0, 0)
    assert (activity.refused_lately, activity.latencies_ms) == (0, None)
    assert (activity.arrived, activity.dropped, activity.processed) == (200, 100, 1)
    assert (activity.refused, activity.last_refused, activity.people) == (1, 'none', 2)


def test_the_dropped_share_is_that_of_the_last_seconds(clock: Clock, monitor: Monitor) -> None:
    every(clock, 0.1, 20, lambda: monitor.arrive(dropped=9))
    every(clock, 0.1, 60, monitor.arrive)
    assert monitor.activity().dropped_share == 0


def test_refusals_are_counted_with_the_last_reason(clock: Clock, monitor: Monitor) -> None:
    monitor.refuse('too large')
    clock.now_s += WINDOW_S + 0.01
    monitor.refuse('no picture')
    activity = monitor.activity()
    assert (activity.refused, activity.refused_lately) == (2, 1)
    assert activity.last_refused == 'no picture'


def test_times_are_median_and_greatest_in_milliseconds(monitor: Monitor) -> None:
    for latency_s, inference_s in ((0.1, 0.01), (0.9, 0.05), (0.2, 0.02)):
        monitor.process(latency_s, inference_s, people=1)
    activity = monitor.activity()
    assert activity.latencies_ms == pytest.approx((200, 900))
    assert activity.inferences_ms == pytest.approx((20, 50))


def test_times_of_long_ago_do_not_count(clock: Clock, monitor: Monitor) -> None:
    monitor.process(9.0, 9.0, people=1)
    every(clock, 1.0, 6, lambda: monitor.process(0.1, 0.05, people=3))
    activity = monitor.activity()
    assert activity.latencies_ms == pytest.approx((100, 100))
    assert (activity.processed, activity.people) == (7, 3)
    assert activity.processed_hz == pytest.approx(1, abs=0.21)


def test_images_left_out_are_counted(monitor: Monitor) -> None:
    monitor.arrive()
    monitor.leave_out()
    activity = monitor.activity()
    assert (activity.left_out, activity.dropped, activity.refused) == (1, 0, 0)


def test_it_tells_for_how_long_it_works_on_one_image(clock: Clock, monitor: Monitor) -> None:
    monitor.begin()
    clock.now_s += 7
    assert monitor.activity().busy_s == 7
    monitor.end()
    assert monitor.activity().busy_s == 0


def test_after_a_restart_the_counts_stay(clock: Clock, monitor: Monitor) -> None:
    """And rates begin anew, over the time since then."""
    every(clock, 0.1, 30, lambda: monitor.arrive(dropped=1))
    monitor.refuse('none')
    monitor.process(0.1, 0.05, people=1)
    clock.now_s += 2
    monitor.restart()
    activity = monitor.activity()
    assert (activity.arrived, activity.refused, activity.processed) == (60, 1, 1)
    assert (activity.arriving_hz, activity.refused_lately, activity.latencies_ms) == (0, 0, None)
    every(clock, 0.5, 4, monitor.arrive)
    assert monitor.activity().arriving_hz == pytest.approx(2)


@pytest.mark.parametrize(
    'act',
    [Monitor.arrive, lambda it: it.refuse('none'), lambda it: it.process(0.1, 0.05, people=1)],
    ids=['arrive', 'refuse', 'process'],
)
def test_it_holds_no_more_than_the_last_seconds(
    clock: Clock, monitor: Monitor, act: Callable[[Monitor], None]
) -> None:
    """Though nobody asks, for days."""
    every(clock, 0.1, 1000, lambda: act(monitor))
    kept = (monitor._arrivals, monitor._refusals, monitor._results)
    assert max(len(each) for each in kept) <= WINDOW_S / 0.1 + 1


def test_threads_may_ask_meanwhile() -> None:
    """As diagnostics do."""
    monitor = Monitor()

    def work() -> None:
        for _ in range(3000):
            monitor.begin()
            monitor.arrive(dropped=1)
            monitor.process(0.1, 0.05, people=1)
            monitor.end()

    workers = [Thread(target=work) for _ in range(2)]
    for each in workers:
        each.start()
    while any(each.is_alive() for each in workers):
        activity = monitor.activity()
        assert activity.arrived == 2 * activity.dropped
        assert activity.busy_s >= 0
    assert monitor.activity().arrived == 12000


def test_rates_can_be_judged_a_while_after_the_start(monitor: Monitor, clock: Clock) -> None:
    """And again a while after each pause."""
    for _ in range(2):
        clock.now_s += SETTLED_S - 0.1
        assert not monitor.activity().is_settled
        clock.now_s += 0.2
        assert monitor.activity().is_settled
        monitor.restart()


def test_a_latency_that_is_not_known_is_not_counted(monitor: Monitor, clock: Clock) -> None:
    for latency_s in (None, 0.1, None):
        monitor.process(latency_s, 0.02, 1)
    activity = monitor.activity()
    assert activity.latencies_ms == pytest.approx((100, 100)) and activity.processed == 3


def test_an_image_may_be_dropped_behind_its_arrival(monitor: Monitor) -> None:
    monitor.arrive()
    monitor.drop()
    activity = monitor.activity()
    assert (activity.arrived, activity.dropped, activity.processed) == (1, 1, 0)
