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

"""A runtime that plays back recorded outputs, for tests of everything around it."""

from collections.abc import Sequence
from typing import Any

from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors
import numpy as np
from numpy.typing import NDArray


class RecordedBackend:
    """
    Answers with recorded outputs, one after the other; the last one again and again.

    :param outputs: at least one array, as the network's only output has it.
    :param name: of that output.
    """

    info = RuntimeInfo('recorded', '1', 'nothing')

    def __init__(
        self, outputs: Sequence[NDArray[np.float32]], name: str = 'output_0'
    ) -> None:
        self._name = name
        self._outputs = tuple(outputs)
        self.batches: list[NDArray[Any]] = []
        self.closed = False

    def run(self, inputs: Tensors) -> Tensors:
        """Keep the input in ``batches`` and return the next recorded output."""
        (batch,) = inputs.values()
        self.batches.append(batch.copy())
        return {self._name: self._outputs[min(len(self.batches), len(self._outputs)) - 1]}

    def is_ready(self, shapes: Shapes) -> bool:
        """Return True: there is nothing to prepare."""
        return True

    def prepare(self, shapes: Shapes) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Note it in ``closed``."""
        self.closed = True
