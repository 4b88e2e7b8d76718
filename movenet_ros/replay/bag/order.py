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

"""The order of the storages of a bag that no metadata.yaml tells: by the times of messages."""

from __future__ import annotations

from collections.abc import Iterator
import heapq
from typing import Any
from typing import NamedTuple

from movenet_ros.replay.bag.topic import Message

MISSING = 'it is missing'


class Storage(NamedTuple):
    """A storage of a bag: its name, its reader if there is one, and its damage, if it has any."""

    name: str
    reader: Any
    damage: str


def by_time(storages: list[Storage]) -> list[list[Storage]]:
    """
    Sort storages by the times of their messages; those of which the times overlap come together.

    One without times stays behind the one before it. Where the numbers in the names are not in the
    order of time, they count something else (a ring of files), and no number is missing.
    """
    timed = []
    span = 0, 0
    for each in storages:
        own = each.reader and each.reader.span_ns
        span = own or (span[0], span[0])
        timed.append((span, each))
    ordered = sorted(timed, key=lambda pair: pair[0][0])
    if ordered != timed:
        ordered = [pair for pair in ordered if pair[1].damage != MISSING]
    groups: list[list[Storage]] = []
    end_ns = 0
    for (first_ns, last_ns), storage in ordered:
        if groups and storage.reader and first_ns < end_ns:
            groups[-1].append(storage)
        else:
            groups.append([storage])
        end_ns = max(end_ns, last_ns)
    return groups


def merged(parts: list[Iterator[Message]]) -> Iterator[Message]:
    """Yield the messages of storages in the order of time; one that several have comes once."""
    if len(parts) == 1:
        yield from parts[0]
        return
    now: list[Message] = []
    for message in heapq.merge(*parts, key=lambda message: message.received_ns):
        if now and now[0].received_ns != message.received_ns:
            now = []
        if message not in now:
            now.append(message)
            yield message
