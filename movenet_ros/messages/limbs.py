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
Limbs and joints of people as points of a message, of which those that are not seen are left out.

A template (template.py) has a place for each point that there may be, and for the colour of each
joint; those that are not needed are cut out of it.
"""

from __future__ import annotations

from typing import Any
from typing import NamedTuple

from movenet_ros.core.labels import Color
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages.template import shortened
import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Places = NDArray[np.intp]


class Cuttable(NamedTuple):
    """
    Where a serialized message has what may be cut out of it.

    :param points_at: ``(n, 2 e + k)`` where each point begins.
    :param colors_at: ``(n, k)`` where the colour of each joint begins.
    :param counts_at: ``(n, 3)`` where the numbers of ends, joints and colours are.
    :param point_bytes: that a point takes; ``color_bytes`` likewise.
    """

    points_at: Places
    colors_at: Places
    counts_at: Places
    point_bytes: int
    color_bytes: int

    def cut(self, data: NDArray[np.uint8], is_drawn: Bools) -> bytes:
        """Return the bytes of a message, which are changed, without what is not drawn."""
        limbs, joints = np.split(is_drawn, [-self.colors_at.shape[1]], axis=1)
        return shortened(
            data,
            self.counts_at,
            np.stack([each.sum(axis=1) for each in (limbs, joints, joints)], axis=1),
            (self.points_at[~is_drawn], self.point_bytes),
            (self.colors_at[~joints], self.color_bytes),
        )


def limbs_and_joints(
    points: NDArray[Any], is_seen: Bools, skeleton: Skeleton
) -> tuple[NDArray[np.float64], Bools]:
    """
    Return the points that may be drawn of people, and which of them are.

    :param points: ``(n, k, d)`` of keypoints.
    :param is_seen: ``(n, k)``.
    :return: ``(n, 2 e + k, d)`` the ends of all edges, then all joints; ``(n, 2 e + k)``, where an
        edge is with both of its ends or not at all.
    """
    edges = np.array(skeleton.edges)
    has_both = np.asarray(is_seen[:, edges].all(axis=2))
    return (
        np.concatenate([points[:, edges.ravel()], points], axis=1, dtype=np.float64),
        np.concatenate([np.repeat(has_both, 2, axis=1), is_seen], axis=1),
    )


def rgba(msg_type: type[Any], color: Color) -> Any:
    """Return a colour as a message that has r, g, b and a from 0 to 1."""
    blue, green, red = (each / 255 for each in color)
    return msg_type(r=red, g=green, b=blue, a=1.0)
