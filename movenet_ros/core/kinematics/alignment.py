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

"""A person against a recorded clip, aligned in time."""

from __future__ import annotations

import math

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.comparison import Comparison
from movenet_ros.core.kinematics.comparison import Deviation
from movenet_ros.core.kinematics.comparison import worst_first
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.reference import TOLERANCE
from movenet_ros.core.needs import needs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DTW = 'dtaidistance.dtw'  # takes half a second to load, so it is where it is used
LEAST_SEEN = 0.5  # of a clip; an angle that is seen less is not compared
WORST = 5, 95  # percentiles of a difference over time, that stand for it
CLIP_HZ = 10.0  # enough for the limbs of people
LEAST_PART = 0.5  # of the reference's duration: a part that is shorter is not like it
MOST_CELLS = 2000**2  # samples of one clip times those of the other: the alignment takes 32 MB


def compare_with_clip(curves: Curves, reference: Curves) -> Comparison:
    """
    Compare the part of a clip that is most like a recorded one, by dynamic time warping.

    Both are compared in equal steps of time, whatever their rates; what comes before and after in
    the person's clip does not matter.

    :raises StartError: if dtaidistance is not installed.
    """
    area = math.prod(each.seconds[-1] if len(each) else 0.0 for each in (curves, reference))
    rate_hz = min(CLIP_HZ, math.sqrt(MOST_CELLS / max(area, 1e-9)))
    mine, theirs = curves.resampled(rate_hz), reference.resampled(rate_hz)
    both = [i for i in range(len(ANGLES)) if _is_known(curves, i) and _is_known(reference, i)]
    if not both:
        known = [name for i, name in enumerate(ANGLES) if _is_known(reference, i)]
        return Comparison(
            tuple(Deviation(name, math.nan, TOLERANCE, 0) for name in known), 0, 0
        )
    noise = np.hypot(*(np.nanmedian(each.deviations[:, both], axis=0) for each in (mine, theirs)))
    scale = np.maximum(noise, TOLERANCE)
    there, here = _path(theirs.values[:, both] / scale, mine.values[:, both] / scale).T
    differences = mine.values[here][:, both] - theirs.values[there][:, both]
    deviation = np.hypot(mine.deviations[here][:, both], theirs.deviations[there][:, both])
    allowed = np.maximum(TOLERANCE, 2 * deviation)
    deviations = [
        _over_time(ANGLES[i], differences[:, k], allowed[:, k], mine.stamps_ns[here])
        for k, i in enumerate(both)
    ]
    first, last = int(here[0]), int(here[-1])
    return Comparison(
        worst_first(deviations), int(mine.stamps_ns[first]), int(mine.stamps_ns[last]),
        _aligned(mine.stamps_ns[first:last + 1], theirs, there, here - first),
    )


def _is_known(curves: Curves, angle: int) -> bool:
    """Return whether enough is known of an angle."""
    return bool(np.isfinite(curves.values[:, angle]).sum() >= max(1, LEAST_SEEN * len(curves)))


def _over_time(
    name: str, differences: Floats, allowed: Floats, stamps_ns: NDArray[np.int64]
) -> Deviation:
    """Return the greatest difference of a clip, without its rarest twentieth."""
    worst = max(np.percentile(differences, WORST), key=abs)
    at = int(np.argmin(np.abs(differences - worst)))
    return Deviation(name, float(worst), float(allowed[at]), int(stamps_ns[at]))


def _path(reference: Floats, person: Floats) -> NDArray[np.int64]:
    """
    Return ``(p, 2)`` which of the reference's samples belongs to which of the person's.

    The reference is matched as a whole: with any part of the person's clip, but with all of it
    where an instant of it would be the most alike, since nothing in it is like the reference.
    """
    dtw = needs(DTW)
    for skipped in (len(person), 0):  # at either end of the person's clip
        _, costs = dtw.warping_paths(
            reference, person, psi=(0, 0, skipped, skipped), use_ndim=True,
            use_c=dtw.dtw_cc is not None,
        )
        path = np.array(dtw.best_path(costs), np.int64)
        if np.ptp(path[:, 1]) + 1 >= LEAST_PART * len(reference):
            break
    return path


def _aligned(
    stamps_ns: NDArray[np.int64], reference: Curves, there: NDArray[np.int64],
    here: NDArray[np.int64],
) -> Curves:
    """Return the reference at the person's times: the mean of what belongs to each."""
    counts = np.bincount(here, minlength=len(stamps_ns))[:, None]

    def at_their_times(values: Floats) -> Floats:
        sums = np.zeros((len(stamps_ns), values.shape[1]))
        np.add.at(sums, here, values[there])
        return sums / counts

    return Curves(
        stamps_ns, at_their_times(reference.values), at_their_times(reference.deviations)
    )
