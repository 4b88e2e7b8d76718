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
Messages of the topics ``poses``, ``detections`` and ``image_annotated`` as ready bytes.

rclpy takes a tenth of a millisecond for each person to turn a message into bytes, and as long
again to build it: six people cost a third of an inference. But from one image to the next only
the numbers change: they are written into a template (template.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
import struct

from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.padding import without_padding
from movenet_ros.messages.poses import detections_to_msg
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.poses import unplaced
from movenet_ros.messages.template import filled
from movenet_ros.messages.template import marked_header
from movenet_ros.messages.template import Template
from movenet_ros.messages.template import template_of
import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import serialize_message
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

BOX_NUMBERS = 3 + 4  # the last of these: the person and the box

MakeMessage = Callable[[Poses, Header], Detection2DArray]


def poses_to_bytes(poses: Poses, header: Header) -> bytes:
    """Make the skeleton array, serialized: what poses_to_msg and rclpy make of it."""
    return filled(template_for(poses_to_msg, poses, header), header, _numbers(poses))


def detections_to_bytes(poses: Poses, header: Header) -> bytes:
    """Make the array of person boxes, serialized: what detections_to_msg and rclpy make of it."""
    template = template_for(detections_to_msg, poses, header)
    return filled(template, header, _numbers(poses)[:, -BOX_NUMBERS:])


def image_to_bytes(image_bgr: NDArray[np.uint8], header: Header) -> bytes:
    """Make an image message, serialized: the pixels, which rclpy copies four times, come last."""
    msg = image_to_msg(image_bgr[:0], header)
    msg.height = image_bgr.shape[0]
    head = without_padding(bytes(serialize_message(msg)), msg)[:-4]  # less the count of bytes
    count = struct.pack('=I', image_bgr.size)
    return b''.join((head, count, np.ascontiguousarray(image_bgr).data))


def template_for(make: MakeMessage, poses: Poses, header: Header) -> Template:
    """Return the template of a message about these people."""
    return _template(make, tuple(poses.ids.tolist()), poses.skeleton, header.frame_id)


def _numbers(poses: Poses) -> NDArray[np.float64]:
    """
    Return every person's numbers in the order of the message's fields.

    :return: ``(n, 3 * (k + 1) + 4)``: score, x and y of each result, and the box.
    """
    n, k = poses.keypoint_scores.shape
    numbers = np.empty((n, 3 * (k + 1) + 4))
    results = numbers[:, :-4].reshape(n, k + 1, 3)
    top_left, bottom_right = np.split(poses.boxes_xyxy.astype(np.float64), 2, axis=1)
    center = (top_left + bottom_right) / 2
    results[:, :-1, 0], results[:, -1, 0] = poses.keypoint_scores, poses.scores
    results[:, :-1, 1:], results[:, -1, 1:] = poses.keypoints, center
    numbers[:, -4:-2], numbers[:, -2:] = center, bottom_right - top_left
    return numbers


@lru_cache(maxsize=64)  # people come and go; a new one costs what every message cost before
def _template(
    make: MakeMessage, ids: tuple[int, ...], skeleton: Skeleton, frame_id: str
) -> Template:
    """Let the middleware serialize a message with marks, and find them."""
    msg = make(unplaced(ids, skeleton), marked_header(frame_id))
    return template_of(msg, mark_detections)


def mark_detections(msg: Detection2DArray, mark: Callable[[], float]) -> None:
    """Mark the numbers of each person in their order: results, then the box."""
    for detection in msg.detections:
        for result in detection.results:
            result.hypothesis.score = mark()
            result.pose.pose.position.x, result.pose.pose.position.y = mark(), mark()
        box = detection.bbox
        box.center.position.x, box.center.position.y = mark(), mark()
        box.size_x, box.size_y = mark(), mark()
