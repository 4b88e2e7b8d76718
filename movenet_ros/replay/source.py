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

"""Where images for a replay come from: a topic of a bag, or a video file or pictures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
import statistics
from typing import NamedTuple
from typing import Protocol

from movenet_ros.consumers.kinematics import KinematicsResult
from movenet_ros.consumers.outputs import Result3D
from movenet_ros.core.errors import FrameError
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.file_magic import Form
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.media import Media
from movenet_ros.core.media import open_media
from movenet_ros.core.source_kind import BAGS
from movenet_ros.core.source_kind import kind_of
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.core.video import CAMERA_HZ
from movenet_ros.core.wording import one_line
from movenet_ros.messages.outputs import Result
from movenet_ros.messages.stamped import READERS
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.messages.stamped import Stamped
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.bag.topic import Message
from movenet_ros.replay.bag.topic import Topic
from movenet_ros.replay.beside import Beside
from movenet_ros.replay.beside import with_depth
from movenet_ros.replay.image_topic import choose_image_topic
from movenet_ros.replay.topics_3d import CAMERA_INFO_OPTION
from movenet_ros.replay.topics_3d import choose_topics_3d
from movenet_ros.replay.topics_3d import DEPTH_OPTION
from movenet_ros.replay.topics_3d import Topics3D
from movenet_ros.settings import Pose3DParameters
from std_msgs.msg import Header

FRAME_ID = 'camera'  # of a video's images, as video_source has it
LOOKED_AT = 20  # images that tell the rate of a topic
MEDIA = (Form.PICTURE, Form.PICTURES, Form.VIDEO, Form.UNKNOWN)


class Item(NamedTuple):
    """
    What comes next.

    :param message: as it lies in the bag; None for an image of a video.
    :param image: with the people in it once they are found; the reason where it cannot be read;
        None where the message is of another topic.
    :param file: name of the picture's file, in a folder of pictures.
    :param beside: what the people in the image can be placed by; None where that is not asked for.
    :param result_3d: the people in metres, once they are placed.
    :param kinematics: what they do, once that is told.
    """

    message: Message | None
    image: Stamped | Result | FrameError | None
    file: str = ''
    beside: Beside | None = None
    result_3d: Result3D | None = None
    kinematics: KinematicsResult | None = None


class Source(Protocol):
    """
    Where the images come from.

    :ivar name: for people.
    :ivar total: number of images; None where that is unknown.
    :ivar topic: of the images; None for a video.
    :ivar topics: of all messages that come along.
    :ivar topics_3d: what people are placed by; None where there is nothing.
    :ivar notes: what a user needs to know before, in sentences.
    :ivar damage: in a sentence, when all items have come; else empty.
    :ivar are_pictures: whether each image is a file of its own, of a scene of its own.
    """

    name: str
    total: int | None
    topic: Topic | None
    topics: list[Topic]
    topics_3d: Topics3D | None
    notes: list[str]
    are_pictures: bool

    @property
    def damage(self) -> str:
        """Return what is wrong with the source."""
        ...

    def items(self) -> Iterator[Item]:
        """Yield everything that there is."""
        ...

    def rate_hz(self) -> float:
        """Return the images per second, for a video of them."""
        ...

    def close(self) -> None:
        """Close the files."""
        ...


class Asked3D(NamedTuple):
    """
    What is asked for of people in metres.

    :param depth: a topic, or ``monocular``; empty: the only one.
    :param camera_info: a topic; empty: the one beside the images, or the only one.
    """

    depth: str = ''
    camera_info: str = ''
    settings: Pose3DParameters = Pose3DParameters()


NOTHING_ASKED = Asked3D()


def open_source(
    path: Path, topic: str, max_pixels: int = MAX_IMAGE_PIXELS, asked_3d: Asked3D = NOTHING_ASKED
) -> Source:
    """
    Open a bag, a video file or a folder of pictures.

    :param topic: of the images in a bag; empty: the only one.
    :param max_pixels: larger images are rejected.
    :raises StartError: if it cannot be read or has no images.
    """
    kind = kind_of(path)
    if kind.form in BAGS:
        return BagSource(path, topic, max_pixels, asked_3d)
    if kind.form in (Form.CAMERA, Form.STREAM):
        raise StartError(f'replay reads recordings, not {kind.name} (fix: {one_line(kind.fix)})')
    options = ('--topic', DEPTH_OPTION, CAMERA_INFO_OPTION)
    for option, value in zip(options, (topic, asked_3d.depth, asked_3d.camera_info), strict=True):
        if value:
            raise StartError(f'{option} is for a bag: {kind.sentence(path)}')
    if kind.form not in MEDIA:
        raise StartError(kind.sentence(path))
    return MediaSource(open_media(str(path), max_pixels), path.is_dir())


class BagSource:
    """The images of a topic of a bag, among its other messages."""

    def __init__(
        self, path: Path, topic: str, max_pixels: int = MAX_IMAGE_PIXELS,
        asked_3d: Asked3D = NOTHING_ASKED,
    ) -> None:
        self._bag = Bag(path)
        self._max_pixels = max_pixels
        self._settings_3d = asked_3d.settings
        self.notes = self._bag.notes
        try:
            self._topic = choose_image_topic(self._bag, topic)
            self.topics_3d = choose_topics_3d(
                self._bag, self._topic, asked_3d.depth, asked_3d.camera_info, self.notes
            )
        except StartError:
            self._bag.close()
            raise
        self.name = f'{one_line(path)}, {one_line(self._topic.name)}'
        self.total: int | None = self._topic.count
        self.topic: Topic | None = self._topic
        self.topics = self._bag.topics
        self.are_pictures = False

    @property
    def damage(self) -> str:
        """Return the bag's."""
        return self._bag.damage

    def items(self) -> Iterator[Item]:
        """Yield the messages of the bag, those of the topic as images."""
        read = READERS[self._topic.msg_type]
        for message, beside in self._messages():
            image: Stamped | FrameError | None = None
            if message.topic is self._topic:
                try:
                    image = read(message.data, self._max_pixels)
                except FrameError as error:
                    image = error
            yield Item(message, image, beside=beside)

    def _messages(self) -> Iterator[tuple[Message, Beside | None]]:
        """Yield the messages, and with images what people are placed by."""
        messages, topics = self._bag.messages(), self.topics_3d
        if topics is None:
            return ((message, None) for message in messages)
        infos = (each.data for each in self._bag.messages() if each.topic is topics.camera_info)
        first = next(infos, b'')
        return with_depth(messages, self._topic, topics, self._settings_3d, first)

    def rate_hz(self) -> float:
        """Estimate the rate from the stamps of the first images."""
        images = (each.image for each in self.items() if isinstance(each.image, Stamped))
        stamps = [stamp_ns(each.header.stamp) for each in islice(images, LOOKED_AT)]
        steps = [b - a for a, b in zip(stamps[:-1], stamps[1:], strict=True) if b > a]
        return NANOSECONDS / statistics.median(steps) if steps else CAMERA_HZ

    def close(self) -> None:
        """Close the bag."""
        self._bag.close()


