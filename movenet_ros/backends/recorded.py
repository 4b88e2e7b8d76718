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

"""A runtime for tests: it answers as MoveNet would where it sees the people that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.heads import SEEN
from movenet_ros.core.heads import STRIDE
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

SCORE, BOX = -1, slice(-5, -1)
BESIDE = 2  # cells from a peak to where another one would not be seen


class RecordedBackend:
    """
    Answers with recorded people, one image after the other; the last ones again and again.

    :param images: at least one: ``(1, n, 56)`` people, each 17 times y, x and score, then ymin,
        xmin, ymax, xmax and the person's score; coordinates in fractions of the input. A person
        whose score is 0 is not there, nor is one without a keypoint that is seen.
    """

    info = RuntimeInfo('recorded', '1', 'nothing')

    def __init__(self, images: Sequence[Floats]) -> None:
        self._images = tuple(images)
        self.batches: list[NDArray[Any]] = []
        self.closed = False

    def run(self, inputs: Tensors) -> Tensors:
        """Keep the input in ``batches`` and return the heads of the next people."""
        (batch,) = inputs.values()
        self.batches.append(batch.copy())
        people = self._images[min(len(self.batches), len(self._images)) - 1]
        return heads_of(people[0], batch.shape)

    def is_ready(self, shapes: Shapes) -> bool:
        """Return True: there is nothing to prepare."""
        return True

    def prepare(self, shapes: Shapes) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Note it in ``closed``."""
        self.closed = True


def heads_of(people: Floats, batch_shape: tuple[int, ...]) -> Tensors:
    """
    Return heads of which decoding makes these people.

    :param people: ``(n, 56)``, see :class:`RecordedBackend`.
    :param batch_shape: ``(n, H, W, 3)`` of the input; they are in each of it.
    """
    n, height, width, _ = batch_shape
    hw = np.array([height // STRIDE, width // STRIDE])
    heads = {name: np.zeros((maps, *hw), np.float32) for name, maps in IMAGE_HEADS.items()}
    free, free_of = np.ones(hw, bool), np.ones((len(COCO), *hw), bool)
    for person in people:
        scores = person[2:3 * len(COCO):3]
        if person[SCORE] <= 0 or scores.max() <= SEEN:
            continue
        top_left, bottom_right = person[BOX].reshape(2, 2) * hw
        middle = (top_left + bottom_right) / 2
        y, x = _nearest(free, middle)
        free[max(0, y - BESIDE):y + BESIDE + 1, max(0, x - BESIDE):x + BESIDE + 1] = False
        heads['center'][0, y, x] = person[SCORE] / scores[scores > SEEN].mean()
        heads['box_scale'][:, y, x] = bottom_right - top_left
        heads['box_offset'][:, y, x] = middle - (y, x)
        for i, place in enumerate(person[:3 * len(COCO)].reshape(-1, 3)[:, :2] * hw):
            row, column = _nearest(free_of[i], place)
            free_of[i, row, column] = False
            pair = slice(2 * i, 2 * i + 2)
            heads['kpt_heatmap'][i, row, column] = scores[i]
            heads['kpt_regress'][pair, y, x] = row - y, column - x
            heads['kpt_offset'][pair, row, column] = place - (row, column)
    return {name: np.repeat(maps[None], n, axis=0) for name, maps in heads.items()}


def _nearest(free: Mask, place: Floats) -> tuple[int, int]:
    """Return the cell that a place is in if it is free, else the nearest free one."""
    y, x = np.clip(place.astype(int), 0, np.array(free.shape) - 1)
    if not free[y, x]:
        cells = np.argwhere(free)
        y, x = cells[np.square(cells + 0.5 - place).sum(axis=1).argmin()]
    return int(y), int(x)
