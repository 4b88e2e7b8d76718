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

"""The messages of a bag with what belongs to each image: its depth image and its camera_info."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from movenet_ros.consumers.pairing import Pairing
from movenet_ros.core.errors import FrameError
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.depth import Depth
from movenet_ros.messages.depth import DEPTH_READERS
from movenet_ros.messages.stamped import stamp_in
from movenet_ros.replay.bag.topic import Message
from movenet_ros.replay.bag.topic import Topic
from movenet_ros.replay.topics_3d import Topics3D
from movenet_ros.settings import Pose3DParameters

MOST_IMAGES = 30  # that wait for their depth image


class Beside(NamedTuple):
    """
    What belongs to an image.

    :param depth: None if there is none that is near enough.
    :param camera_info: the last message of it; empty if there was none.
    :param problem: why a depth image could not be read.
    """

    depth: Depth | None
    camera_info: bytes
    problem: str = ''


@dataclass
class _Waiting:
    message: Message
    beside: Beside | None
    is_over: bool


def with_depth(
    messages: Iterable[Message],
    image: Topic,
    topics: Topics3D,
    settings: Pose3DParameters,
    camera_info: bytes,
) -> Iterator[tuple[Message, Beside | None]]:
    """
    Yield messages in their order, those of images with what belongs to them.

    It is what the 3D node would find: images wait as poses do there, by the times at which
    messages were received. Messages behind an image that waits, wait with it.

    :param camera_info: the first message of it, which holds from the beginning.
    """
    now_s, problem, images = 0.0, '', 0
    pairing: Pairing[_Waiting] = Pairing(lambda: now_s)
    waiting: deque[_Waiting] = deque()
    for message in messages:
        now_s = max(now_s, message.received_ns / NANOSECONDS)
        item = _Waiting(message, None, message.topic is not image)
        waiting.append(item)
        if not item.is_over:
            pairing.add_poses(stamp_in(message.data), item)
            images += 1
        elif message.topic is topics.camera_info:
            camera_info = message.data
        elif message.topic is topics.depth:
            try:
                pairing.add_depth(DEPTH_READERS[message.topic.msg_type](message.data))
                problem = ''
            except FrameError as error:
                problem = f'depth images cannot be read: {error}'
        for pair in pairing.ready(
            settings.max_wait_s,
            settings.max_stamp_difference_s,
            topics.depth is not None and images < MOST_IMAGES,
        ):
            pair.item.beside = Beside(pair.depth, camera_info, '' if pair.depth else problem)
            pair.item.is_over = True
            images -= 1
        while waiting and waiting[0].is_over:
            over = waiting.popleft()
            yield over.message, over.beside
    for pair in pairing.ready(0.0, settings.max_stamp_difference_s):
        pair.item.beside = Beside(pair.depth, camera_info, '' if pair.depth else problem)
    for over in waiting:
        yield over.message, over.beside
