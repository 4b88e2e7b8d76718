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
import os
from pathlib import Path
import sys
from types import SimpleNamespace
from typing import Any
import weakref

from movenet_ros.backends import onnxruntime as onnxruntime_module
from movenet_ros.backends.compiled import open_folder
from movenet_ros.backends.compiled import seal
from movenet_ros.backends.onnxruntime import load
from movenet_ros.backends.onnxruntime import OnnxRuntime
from movenet_ros.backends.onnxruntime import OnnxRuntimeOnGpu
from movenet_ros.backends.onnxruntime import operators_on
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
import numpy as np
from numpy.typing import NDArray
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state
import pytest

TENSORRT, CUDA = 'TensorrtExecutionProvider', 'CUDAExecutionProvider'
CPU = 'CPUExecutionProvider'
MODEL = Path('/models/model.onnx')


class FakePlace:
    """Stands in for an OrtValue: an array's place on a GPU."""

    def __init__(self, runtime: FakeRuntime, batch: NDArray[np.int32], where: Any) -> None:
        self._runtime = runtime
        self.content = batch.copy()
        runtime.made.append((batch.shape, *where))

    def update_inplace(self, batch: NDArray[np.int32]) -> None:
        assert batch.shape == self.content.shape
        self.content = batch.copy()
        self._runtime.updated.append(batch.shape)


class FakeBinding:
    """Stands in for an IOBinding."""

    def __init__(self) -> None:
        self.inputs: dict[str, FakePlace] = {}
        self.outputs: dict[str, str] = {}
        self.answer = np.zeros(0)

    def bind_ortvalue_input(self, name: str, place: FakePlace) -> None:
        self.inputs[name] = place

    def bind_output(self, name: str, device: str = 'cpu') -> None:
        self.outputs[name] = device

    def copy_outputs_to_cpu(self) -> list[NDArray[Any]]:
        assert self.outputs == {'output_0': 'cpu'}
        return [self.answer]


class FakeSession:
    """Stands in for an InferenceSession; it answers the first value of the batch everywhere."""

    def __init__(self, runtime: FakeRuntime, options: SimpleNamespace, started: list[str]) -> None:
        self._runtime, self._options = runtime, options
        self._started = started

    def get_providers(self) -> list[str]:
        return self._started

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name='input', type='tensor(int32)', shape=[1, 'h', 'w', 3])]

    def get_outputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name='output_0', type='tensor(float)', shape=[1, 6, 56])]

    def run(self, outputs: list[str], inputs: dict[str, NDArray[np.int32]]) -> list[NDArray[Any]]:
        return [np.full((1, 6, 56), inputs['input'].flat[0], np.float32)]

    def io_binding(self) -> FakeBinding:
        return FakeBinding()

    def run_with_iobinding(self, binding: FakeBinding) -> None:
        if self._started[0] in self._runtime.unfit:
            raise state.Fail('CUDA failure 2: out of memory\n at line 1')
        (binding.answer,) = self.run([], {'input': binding.inputs['input'].content})

    def end_profiling(self) -> str:
        path = f'{self._options.profile_file_prefix}_2026.json'
        Path(path).write_text(json.dumps(self._runtime.profile))
        self._runtime.profiles.append(path)
        return path


def ran(operator: str, provider: str) -> dict[str, Any]:
    """Return what a profile has of an operator."""
    return {
        'cat': 'Node',
        'name': f'{operator}_kernel_time',
        'args': {'op_name': operator, 'provider': provider},
    }


