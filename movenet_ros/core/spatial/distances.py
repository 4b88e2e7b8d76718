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
How far away each person is, and which depth is somebody else's.

Each joint, and each point in between of the trunk, votes with the depth around it; the distance
with the most votes within a body's depth wins. How large the person looks has a say, so that a
wall behind a thin person, or a table before one, does not win. People who overlap are settled one
after the other, first those whose joints agree best: where their bodies are, the depth that is
theirs has no vote for the others.
"""

from __future__ import annotations

from movenet_ros.core.spatial.proportions import bones_seen
from movenet_ros.core.spatial.samples import FARTHEST_MM
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Bins of distance, each so much farther than the one before; the first is for not known.
STEP = 0.04
NEAREST_MM = 100
BINS = 2 + int(np.log(FARTHEST_MM / NEAREST_MM) / STEP)
_MM = np.maximum(np.arange(FARTHEST_MM + 1), NEAREST_MM)
BIN_OF_MM = (1 + np.log(_MM / NEAREST_MM) / STEP).astype(np.int32)
BIN_OF_MM[0] = 0
DISTANCES_M = NEAREST_MM / 1000 * np.exp((np.arange(BINS) - 0.5) * STEP)
LOGARITHMS = np.log(DISTANCES_M)
# A body reaches so far in depth, far away the noise: which bins vote for a distance.
WITHIN_M = np.maximum(0.2, 0.05 * DISTANCES_M)
FIRST = np.maximum(np.searchsorted(DISTANCES_M, DISTANCES_M - WITHIN_M), 1)
END = np.maximum(np.searchsorted(DISTANCES_M, DISTANCES_M + WITHIN_M, side='right'), 1)

SIZE_DEVIATION = 0.4  # at least, of what a person's size says: depth says more
SIZE_LIMIT = 3.0  # standard deviations, from which on a person's size has no more to say

OWN_MM = 400  # depth before and behind the middle of a body that is its own
DOUBT_MM = 40  # by which it may be nearer to a body's middle and is somebody else's yet
LEAST_AGREED = 0.08  # share of all votes; what fewer agree on is chance
VOTERS = slice(None, None, 2)  # of the samples in a disc: enough


def distances(
    mm: NDArray[np.int32], weights: Floats, sizes: tuple[Floats, Floats], is_on: Mask | None
) -> tuple[Floats, Mask | None]:
    """
    Find out how far away people are.

    :param mm: ``(n, e, SAMPLES)`` depth around joints and points.
    :param weights: ``(n, e)`` of their votes, 0 for what is not seen.
    :param sizes: how near people look, as nearness() says.
    :param is_on: ``(n, n, e)`` whether, of the body of one, joints and points of another lie on
        it; None where nobody overlaps.
    :return: ``(n,)`` distances in metres, NaN where there is no depth; and ``(n, e, SAMPLES)``
        which depth is somebody else's.
    """
    bins = BIN_OF_MM[mm[..., VOTERS]]
    prior = _prior(*sizes)
    total = np.maximum(weights.sum(axis=1), 1.0)
    score, found = _best(bins, weights, prior)
    agreed = score / total
    if is_on is None:
        return np.where(agreed < LEAST_AGREED, np.nan, found), None
    has_no_vote = np.zeros(mm.shape, bool)
    settled: list[int] = []
    waiting = np.flatnonzero(is_on.any(axis=(0, 2)) | is_on.any(axis=(1, 2))).tolist()
    while waiting:
        first = max(waiting, key=lambda person: agreed[person])
        waiting.remove(first)
        settled.append(first)
        again = [person for person in waiting if is_on[first, person].any()]
        if again:
            off_mm = np.abs(mm[again] - 1000 * found[first])
            has_no_vote[again] |= is_on[first, again, :, None] & (off_mm < OWN_MM)
            rest = np.where(has_no_vote[again][..., VOTERS], 0, bins[again])
            score, found[again] = _best(rest, weights[again], prior[again])
            agreed[again] = score / total[again]
    found[agreed < LEAST_AGREED] = np.nan
    return found, _taken(mm, found, is_on, settled)


def _taken(mm: NDArray[np.int32], found: Floats, is_on: Mask, people: list[int]) -> Mask:
    """Return which depth, where somebody else's body is, is as near to theirs as to the own."""
    own_mm = np.abs(mm - 1000 * found[:, None, None])
    limit_mm = np.where(np.isnan(own_mm), OWN_MM, np.minimum(own_mm + DOUBT_MM, OWN_MM))
    taken = np.zeros(mm.shape, bool)
    for person in people:
        off_mm = np.abs(mm - 1000 * found[person])
        taken |= is_on[person, :, :, None] & (off_mm < limit_mm)
    return taken


