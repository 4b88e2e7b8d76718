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

from movenet_ros.core.activities.activities import OTHER
from movenet_ros.core.kinematics.reference import PoseReference
from movenet_ros.core.observing import Observed
from movenet_ros.messages.outputs import Result
from movenet_ros.replay.source import Item
from movenet_ros.tools.analyse.record import Record
from movenet_ros.tools.analyse.record import Rows
from movenet_ros.tools.analyse.snapshots import Sight
from movenet_ros.tools.analyse.snapshots import Snapshots
import numpy as np


class Watching:
    """
    What is kept of a recording whose people are observed.

    :param are_stills: whether each image is of a scene of its own.
    :param person: track id of the only person who matters; None: everybody does.
    :param threshold: a keypoint with a lower score is not drawn.
    :param pose: pictures are kept of who is near to it; None: there is none.
    """

    def __init__(
        self, are_stills: bool, person: int | None, threshold: float,
        pose: PoseReference | None = None,
    ) -> None:
        self.are_stills = are_stills
        self.person = person
        self._threshold = threshold
        self._rows = Rows()
        self.snapshots = Snapshots(pose)

    def consume(self, items: Iterator[Item]) -> None:
        """Watch the people in all images."""
        for item in items:
            if isinstance(item.image, Result) and item.kinematics:
                observed = item.kinematics.observed
                self._rows.add_image(item.image.stamp_ns, item.file)
                self._rows.add_people(observed.activities, observed.angles)
                self._take_pictures(item.image, observed)

    def record(self) -> Record:
        """Return what was seen."""
        return self._rows.record()

    def _take_pictures(self, found: Result, observed: Observed) -> None:
        poses, angles = found.poses, observed.angles
        seen = poses.keypoint_scores >= self._threshold
        points = np.where(seen[..., None], poses.keypoints, np.nan).astype(np.float64)
        sights = [
            Sight(
                found.image, found.stamp_ns, self._rows.image, int(poses.ids[i]),
                poses.boxes_xyxy[i], points[i], angles.values[i], angles.deviations[i],
                tuple(each.name for each in activities if each.name != OTHER),
                observed.down,
            )
            for i, activities in enumerate(observed.activities.of_people)
        ]
        if self.are_stills:
            for each in sights:
                self.snapshots.keep_still(each)
        self.snapshots.look(
            each for each in sights
            if each.person and self.person in (None, each.person)
        )
