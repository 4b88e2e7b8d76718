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

"""What is made of a record: of each person the curves, the repetitions, the comparison."""

from __future__ import annotations

from dataclasses import dataclass

from movenet_ros.core.errors import StartError
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.comparison import Comparison
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.repetitions import count_repetitions
from movenet_ros.core.kinematics.repetitions import dominant_angle
from movenet_ros.core.kinematics.repetitions import range_of
from movenet_ros.core.kinematics.repetitions import Repetitions
from movenet_ros.tools.analyse.record import Record
from movenet_ros.tools.analyse.references import compared
from movenet_ros.tools.analyse.references import Reference
from movenet_ros.tools.analyse.snapshots import Snapshot
from movenet_ros.tools.analyse.snapshots import Snapshots
import numpy as np

PEOPLE_SHOWN = 8  # in a line


@dataclass(frozen=True)
class Person:
    """
    What one person does.

    :param number: track id.
    Of its rows and curves, which may be long, nothing is kept.

    :param record: of everybody.
    :param angle: the one that tells most of the movement; empty: none is known.
    :param comparison: with the reference; None without one.
    """

    number: int
    record: Record
    angle: str
    repetitions: Repetitions
    comparison: Comparison | None

    def rows(self) -> Record:
        """Return the person's rows of the record."""
        return self.record.of(self.number)


@dataclass(frozen=True)
class Still:
    """
    A person in a picture of its own.

    :param comparison: with the reference; None without one.
    """

    snapshot: Snapshot
    comparison: Comparison | None


@dataclass(frozen=True)
class Analysis:
    """
    What is made of a recording.

    :param record: of everybody.
    :param people: who have ids, those who are seen longest first.
    :param stills: where each image is of a scene of its own.
    """

    record: Record
    snapshots: Snapshots
    people: list[Person]
    stills: list[Still]


def analysed(
    record: Record, snapshots: Snapshots, person: int | None, reference: Reference | None
) -> Analysis:
    """
    Return what is made of a recording.

    :param person: track id of the only one who matters; None: everybody does.
    :raises StartError: if nobody has that id.
    """
    stills = [
        Still(each, compared(_at_once(each), reference) if reference is not None else None)
        for each in snapshots.stills
    ]
    return Analysis(record, snapshots, people_of(record, person, reference), stills)


def _at_once(snapshot: Snapshot) -> Curves:
    """Return the angles of one image."""
    return Curves(
        np.array([snapshot.stamp_ns]), snapshot.values[None], snapshot.deviations[None]
    )


def person_of(record: Record, number: int, reference: Reference | None) -> Person:
    """Return what one person does."""
    curves = record.of(number).curves()
    return Person(
        number, record, dominant_angle(curves) or widest_angle(curves),
        count_repetitions(curves), compared(curves, reference) if reference is not None else None,
    )


def people_of(
    record: Record, person: int | None, reference: Reference | None
) -> list[Person]:
    """
    Return what everybody with an id does, those who are seen longest first.

    :param person: track id of the only one who matters; None: everybody does.
    :raises StartError: if nobody has that id.
    """
    numbers = record.people
    if person is not None:
        if person not in numbers:
            shown = ', '.join(map(str, numbers[:PEOPLE_SHOWN]))
            more = len(numbers) - PEOPLE_SHOWN
            there = f'the ids are {shown}{f", and {more} more" if more > 0 else ""}'
            raise StartError(
                f'nobody has the id {person}: {there if numbers else "nobody was followed"}'
            )
        numbers = [person]
    return [person_of(record, each, reference) for each in numbers]


def widest_angle(curves: Curves) -> str:
    """Return the angle that is known and goes farthest, be it by its error; empty: none is."""
    extents = [range_of(each) for each in curves.values.T]
    if not np.isfinite(extents).any():
        return ''
    return ANGLES[int(np.nanargmax(extents))]
