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

"""What the report shows, as JSON."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
import math
from typing import Any

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.comparison import Comparison
from movenet_ros.core.kinematics.comparison import ZERO_AT
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.repetitions import Repetitions
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.tools.analyse.analysis import Analysis
from movenet_ros.tools.analyse.analysis import Person
from movenet_ros.tools.analyse.analysis import Still
from movenet_ros.tools.analyse.arcs import arc_of
from movenet_ros.tools.analyse.events import degrees
from movenet_ros.tools.analyse.events import in_view
from movenet_ros.tools.analyse.events import rounded
from movenet_ros.tools.analyse.events import Span
from movenet_ros.tools.analyse.events import spans
from movenet_ros.tools.analyse.ranges import ranges_of
from movenet_ros.tools.analyse.record import Record
from movenet_ros.tools.analyse.snapshots import Snapshot
from movenet_ros.tools.analyse.snapshots import Snapshots
from movenet_ros.tools.analyse.thinning import thinned
import numpy as np
from numpy.typing import NDArray

MOST_PEOPLE = 12  # who are shown; the tables have all
MOST_PICTURES = 8  # of a person


def report_data(
    name: str, facts: Sequence[tuple[str, str]], analysis: Analysis, are_stills: bool,
    in_space: bool = False,
) -> dict[str, Any]:
    """
    Return what the page shows: times in seconds since the earliest image, angles in degrees.

    :param name: of the recording.
    :param facts: names and values for its head.
    :param are_stills: whether each image is of a scene of its own.
    :param in_space: whether angles are those in space, on which the view has no part.
    """
    record, people = analysis.record, analysis.people
    first_ns, last_ns = record.span_ns
    report = _Times(first_ns)
    return {
        'name': name,
        'facts': list(facts),
        'duration': report.seconds(last_ns),
        'step': 1 / record.rate_hz if record.rate_hz else 0.0,
        'people_left_out': max(0, len(people) - MOST_PEOPLE),
        'in_space': in_space,
        'zero_at': round(math.degrees(ZERO_AT)),
        'stills_left_out': len(record) - len(analysis.stills) if are_stills else 0,
        'people': [report.person(each, analysis.snapshots) for each in people[:MOST_PEOPLE]],
        'stills': [report.still(each, record) for each in analysis.stills],
    }


class _Times:
    """What is shown of people, by the time of the earliest image."""

    def __init__(self, first_ns: int) -> None:
        self._first_ns = first_ns

    def seconds(self, stamp_ns: int) -> float:
        """Return the time since the earliest image."""
        return round((stamp_ns - self._first_ns) / NANOSECONDS, 3)

    def person(self, person: Person, snapshots: Snapshots) -> dict[str, Any]:
        """Return what is shown of a person."""
        seconds, rows = self.seconds, person.rows()
        curves, done = rows.curves(), spans(rows)
        return {
            'id': person.number,
            'images': len(rows),
            'angle': person.angle,
            'views': [[seconds(a), seconds(b)] for a, b in in_view(rows)],
            'spans': [
                {'kind': each.kind, 'name': each.name, 'begin': seconds(each.begin_ns),
                 'end': seconds(each.end_ns)}
                for each in done
            ],
            'curves': self.curves(curves),
            'ranges': ranges_of(curves),
            'repetitions': self.repetitions(person.repetitions),
            'comparison': self.comparison(person.comparison),
            'pictures': [self.picture(*each) for each in _pictures(person, done, snapshots)],
        }

    def curves(self, curves: Curves) -> dict[str, Any]:
        """Return curves, of long ones the outline."""
        stamps_ns, values, deviations = thinned(curves)
        return {
            't': [self.seconds(each) for each in stamps_ns.tolist()],
            'angles': {
                name: {'v': _column(values[:, i]), 'd': _column(deviations[:, i])}
                for i, name in enumerate(ANGLES) if np.isfinite(values[:, i]).any()
            },
        }

    def repetitions(self, counted: Repetitions) -> dict[str, Any]:
        """Return the repetitions."""
        return {'angle': counted.angle, 'each': [
            {
                'begin': self.seconds(each.begin_ns), 'turn': self.seconds(each.turn_ns),
                'end': self.seconds(each.end_ns), 'least': degrees(each.least),
                'most': degrees(each.most), 'left': degrees(each.left),
                'right': degrees(each.right), 'symmetry': rounded(each.symmetry, 3),
                'whole': each.is_whole,
            }
            for each in counted.each
        ]}

    def comparison(self, comparison: Comparison | None) -> dict[str, Any] | None:
        """Return the comparison with the reference, if there is one."""
        if comparison is None:
            return None
        aligned = comparison.aligned
        return {
            'score': rounded(comparison.score, 0),
            'sentence': comparison.sentence,
            'begin': self.seconds(comparison.begin_ns),
            'end': self.seconds(comparison.end_ns),
            'aligned': self.curves(aligned) if aligned is not None else None,
            'rows': [
                {'angle': each.angle, 'difference': degrees(each.difference),
                 'allowed': degrees(each.allowed), 'error': degrees(each.error),
                 'at': self.seconds(each.at_ns), 'correction': each.correction}
                for each in comparison.deviations
            ],
        }

    def picture(self, snapshot: Snapshot, caption: str, angle: str) -> dict[str, Any]:
        """
        Return a picture with the angle that is drawn into it.

        :param angle: of ``ANGLES``; empty: none is.
        """
        names = [angle, *([_other_side(angle)] if _other_side(angle) else [])]
        arcs = [(each, arc_of(each, snapshot.points)) for each in names if each]
        points = snapshot.points
        return {
            'src': f'data:image/jpeg;base64,{b64encode(snapshot.jpeg).decode()}',
            'wh': snapshot.wh,
            'at': self.seconds(snapshot.stamp_ns),
            'caption': caption,
            'limbs': [
                np.round(points[list(edge)].ravel(), 1).tolist()
                for edge in COCO.edges if np.isfinite(points[list(edge)]).all()
            ],
            'arcs': [
                {'angle': each, 'value': degrees(snapshot.values[ANGLES.index(each)], 0),
                 **arc._asdict()}
                for each, arc in arcs
                if arc and math.isfinite(snapshot.values[ANGLES.index(each)])
            ],
        }

    def still(self, still: Still, record: Record) -> dict[str, Any]:
        """Return a person in a picture of its own, with the joint that is bent most."""
        snapshot = still.snapshot
        joints = [i for i, name in enumerate(ANGLES) if arc_of(name, snapshot.points)]
        values = snapshot.values[joints]
        angle = ANGLES[joints[int(np.nanargmax(values))]] if np.isfinite(values).any() else ''
        file = record.files[snapshot.image] if record.files else f'image {snapshot.image}'
        shown = self.picture(snapshot, file, angle)
        return {
            **shown, 'names': snapshot.names, 'comparison': self.comparison(still.comparison),
        }


def _pictures(
    person: Person, done: Sequence[Span], snapshots: Snapshots
) -> list[tuple[Snapshot, str, str]]:
    """Return the pictures that matter of a person, each with a caption and an angle, by time."""
    found: list[tuple[Snapshot, str, str]] = []
    if person.angle:
        extremes = snapshots.extremes(person.number, person.angle)
        words = ('smallest', 'largest') if len(extremes) > 1 else ('known',)
        found += [
            (each, f'{person.angle} {word}', person.angle) for each, word in zip(extremes, words)
        ]
    nearest = snapshots.nearest(person.number)
    if nearest and person.comparison:
        worst = person.comparison.deviations[0].angle
        found.insert(0, (nearest, 'nearest to the reference', worst))
    names = dict.fromkeys(each.name for each in done)
    for name in sorted(names, key=lambda it: (it != 'fall', it)):
        snapshot = snapshots.first(person.number, name)
        if snapshot and all(snapshot is not each for each, *_ in found):
            found.append((snapshot, name, ''))
    return sorted(found[:MOST_PICTURES], key=lambda it: it[0].stamp_ns)


def _other_side(name: str) -> str:
    """Return the same joint on the other side; empty where there is none."""
    side, _, joint = name.partition('_')
    other = {'left': 'right', 'right': 'left'}.get(side)
    return f'{other}_{joint}' if other else ''


def _column(values: NDArray[np.float64]) -> list[float | None]:
    """Return angles in degrees."""
    return [degrees(each) for each in values.tolist()]
