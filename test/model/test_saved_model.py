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

"""Only MoveNet MultiPose is accepted; TensorFlow is quiet and leaves the GPU alone."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
import shutil
import subprocess
import sys

from movenet_ros.core.errors import ModelError
from movenet_ros.model import saved_model
from movenet_ros.model.saved_model import copy_saved_model
from movenet_ros.model.saved_model import load_checked
from movenet_ros.model.saved_model import require_tensorflow
from movenet_ros.model.store import ModelFiles
import numpy as np
import pytest


def test_the_real_model_passes_and_runs_at_any_multiple_of_32(real_model: ModelFiles) -> None:
    assert real_model.saved_model is not None
    model = load_checked(real_model.saved_model)
    assert model.infer(np.zeros((1, 96, 224, 3), np.int32)).shape == (1, 6, 56)


@pytest.mark.parametrize(
    ('dtype', 'shape', 'output', 'reason'),
    [
        ('float32', (1, None, None, 3), 'output_0', 'is not MoveNet MultiPose'),
        ('int32', (1, None, None, 3), 'other', 'is not MoveNet MultiPose'),
        ('int32', (1, 256, 256, 3), 'output_0', r'takes int32\[1, 256, 256, 3\]'),
    ],
)
def test_another_signature_is_refused(
    write_constant: Callable[..., Path],
    tmp_path: Path,
    dtype: str,
    shape: Sequence[int | None],
    output: str,
    reason: str,
) -> None:
    write_constant(tmp_path / 'model', dtype, shape, output)
    with pytest.raises(ModelError, match=reason):
        load_checked(tmp_path / 'model')


def halve_graph(model: Path) -> None:
    graph = model / 'saved_model.pb'
    graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])


def lose_variables(model: Path) -> None:
    shutil.rmtree(model / 'variables')


@pytest.mark.parametrize('damage', [halve_graph, lose_variables])
def test_a_damaged_model_is_refused_in_one_line(
    real_model: ModelFiles, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    assert real_model.saved_model is not None
    copy_saved_model(real_model.saved_model, tmp_path / 'model')
    damage(tmp_path / 'model')
    with pytest.raises(ModelError, match=r'^[^\n]*cannot be used[^\n]*$'):
        load_checked(tmp_path / 'model')


def test_other_files_of_the_folder_are_not_copied(tmp_path: Path) -> None:
    (tmp_path / 'from' / 'variables').mkdir(parents=True)
    for name in ('saved_model.pb', 'variables/variables.index', 'holiday.jpg'):
        (tmp_path / 'from' / name).touch()
    copy_saved_model(tmp_path / 'from', tmp_path / 'to')
    copied = (tmp_path / 'to').rglob('*')
    assert {path.relative_to(tmp_path / 'to').as_posix() for path in copied} == {
        'saved_model.pb',
        'variables',
        'variables/variables.index',
    }


def test_a_missing_tensorflow_is_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_model, 'find_spec', lambda name: None)
    with pytest.raises(ModelError, match='not installed.*pip install tensorflow'):
        require_tensorflow()


@pytest.mark.runtime
def test_importing_tensorflow_is_silent_and_leaves_the_gpu_alone() -> None:
    script = (
        'from movenet_ros.model.saved_model import import_tensorflow;'
        "assert not import_tensorflow().config.list_physical_devices('GPU')"
    )
    result = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')
