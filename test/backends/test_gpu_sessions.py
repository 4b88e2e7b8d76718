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

"""Sessions as on a GPU, of a network as it is and with operators behind; here on the CPU."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from movenet_ros.backends import gpu_sessions
from movenet_ros.backends import onnxruntime_gpu
from movenet_ros.backends.gpu_sessions import OnnxRuntimeOnGpu
from movenet_ros.backends.onnxruntime_gpu import with_operators_behind
from movenet_ros.backends.request import BackendRequest
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


@pytest.fixture(autouse=True)
def data_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_sessions, 'PLACE', ('cpu', 0))


def opened(make: Made) -> Runtime:
    """Return the runtime with these sessions."""
    return OnnxRuntimeOnGpu(onnxruntime, make, SPEC, RuntimeInfo('x', '1', 'x'))


@pytest.fixture(scope='module')
def network(thunder_model: ModelFiles) -> Path:
    """Return Thunder's file."""
    assert thunder_model.onnx
    return thunder_model.onnx


@pytest.fixture(scope='module')
def longer(network: Path) -> bytes:
    """Return Thunder with what a GPU runs behind it."""
    merged = with_operators_behind(network, BackendRequest(SPEC))
    assert merged
    return merged


@pytest.fixture
def crops() -> list[NDArray[np.uint8]]:
    """Give three crops of the drawn person, of two shapes."""
    (image,) = drawn_person()
    return [image, np.ascontiguousarray(image[:, 64:192]), np.ascontiguousarray(image[:, ::-1])]


def test_people_are_the_same_whether_maps_or_maxima_arrive(
    network: Path, longer: bytes, crops: list[NDArray[np.uint8]]
) -> None:
    by_maxima = Thunder((1, 2, 4)).find(crops, opened(Made(longer)).run)
    by_maps = Thunder((1, 2, 4)).find(crops, opened(Made(str(network))).run)
    for ours, theirs in zip(by_maxima, by_maps, strict=True):
        assert len(ours) == len(theirs) > 0
        np.testing.assert_allclose(ours.keypoints, theirs.keypoints, atol=1e-3)
        np.testing.assert_allclose(ours.keypoint_scores, theirs.keypoint_scores, atol=1e-5)


def test_without_operators_or_without_onnx_a_network_stays_as_it_is(
    network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = BackendRequest(SPEC)
    assert with_operators_behind(network, replace(request, spec=replace(SPEC, on_gpu=''))) is None
    monkeypatch.setattr(onnxruntime_gpu, 'find_spec', lambda name: None)
    assert with_operators_behind(network, request) is None


def test_every_shape_has_a_session_and_every_input_its_answer(longer: bytes) -> None:
    make = Made(longer)
    runtime = opened(make)
    inputs: list[Tensors] = [
        {'input': np.zeros((n, 64, 64, 3), np.uint8)} for n in (1, 2, 1)
    ]
    answers = [runtime.run(each) for each in inputs]
    assert [len(each['peaks']) for each in answers] == [1, 2, 1]
    assert make.shapes == [shapes_of(each) for each in inputs[:2]]


def test_as_many_shapes_stay_as_the_network_takes_by_turns(network: Path) -> None:
    make = Made(str(network))
    runtime = opened(make)
    for _ in range(2):
        for n in range(1, SPEC.most_shapes + 1):
            runtime.prepare((('input', (n, 32, 32, 3)),))
    assert len(make.shapes) == SPEC.most_shapes
