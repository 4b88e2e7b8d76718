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

"""Outputs that get their names only when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import glob
import os
from pathlib import Path
import shutil
import sqlite3
import tempfile
from typing import Any
from typing import NamedTuple

from movenet_ros.core.errors import StartError
from movenet_ros.core.files import sync

ENDING = '.unfinished'


class Folder(NamedTuple):
    """
    A folder that may be replaced where it holds nothing else.

    :param name: what it is.
    :param endings: how the names of its files end.
    """

    name: str
    endings: tuple[str, ...]


MANIFEST = 'movenet_ros.json'  # of a bag that a replay of many has written
BAG = Folder('a bag', ('metadata.yaml', '.mcap', '.db3', MANIFEST))


class Unfinished:
    """
    A file or a folder in the making, in a hidden folder beside the place where it will be.

    :param target: its name when it is whole.
    :param overwrite: whether it replaces what has that name: a file a file, a folder a folder.
    :param is_folder: whether it will be a folder.
    :param kind: what that folder is.
    :ivar path: its name until then.
    :raises StartError: if it must not or cannot be written there.
    """

    def __init__(
        self, target: Path, overwrite: bool, is_folder: bool = False, kind: Folder = BAG
    ) -> None:
        self.target = self.path = target
        self._place = Path(os.path.realpath(target))
        self._overwrite = overwrite
        self._is_folder = is_folder
        self._kind = kind
        self._check()
        with self.naming():
            self._folder = tempfile.TemporaryDirectory(
                ENDING, f'.{self._place.name}.', self._place.parent,
                ignore_cleanup_errors=True,
            )
        self.path = Path(self._folder.name, self._place.name)

    def _check(self) -> None:
        """
        Look at what has its name already.

        :raises StartError: if that must not be replaced.
        """
        place = self._place
        if not place.parent.is_dir():
            raise StartError(f'cannot write {self.target}: {place.parent} is no folder')
        if not os.path.lexists(place):
            return
        if not self._overwrite:
            raise StartError(f'{self.target} exists already (--overwrite replaces it)')
        if not (place.is_dir() if self._is_folder else place.is_file()):
            kind = 'folder' if self._is_folder else 'file'
            raise StartError(f'cannot replace {self.target}: it is no {kind}')
        if self._is_folder and not all(
            each.name.endswith(self._kind.endings) for each in place.iterdir()
        ):
            more = f'it holds more than {self._kind.name}'
            raise StartError(f'cannot replace {self.target}: {more}')

    def complete(self) -> bool:
        """
        Give it its name; what had that name before is gone only then.

        :return: False if nothing was written.
        :raises StartError: if that fails.
        """
        if not self.path.exists():
            return False
        self._check()
        with self.naming():
            for each in (*self.path.rglob('*'), self.path):
                sync(each)
            old = Path(self._folder.name, '.old')
            if self._is_folder and self._place.exists():
                os.rename(self._place, old)  # a folder that is not empty cannot be replaced
            try:
                os.replace(self.path, self._place)
            except OSError:
                if old.exists():
                    os.rename(old, self._place)
                raise
            sync(self._place.parent)
        return True

    @contextmanager
    def naming(self) -> Iterator[None]:
        """
        Name the target in what goes wrong while it is written.

        :raises StartError: in place of an error of the system, of SQLite or of a writer.
        """
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, 'strerror', None) or error
            raise StartError(f'cannot write {self.target}: {reason}') from error
        except StartError as error:
            raise StartError(str(error).replace(str(self.path), str(self.target))) from error

    def __enter__(self) -> Unfinished:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Remove what is not complete."""
        self._folder.cleanup()


def remove_unfinished(target: Path) -> None:
    """Remove what a process that was killed has left in the making of a file or a folder."""
    place = Path(os.path.realpath(target))
    letters = '?' * 8  # of tempfile; no more, which would be of another name
    for each in place.parent.glob(f'.{glob.escape(place.name)}.{letters}{ENDING}'):
        shutil.rmtree(each, ignore_errors=True)


def check_apart(source: Path, targets: list[Path]) -> None:
    """
    Look whether outputs would destroy the input or one another.

    :raises StartError: naming the first such output.
    """
    source = Path(os.path.realpath(source))
    places: list[Path] = []
    for target in targets:
        place = Path(os.path.realpath(target))
        if _overlap(place, source):
            raise StartError(f'{target} is the input, or holds it, or lies in it')
        if any(_overlap(place, each) for each in places):
            raise StartError(f'{target} is named for two outputs')
        places.append(place)


def _overlap(one: Path, other: Path) -> bool:
    return one == other or one in other.parents or other in one.parents
