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

"""ONNX Runtime on a GPU, which a made-up ONNX Runtime stands in for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import json
import os
from pathlib import Path
import sys
from types import SimpleNamespace
from typing import Any
import weakref

from movenet_ros.backends import onnxruntime_gpu as module
from movenet_ros.backends.gpu_sessions import OnnxRuntimeOnGpu
from movenet_ros.backends.onnxruntime import load
from movenet_ros.backends.onnxruntime_gpu import operators_on
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.heads import IMAGE_MAXIMA
from movenet_ros.core.runtime import MAX_SHAPES
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import shapes_of
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
from networks import noise
import numpy as np
from numpy.typing import NDArray
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state
import pytest

TENSORRT, CUDA = 'TensorrtExecutionProvider', 'CUDAExecutionProvider'
CPU = 'CPUExecutionProvider'
MODEL = Path('/models/model.onnx')
MAXIMA = {**IMAGE_MAXIMA, 'total': ()}
PLAIN = replace(SPEC, on_gpu='')
ON_GPU = BackendRequest(PLAIN, 'onnxruntime', 'gpu')
DECODING = BackendRequest(SPEC, 'onnxruntime', 'gpu')
NO_LIBRARY = (
    '2026-11-27 12:00:00.1 [E:onnxruntime:Default, provider_bridge_ort.cc:2273 TryGetProviderInfo'
    '_CUDA] Failed to load library libonnxruntime_providers_cuda.so with error:'
    ' libcublasLt.so.13: cannot open shared object file: No such file or directory\n'
)
STUB = (
    '[E:onnxruntime:Default] CUDA failure 302: Error loading CUDA libraries. GPU will not be used.'
    ' ; GPU=-1 ; hostname=robot\n'
)


class FakePlace:
    """Stands in for an OrtValue: an array's place on a GPU."""

    def __init__(self, fake: FakeRuntime, array: NDArray[Any], where: Any) -> None:
        self._fake = fake
        self.content = array.copy()
        fake.made.append((array.shape, *where))

    def update_inplace(self, array: NDArray[Any]) -> None:
        assert array.shape == self.content.shape
        if self._fake.full:
            raise self._fake.full('CUDA failure 2: out of memory\n at line 1')
        self.content = array.copy()

    def numpy(self) -> NDArray[Any]:
        return self.content


class FakeBinding:
    """Stands in for an IOBinding."""

    def __init__(self) -> None:
        self.inputs: dict[str, FakePlace] = {}
        self.outputs: dict[str, FakePlace] = {}

    def bind_ortvalue_input(self, name: str, place: FakePlace) -> None:
        self.inputs[name] = place

    def bind_ortvalue_output(self, name: str, place: FakePlace) -> None:
        self.outputs[name] = place


class FakeSession:
    """
    Stands in for an InferenceSession; it answers the first value of the input everywhere.

    :param is_longer: with operators behind the network.
    """

    def __init__(
        self, fake: FakeRuntime, options: SimpleNamespace, started: list[str], is_longer: bool
    ) -> None:
        self._is_longer = is_longer
        self._fake, self._options, self._started = fake, options, started
        self.is_graph = fake.options.get(CUDA, {}).get('enable_cuda_graph') == '1'
        fake.sessions.append(weakref.ref(self))

    def get_providers(self) -> list[str]:
        return self._started

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name='input', type='tensor(uint8)', shape=['n', 'h', 'w', 3])]

    def get_outputs(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(name=name, type='tensor(float)', shape=['n', maps, 'h4', 'w4'])
            for name, maps in (MAXIMA if self._is_longer else IMAGE_HEADS).items()
        ]

    def io_binding(self) -> FakeBinding:
        return FakeBinding()

    def run(
        self,
        outputs: list[str] | None,
        inputs: dict[str, NDArray[Any]],
        options: SimpleNamespace | None = None,
    ) -> list[NDArray[Any]]:
        """Run it once; what lies anywhere must be in no graph."""
        assert not self.is_graph or options and options.entries == {'gpu_graph_id': '-1'}
        return self._answers(outputs or [*MAXIMA], inputs)

    def run_with_iobinding(self, binding: FakeBinding) -> None:
        if self.is_graph and self._fake.no_graph:
            raise RuntimeError('Error in execution: CUDA failure 900: not permitted')
        inputs = {name: each.content for name, each in binding.inputs.items()}
        names = [*binding.outputs]
        for name, answer in zip(names, self._answers(names, inputs), strict=True):
            binding.outputs[name].content = answer

    def end_profiling(self) -> str:
        path = f'{self._options.profile_file_prefix}_2026.json'
        profile = self._fake.profile_longer if self._is_longer else self._fake.profile
        Path(path).write_text(json.dumps(profile))
        return path

    def _answers(
        self, names: list[str], inputs: dict[str, NDArray[Any]]
    ) -> list[NDArray[Any]]:
        first, stated = next(iter(inputs.values())), self._options.dimensions
        if self._started[0] in self._fake.unfit:
            raise state.Fail('CUDA failure 2: out of memory\n at line 1')
        assert not stated or stated == dict(zip('nhw', first.shape))
        if self._is_longer and self._fake.cannot_follow:
            raise state.Fail('no kernel')
        return [np.full((1, 1, 1, 1), first.flat[0], np.float32) for _ in names]


