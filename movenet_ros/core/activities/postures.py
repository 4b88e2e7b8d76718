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

from movenet_ros.core.activities.likely import both
from movenet_ros.core.activities.likely import either
from movenet_ros.core.activities.likely import every
from movenet_ros.core.activities.likely import Figure
from movenet_ros.core.activities.likely import known
from movenet_ros.core.activities.likely import Likely
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OF_POSTURES: dict[str, Figure] = {
    'steep': ('thigh', '>', 0.5, 0.08),  # carries the hips
    'below': ('thigh', '<', -0.35, 0.1),  # hips so far below the knees are not of who sits
    'upright': ('shank', '>', 0.65, 0.1),  # of who squats; level where somebody sits on the ground
    'tall': ('leg', '>', 0.62, 0.08),  # carries the hips
    'leg_folded': ('leg', '<', 0.42, 0.06),
    'bent': ('knee', '>', 1.15, 0.12),  # 66 degrees: one that walks or runs has a straighter knee
    'lengthwise': ('thigh_length', '>', 0.8, 0.07),  # is seen from the side
    'leaning': ('lean', '>', 0.35, 0.1),  # 20 degrees: keeps who squats above the feet
    'trunk_up': ('lean', '<', 0.85, 0.12),  # 49 degrees: nobody sits with a trunk that leans more
    'lying': ('lean', '>', 1.1, 0.15),  # 63 degrees
    'level': ('lean', '>', 1.3, 0.1),  # 74: who bends over, with legs out of sight, is not so
    'away': ('feet_away', '>', 0.18, 0.03),  # nobody can stand so
}


def posture_likelihoods(likely: Likely) -> tuple[Floats, ...]:
    """Return ``(n,)`` how likely each of ``POSTURES`` is; NaN where it is not to be told."""
    steep, tall, upright = (either(likely[name]) for name in ('steep', 'tall', 'upright'))
    away, leaning, sits_up, lying, level = (
        likely[name][0] for name in ('away', 'leaning', 'trunk_up', 'lying', 'level')
    )
    carries, bent = np.fmin(steep, tall), known(both(likely['bent']))
    is_above_feet = every(np.fmax(leaning, both(likely['lengthwise'])), 1 - away)
    is_folded = every(both(likely['leg_folded']), upright)
    squats = known(np.fmax(np.fmax(is_above_feet, is_folded), both(likely['below'])))
    away = known(away)
    carried = np.fmax(every(steep, tall), both(likely['steep']))
    laying = known(np.where(np.isnan(carried), level, every(lying, 1 - carried)))
    return (
        every(carries, 1 - bent),
        every(1 - steep, sits_up, np.maximum(1 - squats, away)),
        every(np.fmax(1 - carries, bent), 1 - laying, squats, 1 - away),
        laying,
    )