class MediaSource:
    """
    The images of a video file or of a folder; their stamps are their own times, from 1 / rate on.

    :param is_folder: then a picture that cannot be read is not the end.
    """

    def __init__(self, media: Media, is_folder: bool) -> None:
        self._media = media
        self._is_folder = is_folder
        self.name = media.name
        self.total = media.count
        self.topic: Topic | None = None
        self.topics: list[Topic] = []
        self.topics_3d: Topics3D | None = None
        self.notes = list(media.notes)
        self.are_pictures = media.are_pictures
        self.damage = ''

    def items(self) -> Iterator[Item]:
        """Yield the images."""
        first_ns = round(NANOSECONDS / self._media.rate_hz)
        for image, time_ns, file in self._media.images():
            if isinstance(image, ImageError) and not self._is_folder:
                self.damage = str(image)
                return
            if isinstance(image, ImageError):
                yield Item(None, image, file)
                continue
            header = Header(frame_id=FRAME_ID)
            stamp = divmod(first_ns + time_ns, NANOSECONDS)
            header.stamp.sec, header.stamp.nanosec = stamp
            yield Item(None, Stamped(header, image), file)

    def rate_hz(self) -> float:
        """Return the video's own."""
        return self._media.rate_hz

    def close(self) -> None:
        """Do nothing: the file is open only while images are read."""
