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

"""A TFJS graph model is read whole, or refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exports import make_weights
from exports import write_tfjs
from movenet_ros.core.errors import ModelError
from movenet_ros.model import thunder
from movenet_ros.model.tfjs import read
from movenet_ros.model.tfjs import read_weights
import numpy as np
import pytest


@pytest.fixture
def topology(tmp_path: Path) -> Path:
    """Give a small model."""
    return write_tfjs(tmp_path, thunder.SPEC)


def test_it_has_its_heads(topology: Path) -> None:
    assert read(topology).heads == {head: f'{head}_0/conv2d' for head in thunder.SPEC.outputs}


def test_weights_are_widened_from_float16(topology: Path) -> None:
    constants = read(topology).constants
    for name, each in make_weights(thunder.SPEC).items():
        assert constants[name].dtype == np.float32
        np.testing.assert_array_equal(constants[name], each)


@pytest.mark.parametrize('surplus', [-2, 2])
def test_weights_of_another_length_are_refused(topology: Path, surplus: int) -> None:
    path = topology.with_name('a2.bin')
    content = path.read_bytes()
    path.write_bytes((content + b'..')[: len(content) + surplus])
    with pytest.raises(ModelError, match='no TFJS model'):
        read(topology)


def test_lost_weights_are_named(topology: Path) -> None:
    topology.with_name('a2.bin').unlink()
    with pytest.raises(ModelError, match=r'a2\.bin is missing'):
        read(topology)


@pytest.mark.parametrize(
    'changes', [{'modelTopology': {'node': 1}}, {'modelTopology': []}, {'weightsManifest': [{}]}]
)
def test_json_of_another_kind_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match='no TFJS model'):
        read(write_tfjs(tmp_path, thunder.SPEC, **changes))


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'a.json'
    path.write_text('not json')
    with pytest.raises(ModelError, match='no TFJS model'):
        read(path)


def test_weights_are_looked_for_beside_their_list_only(tmp_path: Path) -> None:
    (tmp_path / 'secret').write_bytes(b'1234')
    folder = tmp_path / 'model'
    folder.mkdir()
    weights = [{'name': 'a', 'shape': [1], 'dtype': 'float32'}]
    with pytest.raises(FileNotFoundError):
        read_weights([{'paths': ['../secret'], 'weights': weights}], folder)