class FakeRuntime:
    """
    Stands in for the package onnxruntime.

    :param available: providers that it was built with.
    :param failing: providers that do not start, which the real one drops with lines of log.
    :param unfit: providers that start, but cannot run the model.
    :param log: those lines.
    """

    __version__ = '1.99.0'
    GraphOptimizationLevel = onnxruntime.GraphOptimizationLevel

    def __init__(
        self,
        *available: str,
        failing: tuple[str, ...] = (),
        unfit: tuple[str, ...] = (),
        log: str = '',
    ) -> None:
        self._available, self.failing, self.unfit, self._log = available, failing, unfit, log
        self.full: type[Exception] | None = None
        self.no_room = False
        self.options: dict[str, dict[str, str]] = {}
        self.offered: list[list[str]] = []
        self.preloaded = 0
        self.cannot_follow = self.no_graph = False
        self.profile: list[dict[str, Any]] = []
        self.profile_longer: list[dict[str, Any]] = []
        self.sessions: list[weakref.ref[FakeSession]] = []
        self.made: list[Any] = []
        self.OrtValue = SimpleNamespace(
            ortvalue_from_numpy=lambda array, *where: FakePlace(self, array, where)
        )

    def get_available_providers(self) -> list[str]:
        return list(self._available)

    def preload_dlls(self) -> None:
        print('pages on libraries that are missing')
        self.preloaded += 1

    def SessionOptions(self) -> SimpleNamespace:  # noqa: N802 (onnxruntime's name)
        dimensions: dict[str, int] = {}
        return SimpleNamespace(
            dimensions=dimensions,
            add_session_config_entry=lambda key, value: None,
            add_free_dimension_override_by_name=dimensions.__setitem__,
        )

    def RunOptions(self) -> SimpleNamespace:  # noqa: N802 (onnxruntime's name)
        entries: dict[str, str] = {}
        return SimpleNamespace(entries=entries, add_run_config_entry=entries.__setitem__)

    def InferenceSession(  # noqa: N802 (onnxruntime's name)
        self, model: str | bytes, options: SimpleNamespace, providers: list[Any]
    ) -> FakeSession:
        assert self.preloaded
        if self.no_room:
            raise state.RuntimeException('CUDA failure 2: out of memory\n')
        self.offered.append([each[0] if isinstance(each, tuple) else each for each in providers])
        self.options = dict(each if isinstance(each, tuple) else (each, {}) for each in providers)
        os.write(2, self._log.encode())
        started = [each for each in self.options if each not in self.failing]
        return FakeSession(self, options, started, isinstance(model, bytes))


MakeFake = Callable[..., FakeRuntime]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> MakeFake:
    """Return a function that puts a made-up ONNX Runtime in the real one's place."""

    def make(*available: str, tensorrt: bool = False, **machine: Any) -> FakeRuntime:
        runtime = FakeRuntime(*(available or (TENSORRT, CUDA, CPU)), **machine)
        monkeypatch.setitem(sys.modules, 'onnxruntime', runtime)
        monkeypatch.setattr(module, '_has_tensorrt', lambda: tensorrt)
        monkeypatch.setattr(
            module, 'with_operators_behind', lambda _, request: request.spec.on_gpu.encode()
        )
        return runtime

    return make


def test_on_a_gpu_it_says_so(fake: MakeFake) -> None:
    fake()
    assert str(load(MODEL, ON_GPU).info) == 'onnxruntime 1.99.0 on GPU 0 (CUDA), f32'


