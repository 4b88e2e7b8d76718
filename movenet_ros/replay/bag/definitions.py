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

"""Definitions of message types and their hashes, which a bag carries for each of its topics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import sys
from typing import Any

from ament_index_python.packages import get_package_share_directory
from rosbags.typesys import get_types_from_idl
from rosbags.typesys import get_types_from_msg
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores

IDL = '=' * 80 + '\nIDL: '  # what a definition in IDL begins with, in a bag


def definition_of(msg_type: str) -> tuple[str, str] | None:
    """
    Find the definition of a message type in the installed packages, or in what rosbags knows.

    :param msg_type: as ``package/msg/Name``.
    :return: text and hash (RIHS01), None if it is nowhere.
    """
    for find in (_installed, lambda _: get_typestore(Stores.LATEST)):
        try:
            store = find(msg_type)
            text, _ = store.generate_msgdef(msg_type, ros_version=2)
            return text, store.hash_rihs01(msg_type)
        except Exception:  # noqa: B902 (rosbags and ament each have many words for no)
            pass
    return None


def hash_of(msg_type: str, text: str) -> str:
    """
    Compute the hash of a type from its definition in a bag.

    :return: RIHS01, empty where rosbags cannot read the definition.
    """
    store = get_typestore(Stores.EMPTY)
    try:
        is_idl = text.startswith(IDL)
        types = get_types_from_idl(text) if is_idl else get_types_from_msg(text, msg_type)
        store.fielddefs.update(types)  # register would have code made of the text, and run it
        return str(store.hash_rihs01(msg_type))
    except Exception:  # noqa: B902 (whatever comes of a text that somebody else wrote)
        return ''


def _installed(msg_type: str) -> Any:
    """Read a type, and what it is made of, from the share folders of the packages."""
    store = get_typestore(Stores.EMPTY)
    types: dict[str, Any] = {}
    wanted = {msg_type}
    while wanted:
        name = wanted.pop()
        package, _, plain_name = name.split('/')
        path = _share(package) / 'msg' / f'{plain_name}.msg'
        types.update(get_types_from_msg(path.read_text(), name))
        wanted |= {each for _, fields in types.values() for each in _names(fields)}
        wanted -= types.keys() | store.fielddefs.keys()
    store.fielddefs.update(types)
    return store


def _share(package: str) -> Path:
    """Return a package's share folder, that of this environment if ROS is not sourced."""
    try:
        return Path(get_package_share_directory(package))
    except (LookupError, OSError):  # OSError: there is no AMENT_PREFIX_PATH
        return Path(sys.prefix, 'share', package)


def _names(fields: Any) -> Iterator[str]:
    """Yield the types among the descriptions of fields, which are pairs within pairs."""
    for each in fields:
        if isinstance(each, tuple):
            yield from _names(each)
        elif isinstance(each, str) and '/' in each:
            yield each
