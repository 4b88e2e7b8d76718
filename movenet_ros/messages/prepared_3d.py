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

"""Messages of the topic ``poses_3d`` as ready bytes: see prepared.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages.poses import unplaced
from movenet_ros.messages.poses_3d import numbers_of
from movenet_ros.messages.poses_3d import poses_3d_to_msg
from movenet_ros.messages.poses_3d import VARIANCES
from movenet_ros.messages.template import filled
from movenet_ros.messages.template import marked_header
from movenet_ros.messages.template import Template
from movenet_ros.messages.template import template_of
from std_msgs.msg import Header


def poses_3d_to_bytes(people: Poses3D, header: Header) -> bytes:
    """Make the array, serialized: what poses_3d_to_msg and rclpy make of it."""
    return filled(template_3d_for(people, header), header, numbers_of(people))


def template_3d_for(people: Poses3D, header: Header) -> Template:
    """Return the template of a message about these people."""
    poses = people.poses
    return _template(
        tuple(poses.ids.tolist()), poses.skeleton, header.frame_id, people.is_monocular
    )


@lru_cache(maxsize=64)  # as for poses
def _template(
    ids: tuple[int, ...], skeleton: Skeleton, frame_id: str, is_monocular: bool
) -> Template:
    """Let the middleware serialize a message with marks, and find them."""
    people = replace(unlifted(unplaced(ids, skeleton)), is_monocular=is_monocular)
    return template_of(poses_3d_to_msg(people, marked_header(frame_id)), _mark)


def _mark(msg: Any, mark: Callable[[], float]) -> None:
    """Mark the numbers in the order of numbers_of."""
    for detection in msg.detections:
        for result in detection.results:
            result.hypothesis.score = mark()
            position = result.pose.pose.position
            position.x, position.y, position.z = mark(), mark(), mark()
            for at in VARIANCES:
                result.pose.covariance[at] = mark()
        for part in (detection.bbox.center.position, detection.bbox.size):
            part.x, part.y, part.z = mark(), mark(), mark()