class FakeRuntime:
    """
    Stands in for the package onnxruntime.

    :param available: providers that it was built with.
    :param failing: providers that do not start, which the real one drops with a line of log.
    :param unfit: providers that start, but cannot run the model.
    """

    __version__ = '1.99.0'
    GraphOptimizationLevel = onnxruntime.GraphOptimizationLevel

    def __init__(
        self,
        available: tuple[str, ...],
        failing: tuple[str, ...] = (),
        unfit: tuple[str, ...] = (),
    ) -> None:
        self._available, self._failing, self.unfit = available, failing, unfit
        self.asked: list[str] = []
        self.options: dict[str, dict[str, str]] = {}
        self.entries: dict[str, str] = {}
        self.session_options = SimpleNamespace()
        self.profile: list[dict[str, Any]] = [
            {'cat': 'Session', 'name': 'model_run'},
            {'cat': 'Node', 'name': 'fence'},
            ran('Conv', CUDA),
        ]
        self.profiles: list[str] = []
        self.made: list[Any] = []
        self.updated: list[tuple[int, ...]] = []
        self.OrtValue = SimpleNamespace(
            ortvalue_from_numpy=lambda batch, *where: FakePlace(self, batch, where)
        )

    def get_available_providers(self) -> list[str]:
        return list(self._available)

    def SessionOptions(self) -> SimpleNamespace:  # noqa: N802 (onnxruntime's name)
        return SimpleNamespace(
            add_session_config_entry=self.entries.__setitem__,
            intra_op_num_threads=0,
            enable_profiling=False,
            profile_file_prefix='onnxruntime_profile_',
            optimized_model_filepath='',
        )

    def InferenceSession(  # noqa: N802 (onnxruntime's name)
        self, path: str, options: SimpleNamespace, providers: list[Any]
    ) -> FakeSession:
        pairs = [each if isinstance(each, tuple) else (each, {}) for each in providers]
        self.asked = [name for name, _ in pairs]
        self.options = dict(pairs)
        self.session_options = options
        started = [name for name in self.asked if name not in self._failing]
        return FakeSession(self, options, started)


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeRuntime]:
    """Return a function that puts a made-up ONNX Runtime in the real one's place."""

    def make(*available: str, **machine: tuple[str, ...]) -> FakeRuntime:
        fake = FakeRuntime(available, **machine)
        monkeypatch.setitem(sys.modules, 'onnxruntime', fake)
        return fake

    return make


MakeRuntime = Callable[..., FakeRuntime]


@pytest.mark.parametrize('device', ['auto', 'gpu'])
def test_cuda_comes_before_the_cpu(runtime: MakeRuntime, device: str) -> None:
    fake = runtime(CUDA, CPU)
    load(MODEL, BackendRequest(SPEC, device=device))
    assert fake.asked == [CUDA, CPU]


def test_threads_do_not_spin_between_images(runtime: MakeRuntime) -> None:
    fake = runtime(CPU)
    load(MODEL, BackendRequest(SPEC, device='auto'))
    assert fake.entries['session.intra_op.allow_spinning'] == '0'


def test_with_cuda_it_says_so(runtime: MakeRuntime) -> None:
    runtime(CUDA, CPU)
    info = load(MODEL, BackendRequest(SPEC, device='auto')).info
    assert str(info) == 'onnxruntime 1.99.0 on GPU 0 (CUDA), f32'


@pytest.mark.parametrize(
    ('device', 'available'), [('cpu', (CUDA, CPU)), ('cpu', (CPU,)), ('auto', (CPU,))]
)
def test_otherwise_the_cpu_alone_is_asked(
    runtime: MakeRuntime, device: str, available: tuple[str, ...]
) -> None:
    fake = runtime(*available)
    assert load(MODEL, BackendRequest(SPEC, device=device)).info.device == 'CPU'
    assert fake.asked == [CPU]


def test_other_providers_are_left_alone(runtime: MakeRuntime) -> None:
    fake = runtime('MIGraphXExecutionProvider', CUDA, 'AzureExecutionProvider', CPU)
    load(MODEL, BackendRequest(SPEC, device='auto'))
    assert fake.asked == [CUDA, CPU]


def test_gpu_memory_grows_only_as_needed(runtime: MakeRuntime) -> None:
    fake = runtime(CUDA, CPU)
    load(MODEL, BackendRequest(SPEC, device='auto'))
    assert fake.options[CUDA] == {'arena_extend_strategy': 'kSameAsRequested'}


def test_a_limit_of_gpu_memory_is_passed_in_bytes(runtime: MakeRuntime) -> None:
    fake = runtime(CUDA, CPU)
    load(MODEL, BackendRequest(SPEC, device='auto', gpu_memory_limit_mb=512))
    assert fake.options[CUDA]['gpu_mem_limit'] == str(512 * 1024 * 1024)


