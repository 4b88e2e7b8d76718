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

"""Scene: what is remembered of a stream from one image to the next."""

from __future__ import annotations

from movenet_ros.core.camera_motion import Background
from movenet_ros.core.image import SourceImage
from movenet_ros.core.refining.people import People
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Scene:
    """The people and the background of the latest image."""

    people: People | None
    """Those whom a closer look knows; None before the first image."""
    count: int
    """Images since the restart."""
    over_ms: float
    """By how much they exceed the time that images may take on the average."""
    is_camera_followed = True
    """Whether its motion is measured."""

    def __init__(self) -> None:
        self._finder: object = None
        self._ahead: tuple[SourceImage, Background] | None = None
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self.people = None
        self.count, self.over_ms = 0, 0.0
        self._background: Background | None = None
        self._boxes_xyxy: Floats = np.zeros((0, 4))

    def keep_for(self, finder: object) -> None:
        """Forget the people, unless it was this one that found them so far."""
        if self._finder is not finder:
            self.people, self.count, self.over_ms = None, 0, 0.0
            self._finder = finder

    def look_ahead(self, image: SourceImage) -> None:
        """Forget everything, if the next image shows another scene."""
        if self._background is None:
            return
        if self._background.is_cut_off(self._background_of(image), self._boxes_xyxy):
            self.restart()

    @property
    def is_empty(self) -> bool:
        """Return whether nobody is known, so that only a detection finds somebody."""
        return self.people is None or not len(self.people)

    def camera_until(self, image: SourceImage) -> Floats | None:
        """
        Return how the camera moved until the next image, ``(2, 3)``.

        :return: None before the second image, and where the images do not show it.
        """
        if self._background is None or not self.is_camera_followed:
            return None
        return self._background.motion_to(self._background_of(image), self._boxes_xyxy)

    def advance(
        self, image: SourceImage, boxes_xyxy: NDArray[np.floating], people: People | None = None
    ) -> None:
        """
        Take in the next image.

        :param boxes_xyxy: ``(n, 4)`` of all people in it, in pixels.
        """
        self.people = people
        self.count += 1
        self._background, self._ahead = self._background_of(image), None
        self._boxes_xyxy = np.asarray(boxes_xyxy, np.float64)

    def _background_of(self, image: SourceImage) -> Background:
        """Return the background of the next image, made once."""
        if self._ahead is None or self._ahead[0] is not image:
            self._ahead = image, Background(image)
        return self._ahead[1]
