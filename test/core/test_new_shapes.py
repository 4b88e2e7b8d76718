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

"""New shapes: images run padded meanwhile, and only a shape that keeps coming is prepared."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from itertools import islice
from threading import Event
from typing import Any

from log_lines import Lines
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.new_shapes import NewShapes
from movenet_ros.core.new_shapes import OFTEN
from movenet_ros.core.new_shapes import RECENT
from movenet_ros.core.runtime import CAMERA_SHAPES
from movenet_ros.core.runtime import LIVE_SHAPES
from movenet_ros.core.runtime import Shapes
import pytest

WAIT_S = 30.0
SIDE = 8


def shapes(height: int, width: int) -> Shapes:
    """Return the shape of one input."""
    return (('input', (1, height, width, 3)),)


SQUARE, A, B = shapes(SIDE, SIDE), shapes(4, SIDE), shapes(SIDE, 2)


class Fake:
    """
    A runtime that is ready for the square, and for what it was asked to prepare.

    :param error: what it raises instead.
    """

    def __init__(self, error: Exception | None = None) -> None:
        self.ready, self.begun = {SQUARE}, list[Shapes]()
        self.may_end = Event()
        self.may_end.set()
        self._error = error

    def is_ready(self, wanted: Shapes) -> bool:
        return wanted in self.ready

    def prepare(self, wanted: Shapes) -> None:
        self.begun.append(wanted)
        assert self.may_end.wait(WAIT_S)
        if self._error is not None:
            raise self._error
        self.ready.add(wanted)


class Room:
    """A stream of images, and a runtime."""

    def __init__(self, error: Exception | None = None, **more: int) -> None:
        self.log, self.runtime = Lines(), Fake(error)
        runtime: Any = self.runtime
        self.new = NewShapes(runtime, self.log.info, self.log.warning, **more)

    def show(self, own: Shapes, times: int = 1) -> list[Shapes | None]:
        """Let images of a shape come; return what they ran in."""
        return [self.new.padded(self.choices(own)) for _ in range(times)]

    def choices(self, own: Shapes) -> Iterator[Shapes]:
        """Yield a shape, and wider ones."""
        ((_, (_, height, width, _)),) = own
        for more in range(SIDE - min(height, width) + 1):
            yield shapes(min(height + more, SIDE), min(width + more, SIDE))


@pytest.fixture
def room() -> Iterator[Room]:
    """Give a room whose thread ends."""
    room = Room()
    yield room
    room.runtime.may_end.set()
    room.new.close()


def test_images_run_padded_until_their_own_shape_is_ready(room: Room) -> None:
    """As long as that takes."""
    room.runtime.may_end.clear()
    assert room.show(A, 50) == [SQUARE] * 50
    room.runtime.may_end.set()
    room.new.close()
    assert room.show(A) == [None]
    assert room.runtime.begun == [A]


def test_the_least_padding_that_is_ready_is_taken(room: Room) -> None:
    room.runtime.ready |= {shapes(6, SIDE), shapes(7, SIDE)}
    assert room.show(A) == [shapes(6, SIDE)]


def test_a_shape_that_is_ready_needs_nothing(room: Room) -> None:
    assert room.show(SQUARE, 2 * RECENT) == [None] * 2 * RECENT
    assert (room.runtime.begun, room.log.infos) == ([], [])


def test_two_lines_tell_what_is_done_and_when_it_is_ready(room: Room) -> None:
    room.show(A, RECENT)
    room.new.close()
    begun, ready = room.log.infos
    assert '1x4x8x3' in begun and '1x8x8x3' in begun
    assert '1x4x8x3' in ready and ' s' in ready


def test_a_shape_that_comes_once_is_not_prepared(room: Room) -> None:
    for _ in range(5):
        assert room.show(B) == [SQUARE]
        room.show(SQUARE, RECENT)
    assert (room.runtime.begun, room.log.infos) == ([], [])


def test_pictures_of_many_sizes_are_not_prepared(room: Room) -> None:
    """None of them would stay ready."""
    many = [shapes(height, SIDE) for height in range(1, LIVE_SHAPES + 1)]
    for own in islice(cycle(many), 20 * len(many)):
        room.show(own)
    assert (room.runtime.begun, room.log.infos) == ([], [])


def test_two_sizes_that_alternate_are_both_prepared(room: Room) -> None:
    for own in islice(cycle([A, B]), 4 * OFTEN):
        room.show(own)
        room.new.close()
    assert sorted(room.runtime.begun) == sorted([A, B])


def test_of_two_cameras_both_shapes_of_each_are_prepared() -> None:
    """Also where one sends three times as many images; for one camera, these are too many."""
    fast, slow = (A, shapes(5, SIDE)), (B, shapes(SIDE, 3))
    begun = []
    for more in ({}, {'streams': 2, 'most': LIVE_SHAPES + CAMERA_SHAPES}):
        room = Room(**more)
        turns = [fast[0], fast[1], fast[0], slow[0], fast[1], fast[0], fast[1], slow[1]]
        for own in islice(cycle(turns), 10 * RECENT):
            room.show(own)
            room.new.close()
        begun.append({*room.runtime.begun})
    assert len(begun[0]) < 4 and begun[1] == {*fast, *slow}


def test_one_shape_at_a_time_is_prepared(room: Room) -> None:
    room.runtime.may_end.clear()
    room.show(A, OFTEN)
    assert room.show(B, RECENT) == [SQUARE] * RECENT
    assert room.runtime.begun == [A]
    room.runtime.may_end.set()
    room.new.close()
    room.show(B)
    room.new.close()
    assert room.runtime.begun == [A, B]


def test_a_shape_that_cannot_be_prepared_is_one_warning_and_stays_padded() -> None:
    room = Room(InferenceError('no memory'))
    for _ in range(3 * RECENT):
        assert room.show(A) == [SQUARE]
        room.new.close()
    (line,) = room.log.warnings
    assert 'no memory' in line and room.runtime.begun == [A]


def test_a_bug_is_not_swallowed() -> None:
    room = Room(TypeError('a bug'))
    room.show(A, OFTEN)
    room.new.close()
    with pytest.raises(TypeError, match='a bug'):
        room.show(A)


def test_a_network_of_one_shape_has_nothing_to_choose(room: Room) -> None:
    assert room.new.padded(iter(())) is None
