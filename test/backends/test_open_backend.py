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

from __future__ import annotations

from pathlib import Path
import re
import sys

from movenet_ros.backends import BackendRequest
from movenet_ros.backends import open_backend
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import StartError
from movenet_ros.model.store import ModelFiles
import numpy as np
import pytest

SAVED_MODEL, ONNX = Path('/models/saved_model'), Path('/models/model.onnx')


@pytest.mark.parametrize(
    ('request_', 'sentence'),
    [
        (
            BackendRequest(name='tensorrt'),
            "unknown backend 'tensorrt', choose from auto, tensorflow, onnxruntime",
        ),
        (BackendRequest(device='tpu'), "unknown device 'tpu', choose from auto, cpu, gpu"),
        (BackendRequest(name=''), "unknown backend ''"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(
    request_: BackendRequest, sentence: str
) -> None:
    with pytest.raises(BackendError, match=re.escape(sentence)):
        open_backend(request_)


@pytest.mark.parametrize('name', ['tensorflow', 'onnxruntime'])
def test_a_backend_that_is_not_installed_is_an_error_that_names_the_cure(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BackendError, match=f'{name} cannot be imported.*pip install {name}'):
        open_backend(BackendRequest(name, 'cpu', 0, SAVED_MODEL, ONNX))


@pytest.mark.parametrize(
    ('name', 'other', 'files'),
    [
        ('tensorflow', 'onnxruntime', ModelFiles('x', None, ONNX)),
        ('onnxruntime', 'tensorflow', ModelFiles('x', SAVED_MODEL, None)),
    ],
)
def test_a_model_without_the_backends_kind_is_refused_with_the_backend_that_serves(
    name: str, other: str, files: ModelFiles
) -> None:
    with pytest.raises(BackendError, match=f'backend {name} needs .* set backend to {other}'):
        open_backend(BackendRequest(name, 'auto', 0, files.saved_model, files.onnx))


def test_every_refusal_is_a_start_error_of_one_line() -> None:
    with pytest.raises(StartError) as caught:
        open_backend(BackendRequest(name='a\nb'.split()[0]))
    assert '\n' not in str(caught.value)


def test_auto_opens_the_real_model_and_says_why(real_model: ModelFiles) -> None:
    request = BackendRequest('auto', 'cpu', 0, real_model.saved_model, real_model.onnx)
    backend, why = open_backend(request)
    assert (backend.info.name, why) == ('onnxruntime', 'device cpu')


def test_a_backend_that_is_asked_for_is_opened(real_model: ModelFiles) -> None:
    request = BackendRequest('onnxruntime', 'auto', 0, real_model.saved_model, real_model.onnx)
    backend, why = open_backend(request)
    assert (backend.info.name, why) == ('onnxruntime', 'asked for')


def test_what_is_opened_answers(real_model: ModelFiles) -> None:
    request = BackendRequest('onnxruntime', 'cpu', 0, None, real_model.onnx)
    output = open_backend(request)[0].infer(np.zeros((1, 96, 128, 3), np.int32))
    assert (output.shape, output.dtype) == ((1, 6, 56), np.float32)


def test_auto_takes_tensorflow_where_onnx_runtime_is_broken(
    monkeypatch: pytest.MonkeyPatch, real_model: ModelFiles, tmp_path: Path
) -> None:
    (tmp_path / 'onnxruntime.py').write_text("raise ImportError('libcudart.so: no such file')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, 'onnxruntime', raising=False)
    backend, why = open_backend(
        BackendRequest('auto', 'cpu', 0, real_model.saved_model, real_model.onnx)
    )
    assert backend.info.name == 'tensorflow'
    assert 'ONNX Runtime does not work: ' in why and 'libcudart.so' in why
