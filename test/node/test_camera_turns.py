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

"""Whose image is next: nobody starves, nobody has a queue, and the newest image is taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.node.turns import Turns

PUTS = st.lists(st.lists(st.integers(0, 4), max_size=6), min_size=1, max_size=30)


class Camera:
    """
    Takes images.

    :param wants: whether it processes them.
    """

    def __init__(self, log: list[Camera], wants: bool = True) -> None:
        self.log, self.wants = log, wants
        self.taken: list[bytes] = []

    def take(self, message: bytes) -> bool:
        """Keep it."""
        self.log.append(self)
        self.taken.append(message)
        return self.wants


@given(PUTS)
def test_who_waits_has_a_turn_after_one_of_each_other_at_the_latest(puts: list[list[int]]) -> None:
    """Whatever arrives between two turns."""
    log: list[Camera] = []
    cameras = [Camera(log) for _ in range(5)]
    turns = Turns(lambda: None)
    waited: dict[Camera, int] = {}
    for arriving in (*puts, *[[]] * 5):
        for i in arriving:
            turns.put(cameras[i], b'')
            waited.setdefault(cameras[i], 0)
        turns.give()
        if log:
            waited.pop(log.pop())
        waited = {each: turns_ago + 1 for each, turns_ago in waited.items()}
        assert all(n < 5 for n in waited.values())
    assert not waited


@given(PUTS)
def test_the_newest_image_is_taken_and_those_before_count_as_dropped(
    puts: list[list[int]]
) -> None:
    cameras = [Camera([]) for _ in range(5)]
    turns = Turns(lambda: None)
    newest: dict[Camera, bytes] = {}
    sent = dropped = 0
    for arriving in (*puts, *[[]] * 5):
        for i in arriving:
            sent += 1
            newest[cameras[i]] = str(sent).encode()
            dropped += turns.put(cameras[i], newest[cameras[i]])
        before = [len(each.taken) for each in cameras]
        turns.give()
        for each, count in zip(cameras, before):
            assert each.taken[count:] in ([], [newest.get(each)])
    assert sum(len(each.taken) for each in cameras) + dropped == sent


def test_an_image_that_need_not_be_processed_is_no_turn() -> None:
    log: list[Camera] = []
    throttled, camera = Camera(log, wants=False), Camera(log)
    turns = Turns(lambda: None)
    for each in (camera, throttled):
        turns.put(each, b'')
    turns.give()
    assert log == [throttled, camera]


def test_it_is_woken_while_images_wait() -> None:
    calls: list[bool] = []
    turns = Turns(lambda: calls.append(True))
    cameras = [Camera([]) for _ in range(2)]
    for each in cameras:
        turns.put(each, b'')
    turns.give()
    assert len(calls) == 3
    turns.forget(cameras[0])
    turns.give()
    assert len(calls) == 3 and len(cameras[0].taken) == 0
