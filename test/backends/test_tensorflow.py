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

"""TensorFlow: its threads and errors, and a GPU, which a made-up TensorFlow stands in for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends import tensorflow as module
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.tensorflow import load
from movenet_ros.backends.tensorflow import TensorFlow
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
from networks import noise
from networks import write_zeros_saved_model
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
    Stands in for TensorFlow on a machine with some GPUs, and notes what is set up.

    :param late: whether its devices are in use already, so that they cannot be set up any more.
    """

    __version__ = '2.99.0'

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
            structured_input_signature=((), {'input': tensor('uint8', 1, None, None, 3)}),
            structured_outputs={
                name: tensor('float32', 1, maps, None, None) for name, maps in IMAGE_HEADS.items()
            },
        )
        return SimpleNamespace(signatures={'serving_default': signature})


MakeFake = Callable[..., FakeTensorFlow]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> MakeFake:
    """Return a function that puts a made-up TensorFlow in the real one's place."""

    def make(gpus: int, **machine: bool) -> FakeTensorFlow:
        tf = FakeTensorFlow(gpus, **machine)
        monkeypatch.setattr(module, 'import_tensorflow', lambda: tf)
        return tf

    return make


def request(device: str = 'gpu', limit_mb: int = 0, threads: int = 0) -> BackendRequest:
    """Return a request for TensorFlow."""
    return BackendRequest(SPEC, 'tensorflow', device, limit_mb, threads=threads)


def test_on_a_gpu_memory_grows_on_every_one(fake: MakeFake) -> None:
    tf = fake(2)
    info = load(MODEL, request()).info
    assert (tf.growing, tf.entered) == (tf.gpus, ['/GPU:0'])
    assert info.device == 'GPU 0 (model of GPU:0)'


def test_a_limit_is_set_on_every_gpu_in_place_of_growth(fake: MakeFake) -> None:
    tf = fake(2)
    load(MODEL, request(limit_mb=700))
    assert (tf.limits, tf.growing) == ({'GPU:0': 700, 'GPU:1': 700}, [])


def test_what_it_keeps_on_a_gpu_is_told_with_the_fix(fake: MakeFake) -> None:
    fake(1)
    assert 'restart' in load(MODEL, request()).info.kept
    assert load(MODEL, request('cpu')).info.kept == ''


def test_the_cpu_hides_the_gpus_and_takes_no_memory_of_them(fake: MakeFake) -> None:
    tf = fake(2)
    assert load(MODEL, request('cpu', limit_mb=700)).info.device == 'CPU'
    assert (tf.hidden, tf.growing, tf.limits, tf.entered) == (True, [], {}, ['/CPU:0'])


@pytest.mark.parametrize(('cuda', 'built'), [(True, 'with CUDA'), (False, 'without CUDA')])
def test_without_a_gpu_it_is_an_error_that_names_the_fix(
    fake: MakeFake, cuda: bool, built: str
) -> None:
    fake(0, cuda=cuda)
    with pytest.raises(BackendError, match=rf'{built}.*nvidia-smi.*tensorflow\[and-cuda\]'):
        load(MODEL, request())


@pytest.mark.parametrize('asked', [request(), request(limit_mb=700), request('cpu', threads=3)])
def test_what_cannot_be_set_up_any_more_is_an_error_that_names_the_fix(
    fake: MakeFake, asked: BackendRequest
) -> None:
    fake(1, late=True)
    with pytest.raises(BackendError, match='in use before it was set up.*: restart, '):
        load(MODEL, asked)


def test_after_a_model_on_the_gpu_the_cpu_works(fake: MakeFake) -> None:
    tf = fake(1)
    load(MODEL, request()).close()
    tf.late = True
    assert load(MODEL, request('cpu')).info.device == 'CPU'
    assert tf.entered == ['/GPU:0', '/CPU:0']


@pytest.mark.parametrize('limit_mb', [0, 700])
def test_after_a_model_on_the_gpu_the_next_one_works_too(fake: MakeFake, limit_mb: int) -> None:
    tf = fake(2)
    load(MODEL, request(limit_mb=limit_mb)).close()
    tf.late = True
    assert load(MODEL, request(limit_mb=limit_mb)).info.device.startswith('GPU 0')


