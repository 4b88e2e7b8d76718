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

"""How long a network takes: measured once, remembered, and again where it was no good."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from movenet_ros.backends import speed
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.backends.speed import FILE
from movenet_ros.backends.speed import times_ms
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.movenet import SPEC
import numpy as np
import pytest

SMALL: Shapes = (('input', (1, 32, 32, 3)),)
LARGE: Shapes = (('input', (1, 64, 64, 3)),)
NOBODY = np.zeros((1, 0, 56), np.float32)


class Clocked(RecordedBackend):
    """
    A runtime whose runs take as many milliseconds as their inputs have rows.

    :param clock: the fixture.
    """

    info = RuntimeInfo('recorded', '1', 'CPU', threads=2)

    def __init__(self, clock: Any) -> None:
        super().__init__([NOBODY])
        self._clock = clock

    def run(self, inputs: Tensors) -> Tensors:
        """Let time pass."""
        self._clock.now_s += inputs['input'].shape[1] / 1e3
        return super().run(inputs)


class Watch:
    """A clock of the module that measures; other programs take nothing of a run."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def perf_counter(self) -> float:
        """Return the time."""
        return self.now_s

    def process_time(self) -> float:
        """Return the time of both threads."""
        return 2 * self.now_s

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Clocked:
    """Give a runtime on a quiet machine."""
    watch = Watch()
    monkeypatch.setattr(speed, 'time', watch)
    monkeypatch.setattr(speed, 'is_busy', lambda: False)
    return Clocked(watch)


@pytest.fixture
def measure(runtime: Clocked, tmp_path: Path) -> Callable[..., tuple[list[float], int]]:
    """Return a function that asks for times; it gives them, and how many runs that took."""

    def ask(*shapes: Shapes, **more: Any) -> tuple[list[float], int]:
        before = len(runtime.batches)
        folder = more.pop('folder', tmp_path)
        times = times_ms(runtime, SPEC, shapes or (SMALL, LARGE), folder, print, **more)
        return times, len(runtime.batches) - before

    return ask


Measure = Callable[..., tuple[list[float], int]]


def test_the_time_of_a_run_is_measured_for_each_shape(measure: Measure) -> None:
    times, _ = measure()
    assert times == pytest.approx([32, 64])


def test_it_is_measured_once(measure: Measure) -> None:
    first, runs = measure()
    assert runs and measure() == (first, 0)


def test_what_stretches_a_run_without_the_processor_hardly_counts(
    measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program had the cores."""
    monkeypatch.setattr(speed.time, 'process_time', lambda: 0.5 * speed.time.now_s)
    times, _ = measure()
    assert times[0] < 16


def test_figures_of_a_busy_machine_do_until_it_is_quiet(
    measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, 'is_busy', lambda: True)
    assert [measure()[1] > 0, measure()[1] > 0] == [True, False]
    monkeypatch.setattr(speed, 'is_busy', lambda: False)
    assert [measure()[1] > 0, measure()[1] > 0] == [True, False]


def test_while_images_wait_few_runs_do_until_the_next_start(measure: Measure) -> None:
    (times, few), again = measure(is_running=True), measure(is_running=True)
    assert times == pytest.approx([32, 64]) and again == (times, 0)
    _, many = measure()
    assert few < many / 2


@pytest.mark.parametrize('content', ['', '[]', '{"a": 1}', '{"a": {"ms": "x"}}', '\0'])
def test_a_damaged_file_is_measured_anew(measure: Measure, tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert measure()[1] > 0
    assert measure()[1] == 0


def test_another_shape_leaves_what_is_known(measure: Measure, tmp_path: Path) -> None:
    measure(SMALL)
    measure(LARGE)
    assert len(json.loads((tmp_path / FILE).read_text())) == 2
    assert measure(SMALL)[1] == 0


@pytest.mark.parametrize('is_file', [True, False])
def test_where_nothing_can_be_kept_it_is_measured_each_time(
    measure: Measure, tmp_path: Path, is_file: bool
) -> None:
    (tmp_path / 'file').touch()
    folder = tmp_path / 'file' if is_file else None
    assert all(measure(folder=folder)[1] > 0 for _ in range(2))
