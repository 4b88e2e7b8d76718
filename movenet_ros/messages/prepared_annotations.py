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

"""Messages of the topic ``annotations`` as ready bytes (template.py, limbs.py)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
import struct
from typing import NamedTuple

from foxglove_msgs.msg import Color
from foxglove_msgs.msg import ImageAnnotations
from movenet_ros.core.drawing import joint_color
from movenet_ros.core.drawing import person_color
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages.annotations import annotations_to_msg
from movenet_ros.messages.annotations import Shown
from movenet_ros.messages.limbs import Cuttable
from movenet_ros.messages.limbs import rgba
from movenet_ros.messages.template import count_before
from movenet_ros.messages.template import marked_header
from movenet_ros.messages.template import places
from movenet_ros.messages.template import Template
from movenet_ros.messages.template import template_of
from movenet_ros.messages.template import written
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

SCORE = '~.~~'  # where the score comes, which takes as many bytes
POINT_BYTES, COLOR_BYTES = 2 * 8, 4 * 8


class Layout(NamedTuple):
    """
    Where a serialized message has what changes beside numbers.

    :param template: with a place for each point.
    :param cuttable: what may be cut out of it.
    :param scores_at: ``(n, len(SCORE))`` the bytes of each score; none where they are not written.
    """

    template: Template
    cuttable: Cuttable
    scores_at: NDArray[np.intp]


def annotations_to_bytes(shown: Shown, header: Header) -> bytes:
    """Make the annotations, serialized: what annotations_to_msg and rclpy make of them."""
    layout = _layout(shown.skeleton, shown.ids, bool(shown.scores))
    data = written(layout.template, header, _numbers(shown))
    scores = np.frombuffer(''.join(shown.scores).encode(), np.uint8)
    data[layout.scores_at] = scores.reshape(layout.scores_at.shape)
    return layout.cuttable.cut(data, shown.is_drawn)


def _numbers(shown: Shown) -> NDArray[np.float64]:
    """Return all numbers in the order of _mark."""
    numbers = shown.points.reshape(len(shown.ids), 2 * shown.is_drawn.shape[1])
    limbs, joints = np.split(numbers, [2 * shown.ends], axis=1)
    points = np.concatenate([limbs, shown.widths[:, :1], joints, shown.widths[:, 1:]], axis=1)
    texts = [text for text, words in zip(shown.texts, shown.words) if words]
    return np.concatenate([points.ravel(), *texts])


@lru_cache(maxsize=64)  # as for poses
def _layout(skeleton: Skeleton, ids: tuple[int, ...], scores: bool) -> Layout:
    """Let the middleware serialize a message of all points, and find what may be cut out."""
    n, ends, joints = len(ids), 2 * len(skeleton.edges), len(skeleton)
    marks = (SCORE,) * n if scores else ()
    shape = n, ends + joints
    everything = Shown(
        skeleton, ids, marks, np.zeros((*shape, 2)), np.ones(shape, np.bool_),
        np.zeros((n, 2)), np.zeros((n, 3)),
    )
    template = template_of(annotations_to_msg(everything, marked_header('')), _mark)
    data = template.data.tobytes()
    width = 2 * (ends + joints + 1)  # two numbers of each point, and one for the width of all
    at = template.numbers_at[:n * width, 0].reshape(n, width)
    points_at = np.delete(at, [2 * ends, width - 1], axis=1)[:, ::2]
    colors_at = np.empty((n, joints), np.intp)
    counts_at = np.empty((n, 3), np.intp)
    for i, track_id in enumerate(ids):
        behind = int(points_at[i, -1]) + POINT_BYTES + COLOR_BYTES  # of the points' own colour
        color = rgba(Color, joint_color(0, skeleton, person_color(track_id)))
        first = data.index(struct.pack('=4d', color.r, color.g, color.b, color.a), behind)
        colors_at[i] = first + COLOR_BYTES * np.arange(joints)
        counts_at[i] = [
            count_before(template.data, place, count)
            for place, count in (
                (int(points_at[i, 0]), ends), (int(points_at[i, ends]), joints), (first, joints)
            )
        ]
    scores_at = places(data, [each.encode() for each in marks], len(SCORE))
    cuttable = Cuttable(points_at, colors_at, counts_at, POINT_BYTES, COLOR_BYTES)
    return Layout(template, cuttable, scores_at)


def _mark(msg: ImageAnnotations, mark: Callable[[], float]) -> None:
    """Mark points and widths, then places and heights of texts."""
    for each in msg.points:
        for point in each.points:
            point.x, point.y = mark(), mark()
        if each.points:
            each.thickness = mark()
    for each in msg.texts:
        each.position.x, each.position.y = mark(), mark()
        each.font_size = mark()
