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

"""Sessions as on a GPU, a network's and the one that follows on it; here both are on the CPU."""

from __future__ import annotations

from typing import Any

from movenet_ros.backends import gpu_sessions
from movenet_ros.backends.gpu_sessions import OnnxRuntimeOnGpu
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import shapes_of
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.thunder import SPEC
from movenet_ros.model.thunder import Thunder
import numpy as np
from numpy.typing import NDArray
import onnx
import onnxruntime
import pytest


def session_of(model: str | bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, ['CPUExecutionProvider'])


class Made:
    """
    Makes sessions, and counts them.

    :param model: path of the file, or what is in it.
    """

    def __init__(self, model: str | bytes) -> None:
        self.shapes: list[Shapes] = []
        self._model = model

    def __call__(self, shapes: Shapes) -> Any:
        """Make one."""
        self.shapes.append(shapes)
        return session_of(self._model)


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch, thunder_model: ModelFiles) -> tuple[Made, Made]:
    """Give Thunder, and what follows on it, both with their data on the CPU."""
    monkeypatch.setattr(gpu_sessions, 'PLACE', ('cpu', 0))
    follow_up = onnx.parser.parse_model(SPEC.on_gpu).SerializeToString()
    return Made(str(thunder_model.onnx)), Made(follow_up)


def opened(make: Made, make_follow_up: Made | None, spec: ModelSpec = SPEC) -> Runtime:
    """Return the runtime with these sessions."""
    return OnnxRuntimeOnGpu(onnxruntime, make, spec, RuntimeInfo('x', '1', 'x'), make_follow_up)


@pytest.fixture
def crops() -> list[NDArray[np.uint8]]:
    """Give three crops of the drawn person, of two shapes."""
    (image,) = drawn_person()
    return [image, np.ascontiguousarray(image[:, 64:192]), np.ascontiguousarray(image[:, ::-1])]


def test_people_are_the_same_whether_maps_or_maxima_arrive(
    networks: tuple[Made, Made], crops: list[NDArray[np.uint8]]
) -> None:
    make, make_follow_up = networks
    by_maxima = Thunder((1, 2, 4)).find(crops, opened(make, make_follow_up).run)
    by_maps = Thunder((1, 2, 4)).find(crops, opened(make, None).run)
    for ours, theirs in zip(by_maxima, by_maps, strict=True):
        assert len(ours) == len(theirs) > 0
        np.testing.assert_allclose(ours.keypoints, theirs.keypoints, atol=1e-3)
        np.testing.assert_allclose(ours.keypoint_scores, theirs.keypoint_scores, atol=1e-5)


def test_what_follows_has_a_session_for_each_shape_too(networks: tuple[Made, Made]) -> None:
    make, make_follow_up = networks
    runtime = opened(make, make_follow_up)
    inputs: list[Tensors] = [
        {'input': np.zeros((n, 64, 64, 3), np.uint8)} for n in (1, 2, 1)
    ]
    answers = [runtime.run(each) for each in inputs]
    assert [len(each['peaks']) for each in answers] == [1, 2, 1]
    assert make.shapes == [shapes_of(each) for each in inputs[:2]]
    taken = [dict(each)['center'] for each in make_follow_up.shapes]
    assert taken == [(1, 1, 16, 16), (2, 1, 16, 16)]


def test_as_many_shapes_stay_as_the_network_takes_by_turns(networks: tuple[Made, Made]) -> None:
    make, make_follow_up = networks
    runtime = opened(make, make_follow_up)
    for _ in range(2):
        for n in range(1, SPEC.most_shapes + 1):
            runtime.prepare((('input', (n, 32, 32, 3)),))
    assert len(make.shapes) == SPEC.most_shapes
