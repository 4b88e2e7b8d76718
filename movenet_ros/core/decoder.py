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
The images of a stream, decoded by PyAV, each with its own time and upright, as players show it.

What a container states about its length is an estimate; a stream counts as cut only where data is
missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from contextlib import suppress
import struct
from typing import Any

from movenet_ros.core.complaints import Complaints
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import check_size
from movenet_ros.core.image import decode_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.needs import pyav
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

MISSING_S = 0.25  # what ends so long before its stated end, and one image more, is cut
ROOM = 2  # FFmpeg's limit of pixels counts padding too; the exact one is checked afterwards
STATED = 1e6  # the unit of a container's times, a second
CELLS = (188, 192, 204)  # bytes: bare, with a time, with what corrects errors
UNCOMPRESSED = 'yuv4mpegpipe'

Timed = tuple[SourceImage | ImageError, int]
Pixels = NDArray[np.uint8]


class Decoder:
    """
    Decodes a stream of a container once.

    :param rate_hz: images per second where their times are not stated.
    :param max_pixels: larger images are not decoded.
    :param is_live: whether images come as they are taken: none waits, and no end is stated.
    :ivar done: number of images so far.
    :ivar time_ns: of the latest one, from the first one on.
    :ivar lost: number of images that could not be decoded, or not wholly.
    """

    def __init__(
        self, container: Any, stream: Any, rate_hz: float, max_pixels: int, is_live: bool
    ) -> None:
        av = pyav()
        self.done = 0
        self.time_ns = 0
        self.lost = 0
        self._error = av.error.FFmpegError
        self._converter = av.video.reformatter.VideoReformatter()
        self._container = container
        self._stream = stream
        self._max_pixels = max_pixels
        self._step_ns = self._longest_ns = round(NANOSECONDS / rate_hz)
        self._zero_pts = 0
        self._has_pts = container.format.name != 'avi'  # where FFmpeg invents them
        self._end_s = 0.0
        self._is_live = is_live
        self._torn = 0  # packets that are not whole, since the last whole one
        self._is_cut = not is_live and _breaks_off_within_a_cell(container)
        self._complaints = Complaints(container.format.name, stream.codec_context.codec.name)
        self._rejection = ''
        self._are_jpegs = stream.codec_context.name == 'mjpeg'
        self._reason = ''
        self._matrix: tuple[int, ...] | None = None
        stream.codec_context.options = {'max_pixels': str(ROOM * max_pixels)}
        # With several images at once, one may come before a thread notices that it is damaged.
        stream.codec_context.thread_type = 'SLICE'

    def images(self) -> Iterator[Timed]:
        """Yield each image and its time, in nanoseconds from the first one on."""
        with nullcontext() if self._is_live else self._complaints.collected():
            try:
                yield from self._decoded()
            finally:
                with suppress(self._error):  # threads that complain must not wait for its end
                    self._stream.codec_context.decode(None)

    def _decoded(self) -> Iterator[Timed]:
        for packet in self._packets():
            self._complaints.shorten()
            if packet is not None and packet.is_corrupt:  # half an image is none
                self._torn += 1
                continue
            if packet is not None and packet.size:  # more of them: it was not the end
                self.lost, self._torn = self.lost + self._torn, 0
            try:
                if self._are_jpegs and packet is not None and packet.size:
                    decode_picture(bytes(packet), self._max_pixels)  # FFmpeg takes half a JPEG
                frames = self._stream.codec_context.decode(packet)
            except (ImageError, self._error) as error:
                self.lost += 1
                if isinstance(error, ImageError):
                    self._reason = self._reason or str(error)
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self.lost += 1
                    continue
                try:
                    image = self._image(frame)
                except ImageError as error:
                    self._rejection = f': {error}'
                    return
                is_known = self._has_pts and frame.pts is not None
                self._move_on(frame.pts if is_known else frame.dts)
                self.done += 1
                yield image, self.time_ns

    def _packets(self) -> Iterator[Any]:
        """Yield the stream's packets, then one that flushes the decoder."""
        latest, end_bytes = None, 0
        try:
            for packet in self._container.demux():
                begin = packet.dts if packet.pts is None else packet.pts
                if begin is not None:
                    end = (begin + (packet.duration or 0)) * packet.stream.time_base
                    self._end_s = max(self._end_s, float(end))
                if packet.stream.index != self._stream.index:
                    continue
                if self._is_cut and packet.size:  # the last one is not whole
                    packet, latest = latest, packet
                if packet is not None:
                    yield packet
                if packet and packet.size:
                    end_bytes = (packet.pos or 0) + packet.size
            if self._container.format.name == UNCOMPRESSED and not self._is_live:
                self._is_cut = end_bytes < self._container.size  # half an image is left out
        except IndexError:  # PyAV, at the end of a file in which streams began later
            yield None
        except (self._error, OSError):
            self._is_cut = True
            yield None

    def _image(self, frame: Any) -> SourceImage:
        check_size((frame.width, frame.height), self._max_pixels)  # it may change
        if self._matrix is None:  # once: asking ties a frame into a cycle that holds its memory
            self._matrix = _display_matrix(frame)
        pixels = self._converter.reformat(frame, format='bgr24').to_ndarray()
        return SourceImage(_upright(pixels, self._matrix), 'bgr')

    def _move_on(self, pts: int | None) -> None:
        """Take the time of the next image; where a clock jumps back, go on from there."""
        if not self.done:
            self._zero_pts = pts or 0
            return
        base = self._stream.time_base
        tick_ns = NANOSECONDS * base.numerator
        time_ns = 0
        if pts is not None:
            time_ns = round((pts - self._zero_pts) * tick_ns / base.denominator)
        if time_ns <= self.time_ns:
            time_ns = self.time_ns + self._step_ns
            self._zero_pts = (pts or 0) - round(time_ns * base.denominator / tick_ns)
        if not self._has_pts:  # the last ones have no time at all
            self._step_ns = time_ns - self.time_ns
        self._longest_ns = max(self._longest_ns, time_ns - self.time_ns)
        self.time_ns = time_ns

    def problem(self) -> str:
        """Return what is missing, when all has been read; empty where nothing is."""
        count = '1 image' if self.done == 1 else f'{self.done} images'
        breaks_off = f'breaks off after {count}' if self.done else 'breaks off at once'
        complaint = self._complaints.first()
        reason = f' ({self._reason or complaint})' if self._reason or complaint else ''
        if self._rejection:
            return breaks_off + self._rejection
        if not self.done:
            missing = f'none of its images can be decoded: its beginning may be missing{reason}'
            return missing if self.lost else breaks_off
        if not self._is_live:
            read_s = self._end_s - (self._container.start_time or 0) / STATED
            stated_s = stated_length_s(self._container)
            missing_s = stated_s - read_s - self._longest_ns / NANOSECONDS
            if self._end_s > 0 and missing_s > MISSING_S:
                return f'{breaks_off}, {read_s:.1f} s of {stated_s:.1f}'
            if self._is_cut or self._torn or self._complaints.first('ended prematurely'):
                return breaks_off
        lost = f'{self.lost} of its images cannot be decoded' if self.lost else ''
        if complaint:
            some = f'{lost}, more' if lost else 'damaged: images'
            return f'{some} may be missing{reason}'
        return lost and lost + reason


def _breaks_off_within_a_cell(container: Any) -> bool:
    """Return whether a transport stream, which has cells of one size, is no multiple of it."""
    return container.format.name == 'mpegts' and all(container.size % each for each in CELLS)


def stated_length_s(container: Any) -> float:
    """Return how long a container says that it is; 0 where it does not say."""
    stated = container.duration or 0
    if 'matroska' in container.format.name:  # which states its end
        stated = max(0, stated - max(0, container.start_time or 0))
    return float(stated / STATED)


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
