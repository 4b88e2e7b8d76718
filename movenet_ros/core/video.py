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
The images of a video file or of a network camera, decoded by PyAV (FFmpeg's libraries).

Each image has its own time and is upright, as players show it. What a container states about its
length is an estimate; a file counts as cut only where data is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
import shlex
import struct
from typing import Any

from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import check_size
from movenet_ros.core.image import SourceImage
from movenet_ros.core.needs import needs
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

CAMERA_HZ = 30.0  # of a video or a camera that states no rate
HIGHEST_HZ = 1000.0  # what states more states no rate
MISSING_S = 0.5  # a file that ends so long before its stated end is cut
ANSWER_S = 10.0  # how long a network camera may take
COVER = 1 << 10  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC: the picture of a song
ROOM = 2  # FFmpeg counts padding too; the exact limit is checked afterwards
FILE_OPTIONS = {'protocol_whitelist': 'none'}  # a file opens no other file and no address
NETWORK_OPTIONS = {'rtsp_transport': 'tcp'}  # with UDP, packets are lost and images smear

Timed = tuple[SourceImage | ImageError, int]
Pixels = NDArray[np.uint8]


class Video:
    """
    A video that can be read again and again.

    :param source: a file, or the address of a network camera.
    :param name: for people.
    :param max_pixels: larger images are rejected before they are decoded.
    :ivar rate_hz: images per second, as the container states.
    :ivar count: estimated number of images; None where nothing states it.
    :ivar is_live: whether images come as they are taken.
    :raises StartError: if no image can be read.
    """

    def __init__(self, source: Path | str, name: str, max_pixels: int) -> None:
        self._source = source
        self._name = name
        self._max_pixels = max_pixels
        self.rate_hz = CAMERA_HZ
        self.count: int | None = None
        self.is_live = False
        images = self._read()
        first = next(images)
        if isinstance(first[0], ImageError):
            raise StartError(str(first[0]))
        self._begun: Iterator[Timed] | None = chain([first], images)

    def images(self) -> Iterator[Timed]:
        """
        Yield each image and its time, in nanoseconds from the first one on.

        The last one is an error where something is missing.
        """
        begun, self._begun = self._begun, None  # a camera is connected to once
        return begun or self._read()

    def _read(self) -> Iterator[Timed]:
        with self._opened() as (container, stream):
            self.rate_hz = _rate_hz(stream)
            self.is_live = isinstance(self._source, str) and not container.duration
            self.count = None if self.is_live else _count(container, stream, self.rate_hz)
            reading = _Reading(container, stream, self.rate_hz, self._max_pixels)
            try:
                yield from reading.images()
                problem = reading.problem(self.is_live)
            except ImageError as error:
                problem = f'breaks off after {reading.done} images: {error}'
            if not reading.done:
                problem = f'its video cannot be decoded ({_codec(stream)}): {self._conversion()}'
            if problem:
                yield ImageError(f'{self._name}: {problem}'), reading.time_ns

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, Any]]:
        """
        Open the container and choose its video.

        :raises StartError: if there is none that can be decoded.
        """
        av = needs('av')
        options = {'max_pixels': str(ROOM * self._max_pixels)}
        more: dict[str, Any] = {}
        if int(av.__version__.split('.')[0]) < 19:
            more['metadata_errors'] = 'replace'  # later ones accept any bytes
        with ExitStack() as stack:
            if isinstance(self._source, str):
                file: Any = self._source
                options.update(NETWORK_OPTIONS)
                more['timeout'] = ANSWER_S
            else:
                file = _Nameless(stack.enter_context(self._source.open('rb', buffering=0)))
                options.update(FILE_OPTIONS)
            try:
                container = stack.enter_context(av.open(file, 'r', options=options, **more))
            except av.error.FFmpegError as error:
                raise StartError(self._refusal(error.strerror)) from error
            stream = _video_of(container)
            if stream is None:
                kinds = ', '.join(sorted({str(each.type) for each in container.streams}))
                raise StartError(f'{self._name} has no video in it, only {kinds or "nothing"}')
            if stream.codec_context is None:
                raise StartError(
                    f'{self._name}: nothing here decodes {_codec(stream)}: {self._conversion()}'
                )
            try:
                check_size((stream.width, stream.height), self._max_pixels)
            except ImageError as error:
                raise StartError(f'{self._name}: {error}') from error
            yield container, stream

    def _refusal(self, reason: str | None) -> str:
        """Return why the source cannot be opened."""
        if isinstance(self._source, Path):
            return f'{self._name} is no video that FFmpeg can read'
        return f'{self._name} sends no video: {reason or f"no answer in {ANSWER_S:.0f} s"}'

    def _conversion(self) -> str:
        return f'try: ffmpeg -i {shlex.quote(self._name)} -c:v libx264 converted.mp4'


class _Nameless:
    """A file without a name, which FFmpeg would search for a protocol or a pattern."""

    def __init__(self, file: Any) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


