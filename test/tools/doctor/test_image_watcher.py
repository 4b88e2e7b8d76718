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

"""What is told of images by counting them and looking at their stamps."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.tools.doctor.graph_facts import COMPRESSED
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Watch
from movenet_ros.tools.doctor.image_watcher import ImageWatcher
from movenet_ros.tools.doctor.image_watcher import LEAST_GAPS
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

MILLISECOND = 10**6
MakeImage = Callable[..., Image]


@pytest.fixture
def watch(make_image: MakeImage) -> Callable[[Iterable[int]], Watch]:
    """Return a function that watches images of these stamps, in milliseconds."""

    def watch_them(stamps_ms: Iterable[int]) -> Watch:
        watcher = ImageWatcher(RAW)
        for stamp_ms in stamps_ms:
            sec, ms = divmod(stamp_ms, 1000)
            watcher.on_message(serialize_message(make_image(sec, ms * MILLISECOND)))
        return watcher.result()

    return watch_them


Watching = Callable[[Iterable[int]], Watch]


def test_nothing_is_an_empty_watch(watch: Watching) -> None:
    assert watch([]) == Watch()


def test_the_last_image_is_read(watch: Watching) -> None:
    seen = watch([1000, 2000])
    assert (seen.count, seen.encoding, seen.wh, seen.error) == (2, 'bgr8', (64, 48), '')


def test_stamps_of_0_are_noticed(watch: Watching) -> None:
    assert not watch([0]).stamped
    assert watch([1]).stamped


@pytest.mark.parametrize(('stamps_ms', 'moves'), [([5], None), ([5, 5, 5], False), ([5, 6], True)])
def test_whether_stamps_move(watch: Watching, stamps_ms: list[int], moves: bool | None) -> None:
    assert watch(stamps_ms).moves is moves


@pytest.mark.parametrize('lost', [1, 2, 3, 6])
def test_the_gap_of_sending_is_told_where_images_are_lost(watch: Watching, lost: int) -> None:
    """After each four in a row some get lost."""
    sent = (33 * number for number in range(100) if number % (4 + lost) < 4)
    assert watch(sent).gap_s == pytest.approx(0.033)


@pytest.mark.parametrize(
    'stamps_ms', [range(LEAST_GAPS), [5] * 30, [*range(30), 3], range(30, 0, -1)]
)
def test_few_or_disordered_stamps_tell_no_gap(watch: Watching, stamps_ms: Iterable[int]) -> None:
    assert watch(stamps_ms).gap_s == 0.0


def test_a_compressed_image_tells_its_format() -> None:
    watcher = ImageWatcher(COMPRESSED)
    watcher.on_message(serialize_message(CompressedImage(format='png')))
    assert (watcher.result().encoding, watcher.result().wh) == ('png', (0, 0))


@given(st.one_of(st.binary(max_size=64), st.binary(max_size=64).map(b'\0\1\0\0'.__add__)))
def test_no_bytes_are_too_broken_for_an_image(message: bytes) -> None:
    watcher = ImageWatcher(RAW)
    watcher.on_message(message)
    assert watcher.result().count == 1


@pytest.mark.parametrize('message', [b'', b'\0\1\0\0', b'\0\1\0\0rubbish', b'rubbish' * 9])
def test_rubbish_in_place_of_a_compressed_image_is_said_to_be(message: bytes) -> None:
    watcher = ImageWatcher(COMPRESSED)
    watcher.on_message(message)
    seen = watcher.result()
    assert seen.error or not seen.stamped
