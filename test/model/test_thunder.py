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

from __future__ import annotations

from collections.abc import Callable

from movenet_ros.backends.recorded import heads_of
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.thunder import BATCHES
from movenet_ros.model.thunder import SPEC
from movenet_ros.model.thunder import Thunder
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]
Answer = Callable[[Letterbox, Poses], NDArray[np.float32]]
Crop = NDArray[np.uint8]

SIZES = [(224, 128), (224, 224), (128, 224)]  # height, width


class Eyes:
    """A network that sees a person where a crop has one white pixel: the person's middle."""

    def __init__(self, people_at: PeopleAt, answer: Answer) -> None:
        self.batches: list[tuple[int, ...]] = []
        self._people_at, self._answer = people_at, answer

    def run(self, inputs: Tensors) -> Tensors:
        """Answer a batch."""
        (batch,) = inputs.values()
        self.batches.append(batch.shape)
        each = [self._of_crop(crop) for crop in batch]
        return {name: np.concatenate([heads[name] for heads in each]) for name in each[0]}

    def _of_crop(self, crop: Crop) -> Tensors:
        height, width, _ = crop.shape
        people = self._people_at(*((x, y, 100) for y, x in np.argwhere(crop[..., 0])))
        letterbox = Letterbox(*[(width, height)] * 3)
        return heads_of(self._answer(letterbox, people)[0], (1, *crop.shape))


@pytest.fixture
def eyes(people_at: PeopleAt, answer: Answer) -> Eyes:
    """Give such a network."""
    return Eyes(people_at, answer)


def crop_of(size: tuple[int, int], *middles_xy: tuple[int, int]) -> Crop:
    """Make a crop with people at some places."""
    crop = np.zeros((*size, 3), np.uint8)
    for x, y in middles_xy:
        crop[y, x] = 255
    return crop


def test_all_who_are_in_a_crop_are_found_in_its_pixels(eyes: Eyes, people_at: PeopleAt) -> None:
    (found,) = Thunder().find([crop_of((224, 224), (60, 100), (160, 120))], eyes.run)
    expected = people_at((60, 100, 100), (160, 120, 100)).keypoints
    np.testing.assert_allclose(found.keypoints, expected, atol=1e-3)


@pytest.mark.parametrize('batches', [(1,), (2,), (1, 2, 4), BATCHES])
def test_crops_together_are_as_one_by_one_and_in_their_order(
    eyes: Eyes, batches: tuple[int, ...]
) -> None:
    random = np.random.default_rng(0)
    crops = [crop_of(SIZES[i % 3], tuple(random.integers(50, 80, 2))) for i in range(10)]
    together = Thunder(batches).find(crops, eyes.run)
    for crop, found in zip(crops, together):
        (alone,) = Thunder().find([crop], eyes.run)
        np.testing.assert_allclose(found.keypoints, alone.keypoints, atol=1e-3)


def test_a_batch_has_one_of_the_sizes_that_the_network_is_ready_for(eyes: Eyes) -> None:
    Thunder((1, 2, 4)).find([crop_of((224, 128), (60, 100))] * 7, eyes.run)
    assert [shape[0] for shape in eyes.batches] == [4, 4]


def test_crops_that_share_batches_have_one_shape_for_each_number(eyes: Eyes) -> None:
    """On a GPU, each further shape takes a second to get ready."""
    together = Thunder(BATCHES)
    stated = [dict(shapes)['input'] for shapes in together.input_shapes(SIZES)]
    assert stated == [(n, 224, 224, 3) for n in BATCHES]
    for count in range(1, 20):
        together.find([crop_of(SIZES[i % 3], (60, 60)) for i in range(count)], eyes.run)
    assert {*eyes.batches} == {*stated}


def test_crops_on_their_own_keep_their_shapes(eyes: Eyes) -> None:
    alone = Thunder()
    alone.find([crop_of(size, (60, 60)) for size in SIZES], eyes.run)
    stated = [dict(shapes)['input'] for shapes in alone.input_shapes([s[::-1] for s in SIZES])]
    assert eyes.batches == stated == [(1, *size, 3) for size in SIZES]


def test_without_crops_the_network_is_not_asked(eyes: Eyes) -> None:
    assert Thunder().find([], eyes.run) == []
    assert eyes.batches == []


def test_an_empty_crop_has_nobody(eyes: Eyes) -> None:
    (found,) = Thunder().find([crop_of((224, 128))], eyes.run)
    assert len(found) == 0


def test_an_answer_of_another_shape_is_refused(eyes: Eyes) -> None:
    answer = eyes.run({'input': np.zeros((1, 64, 64, 3), np.uint8)})
    with pytest.raises(InferenceError):
        Thunder().find([crop_of((224, 128))], lambda inputs: answer)


@pytest.mark.parametrize('size', ['smallest', 'usual', 'largest'])
def test_it_takes_the_shapes_that_it_states(size: str) -> None:
    shapes = getattr(SPEC, size)
    SPEC.check_inputs(SPEC.zeros(tuple(shapes.items())))
