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

"""What the people of a replay do, as the kinematics node would tell."""

from __future__ import annotations

from collections.abc import Iterator

from movenet_ros.consumers.kinematics import observed
from movenet_ros.core.observing import Observer
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.messages.outputs import Result
from movenet_ros.replay.source import Item
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import POSES


class Observing:
    """Tells what the people of one image after the other do."""

    def __init__(self, settings: KinematicsParameters) -> None:
        self._observer = Observer()
        self._settings = settings

    def items(self, items: Iterator[Item]) -> Iterator[Item]:
        """Observe the people of all images, in metres where the settings say so."""
        for item in items:
            people = self._people(item)
            if people is not None and isinstance(item.image, Result):
                header = item.image.header
                kinematics = observed(self._observer, header, people, self._settings)
                kinematics.observed.told()  # who writes it is images behind
                item = item._replace(kinematics=kinematics)
            yield item

    def _people(self, item: Item) -> Poses | Poses3D | None:
        if self._settings.source == POSES:
            return item.image.poses if isinstance(item.image, Result) else None
        return item.result_3d.people if item.result_3d else None
