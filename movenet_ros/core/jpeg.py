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
The structure of a JPEG: what it asks for, and what is missing.

Cameras send JPEGs with bytes between two segments, without an end marker, or with another picture
behind. libjpeg reads them all, but writes to stderr for each or stops, so they are mended before
they are decoded. What only decoding tells is in jpeg_damage.py.

Source: ITU-T T.81, annexes B and G.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from itertools import islice
from itertools import takewhile
import re
import struct
from typing import NamedTuple

from movenet_ros.core.errors import ImageError

MAX_SCANS = 50  # each takes as long as a picture. Encoders write 1 to 20
MAX_SEGMENTS = 1000  # before the first scan. A colour profile of the largest size takes 255

START = b'\xff\xd8'
END = b'\xff\xd9'
SCAN = 0xDA
INTERVAL = 0xDD
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
ARITHMETIC = {*range(0xC9, 0xD0)}
STOPS = {SCAN, START[1], END[1]}
BARE = {0x00, 0x01, 0xFF, *range(0xD0, 0xD8)}  # follow FF, and say nothing between segments
END_OF_SCAN = re.compile(rb'\xff[\x01-\xcf\xd8-\xfe]')  # a marker that is in no scan
COEFFICIENTS = 64  # of a block
RESTART = re.compile(rb'\xff[\xd0-\xd7]')


class Frame(NamedTuple):
    """
    What stands before a JPEG's first scan.

    :param wh: width and height in pixels.
    :param is_progressive: whether a scan has a part of the picture's details only.
    :param is_arithmetic: whether it is coded by arithmetic rather than Huffman's codes.
    :param factors: of each colour, by its id: how finely it is sampled, across and down.
    :param interval: units between two restart markers; 0 if there are none.
    :param scan_at: where the first scan begins.
    :param stray: number of bytes that lie between segments.
    """

    wh: tuple[int, int]
    is_progressive: bool
    is_arithmetic: bool
    factors: dict[int, int]
    interval: int = 0
    scan_at: int = 0
    stray: int = 0


class Scan(NamedTuple):
    """
    A scan.

    :param components: ids of its colours.
    :param first: of the coefficients in it.
    :param last: of the coefficients in it.
    :param bits: of these coefficients that later scans bring.
    :param interval: units between two restart markers; 0 if there are none.
    :param begin: of its data.
    :param end: of its data: where the next marker is, or nothing.
    """

    components: bytes
    first: int
    last: int
    bits: int
    interval: int
    begin: int
    end: int


def read_frame(data: bytes) -> Frame:
    """
    Read what stands before the first scan; as libjpeg does, pass over bytes between segments.

    :raises ImageError: if it is not all there, or not what it can be.
    """
    frame, stray, interval, before = None, 0, 0, len(START)
    try:
        for count, (marker, at, end) in enumerate(_segments(data, before)):
            stray, before = stray + at - before, end
            if marker == SCAN and frame:
                return frame._replace(interval=interval, scan_at=at, stray=stray)
            if marker in STOPS:
                break
            if marker in FRAMES and frame:
                raise ImageError('a JPEG with two sizes')
            if marker in FRAMES:
                frame = _frame(data, at)
            if marker == INTERVAL:
                (interval,) = struct.unpack_from('>H', data, at + 4)
            if count > MAX_SEGMENTS:
                raise ImageError(f'a JPEG of more than {MAX_SEGMENTS} segments')
    except (struct.error, IndexError):
        pass
    raise ImageError(f'a truncated JPEG of {len(data)} bytes')


def _frame(data: bytes, at: int) -> Frame:
    height, width, colours = struct.unpack_from('>HHB', data, at + 5)
    ids, factors = (data[at + i:at + 10 + 3 * colours:3] for i in (10, 11))
    marker = data[at + 1]
    by_id = dict(zip(ids, factors, strict=False))
    return Frame((width, height), marker in PROGRESSIVE, marker in ARITHMETIC, by_id)


