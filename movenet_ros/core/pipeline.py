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

"""The whole way of one image: letterbox, inference, decode."""

from __future__ import annotations

from dataclasses import dataclass
import time

from movenet_ros.core.decode import decode
from movenet_ros.core.decode import MAX_PEOPLE
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Prepared:
    """
    An image as the model takes it.

    :param letterbox: the way there and back.
    :param batch: ``(1, H, W, 3)`` int32 RGB.
    """

    letterbox: Letterbox
    batch: NDArray[np.int32]


class PoseEstimator:
    """
    Finds people in images, one after the other: the model's input is filled anew for each.

    :param backend: with the model loaded.
    :param input_size: longer side of the model's input in pixels, a multiple of 32.
    :param person_threshold: people scored below it are dropped; may be set at any time.
    :param max_people: at most so many are kept, 1 to 6; may be set at any time.
    """

    inference_s = 0.0
    """How long the model took for the latest image, in seconds."""

    def __init__(
        self,
        backend: Runtime,
        input_size: int,
        person_threshold: float,
        max_people: int = MAX_PEOPLE,
    ) -> None:
        self.backend = backend
        self.input_size = input_size
        self.person_threshold = person_threshold
        self.max_people = max_people
        self._fit((1, 1))

    @property
    def image_wh(self) -> tuple[int, int]:
        """Return the size of the latest image that was prepared here."""
        return self._fitted[0]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Return the shape of its model's input, ``(1, H, W, 3)``."""
        return self._batch.shape

    def warm_up(self, image_wh: tuple[int, int]) -> None:
        """
        Run once on black, so that the first image of that size does not pay for the start.

        :raises InferenceError: if the runtime fails.
        """
        width, height = image_wh
        self.estimate(SourceImage(np.zeros((height, width, 3), np.uint8), 'rgb'))

    def prepare(self, image: SourceImage) -> Prepared:
        """
        Make the model's input of an image that comes later; in any thread.

        :raises ImageError: if it cannot be scaled.
        """
        letterbox = Letterbox.fit(image.wh, self.input_size)
        return Prepared(letterbox, letterbox.apply(image))

    def estimate(self, image: SourceImage, prepared: Prepared | None = None) -> Poses:
        """
        Find the people in an image.

        :param prepared: the same image, where that was done before.
        :raises ImageError: if it cannot be scaled.
        :raises InferenceError: if the runtime fails.
        """
        if prepared is None:
            if (image.wh, self.input_size) != self._fitted:
                self._fit(image.wh)
            prepared = Prepared(self._letterbox, self._letterbox.apply(image, self._batch))
        begun_s = time.perf_counter()
        output = self.backend.run({'input': prepared.batch})['output_0']
        self.inference_s = time.perf_counter() - begun_s
        return decode(output, prepared.letterbox, self.person_threshold, self.max_people)

    def _fit(self, image_wh: tuple[int, int]) -> None:
        """Prepare for images of a size."""
        self._fitted = image_wh, self.input_size
        self._letterbox = Letterbox.fit(image_wh, self.input_size)
        self._batch = self._letterbox.empty_batch()
