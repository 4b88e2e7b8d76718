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

"""TensorFlow, on a GPU or the CPU: the signature of a SavedModel."""

from __future__ import annotations

import gc
import os
from pathlib import Path
import re
from typing import Any

from movenet_ros.backends.failures import FAILURES
from movenet_ros.backends.failures import load_error
from movenet_ros.backends.failures import shortened
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core import machine
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.native_log import native_chatter_dropped
from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import shapes_of
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.runtime import TensorSpec

SIGNATURE = 'serving_default'
CPU = '/CPU:0'
KEPT = (
    'TensorFlow keeps the GPU memory that it took until the process ends, for its next model:'
    ' restart the node to free it'
)

_NO_REASON = re.compile(  # lines of TensorFlow's texts on the place, and hints
    r'\s*$|Graph execution error|Detected at |<stack traces|Node: |Hint: |\d+ root error'
    r'|\s+(?![\s(])'  # indented: a program's lines and names of nodes, but not (0) of the errors
)

WARNINGS, FATAL = '1', '3'  # of TensorFlow's log levels


def import_tensorflow() -> Any:
    """
    Import TensorFlow without its pages of log.

    Without a GPU, it would log that as an error; set TF_CPP_MIN_LOG_LEVEL to 0 to see all lines.
    """
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', WARNINGS if machine.gpu_in_sight() else FATAL)
    with native_chatter_dropped():
        import tensorflow

    return tensorflow


def load(saved_model: Path, request: BackendRequest) -> TensorFlow:
    """
    Load a SavedModel.

    :raises BackendError: if the device cannot be used.
    :raises ModelError: if it is another network.
    """
    tf = import_tensorflow()
    if request.threads:
        for pool in ('intra', 'inter'):
            setter = getattr(tf.config.threading, f'set_{pool}_op_parallelism_threads')
            _configure(setter, request.threads)
    device = 'gpu' if request.device == 'gpu' else 'cpu'
    with native_chatter_dropped():
        where, described = prepare_device(tf, device, request.gpu_memory_limit_mb)
    kept = '' if where == CPU else KEPT
    info = RuntimeInfo('tensorflow', tf.__version__, described, request.threads, kept=kept)
    model, signature = read_model(tf, saved_model, where, request.spec)
    return TensorFlow(tf, model, signature, where, request.spec, info)


def read_model(tf: Any, saved_model: Path, where: str, spec: ModelSpec) -> tuple[Any, Any]:
    """
    Read a SavedModel onto a device.

    :return: what owns its variables, and the signature that answers.
    :raises BackendError: if there is not enough memory for it.
    :raises ModelError: if it is another network.
    """
    try:
        with native_chatter_dropped(), tf.device(where):
            model = tf.saved_model.load(str(saved_model))
    except (*FAILURES, OSError, ValueError, LookupError, tf.errors.OpError) as error:
        raise load_error('TensorFlow', saved_model, error, _reason(error)) from error
    return model, _signature(model, saved_model, spec)


class TensorFlow:
    """A SavedModel's signature on one device; made by :func:`load`."""

    def __init__(
        self,
        tf: Any,
        model: Any,
        signature: Any,
        device: str,
        spec: ModelSpec,
        info: RuntimeInfo,
    ) -> None:
        self.info = info
        self._spec = spec
        self._tf = tf
        self._model = model  # its variables live only as long as this object
        self._signature = signature
        self._device = device
        self._ready: set[Shapes] = set()

    def run(self, inputs: Tensors) -> Tensors:
        """Run the network once; see :class:`movenet_ros.core.runtime.Runtime`."""
        tf = self._tf
        self._spec.check_inputs(inputs)  # TensorFlow reshapes what does not fit
        try:
            with tf.device(self._device):
                tensors = {name: tf.constant(each) for name, each in inputs.items()}
                answer = self._signature(**tensors)
                outputs = {name: each.numpy() for name, each in answer.items()}
            self._ready.add(shapes_of(inputs))
            return outputs
        except (*FAILURES, tf.errors.OpError) as error:
            reason = _reason(error)
        # not from inside the handler: the first error holds tensors, also on the GPU
        raise InferenceError(f'TensorFlow: {reason}')

    def is_ready(self, shapes: Shapes) -> bool:
        """Return whether inputs of these shapes ran before."""
        return shapes in self._ready

    def prepare(self, shapes: Shapes) -> None:
        """Run once; see :class:`movenet_ros.core.runtime.Runtime`."""
        self.run(self._spec.zeros(shapes))

    def close(self) -> None:
        """
        Free the model's variables and graphs.

        The next model takes their place. TensorFlow gives no GPU memory back to the machine.
        """
        self._model = self._signature = None
        gc.collect()  # they point at each other
        give_back_freed_memory()


