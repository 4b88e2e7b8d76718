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
Pictures from a video file, a folder or a camera, one after the other.

In the place of a picture that cannot be read (a broken file in a folder) comes an ImageError: the
caller warns and continues.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
import os
from pathlib import Path

import cv2
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import check_size
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.image import read_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.wording import one_line
import numpy as np

PICTURE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp')
PICTURES_HZ = 2.0
CAMERA_HZ = 30.0  # of a camera or a file that states no rate
CAMERA_PREFIX = '/dev/video'


@dataclass(frozen=True)
class Media:
    """
    A source of pictures.

    :param name: for people.
    :param rate_hz: pictures per second, as the source states.
    :param count: number of pictures, None where it is unknown or endless.
    :param is_live: whether reading waits for the next picture, as with a camera.
    :param images: starts from the beginning at each call.
    """

    name: str
    rate_hz: float
    count: int | None
    is_live: bool
    images: Callable[[], Iterator[SourceImage | ImageError]]


def open_media(source: str, max_pixels: int = MAX_IMAGE_PIXELS) -> Media:
    """
    Open a video file, a folder of pictures, or a camera by index or device.

    :param max_pixels: larger pictures are rejected before they are decoded.
    :raises StartError: if it is none of these or cannot be opened.
    """
    if source.isdecimal() or source.startswith(CAMERA_PREFIX):
        return _camera(source, max_pixels)
    path = Path(os.path.expanduser(source))
    try:
        if not source or not path.exists():
            raise StartError(
                f"no such source: '{source}' (a video file, a folder of pictures, a camera index"
                f' or {CAMERA_PREFIX}N)'
            )
        return _folder(path, max_pixels) if path.is_dir() else _file(path, max_pixels)
    except OSError as error:
        raise StartError(f"cannot open '{source}': {error.strerror}") from error


def _folder(path: Path, max_pixels: int) -> Media:
    pictures = sorted(each for each in path.iterdir() if each.suffix.lower() in PICTURE_SUFFIXES)
    if not pictures:
        raise StartError(f'no pictures in {path} ({", ".join(PICTURE_SUFFIXES)})')
    return Media(
        str(path),
        PICTURES_HZ,
        len(pictures),
        False,
        lambda: (_picture(each, max_pixels) for each in pictures),
    )


def _picture(path: Path, max_pixels: int) -> SourceImage | ImageError:
    try:
        return read_picture(path, max_pixels)
    except ImageError as error:
        return ImageError(f'{path.name}: {error}')


def _file(path: Path, max_pixels: int) -> Media:
    if path.suffix.lower() in PICTURE_SUFFIXES:
        picture = _picture(path, max_pixels)
        if isinstance(picture, ImageError):
            raise StartError(str(picture))
        return Media(str(path), PICTURES_HZ, 1, False, lambda: iter([picture]))
    complaint = f'{path} is no video that OpenCV can read'
    if not path.is_file():  # a pipe, for example: OpenCV would wait for it
        raise StartError(complaint)
    capture = _opened(cv2.VideoCapture(str(path)), complaint, max_pixels)
    rate_hz = capture.get(cv2.CAP_PROP_FPS)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    capture.release()
    if not 0 < rate_hz < 1000:  # NaN too: files without a rate
        rate_hz = CAMERA_HZ
    return Media(
        str(path),
        rate_hz,
        count if count > 0 else None,
        False,
        lambda: _captured(cv2.VideoCapture(str(path)), path.name, count, max_pixels),
    )


def _camera(source: str, max_pixels: int) -> Media:
    index = int(source) if source.isdecimal() else source
    complaint = (
        f'camera {source} cannot be opened: is it plugged in, in use by another program,'
        ' and are you in the group video?'
    )
    if not Path(f'{CAMERA_PREFIX}{index}' if source.isdecimal() else source).exists():
        raise StartError(complaint)  # before OpenCV prints several lines of its own
    capture = _opened(cv2.VideoCapture(index), complaint, max_pixels)
    rate_hz = capture.get(cv2.CAP_PROP_FPS)
    return Media(
        f'camera {source}',
        rate_hz if 0 < rate_hz < 1000 else CAMERA_HZ,
        None,
        True,
        lambda: _captured(capture, f'camera {source}', 0, max_pixels),
    )


def _opened(
    capture: cv2.VideoCapture, complaint: str, max_pixels: int
) -> cv2.VideoCapture:
    if not capture.isOpened() or capture.get(cv2.CAP_PROP_FRAME_WIDTH) < 1:
        raise StartError(complaint)
    sides = (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    try:
        check_size((int(sides[0]), int(sides[1])), max_pixels)
    except ImageError as error:
        raise StartError(str(error)) from error
    return capture


def _captured(
    capture: cv2.VideoCapture, name: str, count: int, max_pixels: int
) -> Iterator[SourceImage | ImageError]:
    """Read to the end; the last is an error where the file ends before its stated count."""
    done = 0
    while True:
        try:
            got, pixels = capture.read()
            if not got:
                break
            image = SourceImage(np.asarray(pixels, np.uint8), 'bgr')
            check_size(image.wh, max_pixels)  # it may change within a file
        except (cv2.error, ImageError) as error:
            yield ImageError(f'{name} breaks off after {done} images: {one_line(error)}')
            return
        done += 1
        yield image
    capture.release()
    if done < count - 1:  # containers are often off by one
        yield ImageError(f'{name} breaks off after {done} of {count} images')
