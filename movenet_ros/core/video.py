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

"""A video file or a network camera, opened by PyAV (FFmpeg's libraries)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import ExitStack
import errno
from itertools import chain
from pathlib import Path
import shlex
from typing import Any

from movenet_ros.core.decoder import Decoder
from movenet_ros.core.decoder import ROOM
from movenet_ros.core.decoder import stated_length_s
from movenet_ros.core.decoder import Timed
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import check_size
from movenet_ros.core.needs import pyav

CAMERA_HZ = 30.0  # of a video or a camera that states no rate
HIGHEST_HZ = 1000.0  # what states more states no rate
ANSWER_S = 10.0  # how long a network camera may take
COVER = 1 << 10  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC: the picture of a song
FILE_OPTIONS = {'protocol_whitelist': 'none'}  # a file opens no other file and no address
NETWORK_OPTIONS = {'rtsp_transport': 'tcp'}  # with UDP, packets are lost and images smear


class Video:
    """
    A video that can be read again and again.

    :param source: a file, or the address of a network camera.
    :param name: for people.
    :param max_pixels: larger images are rejected before they are decoded.
    :ivar rate_hz: images per second, as the container states.
    :ivar count: estimated number of images; None where nothing states it.
    :ivar is_live: whether images come as they are taken.
    :ivar notes: what a user needs to know before, in sentences.
    :raises StartError: if no image can be read.
    """

    def __init__(self, source: Path | str, name: str, max_pixels: int) -> None:
        self._source = source
        self._name = name
        self._max_pixels = max_pixels
        self.rate_hz = CAMERA_HZ
        self.count: int | None = None
        self.is_live = False
        self.notes: tuple[str, ...] = ()
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
            if (count := len(_videos_of(container))) > 1:
                self.notes = (f'{self._name} has {count} videos in it, of which one is read',)
            self.rate_hz = _rate_hz(stream)
            self.is_live = isinstance(self._source, str) and not container.duration
            self.count = None if self.is_live else _count(container, stream, self.rate_hz)
            about = self.rate_hz, self._max_pixels, self.is_live
            decoder = Decoder(container, stream, *about)
            yield from decoder.images()
            if problem := decoder.problem():
                yield ImageError(f'{self._name}: {problem}'), decoder.time_ns

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, Any]]:
        """
        Open the container and choose its video.

        :raises StartError: if there is none that can be decoded.
        """
        av = pyav()
        more: dict[str, Any] = {'container_options': FILE_OPTIONS}
        version = int(av.__version__.split('.')[0])
        if version >= 17:  # earlier ones crash where a file begins without its streams
            more['options'] = {'max_pixels': str(ROOM * self._max_pixels)}
        if version < 19:  # later ones accept any bytes
            more['metadata_errors'] = 'replace'
        with ExitStack() as stack:
            try:
                if isinstance(self._source, str):
                    file: Any = self._source
                    more.update(container_options=NETWORK_OPTIONS, timeout=ANSWER_S)
                else:
                    file = _Nameless(stack.enter_context(self._source.open('rb', buffering=0)))
                container = stack.enter_context(av.open(file, 'r', **more))
            except av.error.ExitError as error:  # which the timeout raises
                raise StartError(self._refusal(f'no answer in {ANSWER_S:.0f} s')) from error
            except av.error.FFmpegError as error:
                raise StartError(self._refusal(error.strerror or 'no stream')) from error
            except OSError as error:
                raise StartError(f'cannot open {self._name}: {error.strerror}') from error
            stream = _video_of(container)
            if stream is None:
                song = f'{self._name} has no video in it'
                raise StartError(song if len(container.streams) else self._refusal('no stream'))
            if stream.codec_context is None:
                fix = f'ffmpeg -i {shlex.quote(self._name)} -c:v libx264 converted.mp4'
                codec = 'its video (of an unknown codec) cannot be decoded'
                raise StartError(f'{self._name}: {codec} (try: {fix})')
            try:
                check_size((stream.width, stream.height), self._max_pixels)
            except ImageError as error:
                raise StartError(f'{self._name}: {error}') from error
            yield container, stream

    def _refusal(self, reason: str) -> str:
        """Return why the source cannot be opened."""
        if isinstance(self._source, str):
            return f'{self._name} sends no video: {reason}'
        with self._source.open('rb') as file:
            if file.read(8)[4:] == b'ftyp':
                return f'{self._name} breaks off before its index, the last part of most MP4 files'
        return f'{self._name} is no video that FFmpeg can read'


class _Nameless:
    """A file without a name, in which FFmpeg would look for a protocol or a pattern."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.read, self.tell = file.read, file.tell

    def seek(self, offset: int, whence: int) -> int:
        """Seek as C does: a place before the file is an error code."""
        try:
            return int(self._file.seek(offset, whence))
        except OSError as error:
            return -(error.errno or errno.EINVAL)


def _video_of(container: Any) -> Any:
    """Return the stream that a player would show; None where there is none."""
    videos = _videos_of(container)
    best = container.streams.best('video') if hasattr(container.streams, 'best') else None
    return best if best in videos else next(iter(videos), None)


def _videos_of(container: Any) -> list[Any]:
    return [each for each in container.streams.video if not _is_cover(each)]


def _is_cover(stream: Any) -> bool:
    disposition = getattr(stream, 'disposition', 0)  # PyAV before 14 does not know it
    return bool(int(getattr(disposition, 'value', disposition)) & COVER)


def _rate_hz(stream: Any) -> float:
    for rate in (stream.average_rate, stream.base_rate):
        if rate and 0 < float(rate) < HIGHEST_HZ:
            return float(rate)
    return CAMERA_HZ


def _count(container: Any, stream: Any, rate_hz: float) -> int | None:
    estimate = stream.frames or round(stated_length_s(container) * rate_hz)
    return int(estimate) or None
