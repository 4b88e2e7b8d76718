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
Skeletons, boxes and labels drawn into an image.

A person has one colour, by its id, so that a colour never passes from one person to another;
people without an id are grey. Every line has a dark rim, so that it shows on any background.
Widths follow the size of the person, within bounds that follow the size of the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.activities.activities import OTHER
from movenet_ros.core.boxes import sizes
from movenet_ros.core.boxes import within
from movenet_ros.core.drawing_angles import by_id
from movenet_ros.core.drawing_angles import draw_angles
from movenet_ros.core.labels import Color
from movenet_ros.core.labels import draw_labels
from movenet_ros.core.labels import Label
from movenet_ros.core.observing import Observed
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

PERSON_COLORS: tuple[Color, ...] = (  # told apart by colour-blind eyes too (Okabe and Ito)
    (178, 114, 0),
    (233, 180, 86),
    (0, 159, 230),
    (115, 158, 0),
    (66, 228, 240),
    (167, 121, 204),
    (0, 94, 213),
)
NO_ID_COLOR: Color = (205, 205, 205)
RIM_COLOR: Color = (0, 0, 0)
LEFT_COLOR: Color = (255, 255, 255)  # of a dot; light and dark differ to every eye
RIGHT_COLOR: Color = (0, 0, 0)
FAR = 1e6  # pixels; what lies farther out is drawn as if it lay there
BITS = 4  # of a pixel's fraction, that OpenCV is given
FACE_LINES, FACE_DOTS = 18, 12  # pixels across a face; smaller ones are left visible


class Pen(NamedTuple):
    """
    How thick a person is drawn, in pixels.

    :param line: width of a limb, as OpenCV takes it; from 2 on, it draws a pixel more.
    :param dot: radius of a keypoint, with its rim.
    """

    line: int
    dot: float

    @classmethod
    def of(cls, person: float, image: float) -> Pen:
        """Return the pen for a person in an image, both by the square root of their area."""
        line = max(1, round(min(max(person / 45, image / 500), image / 150)))
        return cls(line, max(1.5, min(line + 1.5, person / 20)))

    def for_face(self, across: float) -> Pen:
        """Return the pen for a face so many pixels across."""
        line = max(1, min(self.line, round(across / 20)))
        return Pen(line, min(self.dot, max(1.5, across / 10)))

    @property
    def rim(self) -> int:
        """Return the width of the dark rim on either side."""
        return max(1, round(0.4 * self.line))

    @property
    def rimmed_line(self) -> int:
        """Return the width of a limb with its rim, as OpenCV takes it."""
        return self.line + 2 * self.rim if self.line > 1 else 2

    @property
    def inner_dot(self) -> float:
        """Return the radius of a keypoint without its rim, in pixels."""
        return self.dot - min(self.rim, self.dot / 3)

    @property
    def dots(self) -> tuple[int, int]:
        """Return the radius of a keypoint with its rim and without, as OpenCV takes them."""
        return round(self.dot * 2**BITS), round(self.inner_dot * 2**BITS)


def person_color(track_id: int) -> Color:
    """Return the colour of a person; that of a person without an id, 0, nobody else has."""
    return PERSON_COLORS[track_id % len(PERSON_COLORS)] if track_id else NO_ID_COLOR


def joint_color(joint: int, skeleton: Skeleton, color: Color) -> Color:
    """
    Return the colour of a keypoint.

    :param color: of the person.
    """
    if joint in skeleton.left:
        return LEFT_COLOR
    return RIGHT_COLOR if joint in skeleton.right else color


