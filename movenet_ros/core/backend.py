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
    """

    name: str
    version: str
    device: str

    def __str__(self) -> str:
        """Say it in a few words."""
        return f'{self.name} {self.version} on {self.device}'


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
