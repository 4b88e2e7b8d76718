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

"""How far the joint angles of found people are off those of true ones, and whether they know."""

from __future__ import annotations

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.bodies import Bodies
import numpy as np
from numpy.typing import NDArray

MEANINGS = {
    'angle_error_deg_median': 'error of joint angles (smoothed, of visible keypoints), in degrees',
    'angle_error_deg_p90': 'the same, 90th percentile',
    'angles_within_1sd': 'share of them whose error is at most the standard deviation stated',
    'angles_within_2sd': 'the same, twice that',
}

Floats = NDArray[np.float64]


class AngleErrors:
    """Collects how far angles are off, person by person, in the image or in space."""

    def __init__(self) -> None:
        self._errors_deg = [np.empty((0, len(ANGLES)))]
        self._deviations_deg = [np.empty((0, len(ANGLES)))]

    def add(self, true: Floats, found: Bodies) -> None:
        """
        Take in the people of an image.

        :param true: ``(n, k, d)`` their keypoints, NaN where one is not visible.
        :param found: the same people, as they were found.
        """
        exact = joint_angles(Bodies(true, np.zeros_like(true), found.ids, found.skeleton))
        angles = joint_angles(found)
        self._errors_deg.append(np.degrees(np.abs(angles.values - exact.values)))
        self._deviations_deg.append(np.degrees(angles.deviations))

    def figures(self) -> dict[str, float]:
        """Return the figures named in MEANINGS, of all angles."""
        return _figures(np.concatenate(self._errors_deg), np.concatenate(self._deviations_deg))

    def by_joint(self) -> dict[str, dict[str, float]]:
        """Return the same for each angle, and how many there are."""
        errors, deviations = np.concatenate(self._errors_deg), np.concatenate(self._deviations_deg)
        return {
            name: {
                'count': int(np.isfinite(errors[:, i]).sum()),
                **_figures(errors[:, i], deviations[:, i]),
            }
            for i, name in enumerate(ANGLES)
        }


def _figures(errors_deg: Floats, deviations_deg: Floats) -> dict[str, float]:
    """Return the figures of angles of any shape; NaN where none is known."""
    known = np.isfinite(errors_deg)
    if not known.any():
        return dict.fromkeys(MEANINGS, float('nan'))
    errors, deviations = errors_deg[known], deviations_deg[known]
    return dict(zip(MEANINGS, (
        float(np.median(errors)),
        float(np.percentile(errors, 90)),
        float(np.mean(errors <= deviations)),
        float(np.mean(errors <= 2 * deviations)),
    )))
