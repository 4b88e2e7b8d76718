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

"""``replay`` of many: killed in the middle, run again, and compared with runs of one each."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import csv
from pathlib import Path
import subprocess
import sys
import time
from typing import Any
from typing import NamedTuple

from movenet_ros.core.errors import StartError
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.command import main
from movenet_ros.replay.many import run
from movenet_ros.replay.many.summary import CSV
from movenet_ros.replay.many.summary import PARQUET
import pytest
from rosbags.rosbag2 import Writer

WritePhotos = Callable[[Path, int, int], Path]

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[3]
IMAGE = 'sensor_msgs/msg/Image'
COUNTS = {'a': 90, 'b': 80, 'c': 3}  # images of the bags, the large first; d has none
OPTIONS = [
    '--backend', 'onnxruntime', '--mode', 'fast', '--input-size', '128', '--runtime-threads', '1',
]
WAIT_S = 60.0


class Ran(NamedTuple):
    """
    Two runs over the same recordings.

    :param before: about the file of the bag that the first run, which was killed, had finished.
    :param code: exit code of the second.
    """

    recordings: Path
    out: Path
    before: Any
    code: int


@pytest.fixture(scope='module')
def recordings(
    write_photos: WritePhotos, typestore: Any, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give a folder with bags of the astronaut, in it and in a folder of it; one has no images."""
    folder = tmp_path_factory.mktemp('recordings')
    (folder / 'day').mkdir()
    for name, count in COUNTS.items():
        write_photos(folder / name, count, 128)
    with Writer(folder / 'day' / 'd', version=9) as writer:
        writer.add_connection('/image', IMAGE, typestore=typestore)
    return folder


@pytest.fixture(scope='module')
def ran(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Replay all with one job, kill the driver within the second bag; then all with two."""
    out = tmp_path_factory.mktemp('ran') / 'out'
    args = [str(recordings), '--out', str(out), *OPTIONS, '--jobs']
    command = [sys.executable, '-m', 'movenet_ros', 'replay', *args, '1']
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as driver:
        assert driver.stderr
        assert any(line.split()[:2] == ['done', 'a:'] for line in driver.stderr)
        end = time.monotonic() + WAIT_S
        while not [*out.glob('.b.*')]:
            assert time.monotonic() < end and driver.poll() is None
            time.sleep(0.005)
        driver.kill()
        driver.stderr.read()  # until the worker has ended, too
    (before,) = out.glob('*/*.mcap')
    about = before.stat()
    return Ran(recordings, out, about, main([*args, '2']))


def test_a_second_run_finishes_what_the_first_did_not(ran: Ran) -> None:
    """It replaces nothing, and leaves nothing unfinished."""
    assert (ran.out / 'a' / 'a_0.mcap').stat() == ran.before
    assert {path.parent.name for path in ran.out.rglob('*.mcap')} == {*COUNTS}
    assert [each.name for each in ran.out.rglob('.*')] == [run.LOCK]


def test_the_summary_has_a_row_for_each(ran: Ran) -> None:
    with (ran.out / CSV).open() as file:
        rows = {row['bag']: row for row in csv.DictReader(file)}
    assert {name: int(row['images']) for name, row in rows.items()} == {**COUNTS, 'day/d': 0}
    assert {row['tracks'] for row in rows.values()} == {'1', '0'}
    assert [name for name, row in rows.items() if row['state'] == 'failed'] == ['day/d']
    parquet = pytest.importorskip('pyarrow.parquet', reason='only some have PyArrow')
    table = parquet.read_table(str(ran.out / PARQUET)).to_pylist()
    as_text = [{k: '' if v is None else str(v) for k, v in row.items()} for row in table]
    assert as_text == [*rows.values()]


def test_one_that_fails_makes_the_exit_code_1(ran: Ran) -> None:
    assert ran.code == 1


def test_poses_are_those_of_a_run_of_one_byte_by_byte(ran: Ran, tmp_path: Path) -> None:
    main([str(ran.recordings / 'b'), '--out', str(tmp_path / 'b'), *OPTIONS])
    alone, among_others = (poses(folder / 'b') for folder in (tmp_path, ran.out))
    assert alone == among_others and len(alone) == COUNTS['b']


def poses(path: Path) -> list[bytes]:
    """Return the messages of /poses of a bag."""
    bag = Bag(path)
    found = [each.data for each in bag.messages() if each.topic.name == '/poses']
    bag.close()
    return found


@pytest.fixture
def no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test fail that replays anything."""

    def refuse(*_: Any) -> None:
        pytest.fail('replays')

    monkeypatch.setattr(run, 'Pool', refuse)


def named(ran: Ran, names: Iterable[str]) -> list[str]:
    """Return a command line for some of the recordings."""
    return [*(str(ran.recordings / each) for each in names), '--out', str(ran.out), *OPTIONS]


def test_what_is_finished_is_not_replayed_again(ran: Ran, no_pool: None) -> None:
    assert main(named(ran, COUNTS)) == 0


def test_an_output_of_other_parameters_is_not_replaced_unasked(ran: Ran, no_pool: None) -> None:
    with pytest.raises(StartError, match='parameters.*--overwrite'):
        main([*named(ran, COUNTS), '--person-threshold', '0.5'])


@pytest.mark.parametrize(
    ('more', 'words'),
    [
        ([], '--out'),
        (['--out', '{recordings}/a/out'], 'lies in it'),
        (['--out', '{tmp}', '--video', '{tmp}/x.mp4'], '--video'),
        (['--out', '/dev/null/x'], 'cannot'),
    ],
)
def test_what_makes_no_sense_is_one_line(
    more: list[str], words: str, recordings: Path, no_pool: None, tmp_path: Path
) -> None:
    args = [each.format(recordings=recordings, tmp=tmp_path) for each in more]
    with pytest.raises(StartError, match=words):
        main([str(recordings / 'a'), str(recordings / 'c'), *args])


@pytest.mark.parametrize(('module', 'url'), [('ray', ''), ('fsspec', 's3://bucket')])
def test_what_is_not_installed_is_one_line(
    module: str, url: str, recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(StartError, match=f'pip install {module}'):
        main([url or str(recordings), '--out', str(tmp_path), '--ray', 'local'])
