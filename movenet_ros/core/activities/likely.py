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

from collections.abc import Sequence
from itertools import chain

from movenet_ros.core.activities.measures import Measures
from movenet_ros.core.activities.measures import ROW
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOGISTIC = 1.702 / 2  # so a hyperbolic tangent is within 0.01 of the normal distribution


Figure = tuple[str, str, float, float]
"""
The measure, whether it should be more ('>') or less ('<') than the figure, the figure itself, and
its standard deviation: people differ.
"""
Likely = dict[str, Floats]
"""
``(2, n)`` for each name how likely it is that the measure is so, on the left and on the right.

From 0 to 1; NaN where it is not known. Of a measure with a large standard deviation it is near
0.5: what is hardly known decides nothing.
"""


class Figures:
    """
    The figures of rules, by their names; all are compared at once, which is quicker.

    :raises ValueError: if a name is in several of them.
    """

    def __init__(self, *of_rules: dict[str, Figure]) -> None:
        self._names = tuple(chain(*of_rules))
        if len(set(self._names)) < len(self._names):
            raise ValueError(f'names of figures come twice: {sorted(self._names)}')
        measures, ways, *numbers = zip(*chain(*(each.values() for each in of_rules)))
        self._rows = np.array([ROW[measure] for measure in measures])
        self._steepness = LOGISTIC * _column([1.0 if way == '>' else -1.0 for way in ways])
        self._figures, deviations = map(_column, numbers)
        self._variances = np.square(deviations)

    def likely(self, body: Measures) -> Likely:
        """Compare the measures of a body with all figures."""
        off = body.values.take(self._rows, axis=0) - self._figures
        variances = self._variances + np.square(body.deviations.take(self._rows, axis=0))
        likely = 0.5 + 0.5 * np.tanh(self._steepness * off / np.sqrt(variances))
        return dict(zip(self._names, likely))


def _column(numbers: Sequence[float]) -> Floats:
    return np.array(numbers)[:, None, None]


def either(sides: Floats) -> Floats:
    """Return ``(n,)`` how likely one of both sides is, of those that are known."""
    left, right = sides
    return np.asarray(np.fmax(left, right))


def both(sides: Floats) -> Floats:
    """Return ``(n,)`` how likely both sides are, of those that are known."""
    left, right = sides
    return np.asarray(np.fmin(left, right))


def every(first: Floats, *others: Floats) -> Floats:
    """Return how likely all are: as the least likely one; NaN where one is not known."""
    for other in others:
        first = np.minimum(first, other)
    return first


def known(likelihoods: Floats) -> Floats:
    """Return likelihoods with 0 for what is not known."""
    return np.asarray(np.fmax(likelihoods, 0.0))
