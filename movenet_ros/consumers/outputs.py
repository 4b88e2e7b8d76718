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

"""The table of outputs of the 3D node, one row each, which replay reads too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import RELIABLE
from movenet_ros.messages.poses_3d import poses_3d_to_bytes
from std_msgs.msg import Header
from vision_msgs.msg import Detection3DArray


@dataclass(frozen=True, eq=False)
class Result3D:
    """
    The people of an image in metres, and all that a message about them may need.

    :param header: of the image; frame_id is the frame of the positions.
    """

    header: Header
    people: Poses3D


Outputs3D = Sequence[Output[Result3D]]

OUTPUTS_3D: Outputs3D = (
    Output(
        'poses_3d',
        Detection3DArray,
        RELIABLE,
        lambda it: poses_3d_to_bytes(it.people, it.header),
    ),
)
"""One message each for every message of ``poses``."""
