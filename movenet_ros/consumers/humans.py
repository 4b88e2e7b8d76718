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

"""The topics of one body, one row each, as REP-155 names them, and what their messages are of."""

from __future__ import annotations

import re
from typing import NamedTuple

from movenet_ros.consumers.kinematics import check as check_kinematics
from movenet_ros.consumers.outputs import TF
from movenet_ros.consumers.outputs import TF_QOS
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.kinematics.human_model import BodyFrames
from movenet_ros.core.wording import one_line
from movenet_ros.messages.hri import gesture_code
from movenet_ros.messages.hri import hri_msgs
from movenet_ros.messages.hri import posture_code
from movenet_ros.messages.hri_prepared import body_frames_to_bytes
from movenet_ros.messages.hri_prepared import gesture_to_bytes
from movenet_ros.messages.hri_prepared import ids_to_bytes
from movenet_ros.messages.hri_prepared import joints_to_bytes
from movenet_ros.messages.hri_prepared import posture_to_bytes
from movenet_ros.messages.hri_prepared import region_to_bytes
from movenet_ros.messages.hri_prepared import skeleton_to_bytes
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import RELIABLE
from movenet_ros.messages.outputs import RELIABLE_IMAGE
from movenet_ros.messages.prepared import image_to_bytes
from movenet_ros.settings import HumansParameters
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

NAMESPACE = re.compile(r'/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*', re.ASCII)


class Tracked(NamedTuple):
    """Who is tracked at an image."""

    header: Header
    ids: tuple[str, ...]


class Seen(NamedTuple):
    """
    Where a body is in an image.

    :param region: ``(5,)`` float32: the box and its score, in shares of the image.
    :param skeleton: ``(18, 3)`` float32: x, y and confidence of each point.
    """

    header: Header
    region: NDArray[np.float32]
    skeleton: NDArray[np.float32]


class Cut(NamedTuple):
    """
    The part of an image that shows a body.

    :param image: a view of the whole one.
    """

    header: Header
    image: SourceImage


class Doing(NamedTuple):
    """
    What a body does.

    :param joints: ``(j,)`` radians, NaN where one is not known.
    :param names: ``j`` of them, without the body's id.
    """

    header: Header
    body: str
    did: tuple[Activity, ...]
    joints: NDArray[np.float64]
    names: tuple[str, ...]


class Placed(NamedTuple):
    """Where the bodies of an image are in space: those whose frame is known."""

    header: Header
    bodies: tuple[str, ...]
    frames: BodyFrames


class BodyOutputs(NamedTuple):
    """The rows of a body, by what they are made of."""

    seen: tuple[Output[Seen], ...]
    cut: tuple[Output[Cut], ...]
    doing: tuple[Output[Doing], ...]


def tracked_output(namespace: str) -> Output[Tracked]:
    """Return the row of the list of all bodies."""
    return Output(
        f'{namespace}/bodies/tracked', hri_msgs().IdsList, RELIABLE,
        lambda it: ids_to_bytes(it.ids, it.header),
        meaning='who is tracked, for every image: `p0001` is the person 1 of `poses`',
    )


def body_outputs(namespace: str, body: str) -> BodyOutputs:
    """Return the rows of a body; they exist as long as it does."""
    msgs, below = hri_msgs(), f'{namespace}/bodies/{body}'
    region, skeleton = msgs.NormalizedRegionOfInterest2D, msgs.Skeleton2D
    return BodyOutputs(
        (
            Output(f'{below}/roi', region, RELIABLE,
                   lambda it: region_to_bytes(it.region, it.header), meaning='the box'),
            Output(f'{below}/skeleton2d', skeleton, RELIABLE,
                   lambda it: skeleton_to_bytes(it.skeleton, it.header),
                   meaning='18 points: the 17 keypoints and the neck, between the shoulders'),
        ),
        (
            Output(f'{below}/cropped', Image, RELIABLE_IMAGE,
                   lambda it: image_to_bytes(it.image.as_bgr(), it.header),
                   meaning='the pixels in the box'),
        ),
        (
            Output(f'{below}/posture', msgs.BodyPosture, RELIABLE,
                   lambda it: posture_to_bytes(posture_code(it.did), it.header),
                   meaning='what the kinematics node tells, too'),
            Output(f'{below}/gesture', msgs.Gesture, RELIABLE,
                   lambda it: gesture_to_bytes(gesture_code(it.did), it.header),
                   meaning='the same'),
            Output(f'{below}/joint_states', JointState, RELIABLE,
                   lambda it: joints_to_bytes(it.names, it.joints, it.body, it.header),
                   meaning='joints of `human_description`: `l_elbow_p0001`, ...'),
        ),
    )


def frames_output() -> Output[Placed]:
    """Return the row of /tf."""
    from tf2_msgs.msg import TFMessage

    return Output(
        TF, TFMessage, TF_QOS, _frames,
        meaning='with `source: poses_3d`: `body_ID` in the middle of the hips, x forward, z to the'
        ' head',
    )


def _frames(it: Placed) -> bytes | None:
    return body_frames_to_bytes(it.bodies, it.frames, it.header) if it.bodies else None


def check(settings: HumansParameters) -> None:
    """
    Refuse parameters that make no sense, and a machine without hri_msgs.

    :raises StartError: with the reason.
    """
    hri_msgs()
    check_kinematics(settings)
    if not NAMESPACE.fullmatch(settings.namespace):
        given = one_line(settings.namespace, 80)
        raise StartError(f"namespace '{given}' is no beginning of topics: /humans is, say")
