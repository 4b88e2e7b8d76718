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

"""How far the angles of found people are off: made-up people, and a rendered one who moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import json
from pathlib import Path
from typing import Any

from movenet_ros.core.costs import Costs
from movenet_ros.core.costs import Line
from movenet_ros.core.image import SourceImage
from movenet_ros.core.kinematics.bodies import bodies_in_image
from movenet_ros.core.media import open_media
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.skeleton import COCO
from movenet_ros.perception import Perception
from movenet_ros.settings import Settings
from movenet_ros.tools.evaluate.angles import AngleErrors
from movenet_ros.tools.evaluate.angles import MEANINGS
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]

THRESHOLD = 0.3
MEDIAN, P90, WITHIN_1, WITHIN_2 = MEANINGS


def errors_of(true: Any, found: Poses) -> AngleErrors:
    """Compare the people of one image."""
    errors = AngleErrors()
    errors.add(np.asarray(true, np.float64), bodies_in_image(found, THRESHOLD, found.refined))
    return errors


def with_forearm_turned(poses: Poses, by_deg: float) -> Poses:
    """Turn left forearms around their elbows."""
    elbow, wrist = (COCO.index[f'left_{name}'] for name in ('elbow', 'wrist'))
    cos, sin = np.cos(np.radians(by_deg)), np.sin(np.radians(by_deg))
    points = poses.keypoints.copy()
    forearm = points[:, wrist] - points[:, elbow]
    points[:, wrist] = points[:, elbow] + forearm @ np.array([[cos, -sin], [sin, cos]])
    return replace(poses, keypoints=points)


def test_people_found_where_they_are_have_no_error(people_at: PeopleAt) -> None:
    poses = people_at((100, 200, 200), (300, 200, 150))
    figures = errors_of(poses.keypoints, poses).figures()
    assert figures == pytest.approx({MEDIAN: 0, P90: 0, WITHIN_1: 1, WITHIN_2: 1}, abs=1e-4)


def test_an_error_is_of_the_joint_that_has_it(people_at: PeopleAt) -> None:
    poses = people_at((100, 200, 200))
    joints = errors_of(with_forearm_turned(poses, 90).keypoints, poses).by_joint()
    wrong = {name for name, each in joints.items() if each[MEDIAN] > 1}
    assert wrong == {'left_elbow'}
    assert joints['left_elbow'][WITHIN_1] == joints['left_elbow'][WITHIN_2] == 0


def test_all_people_of_all_images_count(people_at: PeopleAt) -> None:
    errors, poses = AngleErrors(), people_at((100, 200, 200), (300, 200, 150))
    for by_deg in (0, 0, 0, 90):
        turned = with_forearm_turned(poses, by_deg).keypoints.astype(np.float64)
        errors.add(turned, bodies_in_image(poses, THRESHOLD))
    of_elbow = errors.by_joint()['left_elbow']
    assert of_elbow['count'] == 8 and of_elbow[WITHIN_2] == 0.75


def test_a_keypoint_that_is_not_truly_visible_or_not_found_does_not_count(
    people_at: PeopleAt
) -> None:
    poses = people_at((100, 200, 200))
    wrist, knee = COCO.index['left_wrist'], COCO.index['right_knee']
    true, scores = poses.keypoints.astype(np.float64), poses.keypoint_scores.copy()
    true[:, wrist], scores[:, knee] = np.nan, 0.1
    joints = errors_of(true, replace(poses, keypoint_scores=scores)).by_joint()
    uncounted = {name for name, each in joints.items() if not each['count']}
    assert uncounted == {'left_elbow', 'right_hip', 'right_knee'}
    assert np.isnan(joints['left_elbow'][MEDIAN])


def test_nobody_has_no_figures() -> None:
    assert np.isnan([*errors_of(np.empty((0, 17, 2)), Poses.nobody()).figures().values()]).all()


# a rendered person who raises and lowers arms and legs


@pytest.fixture(scope='session')
def rendered(
    data: Path, onnxruntime_cpu: Runtime, thunder_cpu: Runtime
) -> tuple[NDArray[np.float64], AngleErrors]:
    """Give how far off keypoints are, ``(t, 17)`` pixels, and angles, not smoothed."""
    truth = json.loads((data / 'videos' / 'pose_1.json').read_text())
    images = open_media(str(data / 'videos' / 'pose_1.mp4')).images()
    off_px, errors = [], AngleErrors()
    costs = Costs(Line(5.0, 0.0), Line(5.0, 0.0), 32)  # not measured anew
    networks = {'runtime': onnxruntime_cpu, 'closer': thunder_cpu, 'costs': costs}
    perception = Perception(Settings(mode='balanced'), **networks)  # not closed: others use them
    for joints, timed in [*zip(truth, images, strict=True)][::3]:
        assert isinstance(timed.image, SourceImage)
        poses = perception.people(timed.image).first(1)
        true = np.array([[[*joints[name].values()] for name in COCO.names]])
        errors.add(true, bodies_in_image(poses, THRESHOLD, poses.refined))
        off_px.append(np.linalg.norm(poses.keypoints[0] - true[0], axis=1))
    return np.array(off_px), errors


Rendered = tuple[NDArray[np.float64], AngleErrors]


def test_a_moving_persons_keypoints_are_where_they_are(rendered: Rendered) -> None:
    off_px, _ = rendered
    assert off_px.max() <= 40 and np.median(off_px) <= 4


def test_a_moving_person_has_about_the_right_angles(rendered: Rendered) -> None:
    """Its hips and knees are marked elsewhere than people mark them."""
    _, errors = rendered
    figures = errors.figures()
    assert figures[MEDIAN] <= 4.5 and figures[P90] <= 15
    assert all(each[MEDIAN] <= 12 for each in errors.by_joint().values())


def test_a_moving_persons_angles_are_as_far_off_as_is_stated(rendered: Rendered) -> None:
    figures = rendered[1].figures()
    assert figures[WITHIN_1] == pytest.approx(0.68, abs=0.1)
    assert figures[WITHIN_2] == pytest.approx(0.95, abs=0.1)
