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

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from movenet_ros.core.poses import Poses
from movenet_ros.core.similarity import areas
from movenet_ros.core.similarity import keypoint_boxes
from movenet_ros.core.similarity import oks
from movenet_ros.core.similarity import similarity
from movenet_ros.core.similarity import without_duplicates
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]

SEEN = np.full((1, 17), 0.9)


def test_a_box_holds_what_is_seen_and_nothing_else(people_at: PeopleAt) -> None:
    keypoints, scores = people_at((100, 100, 80)).keypoints.copy(), SEEN.copy()
    keypoints[0, 3], scores[0, 3] = (900, 900), 0.05
    others = np.delete(keypoints[0], 3, axis=0)
    expected = [*others.min(axis=0), *others.max(axis=0)]
    np.testing.assert_array_equal(keypoint_boxes(keypoints, scores)[0], expected)


def test_a_box_of_somebody_hardly_seen_holds_the_best_few() -> None:
    keypoints = np.arange(34.0).reshape(1, 17, 2)
    scores = np.linspace(0.09, 0.01, 17)[None]
    assert keypoint_boxes(keypoints, scores).tolist() == [[0, 1, 8, 9]]


@pytest.mark.parametrize('turn', [(0, 1), (1, 0)])
def test_a_person_who_stands_sideways_has_an_area(turn: tuple[int, int]) -> None:
    line = np.linspace(0, 100, 17)[:, None] * turn
    assert 2000 < areas(line[None], SEEN)[0] < 4000


def test_everybody_is_alike_to_themselves_and_nobody_to_who_is_far(people_at: PeopleAt) -> None:
    people = people_at((100, 100, 80), (400, 100, 80))
    alike = similarity(people.keypoints, people.keypoint_scores, people.keypoints, COCO.sigmas)
    np.testing.assert_allclose(alike, np.eye(2), atol=1e-3)


@pytest.mark.parametrize(
    ('x', 'kept'), [([], []), ([100], [0]), ([100, 101], [0]), ([100, 300, 102, 299], [0, 1])]
)
def test_of_finds_of_one_person_the_first_is_kept(
    people_at: PeopleAt, x: list[int], kept: list[int]
) -> None:
    people = people_at(*((each, 100, 80) for each in x))
    found = without_duplicates(people.keypoints, people.keypoint_scores, 0.6, COCO.sigmas)
    assert found == kept


# OKS


def coco_oks(a: Any, b: Any, visible: Any, area: float) -> float:
    """Return COCO's similarity as its web page has it, a keypoint at a time."""
    likes = []
    for i in np.flatnonzero(visible):
        distance = float(np.hypot(*(a[i] - b[i])))
        constant = 2 * COCO.sigmas[i]
        likes.append(np.exp(-(distance**2) / (2 * area * constant**2)))
    return float(np.mean(likes)) if likes else 0.0


coordinates = arrays.arrays(np.float64, (3, 17, 2), elements=st.floats(0, 300, width=32))


@given(
    coordinates, coordinates, arrays.arrays(np.bool_, (3, 3, 17)),
    st.lists(st.floats(10, 1e5), min_size=3, max_size=3),
)
def test_oks_is_cocos(
    a: NDArray[Any], b: NDArray[Any], both: NDArray[np.bool_], areas: list[float]
) -> None:
    found = oks(a, b, both, np.array(areas), COCO.sigmas)
    expected = [[coco_oks(a[i], b[j], both[i, j], areas[i]) for j in range(3)] for i in range(3)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_oks_is_pycocotools(people_at: PeopleAt) -> None:
    """The constants included."""
    cocoeval = pytest.importorskip('pycocotools.cocoeval')
    random = np.random.default_rng(0)
    true = people_at((200, 200, 150), (260, 210, 180)).keypoints.astype(np.float64)
    found = true[[0, 1, 1]] + random.normal(0, 6, (3, 17, 2))
    visible = random.random((2, 17)) < 0.7
    areas = np.array([9000.0, 13000.0])
    evaluation = cocoeval.COCOeval(iouType='keypoints')
    evaluation._gts[1, 1] = [
        {
            'keypoints': np.column_stack([true[i], 2 * visible[i]]).ravel().tolist(),
            'bbox': [0, 0, 1, 1],
            'area': areas[i],
        }
        for i in range(2)
    ]
    evaluation._dts[1, 1] = [
        {'keypoints': np.column_stack([each, np.ones(17)]).ravel().tolist(), 'score': -i}
        for i, each in enumerate(found)
    ]
    evaluation.params.useCats = 1
    expected = evaluation.computeOks(1, 1).T
    both = np.repeat(visible[:, None], 3, axis=1)
    np.testing.assert_allclose(oks(true, found, both, areas, COCO.sigmas), expected, atol=1e-12)
