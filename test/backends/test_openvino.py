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

from collections.abc import Callable
import json
from pathlib import Path
import re
import subprocess
import sys
from types import ModuleType
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends import openvino as openvino_module
from movenet_ros.backends.openvino import import_openvino
from movenet_ros.backends.openvino import load
from movenet_ros.backends.openvino import MAX_SHAPES
from movenet_ros.backends.openvino import TIMES_IN_A_ROW
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import Runtime
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
import numpy as np
from numpy.typing import NDArray
import pytest

openvino = import_openvino()
HAS_BF16 = 'BF16' in openvino.Core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
needs_bf16 = pytest.mark.skipif(not HAS_BF16, reason='this processor has no bf16')


@pytest.fixture(scope='module')
def model(real_model: ModelFiles) -> Path:
    """Give the real model's ONNX file."""
    assert real_model.onnx is not None
    return real_model.onnx


@pytest.fixture(scope='module')
def in_f32(model: Path) -> Runtime:
    """Give the real model in OpenVINO, in f32."""
    return load(model, BackendRequest(SPEC, device='cpu', precision='f32'))


def image(*shape_hw: int) -> NDArray[np.int32]:
    """Return a batch of noise, the same one for each shape."""
    return np.random.default_rng(0).integers(0, 256, (1, *shape_hw, 3), np.int32)


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes a processor of such abilities; the real core does the rest."""
    real = openvino.Core

    def make(*capabilities: str) -> None:
        class Core(real):  # type: ignore[misc, valid-type]
            """The real one, but for what it says of the processor."""

            def get_property(self, *names: str) -> Any:
                return [*capabilities] if names[-1].endswith('BILITIES') else None

        monkeypatch.setattr(openvino, 'Core', Core)

    return make


Processor = Callable[..., None]


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


def test_a_telemetry_that_somebody_else_imported_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType('openvino_telemetry')
    monkeypatch.setitem(sys.modules, 'openvino_telemetry', module)
    import_openvino()
    assert sys.modules['openvino_telemetry'] is module


def test_it_says_its_name_version_and_device(in_f32: Runtime) -> None:
    info = in_f32.info
    assert (info.name, info.device) == ('openvino', 'CPU')
    assert openvino.get_version().startswith(info.version)


def test_the_version_is_a_number_that_a_folder_can_be_named_by(in_f32: Runtime) -> None:
    assert set(in_f32.info.version) <= set('0123456789.')


@pytest.mark.parametrize('threads', [0, 1])
def test_it_says_its_threads(model: Path, threads: int) -> None:
    assert load(model, BackendRequest(SPEC, threads=threads)).info.threads == threads


def test_the_threads_are_handed_over(model: Path) -> None:
    backend = load(model, BackendRequest(SPEC, threads=1))
    backend.run({'input': image(32, 32)})['output_0']
    (request,) = backend._requests.values()
    assert request.get_compiled_model().get_property('INFERENCE_NUM_THREADS') == 1


@pytest.mark.parametrize('device', ['auto', 'cpu'])
def test_it_runs_on_the_cpu(model: Path, device: str) -> None:
    assert load(model, BackendRequest(SPEC, device=device)).info.device == 'CPU'


def test_a_gpu_is_refused_with_the_cure(model: Path) -> None:
    with pytest.raises(BackendError, match='^device gpu, but .* set backend to auto, or device'):
        load(model, BackendRequest(SPEC, device='gpu'))


@pytest.mark.parametrize(
    ('capabilities', 'asked', 'taken'),
    [
        (('FP32', 'BF16'), 'auto', 'bf16'),
        (('FP32', 'BF16'), 'bf16', 'bf16'),
        (('FP32', 'BF16'), 'f32', 'f32'),
        (('FP32', 'FP16'), 'auto', 'f32'),
        (('FP32', 'FP16'), 'f32', 'f32'),
    ],
)
def test_the_precision_is_what_the_processor_has(
    model: Path,
    processor: Processor,
    capabilities: tuple[str, ...],
    asked: str,
    taken: str,
) -> None:
    processor(*capabilities)
    assert load(model, BackendRequest(SPEC, precision=asked)).info.precision == taken


def test_bf16_is_refused_where_the_processor_has_none(
    model: Path, processor: Processor
) -> None:
    processor('FP32', 'FP16')
    with pytest.raises(BackendError, match='^precision bf16, .* set precision to auto$'):
        load(model, BackendRequest(SPEC, precision='bf16'))


@pytest.mark.parametrize('precision', ['f32', pytest.param('bf16', marks=needs_bf16)])
def test_the_precision_said_is_the_one_computed_in(model: Path, precision: str) -> None:
    backend = load(model, BackendRequest(SPEC, precision=precision))
    backend.run({'input': image(32, 32)})['output_0']
    (request,) = backend._requests.values()
    computed = request.get_compiled_model().get_property('INFERENCE_PRECISION_HINT')
    assert backend.info.precision == computed.to_string() == precision


@pytest.mark.parametrize('shape', [(160, 256), (256, 160), (32, 32), (384, 512)])
def test_every_shape_of_input_is_answered(in_f32: Runtime, shape: tuple[int, int]) -> None:
    output = in_f32.run({'input': image(*shape)})['output_0']
    assert (output.shape, output.dtype) == ((1, 6, 56), np.float32)


def test_an_answer_stays_when_the_next_image_comes(in_f32: Runtime) -> None:
    output = in_f32.run({'input': image(64, 64)})['output_0']
    before = output.copy()
    in_f32.run({'input': np.zeros((1, 64, 64, 3), np.int32)})['output_0']
    np.testing.assert_array_equal(output, before)


def test_an_image_that_cannot_be_written_to_is_answered(in_f32: Runtime) -> None:
    batch = image(64, 64)
    batch.flags.writeable = False
    assert in_f32.run({'input': batch})['output_0'].shape == (1, 6, 56)


WRONG_SHAPES = [(1, 100, 100, 3), (1, 64, 64, 4), (2, 64, 64, 3), (64, 64, 3), (1, 0, 64, 3)]


@pytest.mark.parametrize('shape', WRONG_SHAPES)
def test_an_input_that_the_model_cannot_take_costs_one_image(
    in_f32: Runtime, shape: tuple[int, ...]
) -> None:
    with pytest.raises(InferenceError) as caught:
        in_f32.run({'input': np.zeros(shape, np.int32)})['output_0']
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('shape', WRONG_SHAPES)
def test_after_a_failure_the_next_image_works(in_f32: Runtime, shape: tuple[int, ...]) -> None:
    before = in_f32.run({'input': image(64, 64)})['output_0']
    with pytest.raises(InferenceError):
        in_f32.run({'input': np.zeros(shape, np.int32)})['output_0']
    np.testing.assert_array_equal(in_f32.run({'input': image(64, 64)})['output_0'], before)


PAGE = 'Exception from src/inference/src/cpp/core.cpp:117:\nException from plugin.cpp:54:\n'


def failing(error: Exception) -> Callable[..., Any]:
    """Return a function that raises an error."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


