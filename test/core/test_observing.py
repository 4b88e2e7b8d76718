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

"""People observed from image to image: what is told once it is asked for, in how few steps."""

from __future__ import annotations

from collections.abc import Callable
import sys
from typing import Any

from made_bodies import body
from made_bodies import OUT
from made_bodies import seen
from made_bodies import SITTING
from made_bodies import UP
from movenet_ros.core.observing import Observed
from movenet_ros.core.observing import Observer
import pytest

RAISED = (OUT + UP, UP)
SIX = seen(*[body(SITTING, RAISED, RAISED)] * 6)


def image(observer: Observer, number: int) -> Observed:
    """Show six people to an observer."""
    return observer.observe(SIX, number * 33_000_000, '+y')


def calls(function: Callable[[], Any]) -> int:
    """Return how many functions are called, in Python and in C."""
    count = 0

    def note(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ('call', 'c_call')

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(('ask', 'most'), [
    (lambda it: it.angles, 150),
    (lambda it: it.activities, 550),
])
def test_six_people_are_observed_in_few_steps(ask: Callable[[Observed], Any], most: int) -> None:
    """Each call takes a microsecond, however many people it is about."""
    observer = Observer()
    for number in range(1, 10):
        _ = image(observer, number).activities
    assert calls(lambda: ask(image(observer, 10))) < most


def test_activities_are_told_before_the_next_image_comes() -> None:
    observer = Observer()
    first = image(observer, 1)
    assert len(first.activities) == 6
    second = image(observer, 2)
    image(observer, 3)
    assert len(first.activities) == 6  # once told, it stays
    with pytest.raises(RuntimeError, match='before the next one'):
        _ = second.activities
