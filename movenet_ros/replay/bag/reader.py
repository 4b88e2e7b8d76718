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

"""Bags, read message by message, up to their damage if they have any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from pathlib import PurePath
import re
import tempfile
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.core.wording import one_line
from movenet_ros.replay.bag.mcap import McapReader
from movenet_ros.replay.bag.sqlite import SqliteReader
from movenet_ros.replay.bag.topic import Message
from movenet_ros.replay.bag.topic import Topic
import yaml
import zstandard

READERS: dict[str, Any] = {'.mcap': McapReader, '.db3': SqliteReader}
COMPRESSED = '.zstd'
METADATA, ROOT = 'metadata.yaml', 'rosbag2_bagfile_information'
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'  # no message begins like this: CDR begins with a 0
LATEST_NS = 2**63  # what a time is below: SQLite has no larger numbers


def is_bag(path: Path) -> bool:
    """Return whether a path looks like a bag: a folder with metadata or storage, or a storage."""
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
        self._problem, self._promised = '', 0
        self._readers: list[Any] = []
        with ExitStack() as stack:
            for file in self._files():
                problem = ''
                try:
                    self._readers.append(_opened(file, stack))
                    problem = _with_fix(self._readers[-1].damage, self._readers[-1])
                except StartError as error:
                    if not self._readers:
                        raise
                    problem = str(error)
                if problem:
                    self._problem = f'{one_line(file.name)}: {problem}'
                    break
            if not self._readers:
                raise StartError(f'{path} cannot be read: {self._problem or "it has no storage"}')
            self._stack = stack.pop_all()
        self.damage = f'{path} is damaged: {self._problem}' if self._problem else ''
        self._topics: dict[tuple[str, str], Topic] = {}
        for each in (topic for reader in self._readers for topic in reader.topics.values()):
            before = self._topics.get((each.name, each.msg_type), replace(each, count=0))
            self._topics[each.name, each.msg_type] = replace(
                before, count=before.count + each.count
            )

    @property
    def topics(self) -> list[Topic]:
        """Return the topics in the order of the bag."""
        return list(self._topics.values())

    def messages(self) -> Iterator[Message]:
        """Yield the messages, up to the damage."""
        count, first_ns, last_ns = 0, 0, 0
        problem = self._problem
        try:
            for reader in self._readers:
                for topic, received_ns, data in reader.messages():
                    if data[:4] == ZSTD_MAGIC:
                        data = zstandard.decompress(data)
                    if not (isinstance(data, bytes) and 0 <= received_ns < LATEST_NS):
                        raise ValueError('something that is no message')
                    yield Message(self._topics[topic.name, topic.msg_type], received_ns, data)
                    first_ns, last_ns, count = first_ns or received_ns, received_ns, count + 1
        except Exception as error:  # noqa: B902 (whatever comes of reading bytes at random)
            problem = problem or _with_fix(one_line(error) or type(error).__name__, reader)
        if not problem and count < self._promised:
            problem = f'it ends, but {METADATA} promises {self._promised}'
        if problem:
            seconds = (last_ns - first_ns) / NANOSECONDS
            self.damage = (
                f'{self.path} is damaged: after {count} messages ({seconds:.1f} s), {problem}'
            )

    def close(self) -> None:
        """Close its files."""
        self._stack.close()

    def _files(self) -> list[Path]:
        """List the storage files, in the order of recording."""
        if not self.path.is_dir():
            return [self.path]
        metadata = self.path / METADATA
        try:
            if metadata.exists() and not metadata.is_file():  # a pipe: no waiting for it
                raise ValueError
            info = yaml.safe_load(metadata.read_text())[ROOT]
            self._promised = int(info['message_count'])
            return [self.path / PurePath(each).name for each in info['relative_file_paths']]
        except FileNotFoundError:
            self._problem = f'{METADATA} is missing'
        except Exception:  # noqa: B902 (whatever comes of the text of another program)
            self._problem = f'{METADATA} is not whole'
        self._problem += ' (fix: ros2 bag reindex)'
        return [self.path / each for each in _storages(self.path)]


def _storages(folder: Path) -> list[str]:
    """List a folder's storage files in the order of recording: bag_2 comes before bag_10."""
    names = [each.name for each in folder.iterdir()]
    numbers = re.compile(r'\d+')
    found = filter(_is_storage, names)
    return sorted(found, key=lambda name: [int(each) for each in numbers.findall(name)])


def _is_storage(name: str) -> bool:
    return PurePath(name.removesuffix(COMPRESSED)).suffix in READERS


def _opened(path: Path, stack: ExitStack) -> Any:
    """
    Open a storage file.

    :param stack: that closes it.
    :raises StartError: if nothing of it can be read.
    """
    shown = one_line(path)
    try:
        if not path.is_file():  # a pipe, say: no waiting for it
            raise StartError('it is missing, or no file')
        if not path.stat().st_size:
            raise StartError('it is empty')
        if path.suffix == COMPRESSED:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            path = _unpacked(path, Path(folder, path.stem))
        reader = READERS[path.suffix]
        try:
            return stack.enter_context(closing(reader(path)))
        except StartError as error:
            raise StartError(_with_fix(str(error), reader)) from error
    except OSError as error:
        raise StartError(f'cannot read {shown}: {error.strerror}') from error
    except StartError as error:
        raise StartError(f'nothing of {shown} can be read: {error}') from error


def _with_fix(problem: str, reader: Any) -> str:
    return problem and f'{problem} (fix: {reader.fix})'


def _unpacked(packed: Path, path: Path) -> Path:
    """Decompress a file as far as possible; what is missing shows when it is read."""
    with packed.open('rb') as source, path.open('wb') as target:
        try:
            zstandard.ZstdDecompressor().copy_stream(source, target)
        except zstandard.ZstdError:
            pass
    return path
