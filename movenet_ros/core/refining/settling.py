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

"""Settling: where everybody is after all, by closer looks, detections and the image before."""

from __future__ import annotations

from dataclasses import replace

from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.people import Indices
from movenet_ros.core.refining.people import LATELY
from movenet_ros.core.refining.people import Mask
from movenet_ros.core.refining.people import MEMORY
from movenet_ros.core.refining.people import moved_between
from movenet_ros.core.refining.people import People
from movenet_ros.core.refining.turns import FAINTEST
from movenet_ros.core.similarity import similarity
from movenet_ros.core.similarity import without_duplicates
import numpy as np

GAIN = 0.2  # weight in the velocity of how much farther than expected a person moved
MOVED = 0.5  # weight of how far a detection moved somebody who is not looked at
COASTING = 0.9  # how much of the velocity an unseen person keeps
TOGETHER = 0.6  # similarity of two people of whom one is not seen
ELSEWHERE = 0.3  # similarity of somebody with everybody else, whom a crop shows by chance
LEAST_BESIDE, BESIDE = 0.15, 0.8  # score of such a person, and its weight
PATIENCE = 10  # images for which somebody unseen is remembered
UNCONFIRMED = 0.5  # weight of the score of a detection, where a closer look sees nobody
PATIENCE_UNREFINED = 2  # the same for somebody whom only a detection has seen
OUTSIDE = 0.1  # of the image's sides: farther away nobody is remembered


def settle(
    people: People, found: Poses, detections: Indices, answers: Poses, given: Indices, turn: Mask
) -> tuple[People, Mask]:
    """
    Decide where everybody is.

    A closer look counts most. Who was looked at and not seen is where a detection is, if there is
    one. Who was not looked at lately moved as the detection did; a moment ago, a closer look knew
    better. Of two in one place, one is not seen.

    :param people: where they should be.
    :param found: detections.
    :param detections: ``(n,)`` index of each person's, or -1.
    :param answers: people whom closer looks saw.
    :param given: ``(n,)`` index of each person's, or -1.
    :param turn: ``(n,)`` who was looked at.
    :return: the people, and who of them is seen.
    """
    sigmas = found.skeleton.sigmas
    is_seen_closely, is_detected = given >= 0, detections >= 0
    is_carried = ~turn & (~people.is_refined | (people.unseen <= 1))
    is_kept = is_carried & people.is_refined
    is_moved = is_kept & is_detected & (people.unrefined > LATELY)
    is_fallback = ~is_seen_closely & is_detected & ~is_kept

    settled = people.copy()
    _look(settled, np.flatnonzero(is_seen_closely), answers, given)
    rows = np.flatnonzero(is_moved)
    of = detections[rows]
    settled.keypoints[rows] += MOVED * moved_between(
        people.keypoints[rows], people.keypoint_scores[rows],
        found.keypoints[of], found.keypoint_scores[of],
    )[:, None]
    rows = np.flatnonzero(is_fallback)
    settled.keypoints[rows] = found.keypoints[detections[rows]]
    settled.keypoint_scores[rows] = found.keypoint_scores[detections[rows]]
    settled.scores[rows] = people.detection_scores[rows] * np.where(turn[rows], UNCONFIRMED, 1.0)

    is_shown = is_seen_closely | is_fallback | is_carried
    order = np.lexsort((-settled.scores, ~people.is_refined, ~is_seen_closely))
    order = order[is_shown[order]]
    single = without_duplicates(
        settled.keypoints[order], settled.keypoint_scores[order], TOGETHER, sigmas
    )
    is_seen = np.zeros(len(people), bool)
    is_seen[order[single]] = True

    for name in ('keypoints', 'keypoint_scores'):
        getattr(settled, name)[~is_seen] = getattr(people, name)[~is_seen]
    settled.velocities[~is_seen] *= COASTING
    settled.waiting[turn] = 0
    settled.unrefined[is_seen_closely] = 0
    settled.unseen[is_seen & (people.is_refined | is_seen_closely | is_detected)] = 0
    return settled, is_seen


def _look(people: People, rows: Indices, answers: Poses, given: Indices) -> None:
    """Take in the answers for some of the people."""
    of = given[rows]
    moved = moved_between(
        people.keypoints[rows], people.keypoint_scores[rows],
        answers.keypoints[of], answers.keypoint_scores[of],
    )
    known = people.is_refined[rows]
    images = np.where(known, people.unrefined[rows], 1.0)
    people.velocities[rows[known]] += (GAIN * moved / images[:, None])[known]
    people.wholes_xyxy[rows[known]] += np.tile(moved, 2)[known]
    people.keypoints[rows] = answers.keypoints[of]
    people.keypoint_scores[rows] = answers.keypoint_scores[of]
    before = MEMORY * people.answer_scores[rows]
    people.answer_scores[rows] = np.maximum(before, answers.scores[of])
    people.scores[rows] = (
        people.detection_scores[rows] + answers.keypoint_scores[of].mean(axis=1)
        + answers.scores[of]
    ) / 3


def beside(answers: Poses, given: Indices, people: People) -> People:
    """
    Return others whom crops show by chance, far from everybody who is known.

    :param answers: people whom closer looks saw.
    :param given: indices of those who are known.
    :param people: who is seen.
    """
    is_left = answers.scores >= LEAST_BESIDE
    is_left[given[given >= 0]] = False
    rows = np.flatnonzero(is_left)
    alike = similarity(
        answers.keypoints[rows], answers.keypoint_scores[rows], people.keypoints,
        answers.skeleton.sigmas,
    )
    rows = rows[alike.max(axis=1, initial=0.0) < ELSEWHERE]
    others = People.of(answers[rows])
    return replace(
        others, scores=BESIDE * others.detection_scores, unrefined=np.zeros(len(others))
    )


def is_remembered(people: People, is_seen: Mask, image_wh: tuple[int, int]) -> Mask:
    """
    Return ``(n,)`` who is looked for in the next image.

    :param is_seen: ``(n,)`` who is seen in this image.
    :param image_wh: its size in pixels.
    """
    patience = np.where(people.is_refined, PATIENCE, PATIENCE_UNREFINED)
    middles = people.keypoints.mean(axis=1) / image_wh
    is_inside = (np.abs(middles - 0.5) <= 0.5 + OUTSIDE).all(axis=1)
    is_likely = people.detection_scores >= FAINTEST
    is_known = is_seen | people.is_refined
    return np.asarray(is_known & is_likely & is_inside & (people.unseen <= patience))
