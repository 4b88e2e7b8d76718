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

"""The ONNX file computes the same as the SavedModel, and any runtime can read it."""

from __future__ import annotations

from movenet_ros.model.onnx_export import AGREEMENT
from movenet_ros.model.onnx_export import disagreement
from movenet_ros.model.saved_model import load_checked
from movenet_ros.model.store import ModelFiles
import onnx
import onnxruntime


def test_both_forms_agree(real_model: ModelFiles) -> None:
    assert real_model.saved_model is not None
    assert real_model.onnx is not None
    difference = disagreement(load_checked(real_model.saved_model), real_model.onnx)
    assert difference is not None
    assert difference <= AGREEMENT


def test_the_onnx_file_is_valid(real_model: ModelFiles) -> None:
    onnx.checker.check_model(str(real_model.onnx), full_check=True)


def test_the_onnx_file_has_the_names_of_the_model_and_free_sizes(real_model: ModelFiles) -> None:
    session = onnxruntime.InferenceSession(
        str(real_model.onnx), providers=['CPUExecutionProvider']
    )
    (taken,), (given,) = session.get_inputs(), session.get_outputs()
    assert (taken.name, taken.type) == ('input', 'tensor(int32)')
    assert taken.shape == [1, 'height', 'width', 3]
    assert (given.name, given.type, given.shape) == ('output_0', 'tensor(float)', [1, 6, 56])


def test_the_onnx_file_uses_standard_operations_of_opset_17_only(real_model: ModelFiles) -> None:
    model = onnx.load(str(real_model.onnx))
    assert {node.domain for node in model.graph.node} <= {'', 'ai.onnx'}
    assert {each.domain: each.version for each in model.opset_import}[''] == 17
