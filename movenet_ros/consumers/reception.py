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

"""How messages about people are read and told of, one after the other, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
import time

from movenet_ros.consumers.kinematics_report import Told
from movenet_ros.consumers.rejections import Rejections
from movenet_ros.consumers.tally import Tally
from movenet_ros.consumers.topic_input import TopicInput
from movenet_ros.core.errors import FrameError
from movenet_ros.core.wording import without_figures
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.condition_log import Condition
from movenet_ros.node.condition_log import ConditionLog
from rclpy.node import Node
from std_msgs.msg import Header

DEPTH = 10  # messages that may wait; all are read, since what people do takes time
STILL = 'timestamps not advancing: nobody has an activity or a velocity until they do'

Tell = Callable[[bytes], tuple[Header, int]]  # of a message; returns how many people are in it


class Reception:
    """
    Has messages told of, counts them, and logs what is wrong.

    :param node: whose log it is.
    :param fine: what is so once nothing is wrong any more, for the log.
    """

    def __init__(self, node: Node, fine: str) -> None:
        self.tally: Tally[Told] = Tally()
        self._fine = fine
        self._unread = ''  # why the last message cannot be read, if it cannot
        self._latest_ns: int | None = None  # the stamp of the last message
        self._condition = ConditionLog(node)
        self._rejections = Rejections(node)

    @property
    def problem(self) -> str:
        """Return what was wrong when that was last reported, in one sentence, or nothing."""
        return self._condition.sentence

    def restart(self) -> None:
        """Forget what does not outlive a subscription."""
        self.tally.restart()
        self._unread, self._latest_ns = '', None
        self._condition.report(None)

    def receive(self, name: str, tell: Tell, message: bytes) -> None:
        """Have a message of the topic that is counted told of, or reject it."""
        begun_s = time.perf_counter()
        told = self.have_told(name, tell, message)
        if told is not None:
            header, people = told
            stamp, before = stamp_ns(header.stamp), self._latest_ns
            self._unread, self._latest_ns = '', stamp
            self.tally.add(Told(people, time.perf_counter() - begun_s, stamp == before))

    def have_told(self, name: str, tell: Tell, message: bytes) -> tuple[Header, int] | None:
        """Have a message of any topic told of; None if it is rejected."""
        try:
            return tell(message)
        except FrameError as error:
            self._unread = str(error)
            self.reject(name, self._unread)
            return None

    def reject(self, what: str, reason: str) -> None:
        """Count and log what cannot be read."""
        self.tally.reject(reason)
        self._rejections.warn(f'rejected {what}', reason)

    def wrong_with(self, topic: str) -> str:
        """Return what is wrong with the messages of a topic, in one sentence, or nothing."""
        lately = self.tally.lately()
        if 2 * sum(each.is_still for each in lately) > len(lately):
            return f'{STILL}: look at what publishes the images of {topic}'
        return '' if lately else self._unread

    def report(self, problem: str) -> None:
        """Log what is wrong, if anything is, unless a rejection has just said it."""
        kind = without_figures(problem)
        self._condition.report(
            Condition(kind, problem) if problem else None, self._fine,
            is_told=self._rejections.has_told(kind),
        )


def why_none(name: str, source: TopicInput, timeout_s: float) -> str:
    """Return why nothing comes of what is subscribed to, with the fix, or nothing."""
    if not source.is_subscribed or source.silent_s <= timeout_s:
        return ''
    return f'no {name} for {timeout_s:g} s: {source.silence()}'
