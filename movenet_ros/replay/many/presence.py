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

"""Who is there when in a recording, and which gestures they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from itertools import pairwise

from movenet_ros.core.activities.activities import GESTURES
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.outputs import Result
from movenet_ros.replay.many.found import DAMAGED
from movenet_ros.replay.many.found import DONE
from movenet_ros.replay.many.found import Row
from movenet_ros.replay.run import Tally
from movenet_ros.replay.source import Item

MOST_GAP_NS = NANOSECONDS  # in a recording, from which on nobody knows whether people are there
DECIMALS = 3


@dataclass
class Presence:
    """Who is there when, and which gestures they make: seen as the items pass by."""

    stamps_ns: list[int] = field(default_factory=list)
    is_anybody: list[bool] = field(default_factory=list)
    gestures: Counter[str] = field(default_factory=Counter)
    _before: set[tuple[int, str]] = field(default_factory=set)

    def items(self, items: Iterator[Item]) -> Iterator[Item]:
        """Pass items on, whose people are observed."""
        for item in items:
            if isinstance(item.image, Result):
                self.stamps_ns.append(item.image.stamp_ns)
                self.is_anybody.append(len(item.image.poses) > 0)
            if item.kinematics:
                self._add_gestures(item)
            yield item

    @property
    def seconds(self) -> float:
        """Return how long somebody was there: from each image with people to the next image."""
        steps = (after - before for before, after in pairwise(self.stamps_ns))
        there = (
            step for step, is_there in zip(steps, self.is_anybody)
            if is_there and 0 < step <= MOST_GAP_NS
        )
        return round(sum(there) / NANOSECONDS, DECIMALS)

    def _add_gestures(self, item: Item) -> None:
        """Count those that a person makes now, and did not in the image before."""
        assert item.kinematics
        activities = item.kinematics.observed.activities
        people = zip(activities.ids.tolist(), activities.of_people)
        now = {
            (who, each.name) for who, does in people if who
            for each in does if each.name in GESTURES
        }
        self.gestures.update(name for _, name in now - self._before)
        self._before = now


def row_of(row: Row, tally: Tally, presence: Presence, has_times: bool, damage: str) -> Row:
    """
    Return the row of a recording that was replayed.

    :param row: with its names.
    :param has_times: whether the stamps of its images are times.
    :param damage: of the recording; empty for none.
    """
    lost = f'{tally.skipped} images skipped: {tally.last_refusal}' if tally.skipped else ''
    line = '; '.join(filter(None, (damage, lost)))
    rate = tally.images / tally.seconds if tally.seconds else 0.0
    return Row(
        row.bag, row.recording, DAMAGED if line else DONE, tally.processed, tally.skipped,
        sum(people * images for people, images in tally.people.items()),
        max(tally.people, default=0), len(tally.ids),
        presence.seconds if has_times else None,
        ', '.join(f'{name} {count}' for name, count in sorted(presence.gestures.items())),
        round(rate, 1), line,
    )
