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

"""Which surface is each joint's, from the trunk outwards; and how joints agree on their depth."""

from __future__ import annotations

from movenet_ros.core.spatial.body import Body
from movenet_ros.core.spatial.groups import Groups
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# What a surface costs, in metres; the cheapest is taken.
FROM_PARENT = 1.0  # of its way in depth from the joint that it hangs on
FROM_MIDDLE = 0.35  # from the middle of the body
SHARE = 0.25  # less, for all of the disc
# Nothing of the own body is before a wrist: the nearest surface is taken that has so much of the
# disc. Of an elbow that would be the forearm.
FRONT = 0.35
FRONT_SHARE = 0.12

LEAST_NOISE = 0.0012  # 1 / m: the noise's deviation is this times the square of the distance
INDEPENDENT = 1.5  # samples of a disc; the noise of neighbours is alike


def chosen(groups: Groups, distances_m: Floats, body: Body) -> tuple[Floats, Floats]:
    """
    Choose each joint's surface.

    :param distances_m: ``(n,)`` of the people.
    :return: ``(n, k)`` depth in metres, NaN where none fits; and ``(n, k)`` its spread.
    """
    depths, middles = groups.depth_m, distances_m[:, None]
    from_middle = depths - middles[..., None]
    is_front = body.wrists[:, None] & (groups.share > FRONT_SHARE)
    costs = np.where(is_front, FRONT * from_middle, FROM_MIDDLE * np.abs(from_middle))
    costs -= SHARE * groups.share
    from_parent = np.where(is_front, 0.0, FROM_PARENT)
    people, joints = depths.shape[:2]
    rows, columns = np.arange(people)[:, None], np.arange(joints)
    found = np.full((people, joints + 1), np.nan)  # the last: the middle of the body
    found[:, -1] = distances_m
    parents = middles
    for _ in range(body.levels):  # the trunk is right after the first round, and so on
        away = np.abs(depths - parents[..., None])
        fits = away < body.reach_m[:, None]
        cost = np.where(fits, costs + from_parent * away, np.inf)
        best = rows, columns, cost.argmin(axis=2)
        found[:, :-1] = np.where(fits[best], depths[best], np.nan)
        parents = found[:, body.parents].sum(axis=1) / 2
        parents = np.where(np.isnan(parents), middles, parents)
    return found[:, :-1], groups.spread_m[best]


def agreed(depth_m: Floats, spread_m: Floats, body: Body) -> tuple[Floats, Floats]:
    """
    Let the joints of each body agree on their depth, as far as noise leaves it open.

    Joints that hang together are not far apart in depth: a Gaussian prior. What is near the camera
    stays as measured; far away, where depth is noise, neighbours help each other.

    :param depth_m: ``(n, k)`` as chosen, spread_m too.
    :return: ``(n, k)`` depth, NaN where it was, and ``(n, k)`` its variance in square metres.
    """
    is_known = np.isfinite(depth_m)
    if not is_known.any():
        return depth_m, depth_m
    square = depth_m**2
    noises = np.sort((spread_m / square)[is_known])
    noise = max(LEAST_NOISE, float(noises[len(noises) // 2]))
    precision = np.where(is_known, INDEPENDENT / (noise * square) ** 2, 0.0)
    joints = np.arange(depth_m.shape[1])
    matrix = np.repeat(body.agreement[None], len(depth_m), axis=0)
    matrix[:, joints, joints] += precision + 1e-6
    inverse = np.linalg.inv(matrix)
    weighted = precision * np.where(is_known, depth_m, 0.0)
    together = (inverse @ weighted[..., None])[..., 0]
    variances = inverse[:, joints, joints] + spread_m**2 / 2
    return np.where(is_known, together, np.nan), np.where(is_known, variances, np.nan)
