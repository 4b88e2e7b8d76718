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

"""One camera's people in, their bodies as REP-155 has them out, and everything between."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import time
from typing import Any
from typing import NamedTuple
from typing import TypeVar

from movenet_ros.consumers.humans_images import Images
from movenet_ros.consumers.humans_report import HumansReport
from movenet_ros.consumers.humans_telling import Telling
from movenet_ros.consumers.kinematics_report import Told
from movenet_ros.consumers.kinematics_stream import STILL
from movenet_ros.consumers.rejections import Rejections
from movenet_ros.consumers.tally import Tally
from movenet_ros.consumers.topic_input import TopicInput
from movenet_ros.core.errors import FrameError
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.wording import without_figures
from movenet_ros.messages.poses_reader import poses_3d_reader
from movenet_ros.messages.poses_reader import poses_reader
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.condition_log import Condition
from movenet_ros.node.condition_log import ConditionLog
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.settings import HumansParameters
from movenet_ros.settings import POSES
from movenet_ros.settings import POSES_3D
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

DEPTH = 10  # messages that may wait; all are read, since what people do takes time
NO_IDS = (
    'the people in poses have no ids, by which bodies are told apart: set the parameter'
    ' tracking.association of the pose node'
)

Read = Callable[[bytes], tuple[Header, int]]  # of a message; returns how many people are in it


People = TypeVar('People', Poses, Poses3D)


def with_ids(people: People, ids: NDArray[np.int64]) -> People:
    """Return those of the people who have an id."""
    has_id = ids > 0
    return people if has_id.all() else people[has_id]


class _Active(NamedTuple):
    """What an active node has in the graph."""

    telling: Telling
    poses: TopicInput
    poses_3d: TopicInput
    images: Images


class HumansStream:
    """
    Tells of the people of one camera as REP-155 does.

    :param node: that has the topics.
    """

    def __init__(self, node: ManagedNode, settings: HumansParameters) -> None:
        self.settings = settings
        self.tally: Tally[Told] = Tally()
        self._node = node
        self._active: _Active | None = None
        self._is_heard = self._lacks_ids = False
        self._unread = ''  # why the last message cannot be read, if it cannot
        self._latest_ns: int | None = None  # the stamp of the last message of poses
        self._condition = ConditionLog(node)
        self._rejections = Rejections(node)
        self._poses, self._poses_3d = poses_reader(), poses_3d_reader()

    def report(self) -> HumansReport:
        """Return the state, for /diagnostics; in any thread."""
        active, state = self._active, self._node.state
        waiting = '' if self._is_heard else 'waiting for subscribers'
        return HumansReport(
            state=state,
            idle=waiting if active else state,
            problem=self._condition.sentence,
            topic=active.poses.topic if active else '',
            tally=self.tally,
            bodies=active.telling.bodies.ids if active else (),
            image_wh=active.images.wh if active else None,
        )

    def activate(self) -> str:
        """
        Subscribe as soon as an output has subscribers.

        :return: the topics, for the log.
        """
        node = self._node
        telling = Telling(node, self.settings)

        def reads(name: str, msg_type: type[Any], read: Read, source: str) -> TopicInput:
            topic = node.resolve_topic_name(name)
            receive = partial(self._on_message, name, read)
            return TopicInput(node, name, topic, msg_type, DEPTH, receive, source)

        self._active = _Active(
            telling,
            reads(POSES, Detection2DArray, self._on_poses, 'the pose node'),
            reads(POSES_3D, Detection3DArray, self._on_poses_3d, 'the 3D node'),
            Images(
                node, self.settings.image_transport, telling.cut, partial(self._reject, 'image')
            ),
        )
        self.update()
        waiting = '' if self._is_heard else ', waiting for subscribers'
        return f'{self._active.poses.topic} -> {telling.topic}{waiting}'

    def close(self) -> None:
        """Unsubscribe, and forget everything."""
        if self._active is not None:
            self._pause(self._active)
            self._active.telling.close()
            self._active = None

    def apply(self, settings: HumansParameters) -> None:
        """Accept parameters that changed; they hold from the next message on."""
        self.settings = settings
        if self._active is not None:
            self._active.telling.apply(settings)
            self.update()

    def update(self) -> None:
        """Subscribe or unsubscribe, and log what is wrong; to be called often."""
        active = self._active
        if active is None:
            return
        telling = active.telling
        telling.update()
        is_about_people, is_about_space = telling.is_about_people, telling.is_about_space
        self._is_heard = is_about_people or is_about_space
        if not self._is_heard:
            self._pause(active)
            return
        active.poses.update(True)  # those in metres are of the same camera
        active.poses_3d.update(is_about_space)
        if is_about_people:
            active.images.update(telling.is_cutting)
        else:
            active.images.close()
        problem = self._problem(active)
        kind = without_figures(problem)
        self._condition.report(
            Condition(kind, problem) if problem else None, 'people are told of',
            is_told=self._rejections.has_told(kind),
        )

    def _pause(self, active: _Active) -> None:
        """Unsubscribe, and forget what does not outlive that."""
        for each in (active.poses, active.poses_3d, active.images):
            each.close()
        active.telling.pause()
        self.tally.restart()
        self._is_heard = self._lacks_ids = False
        self._unread, self._latest_ns = '', None
        self._condition.report(None)

    def _problem(self, active: _Active) -> str:
        """Return what is missing, in one sentence with the fix, or nothing."""
        timeout_s = self.settings.diagnostics.timeout_s
        awaited = [(POSES, active.poses), (POSES_3D, active.poses_3d)]
        if active.images.is_awaited:
            awaited.append(('images', active.images.input))
        for name, each in awaited:
            if each.is_subscribed and each.silent_s > timeout_s:
                return f'no {name} for {timeout_s:g} s: {each.silence()}'
        lately = self.tally.lately()
        if not lately and self._unread:
            return self._unread
        if 2 * sum(each.is_still for each in lately) > len(lately):
            return f'{STILL}: look at what publishes the images of {active.poses.topic}'
        if active.images.beyond_s > timeout_s:
            return (
                f'the people of {active.poses.topic} are not in the images of'
                f' {active.images.input.topic}, which are smaller: remap image to those of the'
                ' pose node'
            )
        return active.images.problem or (NO_IDS if self._lacks_ids else '')

    def _on_message(self, name: str, read: Read, message: bytes) -> None:
        begun_s = time.perf_counter()
        try:
            header, people = read(message)
        except FrameError as error:
            self._unread = str(error)
            self._reject(name, self._unread)
            return
        if name == POSES:
            stamp, before = stamp_ns(header.stamp), self._latest_ns
            self._unread, self._latest_ns = '', stamp
            self.tally.add(Told(people, time.perf_counter() - begun_s, stamp == before))

    def _on_poses(self, message: bytes) -> tuple[Header, int]:
        """Tell of the people in an image."""
        header, poses = self._poses.read(message)
        known = with_ids(poses, poses.ids)
        self._lacks_ids = len(poses) > 0 and not len(known)
        if self._active is not None:
            images = self._active.images
            self._active.telling.people(header, known, images.size_for(header, known))
            images.add_people(header, known)
        return header, len(poses)

    def _on_poses_3d(self, message: bytes) -> tuple[Header, int]:
        """Tell of people in metres."""
        header, people = self._poses_3d.read(message)
        if self._active is not None:
            self._active.telling.space(header, with_ids(people, people.poses.ids))
        return header, len(people)

    def _reject(self, what: str, reason: str) -> None:
        self.tally.reject(reason)
        self._rejections.warn(f'rejected {what}', reason)
