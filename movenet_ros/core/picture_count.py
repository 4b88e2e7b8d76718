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
How many pictures there are in a picture file: frames of an animation, pages, others behind it.

Sources: jpeg.py's; APNG in W3C's PNG, third edition; RFC 9649 (WebP); GIF89a; TIFF 6.0.
"""

from __future__ import annotations

from contextlib import suppress
import re
import struct

ANOTHER_JPEG = re.compile(rb'\xff\xd9\0*\xff\xd8\xff')
GAIN_MAP = re.compile(b'hdrgm|HDRGainMap|iso:ts:21496')  # how bright the first picture is
STEREO = b'MPF\0'  # in a JPEG with others for the eyes, or of other sizes
GIF_IMAGE = re.compile(rb'!\xf9\x04.{4}\0[!,]', re.DOTALL)  # of an animation
WEBP_ANIMATED = 2  # a flag
TIFF_USE = 254  # of a picture; 1 is a smaller copy of another one
MOST_PAGES = 1000


def pictures_in(data: bytes) -> int:
    """Return how many pictures a file has."""
    count = 1
    with suppress(struct.error, IndexError):
        if data.startswith(b'\xff\xd8') and not GAIN_MAP.search(data):
            count += len(ANOTHER_JPEG.findall(data))
        elif data.startswith(b'\x89PNG') and (at := data.find(b'acTL', 0, data.find(b'IDAT'))) > 0:
            (count,) = struct.unpack_from('>I', data, at + 4)
        elif data[8:16] == b'WEBPVP8X' and data[20] & WEBP_ANIMATED:
            count = data.count(b'ANMF')
        elif data.startswith(b'GIF8'):
            count = len(GIF_IMAGE.findall(data))
        elif data.startswith((b'II*\0', b'MM\0*')):
            count = _tiff_pages(data)
    return count


def is_video(data: bytes) -> bool:
    """Return whether a file, of which this is the beginning, is a video of PNGs or JPEGs."""
    is_known = data.startswith((b'\xff\xd8', b'\x89PNG')) and STEREO not in data
    return is_known and pictures_in(data) > 1


def _tiff_pages(data: bytes) -> int:
    order = '<' if data.startswith(b'II') else '>'
    (at,) = struct.unpack_from(order + 'I', data, 4)
    count = 0
    while at and count < MOST_PAGES:
        (entries,) = struct.unpack_from(order + 'H', data, at)
        end = at + 2 + 12 * entries
        fields = [struct.unpack_from(order + 'HHII', data, i) for i in range(at + 2, end, 12)]
        count += not any(tag == TIFF_USE and value & 1 for tag, _, _, value in fields)
        (at,) = struct.unpack_from(order + 'I', data, end)
    return count
