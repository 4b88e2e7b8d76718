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

"""A clip with depth and the truth about the people in it, from a folder of four files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any
import zipfile

import cv2
from movenet_ros.core.camera import Camera
from movenet_ros.core.camera import camera_of
from movenet_ros.core.camera import CameraError
from movenet_ros.core.depth import check_depth
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.media import Media
from movenet_ros.core.media import open_media
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

COVERED, SEEN = 1, 2  # of a joint: its depth is somebody else's, or it is on its own body
PLACES = ('surface', 'centre')


@dataclass(frozen=True, eq=False)
class TruePeople:
    """
    The people in one image of a clip.

    :param stamp_ns: of the image.
    :param depth: name of the depth image that was taken with it; '' where there is none.
    :param ids: ``(n,)``; keypoints ``(n, 17, 2)`` in pixels; boxes_xyxy ``(n, 4)``.
    :param visible: ``(n, 17)`` 0 not labelled or outside, COVERED, or SEEN and more.
    :param places: ``(n, 17, 3)`` in metres, by the names in PLACES, NaN where there is no truth.
    """

    stamp_ns: int
    depth: str
    ids: NDArray[np.int64]
    keypoints: NDArray[np.float64]
    boxes_xyxy: NDArray[np.float64]
    visible: NDArray[np.int64]
    places: dict[str, NDArray[np.float64]]
    distances_m: NDArray[np.float64]


@dataclass(frozen=True)
class DepthClip:
    """
    A video, its depth images, the camera and the truth.

    :param depth_ns: stamps of the depth images; names in the same order.
    :param read_depth: reads one, by its name.
    """

    media: Media
    camera: Camera
    people: list[TruePeople]
    depth_ns: list[int]
    names: list[str]
    read_depth: Callable[[str], NDArray[Any]]


def read_depth_clip(folder: Path) -> DepthClip:
    """
    Read camera.json, truth.json and where depth.zip (or depth.npz) and color.mp4 are.

    :raises StartError: if anything is missing or of another form.
    """
    camera = _camera(folder / 'camera.json')
    path = folder / 'truth.json'
    frames = _json(path)
    try:
        people = [_people(each) for each in frames['frames']]
        timed = [
            (round(each['depth_t'] * NANOSECONDS), str(each['depth']))
            for each in frames['frames']
            if each['depth'] is not None
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise StartError(
            f'{path} is not about a clip with depth: {type(error).__name__}: {error}'
        ) from error
    if not people:
        raise StartError(f'{path} has no frames')
    stamps_ns, names = [each[0] for each in timed], [each[1] for each in timed]
    read_depth = _depth_reader(folder)
    for name in names:
        read_depth(name)
    media = open_media(str(folder / 'color.mp4'))
    return DepthClip(media, camera, people, stamps_ns, names, read_depth)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text('utf-8-sig'))
    except OSError as error:
        raise StartError(f'cannot read {path}: {error.strerror}') from error
    except ValueError as error:
        raise StartError(f'{path} is no JSON: {error}') from error


def _camera(path: Path) -> Camera:
    about = _json(path)
    try:
        k = about['fx'], 0, about['cx'], 0, about['fy'], about['cy'], 0, 0, 1
        return camera_of(
            (about['width'], about['height']), [float(each) for each in k],
            [float(each) for each in about.get('D', ())],
            about.get('distortion_model', ''), about.get('P', (0.0,) * 12),
            about.get('rectified', False),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StartError(f'{path}: {type(error).__name__}: {error}') from error
    except CameraError as error:
        raise StartError(f'{path}: {error}') from error


def _people(frame: dict[str, Any]) -> TruePeople:
    persons = frame['persons']
    boxes = np.array([each['bbox'] for each in persons], np.float64).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    nowhere = (np.nan,) * 3
    return TruePeople(
        round(frame['t'] * NANOSECONDS),
        frame['depth'] or '',
        np.array([each['id'] for each in persons], np.int64),
        np.array([each['kp2d'] for each in persons], np.float64).reshape(-1, len(COCO), 2),
        boxes,
        np.array([each['visible'] for each in persons], np.int64).reshape(-1, len(COCO)),
        {
            name: np.array(
                [[place or nowhere for place in each[name]] for each in persons], np.float64
            ).reshape(-1, len(COCO), 3)
            for name in PLACES
        },
        np.array([each['z'] for each in persons], np.float64),
    )


def _depth_reader(folder: Path) -> Callable[[str], NDArray[Any]]:
    """
    Return what reads a depth image of depth.zip (PNG, millimetres) or depth.npz (metres).

    :raises StartError: if there is neither, and while reading if one is no depth image.
    """
    arrays, pictures = folder / 'depth.npz', folder / 'depth.zip'
    path = arrays if arrays.exists() else pictures
    try:
        archive = np.load(arrays) if path == arrays else zipfile.ZipFile(pictures)
    except OSError as error:
        raise StartError(f'cannot read {path}: {error.strerror}') from error
    except (ValueError, zipfile.BadZipFile) as error:
        raise StartError(f'{path}: {error}') from error

    def read(name: str) -> NDArray[Any]:
        try:
            if isinstance(archive, zipfile.ZipFile):
                data = np.frombuffer(archive.read(f'{name}.png'), np.uint8)
                pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
            else:
                pixels = archive[name]
            if pixels is None:
                raise ImageError('no picture')
            check_depth(pixels)
        except (KeyError, ValueError, ImageError, zipfile.BadZipFile, cv2.error) as error:
            raise StartError(f'{path}: depth image {name}: {error}') from error
        return np.asarray(pixels)

    return read
