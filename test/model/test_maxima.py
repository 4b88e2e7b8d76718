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

"""Decoding whose first half is the graph for a GPU, which ONNX Runtime runs on the CPU here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from movenet_ros.backends.recorded import heads_of
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.heads import CROP_HEADS
from movenet_ros.core.heads import each_input
from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.heads import people_in_crop
from movenet_ros.core.heads import people_in_image
from movenet_ros.core.heads import STRIDE
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Tensors
from movenet_ros.model import movenet
from movenet_ros.model import thunder
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.store import ModelFiles
import numpy as np
from numpy.typing import NDArray
import onnx
import onnxruntime
import pytest

PeopleAt = Callable[..., Poses]
Answer = Callable[[Letterbox, Poses], NDArray[np.float32]]
Run = Callable[[Tensors], Tensors]

WH = (384, 288)
LETTERBOX = Letterbox(WH, WH, WH)


def session_of(model: Any) -> Run:
    """Return what runs a model on the CPU."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, ['CPUExecutionProvider'])
    names = [each.name for each in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(names, dict(inputs))))


def graph_of(spec: ModelSpec) -> Run:
    """Return what runs the operators behind a network."""
    model = onnx.parser.parse_model(spec.on_gpu)
    onnx.checker.check_model(model, full_check=True)
    return session_of(model.SerializeToString())


@pytest.fixture(scope='module')
def in_image() -> Run:
    """Give the graph for images."""
    return graph_of(movenet.SPEC)


@pytest.fixture(scope='module')
def in_crop() -> Run:
    """Give the graph for crops."""
    return graph_of(thunder.SPEC)


def people_of(outputs: Tensors, shape: tuple[int, ...], is_crop: bool) -> list[Poses]:
    """Decode heads, or maxima, of a batch."""
    if is_crop:
        return [people_in_crop(each) for each in each_input(outputs, CROP_HEADS, shape)]
    each_image = each_input(outputs, IMAGE_HEADS, shape)
    return [people_in_image(each, 0.02, 30) for each in each_image]


def assert_equal(graph: Run, heads: Tensors) -> None:
    """Compare both ways from heads to people."""
    n, _, rows, columns = heads['center'].shape
    shape, is_crop = (n, STRIDE * rows, STRIDE * columns, 3), 'box_scale' not in heads
    by_numpy = people_of(heads, shape, is_crop)
    by_graph = people_of(graph(heads), shape, is_crop)
    for ours, theirs in zip(by_numpy, by_graph, strict=True):
        assert len(ours) == len(theirs)
        for name, tolerance in (
            ('keypoints', 1e-3), ('boxes_xyxy', 1e-3), ('scores', 1e-5), ('keypoint_scores', 1e-5)
        ):
            np.testing.assert_allclose(
                getattr(ours, name), getattr(theirs, name), atol=tolerance, err_msg=name
            )


def of_a_crop(heads: Tensors) -> Tensors:
    """Return the heads that crops have too."""
    return {name: heads[name] for name in CROP_HEADS}


def noise(seed: int) -> dict[str, Any]:
    """Make heads of noise with many peaks, as no network gives them."""
    random = np.random.default_rng(seed)
    heads = {
        name: random.normal(0, 3, (2, maps, 24, 40)).astype(np.float32)
        for name, maps in IMAGE_HEADS.items()
    }
    for name in ('center', 'kpt_heatmap'):
        heads[name] = (random.random(heads[name].shape) ** 9).astype(np.float32)
    return heads


@pytest.mark.parametrize('count', [0, 1, 3, 12])
def test_rendered_people_are_the_same(
    in_image: Run, in_crop: Run, people_at: PeopleAt, answer: Answer, count: int
) -> None:
    people = people_at(*((30 + 30 * i, 100 + 5 * i, 90 + 3 * i) for i in range(count)))
    heads = heads_of(answer(LETTERBOX, people)[0], (2, *WH[::-1], 3))
    assert_equal(in_image, heads)
    assert_equal(in_crop, of_a_crop(heads))


@pytest.mark.parametrize('seed', range(5))
def test_noise_gives_the_same(in_image: Run, in_crop: Run, seed: int) -> None:
    assert_equal(in_image, noise(seed))
    assert_equal(in_crop, of_a_crop(noise(seed)))


@pytest.mark.parametrize('size', [(128, 256), (256, 192), (256, 256)])
def test_what_the_real_networks_see_is_the_same(
    in_image: Run, in_crop: Run, real_model: ModelFiles, thunder_model: ModelFiles,
    size: tuple[int, int],
) -> None:
    left = drawn_person()[:, :size[0], -size[1]:]
    batch = np.concatenate([left, left[:, :, ::-1], 255 - left])
    for files, graph in ((real_model, in_image), (thunder_model, in_crop)):
        heads = session_of(str(files.onnx))({'input': batch})
        assert heads['center'].max() > 0.3
        assert_equal(graph, heads)


def test_little_leaves_the_gpu(in_crop: Run) -> None:
    heads = of_a_crop(noise(0))
    assert 5 * sum(each.nbytes for each in in_crop(heads).values()) < sum(
        each.nbytes for each in heads.values()
    )


@pytest.mark.parametrize('name', IMAGE_HEADS)
def test_heads_that_are_no_numbers_are_refused(in_image: Run, name: str) -> None:
    heads = noise(0)
    heads[name][:] = np.nan
    with pytest.raises(InferenceError, match='NaN or infinity'):
        people_of(in_image(heads), (2, 96, 160, 3), False)


@pytest.mark.parametrize('name', ['center', 'kpt_heatmap'])
def test_one_cell_that_is_no_number_is_enough(in_crop: Run, name: str) -> None:
    heads = of_a_crop(noise(0))
    heads[name][0, 0, 7, 5] = np.nan
    with pytest.raises(InferenceError, match='NaN or infinity'):
        people_of(in_crop(heads), (2, 96, 160, 3), True)


@pytest.mark.parametrize('spec', [movenet.SPEC, thunder.SPEC])
def test_the_smallest_input_has_cells_for_all_peaks(spec: ModelSpec) -> None:
    (shape,) = spec.smallest.values()
    maps = {name: each.shape[1] for name, each in spec.outputs.items() if each.shape}
    cells = (shape[1] // STRIDE, shape[2] // STRIDE)
    heads = {name: np.zeros((1, count, *cells), np.float32) for name, count in maps.items()}
    assert not graph_of(spec)(heads)['peaks'].any()
