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
from typing import Any
from typing import NamedTuple
from typing import TypeVar

from movenet_ros.consumers.humans_images import Images
from movenet_ros.consumers.humans_report import HumansReport
from movenet_ros.consumers.humans_telling import Telling
from movenet_ros.consumers.reception import DEPTH
from movenet_ros.consumers.reception import Reception
from movenet_ros.consumers.reception import why_none
from movenet_ros.consumers.topic_input import TopicInput
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.messages.poses_reader import poses_3d_reader
from movenet_ros.messages.poses_reader import poses_reader
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.settings import HumansParameters
from movenet_ros.settings import POSES
from movenet_ros.settings import POSES_3D
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

NO_IDS = (
    'the people in poses have no ids, by which bodies are told apart: set the parameter'
    ' tracking.association of the pose node'
)

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
        self._node = node
        self._active: _Active | None = None
        self._is_heard = self._lacks_ids = False
        self._reception = Reception(node, 'people are told of')
        self._poses, self._poses_3d = poses_reader(), poses_3d_reader()

    def report(self) -> HumansReport:
        """Return the state, for /diagnostics; in any thread."""
        active, state = self._active, self._node.state
        waiting = '' if self._is_heard else 'waiting for subscribers'
        return HumansReport(
            state=state,
            idle=waiting if active else state,
            problem=self._reception.problem,
            topic=active.poses.topic if active else '',
            tally=self._reception.tally,
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

        reception = self._reception

        def reads(
            name: str, msg_type: type[Any], receive: Callable[[bytes], Any], source: str
        ) -> TopicInput:
            topic = node.resolve_topic_name(name)
            return TopicInput(node, name, topic, msg_type, DEPTH, receive, source)

        on_poses = partial(reception.receive, POSES, self._on_poses)
        on_poses_3d = partial(reception.have_told, POSES_3D, self._on_poses_3d)
        self._active = _Active(
            telling,
            reads(POSES, Detection2DArray, on_poses, 'the pose node'),
            reads(POSES_3D, Detection3DArray, on_poses_3d, 'the 3D node'),
            Images(
                node, self.settings.image_transport, telling.cut,
                partial(reception.reject, 'image'),
            ),
        )
        self.update()
        return f'{self._active.poses.topic} -> {telling.topic}'

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
        self._reception.report(self._problem(active))

    def _pause(self, active: _Active) -> None:
        """Unsubscribe, and forget what does not outlive that."""
        for each in (active.poses, active.poses_3d, active.images):
            each.close()
        active.telling.pause()
        self._is_heard = self._lacks_ids = False
        self._reception.restart()

    def _problem(self, active: _Active) -> str:
        """Return what is missing, in one sentence with the fix, or nothing."""
        timeout_s = self.settings.diagnostics.timeout_s
        awaited = [(POSES, active.poses), (POSES_3D, active.poses_3d)]
        if active.images.is_awaited:
            awaited.append(('images', active.images.input))
        for name, each in awaited:
            if sentence := why_none(name, each, timeout_s):
                return sentence
        if sentence := self._reception.wrong_with(active.poses.topic):
            return sentence
        if active.images.beyond_s > timeout_s:
            return (
                f'the people of {active.poses.topic} are not in the images of'
                f' {active.images.input.topic}, which are smaller: remap image to those of the'
                ' pose node'
            )
        return active.images.problem or (NO_IDS if self._lacks_ids else '')

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
