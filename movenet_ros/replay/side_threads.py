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

"""Work in threads beside the main one, with little in between, so that nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty
from queue import Queue
from threading import Event
from threading import Thread
from typing import Any
from typing import TypeVar

Item = TypeVar('Item')
POLL_S = 0.05  # only while a thread is waited for that is to end


class Abandoned(Exception):
    """Comes out of a consumer's iterator when no further items come because of an error."""


@dataclass(frozen=True)
class _End:
    """Stands behind the last item."""

    error: BaseException | None = None


@contextmanager
def read_ahead(items: Iterable[Item], most: int) -> Iterator[Iterator[Item]]:
    """
    Iterate in a thread of its own, ahead of whoever takes the items.

    :param most: how many items may lie ready.
    :return: the items; what the iteration raises is raised where the next item would have come.
    """
    queue: Queue[Any] = Queue(most)
    is_left = Event()

    def work() -> None:
        end = _End()
        try:
            for item in items:
                queue.put(item)
                if is_left.is_set():
                    return
        except BaseException as error:  # noqa: B902 (it is raised again where the items go)
            end = _End(error)
        queue.put(end)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield _items(queue)
    finally:
        is_left.set()
        while thread.is_alive():
            with suppress(Empty):  # it may wait for room
                queue.get(timeout=POLL_S)


@contextmanager
def hand_over(
    consume: Callable[[Iterator[Item]], None], most: int
) -> Iterator[Callable[[Item], None]]:
    """
    Have items consumed in a thread of its own, which is over when the ``with`` block is.

    :param consume: takes an iterator of the items; :class:`Abandoned` comes out of it when the
        ``with`` block fails.
    :param most: how many items may wait.
    :return: a function that hands one item over and raises what ``consume`` has raised.
    """
    queue: Queue[Any] = Queue(most)
    errors: list[BaseException] = []
    is_over = Event()

    def work() -> None:
        try:
            consume(_items(queue, is_over))
        except BaseException as error:  # noqa: B902 (it is raised again where the items are from)
            errors.append(error)
        while not is_over.is_set():  # whoever hands over must not wait for room
            if isinstance(queue.get(), _End):
                is_over.set()

    def put(item: Item) -> None:
        if errors:
            raise errors[0]
        queue.put(item)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield put
    except BaseException:
        queue.put(_End(Abandoned()))
        thread.join()
        raise
    queue.put(_End())
    thread.join()
    if errors:
        raise errors[0]


def _items(queue: Queue[Any], is_over: Event | None = None) -> Iterator[Any]:
    """Take items until the end, and raise what the end brings along."""
    while not isinstance(item := queue.get(), _End):
        yield item
    if is_over is not None:
        is_over.set()
    if item.error is not None:
        raise item.error
