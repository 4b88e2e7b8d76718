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
import stat
from typing import Any
from typing import Literal

import cv2
from movenet_ros.core import jpeg
from movenet_ros.core import jpeg_damage
from movenet_ros.core.bit_depth import to_8_bit
from movenet_ros.core.errors import ImageError
from movenet_ros.core.native_lines import log_once
from movenet_ros.core.native_lines import native_lines
from movenet_ros.core.picture_count import pictures_in
from movenet_ros.core.picture_header import size_in_header
from movenet_ros.core.wording import one_line
import numpy as np
from numpy.typing import NDArray

MAX_IMAGE_PIXELS = 50_000_000  # of an image, unless told otherwise: 150 MB of bgr8
MAX_PIXEL_BYTES = 8  # 16 bits in four channels: a file has no more, but for what is around it
MAX_METADATA_BYTES = 100_000_000
ANY_COLOURS = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH  # BGR of 8 or 16 bits

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
_TO_GREY = {
    'rgb': cv2.COLOR_RGB2GRAY,
    'bgr': cv2.COLOR_BGR2GRAY,
    'rgba': cv2.COLOR_RGBA2GRAY,
    'bgra': cv2.COLOR_BGRA2GRAY,
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
            expected = '(height, width)' if want == 2 else f'(height, width, {channels})'
            raise ImageError(
                f'a picture of shape {shape} and type {self.pixels.dtype};'
                f' it must be {expected} and uint8'
            )
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

    def as_grey(self) -> NDArray[np.uint8]:
        """Return ``(H, W)`` grey; the picture's own pixels where they are that already."""
        if self.order == 'mono':
            return np.asarray(self.pixels)
        return np.asarray(cv2.cvtColor(self.pixels, _TO_GREY[self.order]), np.uint8)


def check_size(image_wh: tuple[int, int], max_pixels: int) -> None:
    """
    Reject an image that would take too much memory.

    :raises ImageError: if width times height is more than ``max_pixels``.
    """
    width, height = image_wh
    if width * height > max_pixels:
        raise ImageError(
            f'an image of {width}x{height} pixels, more than image.max_pixels = {max_pixels}'
        )


def decode_picture(
    data: bytes | NDArray[np.uint8], max_pixels: int = MAX_IMAGE_PIXELS
) -> SourceImage:
    """
    Decode a compressed picture (JPEG, PNG, WebP, BMP, GIF or TIFF) to 8-bit BGR.

    An EXIF orientation is applied, as every viewer and cv_bridge do; 16 bits are scaled over the
    range in use.

    :param max_pixels: larger ones are rejected before anything of that size is decoded.
    :raises ImageError: if it is no picture, one that breaks off, or too large.
    """
    data = bytes(data)
    if not data:
        raise ImageError('an empty compressed image')
    check_size(size_in_header(data), max_pixels)
    is_jpeg, given = data.startswith(jpeg.START), len(data)
    if is_jpeg:
        data = jpeg.completed(data)
    try:
        with native_lines() as complaints:
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), ANY_COLOURS)
    except cv2.error as error:
        reason = one_line(error.err)
        raise ImageError(f'a compressed image that OpenCV rejects: {reason}') from error
    if pixels is None:
        start = data[:4].hex(' ')
        raise ImageError(f'{len(data)} bytes that are no whole picture (they begin {start})')
    if is_jpeg:
        damage = next(filter(jpeg_damage.is_damage, complaints), '')
        if damage or jpeg_damage.lacks_pixels(data, pixels, complaints):
            reason = damage or 'its lower part was never decoded'
            raise ImageError(f'a truncated JPEG of {given} bytes: {reason}')
    log_once(complaints)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ImageError(f'a picture of {pixels.dtype} values, which are no colours (depth?)')
    image = SourceImage(to_8_bit(pixels), 'bgr')
    check_size(image.wh, max_pixels)
    return image


def read_picture(path: Path, max_pixels: int = MAX_IMAGE_PIXELS) -> SourceImage:
    """
    Read a picture file.

    :param max_pixels: larger ones are rejected.
    :raises ImageError: if the file cannot be read or is no whole picture.
    """
    try:
        about = path.stat()
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):  # waiting for it
            raise ImageError(f'cannot read {path}: it is no file')
        if about.st_size > MAX_PIXEL_BYTES * max_pixels + MAX_METADATA_BYTES:
            raise ImageError(f'cannot read {path}: {about.st_size} bytes are too many')
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f'cannot read {path}: {error.strerror}') from error
    picture = decode_picture(data, max_pixels)
    if (count := pictures_in(data)) > 1:
        log_once([f'{path.name} has {count} pictures in it, of which the first is read'])
    return picture
