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

"""The people of a replay in metres, as the 3D node would place them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator

from movenet_ros.consumers.outputs import Result3D
from movenet_ros.consumers.space import Space
from movenet_ros.core.camera import CameraError
from movenet_ros.core.wording import without_figures
from movenet_ros.messages.outputs import Result
from movenet_ros.replay.beside import Beside
from movenet_ros.replay.source import Item
from movenet_ros.replay.source import Source
from movenet_ros.settings import Pose3DParameters
import numpy as np

NO_DEPTH = (
    'no depth image has a stamp that is near enough: raise max_stamp_difference_s of movenet_3d in'
    ' --params-file'
)


class Placing:
    """
    Places the people of one image after the other.

    :param source: of the images.
    :param warn: logs a line for each kind of problem, once.
    :ivar people: how many there were in all images.
    :ivar placed: how many of these have a place.
    """

    def __init__(
        self, source: Source, settings: Pose3DParameters, warn: Callable[[str], None]
    ) -> None:
        topics = [source.topic, source.topics_3d.camera_info] if source.topics_3d else []
        self._space = Space([each.name for each in topics if each])
        self._settings = settings
        self._warn = warn
        self._told: set[str] = set()
        self.people = self.placed = 0

    def items(self, items: Iterator[Item]) -> Iterator[Item]:
        """Place the people of all images that have something to place them by."""
        for item in items:
            if isinstance(item.image, Result) and item.beside is not None:
                item = item._replace(result_3d=self._placed(item.image, item.beside))
            yield item

    def _placed(self, found: Result, beside: Beside) -> Result3D:
        problem = ''
        try:
            if beside.camera_info:
                self._space.set_camera_info(beside.camera_info, self._settings.rectified)
        except CameraError as error:
            problem = str(error)
        header, settings = found.header, self._settings
        people, why = self._space.people(header, found.poses, beside.depth, settings)
        if settings.source == 'depth' and beside.depth is None:
            why = why or beside.problem or NO_DEPTH
        self._tell(problem or why)
        self.people += len(people)
        self.placed += int(np.isfinite(people.person_positions[:, 2]).sum())
        return Result3D(header, people)

    def _tell(self, problem: str) -> None:
        if problem and without_figures(problem) not in self._told:
            self._told.add(without_figures(problem))
            self._warn(f'people in an image are not placed in metres: {problem}')
