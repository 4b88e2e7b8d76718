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

"""What a depth image is: its type is the unit, as REP 118 has it."""

from __future__ import annotations

from typing import Any

from movenet_ros.core.errors import ImageError
import numpy as np
from numpy.typing import NDArray

# uint16: millimetres, 0 where the depth is not known; float32: metres, not known where it is NaN,
# infinite, 0 or less
TYPES = (np.dtype(np.uint16), np.dtype(np.float32))


def check_depth(pixels: NDArray[Any]) -> None:
    """
    Check that something is a depth image: ``(H, W)``, of a type whose unit is known.

    :raises ImageError: if it is not.
    """
    if pixels.dtype not in TYPES:
        raise ImageError(
            f'a depth image of {pixels.dtype} has no known unit: give 16UC1 (millimetres) or 32FC1'
            ' (metres)'
        )
    if pixels.ndim != 2 or not pixels.size:
        size = 'x'.join(map(str, pixels.shape[::-1]))
        raise ImageError(f'a depth image of {size} has no rows of pixels')
