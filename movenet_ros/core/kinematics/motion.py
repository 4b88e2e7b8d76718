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
How the angles of one person go in time: velocities, ranges of motion, left against right.

A single image says little: its angles are noisy, and now and then one is of another joint. So
what is said of an image takes in the images within ``WINDOW_S``.
"""

from __future__ import annotations

from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

WINDOW_S = 0.1  # on either side of an image; the image next to it counts in any case
MOST_AROUND = 60  # images on either side: 600 Hz; stamps that stand still do not fill the memory
GAP_S = 0.5  # a longer one is not bridged: nobody knows what was in it
FEWEST = 3  # images that outvote an outlier

Floats = NDArray[np.float64]


def angular_velocities(values: Floats, stamps_ns: NDArray[np.int64]) -> Floats:
    """
    Return how fast angles change, in radians per second.

    It is the slope of the line through the images around (least squares). At 30 Hz, noise of 1
    degree leaves 6 degrees per second, where the difference of two images has 42; a motion that
    repeats once a second loses 5 % of its speed by it, one of three times a third.

    :param values: ``(t, a)`` radians; NaN where an angle is not known.
    :param stamps_ns: ``(t,)`` ascending.
    :return: ``(t, a)``; NaN where an angle is not known, or no other one around it.
    """
    times, around = _around(values, stamps_ns)
    known = ~np.isnan(around)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    times = np.where(known, times[..., None], 0.0)
    around = np.where(known, around, 0.0)
    times = np.where(known, times - times.sum(axis=1, keepdims=True) / count, 0.0)
    squares = np.square(times).sum(axis=1)
    slopes = (times * around).sum(axis=1) / np.where(squares > 0, squares, np.nan)
    return np.where(np.isnan(values), np.nan, slopes)


def ranges_of_motion(values: Floats, stamps_ns: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """
    Return between what limits angles move, in radians.

    They are the extremes of the running median, so an outlier does not count, nor a value on its
    own; a motion that repeats once a second loses 2 % of its range at either end, at 30 Hz.

    :param values: ``(t, a)`` radians; NaN where an angle is not known.
    :param stamps_ns: ``(t,)`` ascending.
    :return: ``(a,)`` the lowest and ``(a,)`` the highest; NaN where too little is known.
    """
    _, around = _around(values, stamps_ns)
    around = np.sort(around, axis=1)  # NaN comes last
    count = np.count_nonzero(~np.isnan(around), axis=1)
    middles = np.array([(count - 1) // 2, count // 2]).clip(0)
    medians = np.take_along_axis(around, middles.swapaxes(0, 1), axis=1).mean(axis=1)
    medians[(count < FEWEST) | np.isnan(values)] = np.nan
    return (
        np.fmin.reduce(medians, axis=0, initial=np.nan),
        np.fmax.reduce(medians, axis=0, initial=np.nan),
    )


def asymmetry(left: ArrayLike, right: ArrayLike) -> Floats:
    """
    Return how much more the left side does than the right, as a share of the mean of both.

    It is the symmetry index of Robinson, Herzog and Nigg (Journal of Manipulative and
    Physiological Therapeutics 10, 1987), with left first. It is meant for what both sides have
    clearly more than 0 of, as ranges of motion.

    :param left: of any shape, not below 0; ``right`` of the same.
    :return: from -2 to 2, 0 for alike; NaN where either is not known or both are 0.
    """
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    mean = (left + right) / 2
    return np.asarray((left - right) / np.where(mean > 0, mean, np.nan))


def _around(values: Floats, stamps_ns: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """
    Return what is known around each image.

    :return: ``(t, w)`` seconds after it, and ``(t, w, a)`` the angles there; NaN for images that
        are too far away.
    """
    count = len(stamps_ns)
    window_ns = round(WINDOW_S * NANOSECONDS)
    firsts = np.searchsorted(stamps_ns, stamps_ns - window_ns)
    reach = max(1, min(MOST_AROUND, int((np.arange(count) - firsts).max(initial=0))))
    steps = np.arange(-reach, reach + 1)
    places = np.arange(count)[:, None] + steps
    inside = (places >= 0) & (places < count)
    places = places.clip(0, max(0, count - 1))
    times = (stamps_ns[places] - stamps_ns[:, None]) / NANOSECONDS
    near = np.abs(times) <= np.where(np.abs(steps) == 1, GAP_S, WINDOW_S)
    return times, np.where((inside & near)[..., None], values[places], np.nan)
