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

"""A SavedModel as the preparation needs it: loaded, and known to be MoveNet MultiPose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import shutil
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.progress import first_line
from movenet_ros.model.quiet_tensorflow import import_tensorflow
import numpy as np
from numpy.typing import NDArray

SIGNATURE = 'serving_default'
PARTS = ('saved_model.pb', 'saved_model.pbtxt', 'fingerprint.pb', 'variables', 'assets')


@dataclass(frozen=True)
class LoadedModel:
    """
    A SavedModel in memory.

    :param root: what TensorFlow loaded; the signature's variables live as long as this.
    :param signature: the function from ``input`` to ``output_0``.
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
        output: NDArray[np.float32] = self.signature(input=tf.constant(batch))['output_0'].numpy()
        return output


def copy_saved_model(source: Path, destination: Path) -> None:
    """Copy what belongs to a SavedModel and nothing that lies beside it."""
    destination.mkdir()
    for part in (source / name for name in PARTS):
        if part.is_dir():
            shutil.copytree(part, destination / part.name)
        elif part.exists():
            shutil.copy(part, destination / part.name)


def load_checked(saved_model: Path) -> LoadedModel:
    """
    Load a SavedModel and make sure that it takes and gives what MoveNet MultiPose does.

    :raises ModelError: if it cannot be loaded or is something else.
    """
    tf = import_tensorflow()
    try:
        root = tf.saved_model.load(str(saved_model))
        signature = root.signatures[SIGNATURE]
        model = LoadedModel(root, signature)
        _check_signature(tf, signature)
        model.infer(drawn_person())  # variables that are missing show only here
    except ModelError:
        raise
    except Exception as error:  # a damaged file makes TensorFlow raise almost anything
        raise ModelError(f'this SavedModel cannot be used ({first_line(error)})') from error
    return model


def _check_signature(tf: Any, signature: Any) -> None:
    inputs, outputs = signature.structured_input_signature[1], signature.structured_outputs
    expected = tf.TensorSpec((1, None, None, 3), tf.int32)
    found = inputs.get('input')
    fits = (
        set(inputs) == {'input'}
        and (found.dtype, found.shape.as_list()) == (expected.dtype, expected.shape.as_list())
        and set(outputs) == {'output_0'}
        and outputs['output_0'].dtype == tf.float32
    )
    if not fits:
        raise ModelError(
            f'this SavedModel is not MoveNet MultiPose: it takes {_described(inputs)} and gives '
            f'{_described(outputs)}, expected input int32 [1, None, None, 3] and output_0 float32'
        )


def _described(tensors: dict[str, Any]) -> str:
    return ', '.join(f'{name} {t.dtype.name} {t.shape}' for name, t in tensors.items())
