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
People as annotations of the topic ``annotations``, which Foxglove draws over the image.

Each person has lines of limbs, dots of joints and a text, in the colours and sizes of
``image_annotated``; a keypoint that was not seen is left out. Not everybody has the package
foxglove_msgs: only the row of the table of outputs (outputs.py) imports this module.
"""

from __future__ import annotations

from typing import NamedTuple

from builtin_interfaces.msg import Time
from foxglove_msgs.msg import Color as ColorMsg
from foxglove_msgs.msg import ImageAnnotations
from foxglove_msgs.msg import Point2
from foxglove_msgs.msg import PointsAnnotation
from foxglove_msgs.msg import TextAnnotation
from movenet_ros.core.boxes import sizes
from movenet_ros.core.boxes import within
from movenet_ros.core.drawing import joint_color
from movenet_ros.core.drawing import Pen
from movenet_ros.core.drawing import person_color
from movenet_ros.core.drawing_angles import by_id
from movenet_ros.core.labels import Color
from movenet_ros.core.labels import digit_height
from movenet_ros.core.labels import text_color
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages.limbs import limbs_and_joints
from movenet_ros.messages.limbs import rgba
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

LINE_HEIGHT = 1.4  # of text, in digits

Floats = NDArray[np.float64]


class Shown(NamedTuple):
    """
    What is drawn of the people in an image.

    :param skeleton: which keypoints they have.
    :param ids: of their tracks.
    :param scores: as texts; empty where they are not written.
    :param points: ``(n, 2 e + k, 2)`` ends of all edges, then all joints, in pixels.
    :param is_drawn: ``(n, 2 e + k)``; an edge is with both of its ends or not at all.
    :param widths: ``(n, 2)`` the width of a line and the radius of a dot, in pixels.
    :param texts: ``(n, 3)`` x and y of the bottom left corner and the height, in pixels.
    """

    skeleton: Skeleton
    ids: tuple[int, ...]
    scores: tuple[str, ...]
    points: Floats
    is_drawn: NDArray[np.bool_]
    widths: Floats
    texts: Floats

    @property
    def ends(self) -> int:
        """Return how many points of a person are ends of edges."""
        return 2 * len(self.skeleton.edges)

    @property
    def words(self) -> list[str]:
        """Return what is written of each person; nothing of one without an id and a score."""
        scores = self.scores or ('',) * len(self.ids)
        return [
            ' '.join(filter(None, (f'#{track_id}' * (track_id > 0), score)))
            for track_id, score in zip(self.ids, scores)
        ]


def shown_of(
    poses: Poses, image_wh: tuple[int, int], keypoint_threshold: float, scores: bool
) -> Shown:
    """
    Choose what is drawn of each person, and how large.

    :param image_wh: width and height of the image in pixels.
    :param keypoint_threshold: keypoints scored below it are not drawn.
    :param scores: write the score of each person; a track id is always written.
    """
    poses = poses[by_id(poses)]
    is_seen = poses.keypoint_scores >= keypoint_threshold
    boxes, image_size = within(poses.boxes_xyxy, image_wh), (image_wh[0] * image_wh[1]) ** 0.5
    person_sizes = sizes(boxes).tolist()
    pens = [Pen.of(each, image_size) for each in person_sizes]
    heights = [LINE_HEIGHT * digit_height(each, image_size) for each in person_sizes]
    texts = np.empty((len(poses), 3))
    texts[:, 0], texts[:, 2] = boxes[:, 0], heights
    texts[:, 1] = np.maximum(boxes[:, 1], heights)  # a text above the image is not seen
    return Shown(
        poses.skeleton,
        tuple(poses.ids.tolist()),
        tuple(f'{each:.2f}' for each in poses.scores.tolist()) if scores else (),
        *limbs_and_joints(poses.keypoints, is_seen, poses.skeleton),
        np.array([(each.line, each.inner_dot) for each in pens], float).reshape(-1, 2),
        texts,
    )


def annotations_to_msg(shown: Shown, header: Header) -> ImageAnnotations:
    """
    Make the annotations of all people in an image.

    Where nobody is, there is one without points: by its stamp, viewers that show an image together
    with its annotations know that these have come.

    :param header: of the image.
    """
    msg, stamp = ImageAnnotations(), header.stamp
    if hasattr(msg, 'timestamp'):  # since foxglove_msgs 3.2.5
        msg.timestamp = stamp
    if not shown.ids:
        msg.points.append(PointsAnnotation(timestamp=stamp, type=PointsAnnotation.POINTS))
    for person, (track_id, words) in enumerate(zip(shown.ids, shown.words)):
        color = person_color(track_id)
        msg.points += _limbs_and_joints(shown, person, color, stamp)
        if words:
            x, y, height = shown.texts[person].tolist()
            msg.texts.append(TextAnnotation(
                timestamp=stamp, position=Point2(x=x, y=y), text=words, font_size=height,
                text_color=rgba(ColorMsg, text_color(color)),
                background_color=rgba(ColorMsg, color),
            ))
    return msg


def _limbs_and_joints(
    shown: Shown, person: int, color: Color, stamp: Time
) -> tuple[PointsAnnotation, PointsAnnotation]:
    is_end, is_joint = np.split(shown.is_drawn[person], [shown.ends])
    ends, joints = np.split(shown.points[person], [shown.ends])
    line, dot = shown.widths[person].tolist()
    limbs = PointsAnnotation(
        timestamp=stamp, type=PointsAnnotation.LINE_LIST, points=_points(ends[is_end]),
        outline_color=rgba(ColorMsg, color), thickness=line,
    )
    dots = PointsAnnotation(
        timestamp=stamp, type=PointsAnnotation.POINTS, points=_points(joints[is_joint]),
        outline_color=rgba(ColorMsg, color), thickness=dot,  # viewers take it for a radius
        outline_colors=[
            rgba(ColorMsg, joint_color(joint, shown.skeleton, color))
            for joint in np.flatnonzero(is_joint).tolist()
        ],
    )
    return limbs, dots


def _points(at: Floats) -> list[Point2]:
    return [Point2(x=x, y=y) for x, y in at.tolist()]
