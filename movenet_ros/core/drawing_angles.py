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
Joint angles drawn into an image: an arc at the joint, and the degrees beside it.

The arc shows what is measured: how far a limb is bent away from the line of the limb before it, or
how far an arm is raised from the trunk; a limb that is nearly straight has the degrees alone. A
person who is too small for the text has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from typing import NamedTuple

import cv2
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.angles import JOINTS
from movenet_ros.core.labels import Color
from movenet_ros.core.labels import text_ink
from movenet_ros.core.labels import text_pixels
from movenet_ros.core.observing import DOWN
from movenet_ros.core.observing import Observed
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALL = 'all'
LEAST_TEXT, MOST_TEXT = 8, 18  # pixels, height of a digit
OF_PERSON, OF_IMAGE = 1 / 24, 1 / 75  # that height: of the person, and at least of the image
PADDING = 3  # pixels around a text
ROOM = 2.0  # heights of a digit that a limb must be long
RADIUS = 0.3, 1.5, 3.5  # of an arc: of the limb; at least and at most in heights of a digit
STRAIGHT = np.radians(25)  # an arc that is as short is covered by its limb
BITS = 4
RIM: Color = (0, 0, 0)
TINY = 1e-9  # pixels
OVERLAP = 0.25  # of a text by another one


class Bend(NamedTuple):
    """
    Where an angle is, in pixels.

    :param at: ``(2,)`` the joint.
    :param start: ``(2,)`` the direction from which it is measured.
    :param end: ``(2,)`` that in which the limb points.
    """

    at: Floats
    start: Floats
    end: Floats


def names_in(text: str) -> tuple[str, ...]:
    """Return the angles that a list names, or all; the parameter annotate.angles."""
    names = tuple(filter(None, map(str.strip, text.split(','))))
    return ANGLES if ALL in names else names


def by_id(poses: Poses) -> list[int]:
    """Return people in an order that does not change from image to image, as scores do."""
    order = np.argsort(np.where(poses.ids > 0, poses.ids, np.inf), kind='stable')
    return [int(each) for each in order]


def draw_angles(
    canvas: NDArray[np.uint8], poses: Poses, observed: Observed, names: Sequence[str],
    colors: Sequence[Color],
) -> Floats:
    """
    Draw the angles of all people into an image; the first people's texts have the best places.

    :param canvas: ``(H, W, 3)`` BGR.
    :param observed: of the same people.
    :param colors: of the people.
    :return: ``(n, 4)`` boxes of the texts.
    """
    taken: list[Floats] = []
    image = float(np.sqrt(canvas.shape[0] * canvas.shape[1]))
    for i in by_id(poses):
        width, height = (poses.boxes_xyxy[i, 2:] - poses.boxes_xyxy[i, :2]).tolist()
        size = max(width * height, 0.0) ** 0.5
        wanted = max(size * OF_PERSON, image * OF_IMAGE)
        digit = round(min(max(wanted, LEAST_TEXT), MOST_TEXT)) if np.isfinite(wanted) else 0
        for name in names if digit else ():
            value = observed.angles.values[i, ANGLES.index(name)]
            if np.isfinite(value):
                points = poses.keypoints[i].astype(np.float64)
                bend = bend_of(name, points, poses.skeleton, DOWN[observed.down])
                if name == 'trunk_lean':  # beside the texts of the hips
                    bend = bend._replace(at=bend.at + bend.end / 4)
                _draw(canvas, bend, float(value), digit, colors[i], taken)
    return np.array(taken).reshape(-1, 4)


