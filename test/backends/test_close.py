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

"""A model that is given up: what it took comes back, and the next one works."""

from __future__ import annotations

from collections.abc import Callable
import json
import subprocess
import sys
from typing import Any
import weakref

from movenet_ros.backends import load_backend
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import BACKENDS
from movenet_ros.core.runtime import Runtime
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
from movenet_ros.tools.benchmark import tutorial
import numpy as np
import pytest

HOLDS = {
    'onnxruntime': lambda backend: backend._session,
    'openvino': lambda backend: next(iter(backend._requests.values())),
    'tensorflow': lambda backend: backend._model,
}
"""The object of each runtime that the memory hangs on."""

BATCH = np.random.default_rng(0).integers(0, 256, (1, 96, 128, 3), np.int32)

Load = Callable[[], Runtime]


@pytest.fixture(params=BACKENDS)
def load(request: pytest.FixtureRequest, real_model: ModelFiles) -> Load:
    """Return a function that loads the real model into each of the runtimes."""
    if request.param == 'tensorflow':
        request.getfixturevalue('tensorflow')
    return lambda: load_backend(
        BackendRequest(
            SPEC, request.param, saved_model=real_model.saved_model, onnx=real_model.onnx
        )
    )


def test_what_the_memory_hangs_on_is_gone(load: Load) -> None:
    backend = load()
    backend.run({'input': BATCH})['output_0']
    held = weakref.ref(HOLDS[backend.info.name](backend))
    backend.close()
    assert held() is None


def test_the_next_one_answers_the_same(load: Load) -> None:
    first = load()
    answer = first.run({'input': BATCH})['output_0']
    first.close()
    np.testing.assert_allclose(load().run({'input': BATCH})['output_0'], answer, atol=1e-4)


def test_another_one_that_is_loaded_meanwhile_goes_on(load: Load) -> None:
    one, other = load(), load()
    answer = other.run({'input': BATCH})['output_0']
    one.run({'input': BATCH})['output_0']
    one.close()
    np.testing.assert_allclose(other.run({'input': BATCH})['output_0'], answer, atol=1e-4)


def test_closing_twice_is_fine(load: Load) -> None:
    backend = load()
    backend.close()
    backend.close()


def test_a_closed_one_still_says_what_it_was(load: Load) -> None:
    backend = load()
    info = backend.info
    backend.close()
    assert backend.info == info


def test_on_the_cpu_nothing_is_kept_that_is_worth_a_word(load: Load) -> None:
    info = load().info
    assert info.kept == '' or info.device != 'CPU'


def test_the_tutorials_model_is_gone(real_model: ModelFiles, tensorflow: Any) -> None:
    loop = tutorial.load(real_model.saved_model, 'auto')
    held = weakref.ref(loop._model)
    loop.close()
    assert held() is None


def test_a_recorded_one_notes_it() -> None:
    backend = RecordedBackend([np.zeros((1, 6, 56), np.float32)])
    assert not backend.closed
    backend.close()
    assert backend.closed


CYCLES = """
import json
import os
from pathlib import Path
import sys
import time

from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends import load_backend
from movenet_ros.core.native_memory import keep_freed_memory
from movenet_ros.model.movenet import SPEC
import numpy as np

def taken():
    lines = Path('/proc/self/status').read_text().splitlines()
    status = dict(line.split(':', 1) for line in lines)
    mib, threads = int(status['RssAnon'].split()[0]) / 1024, int(status['Threads'])
    return {'mib': mib, 'threads': threads, 'files': len(os.listdir('/proc/self/fd'))}

name, saved_model, onnx, compiled = sys.argv[1:]
threads = 0 if name == 'tensorflow' else 4
request = BackendRequest(
    SPEC, name, 'cpu', 0, Path(saved_model), Path(onnx), threads, compiled=Path(compiled)
)
keep_freed_memory()
loaded, closed = [], []
for _ in range(7):
    backend = load_backend(request)
    for shape in ((192, 256), (160, 256)):
        backend.run({'input': np.zeros((1, *shape, 3), np.int32)})['output_0']
    loaded.append(taken())
    backend.close()
    closed.append(taken())
    patience = 100  # a thread that was waited for may be listed for another moment
    while closed[-1]['threads'] > closed[0]['threads'] and patience:
        patience -= 1
        time.sleep(0.02)
        closed[-1] = taken()
print(json.dumps([loaded, closed]))
"""
SETTLED = 3  # cycles after which an allocator has found its size

Taken = list[dict[str, float]]


@pytest.fixture(scope='module', params=BACKENDS)
def cycles(
    request: pytest.FixtureRequest,
    real_model: ModelFiles,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Taken, Taken]:
    """Load and close the real model again and again; give what each runtime took and left."""
    paths = real_model.saved_model, real_model.onnx, tmp_path_factory.mktemp('compiled')
    command = [sys.executable, '-c', CYCLES, request.param, *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded, closed = json.loads(done.stdout.splitlines()[-1])
    return loaded, closed


Cycles = tuple[Taken, Taken]


def test_memory_comes_back(cycles: Cycles) -> None:
    loaded, closed = cycles
    assert closed[-1]['mib'] < loaded[-1]['mib'] - 25


def test_memory_does_not_grow_from_cycle_to_cycle(cycles: Cycles) -> None:
    _, closed = cycles
    assert closed[-1]['mib'] < closed[SETTLED]['mib'] + 10


def test_threads_do_not_grow_from_cycle_to_cycle(cycles: Cycles) -> None:
    _, closed = cycles
    assert closed[-1]['threads'] <= closed[0]['threads']


def test_files_are_closed(cycles: Cycles) -> None:
    _, closed = cycles
    assert closed[-1]['files'] == closed[0]['files']


@pytest.mark.parametrize('cycles', ['onnxruntime'], indirect=True)
def test_the_threads_of_onnx_runtime_have_ended(cycles: Cycles) -> None:
    loaded, closed = cycles
    assert closed[-1]['threads'] == loaded[-1]['threads'] - 3  # the fourth is the caller's
