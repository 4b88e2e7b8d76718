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

"""What a replay of many does one after the other: the recordings that were named, or found."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
import os
from pathlib import Path

from movenet_ros.core.errors import StartError
from movenet_ros.core.file_magic import Form
from movenet_ros.core.source_kind import BAGS
from movenet_ros.core.source_kind import kind_of
from movenet_ros.core.wording import natural_order
from movenet_ros.core.wording import one_line
from movenet_ros.replay.many.away import recordings_at
from movenet_ros.replay.many.away import shown
from movenet_ros.replay.many.away import url_of
from movenet_ros.replay.many.found import DONE
from movenet_ros.replay.many.found import Row


@dataclass(frozen=True)
class Task:
    """
    One recording.

    :param name: of the output, relative to the folder of all outputs.
    :param path: of the recording, or its URL without one of the slashes.
    :param size: of it, in bytes.
    :param about: what tells another content of its files; empty where they are on this machine.
    """

    name: str
    path: Path
    size: int
    about: str = ''

    @property
    def place(self) -> str:
        """Return where the recording is, as a user would name it; without a password."""
        return shown(url_of(self.path)) or str(self.path)

    def row(self, state: str = DONE, line: str = '') -> Row:
        """Return a row of the summary, without what was found."""
        return Row(self.name, self.place, state, line=line)


def are_many(paths: Sequence[Path]) -> bool:
    """
    Return whether paths name more than one recording, or a folder that holds some, or a URL.

    :raises StartError: if a path cannot be read.
    """
    return len(paths) > 1 or bool(url_of(paths[0])) or next(_below(paths[0]), None) is not None


def tasks_of(paths: Sequence[Path]) -> list[Task]:
    """
    Return the recordings that are named, and those in folders that are none themselves.

    The output of a recording that was named has its name, without the suffix of a file. The
    output of one in a folder lies as the recording does in that folder.

    :raises StartError: if there is none, or two would have the same output.
    """
    tasks: dict[str, Task] = {}
    for task in (task for path in paths for task in _tasks_at(path)):
        other = tasks.setdefault(task.name, task)
        if os.path.realpath(other.path) != os.path.realpath(task.path):
            raise StartError(
                f'{one_line(other.place)} and {one_line(task.place)} have the same output,'
                f' {one_line(task.name)}: give another --out for one of them, or the folder that'
                ' holds both'
            )
    if not any(each.size for each in tasks.values()):
        raise StartError(f'{", ".join(each.place for each in tasks.values())}: no bag, no video')
    return list(tasks.values())


def _tasks_at(path: Path) -> Iterator[Task]:
    if url_of(path):
        yield from (Task(*each) for each in recordings_at(path))
        return
    found = [*_below(path)]
    top = os.path.abspath(path if found else path.parent)
    for each in found or [path]:
        inner = Path(os.path.abspath(each)).relative_to(top)
        name = str(inner if each.is_dir() else inner.with_suffix(''))
        yield Task(name, each, sum(file.stat().st_size for file in files_of(each)))


def files_of(path: Path) -> list[Path]:
    """
    Return the files of a recording.

    :raises StartError: if it cannot be read.
    """
    try:
        inner = sorted(path.iterdir()) if path.is_dir() else [path]
        path.stat()
        return [each for each in inner if each.is_file() and not each.name.startswith('.')]
    except OSError as error:
        raise StartError(f'cannot read {one_line(path)}: {error.strerror}') from error


def _below(top: Path) -> Iterator[Path]:
    """Yield the bags and the videos in a folder that is no recording, and in its folders."""
    if not top.is_dir() or kind_of(top).form is not Form.REFUSED:
        return
    for folder, folders, names in os.walk(top):
        visible = sorted((n for n in folders if not n.startswith('.')), key=natural_order)
        bags = [name for name in visible if _form(Path(folder, name)) in BAGS]
        yield from (Path(folder, name) for name in bags)
        for name in sorted(names, key=natural_order):
            if not name.startswith('.') and _form(Path(folder, name)) is Form.VIDEO:
                yield Path(folder, name)
        folders[:] = [name for name in visible if name not in bags]


def _form(path: Path) -> Form:
    try:
        return kind_of(path).form
    except StartError:  # whoever names it is told why
        return Form.REFUSED
