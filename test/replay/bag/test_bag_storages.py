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

"""Bags that are whole and not as their recorder left them: each message once, and a line."""

from __future__ import annotations

from collections.abc import Callable
import errno
import gzip
import io
from pathlib import Path
import shutil
import sqlite3
import tarfile
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.replay.bag.reader import Bag
import pytest
import zstandard

WriteBag = Callable[..., Path]
Row = tuple[str, str, int, bytes]

EMPTY = 'std_msgs/msg/Empty'
BEGIN_NS = 1_700_000_000 * 10**9
LFS = b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'

ROWS: list[Row] = [
    ('/ticks', EMPTY, BEGIN_NS + i, b'\0\1\0\0' + bytes([i])) for i in range(24)
]


def read(path: Path) -> tuple[list[Row], str, list[str]]:
    """Read all that a bag has, what of it is lost, and what else is told."""
    bag = Bag(path)
    try:
        rows = [
            (topic.name, topic.msg_type, received_ns, data)
            for topic, received_ns, data in bag.messages()
        ]
        return rows, bag.damage, bag.notes
    finally:
        bag.close()


def pack(path: Path) -> Path:
    """Pack a file, as rosbag2 does."""
    packed = path.with_name(f'{path.name}.zstd')
    packed.write_bytes(zstandard.compress(path.read_bytes()))
    return packed


