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

"""Recordings and outputs by URLs: fetched and put back whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import json
from pathlib import Path
import tempfile
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.source_kind import METADATA
from movenet_ros.replay.command import main
from movenet_ros.replay.many import run
from movenet_ros.replay.many.away import at_hand
from movenet_ros.replay.many.away import put_whole
from movenet_ros.replay.many.away import UNFINISHED
from movenet_ros.replay.many.away import url_of
from movenet_ros.replay.many.lane import Work
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.order import Outcome
from movenet_ros.replay.many.summary import CSV
from movenet_ros.replay.many.tasks import tasks_of
from movenet_ros.replay.many.worker import Worker
from movenet_ros.replay.unfinished import MANIFEST
import numpy as np
import pytest

fsspec = pytest.importorskip('fsspec', reason='not installed')

WriteBag = Callable[..., Path]
ImageBytes = Callable[..., bytes]
OUT = 'memory://store/out'
OPTIONS = ['--backend', 'onnxruntime', '--mode', 'fast', '--input-size', '128']


@pytest.fixture
def store() -> Iterator[Any]:
    """Give a file system in memory, which is empty before and behind."""
    files = fsspec.filesystem('memory')
    yield files
    files.rm('/', recursive=True)


class PoolHere:
    """A worker in this process, as the store is."""

    jobs, threads = 1, 1

    def __init__(self, order: Order, *_: Any) -> None:
        self._worker = Worker(order)
        self.opened = self._worker.opened

    def outcomes(self, works: Sequence[Work], *_: Any) -> Iterator[Outcome]:
        """Replay all."""
        yield from (self._worker.replay(*work) for work in works)

    def __enter__(self) -> PoolHere:
        """Return itself."""
        return self

    def __exit__(self, *_: Any) -> None:
        """Free the model."""
        self._worker.close()


@pytest.fixture
def bag(store: Any, write_bag: WriteBag, image_bytes: ImageBytes, tmp_path: Path) -> str:
    """Give the URL of a bag in a folder, which is on this machine, too."""
    picture = np.zeros((48, 64, 3), np.uint8)
    image, stamps = 'sensor_msgs/msg/Image', (10**18, 10**18 + 10**8)
    rows = [('/image', image, each, image_bytes(picture, each)) for each in stamps]
    write_bag(tmp_path / 'a', rows)
    store.put(str(tmp_path / 'a'), '/store/in/day/a', recursive=True)
    return 'memory://store/in/day/a'


def test_a_bag_from_a_store_goes_into_a_store(
    bag: str, store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the bytes of one on this machine, and is not made again."""
    monkeypatch.setattr(run, 'Pool', PoolHere)
    folder, here = bag.removesuffix('/day/a'), tmp_path / 'out'
    assert main([folder, '--out', OUT, *OPTIONS]) == 0
    assert main([str(tmp_path / 'a'), '--out', str(here), '--jobs', '1', *OPTIONS]) == 0
    mine = here / 'a' / 'a_0.mcap'
    assert store.cat('/store/out/day/a/a_0.mcap') == mine.read_bytes()
    assert b'memory://store/in/day/a,done,2' in store.cat(f'/store/out/{CSV}')
    monkeypatch.setattr(run, 'Pool', None)
    assert main([folder, '--out', OUT, *OPTIONS]) == 0
    store.pipe('/store/in/day/a/metadata.yaml', b'another')
    with pytest.raises(StartError, match=f'{OUT}/day/a was made with another recording'):
        main([folder, '--out', OUT, *OPTIONS])


def test_names_of_outputs_are_those_of_paths(store: Any, tmp_path: Path) -> None:
    for name in ('x/b10/b.mcap', 'x/b9/metadata.yaml', 'x/b9/b.db3', 'walk.MP4', 'note.txt'):
        store.pipe(f'/in/{name}', b'12')
        (tmp_path / 'in' / name).parent.mkdir(parents=True, exist_ok=True)
    tasks = tasks_of([Path('memory://in')])
    assert [(each.name, each.size) for each in tasks] == [('walk', 2), ('x/b9', 4), ('x/b10', 2)]
    alone = tasks_of([Path('memory://in/x/b9'), Path('memory://in/x/b10/b.mcap')])
    assert [each.name for each in alone] == ['b9', 'b']
    assert [url_of(each.path) for each in alone] == [each.place for each in alone]


@pytest.mark.parametrize('address', ['rtsp://cam/1', 'http://cam/x.mp4', 'a.mp4', '/dev/video0'])
def test_a_stream_is_in_no_store(address: str) -> None:
    assert url_of(Path(address)) == ''


def test_a_stream_is_no_place_for_outputs(bag: str) -> None:
    with pytest.raises(StartError, match='--out file:/x'):
        main([bag, '--out', 'file:///x', *OPTIONS])


def test_a_password_is_shown_nowhere(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = 'memory://me:secret@host/in'
    monkeypatch.setattr(fsspec, 'url_to_fs', lambda _: (store, '/in'))
    with pytest.raises(StartError, match='memory://host/in has no bag'):
        tasks_of([Path(url)])
    store.pipe('/in/walk.mp4', b'12')
    (task,) = tasks_of([Path(url)])
    assert task.place == 'memory://host/in/walk.mp4' and 'secret' in url_of(task.path)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Give what looks like an output."""
    for name in (MANIFEST, METADATA, 'z_0.mcap'):
        (tmp_path / 'z').mkdir(exist_ok=True)
        (tmp_path / 'z' / name).write_text(json.dumps(name))
    return tmp_path / 'z'


def test_an_output_half_put_is_no_finished_one(
    store: Any, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one it replaces has gone by then, and a file says that it is not there yet."""
    put_whole(made, OUT)
    put = type(store).put_file

    def fails(self: Any, path: str, to: str, **more: Any) -> None:
        if to.endswith(METADATA):
            raise OSError('the line is cut')
        put(self, path, to, **more)

    monkeypatch.setattr(type(store), 'put_file', fails)
    with pytest.raises(StartError, match='the line is cut'):
        put_whole(made, OUT)
    left = {each.rpartition('/')[2] for each in store.find('/store/out')}
    assert left == {'z_0.mcap', UNFINISHED}


def test_an_output_replaces_another_with_more_files(store: Any, made: Path) -> None:
    store.pipe('/store/out/z_1.mcap', b'old')
    put_whole(made, OUT)
    left = {each.rpartition('/')[2] for each in store.find('/store/out')}
    assert left == {each.name for each in made.iterdir()}


def test_paths_take_no_scratch_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process that is killed would leave it."""
    monkeypatch.delattr(tempfile, 'TemporaryDirectory')
    with at_hand(tmp_path / 'a', tmp_path / 'b') as places:
        assert places == (tmp_path / 'a', tmp_path / 'b')


def test_what_fails_leaves_a_store_as_it_was(store: Any, bag: str) -> None:
    before = store.find('/')
    with pytest.raises(StartError, match=f'^{OUT} is full'):
        with at_hand(Path(bag), Path(OUT)) as (_, out):
            out.mkdir()
            raise StartError(f'{out} is full')
    assert store.find('/') == before
