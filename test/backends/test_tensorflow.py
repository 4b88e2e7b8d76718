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
from contextlib import nullcontext
from pathlib import Path
import shutil
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends import tensorflow as tensorflow_module
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.tensorflow import load
from movenet_ros.backends.tensorflow import operators_on_cpu
from movenet_ros.backends.tensorflow import TensorFlow
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
import numpy as np
import pytest

MODEL = Path('/models/saved_model')


class Shape(tuple[Any, ...]):
    """Stands in for tf.TensorShape."""

    rank = 4

    def as_list(self) -> list[int | None]:
        return list(self)


def tensor(dtype: str, *shape: int | None) -> SimpleNamespace:
    """Return what a signature has of a tensor."""
    return SimpleNamespace(dtype=SimpleNamespace(name=dtype), shape=Shape(shape))


class FakeTensorFlow:
    """
    Stands in for TensorFlow on a machine with so many GPUs, and notes what is set up.

    :param late: whether its devices are in use already, so that they cannot be set up any more.
    """

    __version__ = '2.99.0'
    int32 = 'int32'

    def __init__(self, gpus: int, late: bool = False, cuda: bool = True) -> None:
        self.gpus = [f'GPU:{i}' for i in range(gpus)]
        self.late = late
        self.growing: list[str] = []
        self.limits: dict[str, int] = {}
        self.hidden = False
        self.entered: list[str] = []
        self.threads: dict[str, int] = {}
        self.test = SimpleNamespace(is_built_with_cuda=lambda: cuda)
        self.errors = SimpleNamespace(OpError=type('OpError', (Exception,), {}))
        self.saved_model = SimpleNamespace(load=self._load)
        self.config = SimpleNamespace(
            threading=SimpleNamespace(
                set_intra_op_parallelism_threads=lambda n: self._set_threads('intra', n),
                set_inter_op_parallelism_threads=lambda n: self._set_threads('inter', n),
            ),
            list_physical_devices=lambda kind: self.gpus if kind == 'GPU' else ['CPU:0'],
            set_visible_devices=self._set_visible_devices,
            set_logical_device_configuration=self._set_logical_device_configuration,
            LogicalDeviceConfiguration=lambda memory_limit: memory_limit,
            experimental=SimpleNamespace(
                set_memory_growth=self._set_memory_growth,
                get_device_details=lambda gpu: {'device_name': f'model of {gpu}'},
            ),
        )

    def device(self, name: str) -> Any:
        self.entered.append(name)
        return nullcontext()

    def _check(self) -> None:
        if self.late:
            raise RuntimeError('Physical devices cannot be modified after being initialized')

    def _set_threads(self, pool: str, threads: int) -> None:
        self._check()
        self.threads[pool] = threads

    def _set_visible_devices(self, devices: list[str], kind: str) -> None:
        self._check()
        self.hidden = kind == 'GPU' and not devices

    def _set_memory_growth(self, gpu: str, enable: bool) -> None:
        if gpu in self.growing:  # what is set already may be set again
            return
        self._check()
        self.growing.extend([gpu] * enable)

    def _set_logical_device_configuration(self, gpu: str, limits: list[int]) -> None:
        if [self.limits.get(gpu)] == limits:  # as above
            return
        self._check()
        (self.limits[gpu],) = limits

    def _load(self, path: str) -> SimpleNamespace:
        signature = SimpleNamespace(
            structured_input_signature=((), {'input': tensor('int32', 1, None, None, 3)}),
            structured_outputs={'output_0': tensor('float32', 1, 6, 56)},
        )
        return SimpleNamespace(signatures={'serving_default': signature})


MakeFake = Callable[..., FakeTensorFlow]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> MakeFake:
    """Return a function that puts a made-up TensorFlow in the real one's place."""

    def make(gpus: int, **machine: bool) -> FakeTensorFlow:
        tf = FakeTensorFlow(gpus, **machine)
        monkeypatch.setattr(tensorflow_module, 'import_tensorflow', lambda: tf)
        monkeypatch.setattr(tensorflow_module, 'operators_on_cpu', lambda backend, spec: ())
        return tf

    return make


