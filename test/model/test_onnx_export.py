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

"""The two forms of the model agree on real pictures, at any input shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
from movenet_ros.model.saved_model import load_checked
from movenet_ros.model.saved_model import LoadedModel
from movenet_ros.model.store import ModelFiles
import numpy as np
from numpy.typing import NDArray
import onnx
import onnxruntime
import pytest

PICTURES = Path(__file__).resolve().parents[3] / 'shared' / 'data' / 'images'
SHAPES_HW = [(160, 256), (192, 256), (256, 256), (384, 512)]


@pytest.fixture(scope='module')
def saved_model(real_model: ModelFiles) -> LoadedModel:
    assert real_model.saved_model is not None
    return load_checked(real_model.saved_model)


@pytest.fixture(scope='module')
def session(real_model: ModelFiles) -> Any:
    providers = ['CPUExecutionProvider']
    return onnxruntime.InferenceSession(str(real_model.onnx), providers=providers)


def fitted(picture_rgb: NDArray[np.uint8], height: int, width: int) -> NDArray[np.int32]:
    """Scale a picture to fit, and pad it at the bottom and on the right."""
    scale = min(height / picture_rgb.shape[0], width / picture_rgb.shape[1])
    small = cv2.resize(picture_rgb, None, fx=scale, fy=scale)[:height, :width]
    batch = np.zeros((1, height, width, 3), np.int32)
    batch[0, : small.shape[0], : small.shape[1]] = small
    return batch


def assert_agreement(saved_model: LoadedModel, session: Any, batch: NDArray[np.int32]) -> None:
    """
    Compare all scores, and all numbers of everybody who is seen at all.

    A slot without a person has a score of 0, and its places come from the largest of many
    products as small as 1e-20: the last bit decides there, between two runtimes and between two
    versions of one.
    """
    (output,) = session.run(['output_0'], {'input': batch})
    reference = saved_model.infer(batch)
    seen = reference[0, :, 55] > 1e-3
    np.testing.assert_allclose(output[..., 55], reference[..., 55], rtol=0, atol=1e-4)
    np.testing.assert_allclose(output[0, seen], reference[0, seen], rtol=0, atol=1e-4)


@pytest.mark.parametrize(('height', 'width'), SHAPES_HW)
def test_both_forms_agree_on_a_portrait(
    saved_model: LoadedModel, session: Any, height: int, width: int
) -> None:
    skimage_data = pytest.importorskip('skimage.data', reason='scikit-image has the picture')
    batch = fitted(skimage_data.astronaut(), height, width)
    assert saved_model.infer(batch)[0, 0, 55] > 0.1  # somebody is seen
    assert_agreement(saved_model, session, batch)


@pytest.mark.parametrize(('height', 'width'), SHAPES_HW)
@pytest.mark.parametrize('start', range(3))
def test_both_forms_agree_on_photographs(
    saved_model: LoadedModel, session: Any, height: int, width: int, start: int
) -> None:
    paths = sorted(PICTURES.glob('*.jpg'))[start::15]
    if not paths:
        pytest.skip(f'{PICTURES} is not here')
    for path in paths:
        picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        assert_agreement(saved_model, session, fitted(picture, height, width))


def test_the_onnx_model_is_sound(real_model: ModelFiles) -> None:
    onnx.checker.check_model(str(real_model.onnx), full_check=True)


def test_the_onnx_model_takes_and_gives_what_the_saved_model_does(session: Any) -> None:
    (taken,), (given,) = session.get_inputs(), session.get_outputs()
    assert (taken.name, taken.type) == ('input', 'tensor(int32)')
    assert taken.shape == [1, 'height', 'width', 3]
    assert (given.name, given.type, given.shape) == ('output_0', 'tensor(float)', [1, 6, 56])


def test_the_onnx_model_uses_standard_operations_of_opset_17_only(
    real_model: ModelFiles,
) -> None:
    model = onnx.load(str(real_model.onnx))
    assert {node.domain for node in model.graph.node} <= {'', 'ai.onnx'}
    assert {each.domain: each.version for each in model.opset_import}[''] == 17
