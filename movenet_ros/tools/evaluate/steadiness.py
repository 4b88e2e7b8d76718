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

"""Jitter and lag of keypoints, compared with the true joints of a clip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STILL_PX = 0.1  # a joint that moves less from one image to the next stands still
MOVING = 0.1  # sizes of the person a second; a slower joint says nothing about lag
WRONG = 0.35  # sizes of the person; a keypoint farther off is another joint, not a late one

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observation:
    """
    One person in one image, found and true.

    :param image: number of the image.
    :param found: ``(17, 2)`` keypoints in pixels.
    :param true: ``(17, 2)`` in pixels.
    :param counts: ``(17,)`` which keypoints are visible and were found.
    :param size: square root of the area of the person's box, in pixels.
    """

    image: int
    found: Floats
    true: Floats
    counts: NDArray[np.bool_]
    size: float


def jitter_px(people: Iterable[list[Observation]]) -> float:
    """
    Return how far keypoints of still joints jump from one image to the next, in pixels.

    :param people: the observations of each, in the order of the images.
    :return: the mean; NaN where no joint stands still.
    """
    jumps = [
        np.linalg.norm(b.found - a.found, axis=1)[
            a.counts & b.counts & (np.linalg.norm(b.true - a.true, axis=1) < STILL_PX)
        ]
        for person in people
        for a, b in zip(person, person[1:])
        if b.image == a.image + 1
    ]
    values = np.concatenate(jumps) if jumps else np.empty(0)
    return float(values.mean()) if values.size else float('nan')


def lag_ms(people: Iterable[list[Observation]], rate_hz: float) -> float:
    """
    Return how late the keypoints of moving joints are, in milliseconds.

    It is the time t that brings the keypoints closest to where the joints were t earlier: with
    velocity v and error e = true - found, the t that minimizes the sum of |e - v t|^2. It is below
    0 for a model that sees joints ahead of where they are: compare with and without smoothing.

    :param people: the observations of each, in the order of the images.
    :param rate_hz: images per second.
    :return: NaN where no joint moves.
    """
    along = squared = 0.0
    for person in people:
        for a, b, c in zip(person, person[1:], person[2:]):
            if c.image != a.image + 2:
                continue
            velocity = (c.true - a.true) * rate_hz / 2
            error = b.true - b.found
            use = a.counts & b.counts & c.counts
            use &= np.linalg.norm(velocity, axis=1) > MOVING * b.size
            use &= np.linalg.norm(error, axis=1) < WRONG * b.size
            along += float((error * velocity)[use].sum())
            squared += float((velocity**2)[use].sum())
    return 1e3 * along / squared if squared else float('nan')