@pytest.mark.parametrize('gpus', [1, 2, 4])
@pytest.mark.parametrize('device', ['auto', 'gpu'])
def test_memory_grows_on_every_gpu(fake: MakeFake, gpus: int, device: str) -> None:
    tf = fake(gpus)
    load(MODEL, BackendRequest(SPEC, device=device))
    assert tf.growing == tf.gpus


def test_a_limit_is_set_on_every_gpu_in_place_of_growth(fake: MakeFake) -> None:
    tf = fake(2)
    load(MODEL, BackendRequest(SPEC, device='auto', gpu_memory_limit_mb=700))
    assert (tf.limits, tf.growing) == ({'GPU:0': 700, 'GPU:1': 700}, [])


@pytest.mark.parametrize('device', ['auto', 'gpu'])
def test_with_a_gpu_the_model_is_loaded_onto_it(fake: MakeFake, device: str) -> None:
    tf = fake(1)
    load(MODEL, BackendRequest(SPEC, device=device))
    assert tf.entered == ['/GPU:0']


def test_the_gpu_is_named(fake: MakeFake) -> None:
    fake(1)
    info = load(MODEL, BackendRequest(SPEC, device='auto')).info
    assert str(info) == 'tensorflow 2.99.0 on GPU 0 (model of GPU:0), f32'


def test_cpu_hides_the_gpus_and_takes_no_memory_of_them(fake: MakeFake) -> None:
    tf = fake(2)
    backend = load(MODEL, BackendRequest(SPEC, device='cpu', gpu_memory_limit_mb=700))
    assert (tf.hidden, tf.growing, tf.limits, tf.entered) == (True, [], {}, ['/CPU:0'])
    assert backend.info.device == 'CPU'


def test_cpu_is_there_after_tensorflow_was_used_without_gpus(fake: MakeFake) -> None:
    fake(0, late=True)
    assert load(MODEL, BackendRequest(SPEC, device='cpu')).info.device == 'CPU'


def test_auto_without_a_gpu_is_the_cpu(fake: MakeFake) -> None:
    tf = fake(0)
    request = BackendRequest(SPEC, device='auto', gpu_memory_limit_mb=700)
    assert load(MODEL, request).info.device == 'CPU'
    assert not tf.hidden


@pytest.mark.parametrize(('cuda', 'built'), [(True, 'with CUDA'), (False, 'without CUDA')])
def test_gpu_without_one_is_an_error_that_names_the_cure(
    fake: MakeFake, cuda: bool, built: str
) -> None:
    fake(0, cuda=cuda)
    with pytest.raises(BackendError, match=rf'{built}.*nvidia-smi.*tensorflow\[and-cuda\]'):
        load(MODEL, BackendRequest(SPEC, device='gpu'))


@pytest.mark.parametrize('limit_mb', [0, 700])
def test_gpus_that_are_in_use_already_are_an_error_that_names_the_cure(
    fake: MakeFake, limit_mb: int
) -> None:
    fake(1, late=True)
    with pytest.raises(BackendError, match='in use before it was set up.*: restart, '):
        load(MODEL, BackendRequest(SPEC, gpu_memory_limit_mb=limit_mb))


def test_after_a_model_on_the_gpu_the_cpu_is_there(fake: MakeFake) -> None:
    tf = fake(1)
    load(MODEL, BackendRequest(SPEC)).close()
    tf.late = True
    assert load(MODEL, BackendRequest(SPEC, device='cpu')).info.device == 'CPU'
    assert (tf.entered, tf.hidden) == (['/GPU:0', '/CPU:0'], False)


@pytest.mark.parametrize('limit_mb', [0, 700])
def test_after_a_model_on_the_gpu_the_next_one_is_there_too(fake: MakeFake, limit_mb: int) -> None:
    tf = fake(2)
    request = BackendRequest(SPEC, gpu_memory_limit_mb=limit_mb)
    load(MODEL, request).close()
    tf.late = True
    assert load(MODEL, request).info.device.startswith('GPU 0')


