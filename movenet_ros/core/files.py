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


"""Files: verified by their SHA-256, and written so that a power cut loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import ModelError

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class FileRecord:
    """The size in bytes and the hexadecimal SHA-256 of one file."""

    size: int
    sha256: str


def sha256_of(path: Path) -> str:
    """Hash one file without reading it whole into memory."""
    digest = hashlib.sha256()
    with path.open('rb', buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def record_files(payload: Path) -> dict[str, FileRecord]:
    """Hash every file below a folder."""
    return {
        path.relative_to(payload).as_posix(): FileRecord(path.stat().st_size, sha256_of(path))
        for path in sorted(payload.rglob('*'))
        if path.is_file()
    }


def check_file(path: Path, record: FileRecord) -> None:
    """
    Compare a file with its record; the size first, which is quick.

    :raises ModelError: if the file is missing or changed.
    """
    try:
        size = path.stat().st_size
        is_whole = size == record.size and sha256_of(path) == record.sha256
    except OSError as error:
        raise ModelError(f'{path} cannot be read ({error.strerror})') from error
    if not is_whole:
        raise ModelError(f'{path} is damaged (its SHA-256 or its size is not the recorded one)')


@contextmanager
def locked(path: Path, waiting: Callable[[], Any]) -> Iterator[None]:
    """
    Hold a lock that processes share; it ends with its process, whatever ends that.

    :param path: of any file, which is made if it is missing, and left as it is.
    :param waiting: is called where another one holds it.
    """
    with path.open('a') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_json(path: Path, content: Any) -> None:
    """Replace a JSON file in one step that survives a power cut."""
    unfinished = path.with_name(f'{path.name}.{os.getpid()}.new')
    with unfinished.open('w', encoding='utf-8') as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
