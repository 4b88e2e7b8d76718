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
Find people and their keypoints in images with MoveNet MultiPose, with ROS 2 or without.

The library needs no ROS, and importing it changes nothing in the process::

    from movenet_ros import Perception, Settings
"""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movenet_ros.perception import Perception as Perception
    from movenet_ros.settings import Settings as Settings

__all__ = ['Perception', 'Settings']


def __getattr__(name: str) -> Any:
    """Import the library when it is asked for: a node that publishes a video needs none of it."""
    if name == 'Perception':
        from movenet_ros.perception import Perception

        return Perception
    if name == 'Settings':
        from movenet_ros.settings import Settings

        return Settings
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
