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

"""What a user may ask for: the names of runtimes, devices and precisions, and the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
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
ON_A_GPU = ('onnxruntime', 'tensorflow')
"""What runs on a GPU."""
INSTALL_FOR_GPU = "pip install 'onnxruntime-gpu[cuda,cudnn]' in place of onnxruntime"
ON_THE_CPU = ('onnxruntime', 'openvino')
"""What auto tries on a CPU; TensorFlow is slower there, and takes seconds to import."""


@dataclass(frozen=True)
class BackendRequest:
    """
    Which runtime is wanted, for which network, on which device.

    :param spec: of the network.
    :param name: one of BACKEND_CHOICES.
    :param device: one of DEVICES; ``gpu`` without one is an error, ``auto`` is the faster one.
    :param gpu_memory_limit_mb: of GPU memory in MiB; 0 lets the runtime take what it needs.
    :param saved_model: directory of the TensorFlow SavedModel, if there is one.
    :param onnx: file of the ONNX model, if there is one.
    :param threads: of the runtime on a CPU; 0 takes the number that is measured to be best.
    :param precision: one of PRECISIONS; ``auto`` is bf16 in OpenVINO on a processor that has
        instructions for it, else f32.
    :param compiled: folder that keeps, for the next start, what was compiled and measured of
        this model; None keeps nothing.
    """

    spec: ModelSpec
    name: str = 'auto'
    device: str = 'auto'
    gpu_memory_limit_mb: int = 0
    saved_model: Path | None = None
    onnx: Path | None = None
    threads: int = 0
    precision: str = 'auto'
    compiled: Path | None = None

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> BackendRequest:
        """Return the request that ``dataclasses.asdict`` was made of, by way of JSON or not."""
        paths = {
            name: fields[name] and Path(fields[name])
            for name in ('saved_model', 'onnx', 'compiled')
        }
        return cls(**{**fields, **paths, 'spec': ModelSpec.from_dict(fields['spec'])})

    def model_for(self, name: str) -> Path | None:
        """Return the model's file of a backend's kind."""
        return self.saved_model if MODEL_KINDS[name] == 'saved_model' else self.onnx
