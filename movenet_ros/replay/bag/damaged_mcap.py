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

"""
MCAP files that break off or are damaged, read up to the damage.

rosbags refuses them. But such a file is a row of records, each with its kind and length
(https://mcap.dev/spec), so that what comes before the first one that is not whole can be shown to
rosbags as a file of its own, without an index.
"""

from __future__ import annotations

from collections.abc import Iterator
import io
from pathlib import Path
import struct
from typing import Any
from typing import BinaryIO

from movenet_ros.core.errors import StartError
from rosbags.rosbag2 import Reader

MAGIC = b'\x89MCAP0\r\n'
HEAD = struct.Struct('<BQ')  # of a record: its kind and the length of what follows
FOOTER, MESSAGE, DATA_END, OF_PROGRAMS = 0x02, 0x05, 0x0F, 0x80  # kinds
MESSAGE_HEAD = 22
END = HEAD.pack(FOOTER, 20) + bytes(20) + MAGIC  # a footer that says: there is no index


class DamagedMcap:
    """
    What an MCAP file holds before its damage.

    :ivar damage: where that is, and what it is.
    :raises StartError: if nothing of the file is whole.
    """

    def __init__(self, path: Path) -> None:
        end, self.damage = _whole_part(path)
        self._reader = Reader(Pieces(path, (0, end)))
        self._reader.open()
        self.connections = self._reader.connections

    def messages(self) -> Iterator[tuple[Any, int, bytes]]:
        """Yield the messages as they lie in the file, which need not be the order in time."""
        return iter(self._reader.storage.messages_scan(self.connections))

    def close(self) -> None:
        """Close the file."""
        self._reader.close()


def _whole_part(path: Path) -> tuple[int, str]:
    """Return where the first record begins that is not whole, and what is wrong with it."""
    size = path.stat().st_size
    with path.open('rb') as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise StartError(f'{path} is no MCAP file')
        header_end, at = 0, len(MAGIC)
        while True:
            file.seek(at)
            head = file.read(HEAD.size)
            if len(head) < HEAD.size:
                damage = f'it breaks off at byte {at}'
                break
            kind, length = HEAD.unpack(head)
            end = at + HEAD.size + length
            if kind in (DATA_END, FOOTER):
                damage = f'its index, from byte {at} on, is not whole'
                break
            if end > size:
                damage = f'it breaks off in what begins at byte {at}'
                break
            if not _is_whole(path, kind, header_end, at, end):
                damage = f'it is damaged in what begins at byte {at}'
                break
            header_end, at = header_end or end, end
    if not header_end:
        raise StartError(f'nothing of {path} can be read: {damage}')
    return at, damage


def _is_whole(path: Path, kind: int, header_end: int, at: int, end: int) -> bool:
    """Tell whether rosbags can read one record; a chunk is checked to its last byte."""
    if kind == MESSAGE:
        return end - at >= HEAD.size + MESSAGE_HEAD
    if kind >= OF_PROGRAMS:  # which everybody else passes over
        return True
    if not FOOTER - 1 <= kind <= DATA_END:
        return False
    pieces = ((0, header_end), (at, end)) if header_end else ((0, end),)
    try:
        with Reader(Pieces(path, *pieces)):
            return True
    except Exception:  # noqa: B902 (whatever comes of reading bytes at random)
        return False


class Pieces:
    """
    Pieces of an MCAP file and an end, as one file; of a path it has what rosbags asks for.

    :param pieces: where each begins and ends, in bytes.
    """

    suffix = '.mcap'

    def __init__(self, path: Path, *pieces: tuple[int, int]) -> None:
        self._path = path
        self._pieces = pieces

    def exists(self) -> bool:
        """Say that it is there."""
        return True

    def is_dir(self) -> bool:
        """Say that it is a file."""
        return False

    def open(self, mode: str) -> BinaryIO:  # noqa: A003 (a path's word for it)
        """Open it for reading."""
        return io.BufferedReader(_Joined(self._path.open('rb', buffering=0), self._pieces))

    def __str__(self) -> str:
        """Return the path of the file."""
        return str(self._path)


class _Joined(io.RawIOBase):
    """Reads pieces of a file, and then the end, as if they were one file."""

    def __init__(self, file: io.FileIO, pieces: tuple[tuple[int, int], ...]) -> None:
        self._file = file
        self._pieces = pieces
        self._size = sum(end - begin for begin, end in pieces)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size + len(END)}
        self._at = base[whence] + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._read(len(buffer))
        buffer[:len(data)] = data
        self._at += len(data)
        return len(data)

    def _read(self, size: int) -> bytes:
        at = self._at
        for begin, end in self._pieces:
            if at < end - begin:
                self._file.seek(begin + at)
                return self._file.read(min(size, end - begin - at)) or b''
            at -= end - begin
        return END[at:at + size]

    def close(self) -> None:
        self._file.close()
        super().close()
