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

"""MoveNet MultiPose, which finds the people in an image: its names, shapes, sizes and answers."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace

from movenet_ros.core.heads import each_input
from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.heads import people_in_image
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.pose_model import PoseModel
from movenet_ros.core.pose_model import Prepared
from movenet_ros.core.pose_model import Run
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.runtime import TensorSpec
from movenet_ros.core.skeleton import COCO
from movenet_ros.model.maxima import IMAGE_MAXIMA_TEXT
from movenet_ros.model.thunder import Thunder
import numpy as np

INPUT = 'input'
MULTIPLE = 32  # of which height and width of the input are multiples
CAMERA_WH = (640, 480)
INPUT_SIZES = (128, 1024)  # the smallest and the largest longer side
MAX_PEOPLE, USUAL_PEOPLE = 30, 12  # at most, and unless told

SPEC = ModelSpec(
    title='MoveNet MultiPose',
    variant='multipose_lightning',
    inputs={INPUT: TensorSpec('uint8', (None, None, None, 3))},
    outputs={
        name: TensorSpec('float32', (None, maps, None, None)) for name, maps in IMAGE_HEADS.items()
    },
    smallest={INPUT: (1, MULTIPLE, MULTIPLE, 3)},
    usual={INPUT: (1, 192, 256, 3)},
    largest={INPUT: (1, INPUT_SIZES[1], INPUT_SIZES[1], 3)},
    on_gpu=IMAGE_MAXIMA_TEXT,
)


class MultiPose(PoseModel):
    """
    Finds people in images, one after the other: its input is filled anew for each.

    :param input_size: longer side of the input in pixels, a multiple of 32.
    :param person_threshold: people scored below it are dropped; may be set at any time.
    :param max_people: at most this many are kept; may be set at any time.
    """

    skeleton = COCO

    def __init__(
        self, input_size: int, person_threshold: float, max_people: int = USUAL_PEOPLE
    ) -> None:
        self.input_size = input_size
        self.person_threshold = person_threshold
        self.max_people = max_people
        self._letterbox = self.letterbox((1, 1))
        self._batch = self._letterbox.empty_batch()

    @classmethod
    def closer(cls, batches: Sequence[int]) -> Thunder:
        """Return Thunder; see :class:`movenet_ros.core.pose_model.PoseModel`."""
        return Thunder(batches)

    @property
    def spec(self) -> ModelSpec:
        """Return its names, types and shapes; the usual one is that of a camera's images."""
        usual = self.letterbox(CAMERA_WH).empty_batch().shape
        return replace(SPEC, usual={INPUT: usual})

    def letterbox(self, image_wh: tuple[int, int]) -> Letterbox:
        """Return how images of a size lie in the input."""
        return Letterbox.fit(image_wh, self.input_size, MULTIPLE)

    def input_shapes(self, image_wh: tuple[int, int]) -> Iterator[Shapes]:
        """Yield the shape for images of a size, then with more padding, up to a square."""
        width, height = self.letterbox(image_wh).input_wh
        for more in range(0, self.input_size - min(width, height) + 1, MULTIPLE):
            sides = (min(side + more, self.input_size) for side in (height, width))
            yield ((INPUT, (1, *sides, 3)),)

    def prepare(self, image: SourceImage, shapes: Shapes | None = None) -> Prepared:
        """Make the input of an image; see :class:`movenet_ros.core.pose_model.PoseModel`."""
        letterbox = self.letterbox(image.wh)
        if shapes is not None:
            _, height, width, _ = dict(shapes)[INPUT]
            letterbox = letterbox.padded_to((width, height))
        return Prepared({INPUT: letterbox.apply(image)}, letterbox)

    def decode(self, outputs: Tensors, prepared: Prepared) -> Poses:
        """
        Turn the heads into people, the highest scoring first.

        :raises InferenceError: if they have other shapes, or hold NaN or infinity.
        """
        batch, letterbox = prepared.inputs[INPUT], prepared.way_back
        (heads,) = each_input(outputs, IMAGE_HEADS, batch.shape)
        people = people_in_image(heads, self.person_threshold, self.max_people)
        corners = letterbox.to_image(people.boxes_xyxy.reshape(-1, 2, 2))
        return replace(
            people,
            keypoints=letterbox.to_image(people.keypoints),
            boxes_xyxy=np.clip(corners, 0.0, letterbox.image_wh).reshape(-1, 4),
        )

    def find(self, image: SourceImage, run: Run, prepared: Prepared | None = None) -> Poses:
        """Find the people in an image; see :class:`movenet_ros.core.pose_model.PoseModel`."""
        if prepared is None:
            if image.wh != self._letterbox.image_wh:
                self._letterbox = self.letterbox(image.wh)
                self._batch = self._letterbox.empty_batch()
            batch = self._letterbox.apply(image, self._batch)
            prepared = Prepared({INPUT: batch}, self._letterbox)
        return super().find(image, run, prepared)
