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

"""Answers: which of all the people whom crops show is whom."""

from __future__ import annotations

from collections.abc import Sequence

from movenet_ros.core.assignment import match
from movenet_ros.core.poses import ARRAYS
from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.people import Indices
from movenet_ros.core.refining.people import People
from movenet_ros.core.similarity import keypoint_boxes
from movenet_ros.core.similarity import similarity
from movenet_ros.core.similarity import without_duplicates
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DUPLICATE = 0.6  # similarity of two finds of one person
FOREIGN = 0.7  # weight of a find in a crop of somebody else, where both show the same person
SAME = 0.2  # similarity of an answer with where the person should be
SAME_NEW = 0.1  # the same, where a detection alone says so
SAME_NEAR = 0.5  # the same, where somebody else is near
CLEAR = 0.6  # times the score of answers before: one that is no mixture, where somebody is near


def joined(found: Sequence[Poses]) -> Poses:
    """Return the people of several finds, the highest scoring first, with duplicates."""
    arrays = {
        name: np.concatenate([getattr(each, name) for each in found]) for name, *_ in ARRAYS
    }
    order = np.argsort(-arrays['scores'], kind='stable')
    return Poses(**arrays, skeleton=found[0].skeleton)[order]


def assign(
    found: Sequence[Poses], looked_at: People, clear: Floats
) -> tuple[Poses, Indices]:
    """
    Decide who is whom of all the people whom crops show.

    A crop shows others, too, and who is covered is seen better in somebody else's crop or not at
    all. So everybody in all crops is there for everybody, and each is given once.

    :param found: people in the crop of each, in pixels of the image.
    :param looked_at: those whose crops they are, where they should be.
    :param clear: ``(n,)`` least score of an answer, see :func:`least_clear`.
    :return: the answers, each once, and for each person the index of the own one, or -1.
    """
    everybody = joined(found)
    sigmas = everybody.skeleton.sigmas
    owners = np.repeat(np.arange(len(found)), [len(each) for each in found])
    scores = np.concatenate([each.scores for each in found])
    owners = owners[np.argsort(-scores, kind='stable')]
    alike = similarity(
        looked_at.keypoints, looked_at.keypoint_scores, everybody.keypoints, sigmas
    )
    is_own = (owners == np.arange(len(found))[:, None]) & (alike >= SAME_NEW)
    worth = everybody.scores * np.where(is_own.any(axis=0), 1.0, FOREIGN)
    order = np.argsort(-worth, kind='stable')
    single = order[
        without_duplicates(
            everybody.keypoints[order], everybody.keypoint_scores[order], DUPLICATE, sigmas
        )
    ]
    alike, worth = alike[:, single], worth[single]
    answers = everybody[single]
    least = np.where(clear > 0, SAME_NEAR, np.where(looked_at.is_refined, SAME, SAME_NEW))
    may_be = (alike >= least[:, None]) & (alike * answers.scores >= clear[:, None])
    fits = np.where(may_be, alike * worth, 0.0)
    rows, columns = match(fits, 1e-9)
    given = np.full(len(found), -1)
    given[rows] = columns
    return answers, given


def least_clear(people: People) -> Floats:
    """
    Return the score times similarity from which on an answer may be each person.

    Where people cover each other, a network answers with mixtures of them. Such an answer is much
    fainter than the answers for either of them before, and less like the person.

    :param people: all people, where they should be.
    :return: ``(n,)``; 0 where nobody else is near.
    """
    boxes = keypoint_boxes(people.keypoints, people.keypoint_scores)
    left_top = np.maximum(boxes[:, None, :2], boxes[:, :2])
    right_bottom = np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    is_near = (left_top < right_bottom).all(axis=-1) & people.is_refined & (people.unseen <= 1)
    np.fill_diagonal(is_near, False)
    of_others = np.where(is_near, people.answer_scores, 0.0).max(axis=1, initial=0.0)
    usual = np.where(people.is_refined, people.answer_scores, of_others)
    return np.where(of_others > 0, CLEAR * usual, 0.0)
