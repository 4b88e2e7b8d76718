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

"""The wait for transforms."""

from __future__ import annotations

from collections.abc import Iterator
import sys

import fake_tf2_ros
from movenet_ros.consumers.frames import InFrame
from movenet_ros.consumers.frames import TargetFrame
from movenet_ros.consumers.frames import TransformError
from movenet_ros.core.errors import StartError
from movenet_ros.core.frames import Transform
import numpy as np
import pytest
from rclpy.time import Time
from std_msgs.msg import Header

HERE = Transform('odom', np.eye(3), np.zeros(3))


def header(seconds: float, frame_id: str = 'camera') -> Header:
    """Return the header of an image."""
    return Header(stamp=Time(seconds=seconds).to_msg(), frame_id=frame_id)


@pytest.fixture
def buffer(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_tf2_ros.Buffer]:
    """Give the buffer of a TargetFrame that is listening."""
    monkeypatch.setitem(sys.modules, 'tf2_ros', fake_tf2_ros.module())
    target = TargetFrame(None, 'odom')
    (made,) = fake_tf2_ros.TransformListener.listening
    made.target = target  # type: ignore[attr-defined]
    yield made
    target.close()


@pytest.fixture
def target(buffer: fake_tf2_ros.Buffer) -> TargetFrame:
    """Give that TargetFrame."""
    return buffer.target  # type: ignore[attr-defined, no-any-return]


def test_a_transform_is_that_of_the_images_stamp(
    target: TargetFrame, buffer: fake_tf2_ros.Buffer
) -> None:
    for stamp in (1, 2, 3):
        buffer.set_transform(fake_tf2_ros.transform('odom', 'camera', stamp, (stamp, 0, 0)))
    found = target.transform(header(2))
    assert (found.frame_id, found.translation.tolist()) == ('odom', [2, 0, 0])


def test_a_rotation_is_read_in_its_order(
    target: TargetFrame, buffer: fake_tf2_ros.Buffer
) -> None:
    """A quarter turn about z takes what is ahead to the left."""
    quarter = (0, 0, np.sin(np.pi / 4), np.cos(np.pi / 4))
    buffer.set_transform(fake_tf2_ros.transform('odom', 'camera', 1, (0, 0, 0), quarter))
    turned = target.transform(header(1)).rotation @ (1, 0, 0)
    np.testing.assert_allclose(turned, (0, 1, 0), atol=1e-12)


def test_a_slash_before_a_frame_is_of_ros_1(
    target: TargetFrame, buffer: fake_tf2_ros.Buffer
) -> None:
    buffer.set_transform(fake_tf2_ros.transform('odom', 'camera', 1, (0, 0, 0)))
    assert target.transform(header(1, '/camera')).frame_id == 'odom'


@pytest.mark.parametrize('frame_id', ['camera', 'elsewhere', ''])
def test_what_tf_does_not_know_is_named(
    target: TargetFrame, buffer: fake_tf2_ros.Buffer, frame_id: str
) -> None:
    buffer.set_transform(fake_tf2_ros.transform('odom', 'camera', 1, (0, 0, 0)))
    with pytest.raises(TransformError, match=frame_id or 'frame_id'):
        target.transform(header(2, frame_id))


@pytest.mark.parametrize(
    ('move', 'quaternion'), [((0, 0, 0), (0, 0, 0, 0)), ((np.nan, 0, 0), (0, 0, 0, 1))]
)
def test_a_transform_that_is_none_is_told(
    target: TargetFrame, buffer: fake_tf2_ros.Buffer, move: object, quaternion: object
) -> None:
    made = fake_tf2_ros.transform('odom', 'camera', 1, move, quaternion)  # type: ignore[arg-type]
    buffer.set_transform(made)
    with pytest.raises(TransformError, match='odom'):
        target.transform(header(1))


def test_without_tf_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'tf2_ros', None)
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    with pytest.raises(StartError, match='ros-jazzy-tf2-ros-py'):
        TargetFrame.check()


class Tf:
    """Knows transforms up to a stamp; and the time."""

    def __init__(self) -> None:
        self.until_s = 0
        self.now_s = 100.0

    def find(self, header: Header) -> Transform:
        """Return a transform, if it is known."""
        if header.stamp.sec > self.until_s:
            raise TransformError('not yet')
        return HERE


def test_what_has_its_transform_does_not_wait() -> None:
    tf = Tf()
    waiting: InFrame[str] = InFrame(tf.find, lambda: tf.now_s)
    waiting.add('a', header(0), 0.1)
    assert [*waiting.ready()] == [('a', HERE, '')]
    assert waiting.remaining_s is None


def test_images_wait_for_a_transform_that_comes_later_and_keep_their_order() -> None:
    tf = Tf()
    waiting: InFrame[str] = InFrame(tf.find, lambda: tf.now_s)
    for stamp, name in enumerate('abc', start=1):
        waiting.add(name, header(stamp), 0.1)
    assert [*waiting.ready()] == []
    assert waiting.remaining_s is not None
    tf.until_s = 2
    assert [item for item, *_ in waiting.ready()] == ['a', 'b']


def test_the_wait_is_over_some_time_and_says_why() -> None:
    tf = Tf()
    waiting: InFrame[str] = InFrame(tf.find, lambda: tf.now_s)
    waiting.add('a', header(1), 0.1)
    tf.now_s += 0.11
    assert [*waiting.ready()] == [('a', None, 'not yet')]


def test_no_more_wait_than_memory_allows() -> None:
    tf = Tf()
    waiting: InFrame[int] = InFrame(tf.find, lambda: tf.now_s)
    for i in range(1000):
        waiting.add(i, header(1), 1e9)
        assert len([*waiting.ready()]) == (i >= 300)