FAILURES = [
    (RuntimeError(f'{PAGE}std::bad_alloc\n\n'), 'std::bad_alloc'),
    (RuntimeError(f"{PAGE}Check 'ptr' failed at x.cpp:2:\nFailed to allocate\n"), 'Failed to .*'),
    (MemoryError('std::bad_alloc'), 'std::bad_alloc'),
    (MemoryError(), 'MemoryError'),
]


@pytest.mark.parametrize(('error', 'reason'), FAILURES)
def test_whatever_fails_is_said_in_one_line(
    model: Path, error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = load(model, BackendRequest(SPEC, precision='f32'))
    assert isinstance(backend, openvino_module.OpenVino)
    backend._requests[(('input', (1, 64, 64, 3)),)] = SimpleNamespace(infer=failing(error))
    with pytest.raises(InferenceError) as caught:
        backend.run({'input': image(64, 64)})['output_0']
    assert re.fullmatch(f'OpenVINO: {reason}', str(caught.value))


@pytest.mark.parametrize(('error', 'reason'), FAILURES)
def test_a_shape_that_cannot_be_compiled_costs_one_image(
    model: Path, error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = load(model, BackendRequest(SPEC, precision='f32'))
    core = SimpleNamespace(compile_model=failing(error))
    with monkeypatch.context() as full:
        full.setattr(backend, '_core', core)
        with pytest.raises(InferenceError, match=f'^OpenVINO: {reason}$'):
            backend.run({'input': image(64, 64)})['output_0']
    assert backend.run({'input': image(64, 64)})['output_0'].shape == (1, 6, 56)


def test_a_bug_is_not_taken_for_a_failure(model: Path) -> None:
    backend = load(model, BackendRequest(SPEC, precision='f32'))
    assert isinstance(backend, openvino_module.OpenVino)
    fails = SimpleNamespace(infer=failing(TypeError('a bug')))
    backend._requests[(('input', (1, 64, 64, 3)),)] = fails
    with pytest.raises(TypeError):
        backend.run({'input': image(64, 64)})['output_0']


@pytest.mark.parametrize(('error', 'reason'), FAILURES)
def test_a_machine_without_memory_for_the_model_says_so(
    model: Path, error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino.frontend, 'FrontEndManager', failing(error))
    with pytest.raises(BackendError, match=rf'^not enough memory .* OpenVINO \({reason}\)'):
        load(model, BackendRequest(SPEC))


@pytest.mark.parametrize('error', [RuntimeError(f'{PAGE}no plugins.xml\n'), MemoryError('no')])
def test_an_openvino_that_does_not_start_is_an_error_of_one_line(
    model: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino, 'Core', failing(error))
    with pytest.raises(BackendError, match=r'^OpenVINO does not start: no( plugins.xml)?$'):
        load(model, BackendRequest(SPEC))


def test_the_core_stays_when_a_model_goes(model: Path) -> None:
    one, other = (load(model, BackendRequest(SPEC, precision='f32')) for _ in range(2))
    assert isinstance(one, openvino_module.OpenVino)
    assert isinstance(other, openvino_module.OpenVino)
    one.close()
    assert load(model, BackendRequest(SPEC))._core is other._core


def test_in_f32_it_answers_what_onnx_runtime_answers(
    in_f32: Runtime, onnxruntime_cpu: Runtime, astronaut: SourceImage
) -> None:
    one, other = (
        MultiPose(256, 0.25).find(astronaut, each.run) for each in (in_f32, onnxruntime_cpu)
    )
    assert len(one) == len(other) > 0
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-3)
    np.testing.assert_allclose(one.keypoint_scores, other.keypoint_scores, atol=1e-3)
    np.testing.assert_allclose(one.keypoints, other.keypoints, atol=0.5)


@needs_bf16
def test_in_bf16_it_sees_the_same_people_within_a_few_pixels(
    in_f32: Runtime, model: Path, astronaut: SourceImage
) -> None:
    in_bf16 = load(model, BackendRequest(SPEC, precision='bf16'))
    one, other = (
        MultiPose(256, 0.25).find(astronaut, each.run) for each in (in_f32, in_bf16)
    )
    assert len(one) == len(other) > 0
    np.testing.assert_allclose(one.scores, other.scores, atol=0.05)
    seen = one.keypoint_scores > 0.3
    assert seen.any()
    np.testing.assert_allclose(one.keypoints[seen], other.keypoints[seen], atol=5)


SHAPES = [(32 * i, 96) for i in range(1, MAX_SHAPES + 4)]


def test_a_shape_that_comes_again_is_not_compiled_again(model: Path) -> None:
    backend = load(model, BackendRequest(SPEC, precision='f32'))
    for shape in [(32, 32), (32, 64)] * 2:
        backend.run({'input': image(*shape)})['output_0']
    assert len(backend._requests) == 2


def is_compiled(backend: Runtime, shape: tuple[int, int]) -> bool:
    """Return whether a shape has a compiled model of its own."""
    assert isinstance(backend, openvino_module.OpenVino)
    return (('input', (1, *shape, 3)),) in backend._requests


def test_a_fifth_shape_that_stays_is_compiled_in_the_place_of_the_oldest(model: Path) -> None:
    backend = load(model, BackendRequest(SPEC, precision='f32'))
    *first, last = SHAPES[:MAX_SHAPES + 1]
    for shape in (*first, first[0], *[last] * 2 * TIMES_IN_A_ROW):
        backend.run({'input': image(*shape)})
    assert [is_compiled(backend, shape) for shape in SHAPES[:MAX_SHAPES + 1]] == (
        [True, False, True, True, True]
    )


def test_more_shapes_than_there_is_room_for_in_turn_are_not_compiled_again_and_again(
    model: Path,
) -> None:
    backend = load(model, BackendRequest(SPEC, precision='f32'))
    for shape in SHAPES * 3:
        backend.run({'input': image(*shape)})
    assert [is_compiled(backend, shape) for shape in SHAPES] == [True] * MAX_SHAPES + [False] * 3


def test_every_one_of_many_shapes_is_answered_right(
    model: Path, onnxruntime_cpu: Runtime
) -> None:
    backend = load(model, BackendRequest(SPEC, precision='f32'))
    for shape in SHAPES + SHAPES[::-1]:
        right = onnxruntime_cpu.run({'input': image(*shape)})['output_0']
        best = right[0, :, 55].argmax()
        answer = backend.run({'input': image(*shape)})['output_0'][0]
        np.testing.assert_allclose(answer[answer[:, 55].argmax()], right[0, best], atol=1e-2)


@pytest.fixture
def keep(model: Path, tmp_path: Path) -> Callable[[], Runtime]:
    """Return a function that loads the real model, keeps what is compiled, and answers twice."""

    def load_it() -> Runtime:
        backend = load(model, BackendRequest(SPEC, precision='f32', compiled=tmp_path))
        for shape in ((32, 64), (64, 64)):
            backend.run({'input': image(*shape)})['output_0']
        return backend

    return load_it


Keep = Callable[[], Runtime]


def from_cache(backend: Runtime) -> list[bool]:
    """Tell of each compiled model whether it was read from a file."""
    assert isinstance(backend, openvino_module.OpenVino)
    compiled = [each.get_compiled_model() for each in backend._requests.values()]
    return [each.get_property('LOADED_FROM_CACHE') for each in compiled]


def test_every_compiled_model_is_kept_and_sealed(keep: Keep, tmp_path: Path) -> None:
    keep()
    blobs = {path.name for path in tmp_path.glob('openvino-*/*.blob')}
    (records,) = tmp_path.glob('openvino-*/records.json')
    assert set(json.loads(records.read_text())) == blobs
    assert len(blobs) == 2


def test_the_first_start_compiles(keep: Keep) -> None:
    assert from_cache(keep()) == [False, False]


def test_the_second_start_reads_what_was_compiled(keep: Keep) -> None:
    keep()
    assert from_cache(keep()) == [True, True]


def test_a_damaged_compiled_model_is_compiled_anew(keep: Keep, tmp_path: Path) -> None:
    keep()
    blob = min(tmp_path.glob('openvino-*/*.blob'))
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.write_bytes(content)
    assert sorted(from_cache(keep())) == [False, True]
    assert from_cache(keep()) == [True, True]


def test_what_is_read_again_answers_the_same(keep: Keep) -> None:
    first, second = (keep().run({'input': image(64, 64)})['output_0'] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_where_nothing_can_be_kept_it_works_all_the_same(model: Path, tmp_path: Path) -> None:
    (tmp_path / 'file').touch()
    backend = load(model, BackendRequest(SPEC, compiled=tmp_path / 'file'))
    assert backend.run({'input': image(32, 32)})['output_0'].shape == (1, 6, 56)


def refusal(path: Path) -> str:
    """Return what is said about a file that is refused."""
    with pytest.raises(ModelError) as caught:
        load(path, BackendRequest(SPEC, device='cpu'))
    sentence = str(caught.value)
    assert str(path) in sentence
    assert '\n' not in sentence
    return sentence


def test_rubbish_is_refused_in_one_line(rubbish: Path) -> None:
    assert refusal(rubbish)


def test_a_file_that_breaks_off_is_refused(model_that_breaks_off: Path) -> None:
    assert 'cannot load' in refusal(model_that_breaks_off)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert 'not open' in refusal(tmp_path / 'gone.onnx')


def test_another_model_is_refused(another_model: Path) -> None:
    assert 'is not MoveNet MultiPose' in refusal(another_model)


def test_a_model_that_does_not_say_its_output_shape_is_taken(
    model_of_unsure_output: Path,
) -> None:
    assert load(model_of_unsure_output, BackendRequest(SPEC)).info.name == 'openvino'
