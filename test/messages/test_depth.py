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

"""Depth images of messages: raw and compressed, good and bad."""

from __future__ import annotations

from array import array
import struct
from typing import Any

import cv2
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from movenet_ros.core.errors import ImageError
from movenet_ros.messages import depth as depth_module
from movenet_ros.messages.depth import depth_from_compressed_image
from movenet_ros.messages.depth import depth_from_image
from movenet_ros.messages.depth import DEPTH_READERS
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))
MILLIMETRES = SHAPES.flatmap(lambda shape: arrays(np.uint16, shape))
METRES = SHAPES.flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(width=32))
)
MM = np.array([[0, 1000, 2000], [3000, 65535, 1]], np.uint16)
QUANTUM, FARTHEST_M = 100.0, 10.0  # the plugin's defaults: depth_quantization, depth_max


def raw(pixels: NDArray[Any], encoding: str, **fields: Any) -> bytes:
    """Make a message of a depth image."""
    height, width = pixels.shape
    values = {'step': width * pixels.itemsize, 'data': array('B', pixels.tobytes()), **fields}
    header = Header(frame_id='camera')
    header.stamp.sec, header.stamp.nanosec = 12, 34
    msg = Image(header=header, height=height, width=width, encoding=encoding, **values)
    return bytes(serialize_message(msg))


def compressed(
    pixels: NDArray[np.uint16], encoding: str = '16UC1', a: float = 0.0, b: float = 0.0,
    kind: str = 'compressedDepth png',
) -> bytes:
    """Make a message as the plugin compressedDepth does."""
    png = cv2.imencode('.png', pixels)[1].tobytes()
    data = array('B', struct.pack('<iff', 0, a, b) + png)
    format_ = f'{encoding}; {kind}'
    return bytes(serialize_message(CompressedImage(format=format_, data=data)))


@given(MILLIMETRES)
def test_millimetres_come_through(pixels: NDArray[np.uint16]) -> None:
    read = depth_from_image(raw(pixels, '16UC1')).read()
    assert read.dtype == np.uint16 and (read == pixels).all()


@given(METRES)
def test_metres_come_through_with_their_nans(pixels: NDArray[np.float32]) -> None:
    read = depth_from_image(raw(pixels, '32FC1')).read()
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, pixels)


def test_header_and_encoding_are_the_messages() -> None:
    depth = depth_from_image(raw(MM, '16UC1'))
    assert (depth.header.frame_id, depth.stamp_ns) == ('camera', 12 * 10**9 + 34)
    assert depth.encoding == '16UC1'


def test_nothing_is_copied() -> None:
    message = raw(MM, '16UC1')
    assert np.shares_memory(depth_from_image(message).read(), np.frombuffer(message, np.uint8))


def test_rows_may_be_longer_than_their_pixels() -> None:
    padded = np.hstack([MM, np.full((2, 2), 7, np.uint16)])
    message = raw(MM, '16UC1', step=10, data=array('B', padded.tobytes()))
    assert (depth_from_image(message).read() == MM).all()


def test_the_other_order_of_bytes_is_turned() -> None:
    message = raw(MM, '16UC1', is_bigendian=1, data=array('B', MM.astype('>u2').tobytes()))
    read = depth_from_image(message).read()
    assert read.dtype == np.uint16 and (read == MM).all()


def test_compressed_millimetres_are_the_pixels() -> None:
    assert (depth_from_compressed_image(compressed(MM)).read() == MM).all()


@given(st.floats(0.3, 9.9))
def test_compressed_metres_are_inverse(metres: float) -> None:
    """As the plugin's codec.cpp has it: a = q (q + 1), b = 1 - a / farthest; 0 is unknown."""
    a = QUANTUM * (QUANTUM + 1)
    b = 1 - a / FARTHEST_M
    inverse = np.array([[a / metres + b, 0]]).astype(np.uint16)
    read = depth_from_compressed_image(compressed(inverse, '32FC1', a, b)).read()
    assert read.dtype == np.float32 and np.isnan(read[0, 1])
    assert abs(read[0, 0] - metres) <= metres**2 / a * 1.01  # a step of the inverse


@pytest.mark.parametrize('encoding', ['8UC1', '64FC1', '16SC1', 'rgb8', '', 'x' * 999])
def test_what_is_no_depth_is_named(encoding: str) -> None:
    data = array('B', bytes(8 * MM.size))
    with pytest.raises(ImageError, match='16UC1.*32FC1') as refused:
        depth_from_image(raw(MM, encoding, step=24, data=data))
    assert encoding[:15] in str(refused.value) and len(str(refused.value)) < 200


@pytest.mark.parametrize(
    'fields', [{'data': array('B', bytes(11))}, {'step': 5}, {'height': 0, 'data': array('B')}],
    ids=['data', 'step', 'height'],
)
def test_truncated_images_are_refused(fields: dict[str, Any]) -> None:
    pixels = MM[:0] if 'height' in fields else MM
    fields = {name: value for name, value in fields.items() if name != 'height'}
    with pytest.raises(ImageError):
        depth_from_image(raw(pixels, '16UC1', **fields))


def test_another_compression_is_named_with_the_fix() -> None:
    message = compressed(MM, kind='compressedDepth rvl').replace(b'\x89PNG', b'\0\0\0\0')
    with pytest.raises(ImageError, match='rvl.*png'):
        depth_from_compressed_image(message)


@pytest.mark.parametrize('at', [-1, -20, 60])
def test_a_png_that_breaks_off_is_refused(at: int) -> None:
    png = cv2.imencode('.png', MM)[1].tobytes()[:at]
    data = array('B', bytes(12) + png)
    message = serialize_message(CompressedImage(format='16UC1; compressedDepth', data=data))
    with pytest.raises(ImageError):
        depth_from_compressed_image(bytes(message)).read()


def test_a_png_of_colours_is_refused() -> None:
    depth = depth_from_compressed_image(compressed(np.zeros((2, 2, 3), np.uint8)))  # type: ignore
    with pytest.raises(ImageError, match='16 bits'):
        depth.read()


def test_a_png_that_says_it_is_huge_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth_module, 'MAX_IMAGE_PIXELS', 5)
    depth = depth_from_compressed_image(compressed(MM))
    with pytest.raises(ImageError, match='3x2'):
        depth.read()


@given(st.binary(max_size=300), st.sampled_from([*DEPTH_READERS]))
def test_any_bytes_are_depth_or_are_refused(rest: bytes, kind: str) -> None:
    for head in (b'\0\1\0\0', b'\0\0\0\0', b''):
        try:
            DEPTH_READERS[kind](head + rest).read()
        except ImageError as error:
            assert str(error).isprintable()


@given(st.data())
def test_a_message_with_some_bytes_changed_is_read_or_refused(draw: st.DataObject) -> None:
    for kind, whole in zip(DEPTH_READERS, (raw(MM, '16UC1'), compressed(MM)), strict=True):
        data = bytearray(whole)
        for _ in range(draw.draw(st.integers(1, 4))):
            data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
        try:
            pixels = DEPTH_READERS[kind](bytes(data)).read()
        except ImageError as error:
            assert str(error).isprintable()
        else:
            assert pixels.ndim == 2 and pixels.dtype in (np.uint16, np.float32)