def _signature(model: Any, saved_model: Path, spec: ModelSpec) -> Any:
    """
    Return the signature that answers.

    :raises ModelError: if the network is not the one of the spec.
    """
    signature = model.signatures.get(SIGNATURE)
    if signature is None:
        raise ModelError(f"{saved_model} has no signature '{SIGNATURE}': it is not {spec.title}")
    taken, given = (
        {name: TensorSpec(each.dtype.name, _shape(each.shape)) for name, each in side.items()}
        for side in (signature.structured_input_signature[1], signature.structured_outputs)
    )
    spec.check(taken, given, str(saved_model))
    return signature


def _shape(stated: Any) -> tuple[int | None, ...] | None:
    """Return a shape as a model states it: maybe nothing, and free sizes."""
    return None if stated.rank is None else tuple(stated.as_list())


def prepare_device(tf: Any, device: str, gpu_memory_limit_mb: int) -> tuple[str, str]:
    """
    Set up TensorFlow's GPUs.

    :param device: ``auto`` is a GPU where there is one.
    :return: TensorFlow's name of the device, and a description for people.
    :raises BackendError: if there is no GPU and one is asked for.
    """
    gpus = tf.config.list_physical_devices('GPU')
    if device == 'gpu' and not gpus:
        with_cuda = 'with' if tf.test.is_built_with_cuda() else 'without'
        raise BackendError(
            f'TensorFlow {tf.__version__}, built {with_cuda} CUDA, finds no GPU: check nvidia-smi,'
            " pip install 'tensorflow[and-cuda]'"
        )
    if device == 'cpu' or not gpus:
        try:
            if gpus:
                tf.config.set_visible_devices([], 'GPU')
        except RuntimeError:  # a model was on the GPU before; this one is on the CPU all the same
            pass
        return CPU, 'CPU'
    for gpu in gpus:
        if gpu_memory_limit_mb > 0:  # TensorFlow takes a limit or growth, never both
            limit = tf.config.LogicalDeviceConfiguration(memory_limit=gpu_memory_limit_mb)
            _configure(tf.config.set_logical_device_configuration, gpu, [limit])
        else:
            _configure(tf.config.experimental.set_memory_growth, gpu, True)
    model_name = tf.config.experimental.get_device_details(gpus[0]).get('device_name', 'unknown')
    return '/GPU:0', f'GPU 0 ({model_name})'


def _configure(setter: Any, *args: Any) -> None:
    """Call one of TensorFlow's setters, which refuse once its devices are in use."""
    try:
        setter(*args)
    except (RuntimeError, ValueError) as error:
        raise BackendError(
            f'TensorFlow was in use before it was set up ({error}): restart, it sets up its'
            ' device, threads and gpu_memory_limit_mb once in a process'
        ) from error


def _reason(error: Exception) -> str:
    """Return the line of TensorFlow's text that says what went wrong."""
    lines = str(getattr(error, 'message', error)).splitlines()
    telling = (line.strip() for line in lines if not _NO_REASON.match(line))
    return shortened(next(telling, ''), error)
