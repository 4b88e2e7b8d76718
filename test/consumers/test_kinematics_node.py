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

"""The kinematics node among real messages: what it publishes, and what it makes of bad ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from depth_camera import header
from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from movenet_ros.core.poses import Poses
from movenet_ros.messages import activities_from_msg
from movenet_ros.messages import joint_angles_from_msg
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.poses_3d import poses_3d_to_msg
import numpy as np
from people_3d import BODY
from people_3d import people_3d
from people_3d import standing
import pytest
from rcl_interfaces.msg import Log
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from ros_graph import World
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

WARNING = 30
NAME = 'movenet_kinematics'


class Graph:
    """
    A pose node and a 3D node that see people, and who listens to the kinematics node.

    :ivar angles: the messages of joint_angles; and activities.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.stamp_ms = 1000
        self.angles: list[JointState] = world.sink(JointState, 'joint_angles')
        self.activities: list[Detection2DArray] = world.sink(Detection2DArray, 'activities')
        self._log = world.sink(Log, '/rosout')
        self.poses = world.publisher(Detection2DArray, 'poses')
        self.poses_3d = world.publisher(Detection3DArray, 'poses_3d')

    def send(self, people: Any) -> Header:
        """Publish people, in pixels or in metres, and return the header."""
        self.stamp_ms += 33
        stamped = header(self.stamp_ms)
        if isinstance(people, Poses):
            self.poses.publish(poses_to_msg(people, stamped))
        else:
            self.poses_3d.publish(poses_3d_to_msg(people, stamped))
        return stamped

    def answer(self, people: Any) -> tuple[dict[str, dict[str, float]], Detection2DArray]:
        """Publish people, and return what the node says of them."""
        publisher = self.poses if isinstance(people, Poses) else self.poses_3d
        self.world.until(publisher.get_subscription_count, 'for the node to subscribe')
        sent = self.send(people)
        for messages in (self.angles, self.activities):
            self.world.until(lambda m=messages: m and m[-1].header == sent, 'for an answer')
        return joint_angles_from_msg(self.angles[-1]), self.activities[-1]

    def until_warned(self, *words: str, send: Callable[[], Any]) -> str:
        """Send until there is a warning with some words, and return it."""
        def found() -> list[str]:
            send()
            lines = [each.msg for each in self._log if NAME in each.name and each.level >= WARNING]
            return [line for line in lines if all(word in line for word in words)]

        self.world.until(found, f'for a warning with {words}')
        return found()[-1]

    def set_parameter(self, name: str, value: Any) -> Any:
        """Set a parameter of the node as `ros2 param set` does."""
        msg = Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[msg])
        return self.world.call(SetParameters, f'{NAME}/set_parameters', request).results[0]


@pytest.fixture
def graph(world: World, start_kinematics_node: Any) -> Graph:
    """Give a graph with a node that reads poses."""
    made = Graph(world)
    start_kinematics_node()
    return made


def test_angles_and_activities_have_the_header_id_and_box_of_the_person(
    graph: Graph, person: Poses
) -> None:
    angles, msg = graph.answer(person)
    assert [*angles] == ['1'] and angles['1']['left_knee'] == pytest.approx(0.2, abs=0.2)
    (detection,) = msg.detections
    expected = poses_to_msg(person, msg.header).detections[0]
    assert (detection.id, detection.bbox) == (expected.id, expected.bbox)
    assert activities_from_msg(msg).ids.tolist() == [1]


def test_people_in_metres_have_angles_in_space_and_no_pixels(
    world: World, start_kinematics_node: Any
) -> None:
    graph = Graph(world)
    start_kinematics_node(source='poses_3d')
    turned = BODY[:, [2, 1, 0]]  # seen from the side, elbows and knees are as straight
    variances = np.full((2, 17, 3), 0.01**2)
    people = people_3d([BODY + (0, 0, 3), turned + (1, 0, 3)], variances=variances)
    angles, msg = graph.answer(people)
    assert angles['1']['left_elbow'] == pytest.approx(angles['2']['left_elbow'])
    assert np.isnan(msg.detections[0].bbox.center.position.x)
    assert np.isnan(msg.detections[0].bbox.size_y)
    assert not world.node.count_subscribers(world.node.resolve_topic_name('poses'))


def test_without_listeners_it_subscribes_to_nothing(
    world: World, start_kinematics_node: Any
) -> None:
    start_kinematics_node()
    topic = world.node.resolve_topic_name('poses')
    world.until(lambda: world.state(NAME) == 'active')
    world.spin(0.2)
    assert not world.node.count_subscribers(topic)
    listener = world.node.create_subscription(JointState, 'joint_angles', print, 1)
    world.until(lambda: world.node.count_subscribers(topic))
    world.node.destroy_subscription(listener)
    world.until(lambda: not world.node.count_subscribers(topic))


