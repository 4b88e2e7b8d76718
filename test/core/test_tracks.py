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

"""Tracks: how alike people of the next image are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.tracks import BOX_WEIGHT
from movenet_ros.core.tracks import is_outside
from movenet_ros.core.tracks import Metric
from movenet_ros.core.tracks import similarity
from movenet_ros.core.tracks import Tracks
import numpy as np
import pytest

PeopleAt = Callable[..., Poses]

KEYPOINTS, BOXES = Metric('keypoints', COCO.sigmas), Metric('boxes', COCO.sigmas)


@pytest.mark.parametrize('common', [0, 1, 2, 3])
def test_with_few_keypoints_in_common_the_boxes_decide(people_at: PeopleAt, common: int) -> None:
    """Keypoints elsewhere would say that it is another person."""
    person = people_at((200, 200, 150))
    scores = np.full((1, 17), 0.1)
    scores[:, :common] = 0.9
    other = replace(person, keypoint_scores=scores, keypoints=person.keypoints + 300)
    a, b = Tracks.of(person, 0.3), Tracks.of(other, 0.3)
    assert similarity(a, b, KEYPOINTS).item() == pytest.approx(1)


def test_with_4_keypoints_in_common_they_decide(people_at: PeopleAt) -> None:
    person = people_at((200, 200, 150))
    scores = np.full((1, 17), 0.1)
    scores[:, :4] = 0.9
    other = replace(person, keypoint_scores=scores, keypoints=person.keypoints + 300)
    a, b = Tracks.of(person, 0.3), Tracks.of(other, 0.3)
    assert similarity(a, b, KEYPOINTS).item() == pytest.approx(BOX_WEIGHT)


def test_boxes_have_no_use_for_keypoints(people_at: PeopleAt) -> None:
    person = people_at((200, 200, 150))
    other = replace(person, keypoints=person.keypoints + 300)
    a, b = Tracks.of(person, 0.3), Tracks.of(other, 0.3)
    assert similarity(a, b, BOXES).item() == pytest.approx(1)


def test_keypoints_below_the_threshold_do_not_count(people_at: PeopleAt) -> None:
    person = people_at((200, 200, 150))
    keypoints, scores = person.keypoints.copy(), person.keypoint_scores.copy()
    keypoints[0, 5:9] += 400
    scores[0, 5:9] = 0.2
    other = replace(person, keypoints=keypoints, keypoint_scores=scores)
    a, b = Tracks.of(person, 0.3), Tracks.of(other, 0.3)
    assert similarity(a, b, KEYPOINTS).item() == pytest.approx(1)


@pytest.mark.parametrize(('outside', 'is_out'), [(0.0, False), (0.3, False), (0.45, True)])
def test_who_is_outside_for_a_large_part_is_out_of_view(outside: float, is_out: bool) -> None:
    box = np.array([[-100.0 * outside, 50.0, 100.0 * (1 - outside), 250.0]])
    assert is_outside(box, (640, 480)).tolist() == [is_out]
