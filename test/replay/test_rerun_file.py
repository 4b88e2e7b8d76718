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

"""The file for the Rerun viewer, read back by Rerun's own reader."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
import os
from pathlib import Path
import resource
import sys
from typing import Any

import cv2
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.consumers.kinematics import KinematicsResult
from movenet_ros.consumers.outputs import Result3D
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.messages.outputs import Result
from movenet_ros.perception import Perception
from movenet_ros.replay.command import main
from movenet_ros.replay.observing import Observing
from movenet_ros.replay.outputs import Outputs
from movenet_ros.replay.outputs import Targets
from movenet_ros.replay.rerun_file import RerunFile
from movenet_ros.replay.rerun_file import TIMELINE
from movenet_ros.replay.rerun_look import VIEWS
from movenet_ros.replay.run import replay
from movenet_ros.replay.source import Item
from movenet_ros.replay.source import open_source
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of
import numpy as np
from people_3d import BODY
from people_3d import people_3d
import pytest
from std_msgs.msg import Header

chunks = pytest.importorskip('rerun.chunk', reason='rerun-sdk reads its files')

WH = 64, 48
BEGIN_NS, STEP_NS = 1_700_000_000_123_456_789, 33_333_333
PRESENT = (2, 2, 1, 2)  # people in the images
UNSEEN = 3  # a keypoint of everybody
SETTINGS = PoseParameters()
FAST = table_of(PoseParameters, {'input_size': 128, 'mode': 'fast'})
STAMPS = [BEGIN_NS + i * STEP_NS for i in range(len(PRESENT))]

Rows = dict[str, list[dict[str, Any]]]


def results(people_at: Callable[..., Poses]) -> Iterator[Result]:
    """Yield images with people, of whom one leaves and comes back."""
    pixels = np.random.default_rng(0).integers(0, 256, (*WH[::-1], 3), np.uint8)
    for stamp, count in zip(STAMPS, PRESENT):
        places = [(100 + 100 * i, 120, 150 + stamp % 7) for i in range(count)]
        poses = people_at(*places)
        scores = np.array(poses.keypoint_scores)
        scores[:, UNSEEN] = 0.1
        poses = replace(poses, ids=np.arange(1, count + 1), keypoint_scores=scores)
        header = Header(frame_id='camera')
        header.stamp.sec, header.stamp.nanosec = divmod(stamp, 10**9)
        yield Result(header, SourceImage(pixels, 'rgb'), poses, SETTINGS)


@pytest.fixture(scope='module')
def found(people_at: Callable[..., Poses]) -> list[Result]:
    """Give what was found in the images."""
    return list(results(people_at))


@pytest.fixture(scope='module')
def doing(found: list[Result]) -> list[KinematicsResult]:
    """Give what the people do."""
    observing = Observing(KinematicsParameters())
    items = observing.items(Item(None, each, 'clip.mp4') for each in found)
    return [each.kinematics for each in items if each.kinematics]


@pytest.fixture(scope='module')
def rows(
    found: list[Result], doing: list[KinematicsResult], tmp_path_factory: pytest.TempPathFactory
) -> Rows:
    """Give what is in the file, by entity: rows of columns by their names."""
    path = tmp_path_factory.mktemp('rerun') / 'people.rrd'
    file = RerunFile(path, 'people', [*VIEWS])
    for each, kinematics in zip(found, doing):
        places = np.stack([BODY + (i, 0, 3) for i in range(len(each.poses))])
        places[:, UNSEEN] = np.nan
        placed = Result3D(each.header, people_3d(places))
        file.write(Item(None, each, result_3d=placed, kinematics=kinematics))
    file.close()
    return read(path)


def read(path: Path) -> Rows:
    """Read a file, each entity in the order of the stamps."""
    rows: Rows = {}
    for chunk in chunks.RrdReader(path).stream():
        batch = chunk.to_record_batch()
        rows.setdefault(chunk.entity_path, []).extend(batch.to_pylist())
    for each in rows.values():
        each.sort(key=stamp_of)
    return rows


def stamp_of(row: dict[str, Any]) -> int:
    """Return the stamp of a row in nanoseconds; 0 of one that holds at all times."""
    stamp = row.get(TIMELINE)
    return 0 if stamp is None else int(getattr(stamp, 'value', stamp))


def values(rows: Rows, entity: str, column: str) -> dict[int, Any]:
    """Return the values of a column by stamp, where there are any."""
    given = {stamp_of(each): each.get(column) for each in rows[entity]}
    return {stamp: value for stamp, value in given.items() if value}


def test_every_image_is_there_at_its_stamp(rows: Rows) -> None:
    blobs = values(rows, '/image', 'EncodedImage:blob')
    assert [*blobs] == STAMPS
    for (blob,) in blobs.values():
        assert cv2.imdecode(np.array(blob, np.uint8), cv2.IMREAD_COLOR).shape[1::-1] == WH


def test_every_keypoint_that_was_seen_is_where_it_was_found(
    rows: Rows, found: list[Result]
) -> None:
    for i in range(max(PRESENT)):
        points = values(rows, f'/image/people/{i + 1}', 'Points2D:positions')
        ids = values(rows, f'/image/people/{i + 1}', 'Points2D:keypoint_ids')
        present = [each for each in found if i < len(each.poses)]
        assert [*points] == [each.stamp_ns for each in present]
        for each in present:
            seen = np.delete(np.arange(17), UNSEEN)
            assert ids[each.stamp_ns] == seen.tolist()
            np.testing.assert_array_equal(points[each.stamp_ns], each.poses.keypoints[i][seen])


def test_places_in_metres_are_there_where_they_are_known(rows: Rows) -> None:
    points = values(rows, '/space/people/2', 'Points3D:positions')
    assert len(points) == PRESENT.count(2)
    known = np.delete(BODY + (1, 0, 3), UNSEEN, axis=0)
    for each in points.values():
        np.testing.assert_allclose(each, known, rtol=1e-6)


def test_scores_and_angles_are_numbers_over_time(
    rows: Rows, found: list[Result], doing: list[KinematicsResult]
) -> None:
    scores = values(rows, '/scores/1', 'Scalars:scalars')
    assert scores == {each.stamp_ns: [pytest.approx(each.poses.scores[0])] for each in found}
    angles = values(rows, '/angles/1', 'Scalars:scalars')
    assert [*angles] == STAMPS
    for value, did in zip(angles.values(), doing):
        np.testing.assert_allclose(np.radians(value), did.observed.angles.values[0])


def test_activities_are_text_where_they_change(rows: Rows, doing: list[KinematicsResult]) -> None:
    texts = values(rows, '/activities/1', 'TextLog:text')
    first = [each.observed.activities.of_people[0] for each in doing]
    told = [', '.join(each.name for each in did) for did in first]
    changes = [i for i in range(len(told)) if i == 0 or told[i] != told[i - 1]]
    assert texts == {STAMPS[i]: [told[i]] for i in changes}


@pytest.mark.parametrize('entity', ['image/people', 'space/people', 'scores', 'angles'])
def test_who_left_is_gone(rows: Rows, entity: str) -> None:
    cleared = values(rows, f'/{entity}/2', 'Clear:is_recursive')
    assert [*cleared] == [STAMPS[PRESENT.index(1)]]


def test_the_skeleton_is_that_of_the_model(rows: Rows, found: list[Result]) -> None:
    ((context,),) = values(rows, '/', 'AnnotationContext:context').values()
    skeleton = found[0].poses.skeleton
    for each in context:
        kind = each['class_description']
        joined = [(a['keypoint0'], a['keypoint1']) for a in kind['keypoint_connections']]
        assert joined == [*skeleton.edges]
        labels = [a['label'] for a in kind['keypoint_annotations']]
        assert labels == [*skeleton.names]


def test_a_replay_writes_it_whole(make_video: Callable[..., Path], tmp_path: Path) -> None:
    video, target = make_video(tmp_path / 'video.mp4', [0.0, 0.1, 0.2]), tmp_path / 'out.rrd'
    perception = Perception(FAST, None, RecordedBackend([np.zeros((1, 0, 56), np.float32)]))
    with closing(open_source(video, '')) as source:
        with Outputs(Targets(rrd=target), video, source) as outputs:
            replay(source, perception, FAST, outputs.consume, lambda: None, print)
            assert not target.exists()
            assert outputs.complete() == [target]
    assert len(values(read(target), '/image', 'EncodedImage:blob')) == 3


def test_writing_opens_no_socket(found: list[Result], tmp_path: Path) -> None:
    def sockets() -> set[str]:
        links = (each.path for each in os.scandir('/proc/self/fd'))
        return {where for each in links if os.path.lexists(each)
                for where in [os.readlink(each)] if where.startswith('socket')}

    before = sockets()
    file = RerunFile(tmp_path / 'quiet.rrd', 'quiet', ['image'])
    file.write(Item(None, found[0]))
    assert sockets() <= before
    file.close()


@pytest.mark.parametrize('begun', [False, True])
def test_a_full_disk_is_one_line(begun: bool, found: list[Result], tmp_path: Path) -> None:
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / 'full.rrd' if begun else Path('/dev/full')
    with pytest.raises(StartError, match=f'^cannot write {path}: (No space|File too large)'):
        file = RerunFile(path, 'full', ['image'])
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 1000, hard))
            file.write(Item(None, found[0]))
            file.close()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


def test_a_recording_that_is_switched_off_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_video: Callable[..., Path]
) -> None:
    monkeypatch.setenv('RERUN', 'off')
    source = open_source(make_video(tmp_path / 'video.mp4', [0.0]), '')
    with closing(source), pytest.raises(StartError, match='unset RERUN'):
        Outputs(Targets(rrd=tmp_path / 'off.rrd'), tmp_path / 'video.mp4', source)


@pytest.mark.parametrize('sdk', [None, type(sys)('rerun')])  # none at all, or one of old
def test_what_is_missing_is_said_before_anything_is_loaded(
    sdk: Any, make_video: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, 'rerun', sdk)
    video = make_video(tmp_path / 'video.mp4', [0.0])
    with pytest.raises(StartError, match='rerun-sdk.*pip install'):
        main([str(video), '--rrd', str(tmp_path / 'out.rrd')])
    assert os.listdir(tmp_path) == ['video.mp4']