def completed(data: bytes) -> bytes:
    """
    Return a JPEG without stray bytes between its segments, and with an end marker.

    :raises ImageError: if it has more scans than any encoder writes, or not all that it needs.
    """
    frame = read_frame(data)
    try:
        scans = list(islice(scans_in(data, frame), MAX_SCANS + 1))
    except (struct.error, IndexError):
        raise ImageError(f'a truncated JPEG of {len(data)} bytes') from None
    if len(scans) > MAX_SCANS:
        raise ImageError(f'a JPEG of more than {MAX_SCANS} scans')
    is_whole = all(_has_all_restarts(data, frame, each) for each in scans)
    if not (is_whole and _has_all_scans(frame, scans)):
        raise ImageError(f'a truncated JPEG of {len(data)} bytes')
    begin, end = scans[0].begin, scans[-1].end
    has_end = data.startswith(END, end)
    if has_end and not frame.stray:
        return data
    head = data[:begin]
    if frame.stray:
        all_segments = _segments(data, len(START))
        segments = takewhile(lambda each: each[1] < frame.scan_at, all_segments)
        head = START + b''.join(data[a:b] for _, a, b in segments) + data[frame.scan_at:begin]
    return head + data[begin:end] + END


def _segments(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """
    Yield marker, begin and end of each segment; of a scan, it is the header.

    :raises IndexError: if data ends within one.
    """
    while (at := data.find(b'\xff', at)) >= 0:
        marker = data[at + 1]
        if marker in BARE:
            at += 1
            continue
        end = at + 2
        if marker not in (START[1], END[1]):
            end += data[at + 2] << 8 | data[at + 3]
        yield marker, at, end
        at = end


def scans_in(data: bytes, frame: Frame) -> Iterator[Scan]:
    """
    Find the scans.

    :raises IndexError: if data ends within a segment.
    :raises struct.error: if data ends within a scan's header.
    """
    at, interval = frame.scan_at, frame.interval
    while True:
        for marker, begin, end in _segments(data, at):  # noqa: B007 (end is used below)
            if marker == INTERVAL:
                (interval,) = struct.unpack_from('>H', data, begin + 4)
            if marker in STOPS:
                break
        else:
            return
        if marker != SCAN:
            return
        colours = data[begin + 4]
        first, last, bits = struct.unpack_from('3B', data, begin + 5 + 2 * colours)
        stop = END_OF_SCAN.search(data, end)
        at = stop.start() if stop else len(data)
        ids = data[begin + 5:begin + 5 + 2 * colours:2]
        yield Scan(ids, first, last, bits & 0xF, interval, end, at)


def _has_all_scans(frame: Frame, scans: Sequence[Scan]) -> bool:
    """Return whether scans bring all coefficients of all colours, to the last bit."""
    missing = {each: [1] * COEFFICIENTS for each in frame.factors}
    for scan in scans:
        for each in scan.components:
            bits = missing.setdefault(each, [0] * COEFFICIENTS)
            if frame.is_progressive:
                for i in range(scan.first, min(scan.last + 1, COEFFICIENTS)):
                    bits[i] = scan.bits
            else:
                bits[:] = [0] * COEFFICIENTS
    return not any(any(bits) for bits in missing.values())


def _has_all_restarts(data: bytes, frame: Frame, scan: Scan) -> bool:
    """Return whether a scan has as many restart markers as its units need."""
    if not scan.interval:
        return True
    own = frame.factors.get(scan.components[0], 0x11) if len(scan.components) == 1 else 0x11
    units = 1  # of several colours; blocks of a single one
    for side, shift in zip(frame.wh, (4, 0), strict=True):
        finest = max((each >> shift & 0xF for each in frame.factors.values()), default=1)
        units *= -(-side * (own >> shift & 0xF) // (8 * max(1, finest)))
    restarts = len(RESTART.findall(data, scan.begin, scan.end))
    return restarts >= (units - 1) // scan.interval
