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

"""What the 3D node publishes, in which frame and when."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import sys
from typing import Any

import fake_tf2_ros
from geometry_msgs.msg import PoseStamped
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.consumers.publishers_3d import Publishers3D
from movenet_ros.core.errors import StartError
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.messages import poses_3d_from_msg
from movenet_ros.settings import Pose3DParameters
import numpy as np
from people_3d import BODY
from people_3d import people_3d
from people_3d import standing
import pytest
import rclpy
from rclpy.time import Time
from ros_graph import World
from std_msgs.msg import Header
from vision_msgs.msg import Detection3DArray
from visualization_msgs.msg import MarkerArray

IN_ODOM = Pose3DParameters(target_frame='odom')
LOOKING_AHEAD = (-0.5, 0.5, -0.5, 0.5)  # the optical frame of a camera that does, in REP 103's

Open = Callable[[Pose3DParameters], Publishers3D]


@pytest.fixture
def open_publishers(world: World) -> Iterator[Open]:
    """Return a function that makes the publishers of a node, ready for parameters."""
    node = rclpy.create_node('movenet_3d', context=world.context, namespace=world.namespace)
    made: list[Publishers3D] = []

    def make(settings: Pose3DParameters) -> Publishers3D:
        made.append(Publishers3D(node, OUTPUTS_3D))
        made[-1].open(settings)
        made[-1].listen(settings)
        return made[-1]

    yield make
    for each in made:
        each.close()
    node.destroy_node()


@pytest.fixture
def tf(monkeypatch: pytest.MonkeyPatch) -> Callable[[], fake_tf2_ros.Buffer]:
    """Install tf; return a function that returns what the node listens with."""
    monkeypatch.setitem(sys.modules, 'tf2_ros', fake_tf2_ros.module())
    return lambda: fake_tf2_ros.TransformListener.listening[0]


def publish(
    publishers: Publishers3D, people: Poses3D, stamp: float = 1.0,
    settings: Pose3DParameters = IN_ODOM, wait_s: float = 0.0,
) -> list[str]:
    """Publish the people of an image; return a list that gets the problem when they are out."""
    done: list[str] = []
    header = Header(frame_id='camera', stamp=Time(seconds=stamp).to_msg())
    publishers.publish(header, people, settings, wait_s, done.append)
    return done


def positions(msg: Any) -> Any:
    """Return where the people of a message are."""
    return poses_3d_from_msg(msg).person_positions


def test_each_row_goes_to_its_subscribers(world: World, open_publishers: Open) -> None:
    settings = Pose3DParameters()
    publishers = open_publishers(settings)
    assert not publishers.has_subscribers
    people = world.sink(Detection3DArray, 'poses_3d')
    markers, person = world.sink(MarkerArray, 'markers'), world.sink(PoseStamped, 'person')
    world.until(lambda: world.node.count_publishers('person') and publishers.has_subscribers)
    world.spin(0.2)
    assert publish(publishers, standing((0, 0, 2), (1, 0, 4)), settings=settings) == ['']
    world.until(lambda: people and markers and person)
    np.testing.assert_allclose(positions(people[0]), [(0, 0, 2), (1, 0, 4)])
    assert len(markers[0].markers) == 6
    assert person[0].pose.position.z == 2
    assert {each.header.frame_id for each in (people[0], person[0])} == {'camera'}


def test_nobody_to_follow_is_no_message(world: World, open_publishers: Open) -> None:
    settings = Pose3DParameters(follow='off')
    publishers = open_publishers(settings)
    people, person = world.sink(Detection3DArray, 'poses_3d'), world.sink(PoseStamped, 'person')
    world.until(lambda: publishers.has_subscribers)
    world.spin(0.2)
    publish(publishers, standing((0, 0, 2)), settings=settings)
    world.until(lambda: people)
    world.spin(0.1)
    assert person == []


def test_people_are_published_in_the_target_frame(
    world: World, open_publishers: Open, tf: Callable[[], fake_tf2_ros.Buffer]
) -> None:
    publishers = open_publishers(IN_ODOM)
    people, person = world.sink(Detection3DArray, 'poses_3d'), world.sink(PoseStamped, 'person')
    world.until(lambda: publishers.has_subscribers)
    world.spin(0.2)
    tf().set_transform(fake_tf2_ros.transform('odom', 'camera', 1, (5, 0, 1), LOOKING_AHEAD))
    assert publish(publishers, standing((0.5, 0.2, 2))) == ['']
    world.until(lambda: people and person)
    assert people[0].header.frame_id == person[0].header.frame_id == 'odom'
    np.testing.assert_allclose(positions(people[0]), [(7, -0.5, 0.8)])
    assert person[0].pose.position.z == pytest.approx(0)


def test_who_is_nearest_is_measured_from_the_camera(
    world: World, open_publishers: Open, tf: Callable[[], fake_tf2_ros.Buffer]
) -> None:
    """The origin of odom is somewhere."""
    publishers = open_publishers(IN_ODOM)
    person = world.sink(PoseStamped, 'person')
    world.until(lambda: publishers.has_subscribers)
    world.spin(0.1)
    tf().set_transform(fake_tf2_ros.transform('odom', 'camera', 1, (-9, 0, 1), LOOKING_AHEAD))
    publish(publishers, standing((0, 0, 8), (0, 0, 2)))
    world.until(lambda: person)
    assert person[0].pose.position.x == pytest.approx(-7)


def test_a_transform_that_comes_late_is_waited_for(
    world: World, open_publishers: Open, tf: Callable[[], fake_tf2_ros.Buffer]
) -> None:
    publishers = open_publishers(IN_ODOM)
    people = world.sink(Detection3DArray, 'poses_3d')
    world.until(lambda: publishers.has_subscribers)
    world.spin(0.1)
    done = publish(publishers, standing((0, 0, 2)), wait_s=1e3)
    assert done == [] and publishers.remaining_s
    tf().set_transform(fake_tf2_ros.transform('odom', 'camera', 1, (0, 0, 0)))
    publishers.publish_ready()
    assert done == [''] and publishers.remaining_s is None
    world.until(lambda: people)


def test_without_a_transform_places_are_unknown_and_the_problem_is_told(
    world: World, open_publishers: Open, tf: Callable[[], fake_tf2_ros.Buffer]
) -> None:
    publishers = open_publishers(IN_ODOM)
    people = world.sink(Detection3DArray, 'poses_3d')
    world.until(lambda: publishers.has_subscribers)
    world.spin(0.1)
    (problem,) = publish(publishers, standing((0, 0, 2)))
    assert 'odom' in problem and 'camera' in problem
    world.until(lambda: people)
    assert np.isnan(positions(people[0])).all()
    assert people[0].header.frame_id == 'odom'


def test_when_the_time_begins_again_old_transforms_are_forgotten(
    open_publishers: Open, tf: Callable[[], fake_tf2_ros.Buffer]
) -> None:
    publishers = open_publishers(IN_ODOM)
    tf().set_transform(fake_tf2_ros.transform('odom', 'camera', 100, (0, 0, 0)))
    publishers.restart()
    assert publish(publishers, standing((0, 0, 2)), 1) != ['']


def test_tf_is_listened_to_while_it_is_needed(
    open_publishers: Open, tf: Callable[[], fake_tf2_ros.Buffer]
) -> None:
    publishers = open_publishers(IN_ODOM)
    assert len(fake_tf2_ros.TransformListener.listening) == 1
    publishers.pause()
    assert fake_tf2_ros.TransformListener.listening == []


def test_without_tf_a_target_frame_is_refused(
    open_publishers: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'tf2_ros', None)
    with pytest.raises(StartError, match='target_frame'):
        open_publishers(IN_ODOM)


def test_frames_of_people_are_on_tf_if_asked_for(world: World, open_publishers: Open) -> None:
    tf2_msgs = pytest.importorskip('tf2_msgs.msg')
    assert world.node.count_publishers('/tf') == 0
    settings = Pose3DParameters(publish_tf=True)
    publishers = open_publishers(settings)
    messages = world.sink(tf2_msgs.TFMessage, '/tf')
    world.until(lambda: publishers.has_subscribers)
    publish(publishers, people_3d([BODY + (0, 0, 2)], [7]), settings=settings)
    world.until(lambda: messages)
    (frame,) = messages[0].transforms
    assert (frame.header.frame_id, frame.child_frame_id) == ('camera', 'person_7')
    publishers.close()
    world.until(lambda: not world.node.count_publishers('/tf'))


def test_without_publish_tf_there_is_no_publisher_of_tf(
    world: World, open_publishers: Open
) -> None:
    open_publishers(Pose3DParameters())
    world.until(lambda: world.node.count_publishers('poses_3d'))
    assert world.node.count_publishers('/tf') == 0
