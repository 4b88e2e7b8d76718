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

"""The node behind the page: subscribes to the images and their people while a page is open."""

from __future__ import annotations

from collections import deque
import os
import time
from typing import Any

from movenet_ros.core.drawing import person_color
from movenet_ros.core.poses import Poses
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.messages.stamped import READERS
from movenet_ros.settings import Settings
from movenet_ros.tools.matching_subscription import MatchingSubscription
from movenet_ros.tools.ros_arguments import full_topic
from movenet_ros.tools.silence import explain
from movenet_ros.tools.silence import full_name
from movenet_ros.tools.silence import LEVELS
from movenet_ros.tools.silence import others_than
from movenet_ros.tools.silence import Statuses
from movenet_ros.tools.view.newest_image import NewestImage
from movenet_ros.tools.view.newest_image import Picture
import numpy as np
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.node import Node
from vision_msgs.msg import Detection2DArray

POSES = ('vision_msgs/msg/Detection2DArray',)
PAGE_S = 3.0  # a page that is open asks every half second
UPDATE_S = 0.25
WINDOW_S = 3.0  # of rates
LATE_S = 2.0  # without an image for so long, the page tells why,
LATE_PERIODS = 3.0  # or for so many periods where images come slowly
NOTHING = {  # has arrived yet
    'problem': '', 'is_late': True, 'age_s': None, 'rate_hz': 0.0, 'latency_ms': None,
    'people': None, 'statuses': [],
}
MOST_LATENCY_MS = 60_000.0  # an older stamp is of another clock, or of a recording


