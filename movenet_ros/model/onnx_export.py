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

"""Convert a SavedModel to an ONNX file, by tf2onnx."""

from __future__ import annotations

from importlib.util import find_spec
import logging
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.movenet import INPUT
from movenet_ros.model.movenet import OUTPUT
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.saved_model import import_tensorflow
from movenet_ros.model.saved_model import LoadedModel
import numpy as np

OPSET = 17
AGREEMENT = 1e-4  # of every number of a person


def can_export() -> bool:
    """Return whether the converter is installed, without importing it."""
    return find_spec('tf2onnx') is not None


def export(model: LoadedModel, destination: Path) -> None:
    """
    Write the model as ONNX, with its own names; height and width of the input are free.

    :raises ModelError: if the result is not a valid ONNX model.
    """
    tf = import_tensorflow()
    import onnx
    import tf2onnx

    logging.getLogger('tf2onnx').setLevel(logging.ERROR)
    spec = tf.TensorSpec(SPEC.inputs[INPUT].shape, SPEC.inputs[INPUT].dtype, name=INPUT)
    infer = tf.function(
        lambda batch: model.signature(**{INPUT: batch}), input_signature=[spec]
    )
    proto, _ = tf2onnx.convert.from_function(infer, input_signature=[spec], opset=OPSET)
    _name_dimensions(proto)
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ModelError(f'tf2onnx wrote an invalid ONNX model: {error}') from error
    names = [tensor.name for tensor in (*proto.graph.input, *proto.graph.output)]
    if names != [INPUT, OUTPUT]:
        raise ModelError(f'tf2onnx wrote a model with {names}, expected {[INPUT, OUTPUT]}')
    destination.write_bytes(proto.SerializeToString())


def _name_dimensions(proto: Any) -> None:
    """Name the free dimensions for people."""
    _, height, width, _ = proto.graph.input[0].type.tensor_type.shape.dim
    height.dim_param, width.dim_param = 'height', 'width'


def disagreement(model: LoadedModel, onnx_file: Path) -> float | None:
    """
    Run both forms of the model on the drawn person.

    Only the person is compared: in the other rows of the output, the places come from the largest
    of many products near zero, where the last bit decides.

    :return: the largest difference of any number, None if ONNX Runtime is not installed.
    """
    try:
        import onnxruntime
    except ImportError:
        return None
    batch = drawn_person()
    session = onnxruntime.InferenceSession(str(onnx_file), providers=['CPUExecutionProvider'])
    (output,) = session.run([OUTPUT], {INPUT: batch})
    return float(np.abs(output - model.infer(batch))[0, 0].max())
