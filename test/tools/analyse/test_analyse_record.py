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

"""What is kept of a recording, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
import json
import os
from pathlib import Path
import tracemalloc
from typing import Any

import cv2
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.curves import Curves
from movenet_ros.core.kinematics.reference import pose_from_json
from movenet_ros.core.observing import DOWN_OF_ROTATE
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.replay.source import Item
from movenet_ros.tools.analyse import table
from movenet_ros.tools.analyse.analysis import analysed
from movenet_ros.tools.analyse.analysis import Analysis
from movenet_ros.tools.analyse.analysis import people_of
from movenet_ros.tools.analyse.events import events_of
from movenet_ros.tools.analyse.events import in_view
from movenet_ros.tools.analyse.events import spans
from movenet_ros.tools.analyse.ranges import ranges_of
from movenet_ros.tools.analyse.record import NAMES
from movenet_ros.tools.analyse.record import Record
from movenet_ros.tools.analyse.references import pose_at
from movenet_ros.tools.analyse.references import read_reference
from movenet_ros.tools.analyse.report import report_data
from movenet_ros.tools.analyse.snapshots import Sight
from movenet_ros.tools.analyse.snapshots import Snapshot
from movenet_ros.tools.analyse.snapshots import Snapshots
from movenet_ros.tools.analyse.table import read_curves
from movenet_ros.tools.analyse.table import table_of
from movenet_ros.tools.analyse.table import write_tables
from movenet_ros.tools.analyse.watching import Watching
import numpy as np
from pyarrow import parquet
import pytest

Analyse = Callable[..., Analysis]
Squatting = Callable[..., Iterator[Item]]


def record_of(does: list[tuple[float, set[str]]]) -> Record:
    """Return what one person does, each with its time in seconds."""
    stamps_ns = np.array([round(at * NANOSECONDS) for at, _ in does], np.int64)
    bits = [sum(1 << NAMES.index(name) for name in names) for _, names in does]
    unknown = np.full((len(does), len(ANGLES)), np.nan)
    return Record(
        stamps_ns, (), np.arange(len(does)), np.ones(len(does), np.int64), unknown, unknown,
        np.array(bits, np.uint32),
    )


def test_people_and_their_squats_are_found(analyse: Analyse) -> None:
    people = analyse().people
    assert [each.number for each in people] == [1, 2]
    assert [len(each.repetitions.each) for each in people] == [3, 3]


def test_somebody_whom_nobody_asked_for_is_not_there(analyse: Analyse) -> None:
    assert [each.number for each in analyse(person=2).people] == [2]
    with pytest.raises(StartError, match='1, 2'):
        analyse(person=7)


def test_a_span_ends_where_it_is_not_done_or_the_person_is_away() -> None:
    rows = record_of([
        (0.0, {'standing'}), (0.1, {'standing', 'waving'}), (0.2, {'standing'}),
        (9.0, {'standing'}), (9.1, {'laying', 'fall'}),
    ])
    found = [(each.name, each.begin_ns / 1e9, each.end_ns / 1e9) for each in spans(rows)]
    assert found == [
        ('standing', 0.0, 0.2), ('waving', 0.1, 0.1), ('standing', 9.0, 9.0),
        ('fall', 9.1, 9.1), ('laying', 9.1, 9.1),
    ]
    assert [(a / 1e9, b / 1e9) for a, b in in_view(rows)] == [(0.0, 0.2), (9.0, 9.1)]


def test_a_stamp_that_repeats_does_not_end_a_span() -> None:
    rows = record_of([(at, {'standing'}) for at in (0.0, 0.1, 0.1, 0.2)])
    assert [(each.begin_ns / 1e9, each.end_ns / 1e9) for each in spans(rows)] == [(0.0, 0.2)]
    assert len(in_view(rows)) == 1


def test_where_stamps_jump_back_nothing_is_before_the_beginning() -> None:
    record = record_of([(5.0, {'standing'}), (5.1, set()), (1.0, {'standing'})])
    data = report_data('jumps', [], analysed(record, Snapshots(), None, None), False)
    assert data['people'][0]['views'] == [[4.0, 4.1], [0.0, 0.0]]
    assert data['duration'] == pytest.approx(4.1)


def test_nobody_does_nothing() -> None:
    assert spans(record_of([])) == [] == in_view(record_of([]))


@pytest.mark.parametrize(('deviation', 'is_sure'), [(5.0, False), (0.1, True)])
def test_a_small_asymmetry_may_be_error(deviation: float, is_sure: bool) -> None:
    stamps_ns = np.arange(60) * (NANOSECONDS // 15)
    values = np.zeros((60, len(ANGLES)))
    for side, most in (('left', 44.0), ('right', 40.0)):
        values[:, ANGLES.index(f'{side}_knee')] = np.radians(np.linspace(0, most, 60))
    deviations = np.full_like(values, np.radians(deviation))
    (knee,) = (
        each for each in ranges_of(Curves(stamps_ns, values, deviations))
        if each['joint'] == 'knee'
    )
    assert knee['is_sure'] == is_sure
    assert knee['asymmetry'] == pytest.approx(4 / 42, abs=0.01)


def test_events_are_json(analyse: Analyse) -> None:
    (person, _) = analyse().people
    events = events_of(1, person.rows(), person.repetitions)
    assert json.loads(json.dumps(events, allow_nan=False)) == events
    assert sum(each['kind'] == 'repetition' for each in events) == 3


def written(analysis: Analysis, folder: Path) -> tuple[Path, Path]:
    paths = folder / 'angles.csv', folder / 'angles.parquet'
    write_tables(analysis.record, *paths)
    return paths


def test_both_tables_give_the_curves_back(analyse: Analyse, tmp_path: Path) -> None:
    analysis = analyse((4,))
    curves = analysis.people[0].rows().curves()
    for path in written(analysis, tmp_path):
        back = read_curves(path)
        assert np.array_equal(back.stamps_ns, curves.stamps_ns)
        assert np.allclose(back.values, curves.values, atol=1e-3, equal_nan=True)
        assert np.allclose(back.deviations, curves.deviations, atol=1e-3, equal_nan=True)


def test_a_table_has_a_row_for_each_image_and_person(analyse: Analyse) -> None:
    made = table_of(analyse().record)
    assert made.num_rows == 180
    assert made.column('id').to_pylist()[:4] == [1, 2, 1, 2]
    assert made.column('image').to_pylist()[:4] == [0, 0, 1, 1]


def test_tables_that_are_written_in_parts_are_whole(
    analyse: Analyse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = analyse().record
    monkeypatch.setattr(table, 'PART', 7)
    path = written(analyse(), tmp_path)[1]
    assert parquet.read_table(str(path)).equals(table_of(record))


def test_people_take_little_memory_beside_the_rows(analyse: Analyse) -> None:
    some = analyse(tuple(range(1, 30)), count=1).record
    rows = np.tile(np.arange(len(some)), 20)
    record = replace(some.at(rows), stamps_ns=some.stamps_ns)
    tracemalloc.start()
    people = people_of(record, None, None)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(people) == 29
    assert kept < 40 * len(record)


def test_a_file_may_have_any_name(analyse: Analyse, tmp_path: Path) -> None:
    csv, _ = written(analyse((0,), file=os.fsdecode(b'\xff\n".png'), count=1), tmp_path)
    assert b'udcff' in csv.read_bytes()


def test_the_folder_of_an_analysis_is_a_reference(analyse: Analyse, tmp_path: Path) -> None:
    written(analyse((4,)), tmp_path)
    comparison = analyse((1,), reference=read_reference(tmp_path)).people[0].comparison
    assert comparison is not None and comparison.score == 100


def test_a_table_of_several_people_is_no_reference(analyse: Analyse, tmp_path: Path) -> None:
    for path in written(analyse(), tmp_path):
        with pytest.raises(StartError, match='--person'):
            read_reference(path)


@pytest.mark.parametrize('content', [b'', b'PAR1', b'stamp_s,id\n1,2\n', b'stamp_s', b'\xff{'])
def test_what_is_no_reference_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / 'reference'
    path.write_bytes(content)
    with pytest.raises(StartError, match='reference') as caught:
        read_reference(path)
    assert len(str(caught.value).splitlines()) == 1


def test_the_posture_of_an_instant_is_a_reference_for_it(analyse: Analyse) -> None:
    record = analyse((5,)).record
    reference = pose_from_json(pose_at(record, 1.5, None, 'made up'))
    comparison = analyse((5,), reference=reference).people[0].comparison
    assert comparison is not None
    assert comparison.score == 100
    assert comparison.begin_ns == round(51.5 * NANOSECONDS)


@pytest.mark.parametrize('wrong', [
    {'person': 9, 'at_s': 1.0}, {'person': None, 'at_s': 1.0}, {'person': 1, 'at_s': 99.0},
])
def test_a_posture_of_nobody_of_several_or_of_no_time_is_refused(
    wrong: dict[str, Any], analyse: Analyse
) -> None:
    with pytest.raises(StartError, match='--person|--at'):
        pose_at(analyse().record, source='made up', **wrong)


def test_a_picture_without_a_person_has_no_other_instant() -> None:
    nobody = replace(record_of([]), stamps_ns=np.zeros(1, np.int64), files=('cat.jpg',))
    with pytest.raises(StartError, match='picture'):
        pose_at(nobody, 0.0, None, 'cat.jpg')


def test_pictures_show_the_angle_at_its_ends(analyse: Analyse) -> None:
    analysis = analyse()
    person = analysis.people[0]
    least, most = analysis.snapshots.extremes(1, person.angle)
    column = ANGLES.index(person.angle)
    assert np.degrees(most.values[column] - least.values[column]) > 40
    picture = cv2.imdecode(np.frombuffer(most.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[1::-1] == most.wh
    assert (most.points >= 0).all() and (most.points <= most.wh).all()
    shown = report_data('ends', [], analysis, False)['people'][0]['pictures']
    value = {
        each['caption'].split()[-1]: each['arcs'][0]['value'] for each in shown if each['arcs']
    }
    assert value['largest'] > value['smallest'] + 40


@pytest.mark.parametrize(('turn', 'down'), DOWN_OF_ROTATE.items())
def test_a_picture_of_a_turned_camera_is_upright(turn: int, down: str) -> None:
    unknown = np.full(len(ANGLES), np.nan)

    def taken(pixels: Any, points: Any, down: str) -> Snapshot:
        box = np.array([*points.min(axis=0), *points.max(axis=0)], np.float32)
        image = SourceImage(np.ascontiguousarray(pixels), 'bgr')
        return Sight(image, 0, 0, 1, box, points, unknown, unknown, (), down).taken()

    pixels = np.full((60, 80, 3), 30, np.uint8)
    pixels[:30, :20] = 220
    points = np.random.default_rng(1).uniform(5, 55, (17, 2))
    wanted = taken(pixels, points, '+y')
    width = 80
    for _ in range(turn // 90):  # anticlockwise, as a camera that is turned clockwise sees it
        points, pixels = np.stack([points[:, 1], width - points[:, 0]], axis=1), np.rot90(pixels)
        width = pixels.shape[1]
    found = taken(pixels, points, down)
    assert found.wh == wanted.wh
    assert np.allclose(found.points, wanted.points, atol=1.0)
    both = [
        cv2.imdecode(np.frombuffer(each.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE).astype(float)
        for each in (found, wanted)
    ]
    assert np.abs(both[0] - both[1]).mean() < 5


def test_a_picture_shows_who_is_nearest_to_the_pose(analyse: Analyse, squat: Any) -> None:
    analysis = analyse(reference=squat)
    nearest, comparison = analysis.snapshots.nearest(2), analysis.people[1].comparison
    assert nearest is not None and comparison is not None
    assert abs(nearest.stamp_ns - comparison.begin_ns) < 0.3 * NANOSECONDS


def test_pictures_of_many_people_stay_few(analyse: Analyse) -> None:
    snapshots = analyse(tuple(range(1, 30)), count=1).snapshots
    assert sum(bool(snapshots.extremes(each, 'left_knee')) for each in range(30)) == 12


def test_people_do_not_drive_out_each_others_pictures(
    squatting: Squatting, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def counted(sight: Sight) -> Snapshot:
        taken.append(sight.person)
        return take(sight)

    take = Sight.taken
    monkeypatch.setattr(Sight, 'taken', counted)
    watching = Watching(False, None, 0.3)
    watching.consume(squatting(tuple(range(1, 30)), 1, ''))
    assert set(taken) == set(range(1, 13))


def test_who_stays_longest_has_pictures_however_many_come_before(squatting: Squatting) -> None:
    watching = Watching(False, None, 0.3)
    watching.consume(islice(squatting(tuple(range(1, 30)), 1, ''), 5))
    watching.consume(squatting((99,), 1, ''))
    assert watching.snapshots.extremes(99, 'left_knee')


def test_of_somebody_of_whom_no_angle_is_known_the_report_is_honest(squat: Any) -> None:
    record = record_of([(0.0, {'standing'}), (0.1, set())])
    analysis = analysed(record, Snapshots(), None, squat)
    (person,) = report_data('blind', [], analysis, False)['people']
    assert person['angle'] == '' and person['ranges'] == []
    assert person['curves']['angles'] == {} and person['repetitions']['each'] == []
    assert person['comparison']['score'] is None and person['comparison']['sentence']
