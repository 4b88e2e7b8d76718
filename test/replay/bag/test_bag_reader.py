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

"""Bags are read whole, or up to their damage."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import os
from pathlib import Path
import shutil
import sqlite3
import struct
import tracemalloc
from typing import Any

from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
import lz4.frame
from movenet_ros.core.errors import StartError
from movenet_ros.replay.bag import unpacking
from movenet_ros.replay.bag.definitions import definition_of
from movenet_ros.replay.bag.definitions import hash_of
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.bag.reader import is_bag
from movenet_ros.replay.bag.reader import Message
from movenet_ros.replay.source import BagSource
import pytest
from rosbags.rosbag2.storage_mcap import zstd

WriteBag = Callable[..., Path]
Row = tuple[str, str, int, bytes]

STRING, EMPTY = 'std_msgs/msg/String', 'std_msgs/msg/Empty'
BEGIN_NS = 1_700_000_000 * 10**9
MAGIC = b'\x89MCAP0\r\n'
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK = 1, 2, 3, 4, 5, 6

slow_fixtures = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


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
    """Read all that there is of a bag, and what is said of its damage."""
    bag = Bag(path)
    try:
        return list(map(row, bag.messages())), bag.damage
    finally:
        bag.close()


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


def test_compressed_chunks(rows: list[Row], write_bag: WriteBag, tmp_path: Path) -> None:
    assert read(write_bag(tmp_path / 'bag', rows, 'mcap', 'STORAGE')) == (rows, '')


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_storage_file_of_a_bag(
    storage: str, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    (path,) = write_bag(tmp_path / 'bag', rows, storage).glob('bag.*')
    assert is_bag(path)
    assert read(path) == (rows, '')


def test_topics(rows: list[Row], write_bag: WriteBag, tmp_path: Path) -> None:
    bag = Bag(write_bag(tmp_path / 'bag', rows))
    words = next(each for each in bag.topics if each.name == '/words')
    bag.close()
    assert (words.msg_type, words.count) == (STRING, sum(each[0] == '/words' for each in rows))
    assert 'string data' in words.definition
    assert words.type_hash.startswith('RIHS01_')


HUMBLE = """rosbag2_bagfile_information:
  version: 5
  storage_identifier: sqlite3
  duration: {{nanoseconds: 39}}
  starting_time: {{nanoseconds_since_epoch: 1700000000000000000}}
  message_count: {count}
  topics_with_message_count:
    - topic_metadata:
        name: /words
        type: std_msgs/msg/String
        serialization_format: cdr
        offered_qos_profiles: "{qos}"
      message_count: {count}
  compression_format: ""
  compression_mode: ""
  relative_file_paths: [humble_0.db3]
  files:
    - path: humble_0.db3
      starting_time: {{nanoseconds_since_epoch: 1700000000000000000}}
      duration: {{nanoseconds: 39}}
      message_count: {count}
