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
import time
from typing import Any

from movenet_ros.consumers.kinematics import observed
from movenet_ros.consumers.kinematics import OUTPUTS_KINEMATICS
from movenet_ros.consumers.kinematics_report import KinematicsReport
from movenet_ros.consumers.kinematics_report import Told
from movenet_ros.consumers.publishers import Publishers
from movenet_ros.consumers.rejections import Rejections
from movenet_ros.consumers.tally import Tally
from movenet_ros.consumers.topic_input import TopicInput
from movenet_ros.core.errors import FrameError
from movenet_ros.core.observing import Observer
from movenet_ros.core.wording import without_figures
from movenet_ros.messages.poses_reader import PeopleReader
from movenet_ros.messages.poses_reader import poses_3d_reader
from movenet_ros.messages.poses_reader import poses_reader
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.condition_log import Condition
from movenet_ros.node.condition_log import ConditionLog
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import POSES
from movenet_ros.settings import POSES_3D
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

DEPTH = 10  # messages that may wait; all are read, since what people do takes time
STILL = 'timestamps not advancing: nobody has an activity or a velocity until they do'


class KinematicsStream:
    """
    Tells what the people of one camera do.

    :param node: that has the topics.
    """

    def __init__(self, node: ManagedNode, settings: KinematicsParameters) -> None:
        self.settings = settings
        self.tally: Tally[Told] = Tally()
        self._node = node
        self._publishers = Publishers(node, OUTPUTS_KINEMATICS)
        self._inputs: dict[str, TopicInput] = {}
        self._observer = Observer()
        self._condition = ConditionLog(node)
        self._rejections = Rejections(node)
        self._unread = ''  # why the last message cannot be read, if it cannot
        self._latest_ns: int | None = None  # the stamp of the last message

    def report(self) -> KinematicsReport:
        """Return the state, for /diagnostics; in any thread."""
        source, state = self._inputs.get(self.settings.source), self._node.state
        waiting = '' if self._publishers.subscribers else 'waiting for subscribers'
        return KinematicsReport(
            state=state,
            idle=waiting if source else state,
            problem=self._condition.sentence,
            topic=source.topic if source else '',
            tally=self.tally,
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
        waiting = '' if self._publishers.subscribers else ', waiting for subscribers'
        topic = self._inputs[self.settings.source].topic
        return f'{topic} -> {self._publishers.topic}{waiting}'

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
        problem = self._problem(self._inputs[self.settings.source])
        kind = without_figures(problem)
        self._condition.report(
            Condition(kind, problem) if problem else None, 'poses arrive',
            is_told=self._rejections.has_told(kind),
        )

    def _input(
        self, name: str, msg_type: type[Any], reader: PeopleReader[Any], source: str
    ) -> TopicInput:
        topic = self._node.resolve_topic_name(name)
        receive = partial(self._on_message, name, reader)
        return TopicInput(self._node, name, topic, msg_type, DEPTH, receive, source)

    def _pause(self) -> None:
        """Unsubscribe, and forget what does not outlive that."""
        for each in self._inputs.values():
            each.close()
        self._observer.restart()
        self.tally.restart()
        self._condition.report(None)
        self._unread, self._latest_ns = '', None

    def _problem(self, source: TopicInput) -> str:
        """Return why nothing comes, or nothing can be told, in one sentence, or nothing."""
        timeout_s = self.settings.diagnostics.timeout_s
        if source.silent_s <= timeout_s:
            lately = self.tally.lately()
            if 2 * sum(each.is_still for each in lately) > len(lately):
                return f'{STILL}: look at what publishes the images of {source.topic}'
            return '' if lately else self._unread
        return f'no {self.settings.source} for {timeout_s:g} s: {source.silence()}'

    def _on_message(self, name: str, reader: PeopleReader[Any], message: bytes) -> None:
        begun_s = time.perf_counter()
        try:
            header, people = reader.read(message)
        except FrameError as error:
            self._unread = str(error)
            self.tally.reject(self._unread)
            self._rejections.warn(f'rejected {name}', self._unread)
            return
        stamp, before = stamp_ns(header.stamp), self._latest_ns
        self._unread, self._latest_ns = '', stamp
        self._publishers.publish(observed(self._observer, header, people, self.settings))
        self.tally.add(Told(len(people), time.perf_counter() - begun_s, stamp == before))