def bend_of(
    name: str, points: Floats, skeleton: Skeleton, down: tuple[float, float, float]
) -> Bend:
    """
    Return where an angle of a person is.

    Flexion is from the straight continuation of the upper limb, elevation from the trunk, lean
    from the upright, the head's tilt from the trunk: where each is 0.

    :param points: ``(17, 2)`` in pixels; what is NaN makes its angles NaN.
    :param down: in the image.
    """
    def at(of: str) -> Floats:
        return np.asarray(points[skeleton.index[of]])

    def middle(of: str) -> Floats:
        return (at(f'left_{of}') + at(f'right_{of}')) / 2

    if name in JOINTS:
        joint = JOINTS[name]
        start, here, end = at(joint.start), at(joint.at), at(joint.end)
        return Bend(here, here - start if joint.is_flexion else start - here, end - here)
    trunk = middle('shoulder') - middle('hip')
    length = float(np.linalg.norm(trunk))
    if name == 'trunk_lean':
        return Bend(middle('hip'), -np.array(down[:2]) * length, trunk)
    ears = at('right_ear') - at('left_ear')
    upright = np.array([ears[1], -ears[0]])
    head = upright if upright @ trunk > 0 else -upright
    return Bend(middle('ear'), trunk, head / max(float(np.linalg.norm(head)), TINY) * length / 2)


def turn_of(bend: Bend) -> tuple[float, float]:
    """Return where an arc begins, and by how much it goes round the short way, in radians."""
    begin, end = (float(np.arctan2(each[1], each[0])) for each in (bend.start, bend.end))
    return begin, (end - begin + np.pi) % (2 * np.pi) - np.pi


def _draw(
    canvas: NDArray[np.uint8], bend: Bend, value: float, digit: int, color: Color,
    taken: list[Floats],
) -> None:
    """Draw an arc and its degrees, if there is room for them."""
    limb = min(np.linalg.norm(bend.start), np.linalg.norm(bend.end))
    if not ROOM * digit <= limb < np.inf:
        return
    share, least, most = RADIUS
    radius = float(min(max(share * limb, least * digit), most * digit))
    begin, turn = turn_of(bend)
    angles = begin + np.linspace(0, turn, max(2, round(abs(turn) * radius / 2)))
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pixels = _pixels(round(np.degrees(value)), digit, color)
    ways = _ways(rays, radius, abs(turn) < STRAIGHT)
    place = _place(bend.at, ways, pixels, canvas, taken)
    if place is None:
        return
    line = np.rint((bend.at + radius * rays - 0.5) * 2**BITS).astype(np.int32)
    width = max(1, round(digit / 6))
    for each, by in ((RIM, width + 2), (color, width)) if abs(turn) >= STRAIGHT else ():
        cv2.polylines(canvas, [line], False, each, by, cv2.LINE_AA, BITS)
    left, top, right, bottom = place.astype(int).tolist()
    canvas[top:bottom, left:right] = pixels
    taken.append(place)


@lru_cache(maxsize=512)
def _pixels(degrees: int, digit: int, color: Color) -> NDArray[np.uint8]:
    """Return a number of degrees on the colour of its person."""
    return text_pixels(text_ink(f'{degrees}°', digit, PADDING), color)


def _ways(rays: Floats, radius: float, is_straight: bool) -> list[Floats]:
    """
    Return where a text may lie from the joint, best first: outside of the arc, or across the limb.

    :param rays: ``(n, 2)`` from the joint to the arc, of length 1.
    """
    along = rays[len(rays) // 2]
    across = 0.3 * radius * np.array([along[1], -along[0]])
    beside = [across, -across]
    return [*beside, radius * along] if is_straight else [radius * along, *beside]


def _place(
    at: Floats, ways: Sequence[Floats], pixels: NDArray[np.uint8], canvas: NDArray[np.uint8],
    taken: list[Floats],
) -> Floats | None:
    """Return the box of a text at a joint: the first that is in the image, and free."""
    wh = np.array([pixels.shape[1], pixels.shape[0]])
    image_wh = np.array([canvas.shape[1], canvas.shape[0]])
    for way in ways:
        direction = way / np.linalg.norm(way)
        corner = np.rint(at + way + direction * float(np.abs(direction) @ wh) / 2 - wh / 2)
        box = np.concatenate([corner, corner + wh])
        if (corner >= 0).all() and (corner + wh <= image_wh).all() and not _is_taken(box, taken):
            return box
    return None


def _is_taken(box: Floats, taken: list[Floats]) -> bool:
    """Return whether other texts cover too much of a box."""
    if not taken:
        return False
    others: Any = np.array(taken)
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    covered = np.maximum(sides, 0).prod(axis=1).max()
    return bool(covered > OVERLAP * np.prod(box[2:] - box[:2]))
