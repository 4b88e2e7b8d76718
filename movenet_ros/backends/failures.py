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

"""What runtimes say when they fail, made into one short line."""

from __future__ import annotations

from pathlib import Path
import re

from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError

LONGEST = 200  # characters of a reason; the middle goes first
GAP = ' ... '
FAILURES = (RuntimeError, MemoryError)
"""What every runtime raises besides its own: C++ exceptions come as these two."""

_NO_MEMORY = re.compile(
    r"out of memory|bad_alloc|can't alloc|cannot allocate|could not allocate|failed to allocate"
    r'|alloc_failed|\bOOM\b|resource_?exhausted|smaller than requested bytes'
    r'|Dst tensor is not initialized',  # TensorFlow, of an array that has no room on the GPU
    re.IGNORECASE,
)


def shortened(reason: str, error: Exception) -> str:
    """Make a reason one line of at most LONGEST characters; without one, name the error."""
    line = ' '.join(reason.split()) or type(error).__name__
    if len(line) <= LONGEST:
        return line
    side = (LONGEST - len(GAP)) // 2
    return f'{line[:side]}{GAP}{line[-side:]}'


def load_error(runtime: str, model: Path, error: Exception, reason: str) -> StartError:
    """
    Tell a machine without memory from a model that is damaged.

    :param reason: what the error says, in one line.
    """
    if isinstance(error, MemoryError) or _NO_MEMORY.search(f'{type(error).__name__} {error}'):
        return BackendError(
            f'not enough memory to load the model in {runtime} ({reason}):'
            ' end what else takes memory'
        )
    return ModelError(f'{runtime} cannot load {model}: {reason}')
