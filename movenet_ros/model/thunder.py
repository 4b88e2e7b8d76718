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

"""MoveNet Thunder, which finds the person in a crop: its names and shapes, and how it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from movenet_ros.core.heads import CROP_HEADS
from movenet_ros.core.heads import each_input
from movenet_ros.core.heads import people_in_crop
from movenet_ros.core.pose_model import CropModel
from movenet_ros.core.pose_model import Run
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import TensorSpec
from movenet_ros.core.skeleton import COCO
from movenet_ros.model.maxima import CROP_MAXIMA_TEXT
import numpy as np
from numpy.typing import NDArray

INPUT = 'input'
BATCHES = (1, 2, 4, 8, 16)  # numbers of crops in a batch, where crops share one

SPEC = ModelSpec(
    title='MoveNet Thunder',
    variant='singlepose_thunder',
    inputs={INPUT: TensorSpec('uint8', (None, None, None, 3))},
    outputs={
        name: TensorSpec('float32', (None, maps, None, None)) for name, maps in CROP_HEADS.items()
    },
    smallest={INPUT: (1, 32, 32, 3)},
    usual={INPUT: (1, 224, 128, 3)},
    largest={INPUT: (BATCHES[-1], 256, 256, 3)},
    any_shape=True,
    most_shapes=len(BATCHES),
    on_gpu=CROP_MAXIMA_TEXT,
)


class Thunder(CropModel):
    """
    Finds the people in crops.

    :param batches: how many crops run at once, in growing numbers. With black, a batch is filled
        up, and each crop lies in the middle of a square: there is one shape for each number.
        On a CPU, a batch takes as long as its crops one by one.
    """

    spec = SPEC
    skeleton = COCO

    def __init__(self, batches: Sequence[int] = (1,)) -> None:
        self._batches = batches
        self._are_squares = batches[-1] > 1

    def input_shapes(self, crops_wh: Sequence[tuple[int, int]]) -> list[Shapes]:
        """Return the shapes of batches; see :class:`movenet_ros.core.pose_model.CropModel`."""
        sizes = dict.fromkeys(
            (max(width, height),) * 2 if self._are_squares else (height, width)
            for width, height in crops_wh
        )
        return [((INPUT, (n, *size, 3)),) for n in self._batches for size in sizes]

    def find(self, crops: Sequence[NDArray[np.uint8]], run: Run) -> list[Poses]:
        """Find the people in crops; see :class:`movenet_ros.core.pose_model.CropModel`."""
        inputs = [_square_around(crop) for crop in crops] if self._are_squares else crops
        found = [Poses.nobody()] * len(crops)
        for shape in dict.fromkeys(each.shape for each in inputs):
            alike = [i for i, each in enumerate(inputs) if each.shape == shape]
            while alike:
                size = next((n for n in self._batches if n >= len(alike)), self._batches[-1])
                batch = np.zeros((size, *shape), np.uint8)
                now, alike = alike[:size], alike[size:]
                batch[:len(now)] = [inputs[i] for i in now]
                heads = each_input(run({INPUT: batch}), CROP_HEADS, batch.shape)
                for i, each in zip(now, heads):
                    found[i] = people_in_crop(each)
        if self._are_squares:
            return [_from_square(each, crop) for each, crop in zip(found, crops)]
        return found


def _margins(crop: NDArray[np.uint8]) -> tuple[int, int]:
    """Return how far above and on the left of a crop its square begins, in pixels."""
    height, width, _ = crop.shape
    return max(0, width - height) // 2, max(0, height - width) // 2


def _square_around(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a crop in the middle of a black square."""
    top, left = _margins(crop)
    return np.pad(crop, ((top, top), (left, left), (0, 0)))


def _from_square(people: Poses, crop: NDArray[np.uint8]) -> Poses:
    """Return people of the square in pixels of the crop."""
    top, left = _margins(crop)
    return replace(
        people,
        keypoints=people.keypoints - np.array([left, top], np.float32),
        boxes_xyxy=people.boxes_xyxy - np.array([left, top] * 2, np.float32),
    )