def draw_poses(
    image_bgr: NDArray[np.uint8],
    poses: Poses,
    keypoint_threshold: float,
    boxes: bool = True,
    scores: bool = True,
    refined: bool = False,
    observed: Observed | None = None,
    angles: Sequence[str] = (),
    activities: bool = False,
) -> NDArray[np.uint8]:
    """
    Draw people into a copy of an image.

    :param image_bgr: ``(H, W, 3)`` BGR, of the size the poses refer to.
    :param keypoint_threshold: keypoints scored below it are not drawn.
    :param boxes: draw the box of each person.
    :param scores: write the score of each person; a track id is always written.
    :param refined: write a + for each person who was looked at closely in this image.
    :param observed: what the people do.
    :param angles: names of those to draw at the joints.
    :param activities: write what each person does.
    :return: ``(H, W, 3)`` BGR, a new array.
    """
    canvas = image_bgr.copy()
    height, width = canvas.shape[:2]
    image_size = (width * height) ** 0.5
    corners = within(poses.boxes_xyxy, (width, height))
    person_sizes = sizes(corners).tolist()
    seen = poses.keypoint_scores >= keypoint_threshold
    colors = [person_color(each) for each in poses.ids.tolist()]
    for i in reversed(range(len(poses))):  # the best one lies on top
        if boxes:
            _draw_box(canvas, corners[i], colors[i], max(1, round(image_size / 1000)))
        pen = Pen.of(person_sizes[i], image_size)
        _draw_skeleton(canvas, poses.keypoints[i], seen[i], poses.skeleton, colors[i], pen)
    texts = None if observed is None else draw_angles(canvas, poses, observed, angles, colors)
    doing = observed.activities.of_people if observed and activities else ((),) * len(poses)
    labels = [
        Label(
            _words(poses, i, scores, refined), colors[i], person_sizes[i], corners[i],
            poses.keypoints[i][seen[i]], [_spelt(each) for each in doing[i] if each.name != OTHER],
        )
        for i in by_id(poses)
    ]
    draw_labels(canvas, labels, texts)
    return np.asarray(canvas)


def _words(poses: Poses, i: int, scores: bool, refined: bool) -> list[str]:
    """Return what is written of a person, the most important first."""
    person_id = int(poses.ids[i])
    words = [f'#{person_id}'] * (person_id > 0) + [f'{poses.scores[i]:.2f}'] * scores
    return words + ['+'] * bool(refined and poses.refined[i])


def _spelt(activity: Activity) -> str:
    """Return the name of an activity as people write it."""
    return activity.name.replace('_', ' ')


def _draw_box(
    canvas: NDArray[np.uint8], box: NDArray[np.float32], color: Color, thickness: int
) -> None:
    """Draw a box around the pixels that lie in it."""
    left, top = np.floor(box[:2]).astype(int).tolist()
    right, bottom = (np.ceil(box[2:]).astype(int) - 1).tolist()
    for each, by in ((RIM_COLOR, thickness), (color, 0)):
        corners = (left + by, top + by), (right - by, bottom - by)
        cv2.rectangle(canvas, *corners, each, thickness)


def _draw_skeleton(
    canvas: NDArray[np.uint8],
    keypoints: NDArray[np.float32],
    seen: NDArray[np.bool_],
    skeleton: Skeleton,
    color: Color,
    pen: Pen,
) -> None:
    """Draw one person's edges, all rims before all colours, and the keypoints over them."""
    keypoints = np.clip(keypoints, -FAR, FAR)
    points = np.rint((keypoints - 0.5) * 2**BITS).astype(np.int32)  # OpenCV's 0 is a middle
    shown = set(np.flatnonzero(seen & ~np.isnan(keypoints).any(axis=1)).tolist())
    face = skeleton.face & shown
    across, face_pen = FAR, pen
    if len(face) > 1:
        across = float(np.hypot(*np.ptp(keypoints[[*face]], axis=0)))
        face_pen = pen.for_face(across)
    edges = [each for each in skeleton.edges if shown.issuperset(each)]
    strokes = [(pen, [each for each in edges if not face.issuperset(each)])]
    if across >= FACE_LINES:
        strokes.append((face_pen, [each for each in edges if face.issuperset(each)]))
    for is_rim, edge_color in ((True, RIM_COLOR), (False, color)):
        for each, ends in strokes:
            width = each.rimmed_line if is_rim else each.line
            lines = [*points[np.array(ends, int).reshape(-1, 2)]]
            cv2.polylines(canvas, lines, False, edge_color, width, cv2.LINE_AA, BITS)
    if across < FACE_DOTS:
        shown -= face
    centers, dots, face_dots = points.tolist(), pen.dots, face_pen.dots
    for i in shown:
        rim = LEFT_COLOR if i in skeleton.right else RIM_COLOR
        dot = joint_color(i, skeleton, color)
        outer, inner = face_dots if i in face else dots
        cv2.circle(canvas, centers[i], outer, rim, cv2.FILLED, cv2.LINE_AA, BITS)
        cv2.circle(canvas, centers[i], inner, dot, cv2.FILLED, cv2.LINE_AA, BITS)
