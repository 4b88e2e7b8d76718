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
Labels of people: where they hide nobody, and text that can be read.

A label lies above its person; where there is no room, or another label, it lies below, beside, or
in a corner of the box, in that order, wherever it covers least. An image that is too small for a
label has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Color = tuple[int, int, int]  # BGR

Boxes = NDArray[np.floating[Any]]

FONT = cv2.FONT_HERSHEY_SIMPLEX
DIGIT_HEIGHT = 21  # of that font at scale 1, in pixels
DEGREE = '°'
STROKE, GAP, SPACE = 0.14, 0.16, 0.4  # of the height of a digit
LARGER = 4  # times as large is text drawn before it is scaled down, which smooths it
LEAST_TEXT = 9  # pixels, height of a digit
MOST_OF_IMAGE = (0.35, 0.14)  # of width and height, that a label may take up
COVERS_LABEL, COVERS_OWN, COVERS_OTHER, COVERS_KEYPOINT = 1e3, 4.0, 1.0, 2.0  # what each costs
RANK = 0.05  # and each place that is less usual


class Label(NamedTuple):
    """
    What is written of one person.

    :param words: the most important first; the others are left out where there is no room.
    :param color: BGR, of the person.
    :param size: of the person in pixels, the square root of its area.
    :param box_xyxy: ``(4,)`` of the person, in pixels, inside the image.
    :param keypoints: ``(n, 2)`` what is better not covered, in pixels.
    :param below: more lines, the most important first.
    """

    words: Sequence[str]
    color: Color
    size: float
    box_xyxy: NDArray[np.float32]
    keypoints: NDArray[np.float32]
    below: Sequence[str] = ()


def draw_labels(
    canvas: NDArray[np.uint8], labels: list[Label], taken: Boxes | None = None
) -> None:
    """
    Write labels into an image.

    :param canvas: ``(H, W, 3)`` BGR.
    :param labels: of all people; the first ones get the best places.
    :param taken: ``(n, 4)`` places of other texts.
    """
    image_wh = canvas.shape[1], canvas.shape[0]
    covered = np.array([each.box_xyxy for each in labels], np.float64).reshape(-1, 4)
    covered = np.concatenate([covered, np.empty((0, 4)) if taken is None else taken])
    keypoints = np.concatenate([np.empty((0, 2)), *(each.keypoints for each in labels)])
    for i, label in enumerate(labels):
        pixels = _fitting(label, image_wh)
        if pixels is None:
            continue
        height, width = pixels.shape[:2]
        places = _places(label.box_xyxy, (width, height), image_wh)
        costs = np.full(len(covered), COVERS_LABEL)
        costs[:len(labels)] = COVERS_OTHER
        costs[i] = COVERS_OWN
        cost = (
            RANK * np.arange(len(places))
            + _shares(places, covered) @ costs
            + COVERS_KEYPOINT * _count(keypoints, places)
        )
        place = places[np.argmin(cost)]
        covered = np.concatenate([covered, place[None]])
        left, top = place[:2].astype(int).tolist()
        canvas[top:top + height, left:left + width] = pixels


def _fitting(label: Label, image_wh: tuple[int, int]) -> NDArray[np.uint8] | None:
    """Draw as many words of a label as there is room for; None: there is room for none."""
    text_height = digit_height(label.size, (image_wh[0] * image_wh[1]) ** 0.5)
    words, below = label.words, label.below
    if not words:
        words, below = below[:1], below[1:]
    for count in range(len(words), 0, -1):
        ink = text_ink(' '.join(words[:count]), text_height)
        if _fits(ink, image_wh):
            for line in below:
                more = _stacked(ink, text_ink(line, text_height))
                ink = more if _fits(more, image_wh) else ink
            return text_pixels(ink, label.color)
    return None


def _fits(ink: NDArray[np.uint8], image_wh: tuple[int, int]) -> bool:
    height, width = ink.shape
    most = MOST_OF_IMAGE
    return bool(width <= most[0] * image_wh[0] and height <= most[1] * image_wh[1])


