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

from dataclasses import asdict
from dataclasses import replace
import json
from pathlib import Path
import random
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends import tuning
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.tuning import best_first
from movenet_ros.backends.tuning import measure
from movenet_ros.backends.tuning import settle
from movenet_ros.backends.tuning import Speed
from movenet_ros.backends.tuning import thread_counts
from movenet_ros.core.errors import BackendError
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
import pytest

ORT, OPENVINO, TENSORFLOW = 'onnxruntime', 'openvino', 'tensorflow'
NAMES = (ORT, OPENVINO, TENSORFLOW)


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
def test_fewer_threads_are_better_if_they_are_a_quarter_slower_at_most(
    ms: dict[int, float], threads: int
) -> None:
    speeds = [Speed(ORT, *each) for each in ms.items()]
    random.Random(0).shuffle(speeds)
    assert [each.threads for each in best_first(speeds)] == [threads]


def test_the_fastest_backend_comes_first() -> None:
    speeds = [Speed(ORT, 1, 20), Speed(OPENVINO, 1, 9), Speed(ORT, 2, 12), Speed(OPENVINO, 2, 30)]
    assert best_first(speeds) == [Speed(OPENVINO, 1, 9), Speed(ORT, 2, 12)]


def test_a_backend_is_compared_by_the_threads_it_would_get() -> None:
    speeds = [Speed(ORT, 1, 10.9), Speed(ORT, 2, 10), Speed(OPENVINO, 1, 10.5)]
    assert best_first(speeds) == [Speed(OPENVINO, 1, 10.5), Speed(ORT, 1, 10.9)]


def test_of_nothing_nothing_is_best() -> None:
    assert best_first([]) == []


@pytest.mark.parametrize(
    ('cores', 'counts'), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])]
)
def test_powers_of_two_and_all_cores_are_tried(
    monkeypatch: pytest.MonkeyPatch, cores: int, counts: list[int]
) -> None:
    monkeypatch.setattr(tuning, 'usable_cores', lambda: cores)
    assert thread_counts() == counts


class Child:
    """
    Stands in for the process that measures, on a machine of two cores with nothing else to do.

    :param ms: what it measures, by backend and threads.
    """

    def __init__(self) -> None:
        self.ms = {(ORT, 1): 20.0, (ORT, 2): 12.0, (OPENVINO, 1): 15.0, (OPENVINO, 2): 9.0}
        self.tasks: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.output: str | None = None
        self.waited = 0.1

    def run(self, command: list[str], **keywords: Any) -> SimpleNamespace:
        assert command[:3] == [sys.executable, '-m', 'movenet_ros.backends.tuning']
        assert keywords['check'] and keywords['timeout'] == tuning.TIMEOUT_S
        self.tasks.append(json.loads(command[3]))
        if self.error:
            raise self.error
        asked = [(name, threads) for name, threads in self.tasks[-1]['candidates']]
        speeds = [Speed(*each, self.ms.get(each, 50.0)) for each in asked]
        answer = {'speeds': [asdict(each) for each in speeds], 'waited': self.waited}
        lines = ['a line of chatter', json.dumps(answer)]
        return SimpleNamespace(stdout='\n'.join(lines) if self.output is None else self.output)


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Child:
    """Give a made-up machine, and the process that measures on it."""
    fake = Child()
    monkeypatch.setattr(subprocess, 'run', fake.run)
    monkeypatch.setattr(tuning, 'usable_cores', lambda: 2)
    return fake


@pytest.fixture
def asked(tmp_path: Path) -> BackendRequest:
    """Give a request for a model that is compiled into a folder which is not there yet."""
    model = Path('/models/model.onnx')
    return BackendRequest(SPEC, 'auto', 'cpu', onnx=model, compiled=tmp_path / 'compiled')


def settled(request: BackendRequest, names: tuple[str, ...] = NAMES) -> list[tuple[str, int]]:
    """Settle without a word."""
    return settle(request, names, lambda line: None)[0]


