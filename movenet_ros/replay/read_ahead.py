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

"""Iterate in a thread of its own, a little ahead of where the items go."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from queue import Empty
from queue import Queue
from threading import Event
from threading import Thread
from typing import Any
from typing import TypeVar

Item = TypeVar('Item')
POLL_S = 0.05  # only while a thread is waited for that is to end


@contextmanager
def read_ahead(items: Iterable[Item], most: int) -> Iterator[Iterator[Item]]:
    """
    Iterate in a thread of its own, which is over when the ``with`` block is.

    :param most: how many items may lie ready.
    :return: the items; what the iteration raises is raised where the next item would have come.
    """
    queue: Queue[Any] = Queue(most)
    end = object()
    errors: list[BaseException] = []
    is_left = Event()

    def work() -> None:
        try:
            for item in items:
                queue.put(item)
                if is_left.is_set():
                    return
        except BaseException as error:  # noqa: B902 (it is raised again where the items go)
            errors.append(error)
        queue.put(end)

    def received() -> Iterator[Item]:
        while (item := queue.get()) is not end:
            yield item
        if errors:
            raise errors[0]

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield received()
    finally:
        is_left.set()
        while thread.is_alive():
            with suppress(Empty):  # it may wait for room
                queue.get(timeout=POLL_S)
