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

"""Trials of runtimes: real processes, taking turns, and what is kept of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from dataclasses import replace
import json
import os
from pathlib import Path
import subprocess
import sys
from threading import Event
from threading import Thread
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends import kept_trials
from movenet_ros.backends import trial as module
from movenet_ros.backends.kept_trials import trials_of
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.trial import measure
from movenet_ros.backends.trial import Trial
from movenet_ros.backends.trial import try_all
from movenet_ros.backends.trial import Turns
from movenet_ros.core.errors import BackendError
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
import pytest

ORT, OPENVINO = 'onnxruntime', 'openvino'
WAIT_S = 60.0


@pytest.fixture
def candidates(real_model: ModelFiles, tmp_path: Path) -> list[BackendRequest]:
    """Give candidates of the real model at a small size."""
    spec = MultiPose(128, 0.0).spec
    asked = BackendRequest(spec, device='cpu', onnx=real_model.onnx, compiled=tmp_path / 'c')
    return [
        replace(asked, name=name, threads=threads)
        for name, threads in ((ORT, 1), (ORT, 2), (OPENVINO, 1))
    ]


def test_a_request_goes_to_another_process_and_stays_what_it_was(
    candidates: list[BackendRequest],
) -> None:
    sent = json.loads(json.dumps(asdict(candidates[0]), default=str))
    assert BackendRequest.from_dict(sent) == candidates[0]


def test_every_candidate_is_tried_and_nothing_is_compiled_for_later(
    candidates: list[BackendRequest], tmp_path: Path
) -> None:
    trials = try_all(candidates)
    assert [each.candidate for each in trials] == [
        (ORT, 'cpu', 1), (ORT, 'cpu', 2), (OPENVINO, 'cpu', 1)
    ]
    assert all(each.ms > 0.0 and not each.error for each in trials)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ('code', 'reason'),
    [
        ('import os, signal; os.kill(os.getpid(), signal.SIGSEGV)', 'SIGSEGV'),
        ("raise ImportError('libcudart.so: no such file')", 'libcudart.so'),
        ("raise ValueError('a bug')", 'a bug'),
    ],
)
def test_a_runtime_that_is_broken_costs_its_own_trials_alone(
    candidates: list[BackendRequest],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    reason: str,
) -> None:
    (tmp_path / 'onnxruntime.py').write_text(code)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    *broken, other = try_all(candidates)
    assert all(reason in each.error for each in broken)
    assert not other.error


UNUSED_GPU = """
import sys
from pathlib import Path

from movenet_ros.backends.choice import open_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core import machine
from movenet_ros.model.movenet import SPEC

