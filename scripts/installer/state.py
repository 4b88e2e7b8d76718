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

STATE = 'setup.json'
BEGUN = ''  # in place of a part's digest: it may be half-written, which pip does not notice


class Failed(Exception):
    """Setting up cannot go on; the text is one line that names the fix."""


class State(dict[str, str]):
    """
    What each finished part of .venv was made from, kept in a file there.

    :param venv: the environment's folder, which need not exist.
    :raises Failed: if it exists and something else made it.
    """

    def __init__(self, venv: Path) -> None:
        super().__init__()
        self._venv = venv
        self._path = venv / STATE
        if self._path.is_file():
            self.update(json.loads(self._path.read_text()))
        elif venv.is_dir() and any(venv.iterdir()):
            raise Failed(f'{venv} is not of scripts/setup: move it away and run this again')

    @property
    def is_broken(self) -> bool:
        """Return whether a part was begun and not ended."""
        return BEGUN in self.values()

    def note(self, part: str, value: str) -> None:
        """Replace the file in one go."""
        self[part] = value
        new = self._path.with_suffix('.new')
        new.write_text(json.dumps(self, indent=2) + '\n')
        new.replace(self._path)

    def start_over(self) -> None:
        """Empty the folder but for the note that it is unfinished."""
        self.clear()
        self._venv.mkdir(exist_ok=True)
        self.note('venv', BEGUN)
        for path in self._venv.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path != self._path:
                path.unlink()


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


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """
    Keep others out; wait for them first.

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
