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

"""The choice of a runtime, from trials that are made up here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
import random
import re
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends import choice as module
from movenet_ros.backends.choice import best_first
from movenet_ros.backends.choice import choose
from movenet_ros.backends.choice import open_backend
from movenet_ros.backends.choice import thread_counts
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.trial import Trial
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import ModelError
from movenet_ros.model.movenet import SPEC
import pytest

pytestmark = pytest.mark.pure

ORT, OPENVINO, TENSORFLOW = 'onnxruntime', 'openvino', 'tensorflow'
FILES = {'saved_model': Path('/models/saved_model'), 'onnx': Path('/models/model.onnx')}
AUTO = BackendRequest(SPEC, **FILES)
Candidate = tuple[str, str, int]


class Machine:
    """
    A made-up machine of two cores.

    :param ms: time of each candidate that works there.
    :param errors: of those that do not.
    """

    def __init__(self) -> None:
        self.installed = {ORT, OPENVINO, TENSORFLOW}
        self.has_gpu = False
        self.ms: dict[Candidate, float] = {
            (ORT, 'cpu', 1): 20.0, (ORT, 'cpu', 2): 12.0,
            (OPENVINO, 'cpu', 1): 15.0, (OPENVINO, 'cpu', 2): 9.0,
            (ORT, 'gpu', 0): 2.8, (TENSORFLOW, 'gpu', 0): 4.5,
        }
        self.errors: dict[str, str] = {}
        self.os_error: OSError | None = None
        self.tried: list[Candidate] = []
        self.loading: dict[str, Exception] = {}
        self.loaded: list[Candidate] = []

    def trials_of(
        self, request: BackendRequest, candidates: list[BackendRequest], log: Any
    ) -> list[Trial]:
        if self.os_error:
            raise self.os_error
        self.tried = [(each.name, each.device, each.threads) for each in candidates]
        trials = []
        for each in self.tried:
            error = self.errors.get(f'{each[0]} {each[1]}', '')
            trials.append(Trial(*each, self.ms.get(each, 50.0), error, 'm.onnx' in error))
        return trials

    def load(self, request: BackendRequest) -> SimpleNamespace:
        self.loaded.append((request.name, request.device, request.threads))
        if request.name in self.loading:
            raise self.loading[request.name]
        return SimpleNamespace(request=request)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Give a machine with all runtimes and no GPU."""
    made = Machine()
    monkeypatch.setattr(module, 'trials_of', made.trials_of)
    monkeypatch.setattr(module, 'load_backend', made.load)
    monkeypatch.setattr(module, 'usable_cores', lambda: 2)
    for path in ('movenet_ros.backends', 'movenet_ros.backends.choice'):
        monkeypatch.setattr(f'{path}.find_spec', lambda name: name in made.installed or None)
    monkeypatch.setattr(
        'movenet_ros.core.machine.gpu_in_sight', lambda nodes=None: made.has_gpu
    )
    return made


def chosen(**asked: Any) -> list[Candidate]:
    """Return what is to be loaded, the best first."""
    candidates = choose(replace(AUTO, **asked)).candidates
    return [(each.name, each.device, each.threads) for each in candidates]


@pytest.mark.parametrize(
    ('ms', 'threads'),
    [
        ({1: 20, 2: 10, 4: 5}, 4),
        ({1: 5, 2: 10, 4: 20}, 1),
        ({1: 10, 2: 8.2, 4: 8.1}, 1),
        ({1: 10, 2: 7.9, 4: 7.8}, 2),
        ({1: 10, 2: 6.3, 4: 5}, 4),
        ({1: 10, 2: 6.2, 4: 5}, 2),
        ({3: 7}, 3),
    ],
)
def test_fewer_threads_are_better_if_they_take_a_quarter_longer_at_most(
    ms: dict[int, float], threads: int
) -> None:
    trials = [Trial(ORT, 'cpu', *each) for each in ms.items()]
    random.Random(0).shuffle(trials)
    assert [each.threads for each in best_first(trials)] == [threads]


def test_a_runtime_is_compared_by_the_threads_that_it_would_get() -> None:
    fast = Trial(OPENVINO, 'cpu', 1, 10.5)
    trials = [Trial(ORT, 'cpu', 1, 10.9), Trial(ORT, 'cpu', 2, 10.0), fast]
    assert best_first(trials) == [fast, trials[0]]


