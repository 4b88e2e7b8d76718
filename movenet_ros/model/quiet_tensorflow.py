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

"""TensorFlow for the conversion: on the CPU only, and without its pages of log."""

from __future__ import annotations

from importlib.util import find_spec
import logging
import os
import sys
from typing import Any

from movenet_ros.core.errors import ModelError
from movenet_ros.core.native_log import native_chatter_dropped


def require_tensorflow() -> None:
    """
    Tell whether TensorFlow is installed, without the seconds that importing it takes.

    :raises ModelError: if it is not.
    """
    if find_spec('tensorflow') is None:
        raise _missing('it is not installed')


def _missing(reason: str) -> ModelError:
    cure = f'run "{sys.executable} -m pip install tensorflow"'
    return ModelError(f'preparing a model needs TensorFlow ({reason}): {cure}')


def import_tensorflow() -> Any:
    """
    Import TensorFlow quietly.

    The GPU is hidden, since TensorFlow would take all its memory from a node that runs beside.

    :raises ModelError: if it cannot be imported.
    """
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
    if 'tensorflow' not in sys.modules:
        os.environ['CUDA_VISIBLE_DEVICES'] = '-1'
    try:
        with native_chatter_dropped():
            import tensorflow
    except ImportError as error:
        raise _missing(str(error)) from error
    tensorflow.get_logger().setLevel(logging.ERROR)
    return tensorflow
