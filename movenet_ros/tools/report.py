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

"""What the tools' reports have in common."""

from __future__ import annotations

from collections.abc import Sequence
import sys
from typing import IO

import numpy as np


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """Return median, 95th percentile and maximum in milliseconds, and the number of runs."""
    return {
        'median_ms': 1e3 * float(np.median(seconds)),
        'p95_ms': 1e3 * float(np.percentile(seconds, 95)),
        'max_ms': 1e3 * max(seconds),
        'runs': len(seconds),
    }


class ScreenLog:
    """A log that prints its lines."""

    def __init__(self, screen: IO[str] | None = None) -> None:
        self._screen = screen or sys.stdout

    def info(self, message: str) -> None:
        """Print a line."""
        print(message, file=self._screen, flush=True)

    warning = info