def test_gpu_without_the_cuda_provider_is_an_error(runtime: MakeRuntime) -> None:
    runtime(CPU)
    with pytest.raises(BackendError, match='no CUDA provider: pip install onnxruntime-gpu'):
        load(MODEL, BackendRequest(SPEC, device='gpu'))


def test_gpu_whose_provider_does_not_start_is_an_error_that_names_the_cure(
    runtime: MakeRuntime,
) -> None:
    runtime(CUDA, CPU, failing=(CUDA,))
    with pytest.raises(BackendError, match='does not start.*nvidia-smi.*set device to auto'):
        load(MODEL, BackendRequest(SPEC, device='gpu'))


def test_auto_falls_back_to_the_cpu_and_says_so(runtime: MakeRuntime) -> None:
    runtime(CUDA, CPU, failing=(CUDA,))
    assert load(MODEL, BackendRequest(SPEC, device='auto')).info.device == 'CPU'


@pytest.fixture
def tensorrt(monkeypatch: pytest.MonkeyPatch, runtime: MakeRuntime) -> Callable[..., FakeRuntime]:
    """Return a function that makes a GPU machine on which TensorRT is installed, or is not."""

    def make(installed: bool = True, **machine: tuple[str, ...]) -> FakeRuntime:
        monkeypatch.setattr(onnxruntime_module, '_has_tensorrt', lambda: installed)
        return runtime(TENSORRT, CUDA, CPU, **machine)

    return make


def test_tensorrt_comes_first_where_it_is_installed(tensorrt: MakeRuntime) -> None:
    fake = tensorrt()
    load(MODEL, BackendRequest(SPEC))
    assert fake.asked == [TENSORRT, CUDA, CPU]


def test_tensorrt_is_not_asked_where_its_library_is_missing(tensorrt: MakeRuntime) -> None:
    fake = tensorrt(installed=False)
    load(MODEL, BackendRequest(SPEC))
    assert fake.asked == [CUDA, CPU]


@pytest.mark.parametrize(('library', 'there'), [('libc.so.6', True), ('libnowhere.so.6', False)])
def test_tensorrt_is_installed_where_its_library_can_be_loaded(
    monkeypatch: pytest.MonkeyPatch, library: str, there: bool
) -> None:
    monkeypatch.setattr(onnxruntime_module, 'TENSORRT_LIBRARIES', ('libgone.so.1', library))
    assert onnxruntime_module._has_tensorrt() is there


def test_with_tensorrt_it_says_so(tensorrt: MakeRuntime) -> None:
    tensorrt()
    assert load(MODEL, BackendRequest(SPEC)).info.device == 'GPU 0 (TensorRT)'


def test_a_tensorrt_that_does_not_start_leaves_cuda(tensorrt: MakeRuntime) -> None:
    tensorrt(failing=(TENSORRT,))
    assert load(MODEL, BackendRequest(SPEC)).info.device == 'GPU 0 (CUDA)'


def test_engines_of_tensorrt_are_kept_among_what_is_compiled(
    tensorrt: MakeRuntime, tmp_path: Path
) -> None:
    fake = tensorrt()
    load(MODEL, BackendRequest(SPEC, compiled=tmp_path))
    options = fake.options[TENSORRT]
    assert options['trt_engine_cache_enable'] == options['trt_timing_cache_enable'] == 'True'
    assert Path(options['trt_engine_cache_path']).parent == tmp_path
    assert Path(options['trt_timing_cache_path']).parent == tmp_path


def test_without_a_folder_engines_of_tensorrt_are_not_kept(tensorrt: MakeRuntime) -> None:
    fake = tensorrt()
    load(MODEL, BackendRequest(SPEC))
    assert not [name for name in fake.options[TENSORRT] if 'cache' in name]


def test_one_engine_of_tensorrt_serves_every_shape(tensorrt: MakeRuntime) -> None:
    fake = tensorrt()
    load(MODEL, BackendRequest(SPEC))
    options = fake.options[TENSORRT]
    assert options['trt_profile_min_shapes'] == 'input:1x32x32x3'
    assert options['trt_profile_max_shapes'] == 'input:1x1024x1024x3'


