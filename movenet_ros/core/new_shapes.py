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
New shapes of a network's input, while images keep coming.

A runtime takes tenths of a second, on a GPU seconds, before it first runs a shape of input. So an
image of a new shape runs padded, in a shape that is ready, while a thread makes the runtime ready
for its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from threading import Thread
import time

from movenet_ros.core.errors import InferenceError
from movenet_ros.core.runtime import LIVE_SHAPES
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import Shapes

RECENT = 12  # images, of each stream
OFTEN = 3  # of these have a shape that is worth it


class NewShapes:
    """
    Chooses the shape in which an image runs.

    One shape at a time is prepared, and only where it keeps coming: pictures of many sizes run
    padded for good.

    :param info: logs a line on what is done.
    :param warn: logs a line on what is wrong.
    :param streams: of images that come by turns, each in shapes of its own.
    :param most: shapes that stay ready.
    """

    def __init__(
        self,
        runtime: Runtime,
        info: Callable[[str], object],
        warn: Callable[[str], object],
        streams: int = 1,
        most: int = LIVE_SHAPES,
    ) -> None:
        self._runtime, self._info, self._warn = runtime, info, warn
        self._recent: deque[Shapes] = deque(maxlen=RECENT * streams)
        self._most = most
        self._refused: set[Shapes] = set()
        self._thread: Thread | None = None
        self._bug: BaseException | None = None

    def padded(self, choices: Iterator[Shapes]) -> Shapes | None:
        """
        Return the shapes of input in which an image is to run; None: its own.

        :param choices: its own shapes, then padded more and more.
        :raises Exception: a bug that the thread met.
        """
        if self._bug is not None:
            raise self._bug
        own = next(choices, None)
        if own is None:  # the network has one shape for all images
            return None
        self._recent.append(own)
        if self._runtime.is_ready(own):
            return None
        padded = [*choices]
        ready = next(filter(self._runtime.is_ready, padded), None)
        if ready is not None and self._is_due(own):
            self._info(
                f'images have a new shape: preparing the model for input {_words(own)},'
                f' padded to {_words(ready)} meanwhile'
            )
            args = (own, padded[-1])
            self._thread = Thread(target=self._prepare, args=args, name='new shape')
            self._thread.start()
        return ready

    def close(self) -> None:
        """Wait for the preparation that has begun."""
        if self._thread is not None:
            self._thread.join()

    def _is_due(self, own: Shapes) -> bool:
        """Return whether a shape came often, and not among more than stay ready."""
        is_busy = self._thread is not None and self._thread.is_alive()
        often, few = self._recent.count(own) >= OFTEN, len({*self._recent}) < self._most
        return often and few and not is_busy and own not in self._refused

    def _prepare(self, own: Shapes, widest: Shapes) -> None:
        begun_s = time.monotonic()
        try:
            self._runtime.is_ready(widest)  # a use: another shape makes room
            self._runtime.prepare(own)
            seconds = time.monotonic() - begun_s
            self._info(f'the model is ready for input {_words(own)}, after {seconds:.1f} s')
        except InferenceError as error:
            self._refused.add(own)
            self._warn(f'input {_words(own)} stays padded, which takes longer: {error}')
        except BaseException as error:  # raised again at the next image, where it ends the node
            self._bug = error


def _words(shapes: Shapes) -> str:
    """Return shapes for people: 1x192x256x3."""
    return ', '.join('x'.join(map(str, shape)) for _, shape in shapes)