def _stacked(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put a text below another one, at its left edge."""
    width = max(upper.shape[1], lower.shape[1])
    return np.concatenate([
        np.pad(each, ((0, 0), (0, width - each.shape[1]))) for each in (upper, lower)
    ])


def digit_height(person: float, image: float) -> int:
    """Return the height of a digit in pixels, both by the square root of their area."""
    return max(LEAST_TEXT, round(min(max(person / 14, image / 75), image / 45)))


def text_pixels(ink: NDArray[np.uint8], color: Color) -> NDArray[np.uint8]:
    """
    Return ``(H, W, 3)`` BGR: a text on a colour, with a dark rim.

    :param ink: of the text.
    """
    pixels = cv2.LUT(cv2.cvtColor(ink, cv2.COLOR_GRAY2BGR), _ramp(color))
    pixels[[0, -1]] = pixels[:, [0, -1]] = 0
    return np.asarray(pixels, np.uint8)


def _places(box: NDArray[np.float32], wh: tuple[int, int], image_wh: tuple[int, int]) -> Boxes:
    """
    Return where a label may lie, the usual places first.

    :param box: ``(4,)`` of the person.
    :param wh: width and height of the label.
    :return: ``(n, 4)`` in whole pixels, inside the image.
    """
    width, height = wh
    left, top, right, bottom = np.rint(box).tolist()
    x_middle, y_middle = (left + right - width) // 2, (top + bottom - height) // 2
    corners = [
        *((x, top - height) for x in (left, right - width, x_middle)),
        *((x, bottom) for x in (left, right - width, x_middle)),
        *((x, y) for y in (top, y_middle, bottom - height) for x in (right, left - width)),
        *((x, y) for y in (top, bottom - height) for x in (left, right - width)),
    ]
    inside = np.clip(corners, 0, (image_wh[0] - width, image_wh[1] - height))
    return np.concatenate([inside, inside + wh], axis=1)


def _shares(places: Boxes, boxes: Boxes) -> Boxes:
    """Return ``(n, m)``, how much of each place each box covers, from 0 to 1."""
    sides = np.minimum(places[:, None, 2:], boxes[:, 2:])
    sides -= np.maximum(places[:, None, :2], boxes[:, :2])
    np.maximum(sides, 0.0, out=sides)
    width, height = places[0, 2:] - places[0, :2]
    return np.asarray(sides[..., 0] * sides[..., 1] / (width * height))


def _count(points: NDArray[np.floating[Any]], places: Boxes) -> NDArray[np.int64]:
    """Return ``(n,)``, how many points each place covers."""
    x, y = points[:, 0], points[:, 1]
    left, top, right, bottom = places.T[..., None]
    covered = (left < x) & (x < right) & (top < y) & (y < bottom)
    return np.asarray(covered.sum(axis=1))


def text_ink(text: str, height: int, padding: int = 0) -> NDArray[np.uint8]:
    """
    Return ``(H, W)``, how much of each pixel a text covers, from 0 to 255, with room around it.

    OpenCV places its letters on whole pixels, which makes small ones crooked: large ones are drawn
    and scaled down.

    :param height: of a digit, in pixels.
    :param padding: pixels around it; 0: a third of the height.
    """
    padding = padding or max(2, round(height / 3))
    letters = np.concatenate([_letter(each, LARGER * height) for each in text], axis=1)
    wh = -(-letters.shape[1] // LARGER) + 2 * padding, height + 2 * padding
    large = np.zeros((LARGER * wh[1], LARGER * wh[0]), np.uint8)
    top, left = (letters.shape[0] - large.shape[0]) // 2, LARGER * padding
    large[:, left:left + letters.shape[1]] = letters[top:top + large.shape[0]]
    return np.asarray(cv2.resize(large, wh, interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=256)
def _letter(letter: str, height: int) -> NDArray[np.uint8]:
    """
    Draw a letter with the gap to the next one; no digit is narrower than an 8.

    A zero is an O and a # its own, both as large as an 8: OpenCV 5 strikes its zeros through, and
    the # of OpenCV 4 hangs down.
    """
    if letter == ' ':
        return np.zeros((2 * height, round(SPACE * height)), np.uint8)
    shape, eight = _shape(letter, height), _shape('8', height)
    if letter in '0#':
        shape, rows = _shape('O' if letter == '0' else '#', height), _rows(eight)
        fitted = cv2.resize(shape[_rows(shape)], (eight.shape[1], rows.stop - rows.start))
        shape = np.zeros_like(eight)
        shape[rows] = fitted
    room = max(0, eight.shape[1] - shape.shape[1]) if letter.isdigit() else 0
    return np.pad(shape, ((0, 0), (room // 2, room - room // 2 + round(GAP * height))))


def _rows(shape: NDArray[np.uint8]) -> slice:
    """Return the rows that a letter takes up."""
    drawn = np.flatnonzero(shape.any(axis=1))
    return slice(int(drawn[0]), int(drawn[-1]) + 1)


def _shape(letter: str, height: int) -> NDArray[np.uint8]:
    """Draw a letter into the middle of twice its height, as wide as it is."""
    scale, stroke = height / DIGIT_HEIGHT, max(1, round(STROKE * height))
    canvas = np.zeros((2 * height, 3 * height), np.uint8)
    at = height, height + height // 2
    if letter == DEGREE:  # which the font lacks
        top = height, round(0.75 * height)
        cv2.circle(canvas, top, round(0.18 * height), 255, stroke, cv2.LINE_AA)
    else:
        cv2.putText(canvas, letter, at, FONT, scale, 255, stroke, cv2.LINE_AA)
    columns = np.flatnonzero(canvas.any(axis=0))
    return canvas[:, columns[0]:columns[-1] + 1]


@lru_cache(maxsize=None)
def _ramp(color: Color) -> NDArray[np.uint8]:
    """Return ``(1, 256, 3)``, the colours from a label's own to that of its text."""
    return np.linspace(color, text_color(color), 256).astype(np.uint8)[None]


def text_color(color: Color) -> Color:
    """Return black or white, whichever has more contrast to a colour (WCAG 2)."""
    part = np.array(color) / 255
    blue, green, red = np.where(part <= 0.04, part / 12.92, ((part + 0.055) / 1.055)**2.4).tolist()
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (0, 0, 0) if luminance > 0.179 else (255, 255, 255)
