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

"""Bags that are written are whole: rosbags reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from movenet_ros.replay.bag.definitions import with_definition
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.bag.topic import Topic
from movenet_ros.replay.bag.writer import BagFile
from movenet_ros.replay.bag.writer import our_topic
import pytest
from rosbags.interfaces import QosDurability
from rosbags.interfaces import QosReliability
from rosbags.rosbag2 import Reader
from rosbags.typesys import get_types_from_msg
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores
from std_msgs.msg import String

Write = Callable[..., Path]

STRING = 'std_msgs/msg/String'
LARGE = 2**20  # as long as a chunk of MCAP
A, B = (with_definition(Topic(name, STRING)) for name in ('/a', '/b'))
BOTH = pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a bag."""

    def write(storage: str, *messages: tuple[Topic, int, bytes]) -> Path:
        topics = list(dict.fromkeys(each[0] for each in messages))
        with BagFile(tmp_path / 'bag', storage, topics) as bag:
            for each in messages:
                bag.write(*each)
        return tmp_path / 'bag'

    return write


@BOTH
def test_messages_come_back_in_the_order_of_time(storage: str, write: Write) -> None:
    sizes = (1, LARGE, 100, 3 * LARGE)
    messages = [(A if i % 2 else B, 9 - i, bytes([i]) * size) for i, size in enumerate(sizes)]
    path = write(storage, *messages)
    with Reader(path) as reader:
        found = [(connection.topic, *rest) for connection, *rest in reader.messages()]
    assert found == [(topic.name, *rest) for topic, *rest in reversed(messages)]
    bag = Bag(path)
    assert [(each.topic.name, *each[1:]) for each in bag.messages()] == found
    bag.close()
    assert not bag.damage


@BOTH
def test_equal_times_keep_their_order(storage: str, write: Write) -> None:
    """An image is followed by its poses, for whoever reads the bag."""
    path = write(
        storage,
        *((topic, 5, bytes(size)) for _ in range(5) for topic, size in ((A, LARGE), (B, 100))),
    )
    with Reader(path) as reader:
        assert [each.topic for each, *_ in reader.messages()] == ['/a', '/b'] * 5


@BOTH
def test_a_part_of_the_time_can_be_read(storage: str, write: Write) -> None:
    path = write(storage, *((A, i, bytes(LARGE)) for i in range(1, 10)))
    with Reader(path) as reader:
        assert [at for _, at, _ in reader.messages(start=3, stop=7)] == [3, 4, 5, 6]


@BOTH
def test_messages_are_counted(storage: str, write: Write) -> None:
    path = write(storage, (A, 1, b'x'), (B, 2, b'y'), (A, 3, b'z'))
    for part in (path, *path.glob('bag_0.*')):
        with Reader(part) as reader:
            assert {each.topic: each.msgcount for each in reader.connections} == {'/a': 2, '/b': 1}
            assert (reader.start_time, reader.end_time) == (1, 4)


@BOTH
def test_the_qos_of_newer_bags_is_one_that_older_ones_read(storage: str, write: Write) -> None:
    """Which have numbers for the names."""
    ours = our_topic('/a', String, 7)
    named = ours.qos.replace('reliability: 1', 'reliability: best_effort')
    named = named.replace('durability: 2', 'durability: transient_local')
    path = write(
        storage, (ours, 1, b'x'), (Topic('/b', STRING, qos=named), 1, b'x'),
        (Topic('/c', STRING, qos='- nonsense'), 1, b'x'),
    )
    metadata = (path / 'metadata.yaml').read_text()
    assert 'version: 8\n' in metadata and 'best_effort' not in metadata
    with Reader(path) as reader:
        qos = {each.topic: each.ext.offered_qos_profiles for each in reader.connections}
    assert [(each.depth, each.reliability) for each in qos['/a']] == [(7, QosReliability.RELIABLE)]
    assert [(each.reliability, each.durability) for each in qos['/b']] == [
        (QosReliability.BEST_EFFORT, QosDurability.TRANSIENT_LOCAL)
    ]
    assert not qos['/c']


@pytest.mark.parametrize(
    'msg_type', ['vision_msgs/msg/Detection2DArray', 'sensor_msgs/msg/Image', STRING]
)
def test_a_definition_is_whole_and_has_the_hash_of_its_type(msg_type: str) -> None:
    topic = with_definition(Topic('/a', msg_type))
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(topic.definition, msg_type))
    assert store.hash_rihs01(msg_type) == topic.type_hash


@BOTH
def test_a_topic_of_an_unknown_type_has_no_definition(storage: str, write: Write) -> None:
    topic = with_definition(Topic('/a', 'no_msgs/msg/Nowhere'))
    with Reader(write(storage, (topic, 1, b'x'))) as reader:
        assert [(each.msgtype, each.msgdef.data) for each in reader.connections] == [
            ('no_msgs/msg/Nowhere', '')
        ]