@pytest.mark.parametrize(
    'error', ['Failed copying: Dst tensor is not initialized.\n[[x]]', 'std::bad_alloc']
)
def test_a_machine_without_room_for_the_model_says_so(
    fake: MakeFake, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    tf = fake(1)

    def fail(path: str) -> Any:
        raise tf.errors.OpError(error)

    monkeypatch.setattr(tf.saved_model, 'load', fail)
    with pytest.raises(BackendError, match='^not enough memory .*(Failed copying|bad_alloc)'):
        load(MODEL, request())


@pytest.mark.parametrize('threads', [0, 3])
def test_threads_are_passed_on(fake: MakeFake, threads: int) -> None:
    tf = fake(0)
    assert load(MODEL, request('cpu', threads=threads)).info.threads == threads
    assert tf.threads == ({'intra': threads, 'inter': threads} if threads else {})


SET_UP = """
import sys
from pathlib import Path

from movenet_ros.backends import tensorflow as module
from movenet_ros.backends.request import BackendRequest
from movenet_ros.model.movenet import SPEC

module.load(Path(sys.argv[1]), BackendRequest(SPEC, device='cpu', threads=1))
tf = module.import_tensorflow()
pools = tf.config.threading
print(pools.get_intra_op_parallelism_threads(), pools.get_inter_op_parallelism_threads())
"""


def test_the_real_one_takes_the_threads(real_model: ModelFiles) -> None:
    command = [sys.executable, '-c', SET_UP, str(real_model.saved_model)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ['1', '1']


def test_the_real_one_finds_no_gpu_where_there_is_none(
    tensorflow: Any, real_model: ModelFiles
) -> None:
    if tensorflow.config.list_physical_devices('GPU'):
        pytest.skip('there is a GPU')
    assert real_model.saved_model is not None
    with pytest.raises(BackendError, match='finds no GPU'):
        load(real_model.saved_model, request())


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
Raising = Callable[[Exception], TensorFlow]


@pytest.fixture
def raising(tensorflow: Any) -> Raising:
    """Return a function that makes a model which fails in the real TensorFlow."""

    def make(error: Exception) -> TensorFlow:
        def fail(**_: Any) -> Any:
            raise error

        info = RuntimeInfo('tensorflow', '2', 'CPU')
        return TensorFlow(tensorflow, None, fail, '/CPU:0', SPEC, info)

    return make


@pytest.mark.parametrize('page', PAGES.values(), ids=PAGES.keys())
def test_of_a_page_about_a_full_gpu_one_line_is_left(
    tensorflow: Any, raising: Raising, page: str
) -> None:
    runtime = raising(tensorflow.errors.ResourceExhaustedError(None, None, page))
    with pytest.raises(InferenceError) as caught:
        runtime.run(noise(64, 64))
    assert OOM in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 220


@pytest.mark.parametrize('name', ['InternalError', 'UnknownError', 'AbortedError'])
def test_every_error_of_tensorflow_costs_one_image(
    tensorflow: Any, raising: Raising, name: str
) -> None:
    runtime = raising(getattr(tensorflow.errors, name)(None, None, ''))
    with pytest.raises(InferenceError, match=f'^TensorFlow: {name}$'):
        runtime.run(noise(64, 64))


@pytest.mark.parametrize('error', [MemoryError('no'), RuntimeError('no')])
def test_an_error_from_beneath_tensorflow_costs_one_image(
    raising: Raising, error: Exception
) -> None:
    with pytest.raises(InferenceError, match='^TensorFlow: no$'):
        raising(error).run(noise(64, 64))


def test_a_bug_is_not_taken_for_a_failure(raising: Raising) -> None:
    with pytest.raises(TypeError):
        raising(TypeError('a bug')).run(noise(64, 64))


def test_a_model_without_the_signature_is_rejected_with_its_name(
    tensorflow: Any, tmp_path: Path
) -> None:
    path = write_zeros_saved_model(tensorflow, tmp_path, signature='predict')
    with pytest.raises(ModelError, match="no signature 'serving_default'"):
        load(path, request('cpu'))
