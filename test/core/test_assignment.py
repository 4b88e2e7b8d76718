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

"""Assignment: the best pairs, and where SciPy keeps its solver."""

from __future__ import annotations

import importlib.machinery
from itertools import permutations
from pathlib import Path
import subprocess
import sys
from typing import Any

from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from movenet_ros.core.assignment import match
from movenet_ros.core.assignment import solver
import numpy as np
from numpy.typing import NDArray
import pytest
import scipy.optimize

tables = arrays.arrays(
    np.float64,
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    elements=st.floats(0, 1) | st.sampled_from([0.0, 0.2, 0.5, 1.0]),
)
floors = st.floats(0.05, 0.95)


def best_sum(table: NDArray[np.float64], floor: float) -> float:
    """Try all ways to pair."""
    worth = np.where(table >= floor, table, 0.0)
    m, n = worth.shape
    if m > n:
        worth, m, n = worth.T, n, m
    return max(sum(worth[i, j] for i, j in enumerate(each)) for each in permutations(range(n), m))


@given(tables, floors)
@example(np.array([[0.9, 0.8], [0.8, 0.1]]), 0.05)
def test_a_match_is_the_best_there_is(table: NDArray[np.float64], floor: float) -> None:
    rows, columns = match(table, floor)
    assert sum(table[rows, columns]) == pytest.approx(best_sum(table, floor))


@given(tables, floors)
def test_no_person_is_matched_twice(table: NDArray[np.float64], floor: float) -> None:
    rows, columns = match(table, floor)
    assert len(set(rows)) == len(rows) == len(columns) == len(set(columns))


@given(tables, floors)
@example(np.array([[0.9, 0.45], [0.45, 0.0]]), 0.5)
def test_nothing_below_the_floor_is_matched(table: NDArray[np.float64], floor: float) -> None:
    rows, columns = match(table, floor)
    assert all(table[i, j] >= floor for i, j in zip(rows, columns))


@given(tables, floors)
def test_the_table_is_left_as_it_was(table: NDArray[np.float64], floor: float) -> None:
    before = table.copy()
    match(table, floor)
    np.testing.assert_array_equal(table, before)


@pytest.mark.parametrize('shape', [(0, 0), (0, 3), (3, 0)])
def test_no_people_match_no_people(shape: tuple[int, int]) -> None:
    assert match(np.empty(shape), 0.2) == ([], [])


# SciPy


@given(tables)
def test_the_solver_answers_as_scipys(table: NDArray[np.float64]) -> None:
    for found, expected in zip(
        solver()(table, maximize=True), scipy.optimize.linear_sum_assignment(table, maximize=True)
    ):
        np.testing.assert_array_equal(found, expected)


def has_lsap() -> bool:
    """Return whether SciPy has the function in a module of its own."""
    folders = [str(Path(scipy.__file__).parent / 'optimize')]
    found = importlib.machinery.PathFinder.find_spec('_lsap', folders)
    loader = importlib.machinery.ExtensionFileLoader
    return found is not None and isinstance(found.loader, loader)


@pytest.mark.skipif(not has_lsap(), reason='this SciPy keeps the function elsewhere')
@pytest.mark.process
def test_scipy_optimize_is_not_imported() -> None:
    """It takes 50 MB, and as long as the rest of a node's start."""
    program = (
        'import sys; from movenet_ros.core.tracking import Tracker; Tracker();'
        ' from movenet_ros.core.assignment import solver;'
        ' print(solver()([[1, 2], [2, 1]], maximize=True)[1].tolist());'
        ' print([each for each in sys.modules if each.startswith("scipy.optimize")])'
    )
    done = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ['[1, 0]', '[]']


@pytest.mark.parametrize('found', [None, importlib.machinery.ModuleSpec('_lsap', None)])
def test_where_scipy_keeps_it_elsewhere_the_package_is_imported(
    monkeypatch: pytest.MonkeyPatch, found: Any
) -> None:
    monkeypatch.setattr(importlib.machinery.PathFinder, 'find_spec', lambda *args: found)
    solver.cache_clear()
    try:
        assert solver() is scipy.optimize.linear_sum_assignment
    finally:
        solver.cache_clear()
