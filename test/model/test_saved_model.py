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

"""SavedModels are read with all that they compute, and written with the heads of the ONNX file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Any

from exports import compute
from exports import make_weights
from exports import write_saved_model
from movenet_ros.core.errors import ModelError
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.model import movenet
from movenet_ros.model import onnx_file
from movenet_ros.model import saved_model
from movenet_ros.model import thunder
from movenet_ros.model.store import ModelFiles
import numpy as np
import onnxruntime
import pytest

pytestmark = pytest.mark.runtime


@pytest.mark.parametrize(
    ('spec', 'size'), [(movenet.SPEC, None), (thunder.SPEC, 64)], ids=['any size', 'one size']
)
def test_batch_norms_and_variables_become_part_of_the_convolutions(
    tensorflow: Any, tmp_path: Path, spec: ModelSpec, size: int | None
) -> None:
    graph = saved_model.read(write_saved_model(tensorflow, tmp_path / 'model', spec, size))
    path = tmp_path / 'model.onnx'
    onnx_file.write(graph, spec, path)
    images = np.random.default_rng(0).integers(0, 5, (2, 32, 96, 3), np.uint8)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    heads = session.run([*spec.outputs], {'input': images})
    expected = compute(tensorflow, spec, make_weights(spec), images, with_batch_norm=True)
    for name, head in zip(spec.outputs, heads):
        np.testing.assert_allclose(head, expected[name], atol=1e-4)


@pytest.fixture(params=['real_model', 'thunder_model'])
def real(request: pytest.FixtureRequest) -> ModelFiles:
    """Give each real network."""
    files = request.getfixturevalue(request.param)
    assert isinstance(files, ModelFiles)
    return files


def test_both_forms_of_the_real_networks_agree(tensorflow: Any, real: ModelFiles) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), np.uint8)
    model = tensorflow.saved_model.load(str(real.saved_model))
    expected = model.signatures['serving_default'](input=tensorflow.constant(images))
    session = onnxruntime.InferenceSession(str(real.onnx), providers=['CPUExecutionProvider'])
    names = [each.name for each in session.get_outputs()]
    assert {*names} == expected.keys()
    for name, head in zip(names, session.run(names, {'input': images})):
        np.testing.assert_allclose(head, expected[name], atol=1e-3, rtol=1e-4)


def halve_graph(model: Path) -> None:
    graph = model / 'saved_model.pb'
    graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])


def lose_variables(model: Path) -> None:
    shutil.rmtree(model / 'variables')


@pytest.mark.parametrize('damage', [halve_graph, lose_variables])
def test_a_damaged_model_is_refused_in_one_line(
    tensorflow: Any, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = write_saved_model(tensorflow, tmp_path / 'model', thunder.SPEC)
    damage(path)
    with pytest.raises(ModelError, match=r'^[^\n]*cannot be loaded[^\n]*$'):
        saved_model.read(path)


def test_importing_tensorflow_is_silent_and_leaves_the_gpu_alone() -> None:
    script = (
        'from movenet_ros.model.saved_model import import_tensorflow;'
        "assert not import_tensorflow().config.list_physical_devices('GPU')"
    )
    result = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')
