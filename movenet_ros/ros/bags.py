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

"""Bags, read message by message, up to their damage if they have one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from pathlib import PurePath
import re
import shutil
import tempfile
from typing import Any
from typing import NamedTuple

from movenet_ros.core.errors import StartError
from movenet_ros.core.timing import NANOSECONDS
from movenet_ros.ros.damaged_mcap import DamagedMcap
from movenet_ros.ros.damaged_sqlite import DamagedSqlite
from rosbags.rosbag2 import Reader
from rosbags.rosbag2.reader import zstd
import yaml

DAMAGED: dict[str, Any] = {'.mcap': DamagedMcap, '.db3': DamagedSqlite}
COMPRESSED = '.zstd'
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'  # no message begins like this: CDR begins with a 0


@dataclass(frozen=True)
class Topic:
    """
    A topic of a bag.

    :param count: of its messages; in damaged bags only of those that can be read.
    :param definition: of its type and what that is made of, as text; empty if the bag has none.
    :param type_hash: RIHS01; empty if the bag has none.
    :param qos: as it was offered, in rosbags' terms.
    """

    name: str
    msg_type: str
    count: int
    definition: str
    type_hash: str
    serialization: str
    qos: tuple[Any, ...]


class Message(NamedTuple):
    """One message of a bag, as bytes; the time is that of the recorder."""

    topic: Topic
    received_ns: int
    data: bytes


def is_bag(path: Path) -> bool:
    """Tell whether a path looks like a bag: a folder with metadata or storage, or a storage."""
    if path.is_dir():
        return (path / 'metadata.yaml').exists() or bool(_storages(path))
    return _is_storage(path.name)


class Bag:
    """
    A bag, open for reading.

    :ivar damage: what is wrong with it, as far as that has shown; empty for a whole bag.
    :raises StartError: if nothing of it can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unpacked: list[tempfile.TemporaryDirectory[str]] = []
        if path.is_dir():
            self._readers, self._wrong = self._open_folder()
        else:
            reader, self._wrong = self._open_file(path)
            self._readers = [reader]
        self.damage = f'{path} is damaged: {self._wrong}' if self._wrong else ''
        merged: dict[tuple[str, str], Topic] = {}
        for each in (connection for reader in self._readers for connection in reader.connections):
            topic = _topic(each)
            before = merged.get((topic.name, topic.msg_type))
            merged[topic.name, topic.msg_type] = _merged(before, topic) if before else topic
        self._topics = merged

    @property
    def topics(self) -> list[Topic]:
        """Return the topics in the order of the bag."""
        return list(self._topics.values())

    def messages(self) -> Iterator[Message]:
        """Yield the messages, up to the damage."""
        count, first_ns, last_ns = 0, 0, 0
        wrong = self._wrong
        try:
            for reader in self._readers:
                for connection, received_ns, data in reader.messages():
                    if data[:4] == ZSTD_MAGIC:
                        data = zstd.decompress(data)
                    topic = self._topics[connection.topic, connection.msgtype]
                    yield Message(topic, received_ns, data)
                    first_ns, last_ns, count = first_ns or received_ns, received_ns, count + 1
        except Exception as error:  # noqa: B902 (whatever comes of reading bytes at random)
            wrong = _sentence(error)
        promised = sum(topic.count for topic in self._topics.values())
        if not wrong and count < promised:
            wrong = f'it ends, but {promised} were promised'
        if wrong:
            seconds = (last_ns - first_ns) / NANOSECONDS
            self.damage = (
                f'{self.path} is damaged: after {count} messages ({seconds:.1f} s), {wrong}'
            )

    def close(self) -> None:
        """Close its files."""
        for reader in self._readers:
            reader.close()
        for folder in self._unpacked:
            folder.cleanup()

    def _open_folder(self) -> tuple[list[Any], str]:
        """Open a folder as rosbags does, or else its files, one by one, up to the damage."""
        try:
            reader = Reader(self.path)
            reader.open()
            return [reader], ''
        except Exception as error:  # noqa: B902 (rosbags checks little of what it reads)
            damage = _sentence(error)
        try:
            content = yaml.safe_load((self.path / 'metadata.yaml').read_text())
            info = content['rosbag2_bagfile_information']
            names = [PurePath(each).name for each in info['relative_file_paths']]
        except FileNotFoundError:
            names, damage = _storages(self.path), 'metadata.yaml is missing'
        except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
            names, damage = _storages(self.path), 'metadata.yaml is not whole'
        readers = []
        for name in names:
            path = self.path / name
            if not path.exists():
                damage = f'{name} is missing'
                break
            try:
                reader, wrong = self._open_file(path)
            except StartError as error:
                damage = str(error)
                break
            readers.append(reader)
            if wrong:
                damage = f'{name}: {wrong}'
                break
        if not readers:
            raise StartError(f'{self.path} cannot be read: {damage}')
        return readers, damage

    def _open_file(self, path: Path) -> tuple[Any, str]:
        """Open a storage file with rosbags, or what comes before its damage."""
        if path.suffix == COMPRESSED:
            path = self._unpack(path)
        try:
            with path.open('rb') as file:
                if not file.read(1):
                    raise StartError(f'{path} is empty')
        except OSError as error:
            raise StartError(f'cannot read {path}: {error.strerror}') from error
        try:
            reader = Reader(path)
            reader.open()
            return reader, ''
        except Exception as error:  # noqa: B902 (rosbags checks little of what it reads)
            damage = _sentence(error)
        if path.suffix not in DAMAGED:
            raise StartError(f'{path} cannot be read: {damage}')
        try:
            rest = DAMAGED[path.suffix](path)
        except StartError:
            raise
        except Exception as error:  # noqa: B902 (as above)
            raise StartError(f'{path} cannot be read: {_sentence(error)}') from error
        return rest, rest.damage

    def _unpack(self, path: Path) -> Path:
        """Decompress a file as far as possible into a temporary one."""
        self._unpacked.append(tempfile.TemporaryDirectory())
        unpacked = Path(self._unpacked[-1].name, path.stem)
        with zstd.open(path, 'rb') as packed, unpacked.open('wb') as file:
            try:
                shutil.copyfileobj(packed, file)
            except (EOFError, zstd.ZstdError):
                pass  # what is missing then shows
        return unpacked


def _storages(folder: Path) -> list[str]:
    """List a folder's storage files in the order of recording: bag_2 comes before bag_10."""
    names = [each.name for each in folder.iterdir()]
    numbers = re.compile(r'\d+')
    found = filter(_is_storage, names)
    return sorted(found, key=lambda name: [int(each) for each in numbers.findall(name)])


def _is_storage(name: str) -> bool:
    return PurePath(name.removesuffix(COMPRESSED)).suffix in DAMAGED


def _topic(connection: Any) -> Topic:
    return Topic(
        connection.topic,
        connection.msgtype,
        connection.msgcount,
        connection.msgdef.data,
        connection.digest,
        connection.ext.serialization_format,
        tuple(connection.ext.offered_qos_profiles),
    )


def _merged(one: Topic, other: Topic) -> Topic:
    """Make one of a topic's parts in two files."""
    return replace(
        one,
        count=one.count + other.count,
        definition=one.definition or other.definition,
        type_hash=one.type_hash or other.type_hash,
    )


def _sentence(error: Exception) -> str:
    """Say in one line what somebody else's error is about."""
    text = ' '.join(str(error).split()).rstrip('.')
    return text or type(error).__name__
