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

"""OpenVINO: telemetry, precision, shapes of its input, what it keeps on disk, its errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import re
import subprocess
import sys
from threading import Thread
from types import ModuleType
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends.openvino import import_openvino
from movenet_ros.backends.openvino import load
from movenet_ros.backends.openvino import OpenVino
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import MAX_SHAPES
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import Shapes
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
from networks import noise
from networks import TINY
from networks import write_tiny_onnx
import numpy as np
import pytest

openvino = import_openvino()
HAS_BF16 = 'BF16' in openvino.Core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
needs_bf16 = pytest.mark.skipif(not HAS_BF16, reason='this processor has no bf16')

Open = Callable[..., OpenVino]


@pytest.fixture(scope='module')
def open_it(real_model: ModelFiles) -> Open:
    """Return a function that loads the real model, in f32 unless told."""
    assert real_model.onnx is not None
    model = real_model.onnx
    return lambda **keywords: load(model, BackendRequest(SPEC, **{'precision': 'f32', **keywords}))


def shapes(*shape_hw: int) -> Shapes:
    """Return the shape of the input."""
    return (('input', (1, *shape_hw, 3)),)


def compiled_for(runtime: OpenVino, *shape_hw: int) -> Any:
    """Return the model that is compiled for a shape."""
    return runtime._requests.get(shapes(*shape_hw)).get_compiled_model()


PRINT_TELEMETRY = """
import sys
from movenet_ros.backends.openvino import import_openvino

import_openvino()
print([name for name in sys.modules if 'telemetry' in name and name.startswith('openvino_')])
"""


def test_openvino_is_imported_without_its_telemetry() -> None:
    command = [sys.executable, '-c', PRINT_TELEMETRY]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == '[]\n'


def test_a_telemetry_that_was_imported_before_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType('openvino_telemetry')
    monkeypatch.setitem(sys.modules, 'openvino_telemetry', module)
    import_openvino()
    assert sys.modules['openvino_telemetry'] is module


def test_the_threads_are_passed_on(open_it: Open) -> None:
    runtime = open_it(threads=1)
    runtime.run(noise(32, 32))
    assert runtime.info.threads == 1
    assert compiled_for(runtime, 32, 32).get_property('INFERENCE_NUM_THREADS') == 1


@pytest.mark.parametrize('precision', ['f32', pytest.param('bf16', marks=needs_bf16)])
def test_the_precision_that_is_stated_is_the_one_computed_in(
    open_it: Open, precision: str
) -> None:
    runtime = open_it(precision=precision)
    runtime.run(noise(32, 32))
    computed = compiled_for(runtime, 32, 32).get_property('INFERENCE_PRECISION_HINT')
    assert runtime.info.precision == computed.to_string() == precision


Processor = Callable[..., None]


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Processor:
    """Return a function that makes a processor of some abilities; the real core does the rest."""
    real = openvino.Core

    def make(*capabilities: str) -> None:
        class Core(real):  # type: ignore[misc, valid-type]
            """The real one, but for the processor's abilities."""

            def get_property(self, *names: str) -> Any:
                return [*capabilities] if names[-1].endswith('BILITIES') else None

        monkeypatch.setattr(openvino, 'Core', Core)

    return make


@pytest.mark.parametrize(
    ('has', 'asked', 'taken'),
    [
        ('BF16', 'auto', 'bf16'),
        ('BF16', 'bf16', 'bf16'),
        ('BF16', 'f32', 'f32'),
        ('FP16', 'auto', 'f32'),
        ('FP16', 'f32', 'f32'),
    ],
)
def test_the_precision_is_what_the_processor_has(
    open_it: Open, processor: Processor, has: str, asked: str, taken: str
) -> None:
    processor('FP32', has)
    assert open_it(precision=asked).info.precision == taken


def test_bf16_is_rejected_where_the_processor_has_none(
    open_it: Open, processor: Processor
) -> None:
    processor('FP32', 'FP16')
    with pytest.raises(BackendError, match='^precision bf16, .* set precision to auto$'):
        open_it(precision='bf16')


@needs_bf16
def test_in_bf16_it_finds_the_same_people_within_a_few_pixels(
    open_it: Open, astronaut: SourceImage
) -> None:
    runtimes = open_it(), open_it(precision='bf16')
    one, other = (MultiPose(256, 0.25).find(astronaut, each.run) for each in runtimes)
    assert len(one) == len(other) > 0
    np.testing.assert_allclose(one.scores, other.scores, atol=0.05)
    seen = one.keypoint_scores > 0.3
    np.testing.assert_allclose(one.keypoints[seen], other.keypoints[seen], atol=5)


SHAPES = [(32 * i, 96) for i in range(1, MAX_SHAPES + 4)]


def test_many_shapes_in_turn_are_answered_and_few_are_kept(
    open_it: Open, onnxruntime_cpu: Runtime
) -> None:
    runtime = open_it()
    for shape in SHAPES:
        right, answer = (
            each.run(noise(*shape))['kpt_heatmap'] for each in (onnxruntime_cpu, runtime)
        )
        np.testing.assert_allclose(answer, right, atol=1e-3)
    are_ready = [runtime.is_ready(shapes(*shape)) for shape in SHAPES]
    assert are_ready == [False] * 3 + [True] * MAX_SHAPES


