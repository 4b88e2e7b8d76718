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
Images of a video, a folder of pictures or a camera, one after the other, each with its time.

In the place of a picture that cannot be read (a broken file in a folder) comes an ImageError: the
caller warns and continues.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
import os
from pathlib import Path
import time
from typing import NamedTuple

import cv2
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.file_magic import Form
from movenet_ros.core.file_magic import GIF
from movenet_ros.core.image import check_size
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.image import read_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.native_lines import log_once
from movenet_ros.core.native_lines import native_lines
from movenet_ros.core.picture_count import is_video
from movenet_ros.core.source_kind import beside_pictures
from movenet_ros.core.source_kind import is_named_as_picture
from movenet_ros.core.source_kind import kind_of
from movenet_ros.core.source_kind import pictures
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.core.video import CAMERA_HZ
from movenet_ros.core.video import HIGHEST_HZ
from movenet_ros.core.video import Video
from movenet_ros.core.wording import one_line
from movenet_ros.core.wording import PASSWORD
import numpy as np

PICTURES_HZ = 2.0
LOOKED_AT_BYTES = 1 << 25  # of a file, to find a second picture
CAMERA_PREFIX = '/dev/video'
SOURCES = f'a video file, a folder of pictures, a camera (0 or {CAMERA_PREFIX}0), rtsp://...'


class TimedImage(NamedTuple):
    """
    An image of a source.

    :param image: or an error, where it cannot be read.
    :param time_ns: when it is shown, in nanoseconds from the source's first image on.
    :param file: name of the picture's file; empty for an image of a video or a camera.
    """

    image: SourceImage | ImageError
    time_ns: int
    file: str = ''


@dataclass(frozen=True)
class Media:
    """
    A source of images.

    :param name: for people.
    :param rate_hz: images per second, as the source states; a video may have any other.
    :param count: number of images, of a video an estimate; None where it is unknown or endless.
    :param is_live: whether reading waits for the next image, as with a camera.
    :param images: starts from the beginning at each call; the last of a video that breaks off is
        an error.
    :param are_pictures: whether each image is a file of its own, of a scene of its own.
    :param notes: what a user needs to know before, in sentences.
    """

    name: str
    rate_hz: float
    count: int | None
    is_live: bool
    images: Callable[[], Iterator[TimedImage]]
    are_pictures: bool = False
    notes: tuple[str, ...] = ()


def open_media(source: str, max_pixels: int = MAX_IMAGE_PIXELS) -> Media:
    """
    Open a video file, a folder of pictures, a camera by index or device, or one in the network.

    :param max_pixels: larger images are rejected before they are decoded.
    :raises StartError: if it is none of these or cannot be opened.
    """
    if not source:
        raise StartError(f'no source is given: {SOURCES}')
    source = os.path.expanduser(source)
    kind, path = kind_of(source), Path(source)
    try:
        if kind.form is Form.STREAM:
            return _video(source, max_pixels)
        if kind.form is Form.CAMERA:
            device = Path(f'{CAMERA_PREFIX}{int(source)}') if source.isdecimal() else path
            return _camera(device, f'camera {one_line(source)}', max_pixels)
        if kind.form is Form.PICTURES:
            beside = beside_pictures(path)
            notes = (f'not read: {beside}',) if beside else ()
            return replace(_pictures(path, pictures(path), max_pixels), notes=notes)
        is_sequence = kind.form is Form.PICTURE and _has_several(path)
        if kind.form is Form.VIDEO or kind.name == GIF or is_sequence:
            return _video(path, max_pixels)
        if kind.form is Form.PICTURE or is_named_as_picture(path):
            return _single_picture(path, max_pixels)
        if kind.form is Form.UNKNOWN:
            return _video(path, max_pixels)
    except OSError as error:
        raise StartError(f'cannot open {one_line(source)}: {error.strerror}') from error
    raise StartError(kind.sentence(source))


def _has_several(path: Path) -> bool:
    """Return whether a picture file is a video of PNGs or JPEGs."""
    with path.open('rb') as file:
        return is_video(file.read(LOOKED_AT_BYTES))


def _single_picture(path: Path, max_pixels: int) -> Media:
    picture = _picture(path, max_pixels)
    if isinstance(picture, ImageError):
        raise StartError(str(picture))
    return _pictures(path, [path], max_pixels)


def _pictures(source: Path, paths: list[Path], max_pixels: int) -> Media:
    def images() -> Iterator[TimedImage]:
        for i, path in enumerate(paths):
            time_ns = round(i * NANOSECONDS / PICTURES_HZ)
            yield TimedImage(_picture(path, max_pixels), time_ns, path.name)

    return Media(one_line(source), PICTURES_HZ, len(paths), False, images, True)


def _picture(path: Path, max_pixels: int) -> SourceImage | ImageError:
    try:
        return read_picture(path, max_pixels)
    except ImageError as error:
        return ImageError(f'{path.name}: {error}')


def _video(source: Path | str, max_pixels: int) -> Media:
    name = PASSWORD.sub('', one_line(source)) if isinstance(source, str) else one_line(source)
    video = Video(source, name, max_pixels)
    return Media(
        name, video.rate_hz, video.count, video.is_live,
        lambda: (TimedImage(*each) for each in video.images()), notes=video.notes,
    )


def _camera(path: Path, name: str, max_pixels: int) -> Media:
    refusal = StartError(
        f'{name} cannot be opened: is it plugged in, in use by another program, and are you in the'
        ' group video? A camera may have two devices, one without images: v4l2-ctl --list-devices'
    )
    if not path.is_char_device():  # OpenCV would print several lines of its own
        raise refusal
    capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_V4L2)
    wh = [int(capture.get(each)) for each in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
    if not capture.isOpened() or wh[0] < 1:
        raise refusal
    try:
        check_size((wh[0], wh[1]), max_pixels)
    except ImageError as error:
        raise StartError(f'{name}: {error}') from error
    rate_hz = capture.get(cv2.CAP_PROP_FPS)
    return Media(
        name,
        rate_hz if 0 < rate_hz < HIGHEST_HZ else CAMERA_HZ,
        None,
        True,
        lambda: _captured(capture, name, max_pixels),
    )


def _captured(capture: cv2.VideoCapture, name: str, max_pixels: int) -> Iterator[TimedImage]:
    """Read a camera until it is unplugged."""
    begun_ns = time.monotonic_ns()
    while True:
        with native_lines() as complaints:  # of libjpeg, which decodes what most cameras send
            got, pixels = capture.read()
        log_once(complaints)
        time_ns = time.monotonic_ns() - begun_ns
        if not got:
            break
        try:
            image = SourceImage(np.asarray(pixels, np.uint8), 'bgr')
            check_size(image.wh, max_pixels)
        except ImageError as error:
            yield TimedImage(ImageError(f'{name}: {error}'), time_ns)
            break
        yield TimedImage(image, time_ns)
    capture.release()
