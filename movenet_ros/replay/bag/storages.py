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

"""The storages of a bag, as its metadata.yaml names them, or as they lie there."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
import filecmp
from pathlib import Path
from pathlib import PurePath
import re
import shlex

from movenet_ros.core.errors import StartError
from movenet_ros.core.file_magic import STORAGES
from movenet_ros.core.source_kind import bags_within
from movenet_ros.core.source_kind import kind_of
from movenet_ros.core.source_kind import METADATA
from movenet_ros.core.source_kind import named
from movenet_ros.core.source_kind import replay_command
from movenet_ros.core.source_kind import storages
from movenet_ros.core.source_kind import storages_by_content
from movenet_ros.core.wording import natural_order
from movenet_ros.core.wording import one_line
from movenet_ros.replay.bag.sqlite import has_content
from movenet_ros.replay.bag.sqlite import LOGS
import yaml

ROOT = 'rosbag2_bagfile_information'
NUMBERED = re.compile(r'(.*_)(0|[1-9][0-9]*)(\..*)')  # x_0.mcap, as rosbag2 names them
COMPRESSED = ('.zstd', '.zst', '.gz', '.bz2', '.xz', '.lz4', '.7z', '.zip')


@dataclass
class Storages:
    """
    What belongs to a bag.

    :param files: of each storage: packed and unpacked, of which one is enough; the better one
        first. One that is missing is named, too.
    :param are_ordered: as they were recorded; False if the times of the messages tell that order.
    :param promised: how many messages the metadata promises.
    :param notes: how the bag is not as its recorder left it, in sentences.
    :param losses: what belongs to it and cannot be read, in sentences.
    """

    files: list[list[Path]]
    are_ordered: bool = True
    promised: int = 0
    notes: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)


def find_storages(path: Path) -> Storages:
    """
    Find the storages of a bag.

    :param path: of the bag's folder, or of its only storage.
    :raises OSError: if the folder cannot be read.
    """
    if not path.is_dir():
        return Storages([[path]])
    found = _found(path)
    read = [file for files in found.files for file in files]
    if others := [each for each in storages_by_content(path) if each not in read]:
        told = f'{_told(path, [[each] for each in others])} is not read'
        found.notes.append(f'{told} (fix, if it belongs to the bag: name it x.db3)')
    found.losses += [
        f'{one_line(log.name)} is a log without its file (fix: name that {one_line(base)})'
        for log, base in _logs_without_their_files(path)
    ]
    return found


def _found(path: Path) -> Storages:
    metadata = path / METADATA
    try:
        if metadata.exists() and not metadata.is_file():  # a pipe: no waiting for it
            raise ValueError
        info = yaml.safe_load(metadata.read_text())[ROOT]
        promised = int(info['message_count'])
        names = [_within(path, each) for each in info['relative_file_paths']]
        if names:
            return _named(path, names, promised)
        return _loose(path, 'names no storage')
    except FileNotFoundError:
        return _loose(path, 'is missing')
    except Exception:  # noqa: B902 (whatever comes of the text of another program)
        return _loose(path, 'is not whole')


def _named(folder: Path, names: list[str], promised: int) -> Storages:
    """
    Find the storages that the metadata names.

    One that was renamed, packed or unpacked since then is found all the same.
    """
    once: dict[str, str] = {}
    for name in names:
        once.setdefault(_unpacked(name), name)
    notes = []
    if len(names) > len(once):
        notes = [f'{one_line(folder)}: {METADATA} names a storage twice, which is read once']
        names, promised = [*once.values()], 0
    lying = {
        str(Path(place, name).relative_to(folder)): same
        for place in dict.fromkeys([folder, *((folder / each).parent for each in names)])
        for name, same in _packed_or_not(storages(place)).items()
    }
    files = []
    for name in names:
        same = lying.pop(_unpacked(name), [folder / name] if (folder / name).exists() else [])
        files.append(sorted(same, key=lambda path: path.name != PurePath(name).name))
    missing = [name for each, name in zip(files, names, strict=True) if not each]
    others, copies = _without_copies([*lying.values()], [*filter(None, files)])
    if not others or len(others) > len(missing) < len(names):
        files = [each or [folder / name] for each, name in zip(files, names, strict=True)]
        if unnamed := [*others, *copies]:
            fix = f'ros2 bag reindex {shlex.quote(one_line(folder))}'
            fix = f' (fix, if it belongs to the bag: {fix})' if others else ''
            notes.append(f'{_told(folder, unnamed)} is not read: {METADATA} does not name it{fix}')
        return Storages(files, promised=promised, notes=notes)
    notes.append(
        f'{_told(folder, others)} is read in place of {named(missing)}, which {METADATA} names'
    )
    gone = len(missing) - len(others)
    losses = [f'{gone} of its storages {"is" if gone == 1 else "are"} missing'] if gone > 0 else []
    return Storages([*filter(None, files), *others], False, promised, notes, losses)


def _within(folder: Path, name: str) -> str:
    """Return the name of a storage within the bag's folder, which older bags put before it."""
    parts = re.split(r'[/\\]', name)
    if not {'', '.', '..'}.isdisjoint(parts) or not folder.joinpath(*parts[:-1]).is_dir():
        return parts[-1]
    return '/'.join(parts)


