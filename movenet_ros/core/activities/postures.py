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
Which posture a body has, by where its trunk, hips, knees and ankles are.

Who stands carries the hips on a leg that is nearly upright. Who does not, crouches where the hips
are above the feet and the trunk leans forward to keep them so, or where the legs are folded under
it; else sits, on the ground too. Who lies has a level trunk, and no thigh that carries it. From
the front, a low chair looks like legs that are a little bent: seen from above, some sit that are
taken to stand. Where no knee is seen, no posture is told.
"""

from __future__ import annotations

from movenet_ros.core.activities.likely import either
from movenet_ros.core.activities.likely import every
from movenet_ros.core.activities.likely import Figures
from movenet_ros.core.activities.likely import known
from movenet_ros.core.activities.measures import Measures
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIGURES = Figures(
    steep=('thigh', 0.5, 0.08),  # carries the hips
    drawn_up=('thigh', -0.35, 0.1),  # less: knees so far above the hips are not of who sits
    upright=('shank', 0.65, 0.1),  # of who squats; of who sits on the ground, shanks are level
    tall=('leg', 0.62, 0.08),  # carries the hips
    deep=('leg', 0.42, 0.06),  # less: is folded
    bent=('knee', 1.15, 0.12),  # 66 degrees: when walking and running, one knee is straighter
    lengthwise=('thigh_length', 0.8, 0.07),  # is seen from the side
    leaning=('lean', 0.35, 0.1),  # 20 degrees: keeps who squats above the feet
    slanting=('lean', 0.85, 0.12),  # 49 degrees: nobody sits so
    lying=('lean', 1.1, 0.15),  # 63 degrees
    level=('lean', 1.3, 0.1),  # 74 degrees: who bends over, with legs out of sight, is not so
    away=('feet_away', 0.18, 0.03),  # nobody can stand so
)


def posture_likelihoods(body: Measures) -> Floats:
    """Return ``(4, n)`` how likely each of ``POSTURES`` is; 0 where it is not to be told."""
    likely = FIGURES.likely(body)
    steep, tall, upright = (either(likely[name]) for name in ('steep', 'tall', 'upright'))
    away, leaning, slanting, lying, level = (
        likely[name][0] for name in ('away', 'leaning', 'slanting', 'lying', 'level')
    )
    bent = known(_both(likely['bent']))
    is_above_feet = every(np.fmax(leaning, _both(likely['lengthwise'])), 1 - away)
    is_folded = every(1 - either(likely['deep']), upright)
    squats = known(np.fmax(
        np.fmax(is_above_feet, is_folded), 1 - either(likely['drawn_up'])
    ))
    away = known(away)
    carried = np.fmax(every(steep, tall), _both(likely['steep']))
    low = np.fmax(np.fmax(1 - steep, 1 - tall), bent)
    laying = known(np.where(np.isnan(carried), level, every(lying, 1 - carried)))
    return known(np.stack([
        every(np.fmin(steep, tall), 1 - bent),
        every(1 - steep, 1 - slanting, np.maximum(1 - squats, away)),
        every(low, 1 - laying, squats, 1 - away),
        laying,
    ]))


def _both(sides: Floats) -> Floats:
    """Return ``(n,)`` how likely both sides are, of those that are known."""
    return np.asarray(np.fmin(sides[0], sides[1]))
