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

"""Smoothing of people in metres, and how fast they are."""

from __future__ import annotations

from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.spatial.settings import SpatialSettings


class Smoother3D:
    """Filters people from one image to the next; whoever is new to it starts unfiltered."""

    def restart(self) -> None:
        """Forget all people."""

    def smooth(self, people: Poses3D, stamp_ns: int, settings: SpatialSettings) -> Poses3D:
        """
        Filter the people of the next image, and say how fast they are.

        A stamp that is before the last one restarts the filter.

        :param stamp_ns: of the image.
        """
        return people  # the signature alone, so far
