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

"""How long people are there in a recording, and which gestures they begin."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from types import SimpleNamespace
from typing import Any
from typing import cast

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.replay.many.presence import MOST_GAP_NS
from movenet_ros.replay.many.presence import Presence
from movenet_ros.replay.source import Item
import numpy as np
import pytest


@given(st.lists(st.tuples(st.integers(-MOST_GAP_NS, 3 * MOST_GAP_NS), st.booleans())))
def test_presence_is_the_time_from_images_with_people_to_the_next(
    steps: list[tuple[int, bool]]
) -> None:
    """Time that runs backwards, and gaps in the recording, do not count."""
    presence = Presence()
    presence.stamps_ns = [*accumulate((step for step, _ in steps), initial=0)]
    presence.is_anybody = [*(is_there for _, is_there in steps), True]
    expected = sum(step for step, is_there in steps if is_there and 0 < step <= MOST_GAP_NS)
    assert presence.seconds == pytest.approx(expected / NANOSECONDS, abs=0.001)


def item(people: dict[int, Iterable[str]]) -> Item:
    """Return an item in which people, by their ids, do something."""
    does = tuple(tuple(Activity(name, 1.0) for name in each) for each in people.values())
    activities = Activities(np.array([*people], np.int64), does)
    observed = SimpleNamespace(observed=SimpleNamespace(activities=activities))
    return Item(None, None, kinematics=cast(Any, observed))


def test_a_gesture_counts_when_somebody_begins_it() -> None:
    presence = Presence()
    images = [
        {1: ['standing']}, {1: ['standing', 'waving']}, {1: ['waving'], 2: ['waving', 't_pose']},
        {2: ['waving']}, {1: ['waving'], 0: ['t_pose']},
    ]
    assert len([*presence.items(map(item, images))]) == len(images)
    assert presence.gestures == {'waving': 3, 't_pose': 1}