machine.gpu_in_sight = lambda nodes=(): True
saved_model, onnx = map(Path, sys.argv[1:])
runtime, choice = open_backend(BackendRequest(SPEC, saved_model=saved_model, onnx=onnx))
print(runtime.info.device, *sorted({'onnxruntime', 'openvino', 'tensorflow'} & {*sys.modules}))
print(choice.warning)
"""


@pytest.mark.skipif(Path('/dev/nvidiactl').exists(), reason='there is a GPU')
def test_a_gpu_that_no_runtime_works_on_is_a_warning_and_one_runtime_is_imported(
    real_model: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_library = 'libcudart.so.12: cannot open shared object file'
    (tmp_path / 'tensorflow.py').write_text(f'raise ImportError({no_library!r})')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    command = [sys.executable, '-c', UNUSED_GPU, real_model.saved_model, real_model.onnx]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    first, warning = done.stdout.splitlines()
    assert first in ('CPU onnxruntime', 'CPU openvino')
    assert 'onnxruntime-gpu[cuda,cudnn]' in warning
    assert no_library in warning


def test_a_turn_ends_before_the_next_one_begins(tmp_path: Path) -> None:
    path = tmp_path / 'turns'
    path.touch()
    entered = Event()

    def wait_for_a_turn() -> None:
        with Turns(path):
            entered.set()

    with Turns(path):
        other = Thread(target=wait_for_a_turn)
        other.start()
        assert not entered.wait(0.1)
    assert entered.wait(WAIT_S)
    other.join()


def test_a_process_that_keeps_its_turn_is_not_waited_for_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / 'turns'
    path.touch()
    monkeypatch.setattr(module, 'PATIENCE_S', 0.05)
    other = Turns(path)
    with Turns(path):
        with other:
            pass
        assert other.were_shared


def test_numbers_of_threads_are_measured_in_turn_with_the_usual_input(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: list[tuple[int, Any]] = []

    def load_backend(request: BackendRequest) -> SimpleNamespace:
        if request.threads == 4:
            raise BackendError('it does not work')
        return SimpleNamespace(
            run=lambda inputs: done.append((request.threads, inputs['input'].shape))
        )

    (tmp_path / 'turns').touch()
    monkeypatch.setattr(module, 'load_backend', load_backend)
    trials = measure(BackendRequest(SPEC, ORT), [1, 4, 2], Turns(tmp_path / 'turns'))
    assert [(each.threads, each.error) for each in trials] == [
        (1, ''), (2, ''), (4, 'it does not work')
    ]
    assert {shape for _, shape in done} == {SPEC.usual['input']}
    measured = [threads for threads, _ in done[2 * module.WARM_UP_RUNS:]]
    assert measured == [1, 2] * module.RUNS


def test_figures_of_a_shared_turn_are_provisional(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / 'turns').touch()
    monkeypatch.setattr(module, 'PATIENCE_S', 0.05)
    runtime = SimpleNamespace(run=lambda inputs: None)
    monkeypatch.setattr(module, 'load_backend', lambda request: runtime)
    with Turns(tmp_path / 'turns'):
        shared = measure(BackendRequest(SPEC, ORT), [1], Turns(tmp_path / 'turns'))
    alone = measure(BackendRequest(SPEC, ORT), [1], Turns(tmp_path / 'turns'))
    assert [each.provisional for each in (*shared, *alone)] == [True, False]


class Memory:
    """The trials of a made-up machine; how often they are made."""

    def __init__(self) -> None:
        self.times = 0
        self.busy = 0.0
        self.errors: dict[str, str] = {}
        self.lines: list[str] = []
        self.meanwhile: Callable[[], Any] = lambda: None

    def try_all(self, candidates: list[BackendRequest]) -> list[Trial]:
        self.times += 1
        self.meanwhile()
        return [
            Trial(each.name, each.device, each.threads, 9.0, self.errors.get(each.name, ''))
            for each in candidates
        ]


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """Give a machine that is quiet and has no GPU."""
    made = Memory()
    monkeypatch.setattr(kept_trials, 'try_all', made.try_all)
    monkeypatch.setattr('movenet_ros.core.machine.busy_share', lambda seconds: made.busy)
    monkeypatch.setattr('movenet_ros.core.machine.gpu_in_sight', lambda: False)
    return made


@pytest.fixture
def asked(tmp_path: Path) -> BackendRequest:
    """Give a request for a model that is compiled into a folder which is not there yet."""
    return BackendRequest(SPEC, device='cpu', compiled=tmp_path / 'compiled')


Find = Callable[..., list[Trial]]


@pytest.fixture
def find(memory: Memory, asked: BackendRequest) -> Find:
    """Return a function that asks for trials of two runtimes."""

    def start(*names: str, log: Any = memory.lines.append, **other: Any) -> list[Trial]:
        request = replace(asked, **other)
        candidates = [
            replace(request, name=name, threads=1) for name in names or (ORT, OPENVINO)
        ]
        return list(trials_of(request, candidates, log))

    return start


def test_trials_are_made_once_and_logged_before(find: Find, memory: Memory) -> None:
    first = find()
    assert find() == first
    assert (memory.times, len(memory.lines)) == (1, 1)


def test_trials_of_one_are_known_from_trials_of_all(find: Find, memory: Memory) -> None:
    find()
    assert [each.name for each in find(OPENVINO)] == [OPENVINO]
    assert memory.times == 1


def test_a_new_candidate_is_tried_beside_the_others(find: Find, memory: Memory) -> None:
    find(ORT)
    find(ORT, OPENVINO)
    find(ORT)
    assert memory.times == 2


@pytest.mark.parametrize(
    'other', [{'spec': MultiPose(320, 0.0).spec}, {'precision': 'f32'}], ids=['size', 'precision']
)
def test_other_circumstances_are_tried_anew_and_kept_beside(
    find: Find, memory: Memory, other: dict[str, Any]
) -> None:
    for each in ({}, other, {}, other):
        find(**each)
    assert memory.times == 2


@pytest.mark.parametrize(
    ('name', 'value'), [('machine_key', lambda: '0a1b2c3d'), ('_version', lambda name: '99')]
)
def test_another_machine_or_version_is_tried_anew(
    find: Find, memory: Memory, monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    find()
    monkeypatch.setattr(kept_trials, name, value)
    find()
    assert memory.times == 2


def test_beside_a_gpu_new_libraries_are_tried(
    find: Find, memory: Memory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr('movenet_ros.core.machine.gpu_in_sight', lambda: True)
    monkeypatch.setattr(kept_trials, 'LIBRARIES', (tmp_path / 'packages', tmp_path / 'gone'))
    (tmp_path / 'packages').mkdir()
    find()
    find()
    assert memory.times == 1
    os.utime(tmp_path / 'packages', (1, 1))
    find()
    assert memory.times == 2


def test_trials_on_a_busy_machine_serve_until_a_start_finds_it_quiet(
    find: Find, memory: Memory
) -> None:
    memory.busy = 0.9
    assert all(each.provisional for each in (*find(), *find(), *find()))
    assert memory.times == 1
    memory.busy = 0.1
    assert not any(each.provisional for each in (*find(), *find()))
    assert memory.times == 2


def test_a_machine_that_is_busy_in_the_end_makes_figures_provisional(
    find: Find, memory: Memory
) -> None:
    memory.meanwhile = lambda: setattr(memory, 'busy', 0.9)
    assert all(each.provisional for each in find())


def test_of_two_that_start_together_one_measures(find: Find, memory: Memory) -> None:
    waits, others = Event(), []

    def log(line: str) -> None:
        if 'waiting' in line:
            waits.set()

    def start_another() -> None:
        other.start()
        assert waits.wait(WAIT_S)

    other = Thread(target=lambda: others.extend(find(log=log)))
    memory.meanwhile = start_another
    trials = find()
    other.join()
    assert (memory.times, others) == (1, trials)


@pytest.mark.parametrize(
    ('error', 'times'),
    [
        ('does not end within 900 s', 2),
        ("ONNX Runtime's CUDA provider: CUDA failure 999: check nvidia-smi", 2),
        ('ONNX Runtime 1.23 has no CUDA provider', 1),
    ],
)
def test_a_failure_on_a_gpu_that_may_pass_is_tried_again(
    find: Find, memory: Memory, error: str, times: int
) -> None:
    memory.errors = {ORT: error}
    for _ in range(2):
        find(device='gpu')
    assert memory.times == times


@pytest.mark.parametrize('name', kept_trials.VARIABLES)
def test_beside_a_gpu_variables_of_its_libraries_count(
    find: Find, memory: Memory, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr('movenet_ros.core.machine.gpu_in_sight', lambda: True)
    for value in ('0', '1', '0', '1'):
        monkeypatch.setenv(name, value)
        find()
    assert memory.times == 2


def test_a_lack_of_memory_is_not_kept_for_good(find: Find, memory: Memory) -> None:
    memory.errors = {ORT: 'not enough memory to load the model'}
    find()
    find()
    assert memory.times == 2


def test_trials_that_all_failed_are_not_kept(find: Find, memory: Memory) -> None:
    memory.errors = dict.fromkeys((ORT, OPENVINO), 'cannot be imported')
    find()
    find()
    assert memory.times == 2


@pytest.mark.parametrize(
    'text', ['', '{', 'null', '[]', '3', '{"x": 3}', 'of these circumstances'],
)
def test_a_file_that_makes_no_sense_is_replaced(
    find: Find, memory: Memory, asked: BackendRequest, text: str
) -> None:
    find()
    assert asked.compiled is not None
    file = asked.compiled / 'speed.json'
    if text == 'of these circumstances':
        text = json.dumps(dict.fromkeys(json.loads(file.read_text()), [{'ms': 1}]))
    file.write_text(text)
    assert find() == find()
    assert memory.times == 2


def test_where_nothing_can_be_kept_every_start_tries(
    find: Find, memory: Memory, tmp_path: Path
) -> None:
    (tmp_path / 'compiled').write_text('a file where the folder should be')
    assert find() == find()
    assert find(compiled=None) == find(compiled=None)
    assert memory.times == 4
