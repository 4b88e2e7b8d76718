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
Read a TensorFlow.js graph model.

The topology file is JSON: ``modelTopology`` is a GraphDef in protobuf's JSON form, whose constants
are empty; ``weightsManifest`` gives the place of each constant in the weight files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.core.wording import one_line
from movenet_ros.model.graph import Graph
import numpy as np
from numpy.typing import NDArray


def read(topology: Path) -> Graph:
    """
    Read a TFJS graph model.

    :param topology: the JSON file; the weight files are beside it.
    :raises ModelError: if the files are not a TFJS graph model.
    """
    try:
        content = json.loads(topology.read_text(encoding='utf-8'))
        weights = read_weights(content['weightsManifest'], topology.parent)
        return Graph(content['modelTopology']['node'], weights)
    except FileNotFoundError as error:
        raise ModelError(f'{error.filename} is missing') from error
    except Exception as error:  # noqa: B902 (a damaged file raises almost anything)
        raise ModelError(f'{topology} is no TFJS model ({one_line(repr(error))})') from error


def read_weights(groups: list[dict[str, Any]], folder: Path) -> dict[str, NDArray[Any]]:
    """
    Read the weights of a TFJS model.

    :param groups: the ``weightsManifest``; the files of a group are one stream of bytes.
    :return: name -> array, float16 widened to float32.
    :raises ValueError: if the files and the manifest do not agree.
    """
    weights: dict[str, NDArray[Any]] = {}
    for group in groups:
        stream = b''.join((folder / Path(name).name).read_bytes() for name in group['paths'])
        offset = 0
        for weight in group['weights']:
            stored = np.dtype(weight.get('quantization', weight)['dtype']).newbyteorder('<')
            count = int(np.prod(weight['shape'], dtype=np.int64))
            numbers = np.frombuffer(stream, stored, count, offset)
            weights[weight['name']] = numbers.reshape(weight['shape']).astype(weight['dtype'])
            offset += numbers.nbytes
        if offset != len(stream):
            raise ValueError(f'{len(stream)} bytes of weights where {offset} were expected')
    return weights