def test_a_limit_of_gpu_memory_is_for_tensorrt_too(tensorrt: MakeRuntime) -> None:
    fake = tensorrt()
    load(MODEL, BackendRequest(SPEC, gpu_memory_limit_mb=512))
    limits = fake.options[TENSORRT]['trt_max_workspace_size'], fake.options[CUDA]['gpu_mem_limit']
    assert limits == (str(512 * 1024 * 1024),) * 2


def test_without_a_limit_tensorrt_takes_what_it_needs(tensorrt: MakeRuntime) -> None:
    fake = tensorrt()
    load(MODEL, BackendRequest(SPEC))
    assert 'trt_max_workspace_size' not in fake.options[TENSORRT]


def image(value: int, *shape_hw: int) -> NDArray[np.int32]:
    """Return a batch that is one value all over."""
    return np.full((1, *(shape_hw or (64, 96)), 3), value, np.int32)


@pytest.fixture
def on_gpu(runtime: MakeRuntime) -> tuple[FakeRuntime, MakeRuntime]:
    """Give a made-up runtime on a GPU, after the trial."""
    fake = runtime(CUDA, CPU)
    backend = load(MODEL, BackendRequest(SPEC))
    fake.made.clear()
    fake.updated.clear()
    return fake, backend


OnGpu = tuple[FakeRuntime, MakeRuntime]


def test_on_a_gpu_a_shape_gets_its_place_there_once(on_gpu: OnGpu) -> None:
    fake, backend = on_gpu
    for value in range(3):
        backend.run({'input': image(value)})['output_0']
    assert fake.made == [((1, 64, 96, 3), 'cuda', 0)]
    assert fake.updated == [(1, 64, 96, 3)] * 2


def test_on_a_gpu_every_shape_has_its_own_place(on_gpu: OnGpu) -> None:
    fake, backend = on_gpu
    for value, shape in enumerate([(64, 96), (96, 64), (64, 96)]):
        backend.run({'input': image(value, *shape)})['output_0']
    assert [shape for shape, *_ in fake.made] == [(1, 64, 96, 3), (1, 96, 64, 3)]


def test_on_a_gpu_every_image_gets_its_own_answer_on_the_host(on_gpu: OnGpu) -> None:
    outputs = [on_gpu[1].run({'input': image(value)})['output_0'] for value in range(3)]
    assert [output[0, 0, 0] for output in outputs] == [0, 1, 2]
    assert all(isinstance(each, np.ndarray) and each.dtype == np.float32 for each in outputs)


