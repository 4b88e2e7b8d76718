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

"""Definitions of message types, which a bag carries for each of its topics."""

from __future__ import annotations

from dataclasses import replace
import json
from pathlib import Path
import re
import sys

from ament_index_python.packages import get_package_share_directory
from movenet_ros.replay.bag.topic import Topic

FIELD_TYPE = re.compile(r'^\s*(?:(\w+)/(?:msg/)?)?([A-Z]\w*)', re.MULTILINE)  # of no number


def with_definition(topic: Topic) -> Topic:
    """Add the definition of a topic's type where it has none and an installed package does."""
    if topic.definition:
        return topic
    try:
        definition = _definition(topic.msg_type)
    except (OSError, ValueError):  # the package is not installed, or the name is none of a message
        return topic
    return replace(
        topic, definition=definition, encoding='ros2msg', type_hash=_type_hash(topic.msg_type)
    )


def _definition(msg_type: str) -> str:
    """Join the definition of a type and those of all types in it, as rosbag2 does."""
    texts: dict[tuple[str, str], str] = {}
    package, _, name = msg_type.split('/')
    wanted = [(package, name)]
    for package, name in wanted:
        text = texts[package, name] = _file(package, f'{name}.msg').read_text()
        found = [(other or package, each) for other, each in FIELD_TYPE.findall(text)]
        wanted += [each for each in dict.fromkeys(found) if each not in wanted]
    head = '=' * 80 + '\nMSG: '
    return '\n'.join(
        f'{head}{package}/{name}\n{text}' for (package, name), text in texts.items()
    ).removeprefix(f'{head}{msg_type.replace("/msg/", "/")}\n')


def _type_hash(msg_type: str) -> str:
    """Return the hash (RIHS01) of a type; empty before Iron, which introduced it."""
    package, _, name = msg_type.split('/')
    path = _file(package, f'{name}.json')
    if not path.exists():
        return ''
    hashes = json.loads(path.read_text())['type_hashes']
    return str({each['type_name']: each['hash_string'] for each in hashes}[msg_type])


def _file(package: str, name: str) -> Path:
    """Return a file of a package; that of this environment where ROS is not sourced."""
    try:
        share = Path(get_package_share_directory(package))
    except (LookupError, OSError):  # OSError: there is no AMENT_PREFIX_PATH
        share = Path(sys.prefix, 'share', package)
    return share / 'msg' / name
