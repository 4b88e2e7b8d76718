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

"""What finding people takes: time of the networks, processor time, and crops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import time

from movenet_ros.perception import Perception
import numpy as np

MEANINGS = {
    'model_ms_mean': 'time of the networks for an image, in milliseconds',
    'model_ms_median': 'the same, median',
    'model_ms_p95': 'the same, 95th percentile',
    'cpu_ms': 'mean CPU time of finding people in an image, which was decoded before',
    'crops': 'mean number of people looked at closely in an image',
}


class Spent:
    """
    Counts it, image by image.

    :param perception: that finds the people.
    """

    def __init__(self, perception: Perception) -> None:
        self._perception = perception
        self._model_s: list[float] = []
        self._cpu_s: list[float] = []
        self._crops: list[int] = []

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the image whose people are found in the ``with`` block."""
        before_s = time.process_time()
        yield
        self._cpu_s.append(time.process_time() - before_s)
        self._model_s.append(self._perception.inference_s)
        refined = self._perception.finder.refined
        self._crops.append(refined.looked if refined else 0)

    def figures(self) -> dict[str, float]:
        """Return the figures named in MEANINGS."""
        model_ms = 1e3 * np.array(self._model_s)
        return {
            'model_ms_mean': float(model_ms.mean()),
            'model_ms_median': float(np.median(model_ms)),
            'model_ms_p95': float(np.percentile(model_ms, 95)),
            'cpu_ms': 1e3 * float(np.mean(self._cpu_s)),
            'crops': float(np.mean(self._crops)),
        }
