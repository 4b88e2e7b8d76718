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

"""What an image costs in each mode, stage by stage, with few people in it and with many."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from itertools import cycle
from itertools import islice
import time
from typing import Any

import cv2
from movenet_ros.core import following
from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.errors import StartError
from movenet_ros.core.following import PeopleTracker
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.refining.crops import Crop
from movenet_ros.core.scene import Scene
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.thunder import Thunder
from movenet_ros.perception import Perception
from movenet_ros.settings import Settings
from movenet_ros.tools.benchmark.pipeline import PERIOD_NS
from movenet_ros.tools.benchmark.stopwatch import Stopwatch
from movenet_ros.tools.benchmark.turns import Contender
from movenet_ros.tools.benchmark.turns import Label
from movenet_ros.tools.benchmark.turns import take_turns
from movenet_ros.tools.report import ScreenLog
from movenet_ros.tools.report import summary
from movenet_ros.tools.scene import built_in_scene
from movenet_ros.tools.scene import rearranged
import numpy as np

MODES = ('fast', 'balanced', 'accurate')
STAGES: dict[str, Sequence[tuple[Any, str]]] = {
    'letterbox': [(Letterbox, 'apply')],
    'detection': [],  # the network alone
    'decode': [(MultiPose, 'decode')],
    'crops': [(Crop, 'cut')],
    'look_closer': [],  # the network alone
    'decode_crops': [(Thunder, 'find')],
    'camera': [(Scene, 'look_ahead'), (Scene, 'camera_until')],
    'refinement': [],  # what else it takes to find people
    'looks': [(following, 'looks_of')],
    'track': [(PeopleTracker, 'follow')],
    'draw': [],
}
"""What an image goes through, and the functions that do it, where it is not a mode's own."""

CROWDS = (1, 2, 6)  # numbers of people in an image
SCENE_IMAGES = 30  # of the built-in scene: a second


class Modes:
    """
    The modes, ready to process images side by side.

    :param settings: of all of them, the mode aside.
    :ivar lacking: why a mode cannot be had, by its name.
    """

    def __init__(self, settings: Settings, log: ScreenLog) -> None:
        self.lacking: dict[str, str] = {}
        self._log = log
        self._perceptions: dict[str, Perception] = {}
        for mode in MODES:
            try:
                perception = Perception(replace(settings, mode=mode), log)
            except StartError as error:
                self.lacking[mode] = str(error)
                continue
            self._perceptions[mode] = perception
            if perception.choice.mode != mode:
                self.lacking[mode] = perception.choice.why
                self._perceptions.pop(mode).close()

    def measure(self, seconds: float, image_wh: tuple[int, int]) -> dict[str, dict[str, Any]]:
        """
        Process streams with few people and with many, each in all modes in turns.

        :param seconds: for each of CROWDS.
        :return: for each number of people and each mode, times of an image as a whole and of each
            stage, and its crops.
        """
        scene = [each.image for each in islice(built_in_scene().images(), SCENE_IMAGES)]
        resized = [
            each.with_pixels(cv2.resize(each.pixels, image_wh))
            for each in scene
            if isinstance(each, SourceImage)
        ]
        return {
            str(people): self._in_turns(seconds, [rearranged(each, people) for each in resized])
            for people in CROWDS
        }

    def _in_turns(self, seconds: float, images: Sequence[SourceImage]) -> dict[str, Any]:
        """Process a stream; its images are played to and fro."""
        figures: dict[str, dict[str, Any]] = {mode: {} for mode in self._perceptions}
        with Stopwatch() as watch:
            for stage, functions in STAGES.items():
                for function in functions:
                    watch.watch(*function, stage)
            contenders = [self._contender(mode, images, watch) for mode in self._perceptions]
            turns = take_turns(contenders, seconds)
        for (mode, part), samples in turns.items():
            mean = float(np.mean(samples))
            figures[mode][part] = (
                mean if part == 'crops_per_image' else {'mean_ms': 1e3 * mean, **summary(samples)}
            )
        return figures

    def close(self) -> None:
        """Free the networks."""
        for each in self._perceptions.values():
            each.close()

    def _contender(
        self, mode: str, images: Sequence[SourceImage], watch: Stopwatch
    ) -> Contender:
        """Return what processes the next image in a mode."""
        perception, seconds = self._perceptions[mode], watch.seconds
        networks = perception.networks
        watch.watch(perception.finder, 'find', 'refinement')
        watch.watch(networks.first, 'run', 'detection')
        if networks.closer is not None:
            watch.watch(networks.closer, 'run', 'look_closer')
        tracker = PeopleTracker(perception.settings, self._log.info)
        to_and_fro = cycle([*images, *images[-2:0:-1]])
        stamps_ns = count(PERIOD_NS, PERIOD_NS)

        def run() -> Iterator[tuple[Label, float]]:
            image = next(to_and_fro)
            seconds.clear()
            begun_s, cpu_before_s = time.perf_counter(), time.process_time()
            people = perception.people(image, next(stamps_ns), tracker=tracker)
            wall_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - cpu_before_s
            with watch.stage('draw'):
                draw_poses(image.pixels, people, perception.settings.keypoint_threshold)
            refined = perception.finder.refined
            parts = {'model': perception.inference_s, 'cpu': cpu_s, 'wall': wall_s}
            parts['crops_per_image'] = refined.looked if refined else 0
            for part, value in {**parts, **{name: seconds[name] for name in STAGES}}.items():
                yield (mode, part), value

        return run
