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

"""What a replay writes: a bag, a video, lines of JSON."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.errors import StartError
from movenet_ros.core.recording import JsonLines
from movenet_ros.core.recording import pose_record
from movenet_ros.core.recording import VideoFile
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.padding import without_padding
from movenet_ros.messages.prepared import detections_to_bytes
from movenet_ros.messages.prepared import poses_to_bytes
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.replay.bag.definitions import with_definition
from movenet_ros.replay.bag.topic import Topic
from movenet_ros.replay.bag.writer import BagFile
from movenet_ros.replay.bag.writer import our_topic
from movenet_ros.replay.source import Found
from movenet_ros.replay.source import Item
from movenet_ros.replay.source import Source
from movenet_ros.replay.unfinished import check_apart
from movenet_ros.replay.unfinished import Unfinished
from movenet_ros.settings import PoseParameters
import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import serialize_message

KEPT = 10  # QoS of poses and detections, as the node has it
OURS = {  # topic: type
    '/poses': 'vision_msgs/msg/Detection2DArray',
    '/detections': 'vision_msgs/msg/Detection2DArray',
    '/image_annotated': 'sensor_msgs/msg/Image',
}
VIDEO_SUFFIX = '.mp4'

Write = Callable[[Item, Any], None]
"""Takes an item, and its image with the people drawn if that is needed."""


@dataclass(frozen=True)
class Targets:
    """
    Where to write; None for not at all.

    :param storage: of the bag, ``mcap`` or ``sqlite3``.
    :param annotated: whether the bag gets the annotated images, too.
    :param overwrite: whether what is there may be replaced.
    """

    bag: Path | None = None
    video: Path | None = None
    lines: Path | None = None
    storage: str = 'mcap'
    annotated: bool = False
    overwrite: bool = False


class Outputs:
    """
    The files of a replay; a context manager that leaves nothing behind that is not complete.

    :ivar notes: what the bag will not hold, in sentences.
    :raises StartError: if something cannot be written where it is to be.
    """

    def __init__(
        self, targets: Targets, settings: PoseParameters, input_path: Path, source: Source
    ) -> None:
        self._targets = targets
        self._settings = settings
        self.notes: list[str] = []
        self._image_topic = source.topic
        wanted = (targets.bag, targets.video, targets.lines)
        check_apart(input_path, [each for each in wanted if each is not None])
        if targets.video and targets.video.suffix != VIDEO_SUFFIX:
            raise StartError(f'{targets.video} does not end in {VIDEO_SUFFIX}')
        self._topics = self._bag_topics(source) if targets.bag else []
        self._rate_hz = source.rate_hz() if targets.video else 0.0
        with ExitStack() as stack:
            self._bag, self._video, self._lines = (
                each and stack.enter_context(Unfinished(each, targets.overwrite, is_folder))
                for each, is_folder in zip(wanted, (True, False, False), strict=True)
            )
            self._unfinished = stack.pop_all()

    def consume(self, items: Iterator[Item]) -> None:
        """
        Write what has been found.

        :raises StartError: if that fails.
        """
        draws = bool(self._video or self._targets.annotated)
        with ExitStack() as stack:
            writers: list[Write] = []
            if self._bag:
                writers.append(self._bag_writer(stack, self._bag))
            if self._video:
                writers.append(self._video_writer(stack, self._video))
            if self._lines:
                writers.append(self._lines_writer(stack, self._lines))
            for item in items:
                drawn = None
                if draws and isinstance(item.image, Found):
                    drawn = self._drawn(item.image)
                for write in writers:
                    write(item, drawn)

    def complete(self) -> list[Path]:
        """
        Give the files their names.

        :return: what has been written.
        :raises StartError: if that fails.
        """
        made = [each for each in (self._bag, self._video, self._lines) if each]
        return [each.target for each in made if each.complete()]

    def __enter__(self) -> Outputs:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Remove what is not complete."""
        self._unfinished.close()

    def _bag_topics(self, source: Source) -> list[Topic]:
        """List the topics of the bag, ours first, and note which of the input's are not in it."""
        names = [name for name in OURS if self._targets.annotated or name != '/image_annotated']
        if source.topic and source.topic.name in names:
            raise StartError(f'{source.topic.name} is the input, it cannot be an output as well')
        depths = {'/image_annotated': 1}
        topics = [our_topic(name, OURS[name], depths.get(name, KEPT)) for name in names]
        for topic in source.topics:
            if topic.name in OURS and topic is not source.topic:
                fate = 'replaced' if topic.name in names else 'left out: it is of other poses'
                self.notes.append(f'{topic.name} ({topic.msg_type}) of the input is {fate}')
            else:
                topics.append(with_definition(topic))
        return topics

    def _bag_writer(self, stack: ExitStack, unfinished: Unfinished) -> Write:
        ours = {each.name: each for each in self._topics if each.name in OURS}
        stack.enter_context(unfinished.naming())
        bag = stack.enter_context(BagFile(unfinished.path, self._targets.storage, self._topics))

        def write(item: Item, drawn: Any) -> None:
            message, found = item
            with unfinished.naming():
                is_input = message is not None and message.topic is self._image_topic
                if message and (is_input or message.topic.name not in OURS):
                    bag.write(*message)
                if not isinstance(found, Found):
                    return
                poses, header = found.poses, found.header
                at_ns = message.received_ns if message else stamp_ns(header.stamp)
                bag.write(ours['/poses'], at_ns, poses_to_bytes(poses, header))
                bag.write(ours['/detections'], at_ns, detections_to_bytes(poses, header))
                if self._targets.annotated:
                    msg = image_to_msg(drawn, header)
                    annotated = without_padding(bytes(serialize_message(msg)), msg)
                    bag.write(ours['/image_annotated'], at_ns, annotated)

        return write

    def _video_writer(self, stack: ExitStack, unfinished: Unfinished) -> Write:
        stack.enter_context(unfinished.naming())
        video = VideoFile(unfinished.path, self._rate_hz)
        stack.push(lambda kind, *_: None if kind else video.check())
        stack.enter_context(closing(video))

        def write(item: Item, drawn: Any) -> None:
            if isinstance(item.image, Found):
                with unfinished.naming():
                    video.write(drawn, stamp_ns(item.image.header.stamp))

        return write

    def _lines_writer(self, stack: ExitStack, unfinished: Unfinished) -> Write:
        stack.enter_context(unfinished.naming())
        lines = stack.enter_context(JsonLines(unfinished.path))

        def write(item: Item, drawn: Any) -> None:
            found = item.image
            if isinstance(found, Found):
                with unfinished.naming():
                    at_ns = stamp_ns(found.header.stamp)
                    lines.write(pose_record(at_ns, found.image.wh, found.poses))

        return write

    def _drawn(self, found: Found) -> NDArray[np.uint8]:
        """Draw the people as the node does."""
        settings = self._settings
        return draw_poses(
            found.image.as_bgr(),
            found.poses,
            settings.keypoint_threshold,
            settings.annotate.boxes,
            settings.annotate.scores,
        )
