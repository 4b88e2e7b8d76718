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


"""Images viewed in the bytes of a message."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.errors import ImageError
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.serialized_image import ImageView
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

FIELDS = ('header', 'height', 'width', 'encoding', 'is_bigendian', 'step')
UINT32 = st.integers(0, 2**32 - 1)
TEXT = st.text(st.characters(min_codepoint=1, max_codepoint=0xD7FF), max_size=30)


@st.composite
def images(draw: Any) -> Image:
    """Make an image message, sound or not."""
    header = Header(frame_id=draw(TEXT))
    header.stamp.sec = draw(st.integers(-(2**31), 2**31 - 1))
    header.stamp.nanosec = draw(UINT32)
    return Image(
        header=header,
        height=draw(UINT32),
        width=draw(UINT32),
        encoding=draw(TEXT),
        is_bigendian=draw(st.integers(0, 255)),
        step=draw(UINT32),
        data=draw(st.binary(max_size=50)),
    )


@given(images())
def test_every_field_is_the_messages(msg: Image) -> None:
    view = ImageView.of(serialize_message(msg))
    assert isinstance(view, ImageView)
    assert [getattr(view, name) for name in FIELDS] == [getattr(msg, name) for name in FIELDS]
    assert bytes(view.data) == bytes(msg.data)


@given(images(), st.data())
def test_bytes_that_break_off_are_no_image(msg: Image, data: st.DataObject) -> None:
    whole = serialize_message(msg)
    message = whole[:data.draw(st.integers(4, len(whole) - 1))]
    try:
        view = ImageView.of(message)
    except ImageError as error:
        assert f'{len(message)} bytes' in str(error)
    else:  # only padding was cut off
        assert bytes(view.data) == bytes(msg.data)


@given(st.binary(max_size=200))
def test_rubbish_is_an_image_error_or_an_image(rubbish: bytes) -> None:
    try:
        image_from_msg(ImageView.of(b'\0\1\0\0' + rubbish))
    except ImageError:
        pass


def picture() -> Image:
    """Make a message of 4x2 pixels."""
    pixels = np.arange(24, dtype=np.uint8)
    return Image(height=2, width=4, encoding='bgr8', step=12, data=pixels.tobytes())


def test_nothing_is_copied() -> None:
    message = serialize_message(picture())
    pixels = image_from_msg(ImageView.of(message)).pixels
    assert np.shares_memory(pixels, np.frombuffer(message, np.uint8))
    assert pixels.ravel().tolist() == list(range(24))


def test_another_layout_is_left_to_rclpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Big endian, say: the bytes are not for us to read."""
    asked: list[Any] = []

    def deserialize(message: bytes, msg_type: Any) -> Image:
        asked.append((message, msg_type))
        return picture()

    monkeypatch.setattr('movenet_ros.messages.serialized_image.deserialize_message', deserialize)
    message = b'\0\0' + serialize_message(picture())[2:]
    assert image_from_msg(ImageView.of(message)).wh == (4, 2)
    assert asked == [(message, Image)]


HEADS = [b'\0\0', b'\0\1', b'\0\3', b'\0\7', b'\xff\xff']  # how the rest is laid out


@given(st.binary(max_size=200), st.sampled_from(HEADS))
def test_any_bytes_are_an_image_message_or_are_refused(rest: bytes, head: bytes) -> None:
    try:
        ImageView.of(head + rest)
    except ImageError as error:
        assert 'that is no image' in str(error)


@pytest.mark.parametrize('length', range(10))
def test_a_few_bytes_are_refused(length: int) -> None:
    with pytest.raises(ImageError, match=f'a message of {length} bytes that is no image'):
        ImageView.of(b'\0' * length)


@given(images(), st.data())
def test_a_message_with_some_bytes_changed_is_read_or_refused(
    msg: Image, draw: st.DataObject
) -> None:
    data = bytearray(serialize_message(msg))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        image = image_from_msg(ImageView.of(bytes(data)), 10**6)
    except ImageError as error:
        assert str(error).isprintable()
    else:
        assert min(image.wh) > 0


def test_a_text_ends_at_its_0_as_for_rclpy() -> None:
    """A frame_id with a 0 in it cannot be sent on."""
    data = bytes(serialize_message(Image(header=Header(frame_id='camera'), encoding='bgr8')))
    view = ImageView.of(data.replace(b'camera', b'cam\0ra'))
    assert view.header.frame_id == 'cam'
