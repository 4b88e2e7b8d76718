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

Floats = NDArray[np.float64]

SIDES = ('left', 'right')
UPPER_ARM, FOREARM, THIGH, SHANK, TRUNK = 0.186, 0.146, 0.245, 0.246, 0.288
"""
Lengths of bones as shares of the stature (Drillis and Contini; in Winter, Biomechanics and Motor
Control of Human Movement, table 4.1).
"""
RISES = {  # name: from where to where
    'thigh': ('knee', 'hip'),
    'shank': ('ankle', 'knee'),
    'leg': ('ankle', 'hip'),
    'wrist_over_shoulder': ('shoulder', 'wrist'),
    'wrist_over_elbow': ('elbow', 'wrist'),
    'wrist_over_hip': ('hip', 'wrist'),
}
UNITS = np.array([THIGH, SHANK, THIGH + SHANK, 1.0, 1.0, 1.0])[:, None, None]
FACE = ('nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear')
PALM = 0.4  # of a forearm from the wrist on is where the palm is
WAYS = {
    **RISES,
    'upper_arm': ('shoulder', 'elbow'),
    'trunk': ('hips', 'shoulders'),
    'width': ('right_shoulder', 'left_shoulder'),
    'foot': ('hips', 'ankle'),
    'feet': ('hips', 'ankles'),
    **{f'palm_to_{each}': (each, 'palm') for each in FACE},
}
"""
What is measured along, on both sides; hips, shoulders and ankles are their middles. What has no
side is there twice.
"""
WAY = {name: row for row, name in enumerate(WAYS)}
OF_BONES = {'upper_arm': UPPER_ARM, 'wrist_over_elbow': FOREARM, 'thigh': THIGH, 'shank': SHANK}
BONES = 2 * np.array([WAY['trunk'], *np.repeat([WAY[each] for each in OF_BONES], 2)])
BONES[2::2] += 1
"""Which of the ways, left and right in turn, are bones that tell the stature."""
SHARES = np.array([TRUNK, *np.repeat([*OF_BONES.values()], 2)])[:, None]


class Places:
    """
    Indices of keypoints; behind them come the middles of hips, shoulders and ankles, and palms.

    Those of a joint are of the left and the right one. What the skeleton lacks is unseen.

    :param starts: ``(w, 2)`` of ``WAYS``, on the left and on the right; ends likewise.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        count = len(skeleton)
        names = ('hips', 'shoulders', 'ankles', 'left_palm', 'right_palm')
        index = {**skeleton.index, **{name: count + i for i, name in enumerate(names)}}
        unseen = count + len(names)

        def both(*names: str) -> NDArray[np.intp]:
            """Return ``(j, 2)`` where joints are; what has no side is there twice."""
            return np.array([
                [index.get(f'{side}_{name}', index.get(name, unseen)) for side in SIDES]
                for name in names
            ])

        self.pairs = both('hip', 'shoulder', 'ankle').T
        self.wrists, self.elbows = both('wrist', 'elbow')
        self.starts, self.ends = (both(*names) for names in zip(*WAYS.values()))

    def table(self, points: Floats, variances: Floats) -> Floats:
        """
        Return points with the three middles, both palms and an unseen point.

        A middle is of both sides, or of the one that is seen; where no elbow is seen, the palm is
        the wrist.

        :param points: ``(n, k, d)``.
        :param variances: ``(n, k)`` of each point.
        :return: ``(d + 1, k + 6, n)`` coordinates and variances: where people come last, NumPy
            goes through many numbers at once.
        """
        n, k, d = points.shape
        table = np.empty((d + 1, k + 6, n))
        table[:-1, :k], table[-1, :k] = points.transpose(2, 1, 0), variances.T
        table[:, k:] = np.nan
        left, right = (table.take(each, axis=1) for each in self.pairs)
        middles = (left + right) / 2
        table[:, k:k + 3] = np.where(np.isnan(middles), np.fmin(left, right), middles)
        wrists, elbows = table.take(self.wrists, axis=1), table.take(self.elbows, axis=1)
        palms = wrists + PALM * (wrists - elbows)
        table[:, k + 3:-1] = np.where(np.isnan(palms), wrists, palms)
        return table


places_of = lru_cache(maxsize=4)(Places)
