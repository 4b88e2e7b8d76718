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

"""Bags, read message by message; what is damaged is left out, and told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from contextlib import ExitStack
from dataclasses import replace
import errno
import os
from pathlib import Path
import tempfile
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.file_magic import Form
from movenet_ros.core.file_magic import HEAD_BYTES
from movenet_ros.core.file_magic import Kind
from movenet_ros.core.file_magic import kind_of_file
from movenet_ros.core.source_kind import kind_of
from movenet_ros.core.source_kind import METADATA
from movenet_ros.core.source_kind import named
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.core.wording import one_line
from movenet_ros.replay.bag.mcap import McapReader
from movenet_ros.replay.bag.order import by_time
from movenet_ros.replay.bag.order import merged
from movenet_ros.replay.bag.order import MISSING
from movenet_ros.replay.bag.order import Storage
from movenet_ros.replay.bag.sqlite import SqliteReader
from movenet_ros.replay.bag.storages import find_storages
from movenet_ros.replay.bag.topic import LATEST_NS
from movenet_ros.replay.bag.topic import Message
from movenet_ros.replay.bag.topic import Topic
import zstandard

READERS: dict[Form, Any] = {Form.MCAP: McapReader, Form.SQLITE: SqliteReader}
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'  # no message begins like this: CDR begins with a 0
NAMED = 3  # losses in a sentence


class Bag:
    """
    A bag, open for reading.

    :ivar notes: how it is not as its recorder left it, with nothing lost by that; in sentences.
    :ivar damage: what of it is lost, as far as that has shown; empty for a whole bag.
    :raises StartError: if nothing of it can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            found = find_storages(path)
        except OSError as error:
            raise StartError(f'cannot read {one_line(path)}: {error.strerror}') from error
        self.notes, self._promised, self._losses = found.notes, found.promised, found.losses
        with ExitStack() as stack:
            storages = [_opened(files, stack) for files in found.files]
            self._groups = [[each] for each in storages]
            if not found.are_ordered:
                self._groups = by_time(storages)
            storages = [each for group in self._groups for each in group]
            losses = [*found.losses, *(_named(each, path) for each in storages if each.damage)]
            if not any(each.reader for each in storages):
                why = '; '.join(losses[:NAMED]) or 'it has no storage'
                raise StartError(f'nothing of {one_line(path)} can be read: {why}')
            self._stack = stack.pop_all()
        self.notes += [
            f'{one_line(each.name)}: {each.reader.note}'
            for each in storages if each.reader and each.reader.note
        ]
        self.notes += [
            f'the times of {named(each.name for each in group)} overlap: their messages come in'
            ' the order of time, and once what several have'
            for group in self._groups if group[1:]
        ]
        self.damage = self._damaged(losses)
        self._topics: dict[tuple[str, str, str], Topic] = {}
        for storage in storages:
            for each in storage.reader.topics.values() if storage.reader else ():
                before = self._topics.get(_key(each), replace(each, count=0))
                self._topics[_key(each)] = replace(before, count=before.count + each.count)

    @property
    def topics(self) -> list[Topic]:
        """Return the topics in the order of the bag."""
        return list(self._topics.values())

    def messages(self) -> Iterator[Message]:
        """Yield the messages that can be read."""
        count, first_ns, last_ns = 0, 0, 0
        losses = list(self._losses)
        for group in self._groups:
            broken: list[Storage] = []
            for message in merged([self._readable(each, broken) for each in group]):
                yield message
                last_ns, count = message.received_ns, count + 1
                first_ns = first_ns or last_ns
            for storage in broken:
                seconds = (last_ns - first_ns) / NANOSECONDS
                is_behind = not storage.reader or storage.damage != storage.reader.lost
                where = f'after {count} messages ({seconds:.1f} s), ' if is_behind else ''
                losses.append(f'{where}{_named(storage, self.path)}')
        if not losses and count < self._promised:
            promised = one_line(self._promised, most=30)
            losses = [f'it has {count} messages, but {METADATA} promises {promised}']
        self.damage = self._damaged(losses)

    def _readable(self, storage: Storage, broken: list[Storage]) -> Iterator[Message]:
        """Yield the messages of a storage as far as it can be read; if that is not all, add it."""
        try:
            for topic, received_ns, data in storage.reader.messages() if storage.reader else ():
                if data[:4] == ZSTD_MAGIC:
                    data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
                if not (isinstance(data, bytes) and 0 <= received_ns <= LATEST_NS):
                    raise ValueError('something that is no message')
                yield Message(self._topics[_key(topic)], received_ns, data)
        except Exception as error:  # noqa: B902 (whatever comes of reading bytes at random)
            if not storage.damage:
                storage = storage._replace(damage=_with_fix(error, storage.reader))
        if storage.reader and not storage.damage:
            storage = storage._replace(damage=storage.reader.lost)
        if storage.damage:
            broken.append(storage)

    def close(self) -> None:
        """Close its files."""
        self._stack.close()

    def _damaged(self, losses: list[str]) -> str:
        more = [f'and {len(losses) - NAMED} more'] if len(losses) > NAMED else []
        told = '; '.join(losses[:NAMED] + more)
        return told and f'{one_line(self.path)} is damaged: {told}'


