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

"""An image as a JPEG."""

from __future__ import annotations

import cv2
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import SourceImage

FULL_COLOUR: list[int] = []
if hasattr(cv2, 'IMWRITE_JPEG_SAMPLING_FACTOR_444'):  # since OpenCV 4.7; thin lines stay sharp
    FULL_COLOUR += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]


def to_jpeg(image: SourceImage, quality: int) -> bytes:
    """
    Encode an image.

    :param quality: from 0 to 100, as libjpeg counts it.
    :raises ImageError: if it is larger than a JPEG can be.
    """
    try:
        is_done, jpeg = cv2.imencode(
            '.jpg', image.as_bgr(), [cv2.IMWRITE_JPEG_QUALITY, quality, *FULL_COLOUR]
        )
    except cv2.error:
        is_done = False
    if not is_done:
        width, height = image.wh
        raise ImageError(f'an image of {width}x{height} pixels is too large for a JPEG')
    return jpeg.tobytes()
