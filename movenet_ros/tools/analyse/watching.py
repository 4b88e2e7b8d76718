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

"""Watches the people of a recording, image by image: their angles, and what they do."""

from __future__ import annotations

from collections.abc import Iterator

from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import OTHER
from movenet_ros.core.activities.recogniser import Recogniser
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.core.kinematics.bodies import bodies_in_image
from movenet_ros.core.kinematics.bodies import bodies_in_metres
from movenet_ros.messages.outputs import Result
from movenet_ros.replay.source import Item
from movenet_ros.tools.analyse.record import Record
from movenet_ros.tools.analyse.record import Rows
from movenet_ros.tools.analyse.snapshots import Sight
from movenet_ros.tools.analyse.snapshots import Snapshots
import numpy as np


class Watching:
    """
    What is kept of a recording.

    :param are_stills: whether each image is of a scene of its own.
    :param person: track id of the only person who matters; None: everybody does.
    :ivar is_3d: whether angles are those of people in metres.
    """

    def __init__(self, are_stills: bool, person: int | None = None) -> None:
        self.are_stills = are_stills
        self.person = person
        self._rows = Rows()
        self._recogniser = Recogniser()
        self.snapshots = Snapshots()
        self.is_3d = False

    def consume(self, items: Iterator[Item]) -> None:
        """Watch the people in all images."""
        for item in items:
            if isinstance(item.image, Result):
                self._watch(item, item.image)

    def record(self) -> Record:
        """Return what was seen."""
        return self._rows.record()

    def _watch(self, item: Item, found: Result) -> None:
        self._rows.add_image(found.stamp_ns, item.file)
        bodies = self._bodies(item, found)
        angles = joint_angles(bodies)
        stamp_ns = None if self.are_stills else found.stamp_ns
        activities = self._recogniser.recognise(bodies, angles, stamp_ns)
        self._rows.add_people(bodies.ids, angles, activities.of_people)
        self._take_pictures(found, angles, activities)

    def _bodies(self, item: Item, found: Result) -> Bodies:
        """Return the people in metres where depth was measured, else in pixels."""
        placed = item.result_3d
        if placed is None or placed.people.is_monocular:
            return bodies_in_image(found.poses, found.settings.keypoint_threshold)
        self.is_3d = True
        return bodies_in_metres(placed.people)

    def _take_pictures(self, found: Result, angles: Angles, activities: Activities) -> None:
        poses = found.poses
        seen = poses.keypoint_scores >= found.settings.keypoint_threshold
        points = np.where(seen[..., None], poses.keypoints, np.nan).astype(np.float64)
        sights = [
            Sight(
                found.image, found.stamp_ns, self._rows.image, int(poses.ids[i]),
                poses.boxes_xyxy[i], points[i], angles.values[i], angles.deviations[i],
                tuple(each.name for each in activities.of_people[i] if each.name != OTHER),
            )
            for i in range(len(poses))
        ]
        if self.are_stills:
            for each in sights:
                self.snapshots.keep_still(each)
        self.snapshots.look(
            each for each in sights
            if each.person and self.person in (None, each.person)
        )
