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
from types import SimpleNamespace
from typing import Any
from typing import NamedTuple

from movenet_ros.core.errors import StartError
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.core.wording import one_line
from movenet_ros.replay.bag.damaged_mcap import DamagedMcap
from movenet_ros.replay.bag.damaged_sqlite import check_tables
from movenet_ros.replay.bag.damaged_sqlite import DamagedSqlite
from movenet_ros.replay.bag.unpacking import unpack_lz4
from movenet_ros.replay.bag.unpacking import unpack_zstd
from movenet_ros.replay.bag.unpacking import ZstdError
from movenet_ros.replay.bag.unpacking import ZstdFile
from rosbags.rosbag2 import Reader
from rosbags.rosbag2 import reader as rosbags_reader
from rosbags.rosbag2.storage_mcap import DECOMPRESSORS
import yaml

DAMAGED: dict[str, Any] = {'.mcap': DamagedMcap, '.db3': DamagedSqlite}
COMPRESSED = '.zstd'
METADATA = 'metadata.yaml'
MAX_METADATA_BYTES = 2_000_000  # those of a thousand files have a tenth
MAX_METADATA_DEPTH = 20
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'  # no message begins like this: CDR begins with a 0
LATEST_NS = 2**63  # what a time is below: SQLite has no larger numbers

# Limits, which rosbags has none of: what a chunk, a message and a file are unpacked with.
DECOMPRESSORS.update(lz4=unpack_lz4, zstd=unpack_zstd)
rosbags_reader.zstd = SimpleNamespace(decompress=unpack_zstd, open=ZstdFile)


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
        return (path / METADATA).exists() or bool(_storages(path))
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
        self._topics: dict[tuple[str, str], Topic] = {}
        for each in (connection for reader in self._readers for connection in reader.connections):
            topic = _topic(each)
            if topic is None:
                self.close()
                raise StartError(f'{path} cannot be read: its topics are not described as such')
            before = self._topics.get((topic.name, topic.msg_type))
            topic = _merged(before, topic) if before else topic
            self._topics[topic.name, topic.msg_type] = topic

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
                        data = unpack_zstd(data)
                    if not (isinstance(data, bytes) and 0 <= received_ns < LATEST_NS):
                        raise ValueError('something that is no message')
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
            _check_metadata(self.path / METADATA)
            reader = Reader(self.path)
            reader.open()
            return [reader], ''
        except Exception as error:  # noqa: B902 (rosbags checks little of what it reads)
            damage = _sentence(error)
        try:
            _check_metadata(self.path / METADATA)
            content = yaml.safe_load((self.path / METADATA).read_text())
            info = content['rosbag2_bagfile_information']
            names = [PurePath(each).name for each in info['relative_file_paths']]
        except FileNotFoundError:
            names, damage = _storages(self.path), f'{METADATA} is missing'
        except Exception:  # noqa: B902 (as above)
            names, damage = _storages(self.path), f'{METADATA} is not whole'
        readers = []
        for name in names:
            path = self.path / name
            if not path.exists():
                damage = f'{one_line(name)} is missing'
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
        shown = path
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe: no waiting for it
            raise StartError(f'cannot read {path}: it is no file')
        if path.suffix == COMPRESSED:
            path = self._unpack(path)
        try:
            with path.open('rb') as file:
                if not file.read(1):
                    raise StartError(f'{shown} is empty')
            if path.suffix == '.db3':
                check_tables(path)
        except OSError as error:
            raise StartError(f'cannot read {shown}: {error.strerror}') from error
        try:
            reader = Reader(path)
            reader.open()
            return reader, ''
        except Exception as error:  # noqa: B902 (rosbags checks little of what it reads)
            damage = _sentence(error)
        if path.suffix not in DAMAGED:
            raise StartError(f'{shown} cannot be read: {damage}')
        try:
            rest = DAMAGED[path.suffix](path)
        except StartError as error:
            raise StartError(str(error).replace(str(path), str(shown))) from error
        except Exception as error:  # noqa: B902 (as above)
            raise StartError(f'{shown} cannot be read: {_sentence(error)}') from error
        return rest, rest.damage

    def _unpack(self, path: Path) -> Path:
        """Decompress a file as far as possible into a temporary one."""
        self._unpacked.append(tempfile.TemporaryDirectory())
        unpacked = Path(self._unpacked[-1].name, path.stem)
        try:
            with ZstdFile(path) as packed, unpacked.open('wb') as file:
                try:
                    shutil.copyfileobj(packed, file)
                except (EOFError, ZstdError):
                    pass  # what is missing then shows
        except OSError as error:
            raise StartError(f'cannot unpack {path}: {error.strerror}') from error
        return unpacked


def _check_metadata(path: Path) -> None:
    """
    Refuse what takes a reader of YAML minutes.

    :raises ValueError: if it is large or much is nested in it.
    """
    if path.exists() and not path.is_file():
        raise ValueError(f'{path.name} is no file')
    with path.open('rb') as file:
        data = file.read(MAX_METADATA_BYTES + 1)
    depth = 0
    for bracket in re.findall(rb'[\[\]{}]', data):
        depth = depth + 1 if bracket in b'[{' else max(0, depth - 1)
        if depth > MAX_METADATA_DEPTH:
            raise ValueError(f'{path.name} is nested too deeply')
    if len(data) > MAX_METADATA_BYTES:
        raise ValueError(f'{path.name} has more than {MAX_METADATA_BYTES} bytes')


def _storages(folder: Path) -> list[str]:
    """List a folder's storage files in the order of recording: bag_2 comes before bag_10."""
    names = [each.name for each in folder.iterdir()]
    numbers = re.compile(r'\d+')
    found = filter(_is_storage, names)
    return sorted(found, key=lambda name: [int(each) for each in numbers.findall(name)])


def _is_storage(name: str) -> bool:
    return PurePath(name.removesuffix(COMPRESSED)).suffix in DAMAGED


def _topic(connection: Any) -> Topic | None:
    """Describe a topic; None if the bag has something else in that place."""
    topic = Topic(
        connection.topic,
        connection.msgtype,
        connection.msgcount,
        connection.msgdef.data,
        connection.digest,
        connection.ext.serialization_format,
        tuple(connection.ext.offered_qos_profiles),
    )
    texts = (topic.name, topic.msg_type, topic.definition, topic.type_hash, topic.serialization)
    are_texts = all(isinstance(each, str) for each in texts)
    is_count = isinstance(topic.count, int) and 0 <= topic.count < 2**63
    return topic if are_texts and is_count else None


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
    return one_line(error).rstrip('.') or type(error).__name__