def on_bodies(
    middles: Floats, keypoints: Floats, seen: Mask, thickness_px: Floats, bones: Floats
) -> Mask:
    """
    Return ``(n, n, e)`` whether, of the body of one, joints and points of another lie on it.

    :param middles: ``(n, e, 2)`` of the joints and points.
    :param keypoints: ``(n, k, 2)``, seen ``(n, k)``: of the bodies.
    :param thickness_px: ``(n, b)`` half of the bones'.
    :param bones: ``(2, b, k)`` weights of their ends.
    """
    begin, end = np.matmul(bones[:, None], np.where(seen[..., None], keypoints, 0.0))
    along = end - begin
    squares = (along * along).sum(axis=2)[:, None]
    points = middles.reshape(-1, 2)
    # (n, all points, b): how far along each bone its nearest place is, and how far from there
    ahead = np.matmul(points, along.transpose(0, 2, 1)) - (begin * along).sum(axis=2)[:, None]
    share = np.minimum(np.maximum(ahead / np.maximum(squares, 1e-9), 0.0), 1.0)
    off = np.matmul(points, -2 * begin.transpose(0, 2, 1)) + (begin * begin).sum(axis=2)[:, None]
    off += (points * points).sum(axis=1)[:, None] - share * (2 * ahead - share * squares)
    limits = np.where(bones_seen(seen, bones), thickness_px**2, -1.0)
    is_on = off < limits[:, None]
    people = len(seen)
    result = is_on.any(axis=2).reshape(people, people, -1)
    result[np.arange(people), np.arange(people)] = False
    return np.asarray(result)


def _prior(near: Floats, deviations: Floats) -> Floats:
    """Return ``(n, BINS)`` how likely each distance is for people who look so near."""
    deviations = np.maximum(deviations, SIZE_DEVIATION)[:, None]
    off = np.abs(LOGARITHMS + np.log(near)[:, None]) / deviations
    return np.asarray(np.exp(-0.5 * np.minimum(off, SIZE_LIMIT) ** 2))


def _best(bins: NDArray[np.int32], weights: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """Return ``(n,)`` the votes for each person's best distance, and ``(n,)`` the distance."""
    people, _, voters = bins.shape
    rows = np.arange(people)
    cells = bins + (rows * BINS)[:, None, None]
    each = np.repeat(weights.ravel() / voters, voters)
    votes = np.bincount(cells.ravel(), each, people * BINS).reshape(people, BINS)
    votes[:, 0] = 0
    sums = np.zeros((2, people, BINS + 1))
    np.cumsum(votes, axis=1, out=sums[0, :, 1:])
    np.cumsum(votes * DISTANCES_M, axis=1, out=sums[1, :, 1:])
    scores = (sums[0][:, END] - sums[0][:, FIRST]) * prior
    best = scores.argmax(axis=1)
    count, metres = sums[:, rows, END[best]] - sums[:, rows, FIRST[best]]
    is_known = count > 1e-9
    return scores[rows, best], np.where(is_known, metres / np.where(is_known, count, 1), np.nan)
