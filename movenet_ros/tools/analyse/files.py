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
import os
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from movenet_ros.core.kinematics.comparison import Comparison
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.core.wording import one_line
from movenet_ros.replay.unfinished import check_apart
from movenet_ros.replay.unfinished import Folder
from movenet_ros.replay.unfinished import Unfinished
from movenet_ros.settings import POSES_3D
from movenet_ros.tools.analyse.analysis import Analysis
from movenet_ros.tools.analyse.events import events_of
from movenet_ros.tools.analyse.events import rounded
from movenet_ros.tools.analyse.page_file import write_report
from movenet_ros.tools.analyse.record import Record
from movenet_ros.tools.analyse.references import pose_at
from movenet_ros.tools.analyse.report import report_data
from movenet_ros.tools.analyse.table import write_tables
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
    :param source: the recording, which must not be replaced; of its path, which may be private,
        the files tell the last name only.
    :raises StartError: if something cannot be written where it is to be.
    """

    def __init__(
        self, out: Path | None, reference: Path | None, overwrite: bool, source: Path
    ) -> None:
        self._title = one_line(Path(os.path.realpath(source)).name)
        check_apart(source, [each for each in (out, reference) if each])
        with ExitStack() as stack:
            self._reference = reference and stack.enter_context(Unfinished(reference, overwrite))
            self._folder = out and stack.enter_context(
                Unfinished(out, overwrite, is_folder=True, kind=ANALYSIS)
            )
            self._stack = stack.pop_all()

    def save_reference(self, record: Record, at_s: float, person: int | None) -> None:
        """
        Write the posture at an instant.

        :raises StartError: if it is not known, or that fails.
        """
        assert self._reference
        text = pose_at(record, at_s, person, self._title)
        with self._reference.naming():
            self._reference.path.write_text(text, encoding='utf-8')

    def write(self, inputs: Inputs, done: Done, analysis: Analysis, watching: Watching) -> None:
        """
        Write the folder.

        :raises StartError: if that fails.
        """
        assert self._folder
        rows = analysis.record if watching.person is None else analysis.people[0].rows()
        in_space = inputs.kinematics is not None and inputs.kinematics.source == POSES_3D
        facts = _facts(inputs, done, analysis, watching.are_stills, in_space)
        report = report_data(self._title, facts, analysis, watching.are_stills, in_space)
        with self._folder.naming():
            folder = self._folder.path
            folder.mkdir()
            write_tables(rows, folder / CSV, folder / PARQUET)
            events = json.dumps(_events(self._title, analysis), indent=1, allow_nan=False)
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


def _events(name: str, analysis: Analysis) -> dict[str, Any]:
    """Return what events.json holds."""
    record = analysis.record
    events = [
        event for each in analysis.people
        for event in events_of(each.number, each.rows(), each.repetitions)
    ]
    compared: list[tuple[dict[str, Any], Comparison | None]] = [
        *(({'id': each.number}, each.comparison) for each in analysis.people),
        *(({'image': each.snapshot.image}, each.comparison) for each in analysis.stills),
    ]
    return {
        'recording': name,
        'images': len(record.stamps_ns),
        'first_s': int(record.stamps_ns[0]) / NANOSECONDS,
        'events': sorted(events, key=lambda it: it['begin_s']),
        'comparisons': [
            {**who, 'score': rounded(each.score, 1), 'sentence': each.sentence}
            for who, each in compared if each is not None
        ],
    }


def _facts(
    inputs: Inputs, done: Done, analysis: Analysis, are_stills: bool, in_space: bool
) -> list[tuple[str, str]]:
    """Return the facts at the head of the report."""
    record = analysis.record
    first_ns, last_ns = record.span_ns
    seconds = (last_ns - first_ns) / NANOSECONDS
    lost = f' ({done.tally.skipped} could not be read)' if done.tally.skipped else ''
    timed = [] if are_stills else [
        ('duration', f'{seconds:.1f} s'), ('rate', f'{record.rate_hz:.1f} images per second'),
    ]
    return [
        *([('topic', one_line(inputs.source.topic.name))] if inputs.source.topic else []),
        ('images', f'{len(record.stamps_ns)}{lost}'), *timed,
        ('people', str(len(record if are_stills else analysis.people))),
        ('angles', 'in space, by depth' if in_space else 'as they look in the image'),
        ('mode', done.perception.choice.mode),
    ]
