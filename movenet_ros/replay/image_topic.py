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

"""Which topic of a bag has the images, and what is told where that is none, or several."""

from __future__ import annotations

from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line
from movenet_ros.messages.outputs import ANNOTATED
from movenet_ros.messages.stamped import READERS
from movenet_ros.messages.transports import republish
from movenet_ros.messages.transports import VIDEO_TYPES
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.bag.topic import CDR
from movenet_ros.replay.bag.topic import Topic
from movenet_ros.replay.topics_3d import depth_topics

LISTED = 20  # topics in a sentence
CONVERTED = {  # encoding of images: what makes messages of ROS 2 of them
    'ros1': 'pip install rosbags; rosbags-convert --src OLD.bag --dst NEW, of its ROS 1 bag',
}
ELSE = 'save them as JPEG files, with the Python package mcap'


def choose_image_topic(bag: Bag, name: str) -> Topic:
    """
    Find the topic with the images.

    :raises StartError: if there is none, or if there are several to choose from.
    """
    shown = one_line(bag.path)
    if not bag.topics:
        raise StartError(bag.damage or f'{shown} is an empty bag')
    known = _listing(bag.topics)
    if name:
        named = [each for each in bag.topics if each.name in (name, f'/{name}')]
        if not named:
            raise StartError(f'{shown} has no topic {one_line(name)}, it has {known}')
        images = [each for each in named if _is_image(each)]
        if not images:
            raise StartError(
                f'{one_line(name)} carries {_carried(named[0])}, no images; {shown} has {known}'
                f'{_converted(named)}'
            )
        return images[0]
    images = [each for each in bag.topics if _is_image(each) and each.count]
    others = [each for each in images if not each.name.endswith(f'/{ANNOTATED}')]
    images = others or images
    if len(images) > 1:
        depth = depth_topics(bag)
        images = [each for each in images if each not in depth] or images
    if not images:
        more = ''.join(f'; {each}' for each in (bag.damage, *bag.notes) if each)
        fix = _converted(bag.topics)
        what = 'images in the encoding of ROS 2' if fix else 'images'
        raise StartError(f'{shown} has no {what}; it has {known}{fix}{more}')
    if len(images) > 1:
        several = _listing(images)
        raise StartError(f'{shown} has several image topics; try --topic with one of {several}')
    return images[0]


def _is_image(topic: Topic) -> bool:
    return topic.msg_type in READERS and topic.serialization == CDR


def _carried(topic: Topic) -> str:
    """Return what a topic carries, as ``foxglove.RawImage in protobuf``."""
    encoding = '' if topic.serialization == CDR else f' in {topic.serialization}'
    return one_line(f'{topic.msg_type or "messages without a type"}{encoding}')


def _converted(topics: list[Topic]) -> str:
    """Return what makes images of ROS 2 of those in another encoding."""
    encodings = {
        each.serialization for each in topics
        if each.serialization != CDR and 'image' in each.msg_type.lower() + each.name.lower()
    }
    fixes = [CONVERTED.get(each, ELSE) for each in sorted(encodings)]
    for each in topics:
        if each.msg_type in VIDEO_TYPES:
            command = republish(VIDEO_TYPES[each.msg_type], 'raw', one_line(each.name))
            fixes.append(f'record what this makes of it while the bag is played: {command}')
    return ''.join(f' (fix: {each})' for each in fixes[:1])


def _listing(topics: list[Topic]) -> str:
    """Name the topics, the first ones if they are many."""
    named = [f'{one_line(each.name)} ({_carried(each)}, {each.count})' for each in topics]
    more = [f'and {len(named) - LISTED} more'] if len(named) > LISTED else []
    return ', '.join(named[:LISTED] + more)
