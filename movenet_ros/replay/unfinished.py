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
import os
from pathlib import Path
import shutil
import sqlite3
import tempfile
from types import TracebackType

from movenet_ros.core.errors import StartError
from movenet_ros.core.files import sync

BAG_SUFFIXES = ('.mcap', '.db3')
REPLACEABLE = ('metadata.yaml', *BAG_SUFFIXES)  # how the names of a bag's files end


class Unfinished:
    """
    A file or a folder in the making, in a hidden folder beside the place where it will be.

    :param target: its name when it is whole.
    :param overwrite: whether it replaces what has that name, a file a file and a bag a bag.
    :param is_folder: whether it will be a folder, which is a bag.
    :raises StartError: if it must not or cannot be written there.
    """

    def __init__(self, target: Path, overwrite: bool, is_folder: bool = False) -> None:
        self.target = target
        self._place = Path(os.path.realpath(target))
        self._overwrite = overwrite
        self._is_folder = is_folder
        self._check()
        self.path = target
        with self.naming():
            self._folder = Path(
                tempfile.mkdtemp('.unfinished', f'.{self._place.name}.', self._place.parent)
            )
        self.path = self._folder / self._place.name

    def _check(self) -> None:
        """Refuse what must not be replaced."""
        if not self._place.parent.is_dir():
            raise StartError(f'cannot write {self.target}: {self._place.parent} is no folder')
        if not os.path.lexists(self._place):
            return
        if not self._overwrite:
            raise StartError(f'{self.target} exists already (--overwrite replaces it)')
        if self._is_folder and not self._place.is_dir():
            raise StartError(f'cannot replace {self.target}: it is no folder')
        if not self._is_folder and not self._place.is_file():
            raise StartError(f'cannot replace {self.target}: it is no file')
        if self._is_folder and not all(
            each.name.endswith(REPLACEABLE) for each in self._place.iterdir()
        ):
            raise StartError(f'cannot replace {self.target}: it holds more than a bag')

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
            old = self._folder / '.old'
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
        Say what could not be written, and why.

        :raises StartError: in place of an error of the system, of SQLite or of a writer.
        """
        try:
            yield
        except OSError as error:
            raise StartError(f'cannot write {self.target}: {error.strerror or error}') from error
        except sqlite3.Error as error:
            raise StartError(f'cannot write {self.target}: {error}') from error
        except StartError as error:
            raise StartError(str(error).replace(str(self.path), str(self.target))) from error

    def __enter__(self) -> Unfinished:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what is not complete."""
        shutil.rmtree(self._folder, ignore_errors=True)


def check_apart(source: Path, targets: list[Path]) -> None:
    """
    Refuse outputs that would destroy the input or one another.

    :raises StartError: naming the first such output.
    """
    source = Path(os.path.realpath(source))
    places: list[Path] = []
    for target in targets:
        place = Path(os.path.realpath(target))
        if place == source or place in source.parents or source in place.parents:
            raise StartError(f'{target} is the input, or holds it, or lies in it')
        if any(place == each or place in each.parents or each in place.parents for each in places):
            raise StartError(f'{target} is named for two outputs')
        places.append(place)
