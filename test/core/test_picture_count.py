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

"""How many pictures there are in a picture file."""

from __future__ import annotations

from io import BytesIO
import struct

import cv2
from movenet_ros.core.picture_count import is_video
from movenet_ros.core.picture_count import pictures_in
import numpy as np
import pytest

PIXELS = np.random.default_rng(2).integers(0, 256, (40, 50, 3), np.uint8)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp', '.tif', '.bmp'])
def test_what_is_encoded_once_is_one(suffix: str) -> None:
    data = cv2.imencode(suffix, PIXELS)[1].tobytes()
    assert pictures_in(data) == 1 and not is_video(data)


@pytest.mark.parametrize('kind', ['GIF', 'PNG', 'TIFF', 'WEBP'])
def test_frames_and_pages_are_counted(kind: str) -> None:
    image = pytest.importorskip('PIL.Image', reason='Pillow writes animations')
    frames = [image.fromarray(np.roll(PIXELS, i, 1)) for i in range(5)]
    file = BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=100)
    assert pictures_in(file.getvalue()) == 5
    assert is_video(file.getvalue()) == (kind == 'PNG')


def test_what_else_a_jpeg_has_is_no_video() -> None:
    """A map of brightness, or the picture for the other eye."""
    jpeg = cv2.imencode('.jpg', PIXELS)[1].tobytes()
    with_map, stereo = (
        jpeg[:2] + b'\xff\xe2' + struct.pack('>H', 2 + len(text)) + text + jpeg[2:] + jpeg
        for text in (b'MPF\0 hdrgm', b'MPF\0')
    )
    assert pictures_in(with_map) == 1
    assert pictures_in(stereo) == 2 and not is_video(stereo)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp', '.tif'])
def test_what_is_cut_or_noise_is_counted_without_an_error(suffix: str) -> None:
    data = cv2.imencode(suffix, PIXELS)[1].tobytes()
    for end in range(0, len(data), 7):
        assert pictures_in(data[:end]) <= 1
