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

"""Which weights the networks have, told without loading them."""

from __future__ import annotations

import hashlib

from movenet_ros.core.errors import ModelError
from movenet_ros.core.files import sha256_of
from movenet_ros.model import movenet
from movenet_ros.model import thunder
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import MANIFEST
from movenet_ros.model.cache import read_manifest
from movenet_ros.model.store import model_at


def fingerprint(model_path: str = '', closer_path: str = '') -> str:
    """
    Return a SHA-256 that is another one where a file of the networks is.

    :param model_path: of a network of the user's own; empty: the one in the cache.
    :param closer_path: the same of the one that looks closer.
    :return: of what is there: the cache may lack a network that is to be fetched first.
    :raises ModelError: if a network of the user's own cannot be read.
    """
    known = [
        _own(path) if path else _cached(spec.variant)
        for path, spec in ((model_path, movenet.SPEC), (closer_path, thunder.SPEC))
    ]
    return hashlib.sha256('\n'.join(known).encode()).hexdigest()


def _cached(variant: str) -> str:
    """Return the hashes of a network in the cache, as its manifest has them."""
    try:
        manifest = read_manifest(cache_directory(variant) / MANIFEST)
    except ModelError:  # whoever loads it fetches another one
        manifest = None
    files = manifest.files if manifest else {}
    return ' '.join(f'{name} {record.sha256}' for name, record in sorted(files.items()))


def _own(path: str) -> str:
    files = model_at(path)
    folder = files.saved_model
    paths = [files.onnx] if files.onnx else []
    paths += [each for each in sorted(folder.rglob('*')) if each.is_file()] if folder else []
    return ' '.join(f'{each.name} {sha256_of(each)}' for each in paths)
