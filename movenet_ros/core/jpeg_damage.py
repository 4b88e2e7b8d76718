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
Whether a JPEG was decoded whole: libjpeg also reads half of one, and the rest is grey.

Its complaints tell, but not always, so what is suspicious is decoded once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
from movenet_ros.core import jpeg
from movenet_ros.core.native_lines import native_lines
import numpy as np
from numpy.typing import NDArray

PADDING = bytes(64)  # behind a picture: some cameras send the same number of bytes for each
KEPT_PADDING = bytes(4)  # the last bytes of a scan may be 0, too
UNDECODED = 128  # what libjpeg writes where a scan has no data
OTHER_DATA = bytes(4) + bytes(range(255))  # arithmetic coding leaves zeros at the end out
AT_THE_END = 'before marker 0xd9'  # in a complaint of bytes behind the last pixel

DAMAGE = (  # of what libjpeg complains about: data is missing
    'premature end', 'Premature end', 'bad Huffman code', 'bad arithmetic code', 'instead of RST',
)


def is_damage(complaint: str) -> bool:
    """Return whether a complaint of libjpeg's is about missing data; the others do no harm."""
    return any(each in complaint for each in DAMAGE)


def lacks_pixels(data: bytes, pixels: NDArray[Any], complaints: Sequence[str]) -> bool:
    """
    Return whether a JPEG has fewer pixels than its frame, where libjpeg does not complain of it.

    libjpeg tells its first complaint only, which may be harmless, and none about arithmetic
    coding; and zeros behind a scan are data to it. So a suspicious JPEG is decoded with other data
    behind its last scan, by which a whole one does not change, or without the zeros.

    :param data: as :func:`.jpeg.completed` returned it.
    :param pixels: ``(H, W, 3)``, what was decoded.
    :param complaints: libjpeg's, all harmless.
    """
    frame = jpeg.read_frame(data)
    corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
    is_suspicious = frame.is_arithmetic or (corners == UNDECODED).all(axis=1).any() or any(
        AT_THE_END not in each for each in complaints
    )
    if not (is_suspicious or complaints):
        return False
    *_, last = jpeg.scans_in(data, frame)
    head, scan, rest = data[:last.begin], data[last.begin:last.end], data[last.end:]
    if is_suspicious:
        other, _ = _decoded(head + scan + OTHER_DATA + rest)
        if other is None or not np.array_equal(other, pixels):
            return True
    if not (complaints and scan.endswith(PADDING)):
        return False
    scan = scan.rstrip(b'\0') + KEPT_PADDING
    _, complaints = _decoded(head + scan + rest)
    is_plain = bool((pixels[-8:] == pixels[-1, -1]).all())  # of which zeros may be the data
    return any(map(is_damage, complaints)) and not is_plain


def _decoded(data: bytes) -> tuple[Any, list[str]]:
    with native_lines() as complaints:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return pixels, complaints
