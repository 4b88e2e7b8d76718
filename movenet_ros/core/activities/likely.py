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

"""What rules are made of: how likely it is that a measure is more than a figure."""

from __future__ import annotations

from movenet_ros.core.activities.measures import Measures
from movenet_ros.core.activities.measures import ROW
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOGISTIC = 1.702 / 2  # so a hyperbolic tangent is within 0.01 of the normal distribution


class Figures:
    """
    The figures of rules, by their names.

    :param figures: the measure, the figure that it is compared with, and the standard deviation of
        the figure: people differ.
    """

    def __init__(self, **figures: tuple[str, float, float]) -> None:
        self._names = tuple(figures)
        self._rows = np.array([ROW[measure] for measure, *_ in figures.values()])
        self._figures, deviations = np.array(
            [numbers for _, *numbers in figures.values()]
        ).T[..., None, None]
        self._variances = np.square(deviations)

    def likely(self, body: Measures) -> dict[str, Floats]:
        """
        Return ``(2, n)`` for each name how likely the measure is to be more than the figure.

        From 0 to 1, on the left and on the right; NaN where it is not known. Of a measure with a
        large standard deviation it is near 0.5: what is hardly known decides nothing.
        """
        deviations = np.sqrt(self._variances + np.square(body.deviations[self._rows]))
        off = (body.values[self._rows] - self._figures) / deviations
        return dict(zip(self._names, 0.5 + 0.5 * np.tanh(LOGISTIC * off)))


def either(sides: Floats) -> Floats:
    """Return ``(n,)`` how likely one of both sides is, of those that are known."""
    return np.asarray(np.fmax(sides[0], sides[1]))


def every(first: Floats, *others: Floats) -> Floats:
    """Return how likely all are: as the least likely one; NaN where one is not known."""
    for other in others:
        first = np.minimum(first, other)
    return first


def known(likelihoods: Floats) -> Floats:
    """Return likelihoods with 0 for what is not known."""
    return np.where(np.isnan(likelihoods), 0.0, likelihoods)
