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

"""From the people of an image, its depth image and its camera to people in metres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from movenet_ros.core.camera import Camera
from movenet_ros.core.camera import CameraError
from movenet_ros.core.errors import FrameError
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.spatial.lifter import Lifter
from movenet_ros.core.wording import one_line
from movenet_ros.messages.camera_info import camera_from_msg
from movenet_ros.messages.camera_info import camera_info_from_bytes
from movenet_ros.messages.camera_info import is_rectified
from movenet_ros.messages.camera_info import says_the_same
from movenet_ros.messages.depth import Depth
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.settings import MONOCULAR
from movenet_ros.settings import Pose3DParameters
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

OUTSIDE_PX = 2.0  # a box beyond the image is of another one; it is clipped to its own
SAME_ASPECT = 0.02  # of width to height, of a depth image that shows the same
NO_CAMERA_INFO = 'no camera_info'
NO_STAMP = 'the stamps of poses are 0, by which no depth image is found: have the driver set them'
NO_DEPTH_THERE = (
    'no depth is known where people are, between min_depth_m and max_depth_m: look at the depth'
    ' image, and at whether camera_info is of the same camera'
)
REMAP_INFO = 'remap camera_info to that of the images in which these people are'
ALIGN = 'have the driver align depth to the colour image, and remap depth to that topic'


class Space:
    """
    What belongs to one camera: its calibration, and the filter of its people.

    :param topics: names of the topics of its images and its camera_info, by which ``rectified:
        auto`` decides.
    """

    def __init__(self, topics: Sequence[str] = ()) -> None:
        self._topics = topics
        self._message = b''
        self._camera: Camera | None = None
        self._frame_id = ''  # of camera_info
        self._of = ('', '')  # frame and source of the latest poses
        self._rectified = ''
        self._error = ''
        self._lifter = Lifter()

    def restart(self) -> None:
        """Forget the people."""
        self._lifter.restart()

    def set_camera_info(self, message: bytes, rectified: str) -> bool:
        """
        Take the calibration from a serialized sensor_msgs/CameraInfo.

        :param rectified: the parameter.
        :return: whether that is another camera than before.
        :raises CameraError: if it cannot be used: until the next one, nobody is placed.
        """
        if rectified == self._rectified and says_the_same(message, self._message):
            return False
        self._message, self._rectified = message, rectified
        before, self._camera, self._error = self._camera, None, ''
        try:
            msg = camera_info_from_bytes(message)
            self._frame_id = msg.header.frame_id
            self._camera = camera_from_msg(msg, is_rectified(rectified, self._topics))
        except CameraError as error:
            self._error = str(error)
            raise
        is_other = before is not None and before != self._camera
        if is_other:
            self.restart()
        return is_other

    def use(self, rectified: str) -> None:
        """
        Read the last camera_info again where the parameter has changed.

        :raises CameraError: as above.
        """
        if self._message:
            self.set_camera_info(self._message, rectified)

    def people(
        self, header: Header, poses: Poses, depth: Depth | None, settings: Pose3DParameters
    ) -> tuple[Poses3D, str]:
        """
        Place the people of an image.

        :param depth: the image that belongs to it; None without one, or for ``monocular``.
        :return: the people, and why camera or depth image place nobody; empty if they do.
        """
        of = header.frame_id, settings.source
        if of != self._of:  # other people, who may have the same ids
            self._of = of
            self.restart()
        lifter, at_ns, problem = self._lifter, stamp_ns(header.stamp), ''
        try:
            camera = self._camera_of(header, poses)
            if settings.source == MONOCULAR:
                return lifter.place(poses, at_ns, camera, settings), ''
            if not at_ns:
                raise FrameError(NO_STAMP)
            if depth is not None:
                pixels = _pixels(header, depth, camera)
                people = lifter.lift(poses, at_ns, pixels, depth.stamp_ns, camera, settings)
                is_nobody_placed = len(people) and np.isnan(people.positions[..., 2]).all()
                return people, NO_DEPTH_THERE if is_nobody_placed else ''
        except FrameError as error:
            problem = str(error)
        return lifter.without_depth(poses, at_ns, settings), problem

    def _camera_of(self, header: Header, poses: Poses) -> Camera:
        """
        Return the camera, if the poses are of its images.

        :raises CameraError: with the reason.
        """
        camera = self._camera
        if camera is None:
            raise CameraError(self._error or NO_CAMERA_INFO)
        if _differ(header.frame_id, self._frame_id):
            raise CameraError(
                f"poses are in the frame '{one_line(header.frame_id)}', camera_info is of"
                f" '{one_line(self._frame_id)}': {REMAP_INFO}"
            )
        width, height = camera.wh
        x, y = poses.boxes_xyxy[:, 2:].max(axis=0, initial=0.0).tolist()
        if x > width + OUTSIDE_PX or y > height + OUTSIDE_PX:
            raise CameraError(
                f'poses reach to the pixel ({x:.0f}, {y:.0f}), but camera_info is of'
                f' {width}x{height}: {REMAP_INFO}'
            )
        return camera


def _pixels(header: Header, depth: Depth, camera: Camera) -> NDArray[Any]:
    """
    Read a depth image, if it is of the camera.

    :param header: of the image.
    :raises FrameError: if it is not, or if it cannot be read.
    """
    if _differ(header.frame_id, depth.header.frame_id):
        raise FrameError(
            f"depth is in the frame '{one_line(depth.header.frame_id)}', the poses in"
            f" '{one_line(header.frame_id)}': {ALIGN}"
        )
    pixels = depth.read()
    (rows, columns), (width, height) = pixels.shape, camera.wh
    if abs(columns * height / (rows * width) - 1) > SAME_ASPECT:
        raise FrameError(
            f'depth of {columns}x{rows} cannot show the same as images of {width}x{height}:'
            f' {ALIGN}'
        )
    return pixels


def _differ(one: str, other: str) -> bool:
    """Return whether two frames are not the same, where both are named."""
    return bool(one and other) and one.lstrip('/') != other.lstrip('/')
