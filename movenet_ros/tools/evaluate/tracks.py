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

"""How well people are tracked through a clip with ground truth, with and without smoothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from dataclasses import field
from itertools import count
import math
import sys
from typing import Any

from movenet_ros.core.assignment import match
from movenet_ros.core.following import PeopleTracker
from movenet_ros.core.kinematics.bodies import bodies_in_image
from movenet_ros.core.needs import needs
from movenet_ros.core.poses import Poses
from movenet_ros.core.similarity import oks
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.perception import Perception
from movenet_ros.settings import changed
from movenet_ros.tools.evaluate.angles import AngleErrors
from movenet_ros.tools.evaluate.angles import MEANINGS as ANGLE_MEANINGS
from movenet_ros.tools.evaluate.clip import area
from movenet_ros.tools.evaluate.clip import Clip
from movenet_ros.tools.evaluate.clip import images_of
from movenet_ros.tools.evaluate.clip import true_keypoints
from movenet_ros.tools.evaluate.clip import VISIBLE
from movenet_ros.tools.evaluate.clip import visible_keypoints
from movenet_ros.tools.evaluate.coco import results
from movenet_ros.tools.evaluate.coco import score
from movenet_ros.tools.evaluate.identities import Identities
from movenet_ros.tools.evaluate.spent import Spent
from movenet_ros.tools.evaluate.steadiness import jitter_px
from movenet_ros.tools.evaluate.steadiness import lag_ms
from movenet_ros.tools.evaluate.steadiness import Observation
import numpy as np
from numpy.typing import NDArray

MIN_OKS = 0.5  # of a true person and a detection that is this person
MEANINGS = {
    'IDSW': 'id switches',
    'IDF1': 'share of people found with their right ids (F1)',
    'IDF1_max': 'the same, if all ids were right: what detection allows',
    'IDF1_oracle': 'the same, with a new id after tracking.max_age_s without a detection',
    'wrong_id': "share of the true people, over all images, who have somebody else's id",
    'returns': "people found again after more than 1 s: right id/somebody else's/new one",
    'MOTA': '1 less misses, false positives and id switches for each true person',
    'jitter_px': 'mean jump of keypoints of still joints from one image to the next',
    'jitter_px_raw': 'the same without smoothing',
    'lag_ms': 'how late keypoints of moving joints are; below 0: early',
    'lag_ms_raw': 'the same without smoothing',
    'AP': 'COCO keypoint AP',
    'AP_raw': 'the same without smoothing',
    **ANGLE_MEANINGS,
}

Floats = NDArray[np.float64]


@dataclass
class Run:
    """The output of one tracker: observations of each person, and results for COCO."""

    follower: PeopleTracker
    observations: dict[Any, list[Observation]] = field(default_factory=lambda: defaultdict(list))
    results: list[dict[str, Any]] = field(default_factory=list)


class Oracle:
    """Assigns the right ids, but new ones to people not found for longer than max_age_s."""

    def __init__(self, max_age_s: float) -> None:
        self._max_age_s = max_age_s
        self._known: dict[Any, tuple[int, float]] = {}  # id, and when it was given
        self._numbers = count(1)

    def ids(self, found: int, true: dict[int, Any], now_s: float) -> list[int]:
        """
        Assign an id to each person found in an image.

        :param found: how many.
        :param true: true id of each that is a true person.
        """
        ids = []
        for each in range(found):
            number, then_s = self._known.get(true.get(each), (0, -math.inf))
            if each not in true or now_s - then_s > self._max_age_s + 1e-6:
                number = next(self._numbers)
            if each in true:
                self._known[true[each]] = number, now_s
            ids.append(number)
        return ids


def evaluate_tracks(clip: Clip, perception: Perception) -> dict[str, Any]:
    """
    Track people through a clip and compare with the ground truth.

    :param perception: with the node's settings; smoothing is measured both on and off.
    :return: the figures named in MEANINGS, NaN where a clip says nothing about one, those of
        ``Spent``, and ``angles``: those of each joint angle.
    :raises StartError: if the video is not the one that the annotations are about.
    """
    motmetrics = needs('motmetrics')
    ids = motmetrics.MOTAccumulator(auto_id=True)
    settings = perception.settings
    smoothed, raw = (
        Run(PeopleTracker(changed(settings, {'smoothing.enabled': on}), _say))
        for on in (True, False)
    )
    identities, angles = Identities(), AngleErrors()
    oracle = Oracle(settings.tracking.max_age_s)
    oracle_ids = motmetrics.MOTAccumulator(auto_id=True)
    matched = found = 0
    spent = Spent(perception)
    image_wh = clip.entries[0]['width'], clip.entries[0]['height']
    perception.finder.warm_up([image_wh])  # to make a new shape ready is not counted
    for number, (entry, image) in enumerate(images_of(clip)):
        stamp_ns = round((number + 1) * NANOSECONDS / clip.rate_hz)
        with spent.counted():
            scene = smoothed.follower.scene_at(image.wh, stamp_ns)
            poses = perception.find(image, scene=scene)
        people = clip.truth.imgToAnns[entry['id']]
        for run in (smoothed, raw):
            followed = run.follower.follow(poses, image, stamp_ns)
            run.results += results(followed, entry['id'])
            similarity = _similarity(people, followed)
            pairs = [*zip(*match(similarity, MIN_OKS))]
            for i, j in pairs:
                seen = followed.keypoint_scores[j] >= settings.keypoint_threshold
                observation = _observation(number, people[i], followed.keypoints[j], seen)
                run.observations[people[i]['track_id']].append(observation)
            if run is smoothed:
                visible = [visible_keypoints(people[i]) for i, _ in pairs]
                ours = followed[[j for _, j in pairs]]
                angles.add(
                    np.reshape(visible, (-1, 17, 2)),
                    bodies_in_image(ours, settings.keypoint_threshold, ours.refined),
                )
        # of the raw tracker: smoothing makes no difference to ids
        matched, found = matched + len(pairs), found + len(followed)
        true = [each['track_id'] for each in people]
        distances = np.where(similarity < MIN_OKS, np.nan, 1 - similarity)
        has_id = followed.ids > 0
        identities.add(
            stamp_ns / NANOSECONDS, [(true[i], int(followed.ids[j])) for i, j in pairs]
        )
        ids.update(true, followed.ids[has_id].tolist(), distances[:, has_id])
        right = oracle.ids(len(followed), {j: true[i] for i, j in pairs}, stamp_ns / NANOSECONDS)
        oracle_ids.update(true, right, distances)
    metrics = motmetrics.metrics.create()
    summary = metrics.compute(ids, metrics=['num_switches', 'idf1', 'mota'])
    figures = {
        'IDSW': int(summary['num_switches'].iloc[0]),
        'IDF1': float(summary['idf1'].iloc[0]),
        'IDF1_max': 2 * matched / max(1, len(clip.truth.anns) + found),
        'IDF1_oracle': float(metrics.compute(oracle_ids, metrics=['idf1'])['idf1'].iloc[0]),
        **identities.figures(len(clip.truth.anns)),
        'MOTA': float(summary['mota'].iloc[0]),
    }
    for suffix, run in {'': smoothed, '_raw': raw}.items():
        seen_people = list(run.observations.values())
        figures[f'jitter_px{suffix}'] = jitter_px(seen_people)
        figures[f'lag_ms{suffix}'] = lag_ms(seen_people, clip.rate_hz)
        figures[f'AP{suffix}'] = score(clip.truth, run.results, [*clip.truth.imgs])['AP']
    return {**figures, **angles.figures(), **spent.figures(), 'angles': angles.by_joint()}


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _similarity(people: list[dict[str, Any]], followed: Poses) -> Floats:
    """Return ``(true, found)`` object keypoint similarities."""
    true = np.array([true_keypoints(each) for each in people]).reshape(-1, 17, 3)
    labelled = np.repeat(true[:, None, :, 2] > 0, len(followed), axis=1)
    areas = np.array([area(each) for each in people])
    found = followed.keypoints.astype(np.float64)
    return oks(true[..., :2], found, labelled, areas, COCO.sigmas)


def _observation(
    number: int, person: dict[str, Any], keypoints: NDArray[np.float32], seen: NDArray[np.bool_]
) -> Observation:
    true = true_keypoints(person)
    return Observation(
        number,
        keypoints.astype(np.float64),
        true[:, :2],
        seen & (true[:, 2] == VISIBLE),
        math.sqrt(area(person)),
    )
