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
People in metres as messages of the topic ``poses_3d``, and back.

They are laid out as ``poses`` is: ``results`` are the keypoints of the skeleton and then the
person. What is not known is NaN, in positions and variances alike, and never 0.
"""

from __future__ import annotations

from typing import Any

from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages.poses import PERSON
from movenet_ros.messages.poses import unplaced
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D
from vision_msgs.msg import Detection3DArray
from vision_msgs.msg import ObjectHypothesisWithPose

MONOCULAR = 'person_monocular'  # in place of person where the distance is not measured
VARIANCES = (0, 7, 14)  # of x, y and z in the 36 numbers of a covariance
RESULT = 1 + 3 + 3  # numbers: score, position, variances
BOX = 3 + 3  # numbers: centre, size

Floats = NDArray[np.float64]


def poses_3d_to_msg(people: Poses3D, header: Header) -> Detection3DArray:
    """
    Make the array: for each person the keypoints of the skeleton, then the person.

    :param header: of the image; its frame_id is the frame of the positions.
    """
    names = (*people.poses.skeleton.names, MONOCULAR if people.is_monocular else PERSON)
    msg = Detection3DArray(header=header)
    for person_id, numbers in zip(people.poses.ids.tolist(), numbers_of(people), strict=True):
        detection = Detection3D(header=header, id=str(person_id) if person_id else '')
        for name, result in zip(names, numbers[:-BOX].reshape(-1, RESULT), strict=True):
            detection.results.append(_hypothesis(name, result))
        box, values = detection.bbox, numbers[-BOX:].tolist()
        box.center.position.x, box.center.position.y, box.center.position.z = values[:3]
        box.size.x, box.size.y, box.size.z = values[3:]
        msg.detections.append(detection)
    return msg


def _hypothesis(name: str, numbers: Floats) -> ObjectHypothesisWithPose:
    """Make one scored point of the RESULT numbers."""
    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id = name
    score, *xyz = numbers[:4].tolist()
    result.hypothesis.score, position = score, result.pose.pose.position
    position.x, position.y, position.z = xyz
    result.pose.covariance[list(VARIANCES)] = numbers[4:]
    return result


def poses_3d_from_msg(msg: Detection3DArray, skeleton: Skeleton = COCO) -> Poses3D:
    """
    Read a message of the topic ``poses_3d`` into arrays; the one call that a consumer needs.

    It has no pixels: keypoints and boxes of the result's ``poses`` are NaN. Nor has it velocities.

    :param skeleton: of the network that found the people.
    :raises ValueError: if it is not laid out as :func:`poses_3d_to_msg` does it.
    """
    kinds = {each.results[-1].hypothesis.class_id for each in msg.detections if each.results}
    is_monocular = kinds == {MONOCULAR}
    expected = [*skeleton.names, MONOCULAR if is_monocular else PERSON]
    for each in msg.detections:
        if [result.hypothesis.class_id for result in each.results] != expected:
            raise ValueError('not a message of the topic poses_3d: its results are no skeletons')
    try:
        ids = tuple(int(each.id or 0) for each in msg.detections)
        people = unplaced(ids, skeleton)
    except (ValueError, OverflowError) as error:
        raise ValueError('not a message of the topic poses_3d: an id is no number') from error
    if not ids:
        return unlifted(people)
    return people_of(
        people, np.array([_read(each) for each in msg.detections]), is_monocular
    )


def people_of(like: Poses, numbers: Floats, is_monocular: bool) -> Poses3D:
    """
    Return the people of the numbers of a message.

    :param like: whose ids and skeleton they have.
    :param numbers: as numbers_of returns them.
    """
    n, k = like.keypoint_scores.shape
    results: Any = numbers[:, :-BOX].reshape(n, k + 1, RESULT)
    return Poses3D(
        poses=Poses(
            keypoints=np.full((n, k, 2), np.nan),
            keypoint_scores=results[:, :-1, 0],
            boxes_xyxy=np.full((n, 4), np.nan),
            scores=results[:, -1, 0],
            ids=like.ids,
            skeleton=like.skeleton,
        ),
        positions=results[:, :-1, 1:4],
        variances=results[:, :-1, 4:],
        centers=numbers[:, -6:-3],
        sizes=numbers[:, -3:],
        person_positions=results[:, -1, 1:4],
        person_variances=results[:, -1, 4:],
        velocities=np.full((n, 3), np.nan),
        is_monocular=is_monocular,
    )


def _read(detection: Detection3D) -> list[float]:
    """Return the numbers of one person in the order of numbers_of."""
    numbers: list[float] = []
    for each in detection.results:
        position, covariance = each.pose.pose.position, each.pose.covariance
        numbers += (each.hypothesis.score, position.x, position.y, position.z)
        numbers += (covariance[at] for at in VARIANCES)
    center, size = detection.bbox.center.position, detection.bbox.size
    return [*numbers, center.x, center.y, center.z, size.x, size.y, size.z]


def numbers_of(people: Poses3D) -> Floats:
    """
    Return every person's numbers in the order of the message's fields.

    :return: ``(n, 7 * (k + 1) + 6)``: of each result, and of the box.
    """
    n, k = people.poses.keypoint_scores.shape
    numbers = np.empty((n, RESULT * (k + 1) + BOX))
    results = numbers[:, :-BOX].reshape(n, k + 1, RESULT)
    results[:, :-1, 0], results[:, -1, 0] = people.poses.keypoint_scores, people.poses.scores
    results[:, :-1, 1:4], results[:, -1, 1:4] = people.positions, people.person_positions
    results[:, :-1, 4:], results[:, -1, 4:] = people.variances, people.person_variances
    numbers[:, -6:-3], numbers[:, -3:] = people.centers, people.sizes
    return numbers
