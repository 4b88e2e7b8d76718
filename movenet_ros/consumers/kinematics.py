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

"""What the kinematics node publishes about each image, which replay writes too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from movenet_ros.core.errors import StartError
from movenet_ros.core.kinematics.bodies import bodies_in_image
from movenet_ros.core.kinematics.bodies import bodies_in_metres
from movenet_ros.core.observing import Observed
from movenet_ros.core.observing import Observer
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.messages.activities import activities_to_bytes
from movenet_ros.messages.joint_angles import joint_angles_to_bytes
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import RELIABLE
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import POSES
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray


@dataclass(frozen=True, eq=False)
class KinematicsResult:
    """
    What the people in an image do, and all that a message about it may need.

    :param header: of the image.
    :param boxes_xyxy: ``(n, 4)`` of the people, in pixels; NaN where they are not known.
    """

    header: Header
    boxes_xyxy: NDArray[np.float32]
    observed: Observed


OUTPUTS_KINEMATICS: Sequence[Output[KinematicsResult]] = (
    Output(
        'joint_angles',
        JointState,
        RELIABLE,
        lambda it: joint_angles_to_bytes(it.observed, it.header),
    ),
    Output(
        'activities',
        Detection2DArray,
        RELIABLE,
        lambda it: activities_to_bytes(it.observed.activities, it.boxes_xyxy, it.header),
    ),
)
"""One message each for every message of ``poses``, or of ``poses_3d``."""


def observed(
    observer: Observer, header: Header, people: Poses | Poses3D, settings: KinematicsParameters
) -> KinematicsResult:
    """
    Tell what the people in the next image of a stream do.

    :param observer: of the stream.
    :param people: in pixels, or in metres, whose boxes in the image are not known.
    """
    if isinstance(people, Poses):
        bodies, boxes = bodies_in_image(people, settings.keypoint_threshold), people.boxes_xyxy
    else:
        bodies = bodies_in_metres(people)
        boxes = np.full((len(people), 4), np.nan, np.float32)
    stamp = stamp_ns(header.stamp)
    return KinematicsResult(header, boxes, observer.observe(bodies, stamp, settings.down))


def check(settings: KinematicsParameters) -> None:
    """
    Refuse parameters that contradict each other.

    :raises StartError: with the reason.
    """
    if settings.source == POSES and settings.down.endswith('z'):
        raise StartError(
            f'down {settings.down} is for source poses_3d: an image has no z; where people stand'
            ' upright in it, down is +y'
        )
