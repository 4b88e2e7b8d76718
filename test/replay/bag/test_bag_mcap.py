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

"""MCAP files with large messages are whole, whatever lies between those."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from movenet_ros.replay.bag.mcap import LARGE
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.bag.reader import Topic
from movenet_ros.replay.bag.writer import BagFile
from movenet_ros.replay.bag.writer import defined
import pytest
from rosbags.rosbag2 import Reader

Written = list[tuple[str, int, bytes]]


@pytest.fixture(scope='module')
def topics() -> list[Topic]:
    """Give two topics."""
    bare = [Topic(name, 'std_msgs/msg/String', 0, '', '', 'cdr', ()) for name in ('/a', '/b')]
    return [known for each in bare if (known := defined(each))]


Write = Callable[[Written], Path]


@pytest.fixture(scope='module')
def write(topics: list[Topic], tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Return a function that writes a bag."""

    def write(messages: Written) -> Path:
        path = tmp_path_factory.mktemp('mcap') / 'bag'
        with BagFile(path, 'mcap', topics) as bag:
            for name, received_ns, data in messages:
                bag.write(topics[name == '/b'], received_ns, data)
        return path

    return write


sizes = st.sampled_from([1, 100, LARGE - 1, LARGE, LARGE + 1, 20 * LARGE])


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(['/a', '/b']), st.integers(1, 9), sizes), max_size=12))
def test_messages_come_back_in_the_order_of_their_times(write: Write, what: list[Any]) -> None:
    messages = [
        (name, received_ns, bytes([i]) * size) for i, (name, received_ns, size) in enumerate(what)
    ]
    bag = Bag(write(messages))
    found = [(each.topic.name, *each[1:]) for each in bag.messages()]
    bag.close()
    assert not bag.damage
    assert [each[1] for each in found] == sorted(each[1] for each in messages)
    assert sorted(found) == sorted(messages)


def test_a_part_of_the_time_can_be_read(write: Write) -> None:
    """By the index."""
    path = write([('/a', i, bytes(LARGE)) for i in range(1, 10)])
    with Reader(path) as reader:
        times = [received_ns for _, received_ns, _ in reader.messages(start=3, stop=7)]
    assert times == [3, 4, 5, 6]


def test_messages_are_counted(write: Write) -> None:
    path = write([('/a', 1, bytes(LARGE)), ('/b', 2, bytes(9)), ('/a', 3, bytes(LARGE))])
    (storage,) = path.glob('*.mcap')
    with Reader(storage) as reader:
        assert {each.topic: each.msgcount for each in reader.connections} == {'/a': 2, '/b': 1}
        assert (reader.start_time, reader.end_time) == (1, 4)


def test_equal_times_keep_their_order(write: Write) -> None:
    """An image is followed by its poses, for whoever reads the bag."""
    messages = [
        (name, 1 + i, bytes([i]) * size)
        for i in range(5) for name, size in (('/a', 3 * LARGE), ('/b', 100))
    ]
    bag = Bag(write(messages))
    assert [each.topic.name for each in bag.messages()] == ['/a', '/b'] * 5
    bag.close()
