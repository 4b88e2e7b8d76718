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

"""The bodies that are tracked, each with publishers that live as long as it does."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
import time
from typing import Any

from movenet_ros.consumers.humans import body_outputs
from movenet_ros.consumers.publishers import Publishers
from movenet_ros.messages.hri import body_id
from rclpy.node import Node

SEEN, CUT, DOING = KINDS = 'seen', 'cut', 'doing'  # the fields of BodyOutputs


@dataclass
class _Body:
    id: str  # noqa: A003 (what REP-155 calls it)
    publishers: dict[str, Publishers[Any]]
    seen_s: float = 0.0


class Bodies:
    """
    Publishes the topics of bodies.

    :param namespace: of all humans.
    :param clock: in seconds; it never stands still.
    """

    def __init__(
        self, node: Node, namespace: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._node = node
        self._namespace = namespace
        self._clock = clock
        self._bodies: dict[int, _Body] = {}
        self.ids: tuple[str, ...] = ()
        """Of all, in the order in which they came; any thread may ask."""
        self.heard: frozenset[str] = frozenset()
        """The kinds that have subscribers, of any body, as ``listen`` has found them."""

    def listen(self) -> None:
        """Look who has subscribers: asking all publishers for every image takes too long."""
        self.heard = frozenset(
            kind for kind in KINDS
            if any(each.publishers[kind].subscribers for each in self._bodies.values())
        )

    def see(self, tracks: Iterable[int]) -> None:
        """Note who is in an image; who is new gets publishers."""
        now_s = self._clock()
        for track in tracks:
            if track not in self._bodies:
                self._bodies[track] = self._made(body_id(track))
            self._bodies[track].seen_s = now_s
        self._note()

    def forget(self, lost_after_s: float) -> bool:
        """Let the topics of those vanish who have not been seen for so long; tell if any did."""
        oldest_s = self._clock() - lost_after_s
        lost = [track for track, each in self._bodies.items() if each.seen_s < oldest_s]
        for track in lost:
            for publishers in self._bodies.pop(track).publishers.values():
                publishers.close(self._node)
        self._note()
        return bool(lost)

    def publish(self, kind: str, track: int, source: Any) -> None:
        """Publish what of a kind of topics of a body has subscribers, if that body is tracked."""
        body = self._bodies.get(track)
        if body is not None:
            body.publishers[kind].publish(source)

    def close(self) -> None:
        """Let all vanish."""
        self.forget(-float('inf'))

    def _note(self) -> None:
        self.ids = tuple(each.id for each in self._bodies.values())

    def _made(self, body: str) -> _Body:
        rows = body_outputs(self._namespace, body)
        return _Body(body, {
            kind: Publishers(self._node, outputs) for kind, outputs in rows._asdict().items()
        })
