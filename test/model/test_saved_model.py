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

"""Only MoveNet MultiPose passes, whatever the file is called."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
import shutil

from movenet_ros.core.errors import ModelError
from movenet_ros.model.saved_model import copy_saved_model
from movenet_ros.model.saved_model import load_checked
from movenet_ros.model.store import ModelFiles
import numpy as np
import pytest


def test_the_real_model_passes_and_runs_at_any_multiple_of_32(real_model: ModelFiles) -> None:
    assert real_model.saved_model is not None
    model = load_checked(real_model.saved_model)
    assert model.infer(np.zeros((1, 96, 224, 3), np.int32)).shape == (1, 6, 56)


@pytest.mark.parametrize(
    ('dtype', 'shape', 'output'),
    [
        ('float32', (1, None, None, 3), 'output_0'),
        ('int32', (1, 256, 256, 3), 'output_0'),
        ('int32', (None, None, None, 3), 'output_0'),
        ('int32', (1, None, None, 3), 'other'),
    ],
)
def test_another_signature_is_refused(
    write_constant: Callable[..., Path],
    tmp_path: Path,
    dtype: str,
    shape: Sequence[int | None],
    output: str,
) -> None:
    write_constant(tmp_path / 'model', dtype, shape, output)
    with pytest.raises(ModelError, match='is not MoveNet MultiPose: it takes input'):
        load_checked(tmp_path / 'model')


def test_a_truncated_graph_is_refused_in_one_line(real_model: ModelFiles, tmp_path: Path) -> None:
    assert real_model.saved_model is not None
    copy_saved_model(real_model.saved_model, tmp_path / 'model')
    graph = tmp_path / 'model' / 'saved_model.pb'
    content = graph.read_bytes()
    graph.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=r'^this SavedModel cannot be used[^\n]*$'):
        load_checked(tmp_path / 'model')


def test_lost_variables_are_refused_in_one_line(real_model: ModelFiles, tmp_path: Path) -> None:
    assert real_model.saved_model is not None
    copy_saved_model(real_model.saved_model, tmp_path / 'model')
    shutil.rmtree(tmp_path / 'model' / 'variables')
    with pytest.raises(ModelError, match=r'^this SavedModel cannot be used[^\n]*$'):
        load_checked(tmp_path / 'model')


def test_a_copy_leaves_out_what_lies_beside_the_model(tmp_path: Path) -> None:
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