def test_the_source_changes_at_run_time(graph: Graph, person: Poses) -> None:
    graph.answer(person)
    assert graph.set_parameter('source', 'poses_3d').successful
    graph.world.until(lambda: not graph.poses.get_subscription_count())
    graph.answer(standing((0, 0, 3)))
    assert graph.set_parameter('source', 'poses').successful
    graph.answer(person)


def test_down_in_an_image_is_not_along_z(graph: Graph) -> None:
    answer = graph.set_parameter('down', '-z')
    assert not answer.successful and 'poses_3d' in answer.reason


def test_down_may_be_the_side_of_a_turned_camera(graph: Graph, person: Poses) -> None:
    upright, _ = graph.answer(person)
    assert graph.set_parameter('down', '+x').successful
    turned = replace(person, keypoints=person.keypoints[..., ::-1] * [1, -1])
    angles, _ = graph.answer(turned)
    assert angles['1']['trunk_lean'] == pytest.approx(upright['1']['trunk_lean'], abs=1e-5)


@pytest.mark.parametrize('number', [0, 30])
def test_there_may_be_nobody_or_a_crowd(graph: Graph, person: Poses, number: int) -> None:
    crowd = person[np.zeros(number, int)]
    angles, msg = graph.answer(replace(crowd, ids=np.arange(1, number + 1)))
    assert len(angles) == len(msg.detections) == number


def test_people_without_ids_are_told_of_too(graph: Graph, person: Poses) -> None:
    angles, msg = graph.answer(replace(person[[0, 0]], ids=np.zeros(2)))
    assert [*angles] == ['untracked_1', 'untracked_2']
    assert [each.id for each in msg.detections] == ['', '']


@pytest.mark.parametrize('value', [np.nan, np.inf, -1e30])
def test_keypoints_that_are_nowhere_bend_nothing(
    graph: Graph, person: Poses, value: float
) -> None:
    nowhere = replace(
        person, keypoints=np.full_like(person.keypoints, value),
        boxes_xyxy=np.full_like(person.boxes_xyxy, value),
    )
    angles, msg = graph.answer(nowhere)
    assert np.isnan([*angles['1'].values()]).all()
    assert activities_from_msg(msg).of_people[0][0].name == 'other'


def test_keypoints_below_the_threshold_are_not_used(graph: Graph, person: Poses) -> None:
    assert graph.set_parameter('keypoint_threshold', 0.95).successful
    angles, _ = graph.answer(person)
    assert np.isnan([*angles['1'].values()]).all()


def test_what_is_no_message_is_one_line(graph: Graph, person: Poses) -> None:
    graph.answer(person)
    line = graph.until_warned(
        'rejected poses', send=lambda: graph.poses.publish(b'\0\1\0\0' + bytes(range(40)))
    )
    assert '\n' not in line
    graph.answer(person)


def test_detections_are_no_poses_and_diagnostics_say_so(graph: Graph, person: Poses) -> None:
    arrays = graph.world.sink(DiagnosticArray, '/diagnostics')
    msg = poses_to_msg(person, header(1))
    msg.detections[0].results = msg.detections[0].results[-1:]
    graph.until_warned('skeletons', send=lambda: graph.poses.publish(msg))
    graph.world.until(
        lambda: graph.poses.publish(msg) or arrays and 'skeletons' in arrays[-1].status[0].message
    )
    assert arrays[-1].status[0].level == DiagnosticStatus.WARN


def test_a_bag_that_begins_again_is_read_anew(graph: Graph, person: Poses) -> None:
    graph.stamp_ms += 60_000
    graph.answer(person)
    graph.stamp_ms -= 60_000
    graph.answer(person)


def test_stamps_that_stand_still_are_told(graph: Graph, person: Poses) -> None:
    graph.answer(person)
    msg = poses_to_msg(person, header(graph.stamp_ms))
    graph.until_warned('not advancing', send=lambda: graph.poses.publish(msg))


def test_why_nothing_comes_is_told(world: World, start_kinematics_node: Any) -> None:
    graph = Graph(world)
    world.node.destroy_publisher(graph.poses)
    start_kinematics_node(**{'diagnostics.timeout_s': 0.1})
    graph.until_warned('no poses', 'start the pose node', send=lambda: None)


def test_diagnostics_have_the_figures(graph: Graph, person: Poses) -> None:
    arrays = graph.world.sink(DiagnosticArray, '/diagnostics')

    def values() -> dict[str, str]:
        statuses = [each for array in arrays[-1:] for each in array.status]
        return {each.key: each.value for status in statuses for each in status.values}

    graph.world.until(lambda: graph.answer(person) and values().get('people') == '1')
    assert values()['topic'].endswith('/poses') and float(values()['output_rate_hz']) > 0


def test_it_stops_and_goes_on_with_the_lifecycle(graph: Graph, person: Poses) -> None:
    def change(transition: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(graph.world.call(ChangeState, f'{NAME}/change_state', request).success)

    graph.answer(person)
    assert change(Transition.TRANSITION_DEACTIVATE)
    graph.world.until(lambda: not graph.poses.get_subscription_count())
    assert change(Transition.TRANSITION_ACTIVATE)
    graph.answer(person)
