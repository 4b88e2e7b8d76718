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

"""What of .venv is finished, so that a second run is quick and a broken one starts over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import hashlib
import json
import os
from pathlib import Path
import shutil

from progress import Failed

STATE = 'setup.json'


def digest(*inputs: str | Path) -> str:
    """Hash texts, files by their content, and folders by all that is in them."""
    sha = hashlib.sha256()
    for item in inputs:
        if isinstance(item, str):
            sha.update(item.encode() + b'\0')
            continue
        for path in sorted(item.rglob('*')) if item.is_dir() else [item]:
            if path.is_file() and '__pycache__' not in path.parts:
                sha.update(path.name.encode() + b'\0' + path.read_bytes() + b'\0')
    return sha.hexdigest()


class State:
    """
    A file in .venv that says for what it was made and which parts are finished.

    A part that was begun and neither ended nor failed cleanly makes the whole suspect, because
    pip cannot tell a half-written package from a whole one.

    :param venv: the environment's folder, which need not exist.
    :raises Failed: if it exists and somebody else made it.
    """

    def __init__(self, venv: Path) -> None:
        self._venv = venv
        self._path = venv / STATE
        self.made_for = ''
        self.made_with = ''
        self.begun: list[str] = []
        self.finished: dict[str, str] = {}
        if self._path.is_file():
            self.__dict__.update(json.loads(self._path.read_text()))
        elif venv.is_dir() and any(venv.iterdir()):
            raise Failed(f'{venv} was made by somebody else: move it away and run this again')

    def clear(self, made_for: str) -> None:
        """Empty the folder but for this file, so that an interruption does not go unnoticed."""
        self.made_for, self.made_with, self.begun, self.finished = made_for, '', [], {}
        self._venv.mkdir(exist_ok=True)
        self.begin('venv')
        for path in self._venv.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path != self._path:
                path.unlink()

    def begin(self, part: str) -> None:
        """Note that a part is being made."""
        self.finished.pop(part, None)
        self.begun = sorted({*self.begun, part})
        self.save()

    def end(self, part: str, key: str) -> None:
        """Note that a part is there, and what it was made from."""
        self.begun = [each for each in self.begun if each != part]
        self.finished[part] = key
        self.save()

    def save(self) -> None:
        """Replace the file in one go."""
        values = {name: value for name, value in self.__dict__.items() if name[0] != '_'}
        new = self._path.with_suffix('.new')
        new.write_text(json.dumps(values, indent=2) + '\n')
        new.replace(self._path)


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """
    Keep others out; waits for them first.

    :return: the lock's file descriptor; it is held until every process that has it ends.
    """
    fd = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print('another scripts/setup is at work here; waiting for it', flush=True)
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield fd
    finally:
        os.close(fd)
