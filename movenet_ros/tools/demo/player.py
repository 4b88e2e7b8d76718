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

"""
Sends the images of a source to the pose node, and records what comes back.

A camera sets the pace, and the node drops what it cannot keep up with, as on a robot. Of all else
each image has to come back: the next one is sent when the one before has, and a video's no sooner
than players show it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from queue import Empty
import time
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.media import TimedImage
from movenet_ros.core.records import pose_record
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.core.wording import one_line
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.messages.stamped import READERS
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.tools.demo.graph import DemoNode
from movenet_ros.tools.demo.results import Results
from movenet_ros.tools.harness import PoseNodeProcess
from movenet_ros.tools.harness import START_TIMEOUT_S
from movenet_ros.tools.harness import STATUS_S
from vision_msgs.msg import Detection2DArray

ANSWER_S = 10.0  # to wait for what an image gives
FIRST_ANSWER_S = 25.0  # without any, the rest of the source is not worth to wait for
LAST_WORDS_S = 1.5  # the same once the user has asked for an end
PAGE_S = 30.0  # for a browser to open
POLL_S = 0.05
MOST_UNDER_WAY = 100  # a camera's images; what a node drops never comes back

read_image = READERS['sensor_msgs/msg/Image']


@dataclass
class Outcome:
    """
    What a demo did.

    :param sent: images published.
    :param unreadable: pictures that could not be read.
    :param people: number of people in each image that came back.
    :param latencies_s: from each image's stamp to its poses, in seconds.
    :param came_s: when each image's poses came, on a clock.
    :param backend: what ran the model.
    :param mode: in which it ran.
    :param damage: why the source ended early, in a sentence.
    :param files: what was written; the first one is to be looked at.
    """

    sent: int = 0
    unreadable: int = 0
    people: list[int] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)
    came_s: list[float] = field(default_factory=list)
    backend: str = ''
    mode: str = ''
    damage: str = ''
    files: list[Path] = field(default_factory=list)

    @property
    def dropped(self) -> int:
        """Return how many images gave no poses."""
        return self.sent - len(self.people)

    @property
    def rate_hz(self) -> float:
        """Return how many images a second came back."""
        seconds = self.came_s[-1] - self.came_s[0] if self.came_s else 0.0
        return (len(self.came_s) - 1) / seconds if seconds else 0.0


@dataclass
class _Sent:
    """
    An image under way.

    :param time_ns: its place in the source.
    :param people: how many are in it, once that is known.
    """

    file: str
    time_ns: int
    wh: tuple[int, int]
    people: int | None = None
    is_drawn: bool = False


class Player:
    """
    Plays a source once.

    :param node: spun by another thread.
    :param child: the pose node.
    :param warn: called with a line for each image that gets lost.
    :param signals: ask for an end as soon as there are any.
    """

    def __init__(
        self,
        node: DemoNode,
        child: PoseNodeProcess,
        warn: Callable[[str], None],
        signals: Sequence[int],
    ) -> None:
        self.outcome = Outcome()
        self._node = node
        self._child = child
        self._warn = warn
        self._signals = signals
        self._under_way: dict[int, _Sent] = {}  # by stamp
        self._latest = 0  # stamp

    def wait_for_node(self) -> bool:
        """
        Wait until the pose node takes images.

        :return: False if the user ends that.
        :raises StartError: if it ends, or takes too long.
        """
        def is_done() -> bool:
            if self._node.has_subscriber or self._signals:
                return True
            self._child.check_discovery()
            return False

        if not self._record_until(is_done, START_TIMEOUT_S):
            raise StartError(f'the pose node took no image in {START_TIMEOUT_S:.0f} s')
        return not self._signals

    def wait_for_page(self) -> None:
        """Wait a while until the page of the annotated images is open, to show all of them."""
        node, signals = self._node, self._signals
        self._record_until(lambda: node.has_page or bool(signals), PAGE_S)

    def play(self, media: Media, results: Results, on_image: Callable[[], Any]) -> None:
        """
        Send every image, until the source or the user ends that.

        :param on_image: called after each image.
        :raises StartError: if the pose node ends, or a file cannot be written.
        """
        self._results = results
        due_s, before_ns, first_s = time.monotonic(), 0, 0.0
        for timed in media.images():
            if not media.is_live and not media.are_pictures:
                due_s = max(due_s + (timed.time_ns - before_ns) / NANOSECONDS, time.monotonic())
                before_ns = timed.time_ns
                self._record_until(lambda: False, due_s - time.monotonic())
            if self._signals:
                break
            if isinstance(timed.image, SourceImage):
                first_s = first_s or time.monotonic()
                self._send(timed, timed.image)
                if media.is_live:
                    self._record_until(self._node.arrived.empty, ANSWER_S)
                elif not self._is_back() and not self._signals:
                    name = one_line(timed.file) or f'image {self.outcome.sent}'
                    self._warn(f'{name} did not come back in {ANSWER_S:.0f} s')
                silent_s = time.monotonic() - first_s
                if not self.outcome.people and silent_s > FIRST_ANSWER_S and not self._signals:
                    self.outcome.damage = (
                        f'none of {self.outcome.sent} images came back in {silent_s:.0f} s; the'
                        f' last line of the pose node: {self._child.last_line()}'
                    )
                    break
            elif media.are_pictures:
                self.outcome.unreadable += 1
                self._warn(f'skipped {timed.image}')
            else:
                self.outcome.damage = str(timed.image)
                break
            on_image()
        else:
            if media.is_live and media.count is None:
                self.outcome.damage = f'{media.name} delivers no images (any more)'
        if media.is_live:
            self._is_back()
        if self.outcome.people:
            self._record_until(lambda: bool(self._node.status.backend), STATUS_S)
        status = self._node.status
        self.outcome.backend, self.outcome.mode = status.backend, status.mode

    def _send(self, timed: TimedImage, image: SourceImage) -> None:
        self.outcome.sent += 1
        self._latest = self._node.publish(image)
        self._under_way[self._latest] = _Sent(timed.file, timed.time_ns, image.wh)
        if len(self._under_way) > MOST_UNDER_WAY:
            del self._under_way[min(self._under_way)]

    def _is_back(self) -> bool:
        """Record what arrives until the latest image has come back; return whether it has."""
        return self._record_until(lambda: self._latest not in self._under_way, ANSWER_S)

    def _record_until(self, is_done: Callable[[], bool], seconds: float) -> bool:
        """
        Record what arrives until something is true or a time is over.

        :return: whether it is true.
        :raises StartError: if the pose node has ended.
        """
        begun_s = time.monotonic()
        while not is_done():
            self._child.check()
            most_s = min(seconds, LAST_WORDS_S) if self._signals else seconds
            left_s = begun_s + most_s - time.monotonic()
            if left_s <= 0:
                return False
            with suppress(Empty):
                self._record(*self._node.arrived.get(timeout=min(left_s, POLL_S)))
        return True

    def _record(self, now_ns: int, message: Any) -> None:
        """Record a message of poses, or the bytes of an annotated image."""
        if isinstance(message, Detection2DArray):
            stamp = stamp_ns(message.header.stamp)
        else:
            stamped = read_image(message, MAX_IMAGE_PIXELS)
            stamp = stamp_ns(stamped.header.stamp)
        sent = self._under_way.get(stamp)
        if sent is None:
            return  # given up long ago
        if isinstance(message, Detection2DArray):
            poses = poses_from_msg(message)
            sent.people = len(poses)
            self.outcome.people.append(len(poses))
            self.outcome.latencies_s.append((now_ns - stamp) / NANOSECONDS)
            self.outcome.came_s.append(now_ns / NANOSECONDS)
            self._results.add_poses(pose_record(stamp, sent.wh, poses, sent.file))
        else:
            sent.is_drawn = True
            people = sent.people or 0
            self._results.add_image(stamped.image.as_bgr(), people, sent.time_ns, sent.file)
        if sent.is_drawn and sent.people is not None:
            del self._under_way[stamp]
