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
Memory: people who left, by how they looked and where they were.

A wrong id is worse than a new one. So a newcomer gets an old id back only where looks say so
clearly, or looks and place together. A place alone says it only where the camera had turned away
from it; else whoever walks in where somebody left would take the id.
"""

from __future__ import annotations

from movenet_ros.core.appearance import alikeness
from movenet_ros.core.appearance import is_plain
from movenet_ros.core.assignment import match
from movenet_ros.core.tracks import Metric
from movenet_ros.core.tracks import similarity
from movenet_ros.core.tracks import Tracks
import numpy as np
from numpy.typing import NDArray

ALIKE = 0.93  # looks that are the same person's, wherever that one is
ALIKE_THERE = 0.90  # the same, at the place where the person was
CLEARLY = 0.02  # more alike than anybody else
THERE = 0.2  # similarity with where the person was
NEARLY = 0.85
LOOKS = 3  # images in which a newcomer's looks are to be seen first
WAIT_S = 0.6  # for that, at most

Floats = NDArray[np.float64]


def recognise(people: Tracks, rows: list[int], away: Tracks, metric: Metric) -> list[int]:
    """
    Give back old ids, and with them what is known of how these people look.

    :param people: of the image; ids and looks of those recognised are set.
    :param rows: which of them have no id yet.
    :param away: who is not in the image; with id 0 they have none to give back.
    :return: who of these is to be looked at for longer before they get another id.
    """
    away = away[away.ids > 0]
    if not len(away):
        return []
    new, others = people[rows], np.delete(people.looks, rows, axis=0)
    looks = np.nan_to_num(alikeness(away.looks, new.looks))
    place = similarity(away.but(unseen_s=np.zeros(len(away))), new, metric) >= THERE
    place &= ~is_plain(away.looks)[:, None] | away.out_of_view[:, None]
    first = np.maximum(looks, 0) - _best_other(looks, alikeness(others, new.looks))
    anywhere = ~is_plain(away.looks)[:, None] & (first >= CLEARLY)
    margin = np.maximum(
        np.where(place & (first > -CLEARLY), looks - ALIKE_THERE, -1.0),
        np.where(anywhere, looks - ALIKE, -1.0),
    )
    is_open = (margin < 0) & (looks >= NEARLY) & (anywhere | away.out_of_view[:, None])
    waits = (new.since_s < WAIT_S) & ((new.looked < LOOKS) | is_open.any(axis=0))
    margin[:, new.looked < LOOKS] = -1.0
    gone, came = match(np.where(margin >= 0, 1.0 + margin, 0.0), 1e-9)
    at = [rows[each] for each in came]
    for name in ('ids', 'looks', 'looked'):
        getattr(people, name)[at] = getattr(away, name)[gone]
    return [row for row, wait in zip(rows, waits) if wait and not people.ids[row]]


def _best_other(looks: Floats, others: Floats) -> Floats:
    """
    Return how much each newcomer looks like anybody but the one who is away, at best.

    :param looks: ``(away, new)`` how alike they are.
    :param others: ``(others, new)`` the same of people who are here.
    """
    here = np.nan_to_num(others).max(axis=0, initial=0.0)
    best = np.empty_like(looks)
    for row in range(len(looks)):
        best[row] = np.delete(looks, row, axis=0).max(axis=0, initial=0.0)
    return np.maximum(best, here)
