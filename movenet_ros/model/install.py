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

"""The one place that writes to the cache; what it writes is described in the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import os
from pathlib import Path
import shutil

from movenet_ros.core.errors import ModelError
from movenet_ros.core.files import record_files
from movenet_ros.core.files import sync
from movenet_ros.model.manifest import Manifest
from movenet_ros.model.manifest import read_manifest
from movenet_ros.model.manifest import write_manifest
from movenet_ros.model.progress import Say
from movenet_ros.model.store import cache_directory
from movenet_ros.model.store import MANIFEST

LOCK = 'lock'


@contextmanager
def writing(variant: str, say: Say) -> Iterator[Path]:
    """
    Be the only process that writes to a variant's folder; wait until that is so.

    What a process that died half-way left behind is removed first. The lock goes with its
    process, however that ends.

    :return: the folder.
    """
    directory = cache_directory(variant)
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK).open('w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say('another process is fetching this model: waiting for it')
            fcntl.flock(lock, fcntl.LOCK_EX)
        _remove_leftovers(directory)
        yield directory


def _remove_leftovers(directory: Path) -> None:
    """
    Remove all that is not in use.

    A model that was replaced goes here, at the next fetch, and not at once, because another
    process may be loading it just then.
    """
    try:
        manifest = read_manifest(directory / MANIFEST)
    except ModelError:
        manifest = None
    keep = {MANIFEST, LOCK, manifest.payload if manifest else MANIFEST}
    for path in directory.iterdir():
        if path.name in keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def install(variant: str, built: Path, source: str) -> None:
    """
    Turn a folder of finished files into the model in use; call it inside :func:`writing`.

    :param built: ``saved_model/`` and perhaps ``model.onnx``, on the cache's file system; moved.
    """
    directory = cache_directory(variant)
    files = record_files(built)
    for path in (built, *built.rglob('*')):
        sync(path)
    payload = directory / f'files-{os.urandom(4).hex()}'
    built.rename(payload)
    sync(directory)
    write_manifest(directory / MANIFEST, Manifest(variant, source, payload.name, files))
