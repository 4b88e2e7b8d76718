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

"""What happens in a recording, with begin and end: postures, gestures, falls, repetitions."""

from __future__ import annotations

import math
from typing import Any
from typing import NamedTuple

from movenet_ros.core.activities.activities import FALL
from movenet_ros.core.activities.activities import POSTURES
from movenet_ros.core.kinematics.repetitions import Repetitions
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.tools.analyse.record import NAMES
from movenet_ros.tools.analyse.record import Record
import numpy as np

MOST_GAP_NS = NANOSECONDS  # a person who is away for longer begins anew


class Span(NamedTuple):
    """
    Something that a person does for a while.

    :param kind: ``posture``, ``gesture`` or ``fall``.
    :param name: as in the record.
    :param begin_ns: stamp of its first image.
    :param end_ns: of its last one.
    """

    kind: str
    name: str
    begin_ns: int
    end_ns: int


def spans(rows: Record) -> list[Span]:
    """
    Return what one person does, in the order of its beginnings.

    :param rows: of that person alone.
    """
    stamps_ns = rows.row_stamps_ns
    steps = np.diff(stamps_ns)
    is_gap = (steps < 0) | (steps > MOST_GAP_NS)
    found = []
    for i, name in enumerate(NAMES):
        does = (rows.does >> np.uint32(i) & 1).astype(np.bool_)
        goes_on = does[1:] & does[:-1] & ~is_gap
        begins = does & ~np.concatenate([[False], goes_on])
        ends = does & ~np.concatenate([goes_on, [False]])
        kind = FALL if name == FALL else 'posture' if name in POSTURES else 'gesture'
        found += [
            Span(kind, name, int(begin), int(end))
            for begin, end in zip(stamps_ns[begins], stamps_ns[ends])
        ]
    return sorted(found, key=lambda it: (it.begin_ns, it.end_ns, it.name))


def in_view(rows: Record) -> list[tuple[int, int]]:
    """Return begin and end of the times at which one person is seen, in nanoseconds."""
    stamps_ns = rows.row_stamps_ns
    if not len(stamps_ns):
        return []
    steps = np.diff(stamps_ns)
    cuts = np.flatnonzero((steps < 0) | (steps > MOST_GAP_NS))
    begins, ends = [0, *(cuts + 1)], [*cuts, len(stamps_ns) - 1]
    return [(int(stamps_ns[a]), int(stamps_ns[b])) for a, b in zip(begins, ends)]


def events_of(person: int, rows: Record, counted: Repetitions) -> list[dict[str, Any]]:
    """Return the events of a person, for a JSON file: times in seconds, angles in degrees."""
    done = [
        {
            'kind': each.kind, 'name': each.name, 'id': person,
            'begin_s': each.begin_ns / NANOSECONDS, 'end_s': each.end_ns / NANOSECONDS,
        }
        for each in spans(rows)
    ]
    repeated = [
        {
            'kind': 'repetition', 'name': counted.angle, 'id': person, 'number': number,
            'begin_s': each.begin_ns / NANOSECONDS, 'end_s': each.end_ns / NANOSECONDS,
            'turn_s': each.turn_ns / NANOSECONDS,
            'least_deg': degrees(each.least), 'most_deg': degrees(each.most),
            'left_range_deg': degrees(each.left), 'right_range_deg': degrees(each.right),
            'symmetry': rounded(each.symmetry, 3), 'is_whole': each.is_whole,
        }
        for number, each in enumerate(counted.each, 1)
    ]
    return [*done, *repeated]


def degrees(angle: float, decimals: int = 1) -> float | None:
    """Return an angle in degrees; None, which is in JSON, for NaN, which is not."""
    return rounded(math.degrees(angle), decimals)


def rounded(value: float, decimals: int) -> float | None:
    """Return a number for a JSON file."""
    return round(value, decimals) if math.isfinite(value) else None
