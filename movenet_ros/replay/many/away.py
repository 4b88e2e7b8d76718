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
Recordings and outputs in an object store, by the URLs of fsspec (``s3://``, ``gs://``).

A recording is fetched to a scratch folder; an output is made in one, and put back when whole. Such
a store cannot rename a folder: metadata.yaml, without which nobody takes the rest for a bag, and
the manifest come last, and until then there is a file that says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from pathlib import PurePosixPath
import tempfile
from typing import Any
from typing import NamedTuple

from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
from movenet_ros.core.needs import needs
from movenet_ros.core.source_kind import ADDRESS
from movenet_ros.core.source_kind import METADATA
from movenet_ros.core.wording import first_line
from movenet_ros.core.wording import natural_order
from movenet_ros.core.wording import one_line
from movenet_ros.core.wording import PASSWORD
from movenet_ros.replay.unfinished import MANIFEST

STORAGES = ('.mcap', '.db3')
VIDEOS = ('.avi', '.m4v', '.mkv', '.mov', '.mp4', '.webm')
LAST = ('', METADATA, MANIFEST)  # in this order, the others before, an output is put back
UNFINISHED = 'movenet_ros.unfinished'  # lies beside them meanwhile
LIVE = {'file', 'http', 'https', 'rtmp', 'rtp', 'rtsp', 'srt', 'tcp', 'udp'}  # of streams, mostly
STAMPS = ('ETag', 'etag', 'md5Hash', 'crc32c', 'LastModified', 'updated', 'mtime', 'created')
"""What stores tell of a file that is another one for another content; each has some."""


class Found(NamedTuple):
    """
    A recording.

    :param name: of its output, relative to the folder of all outputs.
    :param size: in bytes.
    :param about: what tells another content of its files.
    """

    name: str
    path: Path
    size: int
    about: str


class _About(NamedTuple):
    name: str
    size: int
    stamps: list[str]


def url_of(path: Path) -> str:
    """Return the URL in a store that a path was made of, without one of its slashes; else ''."""
    text = str(path)
    scheme, _, rest = text.partition(':/')
    is_store = ADDRESS.match(text) and scheme.lower() not in LIVE and not path.exists()
    return f'{scheme}://{rest}' if is_store else ''


def shown(url: str) -> str:
    """Return a URL for people, without a password."""
    return PASSWORD.sub('', one_line(url))


@contextmanager
def reaching(url: str, what: str = 'read') -> Iterator[tuple[Any, str]]:
    """
    Give the file system of a URL, and the path in it.

    :raises StartError: in place of whatever the package that reaches it raises.
    """
    fsspec = needs('fsspec')
    try:
        yield fsspec.url_to_fs(url)
    except StartError:
        raise
    except Exception as error:  # noqa: B902 (each store has errors of its own)
        raise StartError(f'cannot {what} {shown(url)}: {first_line(error)}') from error


def recordings_at(path: Path) -> list[Found]:
    """
    Return the recordings at a URL, by their names and the names of files in them.

    :raises StartError: if there are none.
    """
    url = url_of(path)
    with reaching(url) as (files, root):
        about = files.find(root, detail=True)
    top = PurePosixPath(root)
    all_files = {PurePosixPath(name): each for name, each in sorted(about.items())}
    inner: defaultdict[PurePosixPath, list[_About]] = defaultdict(list)
    for file, each in all_files.items():
        stamps = [str(each.get(stamp)) for stamp in STAMPS]
        for place in (file, file.parent):
            inner[place].append(_About(file.name, int(each['size'] or 0), stamps))
    bags = {each.parent for each in all_files if _is_of_bag(each) and each != top}
    videos = {each for each in all_files if each.suffix.lower() in VIDEOS} - {top}
    others = {each for each in videos if each.parent not in bags} | ({top} & {*all_files})
    if not bags and not others:
        raise StartError(f'{shown(url)} has no bag and no video')
    ordered = sorted({*bags, *others}, key=lambda each: natural_order(str(each)))
    folder = top.parent if top in ordered else top
    return [
        Found(
            str(name if each in bags else name.with_suffix('')), path / each.relative_to(top),
            sum(file.size for file in inner[each]), str(inner[each]),
        )
        for each in ordered for name in [each.relative_to(folder)]
    ]


@contextmanager
def at_hand(recording: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """
    Give a recording, and where to write what is made of it, on this machine.

    What is a path already is given as it is. An output is put back behind the block.

    :raises StartError: if something cannot be fetched, or put back.
    """
    source, target = url_of(recording), url_of(out)
    if not source and not target:
        yield recording, out
        return
    with tempfile.TemporaryDirectory(prefix='movenet_ros_', ignore_cleanup_errors=True) as name:
        here = Path(name, 'in', recording.name) if source else recording
        made = Path(name, 'out', out.name) if target else out
        if source:
            _fetch(source, here)
        if target:
            made.parent.mkdir()
        with _naming({str(here): source, str(made): target}):
            yield here, made
        if target and made.exists():
            put_whole(made, target)


def _fetch(url: str, here: Path) -> None:
    """Copy a file, or the files of a folder."""
    with reaching(url) as (files, root):
        found = files.find(root, maxdepth=1)
        for each in found:
            is_file = each.rstrip('/') == root.rstrip('/')
            target = here if is_file else here / PurePosixPath(each).name
            target.parent.mkdir(parents=True, exist_ok=True)
            files.get_file(each, str(target))


def put_whole(folder: Path, url: str) -> None:
    """
    Put the files of a folder to a URL, in place of those there.

    :raises StartError: if that fails; then there is no manifest.
    """
    with reaching(url, 'write') as (files, root):
        old = {PurePosixPath(each).name: each for each in files.find(root, maxdepth=1)}
        files.makedirs(root, exist_ok=True)
        files.pipe_file(f'{root}/{UNFINISHED}', b'')
        for name in (MANIFEST, METADATA):
            if name in old:
                files.rm_file(old[name])
        new = [each for each in folder.iterdir() if each.is_file()]
        for each in sorted(new, key=_turn):
            files.put_file(str(each), f'{root}/{each.name}')
        for name in {*old, UNFINISHED} - {each.name for each in new} - {MANIFEST, METADATA}:
            files.rm_file(f'{root}/{name}')


@contextmanager
def outbox(out: Path, names: Iterable[str]) -> Iterator[Path]:
    """
    Give a folder with the manifests of all outputs; of a URL it is a copy.

    What is written into its top goes to the URL.

    :raises StartError: if the URL cannot be reached.
    """
    if not (url := url_of(out)):
        yield out
        return
    with tempfile.TemporaryDirectory(prefix='movenet_ros_') as name:
        here = Path(name)
        with reaching(url) as (files, root):
            found = {*files.find(root)} if files.exists(root) else set()
            folders = {each.rpartition('/')[0] for each in found}
            manifests = {}
            for each in names:
                folder = f'{root}/{each}'
                if f'{folder}/{MANIFEST}' in found:
                    manifests[f'{folder}/{MANIFEST}'] = here / each / MANIFEST
                elif folder not in folders or f'{folder}/{UNFINISHED}' in found:
                    continue
                (here / each).mkdir(parents=True)
            for path, content in (files.cat([*manifests]) if manifests else {}).items():
                manifests[path].write_bytes(content)
        with _naming({name: url}):
            yield here
        with reaching(url, 'write') as (files, root):
            files.makedirs(root, exist_ok=True)
            for file in here.glob('[!.]*.*'):
                files.put_file(str(file), f'{root}/{file.name}')


@contextmanager
def _naming(names: Mapping[str, str]) -> Iterator[None]:
    """Name URLs, where there are some, in place of scratch folders in what goes wrong."""
    try:
        yield
    except MoveNetError as error:
        text = str(error)
        for here, url in names.items():
            text = text.replace(here, shown(url) or here)
        error.args = (text,)
        raise


def _is_of_bag(path: PurePosixPath) -> bool:
    return path.name == METADATA or path.suffix in STORAGES


def _turn(path: Path) -> int:
    return LAST.index(path.name) if path.name in LAST else 0
