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

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from itertools import product
import os
from pathlib import Path
from typing import Any

from movenet_ros.core.source_kind import METADATA
from movenet_ros.replay.bag.definitions import with_definition
from movenet_ros.replay.bag.mcap import McapWriter
from movenet_ros.replay.bag.sqlite import SqliteWriter
from movenet_ros.replay.bag.storages import ROOT
from movenet_ros.replay.bag.topic import LATEST_NS
from movenet_ros.replay.bag.topic import Topic
import yaml

STORAGES: dict[str, tuple[str, Any]] = {
    'mcap': ('.mcap', McapWriter), 'sqlite3': ('.db3', SqliteWriter)
}
VERSION = 8  # of the metadata: the latest that older distributions read, too
POLICIES = {  # of QoS, in the order of their numbers, which is what version 8 has for their names
    'history': ('system_default', 'keep_last', 'keep_all', 'unknown'),
    'reliability': ('system_default', 'reliable', 'best_effort', 'unknown', 'best_available'),
    'durability': (
        'system_default', 'transient_local', 'volatile', 'unknown', 'best_available'
    ),
    'liveliness': (
        'system_default', 'automatic', 'manual_by_node', 'manual_by_topic', 'unknown',
        'best_available',
    ),
}
FOR_EVER = {'sec': 9223372036, 'nsec': 854775807}


def our_topic(name: str, msg_class: type[Any], depth: int) -> Topic:
    """Describe a topic as the node publishes it."""
    reliable = {
        'history': 1, 'depth': depth, 'reliability': 1, 'durability': 2, 'deadline': FOR_EVER,
        'lifespan': FOR_EVER, 'liveliness': 1, 'liveliness_lease_duration': FOR_EVER,
        'avoid_ros_namespace_conventions': False,
    }
    package = msg_class.__module__.split('.')[0]
    return Topic(name, f'{package}/msg/{msg_class.__name__}', qos=_yaml([reliable]))


class BagFile:
    """
    A bag that is being written; a context manager, in the one thread that writes.

    :param path: of the folder, which must not be there.
    :param storage: ``mcap`` or ``sqlite3``.
    :param topics: gain the definitions of their types where they have none.
    """

    def __init__(self, path: Path, storage: str, topics: Iterable[Topic]) -> None:
        self._path = path
        self._storage = storage
        self._topics = [
            replace(with_definition(each), qos=_numbered(each.qos)) for each in topics
        ]
        self._keys: dict[tuple[str, str], int] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._first_ns, self._last_ns = LATEST_NS, 0

    def write(self, topic: Topic, received_ns: int, data: bytes) -> None:
        """Write a message; those of other topics are dropped."""
        name = topic.name, topic.msg_type
        if name in self._keys:
            self._file.write(self._keys[name], received_ns, data)
            self._counts[name] += 1
            self._first_ns = min(self._first_ns, received_ns)
            self._last_ns = max(self._last_ns, received_ns)

    def __enter__(self) -> BagFile:
        """Begin the files."""
        self._path.mkdir()
        suffix, make = STORAGES[self._storage]
        self._name = f'{self._path.name}_0{suffix}'
        self._file = make(self._path / self._name)
        for each in self._topics:
            self._keys[each.name, each.msg_type] = self._file.add(each)
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        """Finish the files, or give them up if something was raised."""
        with closing(self._file):
            if kind is None:
                about = self._metadata()
                self._file.finish(VERSION, _yaml(about))
                (self._path / METADATA).write_text(_yaml({ROOT: about}))

    def _metadata(self) -> dict[str, Any]:
        count = self._counts.total()
        times = {
            'duration': {'nanoseconds': max(0, self._last_ns - self._first_ns)},
            'starting_time': {'nanoseconds_since_epoch': self._first_ns},
            'message_count': count,
        }
        return {
            'version': VERSION,
            'storage_identifier': self._storage,
            **times,
            'topics_with_message_count': [
                {
                    'topic_metadata': {
                        'name': each.name,
                        'type': each.msg_type,
                        'serialization_format': each.serialization,
                        'offered_qos_profiles': each.qos,
                        'type_description_hash': each.type_hash,
                    },
                    'message_count': self._counts[each.name, each.msg_type],
                }
                for each in self._topics
            ],
            'compression_format': '',
            'compression_mode': '',
            'relative_file_paths': [self._name],
            'files': [{'path': self._name, **times}],
            'custom_data': None,
            'ros_distro': os.environ.get('ROS_DISTRO', 'unknown'),
        }


def _numbered(qos: str) -> str:
    """Give the policies of QoS profiles by their numbers; empty for what are no profiles."""
    try:
        profiles = yaml.safe_load(qos) or []
        for profile, (policy, names) in product(profiles, POLICIES.items()):
            if isinstance(profile[policy], str):
                profile[policy] = names.index(profile[policy])
    except Exception:  # noqa: B902 (whatever comes of the text of another program)
        return ''
    return _yaml(profiles) if profiles else ''


def _yaml(content: Any) -> str:
    return yaml.safe_dump(content, sort_keys=False)
