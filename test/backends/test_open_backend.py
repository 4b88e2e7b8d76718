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

from dataclasses import replace
from pathlib import Path
import re
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import movenet_ros.backends as backends
from movenet_ros.backends import open_backend
from movenet_ros.backends import tuning
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
import numpy as np
import pytest

SAVED_MODEL, ONNX = Path('/models/saved_model'), Path('/models/model.onnx')


def never(*_: Any, **__: Any) -> Any:
    """Fail where something is done that need not be done."""
    raise AssertionError('this should not have been done')


def no_library(*_: Any) -> Any:
    """Fail like a runtime whose libraries do not fit this machine."""
    raise ImportError('libcudart.so: no such file')


@pytest.mark.parametrize(
    ('request_', 'sentence'),
    [
        (
            BackendRequest(SPEC, name='tensorrt'),
            "unknown backend 'tensorrt', choose from auto, tensorflow, onnxruntime, openvino",
        ),
        (BackendRequest(SPEC, device='tpu'), "unknown device 'tpu', choose from auto, cpu, gpu"),
        (BackendRequest(SPEC, name=''), "unknown backend ''"),
        (
            BackendRequest(SPEC, precision='fp16'),
            "unknown precision 'fp16', choose from auto, f32, bf16",
        ),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(
    request_: BackendRequest, sentence: str
) -> None:
    with pytest.raises(BackendError, match=re.escape(sentence)):
        open_backend(request_)


@pytest.mark.parametrize('name', ['tensorflow', 'onnxruntime', 'openvino'])
def test_a_backend_that_is_not_installed_is_an_error_that_names_the_cure(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BackendError, match=f'{name} cannot be imported.*pip install {name}'):
        open_backend(BackendRequest(SPEC, name, 'cpu', 0, SAVED_MODEL, ONNX))


@pytest.mark.parametrize(
    ('name', 'other', 'files'),
    [
        ('tensorflow', 'onnxruntime', ModelFiles('x', None, ONNX)),
        ('onnxruntime', 'tensorflow', ModelFiles('x', SAVED_MODEL, None)),
        ('openvino', 'tensorflow', ModelFiles('x', SAVED_MODEL, None)),
    ],
)
def test_a_model_without_the_backends_kind_is_refused_with_the_backend_that_serves(
    name: str, other: str, files: ModelFiles
) -> None:
    with pytest.raises(BackendError, match=f'backend {name} needs .* set backend to {other}'):
        open_backend(BackendRequest(SPEC, name, 'auto', 0, files.saved_model, files.onnx))


def test_every_refusal_is_a_start_error_of_one_line() -> None:
    with pytest.raises(StartError) as caught:
        open_backend(BackendRequest(SPEC, name='a\nb'.split()[0]))
    assert '\n' not in str(caught.value)


def test_auto_opens_the_real_model_and_says_why(real_model: ModelFiles) -> None:
    request = BackendRequest(SPEC, 'auto', 'cpu', 0, real_model.saved_model, real_model.onnx)
    backend, why = open_backend(request)
    assert (backend.info.name, why) == ('onnxruntime', 'device cpu')
    inputs = {'input': np.zeros((1, 96, 128, 3), np.int32)}
    assert backend.run(inputs)['output_0'].shape == (1, 6, 56)


@pytest.mark.parametrize('name', ['onnxruntime', 'openvino'])
def test_a_backend_that_is_asked_for_is_opened(real_model: ModelFiles, name: str) -> None:
    request = BackendRequest(SPEC, name, 'cpu', 0, real_model.saved_model, real_model.onnx)
    backend, why = open_backend(request)
    assert (backend.info.name, why) == (name, 'asked for')


@pytest.mark.parametrize('name', ['onnxruntime', 'openvino'])
def test_what_is_opened_answers(real_model: ModelFiles, name: str) -> None:
    request = BackendRequest(SPEC, name, 'cpu', 0, None, real_model.onnx)
    output = open_backend(request)[0].run({'input': np.zeros((1, 96, 128, 3), np.int32)})
    output = output['output_0']
    assert (output.shape, output.dtype) == ((1, 6, 56), np.float32)


@pytest.mark.parametrize('name', ['onnxruntime', 'tensorflow'])
def test_bf16_is_refused_with_the_backend_that_has_it(name: str) -> None:
    request = BackendRequest(SPEC, name, 'cpu', 0, SAVED_MODEL, ONNX, precision='bf16')
    with pytest.raises(BackendError, match=f'backend {name} computes in f32.*openvino$'):
        open_backend(request)


class Runtimes:
    """
    Stands in for the modules of all backends.

    :param broken: what those that do not load say.
    """

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self.requests: list[BackendRequest] = []

    def import_module(self, module: str) -> SimpleNamespace:
        name = module.rpartition('.')[2]

        def load(path: Path, request: BackendRequest) -> SimpleNamespace:
            self.requests.append(request)
            if name in self.broken:
                raise self.broken[name]
            return SimpleNamespace(info=RuntimeInfo(name, '1', 'CPU', request.threads))

        return SimpleNamespace(load=load)


@pytest.fixture
def runtimes(monkeypatch: pytest.MonkeyPatch) -> Runtimes:
    """Give a machine that has all runtimes, and no GPU."""
    fake = Runtimes()
    monkeypatch.setattr(backends, 'import_module', fake.import_module)
    monkeypatch.setattr(backends, 'find_spec', lambda name: True)
    monkeypatch.setattr('movenet_ros.core.machine.gpu_in_sight', lambda: False)
    return fake


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, runtimes: Runtimes) -> None:
    """Let OpenVINO with two threads be the fastest."""
    settings = [('openvino', 2), ('onnxruntime', 1), ('tensorflow', 0)]
    monkeypatch.setattr(tuning, 'settle', lambda *_: (settings, 'measured here: 9 ms'))


AUTO = BackendRequest(SPEC, 'auto', 'cpu', 0, SAVED_MODEL, ONNX)


@pytest.mark.usefixtures('measured')
def test_the_fastest_one_is_opened_with_its_threads(runtimes: Runtimes) -> None:
    backend, why = open_backend(AUTO)
    assert (backend.info.name, backend.info.threads) == ('openvino', 2)
    assert why == 'device cpu; measured here: 9 ms'


@pytest.mark.usefixtures('measured')
def test_the_backend_is_given_all_that_was_asked_for(runtimes: Runtimes, tmp_path: Path) -> None:
    request = replace(AUTO, precision='f32', compiled=tmp_path, gpu_memory_limit_mb=7)
    open_backend(request)
    assert runtimes.requests == [replace(request, name='openvino', threads=2)]


BROKEN = ImportError('libcudart.so: no such file')


@pytest.mark.usefixtures('measured')
@pytest.mark.parametrize(
    ('broken', 'taken'),
    [(['openvino'], ('onnxruntime', 1)), (['openvino', 'onnxruntime'], ('tensorflow', 0))],
)
def test_where_one_does_not_load_the_next_one_is_opened(
    runtimes: Runtimes, broken: list[str], taken: tuple[str, int]
) -> None:
    runtimes.broken = dict.fromkeys(broken, BROKEN)
    backend, why = open_backend(AUTO)
    assert (backend.info.name, backend.info.threads) == taken
    assert why.startswith('OpenVINO does not work: backend openvino cannot be imported (libcud')


@pytest.mark.usefixtures('measured')
def test_where_none_loads_the_first_one_says_why(runtimes: Runtimes) -> None:
    runtimes.broken = {
        name: BackendError(f'{name} is broken') for name in ('openvino', 'onnxruntime')
    } | {'tensorflow': BROKEN}
    with pytest.raises(BackendError, match='^openvino is broken$'):
        open_backend(AUTO)


@pytest.mark.usefixtures('measured')
def test_a_model_that_does_not_fit_is_an_error_and_no_reason_to_try_the_next(
    runtimes: Runtimes,
) -> None:
    runtimes.broken = {'openvino': ModelError('this is no MoveNet')}
    with pytest.raises(ModelError, match='^this is no MoveNet$'):
        open_backend(AUTO)


def test_a_backend_that_was_asked_for_is_not_replaced(runtimes: Runtimes) -> None:
    runtimes.broken = {'openvino': BROKEN}
    with pytest.raises(BackendError, match='openvino cannot be imported'):
        open_backend(replace(AUTO, name='openvino'))
    assert [each.name for each in runtimes.requests] == ['openvino']


@pytest.mark.parametrize('name', ['auto', 'onnxruntime', 'openvino', 'tensorflow'])
def test_without_a_folder_nothing_is_measured(
    runtimes: Runtimes, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(subprocess, 'run', never)
    backend, _ = open_backend(replace(AUTO, name=name), lines.append)
    assert (backend.info.threads, lines) == (0, [])


def test_threads_that_are_asked_for_are_taken(runtimes: Runtimes) -> None:
    assert open_backend(replace(AUTO, threads=3))[0].info.threads == 3


def test_bf16_goes_to_the_backend_that_has_it(runtimes: Runtimes) -> None:
    assert open_backend(replace(AUTO, precision='bf16'))[0].info.name == 'openvino'


@pytest.mark.parametrize('name', ['auto', 'onnxruntime'])
@pytest.mark.parametrize('device', ['auto', 'gpu'])
def test_on_a_gpu_nothing_is_measured(
    runtimes: Runtimes,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    device: str,
) -> None:
    monkeypatch.setattr(backends, '_gpu_in_onnxruntime', lambda: True)
    monkeypatch.setattr(tuning, 'settle', never)
    request = replace(AUTO, name=name, device=device, compiled=tmp_path)
    assert open_backend(request)[0].info.name == 'onnxruntime'


def test_where_there_is_no_gpu_it_is_measured(
    runtimes: Runtimes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def settle(request: BackendRequest, names: tuple[str, ...], say: Any) -> Any:
        say('measuring')
        return [('openvino', 4)], f'of {", ".join(names)}'

    lines: list[str] = []
    monkeypatch.setattr(tuning, 'settle', settle)
    _, why = open_backend(replace(AUTO, device='auto', compiled=tmp_path), lines.append)
    assert why == 'no GPU in sight; of onnxruntime, openvino, tensorflow'
    assert lines == ['measuring']


def test_auto_takes_openvino_where_onnx_runtime_is_broken(
    monkeypatch: pytest.MonkeyPatch, real_model: ModelFiles, tmp_path: Path
) -> None:
    (tmp_path / 'onnxruntime.py').write_text("raise ImportError('libcudart.so: no such file')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, 'onnxruntime', raising=False)
    backend, why = open_backend(
        BackendRequest(SPEC, 'auto', 'cpu', 0, real_model.saved_model, real_model.onnx)
    )
    assert backend.info.name == 'openvino'
    assert 'ONNX Runtime does not work: ' in why and 'libcudart.so' in why


def test_auto_takes_tensorflow_where_nothing_else_can_be_imported(
    monkeypatch: pytest.MonkeyPatch, real_model: ModelFiles
) -> None:
    for name in ('onnxruntime', 'openvino'):
        monkeypatch.setattr(f'movenet_ros.backends.{name}.load', no_library)
    backend, why = open_backend(
        BackendRequest(SPEC, 'auto', 'cpu', 0, real_model.saved_model, real_model.onnx)
    )
    assert backend.info.name == 'tensorflow'
    assert why.startswith('ONNX Runtime does not work: ')
