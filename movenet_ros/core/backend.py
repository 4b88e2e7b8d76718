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

"""The seam to an inference runtime."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class BackendInfo:
    """
    Which runtime answers, and on what.

    :param name: of the backend, as the parameter ``backend`` spells it.
    :param version: of the runtime.
    :param device: what it runs on, for people: ``CPU``, ``GPU 0 (NVIDIA ...)``.
    :param threads: how many it was told to use; 0 where that is left to the runtime.
    :param precision: of its arithmetic, ``f32`` or ``bf16``.
    :param cpu_operators: of a model on a GPU, the types that ran on the CPU all the same.
    :param kept: what the process keeps after ``close`` all the same and the cure, one sentence
        for people; empty where there is nothing to say.
    """

    name: str
    version: str
    device: str
    threads: int = 0
    precision: str = 'f32'
    cpu_operators: tuple[str, ...] = ()
    kept: str = ''

    def __str__(self) -> str:
        """Say it in a few words."""
        threads = f', {self.threads} thread{"s" * (self.threads > 1)}' if self.threads else ''
        words = f'{self.name} {self.version} on {self.device}, {self.precision}{threads}'
        if self.cpu_operators:
            words += f' (on the CPU: {", ".join(self.cpu_operators)})'
        return words


class Backend(Protocol):
    """An inference runtime with the model loaded."""

    @property
    def info(self) -> BackendInfo:
        """Say which runtime this is."""

    def infer(self, batch: NDArray[np.int32]) -> NDArray[np.float32]:
        """
        Run the model once.

        :param batch: ``(1, H, W, 3)`` int32 RGB 0..255, H and W multiples of 32.
        :return: ``(1, 6, 56)`` float32, fractions of the batch's H and W.
        :raises InferenceError: if the runtime fails.
        """

    def close(self) -> None:
        """Free what the model takes, on a GPU too; again is fine, ``infer`` is not any more."""
