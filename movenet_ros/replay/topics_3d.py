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

"""Which topics of a bag say how far people are: a depth image, and the camera's calibration."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from movenet_ros.core.errors import FrameError
from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line
from movenet_ros.messages.depth import DEPTH_READERS
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.bag.topic import CDR
from movenet_ros.replay.bag.topic import Message
from movenet_ros.replay.bag.topic import Topic
from movenet_ros.settings import MONOCULAR
from movenet_ros.settings import OFF

CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
LOOKED_AT = 1000  # messages that tell which topics carry depth
DEPTH_OPTION, CAMERA_INFO_OPTION = '--depth-topic', '--camera-info-topic'


class Topics3D(NamedTuple):
    """
    What people are placed by.

    :param depth: None for their size in the image.
    :param camera_info: of the images.
    """

    depth: Topic | None
    camera_info: Topic

    @property
    def words(self) -> str:
        """Return their names."""
        depth = one_line(self.depth.name) if self.depth else MONOCULAR
        return f'{depth} and {one_line(self.camera_info.name)}'


def depth_topics(bag: Bag) -> list[Topic]:
    """Return the topics whose first message is a depth image."""
    unknown = {
        each.name for each in bag.topics
        if each.msg_type in DEPTH_READERS and each.serialization == CDR and each.count
    }
    found: set[str] = set()
    for message in islice(bag.messages(), LOOKED_AT):
        if not unknown:
            break
        if message.topic.name in unknown:
            unknown.remove(message.topic.name)
            if _is_depth(message):
                found.add(message.topic.name)
    return [each for each in bag.topics if each.name in found]


def _is_depth(message: Message) -> bool:
    with suppress(FrameError):
        DEPTH_READERS[message.topic.msg_type](message.data)
        return True
    return False


def choose_topics_3d(
    bag: Bag, image: Topic, depth_name: str, camera_info_name: str, notes: list[str]
) -> Topics3D | None:
    """
    Find what people are placed by.

    :param image: the topic of the images.
    :param depth_name: of the topic, or ``monocular``, or ``off``; empty: the only one.
    :param camera_info_name: of the topic; empty: the one beside the images, or the only one.
    :param notes: gains a sentence where nobody is placed although there is depth.
    :return: None where there is no depth and none was asked for, or it is off.
    :raises StartError: if what was asked for is not there.
    """
    if depth_name == OFF:
        return None
    is_asked = bool(depth_name or camera_info_name)
    depth: Topic | None = None
    if depth_name and depth_name != MONOCULAR:
        depth = _named(bag, depth_name, DEPTH_READERS, DEPTH_OPTION)
    elif not depth_name:
        candidates = _raw_first(depth_topics(bag))
        if len(candidates) != 1:
            _tell('depth topics', candidates, DEPTH_OPTION, is_asked, notes if candidates else [])
            return None
        (depth,) = candidates
    if camera_info_name:
        return Topics3D(depth, _named(bag, camera_info_name, [CAMERA_INFO], CAMERA_INFO_OPTION))
    infos = [each for each in bag.topics if each.msg_type == CAMERA_INFO and each.count]
    beside = [each for each in infos if each.name == _beside(image)]
    if len(beside or infos) != 1:
        _tell('camera_info topics', infos, CAMERA_INFO_OPTION, is_asked, notes)
        return None
    return Topics3D(depth, (beside or infos)[0])


def _tell(
    what: str, found: list[Topic], option: str, is_asked: bool, notes: list[str]
) -> None:
    """
    Say that there is no topic, or several.

    :raises StartError: instead of a note, if people in metres were asked for.
    """
    names = ', '.join(one_line(each.name) for each in found)
    sentence = f'{len(found) or "no"} {what} in the bag' + (names and f': {names}')
    sentence = f'people are not placed in metres: {sentence} ({option} takes one)'
    if is_asked:
        raise StartError(sentence)
    notes.append(sentence)


def _named(bag: Bag, name: str, types: Iterable[str], option: str) -> Topic:
    """
    Return the topic of a name.

    :raises StartError: if it is not there, or of another type.
    """
    for each in bag.topics:
        if each.name in (name, f'/{name}') and each.msg_type in types:
            return each
    fitting = [one_line(each.name) for each in bag.topics if each.msg_type in types]
    raise StartError(
        f'{option} {one_line(name)}: {one_line(bag.path)} has no such topic of'
        f' {" or ".join(types)}; it has {", ".join(fitting) or "none of that type"}'
    )


def _raw_first(topics: list[Topic]) -> list[Topic]:
    """Leave out what is compressed of a topic that is there raw, too."""
    names = {each.name for each in topics}
    return [each for each in topics if each.name.rpartition('/')[0] not in names]


def _beside(image: Topic) -> str:
    """Return where image_transport has camera_info: beside the raw images."""
    folder = image.name.rpartition('/')[0]
    if image.msg_type.endswith('CompressedImage'):
        folder = folder.rpartition('/')[0]
    return f'{folder}/camera_info'
