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

"""
A thread for outputs that take long to make: drawing.

Drawing and publishing a large image takes about as long as the model itself on a small machine.
In a thread of its own it does not delay the next image; where it cannot keep up, it takes the
newest image and leaves the others out.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition
from threading import Thread


class DrawingThread:
    """One thread and one place: what waits in it gives way to what comes later."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._task: Callable[[], None] | None = None
        self._error: BaseException | None = None
        self._is_closed = False
        self._thread: Thread | None = None

    def submit(self, task: Callable[[], None]) -> None:
        """
        Run a task soon, in place of one that has not begun.

        :raises Exception: what an earlier task raised.
        """
        with self._changed:
            if self._error is not None:
                raise self._error
            if self._is_closed:
                return
            if self._thread is None:
                self._thread = Thread(target=self._work, name='drawing', daemon=True)
                self._thread.start()
            self._task = task
            self._changed.notify()

    def close(self) -> None:
        """Finish the task that has begun, and end the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._task is not None or self._is_closed)
                task, self._task = self._task, None
            if self._is_closed or task is None:
                return
            try:
                task()
            except BaseException as error:  # raised again by submit, where it stops the node
                with self._changed:
                    self._error = error
                return
