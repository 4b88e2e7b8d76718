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

"""Curves with so few points that a browser stays quick, in which no peak and no gap is lost."""

from __future__ import annotations

import math

from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.tools.analyse.events import MOST_GAP_NS
import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 1500  # of a curve: more than a screen has pixels

Floats = NDArray[np.float64]


def thinned(curves: Curves) -> tuple[NDArray[np.int64], Floats, Floats]:
    """
    Return what is drawn of curves.

    Of long ones, the lowest and the highest point of each step are kept, in their order; they
    stand at the step's beginning and middle. Where the person is away, there is a point of NaN.

    :return: ``(p,)`` stamps, ``(p, a)`` values and ``(p, a)`` deviations.
    """
    count = len(curves)
    if not count:
        return curves.stamps_ns, curves.values, curves.deviations
    stamps_ns = curves.stamps_ns
    least_gap_ns = max(MOST_GAP_NS, 2 * int(stamps_ns[-1] - stamps_ns[0]) // MOST_POINTS)
    begins = np.flatnonzero(np.diff(stamps_ns) > least_gap_ns) + 1  # after a gap
    if count <= MOST_POINTS:
        places = np.arange(count)
        rows = np.broadcast_to(places[:, None], curves.values.shape)
    else:
        step = math.ceil(2 * count / MOST_POINTS)
        starts = np.union1d(np.arange(0, count, step), begins)
        places, rows = _extremes(curves.values, starts)
    values, deviations = (
        np.take_along_axis(each, rows, axis=0) for each in (curves.values, curves.deviations)
    )
    gaps = np.searchsorted(places, begins)
    return (
        np.insert(stamps_ns[places], gaps, stamps_ns[begins - 1]),
        np.insert(values, gaps, np.nan, axis=0), np.insert(deviations, gaps, np.nan, axis=0),
    )


def _extremes(
    values: Floats, starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Return where values are lowest and highest in each step.

    :param starts: ``(s,)`` the first row of each step.
    :return: ``(2 s,)`` first and middle row of each step; ``(2 s, a)`` the rows of both extremes
        of each angle, ascending; the first row where nothing is known.
    """
    count = len(values)
    lengths = np.diff(starts, append=count)
    rows = np.arange(count)[:, None]
    found = [
        np.minimum.reduceat(
            np.where(values == np.repeat(extreme, lengths, axis=0), rows, count), starts
        )
        for extreme in (np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts))
    ]
    found = [np.where(each < count, each, starts[:, None]) for each in found]
    both = np.sort(np.stack(found, axis=1), axis=1).reshape(-1, values.shape[1])
    return np.stack([starts, starts + lengths // 2], axis=1).ravel(), both
