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

"""Skeletons, boxes and labels drawn into an image."""

from typing import Any

import cv2
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

Color = tuple[int, int, int]  # BGR

PERSON_COLORS: tuple[Color, ...] = (  # told apart by colour-blind eyes too (Okabe and Ito)
    (0, 159, 230),
    (233, 180, 86),
    (66, 228, 240),
    (115, 158, 0),
    (167, 121, 204),
    (0, 94, 213),
)
LEFT_COLOR: Color = (80, 255, 80)
RIGHT_COLOR: Color = (80, 80, 255)
MIDDLE_COLOR: Color = (255, 255, 255)
FAR = 1e6  # pixels; whatever lies farther out is drawn as if it lay there
PIXELS_PER_THICKNESS = 240  # of the picture's shorter side: lines 3 pixels wide at 1280x720


def draw_poses(
    image_bgr: NDArray[np.uint8],
    poses: Poses,
    keypoint_threshold: float,
    boxes: bool = True,
    scores: bool = True,
) -> NDArray[np.uint8]:
    """
    Draw people into a copy of an image.

    :param image_bgr: ``(H, W, 3)`` BGR, of the size the poses refer to.
    :param keypoint_threshold: keypoints scored below it are not drawn.
    :param boxes: draw the box of each person.
    :param scores: write the score of each person; a track id is always written.
    :return: ``(H, W, 3)`` BGR, a new array.
    """
    canvas = image_bgr.copy()
    thickness = max(1, round(min(canvas.shape[:2]) / PIXELS_PER_THICKNESS))
    for i in reversed(range(len(poses))):  # the best one lies on top
        person_id = int(poses.ids[i])
        color = PERSON_COLORS[(person_id or i) % len(PERSON_COLORS)]
        _draw_skeleton(
            canvas,
            poses.keypoints[i],
            poses.keypoint_scores[i] >= keypoint_threshold,
            poses.skeleton,
            color,
            thickness,
        )
        left, top, right, bottom = _pixels(poses.boxes_xyxy[i])
        if boxes:
            last = min(right, canvas.shape[1] - 1), min(bottom, canvas.shape[0] - 1)
            cv2.rectangle(canvas, (left, top), last, color, thickness)
        words = [f'#{person_id}'] * (person_id > 0) + [f'{poses.scores[i]:.2f}'] * scores
        if words:
            _draw_label(canvas, ' '.join(words), (left, top), color, thickness)
    return np.asarray(canvas)


def _draw_skeleton(
    canvas: NDArray[np.uint8],
    keypoints: NDArray[np.float32],
    seen: NDArray[np.bool_],
    skeleton: Skeleton,
    color: Color,
    thickness: int,
) -> None:
    """Draw one person's edges, and the keypoints over them."""
    pixels = _pixels(keypoints)
    for a, b in skeleton.edges:
        if seen[a] and seen[b]:
            cv2.line(canvas, pixels[a], pixels[b], color, thickness, cv2.LINE_AA)
    for i in np.flatnonzero(seen).tolist():
        side = MIDDLE_COLOR
        if i in skeleton.left:
            side = LEFT_COLOR
        elif i in skeleton.right:
            side = RIGHT_COLOR
        cv2.circle(canvas, pixels[i], 2 * thickness, (0, 0, 0), cv2.FILLED, cv2.LINE_AA)
        cv2.circle(canvas, pixels[i], 2 * thickness - 1, side, cv2.FILLED, cv2.LINE_AA)


def _pixels(points: NDArray[np.float32]) -> Any:
    """Turn coordinates into lists of whole pixels; OpenCV takes no number beyond 32 bits."""
    return np.floor(np.clip(points, -FAR, FAR)).astype(int).tolist()


def _draw_label(
    canvas: NDArray[np.uint8], text: str, corner: tuple[int, int], color: Color, thickness: int
) -> None:
    """Write black on the person's colour above a box's corner, inside the picture."""
    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.2 + 0.15 * thickness
    (width, height), baseline = cv2.getTextSize(text, font, size, 1)
    full_height = height + baseline
    left = min(max(0, corner[0]), max(0, canvas.shape[1] - width))
    top = max(0, corner[1] - full_height)
    cv2.rectangle(canvas, (left, top), (left + width, top + full_height), color, cv2.FILLED)
    cv2.putText(canvas, text, (left, top + height), font, size, (0, 0, 0), 1, cv2.LINE_AA)