def test_on_a_gpu_it_says_that_memory_stays_and_the_cure(fake: MakeFake) -> None:
    fake(1)
    assert 'keeps the GPU memory' in load(MODEL, BackendRequest(SPEC)).info.kept
    assert 'restart' in load(MODEL, BackendRequest(SPEC)).info.kept


def test_on_the_cpu_no_memory_is_said_to_stay(fake: MakeFake) -> None:
    fake(1)
    assert load(MODEL, BackendRequest(SPEC, device='cpu')).info.kept == ''


@pytest.fixture
def unfit(fake: MakeFake, monkeypatch: pytest.MonkeyPatch) -> FakeTensorFlow:
    """Give a machine whose GPU loads the model, but cannot run it."""

    def fail(backend: Runtime, spec: Any) -> tuple[str, ...]:
        raise InferenceError('TensorFlow: OOM when allocating tensor')

    tf = fake(1)
    monkeypatch.setattr(tensorflow_module, 'operators_on_cpu', fail)
    return tf


def test_a_gpu_that_cannot_run_the_model_leaves_the_cpu(unfit: FakeTensorFlow) -> None:
    assert load(MODEL, BackendRequest(SPEC)).info.device == 'CPU'
    assert unfit.entered == ['/GPU:0', '/CPU:0']


def test_what_the_gpu_took_in_the_attempt_is_said_to_stay(unfit: FakeTensorFlow) -> None:
    assert 'restart' in load(MODEL, BackendRequest(SPEC)).info.kept


def test_a_gpu_that_cannot_run_the_model_is_an_error_where_it_was_asked_for(
    unfit: FakeTensorFlow,
) -> None:
    with pytest.raises(BackendError, match='not run on GPU 0.*OOM.*: set device to cpu$'):
        load(MODEL, BackendRequest(SPEC, device='gpu'))


@pytest.fixture
def full(fake: MakeFake, monkeypatch: pytest.MonkeyPatch) -> FakeTensorFlow:
    """Give a machine whose GPU has no room for the model."""
    tf = fake(1)
    read = tf.saved_model.load

    def load_it(path: str) -> Any:
        if tf.entered[-1] != '/CPU:0':
            raise tf.errors.OpError('Failed copying: Dst tensor is not initialized.\n[[x]]')
        return read(path)

    monkeypatch.setattr(tf.saved_model, 'load', load_it)
    return tf


def test_a_gpu_without_room_for_the_model_leaves_the_cpu(full: FakeTensorFlow) -> None:
    assert load(MODEL, BackendRequest(SPEC)).info.device == 'CPU'


def test_a_gpu_without_room_is_an_error_where_it_was_asked_for(full: FakeTensorFlow) -> None:
    with pytest.raises(BackendError, match=r'^not enough memory to load .*\(Failed copying: Dst'):
        load(MODEL, BackendRequest(SPEC, device='gpu'))


