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
A picture as it came in: 8-bit pixels and the order of their channels.

The order travels with the pixels so that nothing has to be converted at full size: the letterbox
shrinks first and reorders the small picture. It also makes the classic mistake, feeding a model
that wants RGB with OpenCV's BGR, impossible to make by accident.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Literal

import cv2
from movenet_ros.core.errors import ImageError
import numpy as np
from numpy.typing import NDArray

Order = Literal['rgb', 'bgr', 'rgba', 'bgra', 'mono']

_CHANNELS: dict[Order, int] = {'rgb': 3, 'bgr': 3, 'rgba': 4, 'bgra': 4, 'mono': 1}
_TO_RGB = {
    'bgr': cv2.COLOR_BGR2RGB,
    'rgba': cv2.COLOR_RGBA2RGB,
    'bgra': cv2.COLOR_BGRA2RGB,
    'mono': cv2.COLOR_GRAY2RGB,
}
_TO_BGR = {
    'rgb': cv2.COLOR_RGB2BGR,
    'rgba': cv2.COLOR_RGBA2BGR,
    'bgra': cv2.COLOR_BGRA2BGR,
    'mono': cv2.COLOR_GRAY2BGR,
}


@dataclass(frozen=True, eq=False)
class SourceImage:
    """
    One picture that came in; it may be a view of a message's buffer, so it is never written to.

    :param pixels: ``(H, W, C)`` uint8, or ``(H, W)`` for mono; H and W at least 1.
    :param order: what the channels are.
    :raises ImageError: if pixels and order do not belong together.
    """

    pixels: NDArray[np.uint8]
    order: Order

    def __post_init__(self) -> None:
        """Check shape and type."""
        shape, channels = self.pixels.shape, _CHANNELS[self.order]
        want = 2 if channels == 1 else 3
        if self.pixels.dtype != np.uint8 or len(shape) != want or 0 in shape:
            raise ImageError(f'a picture of shape {shape} and type {self.pixels.dtype}')
        if want == 3 and shape[2] != channels:
            raise ImageError(f'{shape[2]} channels for the order {self.order}')

    @property
    def wh(self) -> tuple[int, int]:
        """Return width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def with_pixels(self, pixels: NDArray[Any]) -> 'SourceImage':
        """Return another picture of the same order."""
        return SourceImage(pixels, self.order)

    def as_rgb(self) -> NDArray[np.uint8]:
        """Return ``(H, W, 3)`` RGB; the picture's own pixels where they are that already."""
        if self.order == 'rgb':
            return np.asarray(self.pixels)
        return np.asarray(cv2.cvtColor(self.pixels, _TO_RGB[self.order]), np.uint8)

    def as_bgr(self) -> NDArray[np.uint8]:
        """Return ``(H, W, 3)`` BGR; the picture's own pixels where they are that already."""
        if self.order == 'bgr':
            return np.asarray(self.pixels)
        return np.asarray(cv2.cvtColor(self.pixels, _TO_BGR[self.order]), np.uint8)


def decode_picture(data: bytes | NDArray[np.uint8]) -> SourceImage:
    """
    Decode a compressed picture (JPEG, PNG, whatever OpenCV reads) to 8-bit BGR.

    An EXIF orientation is applied, as every viewer and cv_bridge do.

    :raises ImageError: if it is no picture, or a JPEG that breaks off.
    """
    buffer = np.frombuffer(data, np.uint8)
    if buffer.size == 0:
        raise ImageError('an empty compressed image')
    raw = buffer.tobytes()
    if raw.startswith(b'\xff\xd8') and not _jpeg_is_whole(raw):
        raise ImageError(f'a truncated JPEG of {buffer.size} bytes')
    try:
        pixels = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError(f'a compressed image that OpenCV refuses: {error.err}') from error
    if pixels is None:
        start = raw[:4].hex(' ')
        raise ImageError(f'{buffer.size} bytes that are no whole picture (they begin {start})')
    return SourceImage(np.asarray(pixels, np.uint8), 'bgr')


def read_picture(path: Path) -> SourceImage:
    """
    Read a picture file.

    :raises ImageError: if the file cannot be read or is no whole picture.
    """
    try:
        return decode_picture(path.read_bytes())
    except OSError as error:
        raise ImageError(f'cannot read {path}: {error.strerror}') from error


def _jpeg_is_whole(data: bytes) -> bool:
    """
    Tell whether a JPEG reaches its end marker.

    OpenCV up to 4.x paints the missing part grey and says nothing, which a robot must not see.
    The walk goes over the segments to the first scan, because an embedded thumbnail has an end
    marker of its own; behind it, FF is always stuffed, so that FF D9 can only be the end.
    Source: ITU-T T.81, annex B.
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xDA:
            return data.find(b'\xff\xd9', at + 2) >= 0
        if marker == 0xFF:  # a fill byte
            at += 1
        else:
            at += 2 + (data[at + 2] << 8 | data[at + 3])
    return False
