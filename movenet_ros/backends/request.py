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

"""Which runtime a user asks for, where, and how: the words and the request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from movenet_ros.core.runtime import ModelSpec

MODEL_KINDS: dict[str, Literal['saved_model', 'onnx']] = {
    'tensorflow': 'saved_model',
    'onnxruntime': 'onnx',
    'openvino': 'onnx',
}
"""Which of the model's forms each backend takes; for auto, any will do."""
TITLES = {'tensorflow': 'TensorFlow', 'onnxruntime': 'ONNX Runtime', 'openvino': 'OpenVINO'}
BACKENDS = tuple(MODEL_KINDS)
BACKEND_CHOICES = ('auto', *BACKENDS)
DEVICES = ('auto', 'cpu', 'gpu')
PRECISIONS = ('auto', 'f32', 'bf16')
BF16 = ('openvino',)
"""What computes in bf16."""
ON_THE_CPU = ('onnxruntime', 'openvino')
"""What auto measures on a CPU; TensorFlow is slower there, and seconds to import."""


@dataclass(frozen=True)
class BackendRequest:
    """
    What a user asks for.

    :param spec: of the network.
    :param name: one of BACKEND_CHOICES.
    :param device: one of DEVICES; ``gpu`` without one is an error, ``auto`` takes what is there.
    :param gpu_memory_limit_mb: of GPU memory in MiB; 0 lets the runtime take what it needs.
    :param saved_model: directory of the TensorFlow SavedModel, if there is one.
    :param onnx: file of the ONNX model, if there is one.
    :param threads: of the runtime on a CPU; 0 takes the number that is measured to be best.
    :param precision: one of PRECISIONS; ``auto`` is bf16 in OpenVINO on a processor that has
        instructions for it, else f32.
    :param input_size: longer side of the model's input in pixels, for measuring.
    :param compiled: folder that keeps, for the next start, what was compiled and measured of
        this model; None keeps nothing, and measures nothing.
    """

    spec: ModelSpec
    name: str = 'auto'
    device: str = 'auto'
    gpu_memory_limit_mb: int = 0
    saved_model: Path | None = None
    onnx: Path | None = None
    threads: int = 0
    precision: str = 'auto'
    input_size: int = 256
    compiled: Path | None = None

    def model_for(self, name: str) -> Path | None:
        """Return the model's file of a backend's kind."""
        return self.saved_model if MODEL_KINDS[name] == 'saved_model' else self.onnx