def test_the_fastest_setting_comes_first_and_what_is_not_measured_last(
    child: Child, asked: BackendRequest
) -> None:
    assert settled(asked) == [(OPENVINO, 2), (ORT, 2), (TENSORFLOW, 0)]


def test_figures_are_the_reason(child: Child, asked: BackendRequest) -> None:
    _, why = settle(asked, NAMES, lambda line: None)
    assert why == 'measured here: openvino 9.0 ms, onnxruntime 12.0 ms'


def test_it_says_that_it_measures(child: Child, asked: BackendRequest) -> None:
    lines: list[str] = []
    settle(asked, NAMES, lines.append)
    (line,) = lines
    assert line.startswith('measuring once')


def test_every_fast_runtime_is_measured_with_every_number_of_threads(
    child: Child, asked: BackendRequest
) -> None:
    settled(asked)
    (task,) = child.tasks
    assert task['candidates'] == [[ORT, 1], [ORT, 2], [OPENVINO, 1], [OPENVINO, 2]]


def test_it_is_measured_on_the_cpu_with_all_that_was_asked_for(
    child: Child, asked: BackendRequest
) -> None:
    settled(replace(asked, device='auto', precision='f32', input_size=320))
    (task,) = child.tasks
    assert (task['device'], task['precision'], task['input_size']) == ('cpu', 'f32', 320)
    assert (task['onnx'], task['compiled']) == (str(asked.onnx), str(asked.compiled))


def test_without_a_folder_nothing_is_measured(child: Child, asked: BackendRequest) -> None:
    assert settled(replace(asked, compiled=None)) == [(ORT, 0), (OPENVINO, 0), (TENSORFLOW, 0)]
    assert child.tasks == []


def test_without_an_onnx_file_nothing_is_measured(child: Child, asked: BackendRequest) -> None:
    assert settled(replace(asked, onnx=None), (TENSORFLOW,)) == [(TENSORFLOW, 0)]
    assert child.tasks == []


def test_a_single_candidate_is_not_measured(
    child: Child, asked: BackendRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, 'usable_cores', lambda: 1)
    assert settled(asked, (ORT, TENSORFLOW)) == [(ORT, 0), (TENSORFLOW, 0)]
    assert child.tasks == []


def test_threads_that_were_given_stay(child: Child, asked: BackendRequest) -> None:
    child.ms |= {(ORT, 3): 8.0, (OPENVINO, 3): 9.0}
    assert settled(replace(asked, threads=3)) == [(ORT, 3), (OPENVINO, 3), (TENSORFLOW, 3)]
    assert child.tasks[0]['candidates'] == [[ORT, 3], [OPENVINO, 3]]


def test_with_given_threads_a_single_runtime_is_not_measured(
    child: Child, asked: BackendRequest
) -> None:
    assert settled(replace(asked, threads=3), (ORT,)) == [(ORT, 3)]
    assert child.tasks == []


def test_a_runtime_that_could_not_be_measured_comes_behind(
    child: Child, asked: BackendRequest
) -> None:
    child.output = json.dumps({'speeds': [asdict(Speed(OPENVINO, 2, 9.0))], 'waited': 0.0})
    assert settled(asked) == [(OPENVINO, 2), (ORT, 0), (TENSORFLOW, 0)]


def test_it_is_measured_once(child: Child, asked: BackendRequest) -> None:
    first = settle(asked, NAMES, lambda line: None)
    lines: list[str] = []
    assert settle(asked, NAMES, lines.append) == first
    assert (len(child.tasks), lines) == (1, [])


@pytest.mark.parametrize(
    'other', [{'input_size': 320}, {'precision': 'f32'}, {'threads': 1}], ids=str
)
def test_something_else_that_is_asked_for_is_measured_anew(
    child: Child, asked: BackendRequest, other: dict[str, Any]
) -> None:
    settled(asked)
    settled(replace(asked, **other))
    assert len(child.tasks) == 2


