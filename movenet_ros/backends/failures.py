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

"""Errors of runtimes, made into one short line of text."""

from __future__ import annotations

from pathlib import Path
import re

from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line

LONGEST = 200  # characters of a reason; the middle goes first
FAILURES = (RuntimeError, MemoryError)
"""What every runtime raises beside its own errors: exceptions of C++ come as these two."""

_NO_MEMORY = re.compile(
    r"out of memory|not enough memory|bad_alloc|can't alloc|cannot allocate|could not allocate"
    r'|failed to allocate|alloc_failed|\bOOM\b|resource_?exhausted|smaller than requested bytes'
    r'|SIGKILL'  # of a process that the kernel ended
    r'|Dst tensor is not initialized',  # TensorFlow, of an array that has no room on the GPU
    re.IGNORECASE,
)


def shortened(reason: str, error: Exception) -> str:
    """Make a reason one line of at most LONGEST characters; without one, name the error."""
    return one_line(reason, LONGEST) or type(error).__name__


def lacks_memory(text: str) -> bool:
    """Return whether an error is about memory, of the machine or of a GPU."""
    return bool(_NO_MEMORY.search(text))


def load_error(runtime: str, model: Path, error: Exception, reason: str) -> StartError:
    """
    Return the error of a machine without memory, or of a model that is damaged.

    :param reason: what the error says, in one line.
    """
    if isinstance(error, MemoryError) or lacks_memory(f'{type(error).__name__} {error}'):
        return BackendError(
            f'not enough memory to load the model in {runtime} ({reason}):'
            ' end other programs'
        )
    return ModelError(f'{runtime} cannot load {model}: {reason}')
