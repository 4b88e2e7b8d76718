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

"""What ONNX Runtime needs on a CPU and on a GPU alike: sessions, and its errors in one line."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
import re
from typing import Any
from typing import TypeVar

from movenet_ros.backends.failures import FAILURES
from movenet_ros.backends.failures import load_error
from movenet_ros.backends.failures import shortened
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.runtime import TensorSpec

CPU = 'CPUExecutionProvider'
DTYPES = {'tensor(float)': 'float32', 'tensor(int32)': 'int32', 'tensor(uint8)': 'uint8'}
ERRORS_ONLY = 3  # of ONNX Runtime's log levels

Given = TypeVar('Given')

_PLACE = re.compile(  # in ONNX Runtime's source, as its reasons begin: file, line and function
    r'\S+\.(?:cc|cpp|cu|h):\d+ [^()]*\([^()]*\)(?: const)?(?: \[with [^]]*\])? '
)


def session_options(ort: Any, request: BackendRequest) -> Any:
    options = ort.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.intra_op_num_threads = request.threads
    # threads that wait by spinning burn more than a core between the images of a camera
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    return options


def open_session(
    ort: Any, onnx: Path, options: Any, providers: list[Any], request: BackendRequest
) -> Any:
    """
    Return a session of the network.

    :raises ModelError: if the file is something else.
    :raises BackendError: if there is not enough memory for it.
    """
    try:
        session = ort.InferenceSession(str(onnx), options, providers=providers)
    except _errors() as error:
        raise load_error('ONNX Runtime', onnx, error, _reason(error)) from error
    taken, given = (
        {
            each.name: TensorSpec(DTYPES.get(each.type, each.type), _shape(each.shape))
            for each in side
        }
        for side in (session.get_inputs(), session.get_outputs())
    )
    request.spec.check(taken, given, str(onnx))
    return session


def answered(ask: Callable[[], Given]) -> Given:
    """
    Return what ONNX Runtime answers.

    :raises InferenceError: where it fails.
    """
    try:
        return ask()
    except _errors() as error:
        reason = _reason(error)
    # not from inside the handler: the first error holds tensors, also on the GPU
    raise InferenceError(f'ONNX Runtime: {reason}')


def _errors() -> tuple[type[Exception], ...]:
    """Return what ONNX Runtime raises: classes without a common base."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    found = (getattr(state, name) for name in dir(state))
    own = (each for each in found if isinstance(each, type) and issubclass(each, Exception))
    return *FAILURES, *own  # the first ones are what a place on the GPU raises


def _reason(error: Exception) -> str:
    """Return the text of an error behind the places in the model and in ONNX Runtime's source."""
    first_line = str(error).strip().partition('\n')[0]
    return shortened(_PLACE.sub('', first_line.rpartition('Status Message: ')[2]), error)


def _shape(stated: Sequence[Any]) -> tuple[int | None, ...] | None:
    """Return a shape as a model states it: maybe nothing, and names for free sizes."""
    return tuple(each if isinstance(each, int) else None for each in stated) or None
