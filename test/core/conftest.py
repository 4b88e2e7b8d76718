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

"""What the tests of people over time share: made-up people who stand where a test wants them."""

from __future__ import annotations

from collections.abc import Callable

from movenet_ros.core.poses import Poses
import numpy as np
import pytest

# An upright person, in heights: from the middle of the box, y downwards
FIGURE = np.array(
    [(0.0, -0.43), (0.02, -0.45), (-0.02, -0.45), (0.04, -0.44), (-0.04, -0.44)]
    + [(0.11, -0.32), (-0.11, -0.32), (0.16, -0.17), (-0.16, -0.17), (0.17, -0.02), (-0.17, -0.02)]
    + [(0.08, 0.02), (-0.08, 0.02), (0.09, 0.24), (-0.09, 0.24), (0.1, 0.45), (-0.1, 0.45)]
)
BOX = np.array([-0.2, -0.5, 0.2, 0.5])  # of that person


@pytest.fixture(scope='session')
def people_at() -> Callable[..., Poses]:
    """Return a function that makes upright people, each ``(x, y, height)``: middle and pixels."""

    def make(
        *people: tuple[float, float, float], score: float = 0.8, keypoint_score: float = 0.9
    ) -> Poses:
        places = np.array(people, np.float64).reshape(-1, 3)
        middles, heights = places[:, None, :2], places[:, 2]
        n = len(places)
        return Poses(
            keypoints=middles + heights[:, None, None] * FIGURE,
            keypoint_scores=np.full((n, 17), keypoint_score),
            boxes_xyxy=np.tile(places[:, :2], 2) + heights[:, None] * BOX,
            scores=np.full(n, score),
            ids=np.zeros(n),
        )

    return make
