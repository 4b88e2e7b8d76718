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

"""SQLite files of bags that lack pages, read up to the damage, in the order of recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
import re
import sqlite3
from typing import Any
from urllib.parse import quote

from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line
from rosbags.interfaces import Connection
from rosbags.interfaces import ConnectionExtRosbag2
from rosbags.interfaces import MessageDefinition
from rosbags.interfaces import MessageDefinitionFormat
from rosbags.rosbag2.metadata import parse_qos

COMPUTED = re.compile(r'\b(as|trigger|view|virtual)\b', re.IGNORECASE)  # in a schema


class DamagedSqlite:
    """
    What an SQLite file of a bag holds before its damage.

    :ivar damage: what that is.
    :raises StartError: if not even the topics can be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = _opened(path)
            # else SQLite refuses a file that is shorter than its first page says
            self._file.execute('PRAGMA writable_schema = ON')
            self._file.execute('PRAGMA trusted_schema = OFF')
            _refuse_computed(self._file, path)
            topics = self._rows('topics')
            definitions = {each['topic_type']: each for each in self._rows('message_definitions')}
        except sqlite3.Error as error:
            raise StartError(f'nothing of {path} can be read: {one_line(error)}') from error
        self.damage = ''
        counts = Counter(topic_id for topic_id, in self._until_damage('topic_id'))
        self.damage = self.damage or 'its index is not whole'
        self.connections = [
            _connection(each, definitions.get(each['type'], {}), counts[each['id']])
            for each in topics
        ]

    def messages(self) -> Iterator[tuple[Any, int, bytes]]:
        """Yield the messages in the order in which they were recorded."""
        connections = {each.id: each for each in self.connections}
        for topic_id, received_ns, data in self._until_damage('topic_id, timestamp, data'):
            if topic_id in connections:
                yield connections[topic_id], received_ns, data

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _until_damage(self, columns: str) -> Iterator[Any]:
        """Yield rows of the messages, without the index, which lies all over the file."""
        try:
            yield from self._file.execute(f'SELECT {columns} FROM messages ORDER BY id')
        except sqlite3.Error as error:
            self.damage = one_line(error)

    def _rows(self, table: str) -> list[dict[str, Any]]:
        """Read a small table; what older versions of rosbag2 do not have is empty."""
        query = 'SELECT count(*) FROM sqlite_master WHERE name = ?'
        if not self._file.execute(query, (table,)).fetchone()[0]:
            return []
        cursor = self._file.execute(f'SELECT * FROM {table}')
        names = [each[0] for each in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def check_tables(path: Path) -> None:
    """
    Refuse a file whose tables are computed: a line of SQL can take all the memory, or forever.

    :raises StartError: if that is so; a damaged file passes.
    """
    try:
        with closing(_opened(path)) as file:
            _refuse_computed(file, path)
    except (sqlite3.Error, UnicodeError):  # the latter of a complaint that quotes damaged text
        pass


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file to be read in another thread, but by one thread at a time."""
    uri = f'file:{quote(str(path.absolute()))}?immutable=1'
    file = sqlite3.connect(uri, uri=True, check_same_thread=False)
    file.text_factory = lambda text: text.decode('utf-8', 'replace')  # damaged text is text
    return file


def _refuse_computed(file: sqlite3.Connection, path: Path) -> None:
    for (sql,) in file.execute('SELECT sql FROM sqlite_master'):
        if COMPUTED.search(str(sql)):
            raise StartError(f'{path} is no bag: it has tables that are computed')


def _connection(topic: dict[str, Any], definition: dict[str, Any], count: int) -> Connection:
    """Make what rosbags makes of a topic."""
    kinds = {'ros2msg': MessageDefinitionFormat.MSG, 'ros2idl': MessageDefinitionFormat.IDL}
    kind = kinds.get(definition.get('encoding', ''), MessageDefinitionFormat.NONE)
    return Connection(
        topic['id'],
        topic['name'],
        topic['type'],
        MessageDefinition(kind, definition.get('encoded_message_definition', '')),
        topic.get('type_description_hash', ''),
        count,
        ConnectionExtRosbag2(
            topic['serialization_format'], parse_qos(topic.get('offered_qos_profiles', ''))
        ),
        None,
    )
