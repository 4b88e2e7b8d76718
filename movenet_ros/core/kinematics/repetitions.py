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
Repetitions of an exercise, counted as a person counts them who looks at the movement.

A repetition leaves the posture of rest, turns, and comes back. It is counted as soon as its turn
is seen: one that the end of a clip cuts counts, a movement that has not turned yet does not. One
movement alone is no repetition, nor is one that the error of the angles explains.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.needs import needs
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Turn = tuple[int, int, int]

LEAST_RANGE = np.radians(20.0)  # what anybody calls a movement
LEAST_SHARE = 0.4  # of the range of the whole clip: a smaller wiggle is none of its repetitions
FADED_SHARE = 0.7  # of the repetition beside it: who tires goes less far each time
TURNED_SHARE = 0.2  # of that range, on the way back: then the turn is seen
WHOLE_SHARE = 0.7  # of a repetition's own range: then the way there and back are seen
BASE_SHARE = 0.9  # of a repetition's height, below its top: there it begins and ends
EVEN = 2.0  # a repetition takes at most so many times as long as the median one, or as short
HELD_SHARE = 0.2  # of a repetition's height, below its top: there it is held
HELD_S = 5.0  # at the turn, which does not make it longer: who rests sits for more
NOISE_REACH = 7.0  # standard deviations, from the lowest to the highest of much noise
MISSTATED = 3.0  # measured noise that is so many times the stated one is quick movement
SMOOTH_S = 0.3
MOST_HZ = 30.0
LEAST_SEEN = 0.5  # of the images
LEAST_COUNT = 2
WEIGHTS = {'hip': 2.0, 'knee': 2.0, 'lean': 2.0, 'shoulder': 1.5}
"""How much a movement of a joint counts, of others 1: who bends the legs moves the whole body."""


class Repetition(NamedTuple):
    """
    There and back again.

    :param begin_ns: when the angle leaves the rest.
    :param turn_ns: when it is farthest from it.
    :param end_ns: when it is back.
    :param least: smallest angle meanwhile, in radians.
    :param most: largest one.
    :param left: range of the joint on the left meanwhile; NaN for a joint without sides.
    :param right: the same of the right one; either is NaN where it is never seen, too.
    :param is_whole: whether the clip shows both the way there and the way back.
    """

    begin_ns: int
    turn_ns: int
    end_ns: int
    least: float
    most: float
    left: float
    right: float
    is_whole: bool

    @property
    def there_s(self) -> float:
        """Return how long the way there takes."""
        return (self.turn_ns - self.begin_ns) / NANOSECONDS

    @property
    def back_s(self) -> float:
        """Return how long the way back takes."""
        return (self.end_ns - self.turn_ns) / NANOSECONDS

    @property
    def symmetry(self) -> float:
        """Return the smaller range as a share of the larger; NaN unless both sides are known."""
        if not self.left + self.right > 0:  # nor NaN
            return float('nan')
        return min(self.left, self.right) / max(self.left, self.right)


class Repetitions(NamedTuple):
    """
    All repetitions of a person.

    :param angle: whose turns they are, the dominant one; empty: nothing moves enough.
    """

    angle: str
    each: tuple[Repetition, ...]


def range_of(values: Floats) -> float:
    """Return how far an angle goes, without the twentieth on either side; NaN if unknown."""
    if not np.isfinite(values).any():
        return float('nan')
    low, high = np.nanpercentile(values, (5, 95))
    return float(high - low)


def dominant_angle(curves: Curves) -> str:
    """Return the name of the angle that moves most, more than its error; empty: none does."""
    best, largest = '', 0.0
    for name, values, deviations in zip(ANGLES, curves.values.T, curves.deviations.T):
        seen = np.isfinite(values)
        if seen.sum() < max(2, LEAST_SEEN * len(values)):
            continue
        extent = range_of(values)
        weighted = extent * WEIGHTS.get(name.split('_', 1)[1], 1.0)
        error = 2 * np.median(deviations[seen])  # 95 % are within
        if extent >= max(LEAST_RANGE, error) and weighted > largest:
            best, largest = name, weighted
    return best


def count_repetitions(curves: Curves) -> Repetitions:
    """Count the repetitions of the dominant angle."""
    name = dominant_angle(curves)
    if not name or curves.rate_hz <= 0:
        return Repetitions('', ())
    even = curves.resampled(min(curves.rate_hz, MOST_HZ))
    width = max(1, round(SMOOTH_S * even.rate_hz)) // 2 * 2 + 1
    values = _smooth(even.of(name), width)
    extent = range_of(values)
    stated = float(np.nanmedian(curves.deviations[:, ANGLES.index(name)]))
    measured = min(_noise(curves.of(name)), MISSTATED * stated)
    least = max(LEAST_RANGE, stated, NOISE_REACH * measured / math.sqrt(width))
    up, down = (_turns(sign * values, extent, least) for sign in (1, -1))
    rests_low = len(up) > len(down) or (
        len(up) == len(down) and values[0] < np.median(np.nanpercentile(values, (5, 95)))
    )
    hills = values if rests_low else -values
    turns = _even(hills, up if rests_low else down, HELD_S * even.rate_hz)
    if len(turns) < LEAST_COUNT:
        return Repetitions(name, ())
    return Repetitions(name, tuple(_repetition(even, name, hills, *turn) for turn in turns))