"""
QOS = (
    '- history: 3\\n  depth: 0\\n  reliability: 1\\n  durability: 2\\n'
    '  deadline:\\n    sec: 9223372036\\n    nsec: 854775807\\n'
    '  lifespan:\\n    sec: 9223372036\\n    nsec: 854775807\\n'
    '  liveliness: 1\\n  liveliness_lease_duration:\\n    sec: 9223372036\\n'
    '    nsec: 854775807\\n  avoid_ros_namespace_conventions: false'
)


@pytest.fixture
def humble_bag(rows: list[Row], tmp_path: Path) -> tuple[Path, list[Row]]:
    """Write a bag as Humble does: no message definitions, no hashes."""
    words = [each for each in rows if each[0] == '/words']
    path = tmp_path / 'humble'
    path.mkdir()
    (path / 'metadata.yaml').write_text(HUMBLE.format(count=len(words), qos=QOS))
    file = sqlite3.connect(path / 'humble_0.db3')
    file.executescript("""
        CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
        CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL,
            metadata TEXT NOT NULL);
        CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
            serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);
        CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,
            timestamp INTEGER NOT NULL, data BLOB NOT NULL);
        CREATE INDEX timestamp_idx ON messages (timestamp ASC);
        INSERT INTO schema VALUES (3, 'humble');
    """)
    qos = QOS.replace('\\n', '\n')
    file.execute('INSERT INTO topics VALUES (1, ?, ?, ?, ?)', ('/words', STRING, 'cdr', qos))
    for _, _, at_ns, data in words:
        file.execute(
            'INSERT INTO messages (topic_id, timestamp, data) VALUES (1, ?, ?)', (at_ns, data)
        )
    file.commit()
    file.close()
    return path, words


def test_a_bag_of_humble(humble_bag: tuple[Path, list[Row]]) -> None:
    path, words = humble_bag
    assert read(path) == (words, '')


def test_a_bag_of_humble_has_no_definitions(humble_bag: tuple[Path, list[Row]]) -> None:
    bag = Bag(humble_bag[0])
    (topic,) = bag.topics
    bag.close()
    assert (topic.definition, topic.type_hash) == ('', '')
    assert len(topic.qos) == 1


def test_a_damaged_bag_of_humble_has_its_topic(humble_bag: tuple[Path, list[Row]]) -> None:
    path, words = humble_bag
    (path / 'metadata.yaml').unlink()
    found, damage = read(path)
    assert found == words
    assert 'metadata.yaml is missing' in damage


FORMS: dict[str, tuple[int, str]] = {
    'no chunks': (0, ''), 'chunks': (7, ''), 'lz4': (7, 'lz4'),
}


@pytest.mark.parametrize('form', FORMS)
@slow_fixtures
@given(share=st.floats(0, 1))
def test_mcap_that_breaks_off_is_read_to_its_last_whole_record(
    form: str, share: float, rows: list[Row], tmp_path: Path
) -> None:
    pieces = mcap(rows, *FORMS[form])
    content = b''.join(pieces)
    cut = max(len(pieces[0]) + len(pieces[1]), round(share * len(content)))
    path = tmp_path / 'x.mcap'
    path.write_bytes(content[:cut])
    found, damage = read(path)
    whole = 0
    while whole < len(pieces) and sum(map(len, pieces[:whole + 1])) <= cut:
        whole += 1
    in_them = [each for piece in pieces[2:whole] for each in rows if in_piece(each, piece, form)]
    assert found == in_them
    assert f'after {len(found)} messages' in damage and 'breaks off' in damage


def in_piece(one: Row, piece: bytes, form: str) -> bool:
    """Tell whether a message lies in a piece of an MCAP file."""
    content = piece
    if form == 'lz4':
        content = lz4.frame.decompress(piece[9 + 28 + 4 + len('lz4') + 8:])
    return struct.pack('<QQ', one[2], one[2]) in content


@pytest.mark.parametrize('compression', ['NONE', 'STORAGE'])
def test_mcap_of_a_killed_recorder(
    compression: str, typestore: Any, write_bag: WriteBag, tmp_path: Path
) -> None:
    data = b'\0\1\0\0\0\0\0\0'
    many = [('/ticks', EMPTY, BEGIN_NS + i, data) for i in range(60_000)]  # two chunks
    path = write_bag(tmp_path / 'bag', many, 'mcap', compression)
    (path / 'metadata.yaml').unlink()
    (storage,) = path.glob('*.mcap')
    storage.write_bytes(storage.read_bytes()[:-400])
    found, damage = read(path)
    assert found == many
    assert 'bag.mcap: its index' in damage


@slow_fixtures
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), form=st.sampled_from([*FORMS]))
def test_mcap_with_a_wrong_byte_is_read_or_refused(
    place: int, value: int, form: str, rows: list[Row], tmp_path: Path
) -> None:
    content = bytearray(b''.join(mcap(rows, *FORMS[form])))
    content[place % len(content)] = value
    path = tmp_path / 'x.mcap'
    path.write_bytes(content)
    try:
        found, damage = read(path)
    except StartError as error:
        assert str(path) in str(error)
    else:
        assert len(found) <= len(rows) and damage


def test_messages_out_of_order_are_no_damage(rows: list[Row], tmp_path: Path) -> None:
    """A recorder writes what it takes first, of several topics."""
    mixed = [rows[1], rows[0], *rows[2:]]
    path = tmp_path / 'x.mcap'
    path.write_bytes(b''.join(mcap(mixed)))
    assert read(path)[0] == mixed


def test_a_damaged_chunk_ends_an_indexed_bag(write_bag: WriteBag, tmp_path: Path) -> None:
    data = bytes(2**19)
    many = [('/ticks', EMPTY, BEGIN_NS + i, data) for i in range(12)]  # two in a chunk
    path = write_bag(tmp_path / 'bag', many, 'mcap', 'STORAGE')
    (storage,) = path.glob('*.mcap')
    content = bytearray(storage.read_bytes())
    third = [i for i in range(len(content)) if content[i:i + 4] == b'\x28\xb5\x2f\xfd'][2]
    content[third:third + 12] = b'no zstandard'
    storage.write_bytes(content)
    found, damage = read(path)
    assert found == many[:4]
    assert damage.startswith(f'{path} is damaged: after 4 messages')


@slow_fixtures
@given(share=st.floats(0, 1))
def test_sqlite_that_breaks_off_is_read_as_far_as_possible(
    share: float, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    folder = tmp_path / 'bag'
    if not folder.exists():
        large = [(*each[:3], each[3] + bytes(5000)) for each in rows]
        write_bag(folder, large, 'sqlite3')
    content = (folder / 'bag.db3').read_bytes()
    path = tmp_path / 'x.db3'
    path.write_bytes(content[:round(share * (len(content) - 1))])
    try:
        found, damage = read(path)
    except StartError as error:
        assert share < 0.3, error
        return
    assert [each[2] for each in found] == [each[2] for each in rows[:len(found)]]
    assert len(found) >= (share - 0.3) * len(rows)  # in steps of a page of rows
    assert damage


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


def test_a_missing_file_ends_a_split_bag(split_bag: Path, rows: list[Row]) -> None:
    (split_bag / 'split_2.mcap').unlink()
    found, damage = read(split_bag)
    assert found == rows[:6]
    assert 'split_2.mcap is missing' in damage


@pytest.mark.parametrize('content', [None, '', 'rosbag2_bagfile_information: 3', '{', 'a: [b'])
def test_without_metadata_the_files_come_in_their_order(
    content: str | None, split_bag: Path, rows: list[Row]
) -> None:
    (split_bag / 'metadata.yaml').unlink()
    if content is not None:
        (split_bag / 'metadata.yaml').write_text(content)
    found, damage = read(split_bag)
    assert found == rows[:36]
    assert 'metadata.yaml is' in damage


@pytest.mark.parametrize(
    ('name', 'content', 'words'),
    [
        ('x.mcap', b'', 'is empty'),
        ('x.db3', b'', 'is empty'),
        ('x.mcap', b'rubbish' * 9, 'is no MCAP file'),
        ('x.mcap', MAGIC, 'nothing of'),
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
    assert words in str(refused.value) and '\n' not in str(refused.value)


def bomb(compression: str, size: int, promised: int) -> bytes:
    """Write a chunk that unpacks to other than it says."""
    compress = lz4.frame.compress if compression == 'lz4' else zstd.compress
    packed = compress(bytes(size))
    head = struct.pack('<QQQI', 0, 2**62, promised, 0) + text(compression)
    return record(CHUNK, head + struct.pack('<Q', len(packed)) + packed)


@pytest.mark.parametrize('compression', ['lz4', 'zstd'])
@pytest.mark.parametrize('promised', [100, 2**40, 2**64 - 1])
def test_a_chunk_is_unpacked_to_no_more_than_it_says_and_is_allowed(
    compression: str, promised: int, rows: list[Row], tmp_path: Path
) -> None:
    path = tmp_path / 'bomb.mcap'
    path.write_bytes(b''.join(mcap(rows[:5])) + bomb(compression, 30_000_000, promised))
    tracemalloc.start()
    try:
        found, damage = read(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == rows[:5]
    assert damage
    assert most < 20_000_000


def test_a_compressed_message_is_unpacked_with_a_limit(
    rows: list[Row], write_bag: WriteBag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, 'MAX_BYTES', 10)
    path = write_bag(tmp_path / 'bag', rows, 'mcap', 'MESSAGE')
    assert 'bytes in one piece, at most 10 are unpacked' in read(path)[1]


@pytest.mark.parametrize('is_whole', [True, False])
def test_a_compressed_file_does_not_fill_the_disk(
    is_whole: bool,
    rows: list[Row],
    write_bag: WriteBag,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unpacking, 'SPARE_BYTES', 2**70)
    path = write_bag(tmp_path / 'bag', rows, 'mcap', 'FILE')
    if not is_whole:
        (path / 'metadata.yaml').unlink()
    with pytest.raises(StartError, match='cannot unpack .*: No space left on device'):
        Bag(path)


def test_a_compressed_file_is_unpacked_to_no_more_than_is_likely(
    write_bag: WriteBag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, 'LEAST_BYTES', 1)
    black = bytes(10_000_000)
    path = write_bag(tmp_path / 'bag', [('/ticks', EMPTY, 1, black)] * 3, 'mcap', 'FILE')
    with pytest.raises(StartError, match='cannot unpack .*: File too large'):
        Bag(path)


@pytest.mark.parametrize('name', ['bag.mcap', 'bag.db3', 'bag.mcap.zstd', 'metadata.yaml'])
def test_a_pipe_is_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(StartError):
        Bag(tmp_path)


@pytest.mark.parametrize(
    'sql',
    [
        'CREATE VIEW schema AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)'
        ' SELECT max(i) FROM n',
        'CREATE TABLE more(a, b GENERATED ALWAYS AS (zeroblob(900000000)))',
        'CREATE TRIGGER t AFTER INSERT ON topics BEGIN SELECT 1; END',
    ],
)
def test_a_bag_whose_tables_are_computed_is_refused(
    sql: str, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    (path,) = write_bag(tmp_path / 'bag', rows, 'sqlite3').glob('*.db3')
    with sqlite3.connect(path) as file:
        file.execute('DROP TABLE schema')
        file.execute(sql)
    file.close()
    with pytest.raises(StartError, match='it has tables that are computed'):
        Bag(path)


@pytest.mark.parametrize(
    ('column', 'value'),
    [('timestamp', -5), ('timestamp', 'soon'), ('timestamp', None), ('data', 'text'), ('data', 3)],
)
def test_a_message_that_cannot_be_is_where_a_bag_ends(
    column: str, value: Any, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    (path,) = write_bag(tmp_path / 'bag', rows, 'sqlite3').glob('*.db3')
    with sqlite3.connect(path) as file:
        file.execute('CREATE TABLE copy(id INTEGER, topic_id INTEGER, timestamp, data)')
        file.execute('INSERT INTO copy SELECT * FROM messages')
        file.execute('DROP TABLE messages')
        file.execute('ALTER TABLE copy RENAME TO messages')
        file.execute(f'UPDATE messages SET {column} = ? WHERE id = 4', (value,))
    file.close()
    found, damage = read(path)
    assert len(found) < len(rows)
    assert damage.isprintable() and 'is damaged' in damage


@pytest.mark.parametrize(
    ('old', 'new'),
    [('name: /words', 'name: 3'), ('message_count: 14', 'message_count: many'),
     ('message_count: 14', 'message_count: -1'),
     ('message_count: 14', 'message_count: 1' + '0' * 400),
     ('type: std_msgs/msg/String', 'type: [a]')],
)
def test_topics_that_are_described_as_something_else_are_refused(
    old: str, new: str, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', rows)
    metadata = (path / 'metadata.yaml').read_text()
    assert old in metadata
    (path / 'metadata.yaml').write_text(metadata.replace(old, new))
    with pytest.raises(StartError, match='its topics are not described as such'):
        Bag(path)


@pytest.mark.parametrize('content', ['[' * 3000, '{a: ' * 3000, '#' * 3_000_000])
def test_metadata_that_would_take_minutes_is_passed_over(
    content: str, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', rows)
    (path / 'metadata.yaml').write_text(content)
    found, damage = read(path)
    assert found == rows
    assert 'metadata.yaml is not whole' in damage


def test_names_that_are_no_text_are_told_in_one_line(
    rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    (path,) = write_bag(tmp_path / 'bag', rows, 'sqlite3').glob('*.db3')
    data = path.read_bytes()
    assert data.count(b'std_msgs/msg/String') > 1
    path.write_bytes(data.replace(b'std_msgs/msg/String', b'std_msgs\0\x80sg/String'))
    with pytest.raises(StartError) as refused:
        BagSource(path, '/words')
    assert str(refused.value).isprintable()


def test_a_schema_that_is_no_text_is_no_traceback(
    rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    (path,) = write_bag(tmp_path / 'bag', rows, 'sqlite3').glob('*.db3')
    data = path.read_bytes()
    path.write_bytes(data.replace(b'CREATE TABLE metadata', b'CREATE TABLE met\x80data'))
    found, damage = read(path)
    assert found == rows or damage


def test_a_complaint_of_sqlite_that_is_no_text_is_no_traceback(
    rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    (path,) = write_bag(tmp_path / 'bag', rows, 'sqlite3').glob('*.db3')
    path.write_bytes(path.read_bytes().replace(b'CREATE TABLE', b'CREATE\x80TABL'))
    with pytest.raises(StartError) as refused:
        Bag(path)
    assert str(refused.value).isprintable()


def test_a_definition_in_a_bag_is_never_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library would make code of it to read messages; for its hash that is not needed."""

    def refuse(*_: Any) -> None:
        raise AssertionError('something of a bag was run')

    monkeypatch.setattr('rosbags.typesys.store.exec', refuse, raising=False)
    assert hash_of('a_msgs/msg/Thing', 'int32 a\nstring b\n').startswith('RIHS01_')
    found = definition_of('sensor_msgs/msg/Image')
    assert found is not None and found[1].startswith('RIHS01_')
