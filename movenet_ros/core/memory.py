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
Memory: who comes back gets the old id, by looks, or by looks and place.

A wrong id is worse than a new one. So looks must say it clearly: alike enough, and more so than
anybody else's, here or away. At the place where the person was, a little less will do. People all
in black look alike: they come back only to a place from which the camera had turned away.
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

ALIKE = 0.93  # looks that are the same person's: of 1,225 pairs of other people none are
ALIKE_THERE = 0.90  # the same, at the place where the person was
THERE = 0.2  # similarity with that place
CLEARLY = 0.02  # more alike than anybody else
LOOKS = 3  # images in which a newcomer's looks are seen before they are compared
NEARLY = 0.85  # alike enough to wait for more of them
WAIT_S = 0.6  # at most

Floats = NDArray[np.float64]


def recognise(people: Tracks, rows: list[int], away: Tracks, metric: Metric) -> list[int]:
    """
    Give back old ids, and with them what is known of how these people look.

    :param people: of the image; ids and looks of those recognised are set.
    :param rows: who of them may be somebody who was here before.
    :param away: who is not here; without an id there is none to give back.
    :return: who of these is to be looked at for longer before getting a new id.
    """
    away = away[away.ids > 0]
    if not len(away):
        return []
    new = people[rows]
    is_here = people.ids > 0
    is_here[rows] = False
    looks = np.nan_to_num(alikeness(away.looks, new.looks))
    # nobody is a person beside whom they were seen, but for an id that sat on somebody else
    was_beside = new.since_s > away.unseen_s[:, None] + 1e-6
    looks[was_beside & (away.doubts == 0)[:, None]] = 0.0
    plain = is_plain(away.looks)[:, None]
    place = similarity(away.but(unseen_s=np.zeros(len(away))), new, metric) >= THERE
    place &= ~plain | away.out_of_view[:, None]
    lead = looks - _best_other(looks, alikeness(people.looks[is_here], new.looks))
    is_clear = (lead >= CLEARLY) & (looks >= _second(looks) + CLEARLY) & ~plain
    margin = np.maximum(
        np.where(place & (lead > -CLEARLY), looks - ALIKE_THERE, -1.0),
        np.where(is_clear, looks - ALIKE, -1.0),
    )
    is_likely = (margin < 0) & (looks >= NEARLY) & is_clear
    is_too_new = new.looked < LOOKS
    waits = (is_too_new | is_likely.any(axis=0)) & (new.since_s < WAIT_S)
    gone, came = match(np.where((margin >= 0) & ~is_too_new, 1.0 + margin, 0.0), 1e-9)
    at = [rows[each] for each in came]
    for name in ('ids', 'looks', 'looked'):
        getattr(people, name)[at] = getattr(away, name)[gone]
    return [row for row, wait in zip(rows, waits) if wait and row not in at]


def _second(looks: Floats) -> Floats:
    """Return how much any other newcomer looks like each who is away, at best."""
    return np.asarray(_best_other(looks.T, looks.T[:0]).T)


def _best_other(looks: Floats, here: Floats) -> Floats:
    """
    Return how much each newcomer looks like anybody but the one who is away, at best.

    :param looks: ``(away, new)`` how alike they are.
    :param here: ``(others, new)`` the same of people who are here.
    """
    everybody = np.vstack([looks, np.nan_to_num(here), np.zeros((2, looks.shape[1]))])
    second, first = np.sort(everybody, axis=0)[-2:]
    return np.asarray(np.where(looks == first, second, first))