def _key(topic: Topic) -> tuple[str, str, str]:
    return topic.name, topic.msg_type, topic.serialization


def _named(storage: Storage, path: Path) -> str:
    """Put the name of a storage before its damage, unless it is the whole bag."""
    is_bag = storage.name == path.name
    return storage.damage if is_bag else f'{one_line(storage.name)}: {storage.damage}'


def _opened(files: list[Path], stack: ExitStack) -> Storage:
    """Open the first whole one of the files of a storage, or else the first that can be read."""
    tried = []
    for path in files:
        try:
            reader = _reader(path, stack)
            if not reader.damage:
                return Storage(path.name, reader, '')
            tried.append(Storage(path.name, reader, _with_fix(reader.damage, reader)))
        except StartError as error:
            tried.append(Storage(path.name, None, str(error)))
        except OSError as error:
            where = f' in {tempfile.gettempdir()}' if error.errno == errno.ENOSPC else ''
            tried.append(Storage(path.name, None, f'it cannot be read: {error.strerror}{where}'))
    return min(tried, key=lambda each: each.reader is None)


def _reader(path: Path, stack: ExitStack) -> Any:
    """
    Open a storage file.

    :param stack: that closes it.
    :raises StartError: if nothing of it can be read.
    """
    if not os.path.lexists(path):
        raise StartError(MISSING)
    kind = kind_of(path)
    if kind.form is Form.PACKED:
        path, kind = _unpacked(path, Path(stack.enter_context(tempfile.TemporaryDirectory())))
    if kind.form not in READERS:
        raise StartError(kind.sentence('it'))
    return stack.enter_context(closing(READERS[kind.form](path)))


def _unpacked(packed: Path, folder: Path) -> tuple[Path, Kind]:
    """
    Unpack a file as far as possible, if it is a storage; what is missing shows when it is read.

    :return: the unpacked file and what it is.
    """
    path = folder / packed.stem
    with packed.open('rb') as source, path.open('wb') as target:
        try:
            with zstandard.ZstdDecompressor().stream_reader(source, closefd=False) as stream:
                kind = kind_of_file(stream.read(HEAD_BYTES), path)
            if kind.form in READERS:
                source.seek(0)
                zstandard.ZstdDecompressor().copy_stream(source, target)
        except zstandard.ZstdError as error:
            if not target.tell():
                raise StartError(f'it cannot be unpacked: {one_line(error)}') from error
    return path, kind


def _with_fix(problem: object, reader: Any) -> str:
    return f'{one_line(problem) or type(problem).__name__} (fix: {reader.fix})'
