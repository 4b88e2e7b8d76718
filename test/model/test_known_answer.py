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
from typing import NamedTuple

from movenet_ros.core.errors import ModelError
from movenet_ros.model.known_answer import check_answer
from movenet_ros.model.known_answer import drawn_person
import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import numpy_helper
import onnxruntime
import pytest

Array = NDArray[np.float32]
Heads = dict[str, Array]


def answer(model: Any, batch: NDArray[np.uint8] | None = None) -> Heads:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider']
    )
    feed = {'input': drawn_person() if batch is None else batch}
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, feed)))


class Network(NamedTuple):
    """A real network, whose weights a test may change."""

    variant: str
    proto: Any

    def check(self, batch: NDArray[np.uint8] | None = None) -> None:
        """Check its answer."""
        check_answer(self.variant, answer(self.proto, batch))

    def change_weights(self, change: Callable[[Array], Array]) -> None:
        """Change kernels and biases."""
        for tensor in self.proto.graph.initializer:
            weights = numpy_helper.to_array(tensor)
            if weights.size > 4:  # the others are limits and scales
                changed = change(weights).astype(np.float32)
                tensor.CopyFrom(numpy_helper.from_array(changed, tensor.name))


@pytest.fixture(params=['real_model', 'thunder_model'])
def network(request: pytest.FixtureRequest) -> Network:
    """Give each network."""
    files = request.getfixturevalue(request.param)
    return Network(files.variant, onnx.load(str(files.onnx)))


def test_the_picture_is_an_input_of_the_networks() -> None:
    batch = drawn_person()
    assert (batch.shape, batch.dtype) == ((1, 256, 256, 3), np.uint8)


def test_the_real_networks_pass(network: Network) -> None:
    network.check()


@pytest.mark.parametrize('seed', range(3))
def test_weights_before_their_rounding_to_float16_pass(network: Network, seed: int) -> None:
    half_step, random = 2.0**-11, np.random.default_rng(seed)
    network.change_weights(
        lambda weights: weights * (1 + random.uniform(-half_step, half_step, weights.shape))
    )
    network.check()


def test_weights_of_8_bits_are_refused(network: Network) -> None:
    def quantise(weights: Array) -> Array:
        step = max(np.abs(weights).max(), 1e-9) / 127
        rounded: Array = np.round(weights / step) * step
        return rounded

    network.change_weights(quantise)
    with pytest.raises(ModelError, match='damaged or of another model'):
        network.check()


@pytest.mark.parametrize('layer', range(5, 75, 14))
def test_one_convolution_with_its_weights_out_of_place_is_refused(
    network: Network, layer: int
) -> None:
    constants = network.proto.graph.initializer
    tensor = [each for each in constants if len(each.dims) == 4 and each.dims[0] > 1][layer]
    rolled = np.roll(numpy_helper.to_array(tensor).reshape(-1), 1).reshape(tensor.dims)
    tensor.CopyFrom(numpy_helper.from_array(rolled, tensor.name))
    with pytest.raises(ModelError, match='damaged or of another model'):
        network.check()


def test_a_network_that_takes_bgr_is_refused(network: Network) -> None:
    with pytest.raises(ModelError, match='damaged or of another model'):
        network.check(np.ascontiguousarray(drawn_person()[..., ::-1]))


@pytest.mark.parametrize('value', [0.0, 1.0, np.nan, np.inf])
def test_nonsense_is_refused(network: Network, value: float) -> None:
    heads = {name: np.full_like(head, value) for name, head in answer(network.proto).items()}
    with pytest.raises(ModelError, match='damaged or of another model'):
        check_answer(network.variant, heads)
