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

"""People and annotated images written to files."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
from movenet_ros.core.errors import StartError
from movenet_ros.core.poses import Poses
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

CODEC = 'mp4v'  # the only one that every build of OpenCV can write into .mp4
DECIMALS = 3
MAX_HELD_S = 10.0  # the longest gap that is filled with the image before it


def pose_record(stamp_ns: int, image_wh: tuple[int, int], poses: Poses) -> dict[str, Any]:
    """
    Return one line of a .jsonl file.

    :return: stamp_ns, image_wh, and people: each with id ("" if not tracked), score, box_xyxy
        and 17 keypoints (x, y, score), in pixels.
    """
    triples = np.concatenate([poses.keypoints, poses.keypoint_scores[..., None]], axis=-1)
    return {
        'stamp_ns': stamp_ns,
        'image_wh': list(image_wh),
        'people': [
            {
                'id': str(poses.ids[i]) if poses.ids[i] else '',
                'score': _rounded(poses.scores[i]),
                'box_xyxy': _rounded(poses.boxes_xyxy[i]),
                'keypoints': _rounded(triples[i]),
            }
            for i in range(len(poses))
        ],
    }


def _rounded(values: Any) -> Any:
    return np.round(np.asarray(values, np.float64), DECIMALS).tolist()


class JsonLines:
    """
    A file with one JSON object a line, each flushed as it is written.

    :raises StartError: if the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open('w', buffering=1)
        except OSError as error:
            raise StartError(f'cannot write {path}: {error.strerror}') from error

    def write(self, record: dict[str, Any]) -> None:
        """Append one object."""
        self._file.write(json.dumps(record) + '\n')

    def __enter__(self) -> JsonLines:
        """Return itself; the file is open already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()


class VideoFile:
    """
    An .mp4 file that shows images at the pace of their stamps.

    The first image sets the size; others are fitted into it. A gap is filled with the image before
    it, so that the video keeps its pace where images were dropped.

    :param rate_hz: images per second in the file.
    :raises StartError: by ``write``, if the file cannot be written.
    """

    def __init__(self, path: Path, rate_hz: float) -> None:
        self._path = path
        self._rate_hz = rate_hz
        self._writer: cv2.VideoWriter | None = None
        self._wh = (0, 0)
        self._first_ns = 0
        self._latest_ns = 0
        self._latest: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._written = 0

    def write(self, image_bgr: NDArray[np.uint8], stamp_ns: int) -> None:
        """Append an image at the place of its stamp."""
        if self._writer is None:
            self._wh = _even(image_bgr.shape[1]), _even(image_bgr.shape[0])
            self._first_ns = self._latest_ns = stamp_ns
            code = cv2.VideoWriter.fourcc(*CODEC)
            self._writer = cv2.VideoWriter(str(self._path), code, self._rate_hz, self._wh)
            if not self._writer.isOpened():
                raise StartError(f'cannot write {self._path}: no such folder, or the disk is full')
        missing = self._missing_before(stamp_ns)
        for _ in range(missing):
            self._writer.write(self._latest)
        self._latest, self._latest_ns = _fitted(image_bgr, self._wh).copy(), stamp_ns
        self._writer.write(self._latest)
        self._written += missing + 1

    def _missing_before(self, stamp_ns: int) -> int:
        """Return how many images fill the gap before a stamp; after a jump, count anew."""
        place = round((stamp_ns - self._first_ns) / NANOSECONDS * self._rate_hz)
        missing = max(0, place - self._written)
        longest = int(MAX_HELD_S * self._rate_hz)
        if stamp_ns < self._latest_ns or missing > longest:
            missing = min(missing, longest)
            shown_s = (self._written + missing) / self._rate_hz
            self._first_ns = stamp_ns - round(shown_s * NANOSECONDS)
        return missing

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()

    def check(self) -> None:
        """
        Read the closed file back: OpenCV reports no error when the disk is full.

        :raises StartError: if it does not hold the images that were written.
        """
        if self._writer is not None:
            count = cv2.VideoCapture(str(self._path)).get(cv2.CAP_PROP_FRAME_COUNT)
            if count < self._written:
                raise StartError(f'cannot write {self._path}: is the disk full?')


def _even(side: int) -> int:
    """Round down to an even number, which the codec needs, at least 2."""
    return max(2, side - side % 2)


def _fitted(image_bgr: NDArray[np.uint8], wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale an image to fit a size, with black borders."""
    height, width = image_bgr.shape[:2]
    if (width, height) == wh:
        return image_bgr
    scale = min(wh[0] / width, wh[1] / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    canvas = np.zeros((wh[1], wh[0], 3), np.uint8)
    left, top = (wh[0] - inner[0]) // 2, (wh[1] - inner[1]) // 2
    right, bottom = left + inner[0], top + inner[1]
    canvas[top:bottom, left:right] = cv2.resize(image_bgr, inner)
    return canvas