class _Reading:
    """
    Decodes a stream once.

    :ivar done: number of images so far.
    :ivar time_ns: of the latest one, from the first one on.
    """

    def __init__(self, container: Any, stream: Any, rate_hz: float, max_pixels: int) -> None:
        av = needs('av')
        self.done = 0
        self.time_ns = 0
        self._error = av.error.FFmpegError
        self._converter = av.video.reformatter.VideoReformatter()
        self._container = container
        self._stream = stream
        self._step_ns = round(NANOSECONDS / rate_hz)
        self._max_pixels = max_pixels
        self._zero_pts = 0
        self._end_s = 0.0
        self._lost = 0
        self._is_cut = False
        stream.codec_context.options = {'max_pixels': str(ROOM * max_pixels)}
        stream.codec_context.thread_type = 'AUTO'

    def images(self) -> Iterator[Timed]:
        """
        Yield the images.

        :raises ImageError: if one is too large.
        """
        for packet in self._packets():
            if packet is not None and packet.is_corrupt:  # half a picture is none
                self._is_cut = True
                continue
            try:
                frames = self._stream.codec_context.decode(packet)
            except self._error:
                self._lost += 1
                continue
            for frame in frames:
                check_size((frame.width, frame.height), self._max_pixels)
                pixels = self._converter.reformat(frame, format='bgr24').to_ndarray()
                matrix = _display_matrix(frame)
                self._move_on(frame.dts if frame.pts is None else frame.pts)
                self.done += 1
                yield SourceImage(_upright(pixels, matrix), 'bgr'), self.time_ns

    def _packets(self) -> Iterator[Any]:
        """Yield the stream's packets, then one that flushes the decoder."""
        try:
            for packet in self._container.demux():
                begin = packet.dts if packet.pts is None else packet.pts
                if begin is not None:
                    end_s = float((begin + (packet.duration or 0)) * packet.time_base)
                    self._end_s = max(self._end_s, end_s)
                if packet.stream_index == self._stream.index:
                    yield packet
        except self._error:
            self._is_cut = True
            yield None

    def _move_on(self, pts: int | None) -> None:
        """Take the time of the next image; where a clock jumps back, go on from there."""
        base = self._stream.time_base
        tick_ns = NANOSECONDS * base.numerator
        if not self.done:
            self._zero_pts = pts or 0
            return
        time_ns = 0
        if pts is not None:
            time_ns = round((pts - self._zero_pts) * tick_ns / base.denominator)
        if time_ns <= self.time_ns:
            time_ns = self.time_ns + self._step_ns
            self._zero_pts = (pts or 0) - round(time_ns * base.denominator / tick_ns)
        self.time_ns = time_ns

    def problem(self, is_live: bool) -> str:
        """Return what is missing, when all has been read; empty where all is there."""
        stated_s = ((self._container.start_time or 0) + (self._container.duration or 0)) / 1e6
        is_short = self._zero_pts and self._end_s < stated_s - MISSING_S
        if not is_live and (self._is_cut or is_short):
            return f'breaks off after {self.done} images ({self._end_s:.1f} of {stated_s:.1f} s)'
        if self._lost:
            return f'{self._lost} images cannot be decoded'
        return ''


def _video_of(container: Any) -> Any:
    """Return the stream that a player would show; None where there is none."""
    videos = [each for each in container.streams.video if not _is_cover(each)]
    best = container.streams.best('video') if hasattr(container.streams, 'best') else None
    return best if best in videos else next(iter(videos), None)


def _is_cover(stream: Any) -> bool:
    disposition = getattr(stream, 'disposition', 0)  # PyAV before 14 does not know it
    return bool(int(getattr(disposition, 'value', disposition)) & COVER)


def _codec(stream: Any) -> str:
    """Name the codec of a stream."""
    return f'the codec {getattr(stream, "name", None) or "of it, which is unknown"}'


def _rate_hz(stream: Any) -> float:
    for rate in (stream.average_rate, stream.base_rate):
        if rate and 0 < float(rate) < HIGHEST_HZ:
            return float(rate)
    return CAMERA_HZ


def _count(container: Any, stream: Any, rate_hz: float) -> int | None:
    estimate = stream.frames or round((container.duration or 0) / 1e6 * rate_hz)
    return int(estimate) or None


def _display_matrix(frame: Any) -> tuple[int, ...]:
    """Return a, b, c, d of the matrix that a container has for players."""
    try:
        a, b, _, c, d = struct.unpack_from('=5i', bytes(frame.side_data['DISPLAYMATRIX']))
    except KeyError:
        return 1, 0, 0, 1
    return a, b, c, d


def _upright(pixels: Pixels, matrix: tuple[int, ...]) -> Pixels:
    """Turn and mirror as the matrix says: x' = ax + cy, y' = bx + dy."""
    a, b, c, d = matrix
    if abs(b) > abs(a):
        pixels, a, d = pixels.swapaxes(0, 1), c, b
    if a < 0:
        pixels = pixels[:, ::-1]
    if d < 0:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
