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

"""What is told of the bodies of one camera: to whom listens, and nothing else is calculated."""

from __future__ import annotations

from movenet_ros.consumers.humans import Cut
from movenet_ros.consumers.humans import Doing
from movenet_ros.consumers.humans import frames_output
from movenet_ros.consumers.humans import Placed
from movenet_ros.consumers.humans import Seen
from movenet_ros.consumers.humans import Tracked
from movenet_ros.consumers.humans import tracked_output
from movenet_ros.consumers.humans_bodies import Bodies
from movenet_ros.consumers.humans_bodies import CUT
from movenet_ros.consumers.humans_bodies import DOING
from movenet_ros.consumers.humans_bodies import SEEN
from movenet_ros.consumers.humans_images import part_of
from movenet_ros.consumers.kinematics import observed
from movenet_ros.consumers.publishers import Publishers
from movenet_ros.core.frames import ORIGIN
from movenet_ros.core.kinematics.human_model import body_frames
from movenet_ros.core.kinematics.human_model import BodyFrames
from movenet_ros.core.kinematics.human_model import HUMAN_JOINTS
from movenet_ros.core.kinematics.human_model import human_joints
from movenet_ros.core.kinematics.human_model import human_joints_in_space
from movenet_ros.core.kinematics.human_model import IN_IMAGE
from movenet_ros.core.observing import DOWN
from movenet_ros.core.observing import Observer
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.messages.hri import body_id
from movenet_ros.messages.hri import regions
from movenet_ros.messages.hri import skeletons
from movenet_ros.messages.stamped import Stamped
from movenet_ros.settings import HumansParameters
from movenet_ros.settings import POSES
from movenet_ros.settings import POSES_3D
import numpy as np
from rclpy.node import Node
from std_msgs.msg import Header


class Telling:
    """
    Publishes who is tracked, and what is known of each body.

    :param node: that has the topics.
    """

    def __init__(self, node: Node, settings: HumansParameters) -> None:
        self.bodies = Bodies(node, settings.namespace)
        self._node = node
        self._settings = settings
        self._tracked = Publishers(node, [tracked_output(settings.namespace)])
        self._tf: Publishers[Placed] | None = None
        self._observer = Observer()
        self._header = Header()
        self.apply(settings)

    @property
    def topic(self) -> str:
        """Return the resolved name of the list of bodies."""
        return self._tracked.topic

    @property
    def is_cutting(self) -> bool:
        """Return whether anybody wants the pixels of a body."""
        return CUT in self.bodies.heard

    @property
    def is_about_people(self) -> bool:
        """Return whether anybody wants to know of people in the image."""
        return self._tracked.subscribers > 0 or bool(self.bodies.heard)

    @property
    def is_about_space(self) -> bool:
        """Return whether anybody wants to know of people in metres."""
        if self._tf is None:
            return False
        return self._tf.subscribers > 0 or DOING in self.bodies.heard

    def apply(self, settings: HumansParameters) -> None:
        """Accept parameters that changed."""
        before, self._settings = self._settings, settings
        if (before.source, before.down) != (settings.source, settings.down):
            self._observer.restart()  # people in metres are measured anew
        is_in_space = settings.source == POSES_3D
        if is_in_space and self._tf is None:
            self._tf = Publishers(self._node, [frames_output()])
        elif not is_in_space and self._tf is not None:
            self._tf.close(self._node)
            self._tf = None

    def update(self) -> None:
        """See who listens, and let bodies vanish whose people are gone; to be called often."""
        self.bodies.listen()
        if self.bodies.forget(self._settings.lost_after_s):
            self._tell_tracked()

    def pause(self) -> None:
        """Let all bodies vanish, and forget what people do."""
        self.bodies.close()
        self._observer.restart()

    def close(self) -> None:
        """Take everything out of the graph."""
        self.pause()
        self._tracked.close(self._node)
        if self._tf is not None:
            self._tf.close(self._node)

    def people(self, header: Header, poses: Poses, image_wh: tuple[int, int] | None) -> None:
        """
        Tell of the people in an image.

        :param poses: of people with ids alone.
        :param image_wh: its width and height; None if not known: then nobody is told where.
        """
        tracks = poses.ids.tolist()
        self.bodies.see(tracks)
        self.bodies.forget(self._settings.lost_after_s)
        self._header = header
        self._tell_tracked()
        if image_wh is not None and SEEN in self.bodies.heard:
            for track, *seen in zip(
                tracks, regions(poses, image_wh), skeletons(poses, image_wh), strict=True
            ):
                self.bodies.publish(SEEN, track, Seen(header, *seen))
        if self._settings.source == POSES:
            self._tell_doing(header, poses)

    def space(self, header: Header, people: Poses3D) -> None:
        """
        Tell of people in metres.

        Where the camera is in another frame than its own, no message tells.

        :param people: those with ids alone.
        """
        up = -np.array(DOWN[self._settings.down])
        is_of_camera = header.frame_id == self._header.frame_id  # else target_frame is set
        frames = body_frames(people, up, ORIGIN if is_of_camera else None)
        self._tell_doing(header, people, frames)
        if self._tf is not None:
            known = np.isfinite(frames.axes).all(axis=(1, 2))
            ids = tuple(map(body_id, people.poses.ids[known].tolist()))
            placed = BodyFrames(frames.origins[known], frames.axes[known])
            self._tf.publish(Placed(header, ids, placed))

    def cut(self, poses: Poses, stamped: Stamped) -> None:
        """Tell how people look in an image."""
        for track, box in zip(poses.ids.tolist(), poses.boxes_xyxy, strict=True):
            part = part_of(stamped.image, box)
            if part is not None:
                self.bodies.publish(CUT, track, Cut(stamped.header, part))

    def _tell_tracked(self) -> None:
        self._tracked.publish(Tracked(self._header, self.bodies.ids))

    def _tell_doing(
        self, header: Header, people: Poses | Poses3D, frames: BodyFrames | None = None
    ) -> None:
        """Tell what people do, and how they bend their joints."""
        if DOING not in self.bodies.heard:
            return
        it = observed(self._observer, header, people, self._settings).observed
        joints, names = human_joints(it.angles), IN_IMAGE
        if isinstance(people, Poses3D) and frames is not None:
            joints, names = human_joints_in_space(people, it.angles, frames), HUMAN_JOINTS
        tracks = it.ids.tolist()
        for track, did, bends in zip(tracks, it.activities.of_people, joints, strict=True):
            doing = Doing(header, body_id(track), did, bends, names)
            self.bodies.publish(DOING, track, doing)