def test_figures_for_something_else_leave_the_others(
    child: Child, asked: BackendRequest
) -> None:
    for size in (256, 320, 256, 320):
        settled(replace(asked, input_size=size))
    assert len(child.tasks) == 2


def test_other_runtimes_are_measured_anew(child: Child, asked: BackendRequest) -> None:
    settled(asked, (ORT,))
    settled(asked, NAMES)
    assert len(child.tasks) == 2


@pytest.mark.parametrize('runtime', [ORT, OPENVINO])
def test_another_version_of_a_runtime_is_measured_anew(
    child: Child, asked: BackendRequest, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    settled(asked)
    known = tuning.metadata.version
    monkeypatch.setattr(
        tuning.metadata, 'version', lambda name: '99' if name == runtime else known(name)
    )
    settled(asked)
    assert len(child.tasks) == 2


def test_the_version_of_a_runtime_for_gpus_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(package: str) -> str:
        if package != 'onnxruntime-gpu':
            raise tuning.metadata.PackageNotFoundError(package)
        return '1.99'

    monkeypatch.setattr(tuning.metadata, 'version', version)
    assert (tuning._version(ORT), tuning._version(OPENVINO)) == ('1.99', 'unknown')


def test_another_machine_is_measured_anew(
    child: Child, asked: BackendRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(asked)
    monkeypatch.setattr(tuning, 'machine_key', lambda: '0a1b2c3d')
    settled(asked)
    assert len(child.tasks) == 2


FAILURES = {
    'fails': subprocess.CalledProcessError(1, 'python'),
    'hangs': subprocess.TimeoutExpired('python', 120),
    'cannot be started': OSError(12, 'Cannot allocate memory'),
}


@pytest.mark.parametrize('error', FAILURES.values(), ids=FAILURES.keys())
def test_a_measurement_that_fails_leaves_what_was_asked_for(
    child: Child, asked: BackendRequest, error: Exception
) -> None:
    child.error = error
    lines: list[str] = []
    as_asked = [(name, 0) for name in NAMES]
    assert settle(asked, NAMES, lines.append) == (as_asked, '')
    assert lines[-1].startswith('could not measure: ')


def test_after_a_measurement_that_failed_the_next_start_measures(
    child: Child, asked: BackendRequest
) -> None:
    child.error = FAILURES['fails']
    settled(asked)
    child.error = None
    assert settled(asked)[0] == (OPENVINO, 2)


@pytest.mark.parametrize('output', ['', 'nonsense', '3', '[3]', '[{}]', '{"a": 1}', '[{"ms": 1}]'])
def test_an_answer_that_makes_no_sense_leaves_what_was_asked_for(
    child: Child, asked: BackendRequest, output: str
) -> None:
    child.output = output
    assert settled(asked) == [(name, 0) for name in NAMES]


@pytest.mark.parametrize('text', ['', '{', '{}', 'null', '[]', '{"x": 3}'])
def test_remembered_figures_that_make_no_sense_are_measured_anew(
    child: Child, asked: BackendRequest, text: str
) -> None:
    assert asked.compiled is not None
    asked.compiled.mkdir()
    (asked.compiled / 'speed.json').write_text(text)
    assert settled(asked)[0] == (OPENVINO, 2)


@pytest.mark.parametrize('figures', [None, 3, [3], [{}], [{'ms': 1}]])
def test_figures_of_this_very_machine_that_make_no_sense_are_measured_anew(
    child: Child, asked: BackendRequest, figures: Any
) -> None:
    assert asked.compiled is not None
    settled(asked)
    file = asked.compiled / 'speed.json'
    file.write_text(json.dumps(dict.fromkeys(json.loads(file.read_text()), figures)))
    settled(asked)
    assert len(child.tasks) == 2


@pytest.mark.parametrize(('waited', 'times'), [(0.19, 1), (0.21, 2)])
def test_a_busy_machine_is_measured_but_not_remembered(
    child: Child, asked: BackendRequest, waited: float, times: int
) -> None:
    child.waited = waited
    for _ in range(2):
        assert settled(asked)[0] == (OPENVINO, 2)
    assert len(child.tasks) == times


def test_of_a_busy_machine_it_says_so(child: Child, asked: BackendRequest) -> None:
    child.waited = 0.9
    lines: list[str] = []
    settle(asked, NAMES, lines.append)
    assert lines[-1].startswith('the machine is busy')


def test_where_nothing_can_be_written_it_is_measured_all_the_same(
    child: Child, asked: BackendRequest, tmp_path: Path
) -> None:
    (tmp_path / 'compiled').write_text('a file where the folder should be')
    assert settled(asked)[0] == (OPENVINO, 2)


@pytest.fixture
def inferences(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, tuple[int, ...]]]:
    """Note what each made-up backend is given; OpenVINO does not work, and nobody pauses."""
    done: list[tuple[str, int, tuple[int, ...]]] = []

    def load_backend(request: BackendRequest) -> SimpleNamespace:
        if request.name == OPENVINO:
            raise BackendError('it does not work')

        def run(inputs: Any) -> None:
            done.append((request.name, request.threads, inputs['input'].shape))

        return SimpleNamespace(run=run)

    monkeypatch.setattr(tuning, 'load_backend', load_backend)
    monkeypatch.setattr(tuning.time, 'sleep', lambda pause: None)
    return done


CANDIDATES = [(ORT, 1), (OPENVINO, 1), (ORT, 2)]
Inferences = list[tuple[str, int, tuple[int, ...]]]


def test_a_candidate_that_does_not_work_is_left_out(inferences: Inferences) -> None:
    speeds = measure(BackendRequest(SPEC), CANDIDATES)
    assert [(each.backend, each.threads) for each in speeds] == [(ORT, 1), (ORT, 2)]


def test_candidates_take_turns(inferences: Inferences) -> None:
    measure(BackendRequest(SPEC), CANDIDATES)
    measured = [threads for _, threads, _ in inferences[2 * tuning.WARM_UP_RUNS:]]
    assert measured == [1, 2] * tuning.RUNS


def test_the_input_is_the_usual_one_of_the_network(inferences: Inferences) -> None:
    measure(BackendRequest(SPEC), CANDIDATES)
    assert {shape for *_, shape in inferences} == {SPEC.usual['input']}


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine have two cores and nothing else to do; what is measured is not asserted."""
    monkeypatch.setattr(tuning, 'usable_cores', lambda: 2)
    monkeypatch.setattr(tuning, 'BUSY', 1.0)


@pytest.mark.usefixtures('two_cores')
def test_the_real_model_is_measured_in_a_process_of_its_own_and_remembered(
    real_model: ModelFiles, tmp_path: Path
) -> None:
    request = BackendRequest(SPEC, onnx=real_model.onnx, compiled=tmp_path, input_size=128)
    lines: list[str] = []
    (setting,), why = settle(request, (ORT,), lines.append)
    assert setting in [(ORT, 1), (ORT, 2)]
    assert why.startswith('measured here: onnxruntime ')
    assert len(lines) == 1
    (speeds,) = json.loads((tmp_path / 'speed.json').read_text()).values()
    assert [(each['backend'], each['threads']) for each in speeds] == [(ORT, 1), (ORT, 2)]
    assert all(each['ms'] > 0 for each in speeds)


def test_the_process_that_measures_leaves_no_compiled_models(
    real_model: ModelFiles, tmp_path: Path
) -> None:
    request = BackendRequest(SPEC, onnx=real_model.onnx, compiled=tmp_path, input_size=128)
    assert tuning._measure_in_another_process(request, [(ORT, 1)])
    assert not list(tmp_path.iterdir())
