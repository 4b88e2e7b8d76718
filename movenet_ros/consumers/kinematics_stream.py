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

"""One camera's poses in, what its people do out, and everything between."""

from __future__ import annotations

from functools import partial
from typing import Any

from movenet_ros.consumers.kinematics import observed
from movenet_ros.consumers.kinematics import OUTPUTS_KINEMATICS
from movenet_ros.consumers.kinematics_report import KinematicsReport
from movenet_ros.consumers.publishers import Publishers
from movenet_ros.consumers.reception import DEPTH
from movenet_ros.consumers.reception import Reception
from movenet_ros.consumers.reception import why_none
from movenet_ros.consumers.topic_input import TopicInput
from movenet_ros.core.observing import Observer
from movenet_ros.messages.poses_reader import PeopleReader
from movenet_ros.messages.poses_reader import poses_3d_reader
from movenet_ros.messages.poses_reader import poses_reader
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import POSES
from movenet_ros.settings import POSES_3D
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray


class KinematicsStream:
    """
    Tells what the people of one camera do.

    :param node: that has the topics.
    """

    def __init__(self, node: ManagedNode, settings: KinematicsParameters) -> None:
        self.settings = settings
        self._node = node
        self._publishers = Publishers(node, OUTPUTS_KINEMATICS)
        self._inputs: dict[str, TopicInput] = {}
        self._observer = Observer()
        self._reception = Reception(node, 'poses arrive')

    def report(self) -> KinematicsReport:
        """Return the state, for /diagnostics; in any thread."""
        source, state = self._inputs.get(self.settings.source), self._node.state
        waiting = '' if self._publishers.subscribers else 'waiting for subscribers'
        return KinematicsReport(
            state=state,
            idle=waiting if source else state,
            problem=self._reception.problem,
            topic=source.topic if source else '',
            tally=self._reception.tally,
        )

    def activate(self) -> str:
        """
        Subscribe as soon as an output has subscribers.

        :return: the topics, for the log.
        """
        self._inputs = {
            POSES: self._input(POSES, Detection2DArray, poses_reader(), 'the pose node'),
            POSES_3D: self._input(POSES_3D, Detection3DArray, poses_3d_reader(), 'the 3D node'),
        }
        self.update()
        topic = self._inputs[self.settings.source].topic
        return f'{topic} -> {self._publishers.topic}'

    def close(self) -> None:
        """Unsubscribe, and forget everything."""
        self._pause()
        self._inputs = {}

    def apply(self, settings: KinematicsParameters) -> None:
        """Accept parameters that changed; they hold from the next message on."""
        before, self.settings = self.settings, settings
        if (before.source, before.down) != (settings.source, settings.down):
            self._pause()  # people in metres are measured anew
        self.update()

    def update(self) -> None:
        """Subscribe or unsubscribe, and log what is wrong; to be called often."""
        if not self._inputs:
            return
        if not self._publishers.subscribers:
            self._pause()
            return
        for name, each in self._inputs.items():
            each.update(name == self.settings.source)
        name, timeout_s = self.settings.source, self.settings.diagnostics.timeout_s
        source = self._inputs[name]
        self._reception.report(
            why_none(name, source, timeout_s) or self._reception.wrong_with(source.topic)
        )

    def _input(
        self, name: str, msg_type: type[Any], reader: PeopleReader[Any], source: str
    ) -> TopicInput:
        topic = self._node.resolve_topic_name(name)
        receive = partial(self._reception.receive, name, partial(self._tell, reader))
        return TopicInput(self._node, name, topic, msg_type, DEPTH, receive, source)

    def _pause(self) -> None:
        """Unsubscribe, and forget what does not outlive that."""
        for each in self._inputs.values():
            each.close()
        self._observer.restart()
        self._reception.restart()

    def _tell(self, reader: PeopleReader[Any], message: bytes) -> tuple[Header, int]:
        header, people = reader.read(message)
        self._publishers.publish(observed(self._observer, header, people, self.settings))
        return header, len(people)
