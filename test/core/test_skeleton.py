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

from __future__ import annotations

import json
from pathlib import Path

from movenet_ros.core.skeleton import COCO
import pytest

COCO_ORDER = (
    'nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow'
    ' right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle'
    ' right_ankle'
)
NAMED_EDGES = {frozenset((COCO.names[a], COCO.names[b])) for a, b in COCO.edges}


def other_side(name: str) -> str:
    """Return the name of the keypoint on the person's other side."""
    side, _, rest = name.partition('_')
    return {'left': f'right_{rest}', 'right': f'left_{rest}'}.get(side, name)


def test_keypoints_are_in_the_order_of_coco() -> None:
    assert ' '.join(COCO.names) == COCO_ORDER


def test_the_order_is_that_of_real_annotations(data: Path) -> None:
    categories = json.loads((data / 'annotations.json').read_text())['categories']
    (person,) = (each for each in categories if each['name'] == 'person')
    assert tuple(person['keypoints']) == COCO.names


def test_an_index_leads_back_to_its_name() -> None:
    assert all(COCO.names[COCO.index[name]] == name for name in COCO.names)


@pytest.mark.parametrize(
    'limb',
    ['left_elbow left_wrist', 'right_hip right_knee', 'left_knee left_ankle', 'nose right_eye'],
)
def test_a_limb_is_an_edge(limb: str) -> None:
    assert frozenset(limb.split()) in NAMED_EDGES


def test_no_edge_is_there_twice() -> None:
    assert len(NAMED_EDGES) == len(COCO.edges)


def test_the_skeleton_is_symmetric() -> None:
    assert {frozenset(map(other_side, edge)) for edge in NAMED_EDGES} == NAMED_EDGES


def test_only_shoulders_and_hips_join_the_sides() -> None:
    across = {edge for edge in NAMED_EDGES if edge == frozenset(map(other_side, edge))}
    assert across == {
        frozenset({'left_shoulder', 'right_shoulder'}),
        frozenset({'left_hip', 'right_hip'}),
    }


def test_no_edge_joins_a_left_keypoint_with_another_right_one() -> None:
    mixed = [edge for edge in COCO.edges if COCO.left & set(edge) and COCO.right & set(edge)]
    assert len(mixed) == 2


def test_every_keypoint_has_an_edge() -> None:
    assert {i for edge in COCO.edges for i in edge} == set(range(len(COCO)))


def test_all_but_the_nose_have_a_side() -> None:
    assert COCO.left | COCO.right == set(range(len(COCO))) - {COCO.index['nose']}
    assert not COCO.left & COCO.right
