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

"""One camera's poses and depth in, its people in metres out, and everything between."""

from __future__ import annotations

import time

from movenet_ros.consumers.inputs import Inputs
from movenet_ros.consumers.inputs import why_silent
from movenet_ros.consumers.outputs import Outputs3D
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.consumers.pairing import Pair
from movenet_ros.consumers.pairing import Pairing
from movenet_ros.consumers.pairing import why_apart
from movenet_ros.consumers.publishers_3d import Publishers3D
from movenet_ros.consumers.rejections import Rejections
from movenet_ros.consumers.report import common_problem
from movenet_ros.consumers.report import Outcome
from movenet_ros.consumers.report import Report3D
from movenet_ros.consumers.report import Tally3D
from movenet_ros.consumers.space import NO_CAMERA_INFO
from movenet_ros.consumers.space import NO_DEPTH_THERE
from movenet_ros.consumers.space import Space
from movenet_ros.consumers.topic_input import TopicInput
from movenet_ros.core.camera import CameraError
from movenet_ros.core.errors import FrameError
from movenet_ros.core.poses import Poses
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.core.wording import without_figures
from movenet_ros.messages.depth import DEPTH_READERS
from movenet_ros.messages.poses_reader import poses_reader
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.condition_log import Condition
from movenet_ros.node.condition_log import ConditionLog
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.node.silence import ros_type
from movenet_ros.settings import Pose3DParameters
import numpy as np
from std_msgs.msg import Header

NO_POSES = 'no poses'
SETTLED_S = 1.5  # until then inputs may still be finding each other


