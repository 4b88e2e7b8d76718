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
People as markers of the topic ``markers``, for RViz and the like.

Each person has three: lines of limbs, spheres of joints, a text. What is not known has no point,
since RViz throws away a marker with a NaN in it. They vanish by their lifetime. Messages leave as
ready bytes (limbs.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from geometry_msgs.msg import Point
from movenet_ros.core.drawing import joint_color
from movenet_ros.core.drawing import person_color
from movenet_ros.core.frames import UP_OPTICAL
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages.limbs import Cuttable
from movenet_ros.messages.limbs import limbs_and_joints
from movenet_ros.messages.limbs import rgba
from movenet_ros.messages.template import count_before
from movenet_ros.messages.template import COUNT_BYTES
from movenet_ros.messages.template import marked_header
from movenet_ros.messages.template import Template
from movenet_ros.messages.template import template_of
from movenet_ros.messages.template import written
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import ColorRGBA
from std_msgs.msg import Header
from visualization_msgs.msg import Marker
from visualization_msgs.msg import MarkerArray

NAMESPACE = 'skeleton'
LIFETIME_NS = 300_000_000
LIMB_M, JOINT_M, TEXT_M = 0.03, 0.06, 0.15  # width, diameter, height of a letter
ABOVE_M = 0.3  # of a text above the highest joint
APART = 1_000_000  # ids of the limbs of a person, of the joints and of the text are so far apart
POINT_BYTES, COLOR_BYTES = 3 * 8, 4 * 4
NO_ID = '?'  # RViz warns of an empty text

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Shown(NamedTuple):
    """
    What is drawn of the people of whom at least one limb is known.

    :param ids: of their tracks.
    :param points: ``(n, 2 e + k, 3)`` ends of all edges, then all joints; NaN if not known.
    :param is_drawn: ``(n, 2 e + k)``; an edge is with both of its ends or not at all.
    :param texts_at: ``(n, 3)``.
    """

    ids: tuple[int, ...]
    points: Floats
    is_drawn: Bools
    texts_at: Floats


class Layout(NamedTuple):
    """
    A message of all points.

    :param cuttable: what may be cut out of it.
    """

    template: Template
    cuttable: Cuttable


def markers_to_msg(
    people: Poses3D, header: Header, up: tuple[float, float, float] = UP_OPTICAL
) -> MarkerArray:
    """
    Make the markers of all people of whom a limb is known.

    :param header: of the image; its frame_id is the frame of the people.
    :param up: where up is in that frame, of length 1.
    """
    return _message(_shown(people, up), people.poses.skeleton, header)


def markers_to_bytes(
    people: Poses3D, header: Header, up: tuple[float, float, float] = UP_OPTICAL
) -> bytes:
    """Make the markers, serialized: what markers_to_msg and rclpy make of them."""
    shown, skeleton = _shown(people, up), people.poses.skeleton
    layout = _layout(shown.ids, skeleton, header.frame_id)
    numbers = np.concatenate([shown.points, shown.texts_at[:, None]], axis=1)
    return layout.cuttable.cut(written(layout.template, header, numbers), shown.is_drawn)


def _shown(people: Poses3D, up: tuple[float, float, float]) -> Shown:
    """Choose who is drawn and what of them."""
    skeleton = people.poses.skeleton
    is_known = np.asarray(np.isfinite(people.positions).all(axis=2))
    points, is_drawn = limbs_and_joints(people.positions, is_known, skeleton)
    who = np.flatnonzero(is_drawn[:, :-len(skeleton)].any(axis=1))  # a limb at least
    joints, is_known = people.positions[who], is_known[who]
    heights = joints @ up
    top = np.nanmax(heights, axis=1, initial=-np.inf) + ABOVE_M
    middles = np.nansum(joints, axis=1) / is_known.sum(axis=1)[:, None]
    return Shown(
        tuple(people.poses.ids[who].tolist()),
        points[who],
        is_drawn[who],
        middles + (top - middles @ up)[:, None] * up,
    )


def _message(shown: Shown, skeleton: Skeleton, header: Header) -> MarkerArray:
    msg = MarkerArray()
    ends = 2 * len(skeleton.edges)
    for i, track_id in enumerate(shown.ids):
        limbs, joints, text = _markers(header, track_id, i)
        is_end, is_joint = np.split(shown.is_drawn[i], [ends])
        limbs.points = _points(shown.points[i, :ends][is_end])
        joints.points = _points(shown.points[i, ends:][is_joint])
        joints.colors = [
            rgba(ColorRGBA, joint_color(joint, skeleton, person_color(track_id)))
            for joint in np.flatnonzero(is_joint).tolist()
        ]
        (text.pose.position,) = _points(shown.texts_at[i:i + 1])
        msg.markers += [limbs, joints, text]
    return msg


def _markers(header: Header, track_id: int, index: int) -> tuple[Marker, Marker, Marker]:
    """
    Return the limbs, the joints and the text of a person, without a place.

    :param index: of the person; makes the ids of those who have none.
    """
    first_id, step = (track_id % APART, APART) if track_id else (-1 - index, -APART)
    kinds = (Marker.LINE_LIST, Marker.SPHERE_LIST, Marker.TEXT_VIEW_FACING)
    limbs, joints, text = (
        Marker(
            header=header, ns=NAMESPACE, id=first_id + kind * step, type=kinds[kind],
            action=Marker.ADD, color=rgba(ColorRGBA, person_color(track_id)),
        )
        for kind in range(len(kinds))
    )
    for each in (limbs, joints, text):
        each.pose.orientation.w = 1.0
        each.lifetime.nanosec = LIFETIME_NS
    limbs.scale.x = LIMB_M
    joints.scale.x = joints.scale.y = joints.scale.z = JOINT_M
    text.scale.z = TEXT_M
    text.text = f'#{track_id}' if track_id else NO_ID
    return limbs, joints, text


def _points(places: Floats) -> list[Point]:
    return [Point(x=x, y=y, z=z) for x, y, z in places.tolist()]


@lru_cache(maxsize=64)  # as for poses
def _layout(ids: tuple[int, ...], skeleton: Skeleton, frame_id: str) -> Layout:
    """Let the middleware serialize a message of all points, and find what may be cut out."""
    n, ends, joints = len(ids), 2 * len(skeleton.edges), len(skeleton)
    shape = n, ends + joints
    everything = Shown(ids, np.zeros((*shape, 3)), np.ones(shape, np.bool_), np.zeros((n, 3)))
    template = template_of(_message(everything, skeleton, marked_header(frame_id)), _mark)
    at = template.numbers_at[:, 0].reshape(n, ends + joints + 1, 3)
    points_at = at[:, :-1, 0]
    counts_at = [
        (
            count_before(template.data, points[0], ends),
            count_before(template.data, points[ends], joints),
            points[-1] + POINT_BYTES,
        )
        for points in points_at.tolist()
    ]
    counts = np.array(counts_at, np.intp).reshape(n, 3)
    colors_at = counts[:, 2:] + COUNT_BYTES + COLOR_BYTES * np.arange(joints)
    return Layout(template, Cuttable(points_at, colors_at, counts, POINT_BYTES, COLOR_BYTES))


def _mark(msg: MarkerArray, mark: Callable[[], float]) -> None:
    """Mark ends, joints and the place of the text of each person."""
    for marker in msg.markers:
        places = marker.points or [marker.pose.position]
        for place in places:
            place.x, place.y, place.z = mark(), mark(), mark()
