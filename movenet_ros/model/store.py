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


"""The model to run: the one in the cache, verified, fetched if need be, or a user's own."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path
import subprocess
import sys
from typing import Literal

from movenet_ros.core.errors import ModelError
from movenet_ros.core.files import check_file
from movenet_ros.core.files import sha256_of
from movenet_ros.core.processes import running_module
from movenet_ros.core.source_kind import pointer_in
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import cache_root
from movenet_ros.model.cache import COMPILED
from movenet_ros.model.cache import MANIFEST
from movenet_ros.model.cache import Manifest
from movenet_ros.model.cache import ONNX
from movenet_ros.model.cache import read_manifest
from movenet_ros.model.cache import SAVED_MODEL
from movenet_ros.model.progress import Log
from movenet_ros.model.progress import log_to_stderr
from movenet_ros.model.variants import DEFAULT_VARIANT

Kind = Literal['saved_model', 'onnx']

ERROR_PREFIX = 'movenet_ros: '  # of the command's last line, where it fails


@dataclass(frozen=True)
class ModelFiles:
    """
    One model, ready to be loaded.

    :param variant: its name, or the path that the user gave for a model of their own.
    :param saved_model: the SavedModel's directory, None if there is none.
    :param onnx: the ONNX file, None if there is none.
    :param compiled: folder for what the runtimes compile of the ONNX file; it need not exist.
    """

    variant: str
    saved_model: Path | None
    onnx: Path | None
    compiled: Path | None = None


def fetch_command() -> str:
    """Return the command that puts a model into the cache, with this very interpreter."""
    return f'{sys.executable} -m movenet_ros fetch_model'


def find_model(variant: str = DEFAULT_VARIANT, only: Kind | None = None) -> ModelFiles | None:
    """
    Find a model in the cache and verify its files by SHA-256.

    :param only: verify and return this kind alone, which halves the time.
    :return: None if the model was never fetched.
    :raises ModelError: if a file is damaged; the text names the fix.
    """
    try:
        cached = read_cached(variant, only)
    except ModelError as error:
        raise ModelError(f'{error}: run "{fetch_command()}"') from error
    return cached[1] if cached else None


def read_cached(variant: str, only: Kind | None = None) -> tuple[Manifest, ModelFiles] | None:
    """
    Read and verify the model in the cache, None if there is none.

    :raises ModelError: if a file is damaged; the text names the file, and no fix.
    """
    directory = cache_directory(variant)
    try:
        manifest = read_manifest(directory / MANIFEST)
        if manifest is None:
            return None
        return manifest, _verified(directory / manifest.payload, manifest, only)
    except ModelError as error:
        raise ModelError(f'the cached model is unusable: {error}') from error


def _verified(payload: Path, manifest: Manifest, only: Kind | None) -> ModelFiles:
    found: dict[Kind, Path] = {}
    for name, record in manifest.files.items():
        kind: Kind = 'onnx' if name == ONNX else 'saved_model'
        if only in (None, kind):
            check_file(payload / name, record)
            found[kind] = payload / (ONNX if kind == 'onnx' else SAVED_MODEL)
    compiled = payload.parent / COMPILED / payload.name
    return ModelFiles(manifest.variant, found.get('saved_model'), found.get('onnx'), compiled)


def model_at(path: str | Path) -> ModelFiles:
    """
    Find a model of the user's own.

    :param path: a SavedModel directory, an .onnx file, or a folder with ``saved_model/`` and/or
        ``model.onnx``.
    :raises ModelError: if it is none of these.
    """
    path = Path(os.path.expanduser(path))
    try:
        if path.is_file() and path.suffix == '.onnx':
            if pointer := pointer_in(path):
                raise ModelError(pointer)
            return ModelFiles(str(path), None, path, _compiled_of(path))
        saved_model = next((p for p in (path, path / SAVED_MODEL) if is_saved_model(p)), None)
        onnx = path / ONNX if (path / ONNX).is_file() else None
        if pointer := pointer_in(*filter(None, (saved_model, onnx))):
            raise ModelError(pointer)
        compiled = _compiled_of(onnx) if onnx else None
        problem = 'is not a model' if path.exists() else 'does not exist'
    except OSError as error:
        raise ModelError(f"model path '{path}' cannot be read ({error.strerror})") from error
    if saved_model or onnx:
        return ModelFiles(str(path), saved_model, onnx, compiled)
    raise ModelError(
        f"model path '{path}' {problem}: give a SavedModel directory, an .onnx file, or a folder "
        f'with {SAVED_MODEL}/ or {ONNX}'
    )


def _compiled_of(onnx: Path) -> Path | None:
    """Return the folder for what is compiled of a user's own model, named by its content."""
    try:
        return cache_root() / 'own' / sha256_of(onnx)[:16]
    except ModelError:  # no home directory: nothing is kept
        return None


def is_saved_model(path: Path) -> bool:
    """Return whether a directory is a SavedModel, by the file that TensorFlow looks for."""
    return (path / 'saved_model.pb').is_file() or (path / 'saved_model.pbtxt').is_file()


def ensure_model(
    variant: str = DEFAULT_VARIANT, log: Log = log_to_stderr, only: Kind | None = None
) -> ModelFiles:
    """
    Find a model, or fetch what the cache lacks first.

    Another process fetches it: TensorFlow, which converts the model, would stay in the memory of
    this one.

    :param log: takes the progress, line by line.
    :param only: verify and return this kind alone; it is None where it cannot be made here.
    :raises ModelError: if the cache has no whole model and none can be fetched.
    """
    found, problem = _look_up(variant, only)
    if found is None or only is not None and getattr(found, only) is None:
        if not problem and found is None:
            log(f'no model in {cache_directory(variant)}: fetching it')
        failure = _fetch_in_another_process(log)  # which logs the problem
        found, problem = _look_up(variant, only)
        if found is None:
            nothing = f'no model in {cache_directory(variant)}: run "{fetch_command()}"'
            raise ModelError(failure or problem or nothing)
        if failure:
            log(failure)  # it is of another model
    return found


def _look_up(variant: str, only: Kind | None) -> tuple[ModelFiles | None, str]:
    """Return the model in the cache, and what is wrong with it."""
    try:
        return find_model(variant, only), ''
    except ModelError as error:
        return None, str(error)


def _fetch_in_another_process(log: Log) -> str:
    """Fetch what the cache lacks; return why that failed."""
    reason = ''
    with running_module(
        'movenet_ros.__main__', 'fetch_model', stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            text = line.decode(errors='replace').rstrip()
            if text.startswith(ERROR_PREFIX):
                reason = text.removeprefix(ERROR_PREFIX).strip()
            else:
                log(text)
        code = process.wait()
    return (reason or f'"{fetch_command()}" ended with code {code}') if code else ''
