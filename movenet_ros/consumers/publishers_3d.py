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

"""The publishers of the 3D node: one for each row of outputs.py, in the frame asked for."""

from __future__ import annotations

from collections.abc import Callable

from movenet_ros.consumers.frames import InFrame
from movenet_ros.consumers.frames import TargetFrame
from movenet_ros.consumers.outputs import Outputs3D
from movenet_ros.consumers.outputs import Result3D
from movenet_ros.consumers.outputs import tf_output
from movenet_ros.consumers.publishers import Publishers
from movenet_ros.core.followed import Followed
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.settings import Pose3DParameters
from rclpy.node import Node
from std_msgs.msg import Header

Done = Callable[[str], None]  # is given the problem of a message that is out, or nothing


class Publishers3D:
    """
    Publishes the outputs that have subscribers.

    :param outputs: rows of the table.
    """

    def __init__(self, node: Node, outputs: Outputs3D) -> None:
        self._node = node
        self._publishers = Publishers(node, outputs)
        self._tf: Publishers[Result3D] | None = None
        self._followed = Followed()
        self._target: TargetFrame | None = None
        self._in_frame: InFrame[tuple[Result3D, Done]] | None = None

    @property
    def topic(self) -> str:
        """Return the resolved name of the first one."""
        return self._publishers.topic

    @property
    def has_subscribers(self) -> bool:
        """Return whether any of them has."""
        own = int(self._target is not None)  # this node listens to /tf itself then
        of_tf = self._tf is not None and self._tf.subscribers > own
        return self._publishers.subscribers > 0 or of_tf

    @property
    def remaining_s(self) -> float | None:
        """Return after how many seconds to call publish_ready; None if nothing waits."""
        return None if self._in_frame is None else self._in_frame.remaining_s

    def begin(self, settings: Pose3DParameters) -> None:
        """
        Get ready for the frames that the parameters name.

        :raises StartError: if tf is needed and not installed.
        """
        if settings.target_frame:
            TargetFrame.check()
        if settings.publish_tf:
            self._tf = Publishers(self._node, [tf_output()])

    def close(self) -> None:
        """Leave tf alone."""
        self.pause()
        if self._tf is not None:
            self._tf.close(self._node)
            self._tf = None

    def listen(self, settings: Pose3DParameters) -> None:
        """Listen to tf if it is needed."""
        if settings.target_frame and self._target is None:
            self._target = TargetFrame(self._node, settings.target_frame)
            self._in_frame = InFrame(self._target.transform)

    def pause(self) -> None:
        """Forget everybody, and listen to tf no more."""
        self.restart()
        if self._target is not None:
            self._target.close()
        self._target = self._in_frame = None

    def restart(self) -> None:
        """Forget who is followed, and transforms of a time that begins again."""
        self._followed.restart()
        if self._target is not None:
            self._target.restart()

    def publish(
        self, header: Header, people: Poses3D, settings: Pose3DParameters, wait_s: float,
        done: Done,
    ) -> None:
        """
        Publish the people of an image, as soon as the transform is there if there is to be one.

        :param header: of the image, in whose frame they are.
        :param wait_s: how long to wait for it at most; without one, nobody's place is published.
        """
        followed = self._followed.choose(people, stamp_ns(header.stamp), settings)
        result = Result3D(header, people, followed)
        if self._in_frame is None:
            self._send(result)
            done('')
            return
        self._in_frame.add((result, done), header, wait_s)
        self.publish_ready()

    def publish_ready(self) -> None:
        """Publish what waits for its transform no longer."""
        if self._target is None or self._in_frame is None:
            return
        for (result, done), transform, problem in self._in_frame.ready():
            if transform is None:
                nowhere = Header(stamp=result.header.stamp, frame_id=self._target.name)
                self._send(Result3D(nowhere, unlifted(result.people.poses)))
            else:
                self._send(result.within(transform))
            done(problem)

    def _send(self, result: Result3D) -> None:
        self._publishers.publish(result)
        if self._tf is not None:
            self._tf.publish(result)
