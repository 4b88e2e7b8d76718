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

"""Turns: who is looked at in an image, and in what size, where the time is not enough for all."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from movenet_ros.core.refining.crops import Crop
from movenet_ros.core.refining.people import Indices
from movenet_ros.core.refining.people import People
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

QUALITY = (1.0, 0.9, 0.75)  # of an answer, by how much smaller than the largest the crop is
FAINTEST = 0.05  # detection that is worth a closer look
NEWS = 3.0  # how much more urgent a newcomer is than somebody who waited for one image
LONGEST = 8  # images that make somebody more urgent
UNLIKELY = 0.5  # of the least score: who is below it is looked at once in LONGEST images


def urgency(people: People, least_score: float = 0.0) -> Floats:
    """
    Return how urgent a closer look at each person is; 0: not worth it.

    :param least_score: of people who are published. Shadows and coats are below it for good, and
        would take the time of two people in every image.
    """
    waited = np.minimum(people.waiting, LONGEST) * np.sqrt(np.maximum(people.scores, 0.1))
    likely = np.where(people.detection_scores >= FAINTEST, people.detection_scores, 0.0)
    news = (NEWS + people.waiting) * likely  # grows, or many others would be ahead for ever
    best = np.maximum(people.scores, people.detection_scores)
    waited[(best < UNLIKELY * least_score) & (people.waiting < LONGEST)] = 0.0
    return np.where(people.is_refined, waited, news)


def turns(
    people: People,
    sizes: Sequence[int],
    most: int,
    budget_ms: float,
    cost_ms: Callable[[tuple[int, int]], float],
    least_score: float = 0.0,
) -> tuple[Indices, list[Crop], float]:
    """
    Choose who is looked at: the most urgent ones, one at least.

    Smaller crops are worse but cheaper: the size is the one in which all answers together are
    worth the most.

    :param people: all of them, where they should be.
    :param sizes: longer sides of crops in pixels that may be chosen from, the largest first.
    :param most: at most this many people.
    :param budget_ms: for all crops.
    :param cost_ms: of a crop, by width and height.
    :param least_score: of people who are published.
    :return: whose turn it is, their crops, and what these cost in milliseconds.
    """
    urgencies, rooms = urgency(people, least_score), people.rooms_xyxy
    order = np.argsort(-urgencies, kind='stable')[:most]
    order = order[urgencies[order] > 0]
    best: tuple[Indices, list[Crop], float] = (order[:0], [], 0.0)
    best_worth = 0.0
    for each, quality in zip(sizes, QUALITY):
        crops = [Crop.around(rooms[i], each) for i in order]
        costs = np.cumsum([cost_ms(crop.wh) for crop in crops])
        count = max(1, int(np.searchsorted(costs, budget_ms, side='right')))
        worth = quality * float(urgencies[order[:count]].sum())
        if worth > best_worth:
            best = order[:count], crops[:count], float(costs[count - 1])
            best_worth = worth
        if count >= len(order):  # smaller ones could only be worse
            break
    return best
