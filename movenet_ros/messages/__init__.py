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
Arrays to ROS messages and back, and the table of topics.

A subscriber needs one call of it for each topic::

    from movenet_ros.messages import poses_from_msg
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movenet_ros.messages.activities import activities_from_msg as activities_from_msg
    from movenet_ros.messages.joint_angles import joint_angles_from_msg as joint_angles_from_msg
    from movenet_ros.messages.poses import poses_from_msg as poses_from_msg
    from movenet_ros.messages.poses_3d import poses_3d_from_msg as poses_3d_from_msg

__all__ = [
    'activities_from_msg', 'joint_angles_from_msg', 'poses_3d_from_msg', 'poses_from_msg',
]


def __getattr__(name: str) -> Any:
    """Import what reads a topic when it is asked for: who reads poses needs no joint angles."""
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    module = import_module(f'{__name__}.{name.removesuffix("_from_msg")}')
    return getattr(module, name)
