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

"""SQLite files of bags: read around what is odd or damaged, and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import suppress
import os
from pathlib import Path
import shutil
import sqlite3
import tempfile
from typing import Any
from urllib.parse import quote

from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line
from movenet_ros.replay.bag.topic import Message
from movenet_ros.replay.bag.topic import Topic

SCHEMA = """
    CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
    CREATE TABLE metadata(
        id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL, metadata TEXT NOT NULL);
    CREATE TABLE topics(
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
        serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL,
        type_description_hash TEXT NOT NULL);
    CREATE TABLE message_definitions(
        id INTEGER PRIMARY KEY, topic_type TEXT NOT NULL, encoding TEXT NOT NULL,
        encoded_message_definition TEXT NOT NULL, type_description_hash TEXT NOT NULL);
    CREATE TABLE messages(
        id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL,
        data BLOB NOT NULL);
    CREATE INDEX timestamp_idx ON messages (timestamp ASC);
    INSERT INTO schema VALUES (4, '');
"""
ROWS = 'SELECT id, topic_id, timestamp, data FROM messages'
TRIED = 1000  # messages that cannot be read, one behind the other, before the file is given up
LOGS = '-wal', '-journal'  # what a recorder that was killed leaves beside the file


class SqliteReader:
    """
    An SQLite file of a bag, in the order of time.

    :ivar topics: by their ids.
    :ivar damage: that the file breaks off, as far as that shows before it is read.
    :ivar lost: what the last reading of the messages left out.
    :raises StartError: if it cannot be read.
    """

    note = lost = ''
    fix = 'sqlite3 OLD.db3 .recover | sqlite3 NEW.db3'

    def __init__(self, path: Path) -> None:
        with ExitStack() as stack:
            try:
                # its logs lie where it really is
                self._file, self.damage = _connected(path.resolve(), stack)
                self.topics = self._read_topics()
            except (sqlite3.Error, LookupError, UnicodeError) as error:
                raise StartError(f'{one_line(error)} (fix: {self.fix})') from error
            self._stack = stack.pop_all()

    def _read_topics(self) -> dict[int, Topic]:
        names = {row['name'] for row in self._rows('sqlite_master', "type = 'table'")}
        if not names:  # its recorder was killed at once
            return {}
        if not {'topics', 'messages'} <= names:
            found = one_line(', '.join(sorted(names)))
            raise StartError(f'it is the database of another program, with the tables {found}')
        definitions: dict[str, dict[str, Any]] = {}
        if 'message_definitions' in names:  # since Iron
            definitions = {row['topic_type']: row for row in self._rows('message_definitions')}
        counts = self._counts()
        topics = {}
        for row in self._rows('topics'):
            definition = definitions.get(row['type'], {})
            topics[row['id']] = Topic(
                str(row['name']),
                str(row['type']),
                counts.get(row['id'], 0),
                str(definition.get('encoded_message_definition', '')),
                str(definition.get('encoding', '')),
                str(row.get('type_description_hash', '')),
                str(row.get('offered_qos_profiles', '')),
                str(row['serialization_format']),
            )
        return topics

    def _counts(self) -> dict[int, int]:
        """Return the number of messages of each topic, of a damaged file of those that it has."""
        try:
            query = 'SELECT topic_id, count(*) FROM messages GROUP BY topic_id'
            return dict(self._file.execute(query).fetchall())
        except sqlite3.DatabaseError as error:
            self.damage = self.damage or one_line(error)
            return Counter(topic_id for topic_id, *_ in self._readable())

    def _rows(self, table: str, which: str = 'true') -> list[dict[str, Any]]:
        cursor = self._file.execute(f'SELECT * FROM {table} WHERE {which}')
        names = [each[0] for each in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    @property
    def span_ns(self) -> tuple[int, int] | None:
        """Return the times of the first and the last message, where the file has any."""
        try:
            query = 'SELECT min(timestamp), max(timestamp) FROM messages'
            first_ns, last_ns = map(int, self._file.execute(query).fetchone())
        except (sqlite3.Error, TypeError, ValueError):  # TypeError: there is none
            return None
        return first_ns, last_ns

    def messages(self) -> Iterator[Message]:
        """Yield the messages, in the order of time where the file is whole."""
        self.lost = ''
        if not self.topics:
            return
        odd = 0
        for topic_id, received_ns, data in self._readable():
            topic = self.topics.get(topic_id)
            is_time = isinstance(received_ns, int) and received_ns >= 0
            if topic and is_time and isinstance(data, bytes):
                yield Message(topic, received_ns, data)
            else:
                odd += 1
        if odd and not self.lost:
            self.lost = f'{odd} of its rows are no messages (topic, time or data)'

    def _readable(self) -> Iterator[tuple[Any, Any, Any]]:
        """Yield topic, time and data of the messages that can be read; the others are lost."""
        known = set()
        try:
            for row_id, *row in self._file.execute(f'{ROWS} ORDER BY timestamp, id'):
                known.add(row_id)
                yield row[0], row[1], row[2]
        except sqlite3.DatabaseError as error:
            self.lost = f'{one_line(error)} (fix: {self.fix})'
            row_id = failed = 0
            while failed < TRIED:
                row_id += 1
                try:
                    found = self._file.execute(f'{ROWS} WHERE id = ?', (row_id,)).fetchone()
                except sqlite3.DatabaseError:
                    found = None
                failed = 0 if found else failed + 1
                if found and row_id not in known:
                    yield found[1], found[2], found[3]

    def close(self) -> None:
        """Close the file."""
        self._stack.close()


def _connected(path: Path, stack: ExitStack) -> tuple[sqlite3.Connection, str]:
    """
    Open a file with the logs beside it; neither it nor they are changed.

    :param stack: that closes it.
    :return: the open file, and its damage if it breaks off.
    """
    logs = [each for each in (Path(f'{path}{end}') for end in LOGS) if has_content(each)]
    if not logs:
        file = _opened(path, 'immutable=1', stack)  # which does not look for a log
        (page_size,) = file.execute('PRAGMA page_size').fetchone()
        size = path.stat().st_size
        if not size % page_size:
            return file, ''
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        copy = shutil.copyfile(path, folder / path.name)
        os.truncate(copy, size - size % page_size)  # else SQLite reads zeros for half a page
        return _opened(copy, 'immutable=1', stack), 'it breaks off'
    index = Path(f'{path}-shm')
    if not index.exists():
        stack.callback(_remove, index)  # SQLite makes it
    try:
        file = _opened(path, 'mode=ro', stack)
        file.execute('SELECT * FROM sqlite_master').fetchone()
        return file, ''
    except sqlite3.OperationalError:  # a folder that is read-only, a transaction to take back
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for each in (path, *logs):
            shutil.copyfile(each, folder / each.name)
        return _opened(folder / path.name, 'mode=rw', stack), ''


def _opened(path: Path, mode: str, stack: ExitStack) -> sqlite3.Connection:
    uri = f'file:{quote(os.fsencode(path))}?{mode}'
    file = sqlite3.connect(uri, uri=True, check_same_thread=False)
    file.text_factory = lambda text: text.decode(errors='replace')
    file.execute('PRAGMA writable_schema = ON')  # else nothing is read where one table is cut off
    stack.callback(file.close)
    return file


def _remove(path: Path) -> None:
    with suppress(OSError):  # it is not there, or in a folder that is read-only
        path.unlink()


def has_content(path: Path) -> bool:
    """Return whether there is a file that is not empty."""
    return path.is_file() and path.stat().st_size > 0


class SqliteWriter:
    """An SQLite file of a bag that is being written, in the one thread that writes."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path)
        self._file.executescript(SCHEMA)
        self._types: set[str] = set()

    def add(self, topic: Topic) -> int:
        """Begin a topic; return its key."""
        if topic.definition and topic.msg_type not in self._types:
            self._types.add(topic.msg_type)
            self._file.execute(
                'INSERT INTO message_definitions VALUES (NULL, ?, ?, ?, ?)',
                (topic.msg_type, topic.encoding, topic.definition, topic.type_hash),
            )
        cursor = self._file.execute(
            'INSERT INTO topics VALUES (NULL, ?, ?, ?, ?, ?)',
            (topic.name, topic.msg_type, topic.serialization, topic.qos, topic.type_hash),
        )
        return cursor.lastrowid or 0

    def write(self, key: int, received_ns: int, data: bytes) -> None:
        """Write a message of a topic."""
        self._file.execute(
            'INSERT INTO messages VALUES (NULL, ?, ?, ?)', (key, received_ns, data)
        )

    def finish(self, version: int, metadata: str) -> None:
        """Write the metadata of the bag, and all that has been collected."""
        self._file.execute('INSERT INTO metadata VALUES (NULL, ?, ?)', (version, metadata))
        self._file.commit()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