@pytest.fixture
def loose(write_bag: WriteBag, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that puts rows, eight to a file, into a folder without metadata."""

    def make(*names: str, storage: str = 'mcap') -> Path:
        folder = tmp_path / 'loose'
        folder.mkdir()
        for i, name in enumerate(names):
            part = write_bag(tmp_path / f'part{i}', ROWS[8 * i:8 * i + 8], storage)
            (file,) = part.glob('part*.*')
            shutil.copy(file, folder / name)
        return folder

    return make


@pytest.mark.parametrize(
    'names',
    [
        ('run_2.mcap', 'run_9.mcap', 'run_10.mcap'),
        ('zebra.mcap', 'ape.mcap', 'lion.mcap'),  # in the order of their times
        ('hall_10.mcap', 'attic_2.mcap', 'hall_1.mcap'),
        ('run.mcap', 'no suffix', 'half.mcap.part'),
        ('run_29-02-2024.mcap', 'run_01-03-2024.mcap', 'run_02-03-2024.mcap'),
        ('ring_2.mcap', 'ring_0.mcap', 'ring_1.mcap'),
    ],
)
def test_loose_storages_are_read_in_the_order_of_recording(
    names: tuple[str, ...], loose: Callable[..., Path]
) -> None:
    rows, damage, notes = read(loose(*names))
    assert (rows, damage, len(notes)) == (ROWS, '', 1)
    assert 'metadata.yaml is missing' in notes[0]


@pytest.mark.parametrize('numbers', [(0, 1, 3), (0, 2, 3), (1, 2, 3)])
@pytest.mark.parametrize('is_folder', [True, False])
def test_a_number_that_is_missing_among_loose_storages_is_a_loss(
    numbers: tuple[int, ...], is_folder: bool, loose: Callable[..., Path]
) -> None:
    folder = loose(*(f'x_{i}.mcap' for i in numbers))
    (missing,) = {0, 1, 2, 3} - {*numbers}
    if is_folder:
        (folder / f'x_{missing}.mcap').mkdir()
    rows, damage, _ = read(folder)
    assert rows == ROWS
    assert f'after {8 * missing} messages' in damage and f'x_{missing}.mcap' in damage


def test_the_same_content_twice_is_read_once(loose: Callable[..., Path]) -> None:
    folder = loose('x_0.mcap', 'x_1.mcap', 'x_2.mcap')
    shutil.copy(folder / 'x_1.mcap', folder / 'x_1 (copy).mcap')
    rows, damage, notes = read(folder)
    assert (rows, damage) == (ROWS, '')
    assert 'x_1 (copy).mcap' in notes[1]


def test_a_recording_in_two_formats_is_read_once(write_bag: WriteBag, tmp_path: Path) -> None:
    (tmp_path / 'bags').mkdir()
    for name, storage in (('x', 'mcap'), ('y', 'sqlite3')):
        (path,) = write_bag(tmp_path / name, ROWS, storage).glob(f'{name}.*')
        shutil.copy(path, tmp_path / 'bags')
    rows, damage, notes = read(tmp_path / 'bags')
    assert (rows, damage) == (ROWS, '')
    assert 'x.mcap, y.db3' in notes[1]


def test_a_storage_that_the_metadata_names_twice_is_read_once(
    write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', ROWS)
    pack(path / 'bag.mcap')
    metadata = path / 'metadata.yaml'
    names = '  - bag.mcap\n  - bag.mcap.zstd\n  - bag.mcap'
    metadata.write_text(metadata.read_text().replace('  - bag.mcap', names))
    rows, damage, (note,) = read(path)
    assert (rows, damage) == (ROWS, '') and 'twice' in note


@pytest.mark.parametrize('is_packed', [True, False])
def test_storages_that_lie_in_folders_of_the_bag_are_found(
    is_packed: bool, loose: Callable[..., Path], write_bag: WriteBag, tmp_path: Path
) -> None:
    folder = loose('x_0.mcap', 'x_1.mcap', 'x_2.mcap')
    metadata = (write_bag(tmp_path / 'whole', ROWS) / 'metadata.yaml').read_text()
    names = '\n'.join(f'  - part{i}/x.mcap' for i in range(3))
    (folder / 'metadata.yaml').write_text(metadata.replace('  - whole.mcap', names))
    for i in range(3):
        (folder / f'part{i}').mkdir()
        (folder / f'x_{i}.mcap').rename(folder / f'part{i}' / 'x.mcap')
    if is_packed:
        pack(folder / 'part1' / 'x.mcap')
        (folder / 'part1' / 'x.mcap').unlink()
    assert read(folder) == (ROWS, '', [])


def test_messages_of_storages_of_the_same_time_come_in_the_order_of_time(
    write_bag: WriteBag, tmp_path: Path
) -> None:
    (tmp_path / 'bags').mkdir()
    for i, name in enumerate(('left_0', 'right_0')):
        (path,) = write_bag(tmp_path / name, ROWS[i::2]).glob('*.mcap')
        shutil.copy(path, tmp_path / 'bags')
    rows, damage, notes = read(tmp_path / 'bags')
    assert (rows, damage) == (ROWS, '')
    assert 'left_0.mcap, right_0.mcap' in notes[1]


@pytest.mark.parametrize('name', ['x_3.db', 'x_3.sqlite', 'x_2.db3.bak'])
def test_a_storage_by_its_content_alone_is_told(name: str, loose: Callable[..., Path]) -> None:
    folder = loose('x_0.db3', 'x_1.db3', 'x_2.db3', storage='sqlite3')
    shutil.copy(folder / 'x_2.db3', folder / name)
    rows, damage, notes = read(folder)
    assert (rows, damage) == (ROWS, '')
    assert f'{name} is not read' in notes[1]


def test_bags_that_lie_in_a_folder_of_storages_are_told(
    loose: Callable[..., Path], write_bag: WriteBag
) -> None:
    folder = loose('x_0.mcap', 'x_1.mcap', 'x_2.mcap')
    write_bag(folder / 'kitchen', ROWS)
    rows, damage, notes = read(folder)
    assert (rows, damage) == (ROWS, '')
    assert f'replay {folder}/kitchen' in notes[1]


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('whole', ['both', 'packed', 'unpacked'])
def test_a_storage_that_lies_there_packed_and_unpacked_is_read_once(
    storage: str, whole: str, loose: Callable[..., Path]
) -> None:
    suffix = {'mcap': '.mcap', 'sqlite3': '.db3'}[storage]
    folder = loose(*(f'x_{i}{suffix}' for i in range(3)), storage=storage)
    path = folder / f'x_1{suffix}'
    packed = pack(path)
    broken = {'packed': path, 'unpacked': packed}.get(whole)
    if broken:
        broken.write_bytes(broken.read_bytes()[:-99])
    rows, damage, _ = read(folder)
    assert (rows, damage) == (ROWS, '')


@pytest.mark.parametrize('suffix', ['.zstd', '.zst'])
def test_packed_and_unpacked_storages_of_a_folder_keep_their_order(
    suffix: str, loose: Callable[..., Path]
) -> None:
    folder = loose('x_0.mcap', 'x_1.mcap', 'x_2.mcap')
    pack(folder / 'x_0.mcap').rename(folder / f'x_0.mcap{suffix}')
    (folder / 'x_0.mcap').unlink()
    pack(folder / 'x_2.mcap').rename(folder / f'x_2.mcap{suffix}')
    assert read(folder)[:2] == (ROWS, '')


def test_an_archive_of_a_storage_is_a_loss_unless_the_storage_lies_beside_it(
    loose: Callable[..., Path]
) -> None:
    folder = loose('x_0.mcap', 'x_1.mcap', 'x_2.mcap')
    with gzip.open(folder / 'x_1.mcap.gz', 'wb') as archive:
        archive.write((folder / 'x_1.mcap').read_bytes())
    assert read(folder)[:2] == (ROWS, '')
    (folder / 'x_1.mcap').unlink()
    rows, damage, _ = read(folder)
    assert rows == ROWS[:8] + ROWS[16:]
    assert 'x_1.mcap.gz' in damage and 'unpack it' in damage


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('compression', ['NONE', 'FILE'])
def test_a_storage_that_was_renamed_is_read_with_a_line(
    storage: str, compression: str, write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', ROWS, storage, compression)
    (file,) = path.glob('bag.*')
    file.rename(path / f'kitchen 2024{"".join(file.suffixes)}')
    rows, damage, (note,) = read(path)
    assert (rows, damage) == (ROWS, '')
    assert 'kitchen 2024' in note and file.name in note


@pytest.mark.parametrize('kept', [{0, 1, 2}, {0, 1}, {0, 2}, {2}])
@pytest.mark.parametrize('renamed', [{0, 1, 2}, {1}])
def test_storages_of_a_split_bag_that_were_renamed_are_read(
    kept: set[int], renamed: set[int], loose: Callable[..., Path], write_bag: WriteBag,
    tmp_path: Path,
) -> None:
    folder = loose('x_0.mcap', 'x_1.mcap', 'x_2.mcap')
    metadata = (write_bag(tmp_path / 'whole', ROWS) / 'metadata.yaml').read_text()
    names = '\n'.join(f'  - x_{i}.mcap' for i in range(3))
    (folder / 'metadata.yaml').write_text(metadata.replace('  - whole.mcap', names))
    for i in range(3):
        path = folder / f'x_{i}.mcap'
        if i not in kept:
            path.unlink()
        elif i in renamed:
            path.rename(folder / f'kitchen_{i}.mcap')
    rows, damage, notes = read(folder)
    assert rows == [row for i in sorted(kept) for row in ROWS[8 * i:8 * i + 8]]
    assert bool(damage) == (kept != {0, 1, 2})
    assert bool(notes) == bool(kept & renamed)


@pytest.mark.parametrize('is_packed', [True, False])
@pytest.mark.parametrize('stays', [True, False])
def test_a_storage_that_was_packed_or_unpacked_later_is_read_once_and_without_a_line(
    is_packed: bool, stays: bool, write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', ROWS, 'mcap', 'FILE' if is_packed else 'NONE')
    (file,) = path.glob('bag.*')
    if is_packed:
        content = zstandard.ZstdDecompressor().decompressobj().decompress(file.read_bytes())
        file.with_suffix('').write_bytes(content)
    else:
        pack(file)
    if not stays:
        file.unlink()
    assert read(path) == (ROWS, '', [])


def test_a_storage_of_another_suffix_is_found_by_the_metadata(
    write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', ROWS, 'sqlite3')
    (path / 'bag.db3').rename(path / 'bag.sqlite')
    metadata = path / 'metadata.yaml'
    metadata.write_text(metadata.read_text().replace('bag.db3', 'bag.sqlite'))
    shutil.copy(path / 'bag.sqlite', path / 'copy.db3')
    rows, damage, (note,) = read(path)
    assert (rows, damage) == (ROWS, '') and 'copy.db3 is not read' in note


def test_a_storage_that_the_metadata_does_not_name_is_told(
    write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', ROWS)
    shutil.copy(path / 'bag.mcap', path / 'bag (copy).mcap')
    rows, damage, (note,) = read(path)
    assert (rows, damage) == (ROWS, '')
    assert 'bag (copy).mcap is not read' in note


@pytest.mark.parametrize(('storage', 'name'), [('mcap', 'x.db3'), ('sqlite3', 'x.mcap')])
def test_a_storage_is_what_it_holds(
    storage: str, name: str, write_bag: WriteBag, tmp_path: Path
) -> None:
    (path,) = write_bag(tmp_path / 'bag', ROWS, storage).glob('bag.*')
    path = path.rename(tmp_path / name)
    assert read(path)[:2] == (ROWS, '')
    assert read(pack(path))[:2] == (ROWS, '')


def test_qos_in_the_metadata_is_no_reason_not_to_read(
    write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', ROWS, 'sqlite3')
    metadata = path / 'metadata.yaml'
    old = 'offered_qos_profiles: []'
    assert old in metadata.read_text()
    metadata.write_text(
        metadata.read_text().replace(old, 'offered_qos_profiles: [{reliability: as it likes}]')
    )
    assert read(path) == (ROWS, '', [])


def test_a_storage_that_is_a_pointer_of_git_lfs_is_told_as_that(
    loose: Callable[..., Path]
) -> None:
    folder = loose('x_0.mcap', 'x_1.mcap', 'x_2.mcap')
    (folder / 'x_1.mcap').write_bytes(LFS)
    rows, damage, _ = read(folder)
    assert rows == ROWS[:8] + ROWS[16:]
    assert 'x_1.mcap' in damage and 'git lfs pull' in damage


def test_the_database_of_another_program_is_told_as_that(tmp_path: Path) -> None:
    path = tmp_path / 'x.db3'
    file = sqlite3.connect(path)
    file.execute('CREATE TABLE thumbnails(id)')
    file.close()
    with pytest.raises(StartError, match='another program.*thumbnails') as refused:
        Bag(path)
    assert '.recover' not in str(refused.value)


def test_what_is_packed_and_no_storage_is_told_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / 'x.tar.zst'
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as archive:
        archive.add(__file__, 'x.py')
    path.write_bytes(zstandard.compress(buffer.getvalue()))
    with pytest.raises(StartError, match='tar archive'):
        Bag(path)


def killed(folder: Path, mode: str) -> Path:
    """Write an SQLite bag whose recorder was killed, with its log in a mode of SQLite's."""
    folder.mkdir()
    alive = folder / 'alive.db3'
    file = sqlite3.connect(alive, isolation_level=None)
    file.executescript(f"""
        CREATE TABLE topics(id INTEGER PRIMARY KEY, name, type, serialization_format);
        CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id, timestamp, data);
        INSERT INTO topics VALUES (1, '/ticks', '{EMPTY}', 'cdr');
        PRAGMA journal_mode = {mode};
        PRAGMA cache_size = 1;
    """)
    add = 'INSERT INTO messages VALUES (NULL, 1, ?, ?)'
    file.executemany(add, [row[2:] for row in ROWS])
    if mode != 'WAL':  # a transaction that is half in the file
        file.execute('BEGIN')
        file.executemany(add, [(BEGIN_NS + 99, bytes(5000))] * 200)
    for each in folder.glob('alive.db3*'):
        shutil.copy(each, folder / each.name.replace('alive', 'x'))
    file.close()
    for each in folder.glob('alive.db3*'):
        each.unlink()
    return folder / 'x.db3'


@pytest.mark.parametrize('mode', ['WAL', 'DELETE', 'PERSIST', 'TRUNCATE'])
@pytest.mark.parametrize('index', ['kept', 'lost', 'cannot be made'])
def test_what_lies_in_the_log_of_a_killed_recorder_is_read_and_nothing_is_changed(
    mode: str, index: str, tmp_path: Path
) -> None:
    path = killed(tmp_path / 'bag', mode)
    shm = Path(f'{path}-shm')
    if index != 'kept':
        shm.unlink(missing_ok=True)
    if index == 'cannot be made':  # as in a folder that is read-only
        shm.mkdir()
    before = {each: each.is_file() and each.read_bytes() for each in path.parent.iterdir()}
    log = f'{path}{"-wal" if mode == "WAL" else "-journal"}'
    assert before[Path(log)]
    assert read(path)[:2] == (ROWS, '')
    after = {each: each.is_file() and each.read_bytes() for each in path.parent.iterdir()}
    assert {each for each in before if each != shm and before[each] != after[each]} == set()
    assert before.keys() == after.keys()


def test_a_log_in_a_file_system_that_is_read_only_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = killed(tmp_path / 'bag', 'WAL')
    index = Path(f'{path}-shm')
    index.unlink()
    unlink = Path.unlink

    def refuse(it: Path, *args: Any, **options: Any) -> None:
        if it == index:
            raise OSError(errno.EROFS, 'Read-only file system')
        unlink(it, *args, **options)

    monkeypatch.setattr(Path, 'unlink', refuse)
    assert read(path)[:2] == (ROWS, '')


def test_a_log_whose_file_was_renamed_is_a_loss(tmp_path: Path) -> None:
    path = killed(tmp_path / 'bag', 'WAL')
    path.rename(path.with_name('kitchen.db3'))
    _, damage, _ = read(path.parent)
    assert 'x.db3-wal' in damage and 'fix: name that x.db3' in damage


def test_the_log_is_found_beside_the_file_that_a_link_leads_to(tmp_path: Path) -> None:
    link = tmp_path / 'link.db3'
    link.symlink_to(killed(tmp_path / 'bag', 'WAL'))
    assert read(link)[:2] == (ROWS, '')


def test_a_recorder_that_was_killed_at_once_left_an_empty_bag(tmp_path: Path) -> None:
    file = sqlite3.connect(tmp_path / 'x.db3')
    file.execute('PRAGMA user_version = 1')
    file.commit()
    file.close()
    assert read(tmp_path / 'x.db3')[:2] == ([], '')


def test_a_bag_of_another_folder_name(write_bag: WriteBag, tmp_path: Path) -> None:
    path: Any = write_bag(tmp_path / 'bag', ROWS).rename(tmp_path / 'Küche #2 100%')
    assert read(path) == (ROWS, '', [])
