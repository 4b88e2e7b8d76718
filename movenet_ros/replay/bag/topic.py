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

"""A topic and a message of a bag, as its storage has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

CDR = 'cdr'  # how ROS 2 encodes messages
LATEST_NS = 2**63 - 1  # SQLite has no larger numbers


@dataclass(frozen=True)
class Topic:
    """
    A topic of a bag.

    :param count: of its messages; in a damaged bag of those that can be read.
    :param definition: of its type and what that is made of, as text; empty if the bag has none.
    :param encoding: of the definition, as ``ros2msg``.
    :param type_hash: RIHS01; empty if the bag has none.
    :param qos: the profiles that publishers offered, as YAML.
    :param serialization: of its messages.
    """

    name: str
    msg_type: str
    count: int = 0
    definition: str = ''
    encoding: str = ''
    type_hash: str = ''
    qos: str = ''
    serialization: str = CDR


class Message(NamedTuple):
    """One message of a bag, as bytes; the time is that of the recorder."""

    topic: Topic
    received_ns: int
    data: bytes