@pytest.mark.parametrize('error', [state.Fail, RuntimeError])
def test_a_gpu_that_fails_costs_one_image(
    on_gpu: OnGpu, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(place: FakePlace, batch: NDArray[np.int32]) -> None:
        raise error('CUDA failure 2: out of memory\n at line 1')  # OrtValue has Python's own

    backend = on_gpu[1]
    backend.run({'input': image(1)})['output_0']
    with monkeypatch.context() as full:
        full.setattr(FakePlace, 'update_inplace', fail)
        with pytest.raises(InferenceError, match='^ONNX Runtime: CUDA failure 2: out of memory$'):
            backend.run({'input': image(2)})['output_0']
    assert backend.run({'input': image(3)})['output_0'][0, 0, 0] == 3


def fake_session(run: Callable[..., Any]) -> SimpleNamespace:
    """Return a session of which only ``run`` is asked."""
    return SimpleNamespace(run=run, get_outputs=lambda: [SimpleNamespace(name='output_0')])


CONV = (
    '[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Conv node.'
    " Name:'movenet/Conv1_relu/Relu6:0_nchwc' Status Message: "
)
ARENA = (
    '/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void*'
    ' onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) '
)
CALL = (
    '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:121 std::conditional_t<THRW,'
    ' void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, int)'
    ' [with ERRTYPE = cudaError; bool THRW = true] '
)


@pytest.mark.parametrize(
    ('error', 'where', 'reason'),
    [
        (state.Fail, CONV + ARENA, 'Failed to allocate memory for requested buffer of size 7'),
        (state.RuntimeException, ARENA, 'Available memory of 0 is smaller than requested bytes'),
        (state.Fail, CONV + CALL, 'CUDA failure 2: out of memory'),
        (state.EPFail, CONV, 'CUDNN failure 5000'),
        (RuntimeError, CALL, 'CUDA failure 700: an illegal memory access was encountered'),
        (RuntimeError, '', 'std::bad_alloc'),
        (MemoryError, '', 'std::bad_alloc'),
    ],
)
def test_whatever_fails_is_said_in_one_line_without_places_in_the_source(
    error: type[Exception], where: str, reason: str
) -> None:
    def run(*_: Any) -> Any:
        raise error(f'{where}{reason}\n at line 1\n')

    backend = OnnxRuntime(fake_session(run), RuntimeInfo('onnxruntime', '1', 'CPU'))
    with pytest.raises(InferenceError) as caught:
        backend.run({'input': image(0)})['output_0']
    assert str(caught.value) == f'ONNX Runtime: {reason}'


@pytest.mark.parametrize('bug', [TypeError, AttributeError, KeyError])
def test_a_bug_is_not_taken_for_a_failure(bug: type[Exception]) -> None:
    def run(*_: Any) -> Any:
        raise bug('a bug')

    backend = OnnxRuntime(fake_session(run), RuntimeInfo('onnxruntime', '1', 'CPU'))
    with pytest.raises(bug):
        backend.run({'input': image(0)})['output_0']


def test_an_error_that_somebody_keeps_holds_nothing_on_the_gpu(
    on_gpu: OnGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, backend = on_gpu
    bindings: list[weakref.ref[FakeBinding]] = []
    bind = FakeBinding.bind_ortvalue_input

    def spy(binding: FakeBinding, name: str, place: FakePlace) -> None:
        bindings.append(weakref.ref(binding))
        bind(binding, name, place)

    monkeypatch.setattr(FakeBinding, 'bind_ortvalue_input', spy)
    fake.unfit = (CUDA,)
    with pytest.raises(InferenceError) as kept:
        backend.run({'input': image(1)})['output_0']
    assert kept.value and [each() for each in bindings] == [None]


def test_a_gpu_backend_that_is_closed_leaves_no_place_on_the_gpu(
    on_gpu: OnGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, backend = on_gpu
    assert isinstance(backend, OnnxRuntimeOnGpu)
    backend.run({'input': image(1)})['output_0']
    held = [weakref.ref(each) for each in (backend._session, *backend._places.values())]
    backend.close()
    assert [each() for each in held] == [None] * 3  # one place for the trial's shape


def test_after_a_gpu_that_failed_the_cpu_alone_is_asked(on_gpu: OnGpu) -> None:
    fake, backend = on_gpu
    fake.unfit = (CUDA,)
    with pytest.raises(InferenceError):
        backend.run({'input': image(1)})['output_0']
    backend.close()
    on_cpu = load(MODEL, BackendRequest(SPEC, 'onnxruntime', device='cpu'))
    assert (fake.asked, on_cpu.info.device) == ([CPU], 'CPU')
    assert on_cpu.run({'input': image(3)})['output_0'][0, 0, 0] == 3


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch, runtime: MakeRuntime) -> FakeRuntime:
    """Give a machine whose GPU has no room for the model."""
    fake = runtime(CUDA, CPU)
    start = fake.InferenceSession

    def make(path: str, options: SimpleNamespace, providers: list[Any]) -> FakeSession:
        if providers[0] != CPU:
            raise state.RuntimeException(f'{CALL}CUDA failure 2: out of memory\n')
        return start(path, options, providers)

    monkeypatch.setattr(fake, 'InferenceSession', make)
    return fake


def test_a_gpu_without_room_for_the_model_leaves_the_cpu(full: FakeRuntime) -> None:
    assert load(MODEL, BackendRequest(SPEC)).info.device == 'CPU'


def test_a_gpu_without_room_is_an_error_where_it_was_asked_for(full: FakeRuntime) -> None:
    with pytest.raises(BackendError, match=r'not enough memory .*\(CUDA failure 2: out of'):
        load(MODEL, BackendRequest(SPEC, device='gpu'))


@pytest.mark.parametrize('error', [MemoryError, RuntimeError, state.Fail])
def test_a_machine_without_memory_for_the_model_says_so(
    runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise error('std::bad_alloc')

    monkeypatch.setattr(runtime(CPU), 'InferenceSession', fail)
    with pytest.raises(BackendError, match='^not enough memory to load the model in ONNX Runtime'):
        load(MODEL, BackendRequest(SPEC))


def test_operators_that_ran_on_the_cpu_are_named(runtime: MakeRuntime) -> None:
    fake = runtime(CUDA, CPU)
    fake.profile += [ran('TopK', CPU), ran('Gather', CPU), ran('TopK', CPU)]
    assert load(MODEL, BackendRequest(SPEC)).info.cpu_operators == ('Gather', 'TopK')


def test_operators_that_ran_on_the_cpu_are_said(runtime: MakeRuntime) -> None:
    fake = runtime(CUDA, CPU)
    fake.profile += [ran('TopK', CPU), ran('Gather', CPU)]
    assert str(load(MODEL, BackendRequest(SPEC)).info).endswith('(on the CPU: Gather, TopK)')


def test_where_all_ran_on_the_gpu_no_operator_is_named(runtime: MakeRuntime) -> None:
    runtime(CUDA, CPU)
    assert load(MODEL, BackendRequest(SPEC)).info.cpu_operators == ()


def test_the_profile_does_not_stay(runtime: MakeRuntime) -> None:
    fake = runtime(CUDA, CPU)
    load(MODEL, BackendRequest(SPEC))
    (profile,) = fake.profiles
    assert not Path(profile).parent.exists()


def test_a_model_that_does_not_run_on_the_gpu_is_an_error_that_names_the_cure(
    runtime: MakeRuntime,
) -> None:
    runtime(CUDA, CPU, unfit=(CUDA,))
    with pytest.raises(BackendError, match='not run on GPU 0.*out of memory: set device to cpu$'):
        load(MODEL, BackendRequest(SPEC, device='gpu'))


def test_the_error_holds_no_session_on_the_gpu(
    runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = runtime(CUDA, CPU, unfit=(CUDA,))
    sessions: list[weakref.ref[FakeSession]] = []
    start = fake.InferenceSession

    def spy(path: str, options: SimpleNamespace, providers: list[Any]) -> FakeSession:
        session = start(path, options, providers)
        sessions.append(weakref.ref(session))
        return session

    monkeypatch.setattr(fake, 'InferenceSession', spy)
    with pytest.raises(BackendError) as kept:
        load(MODEL, BackendRequest(SPEC, device='gpu'))
    assert kept.value and [each() for each in sessions] == [None]


def test_auto_runs_such_a_model_on_the_cpu(runtime: MakeRuntime) -> None:
    runtime(CUDA, CPU, unfit=(CUDA,))
    assert load(MODEL, BackendRequest(SPEC)).info.device == 'CPU'


def test_on_the_cpu_nothing_is_profiled(runtime: MakeRuntime) -> None:
    fake = runtime(CUDA, CPU)
    load(MODEL, BackendRequest(SPEC, device='cpu'))
    assert (fake.session_options.enable_profiling, fake.profiles) == (False, [])


@pytest.mark.parametrize('threads', [0, 3])
def test_threads_are_handed_over(runtime: MakeRuntime, threads: int) -> None:
    fake = runtime(CPU)
    info = load(MODEL, BackendRequest(SPEC, threads=threads)).info
    assert (fake.session_options.intra_op_num_threads, info.threads) == (threads, threads)


def test_a_disk_that_is_full_costs_nothing(
    runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = runtime(CPU)
    start = fake.InferenceSession

    def write(path: str, options: SimpleNamespace, providers: list[Any]) -> FakeSession:
        if options.optimized_model_filepath:
            raise state.Fail('No space left on device')
        return start(path, options, providers)

    monkeypatch.setattr(fake, 'InferenceSession', write)
    assert load(MODEL, BackendRequest(SPEC, compiled=tmp_path)).info.device == 'CPU'


@pytest.mark.skipif(
    CUDA in onnxruntime.get_available_providers(), reason='this ONNX Runtime has CUDA'
)
def test_the_real_runtime_refuses_a_gpu_that_it_does_not_know(real_model: ModelFiles) -> None:
    assert real_model.onnx is not None
    with pytest.raises(BackendError, match='onnxruntime-gpu'):
        load(real_model.onnx, BackendRequest(SPEC, device='gpu'))


def test_it_says_its_name_and_version(onnxruntime_cpu: MakeRuntime) -> None:
    info = onnxruntime_cpu.info
    assert (info.name, info.version) == ('onnxruntime', onnxruntime.__version__)


@pytest.mark.parametrize('shape', [(160, 256), (256, 160), (32, 32), (384, 512)])
def test_every_shape_of_input_is_answered(
    onnxruntime_cpu: MakeRuntime, shape: tuple[int, int]
) -> None:
    output = onnxruntime_cpu.run({'input': np.zeros((1, *shape, 3), np.int32)})['output_0']
    assert (output.shape, output.dtype) == ((1, 6, 56), np.float32)


@pytest.mark.parametrize('shape', [(1, 100, 100, 3), (1, 64, 64, 4), (64, 64, 3)])
def test_an_input_that_the_model_cannot_take_costs_one_image(
    onnxruntime_cpu: MakeRuntime, shape: tuple[int, ...]
) -> None:
    with pytest.raises(InferenceError) as caught:
        onnxruntime_cpu.run({'input': np.zeros(shape, np.int32)})['output_0']
    assert '\n' not in str(caught.value)


def test_after_a_failure_the_next_image_works(onnxruntime_cpu: MakeRuntime) -> None:
    with pytest.raises(InferenceError):
        onnxruntime_cpu.run({'input': np.zeros((1, 100, 100, 3), np.int32)})['output_0']
    inputs = {'input': np.zeros((1, 64, 64, 3), np.int32)}
    assert onnxruntime_cpu.run(inputs)['output_0'].shape == (1, 6, 56)


def refusal(path: Path) -> str:
    """Return what is said about a file that is refused."""
    with pytest.raises(ModelError) as caught:
        load(path, BackendRequest(SPEC, device='cpu'))
    sentence = str(caught.value)
    assert str(path) in sentence
    assert '\n' not in sentence
    return sentence


def test_rubbish_is_refused_in_one_line(rubbish: Path) -> None:
    assert 'cannot load' in refusal(rubbish)


def test_a_file_that_breaks_off_is_refused(model_that_breaks_off: Path) -> None:
    assert 'cannot load' in refusal(model_that_breaks_off)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "doesn't exist" in refusal(tmp_path / 'gone.onnx')


def test_another_model_is_refused(another_model: Path) -> None:
    assert 'is not MoveNet MultiPose' in refusal(another_model)


def test_a_model_that_does_not_say_its_output_shape_is_taken(
    model_of_unsure_output: Path,
) -> None:
    info = load(model_of_unsure_output, BackendRequest(SPEC, device='cpu')).info
    assert info.name == 'onnxruntime'


@pytest.fixture(scope='module')
def profile(real_model: ModelFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a real profile of the real model on the CPU."""
    options = onnxruntime.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(tmp_path_factory.mktemp('profile') / 'cpu')
    session = onnxruntime.InferenceSession(str(real_model.onnx), options, providers=[CPU])
    session.run(['output_0'], {'input': image(0)})
    return Path(session.end_profiling())


def test_a_real_profile_names_operators_once_in_order(profile: Path) -> None:
    operators = operators_on(CPU, profile)
    assert {'Conv', 'TopK'} <= set(operators)
    assert list(operators) == sorted(set(operators))


def test_a_real_profile_has_nothing_of_a_gpu(profile: Path) -> None:
    assert operators_on(CUDA, profile) == ()


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Note which files the real runtime reads."""
    read: list[Path] = []

    class Session(onnxruntime.InferenceSession):  # type: ignore[misc]
        """The real one, which says what it reads."""

        def __init__(self, path: str, *args: Any, **keywords: Any) -> None:
            read.append(Path(path))
            super().__init__(path, *args, **keywords)

    monkeypatch.setattr(onnxruntime, 'InferenceSession', Session)
    return read


@pytest.fixture
def load_real(real_model: ModelFiles, tmp_path: Path) -> Callable[[], MakeRuntime]:
    """Return a function that loads the real model and keeps what is compiled."""
    assert real_model.onnx is not None
    model = real_model.onnx
    return lambda: load(model, BackendRequest(SPEC, device='cpu', compiled=tmp_path / 'compiled'))


LoadReal = Callable[[], MakeRuntime]


def optimized(tmp_path: Path) -> Path:
    """Find what the runtime made of the model."""
    (path,) = tmp_path.glob('compiled/*/optimized.onnx')
    return path


def test_the_optimized_model_is_kept_and_sealed(load_real: LoadReal, tmp_path: Path) -> None:
    load_real()
    records = json.loads((optimized(tmp_path).parent / 'records.json').read_text())
    assert set(records) == {'optimized.onnx'}


def test_the_second_start_reads_the_optimized_model_alone(
    load_real: LoadReal, paths: list[Path], real_model: ModelFiles, tmp_path: Path
) -> None:
    load_real()
    load_real()
    assert paths == [real_model.onnx, optimized(tmp_path)]


def test_what_is_optimized_already_is_not_optimized_again(
    runtime: MakeRuntime, tmp_path: Path
) -> None:
    fake = runtime(CPU)
    folder = open_folder(tmp_path, 'onnxruntime', fake.__version__)
    assert folder is not None
    (folder / 'optimized.onnx').touch()
    seal(folder)
    load(MODEL, BackendRequest(SPEC, compiled=tmp_path))
    options = fake.session_options
    assert options.graph_optimization_level == fake.GraphOptimizationLevel.ORT_DISABLE_ALL
    assert options.optimized_model_filepath == ''


def test_the_optimized_model_answers_the_same_to_the_bit(
    load_real: LoadReal, paths: list[Path], astronaut: SourceImage
) -> None:
    batch = np.ascontiguousarray(astronaut.pixels[None, :256, :384], np.int32)
    first, second = (load_real().run({'input': batch})['output_0'] for _ in range(2))
    assert paths[0] != paths[1]
    assert first.tobytes() == second.tobytes()


def test_a_damaged_optimized_model_is_not_read_but_made_anew(
    load_real: LoadReal, paths: list[Path], real_model: ModelFiles, tmp_path: Path
) -> None:
    load_real()
    whole = optimized(tmp_path).read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    optimized(tmp_path).write_bytes(damaged)
    load_real()
    assert paths == [real_model.onnx] * 2
    assert len(optimized(tmp_path).read_bytes()) == len(whole)
    load_real()
    assert paths[2] == optimized(tmp_path)


def test_a_whole_file_that_the_runtime_does_not_like_is_made_anew(
    load_real: LoadReal, paths: list[Path], real_model: ModelFiles, tmp_path: Path
) -> None:
    load_real()
    path = optimized(tmp_path)
    path.write_bytes(b'of another kind')
    seal(path.parent)
    assert load_real().run({'input': image(0)})['output_0'].shape == (1, 6, 56)
    assert paths == [real_model.onnx, path, real_model.onnx]


def test_where_nothing_can_be_kept_the_model_works_all_the_same(
    load_real: LoadReal, tmp_path: Path
) -> None:
    (tmp_path / 'compiled').write_text('a file where the folder should be')
    assert load_real().run({'input': image(0)})['output_0'].shape == (1, 6, 56)


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write anywhere')
def test_a_folder_that_cannot_be_written_costs_nothing(
    load_real: LoadReal, tmp_path: Path
) -> None:
    (tmp_path / 'compiled').mkdir(mode=0o500)
    assert load_real().run({'input': image(0)})['output_0'].shape == (1, 6, 56)
    assert not list((tmp_path / 'compiled').iterdir())


def test_without_a_folder_nothing_is_written(
    runtime: MakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = runtime(CPU)
    monkeypatch.chdir(tmp_path)
    load(MODEL, BackendRequest(SPEC))
    assert fake.session_options.optimized_model_filepath == ''
    assert not list(tmp_path.iterdir())
