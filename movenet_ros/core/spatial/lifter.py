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
People of a stream in metres: from one image to the next, with or without depth.

A depth camera takes its image somewhat before or after the other one. By then, people have moved:
how far follows from how they moved since the image before, and depth is looked up there.
"""

from __future__ import annotations

from typing import Any

from movenet_ros.core.camera import Camera
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.core.spatial.lifting import lifted
from movenet_ros.core.spatial.monocular import monocular
from movenet_ros.core.spatial.settings import SpatialSettings
from movenet_ros.core.spatial.smoothing_3d import Smoother3D
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONGEST_STEP_S = 0.25  # from the image before, by which motion is known
MIN_KEYPOINTS = 4  # that say how a person moved


class Lifter:
    """
    Lifts the people of one stream; whoever has no id is lifted image by image.

    The stamps are its clock: one that is before the last restarts it.
    """

    def __init__(self) -> None:
        self._smoother = Smoother3D()
        self._before: tuple[int, Poses3D] | None = None

    def restart(self) -> None:
        """Forget all people."""
        self._smoother.restart()
        self._before = None

    def lift(
        self,
        poses: Poses,
        stamp_ns: int,
        depth: NDArray[Any],
        depth_stamp_ns: int,
        camera: Camera,
        settings: SpatialSettings,
    ) -> Poses3D:
        """
        Lift the people of the next image.

        :param depth: as lifted() takes it.
        :param depth_stamp_ns: when it was taken.
        :raises ImageError: if it is no depth image; nothing is remembered of this image then.
        """
        moved = self._moved(poses, stamp_ns, depth_stamp_ns, settings)
        people = lifted(poses, depth, camera, settings, moved)
        return self._followed(people, stamp_ns, settings)

    def place(
        self, poses: Poses, stamp_ns: int, camera: Camera, settings: SpatialSettings
    ) -> Poses3D:
        """Place the people of the next image by their size in it: there is no depth camera."""
        return self._followed(monocular(poses, camera, settings), stamp_ns, settings)

    def without_depth(self, poses: Poses, stamp_ns: int, settings: SpatialSettings) -> Poses3D:
        """Let the next image pass, which has no depth: nothing is known, nobody is forgotten."""
        return self._followed(unlifted(poses), stamp_ns, settings)

    def _followed(self, people: Poses3D, stamp_ns: int, settings: SpatialSettings) -> Poses3D:
        people = self._smoother.smooth(people, stamp_ns, settings)
        self._before = stamp_ns, people
        return people

    def _moved(
        self, poses: Poses, stamp_ns: int, depth_stamp_ns: int, settings: SpatialSettings
    ) -> Floats | None:
        """Return ``(n, 3)`` how far people move until the depth image, where that is known."""
        ahead_s = (depth_stamp_ns - stamp_ns) / NANOSECONDS
        if self._before is None or not ahead_s or not len(poses):
            return None
        then_ns, before = self._before
        step_s = (stamp_ns - then_ns) / NANOSECONDS
        if not 0 < step_s <= LONGEST_STEP_S or not len(before):
            return None
        rows = {number: row for row, number in enumerate(before.poses.ids.tolist()) if number}
        at = [rows.get(number, 0) for number in poses.ids.tolist()]
        is_known = np.array([number in rows for number in poses.ids.tolist()])
        steps = poses.keypoints.astype(np.float64) - before.poses.keypoints[at]
        threshold = settings.keypoint_threshold
        seen = (poses.keypoint_scores >= threshold) & is_known[:, None]
        seen &= before.poses.keypoint_scores[at] >= threshold
        seen[np.count_nonzero(seen, axis=1) < MIN_KEYPOINTS] = False
        moved = np.zeros((len(poses), 3))
        for person in np.flatnonzero(seen.any(axis=1)):
            moved[person, :2] = np.median(steps[person, seen[person]], axis=0) / step_s
        moved[:, 2] = np.where(is_known, np.nan_to_num(before.velocities[at, 2]), 0.0)
        return moved * ahead_s
