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

"""Bags, written message by message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.replay.bag.definitions import definition_of
from movenet_ros.replay.bag.definitions import hash_of
from movenet_ros.replay.bag.mcap import LargeMcapWriter
from movenet_ros.replay.bag.reader import Topic
from rosbags.interfaces import Qos
from rosbags.interfaces import QosDurability
from rosbags.interfaces import QosHistory
from rosbags.interfaces import QosLiveliness
from rosbags.interfaces import QosReliability
from rosbags.interfaces import QosTime
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer

STORAGES = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}
VERSION = 8  # of the metadata: the latest that older distributions read, too
FOR_EVER = QosTime(9223372036, 854775807)


class _Writer(Writer):
    """Writes MCAP in our way."""

    STORAGE_PLUGINS = {**Writer.STORAGE_PLUGINS, StoragePlugin.MCAP: LargeMcapWriter}


def reliable(depth: int) -> Qos:
    """Make the QoS of a reliable topic, in rosbags' terms; the rest is ROS's default."""
    return Qos(
        QosHistory.KEEP_LAST,
        depth,
        QosReliability.RELIABLE,
        QosDurability.VOLATILE,
        FOR_EVER,
        FOR_EVER,
        QosLiveliness.AUTOMATIC,
        FOR_EVER,
        False,
    )


def our_topic(name: str, msg_type: str, depth: int) -> Topic:
    """
    Describe a topic as the node publishes it.

    :raises StartError: if the definition of its type is nowhere.
    """
    topic = defined(Topic(name, msg_type, 0, '', '', 'cdr', (reliable(depth),)))
    if topic is None:
        package = msg_type.split('/')[0]
        raise StartError(f'{package} is installed without the definitions of its messages')
    return topic


def defined(topic: Topic) -> Topic | None:
    """
    Add the definition of a topic's type and its hash where the bag does not have them.

    :return: None if nobody knows them.
    """
    if not topic.definition:
        found = definition_of(topic.msg_type)
        return found and replace(topic, definition=found[0], type_hash=found[1])
    type_hash = topic.type_hash or hash_of(topic.msg_type, topic.definition)
    return replace(topic, type_hash=type_hash) if type_hash else None


class BagFile:
    """
    A bag that is being written; a context manager, in the one thread that writes.

    :param path: of the folder, which must not be there.
    :param storage: ``mcap`` or ``sqlite3``.
    :param topics: with their definitions.
    """

    def __init__(self, path: Path, storage: str, topics: Iterable[Topic]) -> None:
        self._writer = _Writer(path, version=VERSION, storage_plugin=STORAGES[storage])
        self._topics = list(topics)
        self._connections: dict[tuple[str, str], Any] = {}

    def write(self, topic: Topic, received_ns: int, data: bytes) -> None:
        """Write a message; those of other topics are left out."""
        connection = self._connections.get((topic.name, topic.msg_type))
        if connection is not None:
            self._writer.write(connection, received_ns, data)

    def __enter__(self) -> BagFile:
        """Begin the files."""
        self._writer.open()
        for topic in self._topics:
            self._connections[topic.name, topic.msg_type] = self._writer.add_connection(
                topic.name,
                topic.msg_type,
                msgdef=topic.definition,
                rihs01=topic.type_hash,
                serialization_format=topic.serialization,
                offered_qos_profiles=topic.qos,
            )
        return self

    def __exit__(self, *error: Any) -> None:
        """Finish the files, or give them up if something was raised."""
        self._writer.__exit__(*error)