class Arrivals:
    """When messages arrived lately."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque(maxlen=1000)

    def note(self) -> None:
        """Note that one arrives now."""
        self._times_s.append(time.monotonic())

    @property
    def age_s(self) -> float | None:
        """Return how long ago the newest one arrived, if any did."""
        times_s = list(self._times_s)[-1:]
        return time.monotonic() - times_s[0] if times_s else None

    @property
    def rate_hz(self) -> float:
        """Return how many arrive in a second, on average over WINDOW_S."""
        oldest_s = time.monotonic() - WINDOW_S
        times_s = [each for each in list(self._times_s) if each > oldest_s]
        return (len(times_s) - 1) / (times_s[-1] - times_s[0]) if len(times_s) > 1 else 0.0

    @property
    def is_late(self) -> bool:
        """Return whether the next one should have arrived."""
        times_s, age_s = list(self._times_s)[-2:], self.age_s
        period_s = times_s[-1] - times_s[0] if times_s else 0.0
        return age_s is None or age_s > max(LATE_S, LATE_PERIODS * period_s)


class Reception:
    """
    What arrives from the opening of the first page to the closing of the last one.

    :param topic: full name, of images.
    :param poses_topics: full names, of which the first with a publisher is taken.
    """

    def __init__(self, node: Node, topic: str, poses_topics: list[str]) -> None:
        self.images = NewestImage()
        self.image_arrivals, self.poses_arrivals = Arrivals(), Arrivals()
        self.poses = Poses.nobody()
        self.latency_ms: float | None = None  # from an image's stamp to a page
        self.problem = ''
        self._node = node
        self._begun_s = time.monotonic()
        self._owners: set[str] = set()  # the nodes that publish what is shown
        self._statuses = Statuses(node)
        self._to_images = MatchingSubscription(node, topic, self._on_image, 1, READERS, raw=True)
        self._to_poses = [
            MatchingSubscription(node, each, self._on_poses, 10, POSES) for each in poses_topics
        ]

    def update(self) -> None:
        """Subscribe to what there is by now, and find out what is wrong."""
        publishers = self._to_images.update()
        self._owners = {full_name(each) for each in publishers}
        for each in self._to_poses:
            publishers_of_poses = each.update()
            if publishers_of_poses:
                self._owners |= {full_name(each) for each in publishers_of_poses}
                break
        self.problem = self._what_is_wrong(publishers)

    def state(self) -> dict[str, Any]:
        """Return what a page shows beside the image; with the names of NOTHING."""
        return {
            'problem': self.problem,
            'is_late': self.image_arrivals.is_late,
            'age_s': self.image_arrivals.age_s,
            'rate_hz': self.image_arrivals.rate_hz,
            'latency_ms': None if self.problem else self.latency_ms,
            'people': None if self.poses_arrivals.is_late else people(self.poses),
            'statuses': [
                {**vars(each), 'level': LEVELS[each.level]}
                for each in self._statuses.of(self._owners)
            ],
        }

    def close(self) -> None:
        """Unsubscribe, so that a pose node without other subscribers rests."""
        self._statuses.close()
        for each in (self._to_images, *self._to_poses):
            each.close()

    def _what_is_wrong(self, publishers: list[Any]) -> str:
        topic = self._to_images.topic
        if not self.image_arrivals.is_late:
            return self.images.error and f'{topic}: {self.images.error}'
        if time.monotonic() - self._begun_s < LATE_S:  # nothing could have arrived yet
            return ''
        types = {each.topic_type for each in publishers}
        if types and not types & {*READERS}:
            return f'{topic} carries {" and ".join(sorted(types))}, which is no image'
        others = others_than(topic, self._node, READERS)
        return explain(topic, publishers, others, self._statuses.of(self._owners))

    def _on_image(self, msg_type: str, data: bytes) -> None:
        self.image_arrivals.note()
        self.images.put(msg_type, data)

    def _on_poses(self, msg_type: str, msg: Detection2DArray) -> None:
        try:
            self.poses = poses_from_msg(msg)
        except ValueError:  # of another program
            return
        self.poses_arrivals.note()


class Viewer(Node):
    """
    Receives what pages show while one is open; any thread may ask.

    :param topic: of sensor_msgs' Image or CompressedImage.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if the topic is no name.
    """

    def __init__(self, topic: str, **node_args: Any) -> None:
        super().__init__(
            f'movenet_view_{os.getpid()}', start_parameter_services=False, **node_args
        )
        self.topic = full_topic(self, topic)
        beside = f'{self.topic.removesuffix("/compressed").rpartition("/")[0]}/poses'
        self._poses_topics = [beside, self.resolve_topic_name('poses')]
        self._asked_s = float('-inf')
        self._reception: Reception | None = None
        self.create_timer(UPDATE_S, self._update, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def picture(self, other_than: int, wait_s: float) -> Picture | None:
        """Return the newest image; see :meth:`.NewestImage.picture`."""
        self._asked_s = time.monotonic()
        reception = self._reception
        if reception is None:
            time.sleep(UPDATE_S)
            return None
        picture = reception.images.picture(other_than, wait_s)
        if picture is not None:
            age_ms = (self.get_clock().now().nanoseconds - picture.stamp_ns) / 1e6
            reception.latency_ms = age_ms if 0.0 <= age_ms < MOST_LATENCY_MS else None
        return picture

    def state(self) -> dict[str, Any]:
        """Return what is shown beside the image, for JSON."""
        self._asked_s = time.monotonic()
        reception = self._reception
        return {'topic': self.topic, **(reception.state() if reception else NOTHING)}

    def _update(self) -> None:
        is_wanted = time.monotonic() - self._asked_s < PAGE_S
        if is_wanted and self._reception is None:
            self._reception = Reception(self, self.topic, self._poses_topics)
        if self._reception is not None:
            if is_wanted:
                self._reception.update()
            else:
                self._reception.close()
                self._reception = None


def people(poses: Poses) -> list[dict[str, Any]]:
    """Return a row for each person: id, score, keypoints seen, and the colour in the image."""
    least = Settings().keypoint_threshold
    return [
        {
            'id': person_id,
            'score': score,
            'seen': seen,
            'keypoints': len(poses.skeleton),
            'color': '#{2:02x}{1:02x}{0:02x}'.format(*person_color(person_id)),
        }
        for person_id, score, seen in zip(
            poses.ids.tolist(),
            np.nan_to_num(poses.scores).tolist(),  # JSON knows no NaN
            (poses.keypoint_scores >= least).sum(axis=1).tolist(),
            strict=True,
        )
    ]
