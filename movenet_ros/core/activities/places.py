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

"""Which keypoints of a skeleton are looked at, as indices."""

from __future__ import annotations

from functools import lru_cache

from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

SIDES = ('left', 'right')
UPPER_ARM, FOREARM, THIGH, SHANK, TRUNK = 0.186, 0.146, 0.245, 0.246, 0.288
"""
Lengths of bones as shares of the stature (Drillis and Contini; in Winter, Biomechanics and Motor
Control of Human Movement, table 4.1).
"""
BONES = {
    ('shoulder', 'elbow'): UPPER_ARM,
    ('elbow', 'wrist'): FOREARM,
    ('hip', 'knee'): THIGH,
    ('knee', 'ankle'): SHANK,
}
SHARES = np.array([TRUNK, *np.repeat([*BONES.values()], 2)])[:, None]
THIGHS = slice(5, 7)  # of the bones
RISES = {  # name: from where to where
    'thigh': ('knee', 'hip'),
    'shank': ('ankle', 'knee'),
    'leg': ('ankle', 'hip'),
    'wrist_over_shoulder': ('shoulder', 'wrist'),
    'wrist_over_elbow': ('elbow', 'wrist'),
    'wrist_over_hip': ('hip', 'wrist'),
}
UNITS = np.array([THIGH, SHANK, THIGH + SHANK, 1.0, 1.0, 1.0])[:, None, None]


class Places:
    """
    Indices of keypoints; behind them come the middle of the shoulders and that of the hips.

    Those of a joint are of the left and the right one. What the skeleton lacks is unseen.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        index, count = skeleton.index, len(skeleton)
        self.middle_of_shoulders, self.middle_of_hips, unseen = range(count, count + 3)

        def both(*names: str) -> NDArray[np.intp]:
            return np.array(
                [index.get(f'{side}_{name}', unseen) for name in names for side in SIDES]
            )

        self.shoulders, self.elbows, self.wrists, self.hips, self.ankles = map(
            both, ('shoulder', 'elbow', 'wrist', 'hip', 'ankle')
        )
        self.face = np.array([index.get('nose', unseen), *both('eye', 'ear')])
        self.girdles = np.array([self.shoulders, self.hips])
        self.lower, self.upper = (
            both(*names).reshape(-1, len(SIDES)) for names in zip(*RISES.values())
        )
        starts, ends = (both(*names) for names in zip(*BONES))
        self.starts = np.array([self.middle_of_shoulders, *starts])
        self.ends = np.array([self.middle_of_hips, *ends])

    def with_middles(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return points with the two middles and an unseen point.

        A middle is of both sides, or of the one that is seen.

        :param points: ``(k, ..., n)``.
        :return: ``(k + 3, ..., n)``.
        """
        unseen = np.full_like(points[:1], np.nan)
        points = np.concatenate([points, unseen, unseen, unseen])
        left, right = points[self.girdles].swapaxes(0, 1)
        middles = (left + right) / 2
        points[[self.middle_of_shoulders, self.middle_of_hips]] = np.where(
            np.isnan(middles), np.fmin(left, right), middles
        )
        return points


places_of = lru_cache(maxsize=4)(Places)
