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

"""Counts, rates and times, by a clock that the tests turn."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

from movenet_ros.node.monitor import Monitor
from movenet_ros.node.monitor import SETTLED_S
from movenet_ros.node.monitor import WINDOW_S
from movenet_ros.node.monitor import Work
import pytest


@pytest.fixture
def monitor(clock: Any) -> Monitor:
    """Give a monitor that goes by the clock."""
    return Monitor(clock)


def every(clock: Any, period_s: float, count: int, act: Callable[[], None]) -> None:
    """Do something again and again."""
    for _ in range(count):
        clock.now_s += period_s
        act()


def test_at_first_nothing_has_happened(monitor: Monitor) -> None:
    activity = monitor.activity()
    counts = (activity.arrived, activity.dropped, activity.rejected, activity.processed)
    assert counts == (0, 0, 0, 0)
    assert (activity.arriving_hz, activity.processed_hz, activity.dropped_share) == (0, 0, 0)
    assert (activity.latencies_ms, activity.inferences_ms) == (None, None)
    assert (activity.last_rejected, activity.busy_s) == ('', 0)


def test_images_that_arrive_are_counted_with_those_that_were_dropped(monitor: Monitor) -> None:
    monitor.arrive()
    monitor.arrive()
    monitor.drop(3)
    activity = monitor.activity()
    assert (activity.arrived, activity.dropped) == (5, 3)
    assert activity.dropped_share == pytest.approx(0.6)


@pytest.mark.parametrize('rate_hz', [1, 10, 250])
def test_the_rate_is_that_of_the_last_seconds(clock: Any, monitor: Monitor, rate_hz: int) -> None:
    """However long it goes on."""
    every(clock, 1 / rate_hz, 20 * rate_hz, monitor.arrive)
    assert monitor.activity().arriving_hz == pytest.approx(rate_hz, abs=0.21)


def test_the_rate_counts_dropped_images(clock: Any, monitor: Monitor) -> None:
    every(clock, 0.1, 100, lambda: (monitor.arrive(), monitor.drop(2))[0])
    assert monitor.activity().arriving_hz == pytest.approx(30, abs=0.61)


@pytest.mark.parametrize(
    ('period_s', 'count', 'rate_hz'), [(0.1, 20, 10), (0.01, 2, 2)], ids=['2 s', 'less than 1 s']
)
def test_soon_after_the_start_the_rate_is_over_the_time_since(
    period_s: float, count: int, rate_hz: float, clock: Any, monitor: Monitor
) -> None:
    every(clock, period_s, count, monitor.arrive)
    assert monitor.activity().arriving_hz == pytest.approx(rate_hz)


def test_after_a_while_only_the_counts_remain(clock: Any, monitor: Monitor) -> None:
    """Though nothing calls it in between."""
    monitor.arrive()
    monitor.drop(1)
    monitor.finish(0.1, Work(people=2, detection_s=0.05))
    monitor.reject('none')
    clock.now_s += WINDOW_S + 0.01
    activity = monitor.activity()
    assert (activity.arriving_hz, activity.processed_hz, activity.dropped_share) == (0, 0, 0)
    assert (activity.rejected_lately, activity.latencies_ms) == (0, None)
    assert (activity.arrived, activity.dropped, activity.processed) == (2, 1, 1)
    assert (activity.rejected, activity.last_rejected, activity.people) == (1, 'none', 2)


def test_times_are_median_and_greatest_in_milliseconds(monitor: Monitor) -> None:
    for latency_s, inference_s in ((0.1, 0.01), (0.9, 0.05), (0.2, 0.02)):
        monitor.finish(latency_s, Work(1, 1, inference_s / 2, inference_s / 2))
    activity = monitor.activity()
    assert activity.latencies_ms == pytest.approx((200, 900))
    assert activity.inferences_ms == pytest.approx((20, 50))


def test_what_the_stages_take_is_a_mean_and_so_are_people_and_budget(monitor: Monitor) -> None:
    """Not every image has each of them, and means add up."""
    monitor.finish(0.1, Work(2, 2, 0.006, 0.014, 0.003, 0.8))
    monitor.finish(0.1, Work(2, 1, 0.0, 0.007, 0.001, 0.3))
    activity = monitor.activity()
    assert activity.stages_ms == pytest.approx((3, 10.5, 2))
    assert (activity.refined, activity.budget_used) == pytest.approx((1.5, 0.55))


def test_without_a_budget_none_is_used(monitor: Monitor) -> None:
    monitor.finish(0.1, Work(people=1))
    assert monitor.activity().budget_used is None


def test_a_latency_that_is_not_known_is_not_counted(monitor: Monitor) -> None:
    for latency_s in (None, 0.1, None):
        monitor.finish(latency_s, Work(people=1, detection_s=0.02))
    activity = monitor.activity()
    assert activity.latencies_ms == pytest.approx((100, 100)) and activity.processed == 3


def test_throttled_images_are_neither_dropped_nor_rejected(monitor: Monitor) -> None:
    monitor.arrive()
    monitor.throttle()
    activity = monitor.activity()
    assert (activity.throttled, activity.dropped, activity.rejected) == (1, 0, 0)


def test_it_knows_for_how_long_one_image_has_been_in_work(clock: Any, monitor: Monitor) -> None:
    with pytest.raises(ZeroDivisionError), monitor.working():
        clock.now_s += 7
        assert monitor.activity().busy_s == 7
        raise ZeroDivisionError
    assert monitor.activity().busy_s == 0


def test_after_a_restart_the_counts_stay(clock: Any, monitor: Monitor) -> None:
    """And rates begin anew, over the time since then."""
    every(clock, 0.1, 30, monitor.arrive)
    monitor.drop(30)
    monitor.reject('none')
    monitor.finish(0.1, Work(people=1))
    monitor.restart()
    activity = monitor.activity()
    assert (activity.arrived, activity.rejected, activity.processed) == (60, 1, 1)
    assert (activity.arriving_hz, activity.rejected_lately, activity.latencies_ms) == (0, 0, None)
    every(clock, 0.5, 4, monitor.arrive)
    assert monitor.activity().arriving_hz == pytest.approx(2)


def test_rates_are_settled_a_while_after_each_restart(monitor: Monitor, clock: Any) -> None:
    for _ in range(2):
        clock.now_s += SETTLED_S - 0.1
        assert not monitor.activity().is_settled
        clock.now_s += 0.2
        assert monitor.activity().is_settled
        monitor.restart()


def test_it_holds_no_more_than_the_last_seconds(clock: Any, monitor: Monitor) -> None:
    """Though no client asks, for days."""

    def act() -> None:
        monitor.arrive()
        monitor.drop(1)
        monitor.reject('none')
        monitor.finish(0.1, Work(people=1))

    every(clock, 0.1, 1000, act)
    kept = (monitor._arrivals, monitor._drops, monitor._rejections, monitor._results)
    assert max(len(each) for each in kept) <= WINDOW_S / 0.1 + 1


def test_other_threads_may_ask() -> None:
    """As diagnostics do."""
    monitor = Monitor()

    def work() -> None:
        for _ in range(1000):
            with monitor.working():
                monitor.drop(1)
                monitor.finish(0.1, Work(people=1))

    workers = [Thread(target=work) for _ in range(2)]
    for each in workers:
        each.start()
    while any(each.is_alive() for each in workers):
        activity = monitor.activity()
        assert activity.arrived == activity.dropped
        assert activity.busy_s >= 0
    assert monitor.activity().arrived == 2000