def _loose(folder: Path, problem: str) -> Storages:
    """Find the storages of a folder that has no metadata, or none that can be read."""
    found = _packed_or_not(storages(folder))
    files, copies = _without_copies([*found.values()], [])
    files = sorted(
        [*files, *([folder / name] for name in _missing(each[0].name for each in files))],
        key=lambda same: natural_order(_unpacked(same[0].name)),
    )
    order = ' in the order of its times' if files[1:] else ''
    note = (
        f'{one_line(folder)}: {METADATA} {problem}; what lies there is read{order}'
        f' (fix: ros2 bag reindex {shlex.quote(one_line(folder))})'
    )
    notes = [note]
    if copies:
        notes.append(f'{_told(folder, copies)} has the content of another file: it is not read')
    if inner := bags_within(folder):
        notes.append(
            f'{one_line(folder)} holds bags besides ({named(each.name for each in inner)}), which'
            f' are not read (fix: {one_line(replay_command(inner[0]), most=1000)})'
        )
    return Storages(files, False, notes=notes)


def _told(folder: Path, files: list[list[Path]]) -> str:
    return f'{one_line(folder)}: {named(each[0].name for each in files)}'


def _missing(names: Iterable[str]) -> list[str]:
    """Return the names of storages that the numbers of the others leave out."""
    numbers: dict[str, dict[int, str]] = {}
    for found in filter(None, map(NUMBERED.fullmatch, map(_unpacked, names))):
        numbers.setdefault(found[1], {})[int(found[2])] = found[3]
    missing = []
    for name, known in numbers.items():
        if max(known) < 2 * len(known) - 1:  # else they count something else
            suffix = next(iter(known.values()))
            missing += [f'{name}{i}{suffix}' for i in range(max(known)) if i not in known]
    return missing


def _without_copies(
    files: list[list[Path]], known: list[list[Path]]
) -> tuple[list[list[Path]], list[list[Path]]]:
    """
    Separate the storages that are copies, of one another or of others.

    :return: the storages, and the copies; of two the one with the longer name.
    """
    copies: list[list[Path]] = []
    known = [*known]
    for same in sorted(files, key=lambda same: len(same[0].name)):
        is_copy = any(_is_copy(same[0], each[0]) for each in known)
        (copies if is_copy else known).append(same)
    return [each for each in files if each not in copies], copies


def _is_copy(one: Path, other: Path) -> bool:
    """Return whether two storages have the same content."""
    try:
        are_equal = one.stat().st_size == other.stat().st_size and filecmp.cmp(one, other, False)
        return are_equal and kind_of(one).form in STORAGES.values()
    except (OSError, StartError):  # whoever reads it has the reason
        return False


def _logs_without_their_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield what a recorder that was killed left of a file that has another name now."""
    for path in sorted(folder.iterdir()):
        base = re.sub(f'({"|".join(LOGS)})$', '', path.name)
        if base != path.name and not (folder / base).exists() and has_content(path):
            yield path, base


def _packed_or_not(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """Put a storage and the same one packed together, by its name; the unpacked one first."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(_unpacked(path.name), []).append(path)
    for same in found.values():
        same.sort(key=lambda path: path.suffix in COMPRESSED)
    return found


def _unpacked(name: str) -> str:
    path = PurePath(name)
    return path.stem if path.suffix in COMPRESSED else name
