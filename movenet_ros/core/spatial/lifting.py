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

"""People of an image in metres, by the depth image that belongs to it."""

from __future__ import annotations

from typing import Any

from movenet_ros.core.camera import Camera
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.poses_3d import unlifted
from movenet_ros.core.spatial.settings import SpatialSettings
from numpy.typing import NDArray


def lifted(
    poses: Poses, depth: NDArray[Any], camera: Camera, settings: SpatialSettings
) -> Poses3D:
    """
    Lift all people of an image together.

    :param depth: ``(H, W)`` uint16 millimetres or float32 metres, of any size, registered to the
        colour image.
    :param camera: of the colour image, in whose pixels the poses are.
    :raises ImageError: if it is no depth image.
    """
    return unlifted(poses)  # the signature alone, so far