class Stream3D:
    """
    Places the people of one camera.

    :param node: that has the topics.
    :param outputs: what is published about each image.
    """

    def __init__(
        self, node: ManagedNode, settings: Pose3DParameters, outputs: Outputs3D = OUTPUTS_3D
    ) -> None:
        self.settings = settings
        self.tally = Tally3D()
        self._node = node
        self._publishers = Publishers3D(node, outputs)
        self._inputs: Inputs | None = None
        self._reader = poses_reader()
        self._pairing: Pairing[tuple[Header, Poses]] = Pairing()
        self._space = Space()
        self._condition = ConditionLog(node)
        self._since_s: float | None = None  # the inputs are wanted
        self._depth_problem = self._depth_image = ''
        self._rejections = Rejections(node)
        self._timer = node.create_timer(1.0, self._publish_ready, clock=node.steady_clock)
        self._timer.cancel()

    @property
    def is_wanted(self) -> bool:
        """Return whether an output has subscribers."""
        return self._publishers.has_subscribers

    def report(self) -> Report3D:
        """Return the state, for /diagnostics; in any thread."""
        inputs, state = self._inputs, self._node.state
        waiting = '' if self.is_wanted else 'waiting for subscribers'
        return Report3D(
            state=state,
            idle=waiting if inputs else state,
            problem=self._condition.sentence,
            topics=inputs.topics() if inputs else {},
            depth=self._depth_image,
            tally=self.tally,
        )

    def activate(self) -> str:
        """
        Subscribe as soon as an output has subscribers.

        :return: the topics, for the log.
        :raises StartError: if tf is needed and not installed.
        """
        node, settings = self._node, self.settings
        self._publishers.begin(settings)
        self._inputs = inputs = Inputs(
            node, settings, self._on_poses, self._on_depth, self._on_camera_info
        )
        self._read_depth = DEPTH_READERS[ros_type(inputs.depth_type)]
        self._space = Space((node.resolve_topic_name('image'), inputs.camera_info.topic))
        self.update()
        topics = ', '.join(inputs.topics().values())
        return f'{topics} -> {self._publishers.topic}'

    def close(self) -> None:
        """Unsubscribe, and forget everything."""
        self._pause()
        self._publishers.close()
        self._inputs = None
        self._space = Space()
        self._depth_image = ''

    def apply(self, settings: Pose3DParameters) -> None:
        """Accept parameters that changed; they hold from the next message on."""
        self.settings = settings
        try:
            self._space.use(settings.rectified)
        except CameraError as error:
            self._reject('camera_info', str(error))
        self.update()

    def update(self) -> None:
        """Subscribe or unsubscribe, and log what is wrong; to be called often."""
        inputs = self._inputs
        if inputs is None:
            return
        if not self.is_wanted:
            self._pause()
            return
        if self._since_s is None:
            self._since_s = time.monotonic()
            self._publishers.listen(self.settings)
        inputs.update(self.settings.source)
        problem = self._problem(inputs.poses)
        kind = without_figures(problem)
        were_poses_missing = self._condition.kind.startswith(NO_POSES)
        self._condition.report(
            Condition(kind, problem) if problem else None,
            'poses arrive' if were_poses_missing else 'people are placed again',
            is_told=self._rejections.has_told(kind),  # as what was rejected, say
        )

    def _pause(self) -> None:
        """Unsubscribe, and forget what does not outlive that."""
        if self._inputs is not None:
            self._inputs.close()
        self._timer.cancel()
        self._pairing.restart()
        self._space.restart()
        self._publishers.pause()
        self.tally.restart()
        self._condition.report(None)
        self._since_s, self._depth_problem = None, ''

    def _problem(self, poses: TopicInput) -> str:
        """Return what has been wrong lately, in one sentence, or nothing."""
        limits = self.settings.diagnostics
        if poses.silent_s > limits.timeout_s:
            return f'{NO_POSES} for {limits.timeout_s:g} s: {poses.silence()}'
        if self._since_s is None or time.monotonic() - self._since_s < SETTLED_S:
            return ''
        return common_problem(self.tally.lately(), limits.max_without_depth_percent)

    def _on_poses(self, message: bytes) -> None:
        assert self._inputs is not None
        self._inputs.take()
        try:
            header, poses = self._reader.read(message)
        except FrameError as error:
            self._reject('poses', str(error))
            return
        if self._pairing.add_poses(stamp_ns(header.stamp), (header, poses)):
            self._publishers.restart()
        self._publish_ready()

    def _on_depth(self, message: bytes) -> None:
        try:
            depth = self._read_depth(message)
        except FrameError as error:
            self._depth_problem = f'depth images are rejected: {error}'
            self._reject('a depth image', str(error))
            return
        self._depth_problem = ''
        self._depth_image = depth.encoding
        self.tally.depth_images += 1
        self._pairing.add_depth(depth)
        self._publish_ready()

    def _on_camera_info(self, message: bytes) -> None:
        try:
            if self._space.set_camera_info(message, self.settings.rectified):
                self._node.get_logger().info('camera_info has changed: it holds from now on')
        except CameraError as error:
            self._reject('camera_info', str(error))

    def _publish_ready(self) -> None:
        """Publish the people whose depth image is there, or whose wait is over."""
        settings, inputs = self.settings, self._inputs
        assert inputs is not None
        is_coming = settings.source == 'depth' and inputs.depth.is_published
        for pair in self._pairing.ready(
            settings.max_wait_s, settings.max_stamp_difference_s, is_coming
        ):
            self._publish(pair, inputs)
        self._publishers.publish_ready()
        wait_s = self._pairing.remaining_s(settings.max_wait_s)
        inputs.depth.is_awaited = wait_s is not None
        waits_s = (wait_s, self._publishers.remaining_s)
        self._timer.cancel()
        if any(each is not None for each in waits_s):
            next_s = min(each for each in waits_s if each is not None)
            self._timer.timer_period_ns = max(round(next_s * NANOSECONDS), 1)
            self._timer.reset()

    def _publish(self, pair: Pair[tuple[Header, Poses]], inputs: Inputs) -> None:
        begun_s = time.perf_counter()
        (header, poses), settings = pair.item, self.settings
        people, problem = self._space.people(header, poses, pair.depth, settings)
        if problem == NO_CAMERA_INFO:
            problem = f'{problem}: {why_silent(inputs.camera_info)}'
        elif not problem and settings.source == 'depth' and pair.depth is None:
            problem = self._why_without_depth(pair.apart_ns, inputs.depth)
        if problem and pair.depth is not None and problem != NO_DEPTH_THERE:
            self._rejections.warn('people are not placed', problem)
        apart_s = None if pair.depth is None else (pair.apart_ns or 0) / NANOSECONDS

        def count(no_transform: str) -> None:
            placed = 0 if no_transform else np.isfinite(people.person_positions[:, 2]).sum()
            self.tally.add(Outcome(
                people=len(people),
                placed=int(placed),
                problem=problem or no_transform,
                apart_s=apart_s,
                waited_s=pair.waited_s,
                took_s=time.perf_counter() - begun_s,
            ))

        wait_s = settings.max_wait_s - pair.waited_s
        self._publishers.publish(header, people, settings, wait_s, count)

    def _why_without_depth(self, apart_ns: int | None, depth: TopicInput) -> str:
        """Return why poses have no depth image."""
        if self._depth_problem:
            return self._depth_problem
        if apart_ns is None:
            return f'no depth image: {why_silent(depth)}'
        return why_apart(apart_ns, self.settings.max_stamp_difference_s)

    def _reject(self, what: str, reason: str) -> None:
        self.tally.reject(reason)
        self._rejections.warn(f'rejected {what}', reason)
