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

"""
What TensorFlow Hub's tutorial of MoveNet MultiPose does with each frame: the baseline.

It shrinks and pads by TensorFlow, around the picture's middle, to one shape for all pictures,
leaves OpenCV's order of colours as it is, and takes six people as the exported graph decodes them.
Our own files have no such graph: TensorFlow Hub's SavedModel has.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from movenet_ros.backends import tensorflow as tensorflow_backend
from movenet_ros.core.errors import BackendError
from movenet_ros.core.native_log import native_chatter_dropped
from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import TensorSpec
import numpy as np
from numpy.typing import NDArray

INPUT_WH = (640, 384)  # as the tutorial has it, whatever the frame's size
SHAPE = {'input': (1, INPUT_WH[1], INPUT_WH[0], 3)}
SPEC = ModelSpec(
    title="TensorFlow Hub's MoveNet MultiPose",
    variant='',
    inputs={'input': TensorSpec('int32', (1, None, None, 3))},
    outputs={'output_0': TensorSpec('float32', (1, 6, 56))},
    smallest=SHAPE,
    usual=SHAPE,
    largest=SHAPE,
)


def load(saved_model: Path, device: str) -> TutorialLoop:
    """
    Load a SavedModel as the tutorial does.

    :param saved_model: its directory, as TensorFlow Hub has it.
    :param device: ``auto``, ``cpu`` or ``gpu``.
    :raises BackendError: if TensorFlow or the device is not to be had.
    :raises ModelError: if it is something else, or cannot be loaded.
    """
    try:
        tf = tensorflow_backend.import_tensorflow()
    except ImportError as error:
        reason = f'TensorFlow cannot be imported ({error}): pip install tensorflow'
        raise BackendError(reason) from error
    # not the tutorial's, but else it would take all of the GPU's memory from what comes after it
    with native_chatter_dropped():
        where, _ = tensorflow_backend.prepare_device(tf, device, 0)
    model, movenet = tensorflow_backend.read_model(tf, saved_model, where, SPEC)
    return TutorialLoop(tf, model, movenet, where)


class TutorialLoop:
    """The body of the tutorial's loop, without its drawing; made by :func:`load`."""

    def __init__(self, tf: Any, model: Any, movenet: Any, device: str) -> None:
        self.version = str(tf.__version__)
        self._tf = tf
        self._model = model  # its variables live only as long as this object
        self._movenet = movenet
        self._device = device

    def keypoints(
        self, frame_bgr: NDArray[np.uint8], input_wh: tuple[int, int] = INPUT_WH
    ) -> NDArray[np.float32]:
        """
        Find people in one frame.

        :param frame_bgr: ``(H, W, 3)`` BGR.
        :param input_wh: of the model's input in pixels, multiples of 32.
        :return: ``(6, 17, 3)``: y and x in fractions of the padded input, and the score.
        """
        tf, (width, height) = self._tf, input_wh
        with tf.device(self._device):
            frame = tf.expand_dims(frame_bgr.copy(), axis=0)
            padded = tf.image.resize_with_pad(frame, height, width)
            results = self._movenet(tf.cast(padded, dtype=tf.int32))
        people = results['output_0'].numpy()[:, :, :51].reshape((6, 17, 3))
        return np.asarray(people, np.float32)

    def close(self) -> None:
        """Free the model."""
        self._model = self._movenet = None
        gc.collect()  # they point at each other
        give_back_freed_memory()
