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
What people do as messages of the topic ``activities``, and back.

They are laid out as ``detections`` is: a person has its id and its box, and ``results`` are what
it does, the posture first. Of people in metres the place in the image is not known: it is NaN.
"""

from __future__ import annotations

from functools import lru_cache

from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.activities.activities import FALL
from movenet_ros.core.activities.activities import GESTURES
from movenet_ros.core.activities.activities import OTHER
from movenet_ros.core.activities.activities import POSTURES
from movenet_ros.messages.prepared import mark_detections
from movenet_ros.messages.template import filled
from movenet_ros.messages.template import marked_header
from movenet_ros.messages.template import Template
from movenet_ros.messages.template import template_of
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import ObjectHypothesisWithPose

Names = tuple[tuple[str, ...], ...]  # of what each person does

NAMES = {OTHER, *POSTURES, *GESTURES, FALL}


def activities_to_msg(
    activities: Activities, boxes_xyxy: NDArray[np.float32], header: Header
) -> Detection2DArray:
    """
    Make the array: for each person the posture, then gestures, then a fall.

    :param boxes_xyxy: ``(n, 4)`` of the people, in pixels; NaN where they are not known.
    """
    msg = Detection2DArray(header=header)
    for person_id, did, box in zip(
        activities.ids.tolist(), activities.of_people, boxes_xyxy.tolist(), strict=True
    ):
        left, top, right, bottom = box
        center_xy = ((left + right) / 2, (top + bottom) / 2)
        detection = Detection2D(header=header, id=str(person_id) if person_id else '')
        detection.bbox.center.position.x, detection.bbox.center.position.y = center_xy
        detection.bbox.size_x, detection.bbox.size_y = right - left, bottom - top
        for each in did:
            result = ObjectHypothesisWithPose()
            result.hypothesis.class_id, result.hypothesis.score = each.name, each.score
            result.pose.pose.position.x, result.pose.pose.position.y = center_xy
            detection.results.append(result)
        msg.detections.append(detection)
    return msg


def activities_to_bytes(
    activities: Activities, boxes_xyxy: NDArray[np.float32], header: Header
) -> bytes:
    """Make the array, serialized: what activities_to_msg and rclpy make of it (prepared.py)."""
    names = tuple(tuple(each.name for each in did) for did in activities.of_people)
    template = _template(tuple(activities.ids.tolist()), names, header.frame_id)
    top_left, bottom_right = np.split(boxes_xyxy.astype(np.float64), 2, axis=1)
    centers, sizes = (top_left + bottom_right) / 2, bottom_right - top_left
    numbers: list[float] = []
    for did, center, size in zip(activities.of_people, centers.tolist(), sizes.tolist()):
        for each in did:
            numbers += (each.score, *center)
        numbers += (*center, *size)
    return filled(template, header, np.array(numbers))


@lru_cache(maxsize=64)  # people come and go, and do the same things again
def _template(ids: tuple[int, ...], names: Names, frame_id: str) -> Template:
    """Let the middleware serialize a message with marks, and find them."""
    people = tuple(tuple(Activity(name, 0.0) for name in did) for did in names)
    activities = Activities(np.array(ids, np.int64), people)
    boxes = np.zeros((len(ids), 4), np.float32)
    msg = activities_to_msg(activities, boxes, marked_header(frame_id))
    return template_of(msg, mark_detections)


def activities_from_msg(msg: Detection2DArray) -> Activities:
    """
    Read a message of the topic ``activities``; the one call that a consumer needs.

    :raises ValueError: if it is not laid out as :func:`activities_to_msg` does it.
    """
    people = tuple(
        tuple(Activity(each.hypothesis.class_id, each.hypothesis.score) for each in one.results)
        for one in msg.detections
    )
    for did in people:
        if not did or not NAMES.issuperset(each.name for each in did):
            raise ValueError('not a message of the topic activities: its results are none')
    try:
        ids = np.array([int(each.id or 0) for each in msg.detections], np.int64)
    except (ValueError, OverflowError) as error:
        raise ValueError('not a message of the topic activities: an id is no number') from error
    return Activities(ids, people)