@pytest.mark.parametrize(
    'error', [MemoryError('std::bad_alloc'), RuntimeError('Could not allocate bytes object!')]
)
def test_a_machine_without_memory_for_the_model_says_so(
    fake: MakeFake, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(path: str) -> Any:
        raise error

    monkeypatch.setattr(fake(0).saved_model, 'load', fail)
    with pytest.raises(BackendError, match=f'^not enough memory .*{error}'):
        load(MODEL, BackendRequest(SPEC))


def test_threads_are_handed_over(fake: MakeFake) -> None:
    tf = fake(0)
    info = load(MODEL, BackendRequest(SPEC, threads=3)).info
    assert (tf.threads, info.threads) == ({'intra': 3, 'inter': 3}, 3)


def test_threads_are_left_to_tensorflow_unless_they_are_given(fake: MakeFake) -> None:
    tf = fake(0)
    info = load(MODEL, BackendRequest(SPEC)).info
    assert (tf.threads, info.threads) == ({}, 0)


def test_threads_that_cannot_be_set_any_more_are_an_error(fake: MakeFake) -> None:
    fake(0, late=True)
    with pytest.raises(BackendError, match='TensorFlow was in use before'):
        load(MODEL, BackendRequest(SPEC, threads=3))


PRINT_THREADS = """
import sys
from pathlib import Path
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.tensorflow import load
from movenet_ros.model.movenet import SPEC

load(Path(sys.argv[1]), BackendRequest(SPEC, device='cpu', threads=1))
from tensorflow import config
pools = config.threading
print(pools.get_intra_op_parallelism_threads(), pools.get_inter_op_parallelism_threads())
"""


def test_the_real_one_takes_the_threads(real_model: ModelFiles) -> None:
    command = [sys.executable, '-c', PRINT_THREADS, str(real_model.saved_model)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ['1', '1']


def test_on_a_gpu_it_names_the_operators_that_ran_on_the_cpu(
    fake: MakeFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(1)
    monkeypatch.setattr(tensorflow_module, 'operators_on_cpu', lambda backend, spec: ('TopKV2',))
    info = load(MODEL, BackendRequest(SPEC)).info
    assert str(info).endswith(' on GPU 0 (model of GPU:0), f32 (on the CPU: TopKV2)')


def test_on_the_cpu_it_does_not_look_for_operators(
    fake: MakeFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(backend: Runtime, spec: Any) -> tuple[str, ...]:
        raise AssertionError('this should not have been asked')

    fake(1)
    monkeypatch.setattr(tensorflow_module, 'operators_on_cpu', fail)
    assert load(MODEL, BackendRequest(SPEC, device='cpu')).info.cpu_operators == ()


@pytest.fixture(scope='module')
def operators(tensorflow: Any, real_model: ModelFiles) -> tuple[str, ...]:
    """Give the operators of the real model on the CPU; only a fresh one tells them."""
    if tensorflow.config.list_physical_devices('GPU'):
        pytest.skip('there is a GPU')
    assert real_model.saved_model is not None
    return operators_on_cpu(load(real_model.saved_model, BackendRequest(SPEC)), SPEC)


@pytest.mark.parametrize('part', ['Conv2D', 'TopK'])
def test_operators_that_ran_on_the_cpu_are_found(operators: tuple[str, ...], part: str) -> None:
    assert [each for each in operators if part in each]


def test_operators_are_named_once_in_order(operators: tuple[str, ...]) -> None:
    assert list(operators) == sorted(set(operators))


def test_what_only_moves_arrays_is_no_operator(operators: tuple[str, ...]) -> None:
    assert not {'_Arg', '_Retval', 'Const', 'NoOp'} & set(operators)


def test_after_the_search_for_operators_nothing_is_traced(
    operators: tuple[str, ...], tensorflow: Any
) -> None:
    from tensorflow.python.eager import context

    tensorflow.function(lambda x: x + 1)(1)
    assert not context.export_run_metadata().partition_graphs


def test_the_real_one_refuses_a_gpu_that_is_not_there(
    tensorflow: Any, real_model: ModelFiles
) -> None:
    if tensorflow.config.list_physical_devices('GPU'):
        pytest.skip('there is a GPU')
    assert real_model.saved_model is not None
    with pytest.raises(BackendError, match='nvidia-smi'):
        load(real_model.saved_model, BackendRequest(SPEC, device='gpu'))


def test_it_says_its_name_and_version(tensorflow: Any, tensorflow_auto: Runtime) -> None:
    info = tensorflow_auto.info
    assert (info.name, info.version) == ('tensorflow', tensorflow.__version__)


@pytest.mark.parametrize('shape', [(160, 256), (256, 160), (384, 512)])
def test_every_shape_of_input_is_answered(
    tensorflow_auto: Runtime, shape: tuple[int, int]
) -> None:
    output = tensorflow_auto.run({'input': np.zeros((1, *shape, 3), np.int32)})['output_0']
    assert (output.shape, output.dtype) == ((1, 6, 56), np.float32)


def test_an_input_that_the_model_cannot_take_costs_one_image(tensorflow_auto: Runtime) -> None:
    with pytest.raises(InferenceError) as caught:
        tensorflow_auto.run({'input': np.zeros((1, 100, 100, 3), np.int32)})['output_0']
    assert '\n' not in str(caught.value)


def test_the_line_that_says_what_is_wrong_is_taken(tensorflow_auto: Runtime) -> None:
    with pytest.raises(InferenceError, match='^TensorFlow: Incompatible shapes: '):
        tensorflow_auto.run({'input': np.zeros((1, 100, 100, 3), np.int32)})['output_0']


OOM = 'OOM when allocating tensor with shape[1,96,128,24] on /device:GPU:0 by allocator GPU_0_bfc'
PAGES = {
    'bare': f'{OOM} [Op:Conv2D]',
    'graph': (
        'Graph execution error:\n\nDetected at node movenet/Conv2D defined at (most recent call'
        f' last):\n<stack traces unavailable>\n{OOM}\n\t [[{{{{node movenet/Conv2D}}}}]]\nHint: If'
        ' you want to see a list of allocated tensors, add it.\n [Op:__inference_wrapper_762]'
    ),
    'program': (
        "Graph execution error:\n\nDetected at node 'Conv2D' defined at (most recent call last):\n"
        f'    File "a.py", line 2, in <module>\n      run()\nNode: \'Conv2D\'\n{OOM}\n\t [[x]]'
    ),
    'two': f'2 root error(s) found.\n  (0) RESOURCE_EXHAUSTED: {OOM}\n\t [[x]]\n  (1) CANCELLED',
}


@pytest.fixture
def raising(tensorflow: Any) -> Callable[[Exception], Runtime]:
    """Return a function that makes a model which fails in the real TensorFlow."""

    def make(error: Exception) -> Runtime:
        def fail(**_: Any) -> Any:
            raise error

        info = RuntimeInfo('tensorflow', '2', 'CPU')
        return TensorFlow(tensorflow, None, fail, '/CPU:0', info)

    return make


Raising = Callable[[Exception], Runtime]


@pytest.mark.parametrize('page', PAGES.values(), ids=PAGES.keys())
def test_of_a_page_about_a_full_gpu_one_line_is_left(
    tensorflow: Any, raising: Raising, page: str
) -> None:
    backend = raising(tensorflow.errors.ResourceExhaustedError(None, None, page))
    with pytest.raises(InferenceError) as caught:
        backend.run({'input': np.zeros((1, 64, 64, 3), np.int32)})['output_0']
    assert OOM in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 220


@pytest.mark.parametrize('name', ['InternalError', 'UnknownError', 'AbortedError'])
def test_every_error_of_tensorflow_costs_one_image(
    tensorflow: Any, raising: Raising, name: str
) -> None:
    backend = raising(getattr(tensorflow.errors, name)(None, None, ''))
    with pytest.raises(InferenceError, match=f'^TensorFlow: {name}$'):
        backend.run({'input': np.zeros((1, 64, 64, 3), np.int32)})['output_0']


@pytest.mark.parametrize('error', [MemoryError('no'), RuntimeError('no')])
def test_what_comes_from_beneath_tensorflow_costs_one_image(
    raising: Raising, error: Exception
) -> None:
    with pytest.raises(InferenceError, match='^TensorFlow: no$'):
        raising(error).run({'input': np.zeros((1, 64, 64, 3), np.int32)})


@pytest.mark.parametrize('bug', [TypeError, AttributeError, KeyError])
def test_a_bug_is_not_taken_for_a_failure(raising: Raising, bug: type[Exception]) -> None:
    with pytest.raises(bug):
        raising(bug('a bug')).run({'input': np.zeros((1, 64, 64, 3), np.int32)})


OFF_THE_FIRST = """
import sys
from pathlib import Path
from movenet_ros.backends import tensorflow as tensorflow_module
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.model.movenet import SPEC
import numpy as np

tf = tensorflow_module.import_tensorflow()
(first,) = tf.config.list_physical_devices('CPU')
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(first, two)
from tensorflow.python.eager import context
info = RuntimeInfo('tensorflow', '2', 'CPU')
backend = tensorflow_module._load_on(tf, Path(sys.argv[1]), '/CPU:1', SPEC, info)
context.enable_graph_collection()
backend.run({'input': np.zeros((1, 96, 96, 3), np.int32)})['output_0']
graphs = context.export_run_metadata().partition_graphs
nodes = [node for graph in graphs for node in graph.node if 'Conv2D' in node.op]
print(len(nodes) > 20, *{node.device.rpartition('device:')[2] for node in nodes})
"""


def test_the_model_keeps_to_its_device_where_others_are_visible(real_model: ModelFiles) -> None:
    command = [sys.executable, '-c', OFF_THE_FIRST, str(real_model.saved_model)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == 'True CPU:1\n'


def test_after_a_failure_the_next_image_works(tensorflow_auto: Runtime) -> None:
    with pytest.raises(InferenceError):
        tensorflow_auto.run({'input': np.zeros((1, 100, 100, 3), np.int32)})['output_0']
    inputs = {'input': np.zeros((1, 64, 64, 3), np.int32)}
    assert tensorflow_auto.run(inputs)['output_0'].shape == (1, 6, 56)


def refusal(path: Path) -> str:
    """Return what is said about a directory that is refused."""
    with pytest.raises(ModelError) as caught:
        load(path, BackendRequest(SPEC, device='cpu'))
    sentence = str(caught.value)
    assert str(path) in sentence
    assert '\n' not in sentence
    return sentence


@pytest.mark.parametrize('content', [b'', b'rubbish' * 100])
def test_rubbish_is_refused_in_one_line(
    tensorflow: Any, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / 'saved_model.pb').write_bytes(content)
    assert 'TensorFlow cannot load' in refusal(tmp_path)


def test_an_empty_directory_is_refused(tensorflow: Any, tmp_path: Path) -> None:
    assert 'does not exist' in refusal(tmp_path)


def test_a_model_without_its_variables_is_refused(
    tensorflow: Any, tmp_path: Path, real_model: ModelFiles
) -> None:
    assert real_model.saved_model is not None
    shutil.copytree(real_model.saved_model, tmp_path / 'm')
    shutil.rmtree(tmp_path / 'm' / 'variables')
    assert 'TensorFlow cannot load' in refusal(tmp_path / 'm')


@pytest.fixture
def save(tensorflow: Any, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that saves a model which answers zeros."""
    tf = tensorflow

    def make(
        name: str = 'input',
        output: str = 'output_0',
        dtype: str = 'int32',
        shape: tuple[int, ...] = (1, 6, 56),
        signature: str = 'serving_default',
    ) -> Path:
        spec = tf.TensorSpec([1, None, None, 3], getattr(tf, dtype), name)
        module = tf.Module()
        module.run = tf.function(lambda _: {output: tf.zeros(shape)}, input_signature=[spec])
        tf.saved_model.save(module, str(tmp_path), signatures={signature: module.run})
        return tmp_path

    return make


@pytest.mark.parametrize(
    'other',
    [
        {'name': 'images'},
        {'output': 'heatmaps'},
        {'dtype': 'float32'},
        {'shape': (1, 1, 17, 3)},
        {'shape': (1, 6, 57)},
    ],
    ids=['input name', 'output name', 'input type', 'single-person MoveNet', 'output size'],
)
def test_another_model_is_refused(save: Callable[..., Path], other: dict[str, Any]) -> None:
    assert 'is not MoveNet MultiPose' in refusal(save(**other))


def test_a_model_without_the_signature_is_refused_with_its_name(
    save: Callable[..., Path],
) -> None:
    assert "no signature 'serving_default'" in refusal(save(signature='predict'))
