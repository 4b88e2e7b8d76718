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

"""Bags are read whole, or up to their damage; rosbags writes most of them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import os
from pathlib import Path
import shutil
import sqlite3
import struct
from typing import Any

from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
import lz4.frame
from mcap.writer import CompressionType
from mcap.writer import IndexType
from mcap.writer import Writer
from movenet_ros.core.errors import StartError
from movenet_ros.core.source_kind import BAGS
from movenet_ros.core.source_kind import kind_of
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.bag.topic import Message
from movenet_ros.replay.source import BagSource
import pytest
import zstandard

WriteBag = Callable[..., Path]
Row = tuple[str, str, int, bytes]

STRING, EMPTY = 'std_msgs/msg/String', 'std_msgs/msg/Empty'
BEGIN_NS = 1_700_000_000 * 10**9
MAGIC = b'\x89MCAP0\r\n'
HEADER, SCHEMA, CHANNEL, MESSAGE, CHUNK = 1, 3, 4, 5, 6

one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope='module')
def rows(typestore: Any) -> list[Row]:
    """Give messages of two topics, not all of one size."""
    make = typestore.types[STRING]
    return [
        (
            ('/words', STRING, BEGIN_NS + i, bytes(typestore.serialize_cdr(make('x' * i), STRING)))
            if i % 3
            else ('/ticks', EMPTY, BEGIN_NS + i, b'\0\1\0\0\0\0\0\0')
        )
        for i in range(40)
    ]


def read(path: Path) -> tuple[list[Row], str]:
    """Read all that a bag has, and what is wrong with it."""
    bag = Bag(path)
    try:
        return list(map(row, bag.messages())), bag.damage
    finally:
        bag.close()


def notes(path: Path) -> list[str]:
    """Return what is unusual about a bag of which nothing is lost."""
    bag = Bag(path)
    bag.close()
    return bag.notes


def row(message: Message) -> Row:
    """Flatten a message."""
    return message.topic.name, message.topic.msg_type, message.received_ns, message.data


def text(part: str) -> bytes:
    """Write a string as MCAP does."""
    return struct.pack('<I', len(part)) + part.encode()


def record(kind: int, body: bytes) -> bytes:
    """Write a record as MCAP does."""
    return struct.pack('<BQ', kind, len(body)) + body


def mcap(rows: Sequence[Row], chunk_rows: int = 0, compression: str = '') -> list[bytes]:
    """
    Write an MCAP file without an index, as its magic and records.

    :param chunk_rows: messages in each chunk; 0 for no chunks.
    """
    pieces = [MAGIC, record(HEADER, text('ros2') + text('a test'))]
    pending: list[bytes] = []
    ids: dict[str, int] = {}
    for i, (topic, msg_type, at_ns, data) in enumerate(rows):
        if topic not in ids:
            ids[topic] = len(ids) + 1
            named = text(msg_type) + text('ros2msg') + text('string data')
            pending.append(record(SCHEMA, struct.pack('<H', ids[topic]) + named))
            of_schema = struct.pack('<HH', ids[topic], ids[topic])
            named = text(topic) + text('cdr') + struct.pack('<I', 0)
            pending.append(record(CHANNEL, of_schema + named))
        head = struct.pack('<HIQQ', ids[topic], i, at_ns, at_ns)
        pending.append(record(MESSAGE, head + data))
        if not chunk_rows:
            pieces += pending
            pending = []
        elif (i + 1) % chunk_rows == 0 or i + 1 == len(rows):
            pieces.append(chunk(b''.join(pending), compression))
            pending = []
    return pieces


def chunk(content: bytes, compression: str) -> bytes:
    """Write a chunk as MCAP does."""
    packed = lz4.frame.compress(content) if compression == 'lz4' else content
    times = struct.pack('<QQQI', 0, 2**63, len(content), 0)
    return record(CHUNK, times + text(compression) + struct.pack('<Q', len(packed)) + packed)


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('compression', ['NONE', 'MESSAGE', 'FILE'])
def test_a_whole_bag_comes_out_as_it_went_in(
    storage: str, compression: str, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', rows, storage, compression)
    assert read(path) == (rows, '')


def test_compressed_messages_that_do_not_state_their_size(
    rows: list[Row], tmp_path: Path
) -> None:
    pack = zstandard.ZstdCompressor(write_content_size=False).compress
    sqlite_bag(tmp_path / 'x.db3', [(*each[:3], pack(each[3])) for each in rows]).close()
    assert read(tmp_path / 'x.db3') == (rows, '')


def test_compressed_chunks(rows: list[Row], write_bag: WriteBag, tmp_path: Path) -> None:
    assert read(write_bag(tmp_path / 'bag', rows, 'mcap', 'STORAGE')) == (rows, '')


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_bag_can_be_read_again(
    storage: str, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    """Once it is looked into for the rate of a video."""
    bag = Bag(write_bag(tmp_path / 'bag', rows, storage))
    next(bag.messages())
    assert [row(each) for each in bag.messages()] == rows
    bag.close()


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('folder', ['bag', 'run #2', '10%20', 'what?'])
def test_a_storage_file_of_a_bag(
    storage: str, folder: str, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    (path,) = write_bag(tmp_path / 'bag', rows, storage).glob('bag.*')
    (tmp_path / folder).mkdir(exist_ok=True)
    path = path.rename(tmp_path / folder / path.name)
    assert kind_of(path).form in BAGS
    assert read(path) == (rows, '')


def test_topics(rows: list[Row], write_bag: WriteBag, tmp_path: Path) -> None:
    bag = Bag(write_bag(tmp_path / 'bag', rows))
    words = next(each for each in bag.topics if each.name == '/words')
    bag.close()
    assert (words.msg_type, words.count) == (STRING, sum(each[0] == '/words' for each in rows))
    assert 'string data' in words.definition


def sqlite_bag(path: Path, rows: Sequence[Row]) -> sqlite3.Connection:
    """Write an SQLite file as Humble does: no message definitions, no hashes."""
    file = sqlite3.connect(path)
    file.executescript("""
        CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
            serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);
        CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,
            timestamp, data);
    """)
    names = list(dict.fromkeys(each[:2] for each in rows))
    for each in names:
        file.execute("INSERT INTO topics VALUES (NULL, ?, ?, 'cdr', '- history: 3')", each)
    insert(file, [(1 + names.index(each[:2]), *each[2:]) for each in rows])
    return file


def insert(file: sqlite3.Connection, messages: Sequence[tuple[int, int, bytes]]) -> None:
    """Insert messages, each with the number of its topic."""
    file.executemany('INSERT INTO messages VALUES (NULL, ?, ?, ?)', messages)
    file.commit()


def test_a_bag_of_humble_has_no_definitions(rows: list[Row], tmp_path: Path) -> None:
    sqlite_bag(tmp_path / 'x.db3', rows).close()
    assert read(tmp_path / 'x.db3') == (rows, '')
    bag = Bag(tmp_path / 'x.db3')
    bag.close()
    assert {(each.definition, each.type_hash, each.qos) for each in bag.topics} == {
        ('', '', '- history: 3')
    }


def test_what_a_killed_recorder_left_in_the_log_of_sqlite_is_read(
    rows: list[Row], tmp_path: Path
) -> None:
    (tmp_path / 'a').mkdir()
    file = sqlite_bag(tmp_path / 'a' / 'x.db3', rows[:30])
    file.execute('PRAGMA journal_mode = WAL')
    insert(file, [(1 if each[0] == rows[0][0] else 2, *each[2:]) for each in rows[30:]])
    shutil.copytree(tmp_path / 'a', tmp_path / 'b')
    file.close()
    assert (tmp_path / 'b' / 'x.db3-wal').stat().st_size
    assert read(tmp_path / 'b' / 'x.db3') == (rows, '')


@pytest.mark.parametrize('profile', ['ros2', ''])
@pytest.mark.parametrize('repeats', [True, False])
@pytest.mark.parametrize('index', [IndexType.ALL, IndexType.NONE])
def test_what_the_format_lets_a_writer_leave_out_is_no_damage(
    profile: str, repeats: bool, index: IndexType, rows: list[Row], tmp_path: Path
) -> None:
    path = tmp_path / 'x.mcap'
    writer = Writer(
        str(path), index_types=index, repeat_channels=repeats, repeat_schemas=repeats,
        use_statistics=repeats, compression=CompressionType.LZ4, chunk_size=200,
    )
    writer.start(profile)
    odd = writer.register_channel('/odd', 'json', 0)
    writer.add_message(odd, BEGIN_NS - 1, b'{}', 0)
    channels: dict[str, int] = {}
    for topic, msg_type, at_ns, data in rows:
        if topic not in channels:
            schema = writer.register_schema(msg_type, 'ros2msg', b'string data')
            channels[topic] = writer.register_channel(topic, 'cdr', schema)
        writer.add_message(channels[topic], at_ns, data, at_ns)
    writer.finish()
    assert read(path) == ([('/odd', '', BEGIN_NS - 1, b'{}'), *rows], '')


@pytest.mark.parametrize('has_counts', [True, False])
@pytest.mark.parametrize('between', [0, 3])
def test_an_index_that_does_not_know_all_messages_is_no_damage(
    has_counts: bool, between: int, tmp_path: Path
) -> None:
    """The format allows messages between chunks, and no counts; the library writes neither."""
    path = tmp_path / 'x.mcap'
    writer: Any = Writer(str(path))
    writer.start('')
    schema = writer.register_schema(EMPTY, 'ros2msg', b'')
    channel = writer.register_channel('/ticks', 'cdr', schema)
    rows = [('/ticks', EMPTY, BEGIN_NS + i, b'\0\1\0\0') for i in range(9)]
    for i, row in enumerate(rows):
        if i == 5:
            writer._Writer__finalize_chunk()
        builder = writer._Writer__chunk_builder
        if 5 <= i < 5 + between:
            writer._Writer__chunk_builder = None
        writer.add_message(channel, row[2], row[3], row[2])
        writer._Writer__chunk_builder = builder
    if not has_counts:
        writer._Writer__statistics.channel_message_counts.clear()
    writer.finish()
    found, damage = read(path)
    assert (sorted(found), damage) == (rows, '')


FORMS: dict[str, tuple[int, str]] = {
    'no chunks': (0, ''), 'chunks': (7, ''), 'lz4': (7, 'lz4'),
}


@pytest.mark.parametrize('form', FORMS)
@one_folder
@given(share=st.floats(0, 1))
def test_mcap_that_breaks_off_is_read_to_its_last_whole_record(
    form: str, share: float, rows: list[Row], tmp_path: Path
) -> None:
    chunk_rows, compression = FORMS[form]
    pieces = mcap(rows, chunk_rows, compression)
    cut = round(share * sum(map(len, pieces)))
    path = tmp_path / 'x.mcap'
    path.write_bytes(b''.join(pieces)[:cut])
    ends = [sum(map(len, pieces[:i + 1])) for i in range(len(pieces))]
    whole = pieces[:sum(end <= cut for end in ends)]
    messages = sum(each[0] == MESSAGE for each in whole)
    chunks = sum(each[0] == CHUNK for each in whole)
    try:
        found, damage = read(path)
    except StartError:
        assert messages == chunks == 0
    else:
        assert found == rows[:messages + chunks * chunk_rows]
        assert f'after {len(found)} messages' in damage and 'mcap recover' in damage


@pytest.mark.parametrize('compression', ['NONE', 'STORAGE'])
def test_mcap_that_breaks_off_behind_its_last_message_is_whole(
    compression: str, write_bag: WriteBag, tmp_path: Path
) -> None:
    data = b'\0\1\0\0\0\0\0\0'
    many = [('/ticks', EMPTY, BEGIN_NS + i, data) for i in range(2_000)]
    path = write_bag(tmp_path / 'bag', many, 'mcap', compression)
    (path / 'metadata.yaml').unlink()
    (storage,) = path.glob('*.mcap')
    storage.write_bytes(storage.read_bytes()[:-100])
    found, damage = read(path)
    assert (found, damage) == (many, '')
    assert 'bag.mcap: it breaks off' in notes(path)[1]


@one_folder
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), form=st.sampled_from([*FORMS]))
def test_mcap_with_a_wrong_byte_is_read_or_refused(
    place: int, value: int, form: str, rows: list[Row], tmp_path: Path
) -> None:
    content = bytearray(b''.join(mcap(rows, *FORMS[form])))
    content[place % len(content)] = value
    path = tmp_path / 'x.mcap'
    path.write_bytes(content)
    try:
        _, damage = read(path)
    except StartError as error:
        assert str(path) in str(error) and str(error).isprintable()
    else:
        assert damage and damage.isprintable()


@pytest.mark.parametrize('has_index', [True, False])
def test_mcap_is_read_around_a_damaged_chunk(
    has_index: bool, write_bag: WriteBag, tmp_path: Path
) -> None:
    data = bytes(2**19)
    many = [('/ticks', EMPTY, BEGIN_NS + i, data) for i in range(8)]  # two in a chunk
    path = write_bag(tmp_path / 'bag', many, 'mcap', 'STORAGE')
    (storage,) = path.glob('*.mcap')
    content = bytearray(storage.read_bytes())
    third = [i for i in range(len(content)) if content[i:i + 4] == b'\x28\xb5\x2f\xfd'][2]
    content[third:third + 12] = b'no zstandard'
    storage.write_bytes(content if has_index else content[:-9])
    found, damage = read(path)
    assert found == many[:4] + many[6:]
    assert damage.startswith(f'{path} is damaged: ') and '1 of its ' in damage


def test_mcap_files_in_one_another_are_told(
    rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    parts = [write_bag(tmp_path / f'bag{i}', rows[20 * i:20 * i + 20]) for i in range(2)]
    first, second = (next(each.glob('*.mcap')) for each in parts)
    both = tmp_path / 'both.mcap'
    both.write_bytes(first.read_bytes() + second.read_bytes())
    found, damage = read(both)
    assert found == rows[:20]
    assert f'tail -c +{first.stat().st_size + 1} ' in damage


@pytest.mark.parametrize('encoding', ['CDR', 'cdr_le'])
def test_mcap_of_other_writers(encoding: str, tmp_path: Path) -> None:
    """They spell the encoding otherwise, and MCAP has times that ROS 2 has not."""
    writer = Writer(str(tmp_path / 'x.mcap'))
    writer.start('')
    schema = writer.register_schema(EMPTY, 'ros2msg', b'')
    channel = writer.register_channel('/ticks', encoding, schema)
    for i in range(3):
        writer.add_message(channel, 2**64 - 3 + i, b'\0\1\0\0', 0)
    writer.finish()
    bag = Bag(tmp_path / 'x.mcap')
    received = [each.received_ns for each in bag.messages()]
    bag.close()
    assert received == 3 * [2**63 - 1]
    assert (bag.topics[0].serialization, bag.damage) == ('cdr', '')


@one_folder
@given(share=st.floats(0.01, 0.99))
def test_sqlite_that_breaks_off_is_told_with_what_recovers_it(
    share: float, rows: list[Row], tmp_path: Path
) -> None:
    whole, path = tmp_path / 'whole.db3', tmp_path / 'x.db3'
    large = [(*each[:3], each[3] + b'x' * 3000) for each in rows]
    if not whole.exists():
        sqlite_bag(whole, large).close()
    content = whole.read_bytes()
    path.write_bytes(content[:1 + int(share * (len(content) - 1))])
    try:
        found, damage = read(path)
    except StartError as error:
        found, damage = [], str(error)
    assert found == large[:len(found)]
    assert '.recover' in damage


@pytest.mark.parametrize('value', [-5, 'soon', None, 2.0**64])
@pytest.mark.parametrize('column', ['timestamp', 'data'])
def test_a_row_that_is_no_message_is_left_out(
    column: str, value: Any, rows: list[Row], tmp_path: Path
) -> None:
    path = tmp_path / 'x.db3'
    file = sqlite_bag(path, rows)
    file.execute(f'UPDATE messages SET {column} = ? WHERE id = 4', (value,))
    file.commit()
    file.close()
    found, damage = read(path)
    assert found == rows[:3] + rows[4:]
    assert damage.isprintable() and '1 of its rows' in damage


def test_a_row_of_no_topic_is_left_out(rows: list[Row], tmp_path: Path) -> None:
    file = sqlite_bag(tmp_path / 'x.db3', rows)
    insert(file, [(99, BEGIN_NS, b'\0\1\0\0')])
    file.close()
    found, damage = read(tmp_path / 'x.db3')
    assert found == rows
    assert '1 of its rows' in damage


@pytest.mark.parametrize('more', [0, 99])
def test_sqlite_that_is_cut_is_read_as_far_as_it_is_there(
    more: int, rows: list[Row], tmp_path: Path
) -> None:
    """Cut where a page ends, SQLite reads nothing of it at first; else, zeros for half a page."""
    path = tmp_path / 'x.db3'
    large = [(*each[:3], each[3] + b'x' * 9000) for each in rows]
    sqlite_bag(path, large).close()
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2 // 4096 * 4096 + more])
    found, damage = read(path)
    assert found == large[:len(found)] and len(found) > len(large) // 3
    assert '.recover' in damage


@pytest.fixture
def split_bag(rows: list[Row], write_bag: WriteBag, tmp_path: Path) -> Path:
    """Give a bag of twelve files, two of them with two digits."""
    folder = tmp_path / 'split'
    folder.mkdir()
    names = []
    for i in range(12):
        part = write_bag(tmp_path / f'split_{i}', rows[3 * i:3 * i + 3])
        names.append(f'split_{i}.mcap')
        shutil.copy(part / names[-1], folder)
        if not i:
            metadata = (part / 'metadata.yaml').read_text()
    metadata = metadata.replace('- split_0.mcap', '\n'.join(f'  - {each}' for each in names)[2:])
    (folder / 'metadata.yaml').write_text(metadata)
    return folder


def test_a_split_bag_is_one(split_bag: Path, rows: list[Row]) -> None:
    assert read(split_bag) == (rows[:36], '')
    bag = Bag(split_bag)
    bag.close()
    assert {each.name: each.count for each in bag.topics} == {'/ticks': 12, '/words': 24}


def test_a_split_bag_is_read_around_a_file_that_is_missing(
    split_bag: Path, rows: list[Row]
) -> None:
    (split_bag / 'split_2.mcap').unlink()
    found, damage = read(split_bag)
    assert found == rows[:6] + rows[9:36]
    assert 'after 6 messages' in damage and 'split_2.mcap: it is missing' in damage


def test_a_split_bag_is_read_behind_a_file_that_breaks_off(
    split_bag: Path, rows: list[Row]
) -> None:
    path = split_bag / 'split_2.mcap'
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 4])
    found, damage = read(split_bag)
    assert found[-27:] == rows[9:36]
    assert 'split_2.mcap' in damage and 'mcap recover' in damage


def test_fewer_messages_than_the_metadata_says_are_damage(split_bag: Path) -> None:
    path = split_bag / 'metadata.yaml'
    path.write_text(path.read_text().replace('  message_count: 3\n', '  message_count: 99\n'))
    assert 'promises 99' in read(split_bag)[1]


@pytest.mark.parametrize(
    'content',
    [
        None, '', 'rosbag2_bagfile_information: 3', '{', '[' * 3000, 'a: [b',
        'rosbag2_bagfile_information: {message_count: many, relative_file_paths: []}',
        'rosbag2_bagfile_information: {message_count: 0, relative_file_paths: []}',
    ],
    ids=['none', 'empty', 'a number', 'broken off', 'nested', 'no YAML', 'no count', 'no names'],
)
def test_without_metadata_the_files_come_in_their_order(
    content: str | None, split_bag: Path, rows: list[Row]
) -> None:
    (split_bag / 'metadata.yaml').unlink()
    if content is not None:
        (split_bag / 'metadata.yaml').write_text(content)
    assert read(split_bag) == (rows[:36], '')
    (note,) = notes(split_bag)
    assert 'metadata.yaml' in note and 'ros2 bag reindex' in note


@pytest.mark.parametrize(
    ('name', 'content', 'words'),
    [
        ('x.mcap', b'', 'empty'),
        ('x.db3', b'', 'is empty'),
        ('x.mcap', b'rubbish' * 9, 'is a text file'),
        ('x.mcap', b'\xffubbish' * 9, 'is no MCAP file'),
        ('x.mcap', MAGIC, 'nothing of'),
        ('x.mcap.zstd', b'rubbish' * 9, 'nothing of'),
        ('x.db3', b'rubbish' * 99, 'nothing of'),
    ],
)
def test_a_file_that_is_no_bag_is_refused(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(StartError) as refused:
        Bag(path)
    assert words in str(refused.value) and str(refused.value).isprintable()
    assert str(path) in str(refused.value)


@pytest.mark.parametrize('name', ['bag.mcap', 'bag.db3', 'bag.mcap.zstd', 'metadata.yaml'])
def test_a_pipe_is_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(StartError):
        Bag(tmp_path)


@pytest.mark.parametrize(
    ('old', 'new'),
    [(b'std_msgs/msg/String', b'std_msgs\0\x80sg/String'), (b'CREATE TABLE', b'CREATE\x80TABL')],
)
def test_what_is_no_text_is_told_in_one_line(
    old: bytes, new: bytes, rows: list[Row], tmp_path: Path
) -> None:
    path = tmp_path / 'x.db3'
    sqlite_bag(path, rows).close()
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    with pytest.raises(StartError) as refused:
        BagSource(path, '/words')
    assert str(refused.value).isprintable()
