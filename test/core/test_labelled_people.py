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
What is told of real people, against labels made by eye.

labelled_people.csv has people in pictures of COCO, by its ids. Where it has more than one posture,
each of them is right; a gesture behind a tilde may be told or not. whole: hips and knees are
plainly to be seen. Postures and gestures were labelled before there were rules; the rules were
tuned on these people. Pictures that are not in the folder are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
import csv
import json
from pathlib import Path
from typing import NamedTuple

import cv2
from movenet_ros import Perception
from movenet_ros import Settings
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.activities.activities import OTHER
from movenet_ros.core.activities.recogniser import Recogniser
from movenet_ros.core.boxes import iou
from movenet_ros.core.image import SourceImage
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.bodies import bodies_in_image
from movenet_ros.core.poses import Poses
import numpy as np
import pytest

LABELS = Path(__file__).with_name('labelled_people.csv')
SEEN = 0.3  # the least score of a keypoint, as by default
SAME_PERSON = 0.4  # the least intersection over union of boxes
SHARE_RIGHT = 0.9  # of postures that are told, and of gestures


class Label(NamedTuple):
    """One person of a picture, by eye."""

    image: int
    box_xyxy: list[float]
    is_whole: bool
    postures: list[str]
    gestures: set[str]

    def allows(self, activity: Activity) -> bool:
        """Return whether an activity is right, or may be."""
        return activity.name in {*self.postures, *(name.lstrip('~') for name in self.gestures)}


Told = list[tuple[Label, tuple[Activity, ...]]]


def labels() -> Iterator[Label]:
    """Read the labels."""
    with LABELS.open(newline='') as file:
        for row in csv.DictReader(file):
            yield Label(
                int(row['image']), [float(each) for each in row['box_xyxy'].split()],
                row['whole'] == 'y', row['postures'].split(), {*row['gestures'].split()},
            )


def told(people: dict[int, Poses]) -> Told:
    """Return what is told of each labelled person who is found in a picture."""
    pairs = []
    for label in labels():
        poses = people.get(label.image, Poses.nobody())
        overlaps = iou(np.array([label.box_xyxy]), poses.boxes_xyxy.astype(np.float64))[0]
        if max(overlaps, default=0.0) >= SAME_PERSON:
            bodies = bodies_in_image(poses[[overlaps.argmax()]], SEEN)
            activities = Recogniser().recognise(bodies, joint_angles(bodies))
            pairs.append((label, activities.of_people[0]))
    return pairs


@pytest.fixture(scope='module')
def annotated(data: Path) -> Told:
    """Tell it from keypoints that people have marked."""
    people: dict[int, list[dict[str, list[float]]]] = {}
    for each in json.loads((data / 'annotations.json').read_text())['annotations']:
        if each.get('num_keypoints'):
            people.setdefault(each['image_id'], []).append(each)
    return told({image: marked(each) for image, each in people.items()})


def marked(people: list[dict[str, list[float]]]) -> Poses:
    """Return annotations as poses."""
    keypoints = np.array([each['keypoints'] for each in people], np.float64).reshape(-1, 17, 3)
    boxes = np.array([each['bbox'] for each in people])
    boxes[:, 2:] += boxes[:, :2]
    n = len(people)
    return Poses(keypoints[..., :2], np.sign(keypoints[..., 2]), boxes, np.ones(n), np.zeros(n))


@pytest.fixture(scope='module')
def detected(data: Path) -> Told:
    """Tell it from what the networks find in pictures with somebody who is seen whole."""
    people = {}
    with Perception(Settings(mode='balanced')) as perception:
        for image in sorted({label.image for label in labels() if label.is_whole}):
            path = data / 'images' / f'{image:012d}.jpg'
            if path.is_file():
                picture = SourceImage(cv2.imread(str(path)), 'bgr')
                people[image] = perception.people(picture)
    return told(people)


@pytest.fixture(params=['annotated', pytest.param('detected', marks=pytest.mark.runtime)])
def pairs(request: pytest.FixtureRequest) -> Told:
    """Give the people of whom something is told, and their labels."""
    found: Told = request.getfixturevalue(request.param)
    return found


def test_postures_of_people_who_are_seen_whole_are_right(pairs: Told) -> None:
    whole = [(label, activities[0]) for label, activities in pairs if label.is_whole]
    wrong = [(label, posture) for label, posture in whole if not label.allows(posture)]
    assert len(whole) > 20 and len(wrong) <= (1 - SHARE_RIGHT) * len(whole), wrong


def test_of_other_people_a_posture_is_right_or_none_is_told(pairs: Told) -> None:
    partly = [(label, activities[0]) for label, activities in pairs if not label.is_whole]
    wrong = [
        (label, posture) for label, posture in partly
        if posture.name != OTHER and not label.allows(posture)
    ]
    assert len(wrong) <= (1 - SHARE_RIGHT) * len(partly), wrong


def test_gestures_that_are_told_are_right(pairs: Told) -> None:
    right, all_told = Counter[str](), Counter[str]()
    for label, (_, *gestures) in pairs:
        for gesture in gestures:
            all_told[gesture.name] += 1
            right[gesture.name] += label.allows(gesture)
    print('\n'.join(f'{name}: {right[name]} of {n} right' for name, n in all_told.items()))
    assert 'waving' not in all_told
    assert right.total() >= SHARE_RIGHT * all_told.total()


def test_gestures_that_are_plain_are_told(pairs: Told) -> None:
    missing = [
        (label, activities) for label, activities in pairs
        for name in label.gestures
        if name[0] != '~' and name not in {each.name for each in activities}
    ]
    assert not missing
