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

"""Assignment: who is paired with whom, so that all pairs together are the best."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
import importlib.machinery
import importlib.util
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import StartError
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def match(similarities: Floats, floor: float) -> tuple[list[int], list[int]]:
    """
    Pair rows and columns so that the sum of their similarities is the greatest.

    :param similarities: ``(m, n)``; what lies below the floor is never paired.
    :param floor: above 0.
    :return: the rows, and the column of each.
    """
    worth = np.where(similarities >= floor, similarities, 0.0)
    rows, columns = solver()(worth, maximize=True)
    paired = worth[rows, columns] > 0
    return rows[paired].tolist(), columns[paired].tolist()


@lru_cache(maxsize=None)
def solver() -> Callable[..., Any]:
    """
    Return SciPy's linear_sum_assignment.

    To import scipy.optimize takes almost 2 s and 50 MB, as much as the rest of a node's start. The
    function's own compiled module needs nothing of that; where SciPy keeps it elsewhere, the
    whole package is imported.

    :raises StartError: if there is no SciPy.
    """
    try:
        scipy = importlib.import_module('scipy')
    except ImportError as error:
        raise StartError(f'SciPy is not installed ({error}): pip install scipy') from error
    folders = [str(Path(each) / 'optimize') for each in scipy.__path__]
    found = importlib.machinery.PathFinder.find_spec('_lsap', folders)
    if found is not None and isinstance(found.loader, importlib.machinery.ExtensionFileLoader):
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
    else:
        module = importlib.import_module('scipy.optimize')
    solve: Callable[..., Any] = module.linear_sum_assignment
    return solve
