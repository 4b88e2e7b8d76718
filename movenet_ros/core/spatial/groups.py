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
What a disc of depth shows: one surface or several, one behind the other.

Sorted by depth, samples are split where there is a gap. Each group is a candidate for the surface
of the joint in the middle of the disc.
"""

from __future__ import annotations

from dataclasses import dataclass

from movenet_ros.core.spatial.samples import SAMPLES
from movenet_ros.core.spatial.samples import WEIGHTS
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GAP_M = 0.07  # between surfaces; more where the noise, which grows with the square, is more
GAP_PER_M = 0.012
LEAST = 3  # samples in a group
MOST = SAMPLES // LEAST  # groups in a disc
# Of a group: its surface is in the middle, and from the first to the last of these are two
# standard deviations.
QUANTILES = np.array([[0.16], [0.5], [0.84]])
BITS = 6  # that count the samples, below those of the depth: one sort for both
UNKNOWN = np.int32(2**31 - 1)
WEIGHT_OF = np.zeros(2**BITS)  # of a sample by its number; the one of UNKNOWN has none
WEIGHT_OF[:SAMPLES] = WEIGHTS


@dataclass(frozen=True, eq=False)
class Groups:
    """
    The surfaces in each disc, from near to far.

    :param depth_m: ``(n, k, MOST)`` NaN where there is none.
    :param spread_m: ``(n, k, MOST)`` a standard deviation.
    :param share: ``(n, k, MOST)`` of what is known in the disc, the middle counting more.
    """

    depth_m: Floats
    spread_m: Floats
    share: Floats


def groups_of(mm: NDArray[np.int32]) -> Groups:
    """
    Split discs into groups.

    :param mm: ``(n, k, SAMPLES)`` depth in millimetres, 0 where it is not known or does not count.
    """
    people, joints, _ = mm.shape
    discs = mm.reshape(-1, SAMPLES)
    keys = np.where(discs > 0, (discs << BITS) | np.arange(SAMPLES, dtype=np.int32), UNKNOWN)
    keys.sort(axis=1)
    depth_m = (keys >> BITS) * 0.001
    sums = np.zeros((len(keys), SAMPLES + 1))
    np.cumsum(WEIGHT_OF[keys & (2**BITS - 1)], axis=1, out=sums[:, 1:])
    is_first = np.ones(keys.shape, bool)
    gaps = np.maximum(GAP_M, GAP_PER_M * depth_m[:, :-1] ** 2)
    is_first[:, 1:] = depth_m[:, 1:] - depth_m[:, :-1] > gaps
    discs_of, begins = np.nonzero(is_first)  # the last group of a disc may be what is not known
    ends = np.append(begins[1:], 0)
    ends[ends == 0] = SAMPLES
    is_group = (ends - begins >= LEAST) & (keys[discs_of, begins] != UNKNOWN)
    discs_of, begins, ends = discs_of[is_group], begins[is_group], ends[is_group]
    order = np.arange(len(discs_of)) - np.searchsorted(discs_of, discs_of)
    before, after = sums[discs_of, begins], sums[discs_of, ends]
    whole = after - before
    until = before + QUANTILES * whole
    where = (sums[discs_of, 1:] >= until[..., None]).argmax(axis=2)
    low, middle, high = depth_m[discs_of, where]
    table = np.full((3, len(discs), MOST), np.nan)
    table[:, discs_of, order] = middle, (high - low) / 2, whole / sums[discs_of, -1]
    return Groups(*table.reshape(3, people, joints, MOST))
