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

"""The files of an analysis, written all or none."""

from __future__ import annotations

from contextlib import ExitStack
import json
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from movenet_ros.core.units import NANOSECONDS
from movenet_ros.replay.unfinished import check_apart
from movenet_ros.replay.unfinished import Folder
from movenet_ros.replay.unfinished import Unfinished
from movenet_ros.settings import POSES_3D
from movenet_ros.tools.analyse.analysis import Person
from movenet_ros.tools.analyse.events import events_of
from movenet_ros.tools.analyse.events import rounded
from movenet_ros.tools.analyse.record import Record
from movenet_ros.tools.analyse.references import pose_at
from movenet_ros.tools.analyse.report import report_data
from movenet_ros.tools.analyse.report import write_report
from movenet_ros.tools.analyse.table import table_of
from movenet_ros.tools.analyse.table import write_table
from movenet_ros.tools.analyse.watching import Watching

if TYPE_CHECKING:
    from movenet_ros.replay.inputs import Done
    from movenet_ros.replay.inputs import Inputs

CSV, PARQUET, EVENTS, REPORT = 'angles.csv', 'angles.parquet', 'events.json', 'report.html'
ANALYSIS = Folder('an analysis', (CSV, PARQUET, EVENTS, REPORT))


class Files:
    """
    The folder of an analysis, and a reference; a context manager that leaves nothing half done.

    :param out: the folder; None for none.
    :param reference: the file of a reference; None for none.
    :param source: the recording, which must not be replaced.
    :raises StartError: if something cannot be written where it is to be.
    """

    def __init__(
        self, out: Path | None, reference: Path | None, overwrite: bool, source: Path
    ) -> None:
        check_apart(source, [each for each in (out, reference) if each])
        with ExitStack() as stack:
            self._reference = reference and stack.enter_context(Unfinished(reference, overwrite))
            self._folder = out and stack.enter_context(
                Unfinished(out, overwrite, is_folder=True, kind=ANALYSIS)
            )
            self._stack = stack.pop_all()

    def save_reference(
        self, record: Record, at_s: float, person: int | None, source: str
    ) -> None:
        """
        Write the posture at an instant.

        :raises StartError: if it is not known, or that fails.
        """
        assert self._reference
        text = pose_at(record, at_s, person, source)
        with self._reference.naming():
            self._reference.path.write_text(text, encoding='utf-8')

    def write(
        self, inputs: Inputs, done: Done, watching: Watching, people: list[Person]
    ) -> None:
        """
        Write the folder.

        :param people: whom the report and the events are about.
        :raises StartError: if that fails.
        """
        assert self._folder
        record = watching.record()
        rows = people[0].rows if watching.person is not None else record
        name = inputs.source.name
        facts = _facts(inputs, done, record, watching.are_stills, len(people))
        report = report_data(name, facts, record, people, watching.snapshots)
        with self._folder.naming():
            folder = self._folder.path
            folder.mkdir()
            write_table(table_of(rows), folder / CSV, folder / PARQUET)
            events = json.dumps(_events(name, record, people), indent=1, allow_nan=False)
            (folder / EVENTS).write_text(f'{events}\n', encoding='utf-8')
            write_report(folder / REPORT, report)

    def complete(self) -> list[Path]:
        """
        Give the files their names.

        :return: what has been written.
        :raises StartError: if that fails.
        """
        files = [each for each in (self._reference, self._folder) if each]
        return [each.target for each in files if each.complete()]

    def __enter__(self) -> Files:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Remove what is not complete."""
        self._stack.close()


def _events(name: str, record: Record, people: list[Person]) -> dict[str, Any]:
    """Return what events.json holds."""
    return {
        'recording': name,
        'images': len(record.stamps_ns),
        'first_s': int(record.stamps_ns[0]) / NANOSECONDS,
        'events': sorted(
            (event for each in people
             for event in events_of(each.number, each.rows, each.repetitions)),
            key=lambda it: it['begin_s'],
        ),
        'comparisons': [
            {'id': each.number, 'score': rounded(each.comparison.score, 1),
             'sentence': each.comparison.sentence}
            for each in people if each.comparison
        ],
    }


def _facts(
    inputs: Inputs, done: Done, record: Record, are_stills: bool, people: int
) -> list[tuple[str, str]]:
    """Return the facts at the head of the report."""
    seconds = (int(record.stamps_ns.max()) - int(record.stamps_ns[0])) / NANOSECONDS
    lost = f' ({done.tally.skipped} could not be read)' if done.tally.skipped else ''
    timed = [] if are_stills else [
        ('duration', f'{seconds:.1f} s'), ('rate', f'{record.rate_hz:.1f} images per second'),
    ]
    in_space = inputs.kinematics is not None and inputs.kinematics.source == POSES_3D
    return [
        ('images', f'{len(record.stamps_ns)}{lost}'), *timed,
        ('people', str(len(record) if are_stills else people)),
        ('angles', 'in space, by depth' if in_space else 'as they look in the image'),
        ('mode', done.perception.choice.mode),
    ]
