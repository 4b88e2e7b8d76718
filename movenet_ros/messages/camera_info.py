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

"""The camera's calibration from the bytes of a sensor_msgs/CameraInfo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from movenet_ros.core.camera import Camera
from movenet_ros.core.camera import camera_of
from movenet_ros.core.camera import CameraError
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo

STAMP = slice(4, 12)  # of its bytes


def camera_info_from_bytes(message: bytes) -> CameraInfo:
    """
    Read a serialized message.

    :raises CameraError: if it is none.
    """
    try:
        return deserialize_message(message, CameraInfo)
    except Exception as error:  # noqa: B902 (rclpy raises what the middleware throws)
        raise CameraError(f'a message of {len(message)} bytes that is no camera_info') from error


def says_the_same(message: bytes, before: bytes) -> bool:
    """Return whether two serialized messages differ in their stamps at most."""
    return message[STAMP.stop:] == before[STAMP.stop:]


def size_in(msg: CameraInfo) -> tuple[int, ...]:
    """Return all that tells the size of the image, in one way or another."""
    roi = msg.roi
    return msg.width, msg.height, roi.width, roi.height, msg.binning_x, msg.binning_y


def camera_from_msg(msg: CameraInfo, rectified: bool) -> Camera:
    """
    Return the camera of the image that comes with a message.

    K and P are those of the whole sensor; the image may be a part of it (``roi``), and several
    pixels in one (``binning_x`` and ``binning_y``).

    :param rectified: whether that image is.
    :raises CameraError: if it is not calibrated, or by a lens that is not known.
    """
    wh = (msg.width, msg.height)
    camera = camera_of(wh, msg.k, msg.d, msg.distortion_model, msg.p, rectified)
    roi = msg.roi
    if roi.width and roi.height:
        camera = replace(
            camera,
            wh=(roi.width, roi.height),
            cx=camera.cx - roi.x_offset,
            cy=camera.cy - roi.y_offset,
        )
    width, height = camera.wh
    return camera.scaled(
        (max(width // max(msg.binning_x, 1), 1), max(height // max(msg.binning_y, 1), 1))
    )


def is_rectified(asked: str, topics: Sequence[str]) -> bool:
    """
    Return whether an image is rectified.

    :param asked: ``true``, ``false``, or ``auto``: by the names of topics, as image_proc's
        image_rect and image_rect_color have it.
    :param topics: of the image and of its camera_info.
    """
    if asked != 'auto':
        return asked == 'true'
    words = {word for topic in topics for part in topic.split('/') for word in part.split('_')}
    return bool({'rect', 'rectified'} & words)
