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

"""The newest image as a JPEG: what it shows, and how often it is encoded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
from movenet_ros.messages.images import image_to_msg
from movenet_ros.tools.view import newest_image
from movenet_ros.tools.view.newest_image import NewestImage
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

RAW, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
WAIT_S = 30.0
NEAR = 12  # of 255: a JPEG is not exact


def thin_lines() -> NDArray[np.uint8]:
    """Make an image of thin coloured lines, which halving the colours' resolution would blur."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, ::4] = (0, 0, 255)
    image[:, 2::4] = (255, 64, 0)
    return image


def decoded(jpeg: bytes) -> NDArray[np.int16]:
    """Decode a JPEG to BGR."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.astype(np.int16)


def raw(image_bgr: NDArray[np.uint8], **fields: Any) -> bytes:
    """Serialize an image message."""
    msg = image_to_msg(image_bgr, Header())
    for name, value in fields.items():
        setattr(msg, name, value)
    return bytes(serialize_message(msg))


def compressed(image_bgr: NDArray[np.uint8]) -> bytes:
    """Serialize an image message with a PNG."""
    data = cv2.imencode('.png', image_bgr)[1].tobytes()
    return bytes(serialize_message(CompressedImage(format='png', data=data)))


@pytest.mark.parametrize(('msg_type', 'make'), [(RAW, raw), (COMPRESSED, compressed)])
def test_an_image_is_shown_as_sharp_as_it_is(
    msg_type: str, make: Callable[[NDArray[np.uint8]], bytes]
) -> None:
    images = NewestImage()
    images.put(msg_type, make(thin_lines()))
    picture = images.picture(0, WAIT_S)
    assert picture is not None
    assert np.abs(decoded(picture.jpeg) - thin_lines()).mean() < NEAR


def test_an_image_is_encoded_once_for_all_pages_and_not_before_one_asks(
    monkeypatch: pytest.MonkeyPatch, small_image: NDArray[np.uint8]
) -> None:
    encoded = []

    def encode(message: Any) -> Any:
        encoded.append(message.number)
        return original(message)

    original = newest_image._encoded
    monkeypatch.setattr(newest_image, '_encoded', encode)
    images = NewestImage()
    for _ in range(3):
        images.put(RAW, raw(small_image))
    assert encoded == []
    with ThreadPoolExecutor(8) as pages:
        found = [*pages.map(lambda _: images.picture(0, WAIT_S), range(16))]
    assert encoded == [3]
    assert {each.number for each in found if each} == {3} and None not in found


def test_a_page_waits_for_another_image_than_it_has(small_image: NDArray[np.uint8]) -> None:
    images = NewestImage()
    images.put(RAW, raw(small_image))
    assert images.picture(1, 0.0) is None
    with ThreadPoolExecutor(1) as page:
        waiting = page.submit(images.picture, 1, WAIT_S)
        images.put(RAW, raw(small_image))
        picture = waiting.result(WAIT_S)
    assert picture is not None and picture.number == 2


@pytest.mark.parametrize('fields', [{'encoding': '16UC1'}, {'height': 10_000}, {'step': 1}])
def test_what_cannot_be_shown_says_why_until_the_next_image(
    fields: dict[str, Any], small_image: NDArray[np.uint8]
) -> None:
    images = NewestImage()
    images.put(RAW, raw(small_image, **fields))
    picture = images.picture(0, WAIT_S)
    assert picture is not None and not picture.jpeg
    assert picture.error and images.error == picture.error
    images.put(RAW, raw(small_image))
    assert images.picture(1, WAIT_S) and not images.error


def test_an_image_too_large_for_a_jpeg_is_no_crash() -> None:
    images = NewestImage()
    images.put(RAW, raw(np.zeros((2, 70_000, 3), np.uint8)))
    picture = images.picture(0, WAIT_S)
    assert picture is not None and '70000x2' in picture.error