def test_libraries_of_pip_are_loaded_before_without_a_word(
    fake: MakeFake, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = fake()
    load(MODEL, ON_GPU)
    assert (runtime.preloaded, capsys.readouterr().out) == (1, '')


def test_a_new_shape_is_not_searched_for_seconds(fake: MakeFake) -> None:
    runtime = fake()
    load(MODEL, ON_GPU)
    assert runtime.options[CUDA]['cudnn_conv_algo_search'] == 'HEURISTIC'


@pytest.mark.parametrize(('limit_mb', 'given'), [(0, None), (512, str(512 << 20))])
def test_a_limit_of_gpu_memory_is_passed_in_bytes(
    fake: MakeFake, limit_mb: int, given: str | None
) -> None:
    runtime = fake(tensorrt=True)
    load(MODEL, BackendRequest(PLAIN, device='gpu', gpu_memory_limit_mb=limit_mb))
    assert runtime.options[CUDA].get('gpu_mem_limit') == given
    assert runtime.options[TENSORRT].get('trt_max_workspace_size') == given


def test_without_the_cuda_provider_the_fix_is_a_package(fake: MakeFake) -> None:
    fake('AzureExecutionProvider', CPU)
    with pytest.raises(BackendError, match=r'pip install .onnxruntime-gpu\[cuda,cudnn\]'):
        load(MODEL, ON_GPU)


@pytest.mark.parametrize(
    ('log', 'reason'),
    [
        (NO_LIBRARY, 'libcublasLt.so.13 is missing'),
        (STUB, 'CUDA failure 302: Error loading CUDA libraries. GPU will not be used.'),
        ('', 'does not start'),
    ],
)
def test_a_provider_that_does_not_start_is_an_error_with_the_reason(
    fake: MakeFake, log: str, reason: str
) -> None:
    fake(failing=(CUDA,), log=log)
    with pytest.raises(BackendError) as caught:
        load(MODEL, ON_GPU)
    assert reason in str(caught.value)
    assert 'nvidia-smi' in str(caught.value)


@pytest.mark.parametrize(
    ('tensorrt', 'failing', 'device'),
    [(True, (), 'TensorRT'), (False, (), 'CUDA'), (True, (TENSORRT,), 'CUDA')],
)
def test_tensorrt_comes_before_cuda_where_it_is_installed(
    fake: MakeFake, tensorrt: bool, failing: tuple[str, ...], device: str
) -> None:
    runtime = fake(tensorrt=tensorrt, failing=failing)
    assert load(MODEL, ON_GPU).info.device == f'GPU 0 ({device})'
    assert any(TENSORRT in each for each in runtime.offered) == tensorrt


def test_one_engine_of_tensorrt_serves_every_shape_and_is_kept(
    fake: MakeFake, tmp_path: Path
) -> None:
    runtime = fake(tensorrt=True)
    load(MODEL, BackendRequest(PLAIN, device='gpu', compiled=tmp_path))
    options = runtime.options[TENSORRT]
    assert options['trt_profile_min_shapes'] == 'input:1x32x32x3'
    assert options['trt_profile_max_shapes'] == 'input:1x1024x1024x3'
    assert Path(options['trt_engine_cache_path']).parent == tmp_path
    load(MODEL, ON_GPU)
    assert not [name for name in runtime.options[TENSORRT] if 'cache' in name]


def image(value: int, *shape_hw: int) -> dict[str, NDArray[np.uint8]]:
    """Return an input that is one value all over."""
    return {'input': np.full((1, *(shape_hw or (64, 96)), 3), value, np.uint8)}


@pytest.fixture
def on_gpu(fake: MakeFake) -> tuple[FakeRuntime, Runtime]:
    """Give a made-up runtime on a GPU, after the trial."""
    runtime = fake()
    backend = load(MODEL, ON_GPU)
    runtime.made.clear()
    runtime.sessions.clear()
    return runtime, backend


OnGpu = tuple[FakeRuntime, Runtime]


TURNS = [(64, 96), (96, 64), (64, 96)]


def test_every_shape_has_its_place_there_and_every_image_its_answer(on_gpu: OnGpu) -> None:
    runtime, backend = on_gpu
    outputs = [
        backend.run(image(value, *shape))['center'] for value, shape in enumerate(TURNS)
    ]
    assert [output.item() for output in outputs] == [0, 1, 2]
    inputs = [each for each in runtime.made if each[0][-1] == 3]
    assert inputs == [((1, 64, 96, 3), 'cuda', 0), ((1, 96, 64, 3), 'cuda', 0)]


def test_every_shape_has_a_session_of_its_own(on_gpu: OnGpu) -> None:
    """A session that sees another shape than before plans all convolutions anew."""
    runtime, backend = on_gpu
    for shape in TURNS:
        backend.run(image(1, *shape))
    assert [each()._options.dimensions for each in runtime.sessions if each()] == [
        {'n': 1, 'h': 64, 'w': 96}, {'n': 1, 'h': 96, 'w': 64}
    ]


def test_with_tensorrt_one_session_is_for_all_shapes(fake: MakeFake) -> None:
    runtime = fake(tensorrt=True)
    backend = load(MODEL, ON_GPU)
    for shape in TURNS:
        backend.run(image(1, *shape))
    (session,) = runtime.sessions
    backend.close()
    assert session() is None


def test_a_shape_is_ready_once_it_is_prepared_and_few_stay(on_gpu: OnGpu) -> None:
    runtime, backend = on_gpu
    all_shapes = [(('input', (1, 32 * i, 32, 3)),) for i in range(1, MAX_SHAPES + 2)]
    for shapes in all_shapes:
        assert not backend.is_ready(shapes)
        backend.prepare(shapes)
        assert backend.is_ready(shapes)
    assert [each() is not None for each in runtime.sessions] == [False] + [True] * MAX_SHAPES


def test_a_gpu_without_room_for_another_session_costs_one_image(on_gpu: OnGpu) -> None:
    runtime, backend = on_gpu
    runtime.no_room = True
    for ask in (backend.run, lambda inputs: backend.prepare(shapes_of(inputs))):
        with pytest.raises(InferenceError, match='^ONNX Runtime: CUDA failure 2: out of memory$'):
            ask(image(1))


@pytest.mark.parametrize('shape', [(64, 96, 3), (1, 64, 96, 4)])
def test_an_input_that_the_network_does_not_take_costs_one_image(
    on_gpu: OnGpu, shape: tuple[int, ...]
) -> None:
    runtime, backend = on_gpu
    with pytest.raises(InferenceError, match='does not take'):
        backend.run({'input': np.zeros(shape, np.uint8)})
    assert runtime.sessions == []


def test_a_session_that_would_run_on_the_cpu_is_an_error(on_gpu: OnGpu) -> None:
    runtime, backend = on_gpu
    runtime.failing = (CUDA,)
    with pytest.raises(InferenceError, match='does not start'):
        backend.run(image(1))


@pytest.mark.parametrize('error', [state.Fail, RuntimeError])
def test_a_gpu_that_fails_costs_one_image(on_gpu: OnGpu, error: type[Exception]) -> None:
    runtime, backend = on_gpu
    backend.run(image(1))
    runtime.full = error  # OrtValue raises Python's own
    with pytest.raises(InferenceError, match='^ONNX Runtime: CUDA failure 2: out of memory$'):
        backend.run(image(2))
    runtime.full = None
    assert backend.run(image(3))['center'].item() == 3


def test_an_error_that_is_kept_holds_nothing_on_the_gpu(on_gpu: OnGpu) -> None:
    runtime, backend = on_gpu
    runtime.unfit = (CUDA,)
    with pytest.raises(InferenceError) as kept:
        backend.run(image(1))
    assert kept.value and [each() for each in runtime.sessions] == [None]


def test_a_runtime_that_is_closed_leaves_nothing_on_the_gpu(on_gpu: OnGpu) -> None:
    runtime, backend = on_gpu
    assert isinstance(backend, OnnxRuntimeOnGpu)
    backend.run(image(1))
    ready = backend._sessions.get(shapes_of(image(1)))
    places = [weakref.ref(each) for each in (*ready.inputs.values(), *ready.outputs.values())]
    del ready
    backend.close()
    assert not any(each() for each in (*runtime.sessions, *places))


def test_the_session_of_the_trial_is_freed(fake: MakeFake) -> None:
    runtime = fake()
    backend = load(MODEL, ON_GPU)
    trial, *others = runtime.sessions
    assert backend and trial() is None and len(others) == 1


def test_a_run_is_a_graph_where_that_works(fake: MakeFake) -> None:
    runtime = fake()
    backend = load(MODEL, ON_GPU)
    assert runtime.options[CUDA]['enable_cuda_graph'] == '1'
    runtime.no_graph = True
    assert load(MODEL, ON_GPU).run(image(3))['center'].item() == 3
    assert runtime.options[CUDA]['enable_cuda_graph'] == '0'
    assert backend


def test_an_old_runtime_whose_graphs_take_every_run_has_none(fake: MakeFake) -> None:
    runtime = fake()
    runtime.__version__ = '1.17.3'
    assert load(MODEL, ON_GPU).run(image(3))['center'].item() == 3
    assert runtime.options[CUDA]['enable_cuda_graph'] == '0'


def test_a_model_that_does_not_run_there_is_an_error_that_holds_no_session(
    fake: MakeFake,
) -> None:
    runtime = fake(unfit=(CUDA,))
    with pytest.raises(BackendError, match='does not run on GPU 0.*out of memory') as kept:
        load(MODEL, ON_GPU)
    assert kept.value and [each() for each in runtime.sessions] == [None]


def test_a_gpu_without_room_for_the_model_says_so(fake: MakeFake) -> None:
    fake().no_room = True
    with pytest.raises(BackendError, match=r'not enough memory .*\(CUDA failure 2: out of'):
        load(MODEL, ON_GPU)


def ran(operator: str, provider: str, input_bytes: int, output_bytes: int) -> dict[str, Any]:
    """Return what a profile has of an operator."""
    sizes = {'activation_size': str(input_bytes), 'output_size': str(output_bytes)}
    args = {'op_name': operator, 'provider': provider, **sizes}
    return {'cat': 'Node', 'name': f'{operator}_kernel_time', 'args': args}


def test_operators_on_the_cpu_are_named_if_they_touch_images(fake: MakeFake) -> None:
    fake().profile = [
        {'cat': 'Session', 'name': 'model_run'},
        ran('Conv', CUDA, 600_000, 400_000),
        ran('Gather', CPU, 32, 8),
        ran('TopK', CPU, 12_288, 72),
        ran('Resize', CPU, 800, 300_000),
        ran('TopK', CPU, 12_288, 72),
    ]
    info = load(MODEL, ON_GPU).info
    assert info.cpu_operators == ('Resize', 'TopK')
    assert str(info).endswith('(on the CPU: Resize, TopK)')


def test_decoding_begins_on_the_gpu_and_maps_stay_there(fake: MakeFake) -> None:
    fake()
    answer = load(MODEL, DECODING).run(image(3))
    assert {name: each.item() for name, each in answer.items()} == dict.fromkeys(MAXIMA, 3)


@pytest.mark.parametrize('reason', ['its operators run on the CPU', 'it fails', 'no onnx'])
def test_where_decoding_does_not_work_there_maps_leave_the_gpu(
    fake: MakeFake, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    runtime = fake()
    if reason == 'its operators run on the CPU':
        runtime.profile_longer = [ran('TopK', CPU, 600_000, 8)]
    elif reason == 'it fails':
        runtime.cannot_follow = True
    else:
        monkeypatch.setattr(module, 'with_operators_behind', lambda *_: None)
    backend = load(MODEL, DECODING)
    assert backend.run(image(3)).keys() == IMAGE_HEADS.keys()
    assert backend.info.cpu_operators == ()


def test_all_that_decoding_took_is_freed(fake: MakeFake) -> None:
    runtime = fake()
    backend = load(MODEL, DECODING)
    backend.run(image(3))
    backend.close()
    assert [each() for each in runtime.sessions] == [None] * len(runtime.sessions)


def test_a_real_profile_has_operators_and_their_sizes(
    real_model: ModelFiles, tmp_path: Path
) -> None:
    options = onnxruntime.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(tmp_path / 'cpu')
    session = onnxruntime.InferenceSession(str(real_model.onnx), options, providers=[CPU])
    session.run([*IMAGE_HEADS], noise(192, 256))
    profile = Path(session.end_profiling())
    assert {'Cast', 'Conv'} <= {*operators_on(CPU, profile)}
    assert 'Conv' in operators_on(CPU, profile, 5000)
    assert operators_on(CPU, profile, 1e9) == ()
    assert operators_on(CUDA, profile) == ()
