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

"""Checks that the value types share: own copy, known shape, not writable."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from numpy.typing import NDArray


def frozen(
    name: str, values: Any, dtype: DTypeLike, shape: tuple[int | None, ...]
) -> NDArray[Any]:
    """
    Copy ``values`` into a read-only array of a given shape.

    :param name: what the array is called in the error.
    :param shape: the shape it must have; None stands for any length.
    :raises ValueError: if the shape is another one.
    """
    with np.errstate(over='ignore'):  # what has no place in the type is infinite
        array = np.array(values, dtype=dtype)
    fits = array.shape == shape or array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        expected = str(tuple('n' if want is None else want for want in shape)).replace("'", '')
        raise ValueError(f'{name} has shape {array.shape}, expected {expected}')
    array.flags.writeable = False
    return array