def test_prepared_in_another_thread_it_runs_at_once(
    open_it: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And answers images of other shapes meanwhile."""
    runtime = open_it()
    expected = runtime.run(noise(64, 64))['center']
    thread = Thread(target=runtime.prepare, args=(shapes(96, 64),))
    thread.start()
    while thread.is_alive():
        np.testing.assert_array_equal(runtime.run(noise(64, 64))['center'], expected)
    thread.join()
    monkeypatch.setattr(runtime, '_core', None)
    assert runtime.run(noise(96, 64))['center'].shape[:2] == (1, 1)


def test_a_network_for_any_shape_is_compiled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = replace(TINY, any_shape=True)
    runtime = load(write_tiny_onnx(tmp_path / 'tiny.onnx'), BackendRequest(spec, precision='f32'))
    never_seen = (('picture', (1, 3, 5, 7)),)
    assert not runtime.is_ready(never_seen)
    runtime.prepare((('picture', (1, 3, 4, 6)),))
    monkeypatch.setattr(runtime, '_core', None)
    assert runtime.is_ready(never_seen)
    for sides in SHAPES:
        picture = np.random.default_rng(0).random((1, 3, *sides), np.float32)
        mean = runtime.run({'picture': picture})['mean']
        np.testing.assert_allclose(mean, picture.mean((2, 3)), atol=1e-5)


def test_a_shape_that_fails_spoils_no_other(open_it: Open) -> None:
    runtime = open_it()
    before = [runtime.run(noise(*shape))['center'] for shape in SHAPES]
    for _ in range(3):
        with pytest.raises(InferenceError):
            runtime.run(noise(100, 100))
    for shape, output in zip(SHAPES, before):
        np.testing.assert_allclose(runtime.run(noise(*shape))['center'], output, atol=1e-4)


def test_the_core_stays_when_a_model_goes(open_it: Open) -> None:
    one, other = open_it(), open_it()
    one.close()
    assert open_it()._core is other._core


PAGE = 'Exception from src/inference/src/cpp/core.cpp:117:\nException from plugin.cpp:54:\n'
FAILURES = [
    (RuntimeError(f'{PAGE}std::bad_alloc\n\n'), 'std::bad_alloc'),
    (RuntimeError(f"{PAGE}Check 'ptr' failed at x.cpp:2:\nFailed to allocate\n"), 'Failed to .*'),
    (MemoryError(), 'MemoryError'),
]


def failing(error: Exception) -> Callable[..., Any]:
    """Return a function that raises an error."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(('error', 'reason'), FAILURES)
def test_a_failure_is_one_line_and_costs_one_image(
    open_it: Open, error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = open_it()
    with monkeypatch.context() as broken:
        broken.setattr(runtime._requests, 'get', lambda _: SimpleNamespace(infer=failing(error)))
        with pytest.raises(InferenceError) as caught:
            runtime.run(noise(64, 64))
    assert re.fullmatch(f'OpenVINO: {reason}', str(caught.value))
    assert runtime.run(noise(64, 64))['center'].shape[:2] == (1, 1)


@pytest.mark.parametrize(('error', 'reason'), FAILURES)
def test_a_shape_that_cannot_be_compiled_costs_one_image(
    open_it: Open, error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = open_it()
    with monkeypatch.context() as full:
        full.setattr(runtime, '_core', SimpleNamespace(compile_model=failing(error)))
        for ask in (runtime.run, lambda _: runtime.prepare(shapes(64, 64))):
            with pytest.raises(InferenceError, match=f'^OpenVINO: {reason}$'):
                ask(noise(64, 64))
    assert runtime.run(noise(64, 64))['center'].shape[:2] == (1, 1)


def test_a_bug_is_not_taken_for_a_failure(open_it: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = open_it()
    monkeypatch.setattr(runtime._requests, 'get', failing(TypeError('a bug')))
    with pytest.raises(TypeError):
        runtime.run(noise(64, 64))


@pytest.mark.parametrize(('error', 'reason'), FAILURES)
def test_a_machine_without_memory_for_the_model_says_so(
    open_it: Open, error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino.frontend, 'FrontEndManager', failing(error))
    with pytest.raises(BackendError, match=rf'^not enough memory .* OpenVINO \({reason}\)'):
        open_it()


def test_an_openvino_that_does_not_start_is_an_error_of_one_line(
    open_it: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino, 'Core', failing(RuntimeError(f'{PAGE}no plugins.xml\n')))
    with pytest.raises(BackendError, match='^OpenVINO does not start: no plugins.xml$'):
        open_it()


def test_nothing_is_kept_on_the_disk(open_it: Open, tmp_path: Path) -> None:
    """It would bring weights of its own for each shape."""
    open_it(compiled=tmp_path / 'compiled').run(noise(32, 32))
    assert not (tmp_path / 'compiled').exists()
