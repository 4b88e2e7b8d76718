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

"""People as messages of the topics poses, detections and label_info, and back."""

from __future__ import annotations

from typing import Any

from builtin_interfaces.msg import Time
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import LabelInfo
from vision_msgs.msg import ObjectHypothesisWithPose
from vision_msgs.msg import VisionClass

PERSON = 'person'


def poses_to_msg(poses: Poses, header: Header) -> Detection2DArray:
    """Make the skeleton array: for each person the keypoints of the skeleton, then the person."""
    msg = detections_to_msg(poses, header)
    for i, detection in enumerate(msg.detections):
        person = detection.results
        detection.results = [
            _hypothesis(name, score, xy)
            for name, score, xy in zip(
                poses.skeleton.names,
                poses.keypoint_scores[i].tolist(),
                poses.keypoints[i].tolist(),
                strict=True,
            )
        ]
        detection.results.extend(person)
    return msg


def detections_to_msg(poses: Poses, header: Header) -> Detection2DArray:
    """Make the array of person boxes."""
    msg = Detection2DArray(header=header)
    for person_id, score, box in zip(
        poses.ids.tolist(), poses.scores.tolist(), poses.boxes_xyxy.tolist(), strict=True
    ):
        left, top, right, bottom = box
        center_xy = ((left + right) / 2, (top + bottom) / 2)
        detection = Detection2D(header=header, id=str(person_id) if person_id else '')
        detection.bbox.center.position.x, detection.bbox.center.position.y = center_xy
        detection.bbox.size_x, detection.bbox.size_y = right - left, bottom - top
        detection.results = [_hypothesis(PERSON, score, center_xy)]
        msg.detections.append(detection)
    return msg


def poses_from_msg(msg: Detection2DArray, skeleton: Skeleton = COCO) -> Poses:
    """
    Read a message of the topic ``poses`` into arrays; the one call that a consumer needs.

    :param skeleton: of the network that found the people.
    :raises ValueError: if it is not laid out as :func:`poses_to_msg` does it.
    """
    expected = [*skeleton.names, PERSON]
    people = [detection.results for detection in msg.detections]
    for results in people:
        if [each.hypothesis.class_id for each in results] != expected:
            raise ValueError('not a message of the topic poses: its results are no skeletons')
    if not people:
        return Poses.nobody(skeleton)
    try:
        ids = np.array([int(each.id or 0) for each in msg.detections], np.int64)
    except (ValueError, OverflowError) as error:
        raise ValueError('not a message of the topic poses: an id is no number') from error
    xys = [[(p.pose.pose.position.x, p.pose.pose.position.y) for p in each] for each in people]
    scores = np.array([[p.hypothesis.score for p in each] for each in people])
    boxes = [each.bbox for each in msg.detections]
    centers = np.array([(box.center.position.x, box.center.position.y) for box in boxes])
    halves = np.array([(box.size_x, box.size_y) for box in boxes]) / 2
    return Poses(
        keypoints=np.array(xys)[:, :-1],
        keypoint_scores=scores[:, :-1],
        boxes_xyxy=np.hstack([centers - halves, centers + halves]),
        scores=scores[:, -1],
        ids=ids,
        skeleton=skeleton,
    )


def unplaced(ids: tuple[int, ...], skeleton: Skeleton) -> Poses:
    """Return people who are nowhere."""
    n, k = len(ids), len(skeleton)
    return Poses(
        keypoints=np.zeros((n, k, 2), np.float32),
        keypoint_scores=np.zeros((n, k), np.float32),
        boxes_xyxy=np.zeros((n, 4), np.float32),
        scores=np.zeros(n, np.float32),
        ids=np.array(ids, np.int64),
        skeleton=skeleton,
    )


def label_info(skeleton: Skeleton, threshold: float, stamp: Time) -> LabelInfo:
    """Make the message that says what the class ids are."""
    msg = LabelInfo(header=Header(stamp=stamp), threshold=threshold)
    for i, name in enumerate((*skeleton.names, PERSON)):
        msg.class_map.append(VisionClass(class_id=i, class_name=name))
    return msg


def _hypothesis(name: str, score: float, xy: Any) -> ObjectHypothesisWithPose:
    """Make one scored point."""
    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id, result.hypothesis.score = name, score
    result.pose.pose.position.x, result.pose.pose.position.y = xy
    return result
