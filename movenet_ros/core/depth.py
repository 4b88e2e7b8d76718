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

"""The pixels of a depth image: their type is the unit, as REP 118 has it."""

from __future__ import annotations

from typing import Any

from movenet_ros.core.errors import ImageError
import numpy as np
from numpy.typing import NDArray

UNITS_M = {'uint16': 0.001, 'float32': 1.0}  # of a pixel's value, by its type


def depth_in_metres(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """
    Return depth in metres, NaN where it is not known.

    :param pixels: ``(...)`` uint16 millimetres, where 0 is not known, or float32 metres, where
        NaN, infinity, 0 and less are not known.
    :raises ImageError: if they are of another type.
    """
    unit_m = _unit_m(pixels)
    metres: NDArray[np.float32] = pixels.astype(np.float32) * np.float32(unit_m)
    metres[~((metres > 0) & (metres < np.inf))] = np.nan
    return metres


def check_depth(pixels: NDArray[Any]) -> None:
    """
    Check that something is a depth image: rows of pixels whose unit is known.

    :raises ImageError: if it is not.
    """
    _unit_m(pixels)
    if pixels.ndim != 2 or not pixels.size:
        size = 'x'.join(map(str, pixels.shape[::-1]))
        raise ImageError(f'a depth image of {size} has no rows of pixels')


def _unit_m(pixels: NDArray[Any]) -> float:
    unit_m = UNITS_M.get(pixels.dtype.name)
    if unit_m is None:
        raise ImageError(
            f'a depth image of {pixels.dtype.name} has no known unit: give 16UC1 (millimetres) or'
            ' 32FC1 (metres)'
        )
    return unit_m
