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

"""What a runtime makes for each shape of input: the few that were used last are kept."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic
from typing import TypeVar

from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.runtime import MAX_SHAPES
from movenet_ros.core.runtime import Shapes

Made = TypeVar('Made')


class ByShape(Generic[Made]):
    """
    One thing for each shape; any thread may ask, and those that are there wait for none.

    :param make: makes it; one thread at a time.
    :param most: how many are kept.
    """

    def __init__(self, make: Callable[[Shapes], Made], most: int = MAX_SHAPES) -> None:
        self._make: Callable[[Shapes], Made] | None = make
        self._most = most
        self._made: dict[Shapes, Made] = {}  # the most recently used last
        self._lock = Lock()
        self._making = Lock()

    def has(self, shapes: Shapes) -> bool:
        """Return whether it is there, which counts as a use."""
        return self._used(shapes) is not None

    def get(self, shapes: Shapes) -> Made:
        """Return it; where it is missing, make it, in place of the least recently used one."""
        made = self._used(shapes)
        if made is None:
            with self._making:
                made = self._used(shapes)  # another thread may have made it
                if made is None:
                    made = self._added(shapes)
        return made

    def drop(self, shapes: Shapes) -> None:
        """Forget it, if it is there."""
        with self._lock:
            self._made.pop(shapes, None)

    def close(self) -> None:
        """Forget all, for good."""
        with self._lock:
            self._made.clear()
            self._make = None

    def _used(self, shapes: Shapes) -> Made | None:
        with self._lock:
            made = self._made.pop(shapes, None)
            if made is not None:
                self._made[shapes] = made
            return made

    def _added(self, shapes: Shapes) -> Made:
        assert self._make is not None
        with self._lock:
            is_full = len(self._made) >= self._most
            if is_full:
                del self._made[next(iter(self._made))]
        if is_full:
            give_back_freed_memory()
        made = self._make(shapes)
        with self._lock:
            self._made[shapes] = made
        return made
