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

from pathlib import Path

from movenet_ros.backends import openvino as openvino_module
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.image import read_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import Runtime
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
import numpy as np
import pytest

TOLERANCE_PX = 0.1  # at pictures of some 640 pixels


def assert_they_agree(image: SourceImage, input_size: int, backends: list[Runtime]) -> None:
    """Compare the people that two backends see, of which there must be some."""
    one, other = (MultiPose(input_size, 0.25).find(image, each.run) for each in backends)
    assert len(one) == len(other) > 0
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-4)
    np.testing.assert_allclose(one.keypoints, other.keypoints, atol=TOLERANCE_PX)
    np.testing.assert_allclose(one.boxes_xyxy, other.boxes_xyxy, atol=TOLERANCE_PX)


@pytest.fixture(scope='module', params=['tensorflow', 'openvino'])
def another(request: pytest.FixtureRequest, real_model: ModelFiles) -> Runtime:
    """Give the real model in the other runtimes, all in f32."""
    if request.param == 'tensorflow':
        backend: Runtime = request.getfixturevalue('tensorflow_auto')
        return backend
    assert real_model.onnx is not None
    return openvino_module.load(real_model.onnx, BackendRequest(SPEC, precision='f32'))


@pytest.mark.parametrize('input_size', [192, 256])
@pytest.mark.parametrize('height', [288, 400, 512])
def test_on_the_astronaut(
    another: Runtime,
    onnxruntime_cpu: Runtime,
    astronaut: SourceImage,
    height: int,
    input_size: int,
) -> None:
    image = SourceImage(astronaut.pixels[:height], 'rgb')
    assert_they_agree(image, input_size, [another, onnxruntime_cpu])


@pytest.mark.parametrize('name', ['000000000785', '000000358195', '000000520910'])
def test_on_other_pictures(
    another: Runtime, onnxruntime_cpu: Runtime, data: Path, name: str
) -> None:
    image = read_picture(data / 'images' / f'{name}.jpg')
    assert_they_agree(image, 256, [another, onnxruntime_cpu])