def _turns(values: Floats, extent: float, least: float) -> list[Turn]:
    """
    Return begin, top and end of each hill that is high enough, by prominence.

    Beyond both ends of the clip lies the rest: a hill that the clip cuts is one where it turned.
    """
    signal = needs('scipy.signal')  # takes seconds to load
    rest = np.percentile(values, 5)
    padded = np.concatenate([[rest], values, [rest]])
    tops, found = signal.find_peaks(padded, prominence=least)
    tops = tops[_are_repeated(found['prominences'], LEAST_SHARE * extent)]
    _, _, begins, ends = signal.peak_widths(padded, tops, BASE_SHARE)
    turns = []
    valleys = [a + int(np.argmin(padded[a:b])) for a, b in zip(tops[:-1], tops[1:])]
    bounds = zip([0, *valleys], np.floor(begins), tops, np.ceil(ends), [*valleys, len(padded)])
    for before, begin, top, end, behind in bounds:
        first = max(0, int(max(before, begin)) - 1)
        last = min(len(values), int(min(behind, end))) - 1
        top -= 1
        if min(_ways(values, first, top, last)) >= TURNED_SHARE * extent:
            turns.append((first, int(top), last))
    return turns


def _are_repeated(heights: Floats, least: float) -> NDArray[np.bool_]:
    """
    Return which hills may be repetitions: they are high enough, or nearly as high as one beside.

    :param least: what is high enough.
    """
    counts = np.asarray(heights >= least)
    places = range(len(heights))
    for each, beside in [*zip(places[1:], places), *zip(places[-2::-1], places[::-1])]:
        counts[each] |= counts[beside] and heights[each] >= FADED_SHARE * heights[beside]
    return counts


def _even(values: Floats, turns: list[Turn], most_held: float) -> list[Turn]:
    """
    Return the turns that take about as long as most do: others are movements of their own.

    :param most_held: samples for which one may be held at its turn, beside that.
    """
    lengths = np.empty((len(turns), 2))  # with the time in which it is held, and without
    for i, (first, top, last) in enumerate(turns):
        height = max(_ways(values, first, top, last))
        held = int((values[first:last + 1] > values[top] - HELD_SHARE * height).sum())
        lengths[i] = last - first, last - first - min(held, most_held)
    usual = np.median(lengths, axis=0) if turns else 0.0
    is_even = (usual / EVEN <= lengths) & (lengths <= usual * EVEN)
    return [turns[i] for i in np.flatnonzero(is_even.any(axis=1))]


def _repetition(
    curves: Curves, name: str, hills: Floats, first: int, top: int, last: int
) -> Repetition:
    """Measure a repetition between two images."""
    part = curves.values[first:last + 1]
    values = part[:, ANGLES.index(name)]
    joint = name.split('_', 1)[1]
    both = [f'{side}_{joint}' for side in ('left', 'right')]
    left, right = (
        float(np.ptp(part[:, ANGLES.index(each)])) if each in ANGLES else float('nan')
        for each in both
    )
    ways = _ways(hills, first, top, last)
    begin_ns, turn_ns, end_ns = (int(curves.stamps_ns[i]) for i in (first, top, last))
    return Repetition(
        begin_ns, turn_ns, end_ns, float(values.min()), float(values.max()), left, right,
        min(ways) >= WHOLE_SHARE * max(ways),
    )


def _ways(values: Floats, first: int, top: int, last: int) -> tuple[float, float]:
    """Return how far it goes up to the top, and down from there."""
    parts = values[first:top + 1], values[top:last + 1]
    there, back = (float(values[top] - each.min()) for each in parts)
    return there, back


def _noise(values: Floats) -> float:
    """
    Return the standard deviation of what changes from image to image, by the second differences.

    Of white noise it is that of the noise; a quick movement in few images adds to it.
    """
    bends = np.abs(np.diff(values[np.isfinite(values)], 2))
    return float(np.median(bends) / (0.6745 * math.sqrt(6))) if len(bends) else 0.0


def _smooth(values: Floats, width: int) -> Floats:
    """Return the mean over so many images, an odd number, around each."""
    padded = np.pad(values, width // 2, mode='edge')
    return np.convolve(padded, np.full(width, 1 / width), mode='valid')
