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
What a source is, by its content, before anything opens it: FFmpeg makes a video of a ROS 1 bag.

A bag, a video, pictures, a camera, an address, or what nothing here reads, with what helps.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import closing
import os
from pathlib import Path
import re
import shlex
import sqlite3
import stat
from urllib.parse import quote

from movenet_ros.core.errors import StartError
from movenet_ros.core.file_magic import AS_JPEG
from movenet_ros.core.file_magic import Form
from movenet_ros.core.file_magic import HEAD_BYTES
from movenet_ros.core.file_magic import Kind
from movenet_ros.core.file_magic import kind_of_file
from movenet_ros.core.file_magic import STORAGES
from movenet_ros.core.wording import natural_order
from movenet_ros.core.wording import one_line

METADATA = 'metadata.yaml'
BAGS = {Form.BAG, *STORAGES.values()}
PICTURE_SUFFIXES = ('.bmp', '.gif', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp')
ADDRESS = re.compile('[a-z][a-z0-9+.-]+:/', re.IGNORECASE)  # Path leaves one / of two
CAMERAS = ('/dev/video', '/dev/v4l/')
TABLES = {'topics', 'messages'}  # of a bag in an SQLite file
VIDEO4LINUX = 81  # their major number
NAMED = 5  # names in a sentence
WITH_IMAGES = {Form.VIDEO, Form.PICTURES, Form.ARCHIVE, Form.PACKED, Form.POINTER, Form.BAG}
NO_FILE = {stat.S_IFIFO: 'a pipe', stat.S_IFSOCK: 'a socket', stat.S_IFBLK: 'a disk'}


def kind_of(source: str | Path) -> Kind:
    """
    Return what a path, the index of a camera or the address of a stream is.

    :raises StartError: if there is nothing of that name, or if it cannot be read.
    """
    path = Path(source)
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            return _folder(path)
        if stat.S_ISREG(about.st_mode):
            return _file(path)
    except (OSError, ValueError) as error:  # ValueError: a 0 in the name
        if isinstance(error, FileNotFoundError) or ADDRESS.match(str(source)):
            return _absent(str(source))
        reason = getattr(error, 'strerror', None) or error
        raise StartError(f'cannot read {one_line(source)}: {reason}') from error
    if not stat.S_ISCHR(about.st_mode):
        what = NO_FILE.get(stat.S_IFMT(about.st_mode), 'no file')
        return Kind(Form.REFUSED, what, 'save it as a file')
    if os.major(about.st_rdev) != VIDEO4LINUX:
        return Kind(Form.REFUSED, 'a device, but no camera')
    return _live(Form.CAMERA, str(source))


def pointer_in(*paths: Path) -> str:
    """
    Return a sentence on the first file that is a pointer of Git LFS or git-annex; '' for none.

    :param paths: of files, or of folders with what is in them and in their folders.
    """
    for path in (each for top in paths for each in _files_in(top)):
        try:
            if path.is_file() and (kind := _file(path)).form is Form.POINTER:
                return kind.sentence(path)
        except OSError:  # whoever reads it next has the reason
            pass
    return ''


def _files_in(top: Path) -> Iterator[Path]:
    yield top
    for folder, folders, names in os.walk(top):
        if Path(folder) != top:
            folders.clear()  # no model lies deeper, but all of a disk might
        yield from (Path(folder, name) for name in names)


def storages(folder: Path) -> list[Path]:
    """
    List the storages of a bag that lie in a folder, in natural order.

    :raises OSError: if the folder cannot be read.
    """
    return [path for path, kind in _contents(folder) if _is_storage(path, kind)]


def storages_by_content(folder: Path) -> list[Path]:
    """
    List the storages that have no name of a storage (x.db, x.db3.bak), in natural order.

    :raises OSError: if the folder cannot be read.
    """
    return [
        path for path, kind in _contents(folder)
        if kind.form is Form.SQLITE and not _is_storage(path, kind) and TABLES <= _tables(path)
    ]


def pictures(folder: Path) -> list[Path]:
    """
    List the pictures in a folder, whole or not, in natural order.

    :raises OSError: if the folder cannot be read.
    """
    known = {path for path, kind in _contents(folder) if kind.form is Form.PICTURE}
    return [each for each in _sorted(folder) if each in known or is_named_as_picture(each)]


def beside_pictures(folder: Path) -> str:
    """
    Return what in a folder of pictures has images in it, and is not read; '' for nothing.

    :raises OSError: if the folder cannot be read.
    """
    inner = ((each, _inner(each)) for each in _sorted(folder) if each.is_dir())
    left_out: dict[str, list[str]] = {}
    for path, kind in (*_contents(folder), *inner):
        is_read = not kind or kind.form is Form.PICTURE or is_named_as_picture(path)
        if kind and not is_read and (kind.form in WITH_IMAGES or kind.fix == AS_JPEG):
            left_out.setdefault(kind.name, []).append(path.name)
    return '; '.join(f'{named(names)} ({kind})' for kind, names in left_out.items())


def is_named_as_picture(path: Path) -> bool:
    """Return whether a name promises a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def bags_within(folder: Path) -> list[Path]:
    """
    List the folders in a folder that are bags, in natural order.

    :raises OSError: if the folder cannot be read.
    """
    return [each for each, kind in _folders(folder) if kind and kind.form is Form.BAG]


def named(names: Iterable[str]) -> str:
    """Put names into a sentence, the first ones if they are many."""
    known = [one_line(each) for each in names]
    return ', '.join([*known[:NAMED], '...'] if len(known) > NAMED else known)


def replay_command(path: Path) -> str:
    """Return the command that replays a bag."""
    return f'python -m movenet_ros replay {shlex.quote(str(path))}'


def _is_storage(path: Path, kind: Kind) -> bool:
    """Return whether a file is one, whole or not; other programs, too, keep such files."""
    if kind.form is Form.ARCHIVE:
        return not STORAGES.keys().isdisjoint(path.suffixes)  # x.mcap.gz
    if kind.form is Form.PACKED:
        packed = path.with_suffix('').suffix
        return packed in STORAGES or not packed.strip('.0123456789')  # but no x.jpg.zst
    if kind.form is Form.SQLITE and (tables := _tables(path)):
        return path.suffix in STORAGES and not tables.isdisjoint(TABLES)
    return path.suffix in STORAGES or kind.form is Form.MCAP


def _tables(path: Path) -> set[str]:
    """Return the names of the tables of an SQLite file; of a damaged one, none."""
    try:
        uri = f'file:{quote(os.fsencode(path))}?immutable=1'
        with closing(sqlite3.connect(uri, uri=True)) as file:
            return {each for (each,) in file.execute('SELECT name FROM sqlite_master')}
    except sqlite3.Error:
        return set()


def _live(form: Form, source: str) -> Kind:
    return Kind(form, form.value, f'python -m movenet_ros demo {shlex.quote(source)}')


def _absent(source: str) -> Kind:
    """Return what is no path: the index of a camera, one that is not plugged in, an address."""
    if source.isdecimal() or source.startswith(CAMERAS):
        return _live(Form.CAMERA, source)
    if ADDRESS.match(source):
        slashes = ':///' if source.lower().startswith('file:') else '://'
        return _live(Form.STREAM, re.sub(':/+', slashes, source, count=1))
    if os.path.islink(source):
        target = one_line(os.readlink(source))
        fix = ' (fix: git annex get)' if '/annex/objects/' in target else ''
        raise StartError(f'{one_line(source)} is a link to {target}, which is not there{fix}')
    raise StartError(f"no such file or folder: '{one_line(source)}'")


def _file(path: Path) -> Kind:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # some of the kernel's wait for news
    try:
        return kind_of_file(os.read(descriptor, HEAD_BYTES), path)
    finally:
        os.close(descriptor)


def _contents(folder: Path) -> list[tuple[Path, Kind]]:
    """List the files of a folder, each with what it is, in natural order."""
    found = []
    for path in _sorted(folder):
        try:
            if path.is_file():
                found.append((path, _file(path)))
        except OSError as error:
            kind = Kind(Form.REFUSED, f'a file that cannot be read ({error.strerror})')
            found.append((path, kind))
    return found


def _sorted(folder: Path) -> list[Path]:
    visible = (each for each in folder.iterdir() if not each.name.startswith('.'))
    return sorted(visible, key=lambda path: natural_order(path.name))


def _folder(path: Path) -> Kind:
    """Return what a folder holds; what lies deeper is named, not read."""
    contents = _contents(path)
    if readable := _readable(path, contents):
        return readable
    inner = _folders(path)
    for form, what in (
        (Form.BAG, 'bag{s}'), (Form.VIDEO, 'video{s}'), (Form.PICTURES, 'folder{s} of pictures'),
    ):
        if found := [each for each, kind in (*contents, *inner) if kind and kind.form is form]:
            fix = replay_command(found[0]) if form is Form.BAG else f'give one of them: {found[0]}'
            several = what.format(s='s' if found[1:] else '')
            name = f'a folder of {len(found)} {several} ({named(each.name for each in found)})'
            return Kind(Form.REFUSED, name, fix)
    for each in storages_by_content(path):
        name = f'a folder in which {one_line(each.name)} is a bag'
        return Kind(Form.REFUSED, name, replay_command(each))
    for each, kind in contents:
        if kind.form in (Form.REFUSED, Form.ARCHIVE, Form.POINTER):
            name = f'a folder in which {one_line(each.name)} is {kind.name}'
            return Kind(Form.REFUSED, name, kind.fix)
    if (path / METADATA).exists():  # it is not whole, or no file
        return Kind(Form.BAG, 'a bag', replay_command(path))
    if next(path.iterdir(), None) is None:
        return Kind(Form.REFUSED, 'an empty folder')
    return Kind(Form.REFUSED, 'a folder with no pictures, no video and no bag in it')


def _readable(path: Path, contents: list[tuple[Path, Kind]]) -> Kind | None:
    """Return what a folder is that a reader reads: a bag, or pictures."""
    for each, kind in contents:
        is_metadata = each.name == METADATA and kind.form is Form.METADATA
        if is_metadata or kind.form in BAGS and _is_storage(each, kind):
            return Kind(Form.BAG, 'a bag', replay_command(path))
    for each, kind in contents:
        if kind.form is Form.PICTURE or _is_broken_picture(each, kind):
            return Kind(Form.PICTURES, 'a folder of pictures')
    return None


def _is_broken_picture(path: Path, kind: Kind) -> bool:
    """Return whether a file is a picture by its name alone."""
    return kind.form is Form.UNKNOWN and is_named_as_picture(path)


def _folders(folder: Path) -> list[tuple[Path, Kind | None]]:
    """List the folders within a folder, each with what it is, in natural order."""
    return [(each, _inner(each)) for each in _sorted(folder) if each.is_dir()]


def _inner(folder: Path) -> Kind | None:
    """Return what a folder within a folder is; None where it is nothing that can be read."""
    try:
        return _readable(folder, _contents(folder))
    except OSError:
        return None
