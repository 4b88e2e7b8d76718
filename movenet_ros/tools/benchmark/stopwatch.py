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

"""A stopwatch for the stages of a pipeline, held at functions from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
import time
from typing import Any


class Stopwatch:
    """
    Adds up how long functions take; what one watched function takes in another counts once.

    Functions are watched until the ``with`` block ends.

    :ivar seconds: by stage; to be cleared between two measurements.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._within_s = [0.0]  # of watched functions that have run within each running one
        self._watched: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> Stopwatch:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Put the functions back as they were."""
        while self._watched:
            setattr(*self._watched.pop())

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the ``with`` block as part of a stage."""
        begun_s = time.perf_counter()
        self._within_s.append(0.0)
        try:
            yield
        finally:
            took_s = time.perf_counter() - begun_s
            self.seconds[name] += took_s - self._within_s.pop()
            self._within_s[-1] += took_s

    def watch(self, owner: Any, function: str, name: str) -> None:
        """
        Count each call of a function as part of a stage.

        :param owner: an object, or a class: then the function of all its objects.
        """
        unwatched = getattr(owner, function)

        def watched(*args: Any, **more: Any) -> Any:
            with self.stage(name):
                return unwatched(*args, **more)

        setattr(owner, function, watched)
        self._watched.append((owner, function, unwatched))
