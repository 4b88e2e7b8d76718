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
What REP-155 has to say of people, as arrays and as numbers: ids, regions, skeletons, activities.

Coordinates are shares of the image's width and height. What is out of the image is at its edge,
with a confidence of 0: the messages allow no other place.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.activities.activities import GESTURES
from movenet_ros.core.activities.activities import POSTURES
from movenet_ros.core.errors import StartError
from movenet_ros.core.needs import ros_package
from movenet_ros.core.poses import Poses
from movenet_ros.core.wording import one_line
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LETTERS = 'pqrstuvwxyzabcdefghijklmno'
NUMBERS = 10_000  # for each letter
POINTS = (
    'nose', 'neck',
    'right_shoulder', 'right_elbow', 'right_wrist', 'left_shoulder', 'left_elbow', 'left_wrist',
    'right_hip', 'right_knee', 'right_ankle', 'left_hip', 'left_knee', 'left_ankle',
    'left_eye', 'right_eye', 'left_ear', 'right_ear',
)
"""The points of hri_msgs/Skeleton2D, in their order."""
SHOULDERS = 'left_shoulder', 'right_shoulder'  # the neck is in their middle
OTHER = 0  # a posture or a gesture
POSTURE_CODES = {name: code for code, name in enumerate(POSTURES, start=1)}
GESTURE_CODES = {name: code for code, name in enumerate(GESTURES[:6], start=1)}


def hri_msgs() -> Any:
    """
    Return the messages of the package hri_msgs, which only the humans node needs.

    :raises StartError: if it is not installed.
    """
    try:
        return import_module('hri_msgs.msg')
    except ImportError as error:
        raise StartError(
            f'the humans node needs hri_msgs ({one_line(error)}): {ros_package("hri_msgs")}'
        ) from error


def body_id(track: int) -> str:
    """
    Return the id of a body: p0001 for track 1, q0000 for track 10,000.

    It has five characters, as hri_rviz reads names of frames, and the first one is a letter,
    without which it could not be part of a topic's name. After 260,000 tracks the ids come again.
    """
    return f'{LETTERS[track // NUMBERS % len(LETTERS)]}{track % NUMBERS:04d}'


def regions(poses: Poses, image_wh: tuple[int, int]) -> Floats:
    """
    Return ``(n, 5)`` the numbers of NormalizedRegionOfInterest2D: the box and its score.

    Of a box that has nothing of the image in it, the score is 0.
    """
    corners = poses.boxes_xyxy.reshape(-1, 2, 2) / np.array(image_wh, np.float32)
    is_known = np.asarray(np.isfinite(corners).all(axis=(1, 2)))
    corners = np.where(is_known[:, None, None], corners, 0.0).clip(0.0, 1.0)
    is_inside = (corners[:, 0] < corners[:, 1]).all(axis=1)  # in part, at least
    scores = np.where(is_inside, poses.scores, 0.0)
    return np.hstack([corners.reshape(-1, 4), _shares(scores)[:, None]]).astype(np.float32)


def skeletons(poses: Poses, image_wh: tuple[int, int]) -> Floats:
    """
    Return ``(n, 18, 3)`` the numbers of Skeleton2D: x, y and confidence of its points.

    The neck is the middle of the shoulders, as sure as the one that is less so.
    """
    index = poses.skeleton.index
    order = [index.get(name, 0) for name in POINTS]  # the neck is none of them, and comes below
    shoulders = [index[name] for name in SHOULDERS]
    neck = POINTS.index('neck')
    points, scores = poses.keypoints[:, order], poses.keypoint_scores[:, order]
    points[:, neck] = poses.keypoints[:, shoulders].mean(axis=1)
    scores[:, neck] = poses.keypoint_scores[:, shoulders].min(axis=1)
    points /= np.array(image_wh, np.float32)
    is_inside = ((points >= 0.0) & (points <= 1.0)).all(axis=2)
    scores = np.where(is_inside, _shares(scores), 0.0)
    points = np.where(np.isfinite(points), points, 0.0).clip(0.0, 1.0)
    return np.concatenate([points, scores[..., None]], axis=2).astype(np.float32)


def posture_code(did: tuple[Activity, ...]) -> int:
    """Return the number that hri_msgs/BodyPosture has for what a person does."""
    return POSTURE_CODES.get(did[0].name, OTHER)


def gesture_code(did: tuple[Activity, ...]) -> int:
    """
    Return the number that hri_msgs/Gesture has for what a person does.

    Of several, it is the greatest: who waves has a hand up, too. Those that it lacks are other.
    """
    return max((GESTURE_CODES.get(each.name, OTHER) for each in did), default=OTHER)


def _shares(scores: Floats) -> Floats:
    """Return scores as numbers from 0 to 1."""
    return np.nan_to_num(scores, nan=0.0).clip(0.0, 1.0)
