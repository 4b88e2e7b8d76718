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

"""A stream that shows nothing is reported once, and once when it is over."""

from __future__ import annotations

from typing import Any

from movenet_ros.core.image import SourceImage
from movenet_ros.node.blank_watch import BlankWatch
from movenet_ros.node.blank_watch import IMAGES
from movenet_ros.node.blank_watch import LASTS_S
import numpy as np
import pytest

BLACK = SourceImage(np.zeros((40, 60, 3), np.uint8), 'bgr')
WHITE = SourceImage(np.full((40, 60, 3), 255, np.uint8), 'bgr')
SOMETHING = SourceImage(
    np.asarray(np.tile(np.arange(60, dtype=np.uint8)[None, :, None] * 4, (40, 1, 3))), 'bgr'
)


@pytest.fixture
def watch(logging_node: Any, clock: Any) -> BlankWatch:
    """Give a watch by that clock."""
    return BlankWatch(logging_node, clock)


def show(watch: BlankWatch, clock: Any, image: SourceImage, seconds: float, hz: float) -> None:
    """Let a camera send an image again and again."""
    for _ in range(round(seconds * hz)):
        watch.check(image)
        clock.now_s += 1 / hz


@pytest.mark.parametrize('hz', [1.0, 30.0])
@pytest.mark.parametrize(('image', 'kind'), [(BLACK, 'black'), (WHITE, 'white')])
def test_it_is_logged_once_with_what_to_check(
    watch: BlankWatch, clock: Any, logging_node: Any, image: SourceImage, kind: str, hz: float
) -> None:
    show(watch, clock, SOMETHING, 5, hz)
    assert not watch.problem
    show(watch, clock, image, 20, hz)
    (line,) = logging_node.lines
    assert line.startswith('warning') and kind in line and 'lens' in line
    assert watch.problem and '\n' not in watch.problem


def test_its_end_is_logged(watch: BlankWatch, clock: Any, logging_node: Any) -> None:
    show(watch, clock, BLACK, 20, 10)
    show(watch, clock, SOMETHING, 20, 10)
    assert not watch.problem
    assert [each.partition(':')[0] for each in logging_node.lines] == ['warning', 'info']


def test_a_moment_is_not_logged(watch: BlankWatch, clock: Any, logging_node: Any) -> None:
    for _ in range(5):
        show(watch, clock, BLACK, LASTS_S - 1, 10)
        show(watch, clock, SOMETHING, 1, 10)
    show(watch, clock, BLACK, IMAGES - 1, 0.1)
    assert not logging_node.lines and not watch.problem


def test_a_pause_is_forgotten(watch: BlankWatch, clock: Any, logging_node: Any) -> None:
    show(watch, clock, BLACK, 20, 10)
    watch.forget()
    assert not watch.problem
