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
the numbers change. So the middleware serializes a message once, with marks in the places of the
numbers, and from then on the numbers are written over the marks. Nothing here knows how the
middleware lays a message out; what it leaves between the fields becomes 0 in padding.py, so that
the same people are always the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
import struct

from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.padding import without_padding
from movenet_ros.messages.poses import detections_to_msg
from movenet_ros.messages.poses import poses_to_msg
import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import serialize_message
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

BOX_NUMBERS = 3 + 4  # the last of these: the person and the box
MARK_S, MARK_NS = 0x5AFE57A, 0x1CE57A3  # a stamp that no image has
FIRST_MARK = 1e12 + 0.5  # a number that no image has

MakeMessage = Callable[[Poses, Header], Detection2DArray]


@dataclass(frozen=True, eq=False)
class Template:
    """
    A serialized message with marks.

    :param data: its bytes.
    :param stamp_at: ``(n + 1, 8)`` places of the bytes of each stamp.
    :param numbers_at: ``(count, 8)`` places of the bytes of each number.
    """

    data: NDArray[np.uint8]
    stamp_at: NDArray[np.intp]
    numbers_at: NDArray[np.intp]


def poses_to_bytes(poses: Poses, header: Header) -> bytes:
    """Make the skeleton array, serialized: what poses_to_msg and rclpy make of it."""
    return _filled(poses_to_msg, poses, header, _numbers(poses))


def detections_to_bytes(poses: Poses, header: Header) -> bytes:
    """Make the array of person boxes, serialized: what detections_to_msg and rclpy make of it."""
    return _filled(detections_to_msg, poses, header, _numbers(poses)[:, -BOX_NUMBERS:])


def image_to_bytes(image_bgr: NDArray[np.uint8], header: Header) -> bytes:
    """Make an image message, serialized: the pixels, which rclpy copies four times, come last."""
    msg = image_to_msg(image_bgr[:0], header)
    msg.height = image_bgr.shape[0]
    head = without_padding(bytes(serialize_message(msg)), msg)[:-4]  # less the count of bytes
    count = struct.pack('=I', image_bgr.size)
    return b''.join((head, count, np.ascontiguousarray(image_bgr).data))


def _filled(
    make: MakeMessage, poses: Poses, header: Header, numbers: NDArray[np.float64]
) -> bytes:
    """Write stamp and numbers into the serialized message that is ready for them."""
    template = _template(make, tuple(poses.ids.tolist()), poses.skeleton, header.frame_id)
    data = template.data.copy()
    stamp = struct.pack('=iI', header.stamp.sec, header.stamp.nanosec)
    data[template.stamp_at] = np.frombuffer(stamp, np.uint8)
    data[template.numbers_at] = np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, 8)
    return bytes(data)


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
    n, k = len(ids), len(skeleton)
    people = Poses(
        keypoints=np.zeros((n, k, 2), np.float32),
        keypoint_scores=np.zeros((n, k), np.float32),
        boxes_xyxy=np.zeros((n, 4), np.float32),
        scores=np.zeros(n, np.float32),
        ids=np.array(ids, np.int64),
        skeleton=skeleton,
    )
    header = Header(frame_id=frame_id)
    header.stamp.sec, header.stamp.nanosec = MARK_S, MARK_NS
    msg = make(people, header)
    marks = _mark(msg)
    data = without_padding(bytes(serialize_message(msg)), msg)
    stamp = struct.pack('=iI', MARK_S, MARK_NS)
    return Template(
        np.frombuffer(data, np.uint8),
        _places(data, [stamp] * (n + 1)),
        _places(data, [struct.pack('=d', mark) for mark in marks]),
    )


def _mark(msg: Detection2DArray) -> list[float]:
    """Write a mark into each number of a message; return them in the order of _numbers."""
    unused = count(FIRST_MARK)
    marks: list[float] = []

    def mark() -> float:
        marks.append(next(unused))
        return marks[-1]

    for detection in msg.detections:
        for result in detection.results:
            result.hypothesis.score = mark()
            result.pose.pose.position.x, result.pose.pose.position.y = mark(), mark()
        box = detection.bbox
        box.center.position.x, box.center.position.y = mark(), mark()
        box.size_x, box.size_y = mark(), mark()
    return marks


def _places(data: bytes, marks: list[bytes]) -> NDArray[np.intp]:
    """Find marks of 8 bytes, each behind the one before it."""
    return np.array(list(_starts(data, marks)), np.intp).reshape(-1, 1) + np.arange(8)


def _starts(data: bytes, marks: list[bytes]) -> Iterator[int]:
    at = 0
    for mark in marks:
        at = data.index(mark, at)
        yield at
        at += len(mark)
