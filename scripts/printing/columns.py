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

"""Tables with a column for each run, and what spells the figures of one."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from printing.tables import table

UNKNOWN = '-'

Run = Mapping[str, Any]
Spell = Callable[[Run], str]


def columns(
    corner: str,
    heads: Sequence[str],
    lines: Sequence[tuple[str, Sequence[Run], Spell]],
) -> str:
    """Return a table with a column for each run."""
    return table((corner, *heads), ((label, *map(value, runs)) for label, runs, value in lines))


def spelt(template: str, *path: str) -> Spell:
    """Return what spells figures, which may lie deeper in a run, by a template."""
    return lambda run: template.format_map(reduce(getitem, path, run))


def figure(name: str, digits: int = 3, *path: str) -> Spell:
    """Return what spells a figure that may be unknown, and may lie deeper."""
    return lambda run: number(reduce(getitem, path, run)[name], digits)


def raw(name: str, digits: int) -> Spell:
    """Return what spells a figure and, in brackets, that without smoothing."""
    def spell(run: Run) -> str:
        smoothed, rough = (number(run[each], digits) for each in (name, f'{name}_raw'))
        return smoothed if smoothed == UNKNOWN else f'{smoothed} ({rough})'
    return spell


def two(one: str, other: str, digits: int, *path: str) -> Spell:
    """Return what spells two figures, which may be unknown, and may lie deeper."""
    spells = [figure(name, digits, *path) for name in (one, other)]
    return lambda run: ', '.join(spell(run) for spell in spells)


def clip_of(run: Run, option: str) -> str:
    """Return the name of the clip that a run was of."""
    words = run['command'].split()
    return Path(words[words.index(option) + 1]).stem


def number(value: float | None, digits: int = 3) -> str:
    """Spell a figure, none of it as 0; UNKNOWN where the data says nothing about it."""
    return UNKNOWN if value is None else f'{value:.{digits}f}' if value else '0'
