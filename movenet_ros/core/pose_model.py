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

"""The seam to a network: what its input and output mean; it knows no runtime."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Protocol

from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

Run = Callable[[Tensors], Tensors]
"""Runs the network: :meth:`movenet_ros.core.runtime.Runtime.run`."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """
    An image as the network takes it.

    :param inputs: of the network, by name.
    :param way_back: what its ``decode`` needs to return to the pixels of the image.
    :param rotate: by how many degrees the image was turned clockwise before.
    """

    inputs: Tensors
    way_back: Any
    rotate: int = 0


class PoseModel(Protocol):
    """
    A network that finds people.

    It is made by ``Model(input_size, person_threshold, max_people)``; input_size is the longer
    side of its input in pixels.
    """

    @property
    def spec(self) -> ModelSpec:
        """Return its names, types and shapes."""

    @property
    def skeleton(self) -> Skeleton:
        """Return the keypoints that it finds."""

    @classmethod
    def closer(cls, batches: Sequence[int]) -> CropModel | None:
        """
        Return the network that looks closer at the people whom this one finds, if there is one.

        :param batches: how many crops may run at once, in growing numbers.
        """
        return None

    person_threshold: float
    """People scored below it are dropped; may be set at any time."""

    max_people: int
    """At most this many are kept, the highest scoring; may be set at any time."""

    def input_shapes(self, image_wh: tuple[int, int]) -> Iterator[Shapes]:
        """
        Yield the shapes of inputs that images of a size may have: their own, then padded more.

        The last ones hold images of every size. A network whose inputs always have the same shape
        yields nothing.
        """
        return iter(())

    def prepare(self, image: SourceImage, shapes: Shapes | None = None) -> Prepared:
        """
        Make its inputs of an image; in any thread.

        :param shapes: one of ``input_shapes``; None: the first.
        :raises ImageError: if the image cannot be scaled.
        """

    def decode(self, outputs: Tensors, prepared: Prepared) -> Poses:
        """
        Turn its outputs into people, the highest scoring first.

        :raises InferenceError: if they are not what it gives.
        """

    def find(self, image: SourceImage, run: Run, prepared: Prepared | None = None) -> Poses:
        """
        Find the people in an image: one run; a network that works top-down runs again.

        :param prepared: the same image, where ``prepare`` was called before.
        :raises ImageError: if the image cannot be scaled.
        :raises InferenceError: if the runtime fails.
        """
        prepared = prepared or self.prepare(image)
        return self.decode(run(prepared.inputs), prepared)


class CropModel(Protocol):
    """A network that finds the person whom a crop of an image is of."""

    @property
    def spec(self) -> ModelSpec:
        """Return its names, types and shapes."""

    @property
    def skeleton(self) -> Skeleton:
        """Return the keypoints that it finds."""

    def input_shapes(self, crops_wh: Sequence[tuple[int, int]]) -> list[Shapes]:
        """Return all shapes of inputs that crops of some sizes lead to, however many crops."""

    def find(self, crops: Sequence[NDArray[np.uint8]], run: Run) -> list[Poses]:
        """
        Find the people in crops.

        :param crops: each ``(H, W, 3)`` RGB, H and W multiples of 32.
        :return: for each crop all who are seen in it, in its pixels, the highest scoring first.
        :raises InferenceError: if the runtime fails.
        """


MakeModel = Callable[[int, float, int], PoseModel]