@pytest.mark.parametrize(
    ('cores', 'counts'), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])]
)
def test_powers_of_two_and_all_cores_are_tried(
    monkeypatch: pytest.MonkeyPatch, cores: int, counts: list[int]
) -> None:
    monkeypatch.setattr(module, 'usable_cores', lambda: cores)
    assert thread_counts() == counts


@pytest.mark.parametrize('device', ['auto', 'cpu'])
def test_on_the_cpu_the_fastest_comes_first_and_tensorflow_last(
    machine: Machine, device: str
) -> None:
    assert chosen(device=device) == [(OPENVINO, 'cpu', 2), (ORT, 'cpu', 2), (TENSORFLOW, 'cpu', 0)]


def test_tensorflow_is_not_tried_on_a_cpu(machine: Machine) -> None:
    chosen()
    assert machine.tried == [(ORT, 'cpu', 1), (ORT, 'cpu', 2), (OPENVINO, 'cpu', 1),
                             (OPENVINO, 'cpu', 2)]


def test_on_a_gpu_the_fastest_is_taken(machine: Machine) -> None:
    machine.has_gpu = True
    assert chosen()[0] == (ORT, 'gpu', 0)
    machine.ms[TENSORFLOW, 'gpu', 0] = 1.5
    assert chosen()[0] == (TENSORFLOW, 'gpu', 0)


@pytest.mark.parametrize(('ms', 'device'), [(11.0, 'gpu'), (12.0, 'cpu')])
def test_a_gpu_is_taken_if_it_takes_a_quarter_longer_at_most(
    machine: Machine, ms: float, device: str
) -> None:
    machine.has_gpu = True
    machine.ms |= {(ORT, 'gpu', 0): ms, (TENSORFLOW, 'gpu', 0): 40.0}
    assert chosen()[0][1] == device


def test_for_the_cpu_no_gpu_is_tried(machine: Machine) -> None:
    machine.has_gpu = True
    chosen(device='cpu')
    assert {device for _, device, _ in machine.tried} == {'cpu'}


def test_for_the_gpu_no_cpu_is_tried(machine: Machine) -> None:
    machine.has_gpu = True
    assert chosen(device='gpu') == [(ORT, 'gpu', 0), (TENSORFLOW, 'gpu', 0)]


@pytest.mark.parametrize(
    ('installed', 'asked', 'expected'),
    [
        ({OPENVINO}, {}, [(OPENVINO, 'cpu', 2)]),
        ({TENSORFLOW}, {}, [(TENSORFLOW, 'cpu', 0)]),
        ({ORT, TENSORFLOW}, {}, [(ORT, 'cpu', 2), (TENSORFLOW, 'cpu', 0)]),
        ({ORT, OPENVINO, TENSORFLOW}, {'onnx': None}, [(TENSORFLOW, 'cpu', 0)]),
        ({ORT, TENSORFLOW}, {'saved_model': None}, [(ORT, 'cpu', 2)]),
        ({ORT, OPENVINO, TENSORFLOW}, {'precision': 'bf16'}, [(OPENVINO, 'cpu', 2)]),
        ({ORT, OPENVINO, TENSORFLOW}, {'name': ORT}, [(ORT, 'cpu', 2)]),
        ({ORT}, {'name': ORT, 'threads': 3}, [(ORT, 'cpu', 3)]),
    ],
)
def test_only_what_can_serve_is_taken(
    machine: Machine, installed: set[str], asked: dict[str, Any], expected: list[Candidate]
) -> None:
    machine.installed = installed
    assert chosen(**asked) == expected


def test_a_single_candidate_is_not_tried(machine: Machine) -> None:
    chosen(name=OPENVINO, threads=2)
    assert machine.tried == []


def test_on_a_gpu_a_single_candidate_is_tried(machine: Machine) -> None:
    machine.has_gpu = True
    chosen(name=TENSORFLOW)
    assert machine.tried == [(TENSORFLOW, 'gpu', 0)]


def test_what_does_not_work_is_left_out(machine: Machine) -> None:
    machine.errors = {f'{OPENVINO} cpu': 'crashes (SIGILL)'}
    assert chosen() == [(ORT, 'cpu', 2), (TENSORFLOW, 'cpu', 0)]


