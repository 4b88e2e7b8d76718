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

"""The drawn person distinguishes the real weights from others, and allows rounding to float16."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.model.known_answer import check_answer
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.store import ModelFiles
import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import numpy_helper
import onnxruntime
import pytest

Array = NDArray[np.float32]


def answer(model: Any, batch: NDArray[np.int32] | None = None) -> Array:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider']
    )
    feed = {'input': drawn_person() if batch is None else batch}
    output: Array = session.run(None, feed)[0]
    return output


@pytest.fixture
def model(real_model: ModelFiles) -> Any:
    return onnx.load(str(real_model.onnx))


def change_weights(model: Any, change: Callable[[Array], Array]) -> None:
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            weights = numpy_helper.to_array(tensor)
            if weights.size > 8:  # the others are the sizes and scales of the output grid
                changed = change(weights).astype(np.float32)
                tensor.CopyFrom(numpy_helper.from_array(changed, tensor.name))


def test_the_picture_is_an_input_of_the_model() -> None:
    batch = drawn_person()
    assert (batch.shape, batch.dtype) == ((1, 256, 256, 3), np.int32)
    assert batch.min() >= 0
    assert batch.max() <= 255


def test_the_real_model_passes(model: Any) -> None:
    check_answer(answer(model))


@pytest.mark.parametrize('seed', range(5))
def test_weights_before_their_rounding_to_float16_pass(model: Any, seed: int) -> None:
    half_step, random = 2.0**-11, np.random.default_rng(seed)
    change_weights(model, lambda w: w * (1 + random.uniform(-half_step, half_step, w.shape)))
    check_answer(answer(model))


def test_weights_of_8_bits_are_refused(model: Any) -> None:
    def quantise(weights: Array) -> Array:
        step = max(np.abs(weights).max(), 1e-9) / 127
        rounded: Array = np.round(weights / step) * step
        return rounded

    change_weights(model, quantise)
    with pytest.raises(ModelError, match='damaged or of another model'):
        check_answer(answer(model))


@pytest.mark.parametrize('layer', range(5, 55, 10))
def test_one_convolution_with_its_weights_out_of_place_is_refused(model: Any, layer: int) -> None:
    kernels = [t for t in model.graph.initializer if len(t.dims) == 4 and np.prod(t.dims) > 100]
    tensor = kernels[layer]
    rolled = np.roll(numpy_helper.to_array(tensor).reshape(-1), 1).reshape(tensor.dims)
    tensor.CopyFrom(numpy_helper.from_array(rolled, tensor.name))
    with pytest.raises(ModelError, match='damaged or of another model'):
        check_answer(answer(model))


def test_a_model_that_takes_bgr_is_refused(model: Any) -> None:
    bgr = np.ascontiguousarray(drawn_person()[..., ::-1])
    with pytest.raises(ModelError, match='damaged or of another model'):
        check_answer(answer(model, bgr))


@pytest.mark.parametrize('value', [0.0, 1.0, np.nan, np.inf])
def test_nonsense_is_refused(value: float) -> None:
    with pytest.raises(ModelError, match='damaged or of another model'):
        check_answer(np.full((1, 6, 56), value, np.float32))


def test_another_output_is_refused_with_its_shape() -> None:
    with pytest.raises(ModelError, match=r'\(1, 1, 17, 3\), expected \(1, 6, 56\)'):
        check_answer(np.zeros((1, 1, 17, 3), np.float32))
