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

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from fractions import Fraction
import json
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
from movenet_ros.core.errors import StartError
from movenet_ros.core.needs import pyav
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

MAX_HELD_S = 10.0  # the longest time that an image is shown
TICK = Fraction(1, 60_000)  # second: the unit of times in a video; MPEG-4 takes no smaller one
# What swscale makes of BGR, and what readers that ask for no colours assume, is BT.601.
COLORS = 'colormatrix=smpte170m:colorprim=bt709:transfer=bt709'
ENCODERS = {  # of H.264, which everything plays
    'libx264': {'preset': 'superfast', 'crf': '23', 'x264-params': COLORS},
    'libopenh264': {},
}
FALLBACK = 'mpeg4'
BITS_PER_PIXEL = 0.2  # where an encoder takes no quality


class JsonLines:
    """
    A file with one JSON object a line, each on its way to the disk as soon as it is written.

    :raises StartError: if the file cannot be opened; by ``write``, if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open('wb', buffering=0)  # nothing is left to fail when it closes
        except OSError as error:
            raise StartError(f'cannot write {path}: {error.strerror}') from error

    def write(self, record: dict[str, Any]) -> None:
        """Append one object."""
        line = json.dumps(record).encode() + b'\n'
        try:
            while line:  # a full disk takes a part first
                written = self._file.write(line)
                line = line[written:]
        except OSError as error:
            raise StartError(f'cannot write {self._path}: {error.strerror}') from error

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
    An .mp4 file in which each image has the time of its stamp.

    The first image sets the size; others are fitted into it. Where stamps repeat or jump, the
    video goes on from there. A file that cannot be finished is removed.

    :param rate_hz: images per second, where stamps do not tell.
    :raises StartError: by ``write`` and ``close``, if the file cannot be written.
    """

    def __init__(self, path: Path, rate_hz: float) -> None:
        self._av = pyav()
        self._path = path
        self._rate_hz = rate_hz
        self._container: Any = None
        self._stream: Any = None
        self._wh = (0, 0)
        self._latest_ns = 0
        self._ticks = 0
        self._failure: StartError | None = None

    def write(self, image_bgr: NDArray[np.uint8], stamp_ns: int) -> None:
        """Append an image at the time of its stamp."""
        with self._removed_if_it_fails():
            if self._stream is None:
                self._open(image_bgr.shape[1], image_bgr.shape[0])
            else:
                self._ticks += self._step(stamp_ns - self._latest_ns)
            self._latest_ns = stamp_ns
            pixels = np.ascontiguousarray(_fitted(image_bgr, self._wh))
            frame = self._av.VideoFrame.from_ndarray(pixels, format='bgr24')
            frame.pts, frame.time_base = self._ticks, TICK
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file."""
        if self._container is not None:
            with self._removed_if_it_fails():
                self._container.mux(self._stream.encode(None))
                self._container.close()
                self._container = None

    def _open(self, width: int, height: int) -> None:
        self._wh = _even(width), _even(height)
        name, options = _encoder()
        rate = Fraction(max(1.0, self._rate_hz)).limit_denominator(1001)  # encoders want one
        self._container = self._av.open(
            f'file:{self._path}', 'w', format='mp4', container_options={'movflags': 'faststart'}
        )
        self._stream = self._container.add_stream(name, rate=rate, options=options)
        self._stream.width, self._stream.height = self._wh
        self._stream.pix_fmt = 'yuv420p'
        self._stream.codec_context.time_base = TICK
        self._stream.codec_context.bit_rate = round(BITS_PER_PIXEL * width * height * rate)
        self._container.start_encoding()

    def _step(self, gap_ns: int) -> int:
        """Return by how many ticks an image is later than the one before it."""
        if gap_ns <= 0:
            gap_ns = round(NANOSECONDS / self._rate_hz)
        return max(1, round(min(gap_ns, MAX_HELD_S * NANOSECONDS) / NANOSECONDS / TICK))

    @contextmanager
    def _removed_if_it_fails(self) -> Iterator[None]:
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except (self._av.error.FFmpegError, OSError) as error:
            with suppress(self._av.error.FFmpegError, OSError):
                self._container.close()
            self._container = None
            self._path.unlink(missing_ok=True)
            self._failure = StartError(f'cannot write {self._path}: {error.strerror}')
            raise self._failure from error


def codec_note() -> str:
    """Return what to know about the codec of videos; empty where everything plays it."""
    if _encoder()[0] == FALLBACK:
        return 'videos are MPEG-4 part 2, which browsers do not play; try: pip install av'
    return ''


def _encoder() -> tuple[str, dict[str, str]]:
    """Return the name and the options of the best encoder that FFmpeg has here."""
    codecs = pyav().codec
    for name, options in ENCODERS.items():
        with suppress(codecs.codec.UnknownCodecError):
            codecs.Codec(name, 'w')
            return name, options
    return FALLBACK, {}


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