def test_where_nothing_else_works_tensorflow_is_taken_with_the_reason(machine: Machine) -> None:
    machine.errors = dict.fromkeys((f'{ORT} cpu', f'{OPENVINO} cpu'), 'libgomp.so: no such file')
    assert chosen() == [(TENSORFLOW, 'cpu', 0)]
    assert 'libgomp.so' in choose(AUTO).why


def test_where_nothing_works_every_reason_is_given(machine: Machine) -> None:
    machine.installed = {ORT, OPENVINO}
    machine.errors = {f'{ORT} cpu': 'crashes (SIGILL)', f'{OPENVINO} cpu': 'is broken'}
    with pytest.raises(BackendError, match='ONNX Runtime: crashes.*OpenVINO: is broken'):
        choose(AUTO)


def test_a_model_that_every_runtime_rejects_is_an_error_about_the_model(machine: Machine) -> None:
    machine.errors = dict.fromkeys((f'{ORT} cpu', f'{OPENVINO} cpu'), 'm.onnx is no MoveNet')
    with pytest.raises(ModelError, match='^m.onnx is no MoveNet$'):
        choose(AUTO)


def test_where_no_process_can_be_started_the_runtimes_are_loaded_in_order(
    machine: Machine,
) -> None:
    machine.os_error = OSError(12, 'Cannot allocate memory')
    lines: list[str] = []
    choice = choose(AUTO, lines.append)
    assert (choice.candidates[0].name, choice.candidates[0].threads) == (ORT, 0)
    assert 'Cannot allocate memory' in lines[-1]


@pytest.mark.parametrize(
    ('asked', 'why'),
    [
        ({}, 'no GPU found'),
        ({'device': 'cpu'}, 'device cpu'),
        ({'name': OPENVINO}, 'asked for'),
    ],
)
def test_the_reason_names_the_figures(machine: Machine, asked: Any, why: str) -> None:
    found = choose(replace(AUTO, **asked)).why
    assert found.startswith(f'{why}; measured here: openvino 9.0 ms')


@pytest.mark.parametrize(
    'asked',
    [
        {'name': 'tensorrt'}, {'device': 'tpu'}, {'precision': 'fp16'},
    ],
)
def test_an_unknown_word_is_rejected_with_the_known_ones(
    machine: Machine, asked: dict[str, str]
) -> None:
    (word,) = asked.values()
    with pytest.raises(BackendError, match=f"unknown .*'{word}', choose from auto, "):
        choose(replace(AUTO, **asked))


@pytest.mark.parametrize(
    ('asked', 'fix'),
    [
        ({}, 'pip install tensorflow or onnxruntime or openvino$'),
        ({'onnx': None}, 'pip install tensorflow$'),
        ({'saved_model': None}, 'pip install onnxruntime or openvino$'),
        ({'name': OPENVINO}, 'pip install openvino, or'),
    ],
)
def test_no_runtime_at_all_is_an_error_that_names_those_that_serve(
    machine: Machine, asked: dict[str, Any], fix: str
) -> None:
    machine.installed = set()
    with pytest.raises(BackendError, match=fix):
        choose(replace(AUTO, **asked))


@pytest.mark.parametrize('name', [ORT, TENSORFLOW])
def test_bf16_is_rejected_with_the_backend_that_has_it(machine: Machine, name: str) -> None:
    with pytest.raises(BackendError, match=f'backend {name} computes in f32.*openvino$'):
        choose(replace(AUTO, name=name, precision='bf16'))


@pytest.mark.parametrize(
    ('asked', 'has_gpu', 'reason'),
    [
        ({}, False, 'no driver of a GPU is loaded: check nvidia-smi'),
        ({'name': ORT}, False, 'no driver of a GPU is loaded: check nvidia-smi'),
        ({'precision': 'bf16'}, True, 'OpenVINO runs on the CPU'),
        ({'name': OPENVINO}, True, 'OpenVINO runs on the CPU'),
    ],
)
def test_a_gpu_that_cannot_be_used_is_an_error_with_the_reason(
    machine: Machine, asked: dict[str, str], has_gpu: bool, reason: str
) -> None:
    machine.has_gpu = has_gpu
    with pytest.raises(BackendError, match=f'^device gpu, but {reason}.*device to auto$'):
        choose(replace(AUTO, device='gpu', **asked))


