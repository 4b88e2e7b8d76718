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
Modes: how much of its time an image may cost, and what is done with that time.

The mode is the one switch; ``input_size`` and the parameters of the group ``refine`` stand behind
it.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import NamedTuple

from movenet_ros.core.costs import Costs
from movenet_ros.core.param import group
from movenet_ros.core.param import param
from movenet_ros.core.refining.crops import crop_shapes
from movenet_ros.core.refining.refiner import Plan

MODES = ('auto', 'fast', 'balanced', 'accurate')
BUDGET_MS = 25.0  # of the 33 that a camera of 30 Hz leaves; the rest is for all else
MEAN = 0.55  # of the budget: what the images of a stream take on the average
CYCLE = 4  # images: detection, none, detection in a larger input, none
LARGER = {'balanced': 1.5, 'accurate': 2.0}  # times input_size
LARGEST, MULTIPLE = 1024, 32  # of input sizes, in pixels
CAMERA_WH = (640, 480)


@dataclass(frozen=True)
class RefineSettings:
    """The closer look at each person, in the modes balanced and accurate."""

    budget_ms: float = param(
        BUDGET_MS,
        'Time of the networks for one image in mode balanced, in milliseconds, by a table of costs'
        ' that is measured once; images of a stream take 55 % of it on the average; several'
        ' cameras have equal parts of it; who has to wait is looked at in one of the next images;'
        ' 0: no limit.',
        between=(0.0, 1000000.0),
        run_time=True,
    )
    max_people: int = param(
        30,
        'Maximum number of people who are looked at closely in one image; 0: nobody.',
        between=(0, 30),
        run_time=True,
    )
    input_size: int = param(
        224,
        'Longer side of the crop around a person, in pixels; a smaller one costs less and finds'
        ' less.',
        between=(128, 256),
        step=32,
        run_time=True,
    )
    model_path: str = param(
        '',
        'SavedModel directory, .onnx file or a folder with both, of MoveNet Thunder; empty: the'
        ' model in the cache, which is fetched first if need be.',
    )


@dataclass(frozen=True)
class ModeSettings:
    """How much is done for each image."""

    mode: str = param(
        'auto',
        'fast: people are detected, once an image; balanced: each person is looked at closely too,'
        ' within refine.budget_ms; accurate: two detections and everybody, in every image; auto:'
        ' accurate on a GPU, balanced on a CPU where the time measured there allows 30 Hz, else'
        ' fast.',
        choices=MODES,
        run_time=True,
    )
    refine: RefineSettings = group(RefineSettings)


class Planner:
    """
    Decides what an image may cost.

    :param mode: ``balanced`` or ``accurate``.
    :param input_size: of the detections, in pixels; a larger one is derived from it.
    :param costs: of the networks here; None where time is no matter.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        refine: RefineSettings,
        costs: Costs | None,
    ) -> None:
        self._mode, self._size, self._refine, self._costs = mode, input_size, refine, costs
        is_limited = mode == 'balanced' and costs is not None and refine.budget_ms > 0
        self.budget_ms = refine.budget_ms if is_limited else math.inf
        self.mean_ms = MEAN * self.budget_ms
        largest = min(round(LARGER[mode] * input_size), LARGEST)
        steps = range(input_size, largest + 1, MULTIPLE)
        self.larger_size = next((n for n in reversed(steps) if self._fits(n)), input_size)

    def still(self) -> Plan:
        """Return the plan for an image on its own."""
        if self._mode == 'accurate':
            return self._plan(self.budget_ms, self._size, self.larger_size)
        return self._plan(self.budget_ms, self.larger_size)

    def following(self, number: int, is_anybody_known: bool, over_ms: float = 0.0) -> Plan:
        """
        Return the plan for the next image of a stream.

        :param number: of the image, from 0 on.
        :param over_ms: by how much the images so far exceed what they may take on the average.
        """
        if self._mode == 'accurate':
            return self.still()
        budget_ms = min(self.budget_ms, self.mean_ms - over_ms)
        if number % CYCLE == CYCLE // 2:
            return self._plan(budget_ms, self.larger_size)
        sizes = [self._size] * (number % 2 == 0 or not is_anybody_known)
        return self._plan(budget_ms, *sizes)

    def over_ms(self, before_ms: float, spent_ms: float) -> float:
        """
        Return by how much images exceed their average, after one that cost ``spent_ms``.

        What was saved is for one image, and what is owed is not remembered for longer than that.
        """
        if math.isinf(self.budget_ms):
            return 0.0
        spare_ms = self.budget_ms - self.mean_ms
        return min(max(before_ms + spent_ms - self.mean_ms, -spare_ms), self.mean_ms)

    @property
    def crops_wh(self) -> list[tuple[int, int]]:
        """Return width and height of all crops that there are, in pixels."""
        shapes = crop_shapes(self._refine.input_size)
        return shapes[-3:] if math.isinf(self.budget_ms) else shapes  # time for the largest ones

    def _fits(self, input_size: int) -> bool:
        """Return whether a detection leaves time for one crop."""
        costs = self._costs
        return costs is None or needed_ms(costs, input_size, self._refine) <= self.budget_ms

    def _plan(self, budget_ms: float, *sizes: int) -> Plan:
        refine = self._refine
        return Plan(tuple(dict.fromkeys(sizes)), budget_ms, refine.input_size, refine.max_people)


class Choice(NamedTuple):
    """
    The mode that runs.

    :param mode: ``fast``, ``balanced`` or ``accurate``.
    :param why: in a few words.
    :param problem: why it is not the mode that was asked for, in one sentence; empty if it is.
    """

    mode: str
    why: str
    problem: str = ''


def chosen(settings: ModeSettings, input_size: int, costs: Costs | None) -> Choice:
    """
    Choose the mode where both networks are there.

    :param costs: of both; None on a GPU, where time is no matter.
    """
    mode, refine = settings.mode, settings.refine
    if costs is None or mode == 'accurate':
        return Choice('accurate', 'on a GPU') if mode == 'auto' else Choice(mode, 'asked for')
    needed = needed_ms(costs, input_size, refine)
    detection_ms = costs.detection_ms(CAMERA_WH, input_size)
    figures = f'a detection takes {detection_ms:.1f} ms here, a crop {needed - detection_ms:.1f}'
    budget_ms = refine.budget_ms or (BUDGET_MS if mode == 'auto' else math.inf)
    limit = f'refine.budget_ms {refine.budget_ms:g}' if refine.budget_ms else 'no limit'
    if needed <= budget_ms:
        return Choice('balanced', f'{figures}; {limit}')
    if mode == 'balanced' and detection_ms < budget_ms:
        return Choice('balanced', f'{figures}, more than {limit} together: one crop an image')
    too_slow = f'{figures}, more than {limit}'
    problem = f'mode balanced runs as fast: {too_slow}' if mode == 'balanced' else ''
    return Choice('fast', too_slow, problem)


def needed_ms(costs: Costs, input_size: int, refine: RefineSettings) -> float:
    """Return what a detection and one crop cost in an image of an ordinary camera."""
    crop_wh = (refine.input_size, refine.input_size)
    return costs.detection_ms(CAMERA_WH, input_size) + costs.crop_ms(crop_wh)
