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

"""The model in a process of its own, with the real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import ModelError
from movenet_ros.model import thunder
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
from movenet_ros.settings import RuntimeSettings
from movenet_ros.settings import Settings
from movenet_ros.tools.benchmark import bare_model as module
from movenet_ros.tools.benchmark.bare_model import bare_model
from movenet_ros.tools.benchmark.bare_model import BareModel
from movenet_ros.tools.benchmark.bare_model import Infer
from movenet_ros.tools.benchmark.recorded_runs import Runs
import numpy as np
import pytest

pytestmark = pytest.mark.tool

RUNS: Runs = [[(0, np.zeros((1, 64, 64, 3), np.uint8))]]
ONE_THREAD = Settings(backend='onnxruntime', device='cpu', runtime=RuntimeSettings(threads=1))


@pytest.fixture(scope='module')
def bare(real_model: ModelFiles) -> Iterator[BareModel]:
    """Give a running process."""
    with bare_model(ONE_THREAD, RUNS) as running:
        yield running


def test_flat_out_every_run_is_timed(bare: BareModel) -> None:
    took_s = bare.flat_out(0.2)
    assert len(took_s) > 1 and min(took_s) > 0
    assert sum(took_s) < 10


def test_however_short_there_is_a_run(bare: BareModel) -> None:
    assert len(bare.flat_out(1e-6)) == 1


def test_processor_time_is_of_one_run(bare: BareModel) -> None:
    """It is about what a run takes, as there is one thread; the pauses do not count."""
    per_run_s = bare.paced_cpu(10, 20.0)
    assert 0 < per_run_s < 5 * np.median(bare.flat_out(0.2))


def test_a_model_that_cannot_be_loaded_says_so_here(tmp_path: Path) -> None:
    (tmp_path / 'x.onnx').write_bytes(b'rubbish' * 100)
    settings = replace(ONE_THREAD, model_path=str(tmp_path / 'x.onnx'))
    with pytest.raises(ModelError, match=r'x\.onnx'):
        with bare_model(settings, RUNS):
            raise AssertionError('it was loaded')


def test_inputs_arrive_as_they_were_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process answers with what it got, in place of running a network on it."""
    echo = """
from movenet_ros import networks
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.tools.benchmark import bare_model
class Echo:
    def __init__(self, title):
        self.title, self.info = title, RuntimeInfo('echo', '1', 'nothing')
    def run(self, inputs):
        (batch,) = inputs.values()
        return [self.title, str(batch.dtype), batch.shape, batch.tolist(), batch.flags.writeable]
networks.open_network = lambda _, spec, *__: networks.Network(Echo(spec.title))
bare_model.ANSWERS['echo'] = lambda images: [infer() for infer in images]
bare_model.serve()
"""
    monkeypatch.setattr('movenet_ros.tools.benchmark.bare_model.PROGRAM', echo)
    random = np.random.default_rng(0)
    whole = random.integers(0, 256, (1, 32, 64, 3), np.uint8)[:, ::-1]  # not contiguous
    crop = random.integers(0, 256, (1, 64, 32, 3), np.uint8)
    with bare_model(ONE_THREAD, [[(0, whole), (1, crop)], [], [(1, crop)]]) as running:
        first, second, third = running.ask('echo')
    assert first == [
        [SPEC.title, 'uint8', [1, 32, 64, 3], whole.tolist(), True],
        [thunder.SPEC.title, 'uint8', [1, 64, 32, 3], crop.tolist(), True],
    ]
    assert (second, third) == ([], first[1:])


def test_an_image_takes_its_share_of_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four, the last of which takes a second."""
    now_s = iter(range(100))
    monkeypatch.setattr(module, 'time', SimpleNamespace(perf_counter=lambda: next(now_s)))
    rest: list[Infer] = [lambda: None] * 3
    took_s = module._flat_out([*rest, lambda: next(now_s)], 0.0)
    assert took_s == [0.5]  # the clock itself takes the other second


def test_a_process_that_was_killed_is_said(real_model: ModelFiles) -> None:
    with bare_model(ONE_THREAD, RUNS) as running:
        running._process.kill()
        with pytest.raises(BackendError, match='ended with code -9'):
            running.flat_out(0.1)