def test_a_gpu_that_no_runtime_works_on_is_an_error_with_every_reason(machine: Machine) -> None:
    machine.has_gpu = True
    machine.errors = {f'{ORT} gpu': 'libcublas.so is missing', f'{TENSORFLOW} gpu': 'finds no GPU'}
    with pytest.raises(BackendError, match='device gpu, but .*libcublas.*finds no GPU'):
        choose(replace(AUTO, device='gpu'))


def test_a_gpu_that_is_not_used_is_a_warning_with_every_reason(machine: Machine) -> None:
    machine.has_gpu = True
    machine.errors = {f'{ORT} gpu': 'libcublas.so is missing', f'{TENSORFLOW} gpu': 'finds no GPU'}
    choice = choose(AUTO)
    assert choice.candidates[0].device == 'cpu'
    assert re.search('GPU.*libcublas.*finds no GPU.*device to cpu', choice.warning)


def test_a_gpu_that_no_installed_runtime_knows_is_a_warning_with_the_package(
    machine: Machine,
) -> None:
    machine.has_gpu, machine.installed = True, {OPENVINO}
    assert 'onnxruntime-gpu[cuda,cudnn]' in choose(AUTO).warning


def test_a_gpu_that_is_slower_is_a_warning_with_the_figure(machine: Machine) -> None:
    machine.has_gpu = True
    machine.ms |= {(ORT, 'gpu', 0): 31.0, (TENSORFLOW, 'gpu', 0): 40.0}
    assert '31.0 ms' in choose(AUTO).warning


@pytest.mark.parametrize(
    ('asked', 'has_gpu'),
    [
        ({}, False),
        ({'device': 'cpu'}, True),
        ({'name': OPENVINO}, True),
        ({'precision': 'bf16'}, True),
    ],
)
def test_a_gpu_that_is_not_there_or_not_asked_for_is_no_warning(
    machine: Machine, asked: dict[str, str], has_gpu: bool
) -> None:
    machine.has_gpu = has_gpu
    machine.errors = {f'{ORT} gpu': 'does not start', f'{TENSORFLOW} gpu': 'finds no GPU'}
    assert choose(replace(AUTO, **asked)).warning == ''


def test_a_gpu_that_is_used_is_no_warning(machine: Machine) -> None:
    machine.has_gpu = True
    assert choose(AUTO).warning == ''


def test_the_best_is_loaded_with_all_that_was_asked_for(machine: Machine, tmp_path: Path) -> None:
    asked = replace(AUTO, precision='f32', compiled=tmp_path, gpu_memory_limit_mb=7)
    runtime: Any = open_backend(asked)[0]
    assert runtime.request == replace(asked, name=OPENVINO, device='cpu', threads=2)
    assert machine.loaded == [(OPENVINO, 'cpu', 2)]


def test_where_the_best_does_not_load_the_next_one_is(machine: Machine) -> None:
    machine.loading = {OPENVINO: BackendError('not enough memory')}
    runtime: Any = open_backend(AUTO)[0]
    assert runtime.request.name == ORT
    assert 'OpenVINO: not enough memory' in open_backend(AUTO)[1].why


@pytest.mark.parametrize('kind', [BackendError, ModelError])
def test_where_a_gpu_does_not_load_the_cpu_is_taken_with_a_warning(
    machine: Machine, kind: type[Exception]
) -> None:
    machine.has_gpu = True
    machine.loading = dict.fromkeys((ORT, TENSORFLOW), kind('out of memory'))
    _, choice = open_backend(AUTO)
    assert choice.candidates[0].device == 'cpu'
    assert 'out of memory' in choice.warning


def test_where_none_loads_the_first_reason_is_given(machine: Machine) -> None:
    machine.loading = {name: BackendError(f'{name} is broken') for name in machine.installed}
    with pytest.raises(BackendError, match='^openvino is broken$'):
        open_backend(AUTO)


def test_a_model_that_does_not_fit_is_no_reason_to_load_another_runtime(machine: Machine) -> None:
    machine.loading = {OPENVINO: ModelError('this is no MoveNet')}
    with pytest.raises(ModelError, match='^this is no MoveNet$'):
        open_backend(AUTO)
