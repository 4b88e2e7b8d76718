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

"""What the networks are run on: recorded image by image, to be repeated without all the rest."""

from __future__ import annotations

from collections.abc import Sequence

from movenet_ros.core.image import SourceImage
from movenet_ros.core.modes import CYCLE
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.movenet import INPUT
from movenet_ros.networks import Network
from movenet_ros.perception import Perception
from movenet_ros.settings import Settings
from movenet_ros.tools.benchmark.pipeline import PERIOD_NS
from movenet_ros.tools.report import ScreenLog
import numpy as np
from numpy.typing import NDArray

Runs = Sequence[Sequence[tuple[int, NDArray[np.uint8]]]]
"""
What runs for each of some images: 0 for the network that finds people or 1 for the one that looks
closer, and its input.
"""

SETTLED, RECORDED = 4 * CYCLE, 2 * CYCLE  # images


def recorded_runs(settings: Settings, image: SourceImage, log: ScreenLog) -> tuple[str, Runs]:
    """
    Return the mode that runs, and what it runs for an image that comes again and again.

    :raises MoveNetError: if a network cannot be loaded or fails.
    """
    runs: list[list[tuple[int, NDArray[np.uint8]]]] = []

    def record(network: Network, which: int) -> None:
        run = network.run

        def recording(inputs: Tensors) -> Tensors:
            runs[-1].append((which, inputs[INPUT].copy()))
            return run(inputs)

        network.run = recording  # type: ignore[method-assign]

    with Perception(settings, log) as perception:
        record(perception.networks.first, 0)
        if perception.networks.closer is not None:
            record(perception.networks.closer, 1)
        for number in range(1, SETTLED + RECORDED + 1):
            runs.append([])
            perception.people(image, number * PERIOD_NS)
        return perception.choice.mode, runs[SETTLED:]
