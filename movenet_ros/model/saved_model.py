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

"""A SavedModel for conversion: TensorFlow on the CPU, quietly; loaded, checked and run."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
import logging
import os
from pathlib import Path
import shutil
import sys
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.core.native_log import native_chatter_dropped
from movenet_ros.core.runtime import TensorSpec
from movenet_ros.core.wording import first_line
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.movenet import INPUT
from movenet_ros.model.movenet import OUTPUT
from movenet_ros.model.movenet import SPEC
import numpy as np
from numpy.typing import NDArray

SIGNATURE = 'serving_default'
PARTS = ('saved_model.pb', 'saved_model.pbtxt', 'fingerprint.pb', 'variables', 'assets')


def require_tensorflow() -> None:
    """
    Look for TensorFlow, without the seconds that importing it takes.

    :raises ModelError: if it is not installed.
    """
    if find_spec('tensorflow') is None:
        raise _missing('it is not installed')


def _missing(reason: str) -> ModelError:
    fix = f'run "{sys.executable} -m pip install tensorflow"'
    return ModelError(f'preparing a model needs TensorFlow ({reason}): {fix}')


def import_tensorflow() -> Any:
    """
    Import TensorFlow quietly.

    The GPU is hidden, since TensorFlow would take all its memory from a node that runs on it.

    :raises ModelError: if it cannot be imported.
    """
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
    if 'tensorflow' not in sys.modules:
        os.environ['CUDA_VISIBLE_DEVICES'] = '-1'
    try:
        with native_chatter_dropped():
            import tensorflow
    except ImportError as error:
        raise _missing(str(error)) from error
    tensorflow.get_logger().setLevel(logging.ERROR)
    return tensorflow


@dataclass(frozen=True)
class LoadedModel:
    """
    A SavedModel in memory.

    :param root: the object that TensorFlow loaded; it keeps the signature's variables alive.
    :param signature: the function from the input to the outputs, by name.
    """

    root: Any
    signature: Any

    def infer(self, batch: NDArray[np.int32]) -> NDArray[np.float32]:
        """
        Run the model once.

        :param batch: ``(1, H, W, 3)`` int32 RGB, H and W multiples of 32.
        :return: ``(1, 6, 56)`` float32.
        """
        tf = import_tensorflow()
        outputs = self.signature(**{INPUT: tf.constant(batch)})
        output: NDArray[np.float32] = outputs[OUTPUT].numpy()
        return output


def copy_saved_model(source: Path, destination: Path) -> None:
    """Copy the files of a SavedModel and no others of its folder."""
    destination.mkdir()
    for part in (source / name for name in PARTS):
        if part.is_dir():
            shutil.copytree(part, destination / part.name)
        elif part.exists():
            shutil.copy(part, destination / part.name)


def load_checked(saved_model: Path) -> LoadedModel:
    """
    Load a SavedModel that has the inputs and outputs of MoveNet MultiPose.

    :raises ModelError: if it cannot be loaded or is something else.
    """
    tf = import_tensorflow()
    try:
        root = tf.saved_model.load(str(saved_model))
        signature = root.signatures[SIGNATURE]
        model = LoadedModel(root, signature)
        inputs = _specs(signature.structured_input_signature[1])
        SPEC.check(inputs, _specs(signature.structured_outputs), 'this SavedModel')
        if inputs != SPEC.inputs:
            raise ModelError(f'this SavedModel takes {inputs[INPUT]}, not {SPEC.inputs[INPUT]}')
        model.infer(drawn_person())  # a missing variable shows only here
    except ModelError:
        raise
    except Exception as error:  # a damaged file makes TensorFlow raise almost anything
        raise ModelError(f'this SavedModel cannot be used ({first_line(error)})') from error
    return model


def _specs(tensors: dict[str, Any]) -> dict[str, TensorSpec]:
    """Return inputs or outputs as a signature states them."""
    return {
        name: TensorSpec(
            each.dtype.name, None if each.shape.rank is None else tuple(each.shape.as_list())
        )
        for name, each in tensors.items()
    }
