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
The structure of a JPEG: what it asks for, what is missing, and what libjpeg stumbles over.

Cameras send JPEGs with bytes between two segments, without an end marker, or with another picture
behind. libjpeg reads them all, but writes to stderr for each or stops, so they are mended before
they are decoded. It also reads half a picture: the rest is grey, and only its complaints tell
(:func:`is_damage`).

Source: ITU-T T.81, annexes B and G.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from itertools import islice
import re
import struct
from typing import Any
from typing import NamedTuple

import cv2
from movenet_ros.core.errors import ImageError
from movenet_ros.core.native_lines import native_lines
import numpy as np
from numpy.typing import NDArray

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
PADDING = bytes(64)  # behind a picture: some cameras send the same number of bytes for each
RESTART = re.compile(rb'\xff[\xd0-\xd7]')
KEPT_PADDING = bytes(4)  # the last bytes of a scan may be 0, too
UNDECODED = 128  # what libjpeg writes where a scan has no data
OTHER_DATA = bytes(4) + bytes(range(255))  # arithmetic coding leaves zeros at the end out

DAMAGE = (  # of what libjpeg complains about: data is missing
    'premature end', 'Premature end', 'bad Huffman code', 'bad arithmetic code', 'instead of RST',
)


class Frame(NamedTuple):
    """
    What stands before a JPEG's first scan.

    :param wh: width and height in pixels.
    :param is_progressive: whether a scan has a part of the picture's details only.
    :param is_arithmetic: whether it is coded by arithmetic rather than Huffman's codes.
    :param components: ids of the colours.
    :param units: of the picture: scans with all colours have them one by one.
    :param interval: units between two restart markers; 0 if there are none.
    :param scan_at: where the first scan begins.
    :param stray: number of bytes that lie between segments.
    """

    wh: tuple[int, int]
    is_progressive: bool
    is_arithmetic: bool
    components: bytes
    units: int
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
    :param begin: of its data.
    :param end: of its data: where the next marker is, or nothing.
    """

    components: bytes
    first: int
    last: int
    bits: int
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
    across = 8 * max((each >> 4 for each in factors), default=1) if colours > 1 else 8
    down = 8 * max((each & 0xF for each in factors), default=1) if colours > 1 else 8
    units = -(-width // max(1, across)) * -(-height // max(1, down))
    marker = data[at + 1]
    return Frame((width, height), marker in PROGRESSIVE, marker in ARITHMETIC, ids, units)


def completed(data: bytes) -> bytes:
    """
    Return a JPEG without stray bytes between its segments, and with an end marker.

    :raises ImageError: if it has more scans than any encoder writes, or not all that it needs.
    """
    frame = read_frame(data)
    try:
        scans = list(islice(_scans(data, frame), MAX_SCANS + 1))
    except (struct.error, IndexError):
        raise ImageError(f'a truncated JPEG of {len(data)} bytes') from None
    if len(scans) > MAX_SCANS:
        raise ImageError(f'a JPEG of more than {MAX_SCANS} scans')
    if not (_has_all_scans(frame, scans) and _has_all_restarts(data, frame, scans)):
        raise ImageError(f'a truncated JPEG of {len(data)} bytes')
    begin, end = scans[0].begin, scans[-1].end
    has_end = data.startswith(END, end)
    if has_end and not frame.stray:
        return data
    head = data[:begin]
    if frame.stray:
        segments = _segments(data[:frame.scan_at], len(START))
        head = START + b''.join(data[a:b] for _, a, b in segments) + data[frame.scan_at:begin]
    return head + data[begin:end] + END


def is_damage(complaint: str) -> bool:
    """Return whether a complaint of libjpeg's is about missing data; the others do no harm."""
    return any(each in complaint for each in DAMAGE)


def lacks_pixels(data: bytes, pixels: NDArray[Any], has_complaint: bool) -> bool:
    """
    Return whether a JPEG has fewer pixels than its frame, where libjpeg does not complain of it.

    libjpeg tells its first complaint only, which may be harmless, and none about arithmetic
    coding; and zeros behind a scan are data to it. So a suspicious JPEG is decoded with other data
    behind its last scan, by which a whole one does not change, or without the zeros.

    :param data: as :func:`completed` returned it.
    :param pixels: ``(H, W, 3)``, what was decoded.
    :param has_complaint: whether libjpeg has a harmless one.
    """
    frame = read_frame(data)
    corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
    is_suspicious = frame.is_arithmetic or (corners == UNDECODED).all(axis=1).any()
    if not (is_suspicious or has_complaint):
        return False
    *_, last = _scans(data, frame)
    head, scan, rest = data[:last.begin], data[last.begin:last.end], data[last.end:]
    if is_suspicious:
        other, _ = _decoded(head + scan + OTHER_DATA + rest)
        if other is None or not np.array_equal(other, pixels):
            return True
    if not (has_complaint and scan.endswith(PADDING)):
        return False
    scan = scan.rstrip(b'\0') + KEPT_PADDING
    _, complaints = _decoded(head + scan + rest)
    is_plain = bool((pixels[-8:] == pixels[-1, -1]).all())  # of which zeros may be the data
    return any(map(is_damage, complaints)) and not is_plain


def _decoded(data: bytes) -> tuple[Any, list[str]]:
    with native_lines() as complaints:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return pixels, complaints


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


def _scans(data: bytes, frame: Frame) -> Iterator[Scan]:
    """
    Find the scans.

    :raises IndexError: if data ends within a segment.
    :raises struct.error: if data ends within a scan's header.
    """
    at = frame.scan_at
    while True:
        stops = (each for each in _segments(data, at) if each[0] in STOPS)
        marker, begin, end = next(stops, (0, 0, 0))
        if marker != SCAN:
            return
        colours = data[begin + 4]
        first, last, bits = struct.unpack_from('3B', data, begin + 5 + 2 * colours)
        stop = END_OF_SCAN.search(data, end)
        at = stop.start() if stop else len(data)
        yield Scan(data[begin + 5:begin + 5 + 2 * colours:2], first, last, bits & 0xF, end, at)


def _has_all_scans(frame: Frame, scans: Sequence[Scan]) -> bool:
    """Return whether scans bring all coefficients of all colours, to the last bit."""
    missing = {each: [1] * COEFFICIENTS for each in frame.components}
    for scan in scans:
        for each in scan.components:
            bits = missing.setdefault(each, [0] * COEFFICIENTS)
            if frame.is_progressive:
                for i in range(scan.first, min(scan.last + 1, COEFFICIENTS)):
                    bits[i] = scan.bits
            else:
                bits[:] = [0] * COEFFICIENTS
    return not any(any(bits) for bits in missing.values())


def _has_all_restarts(data: bytes, frame: Frame, scans: Sequence[Scan]) -> bool:
    """Return whether the only scan has as many restart markers as it needs."""
    if not frame.interval or len(scans) > 1:
        return True
    restarts = len(RESTART.findall(data, scans[0].begin, scans[0].end))
    return restarts >= (frame.units - 1) // frame.interval
