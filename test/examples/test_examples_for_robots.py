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

"""The examples that move a robot do so only while they are told to; the one that counts, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import sys
from types import SimpleNamespace
from typing import Any

from example_messages import activities_of
from example_messages import HEADER
from example_messages import IN_SPACE
from example_messages import output
from example_messages import PEOPLE
from example_messages import send_until
from geometry_msgs.msg import Twist
from movenet_ros.consumers.outputs import Result3D
import numpy as np
from people_3d import standing
import pytest
import rclpy.action
from rclpy.task import Future
from ros_graph import World
from vision_msgs.msg import Detection2D
from vision_msgs.msg import Detection2DArray

Run = Callable[[str], object]
STILL = Twist()
LEFT, RIGHT, BOTH = 'left_hand_raised', 'right_hand_raised', 'both_hands_raised'


def test_the_robot_of_the_example_stops_for_somebody_near_alone(
    run: Run, module_world: World
) -> None:
    """And for nobody who is far, or whose place is not known."""
    stops = module_world.sink(Twist, 'cmd_vel')
    run('poses_3d')
    unknown = replace(PEOPLE, positions=np.full_like(PEOPLE.positions, np.nan))
    far = [output('poses_3d', Result3D(HEADER, each)) for each in (PEOPLE, unknown)]
    near = output('poses_3d', Result3D(HEADER, standing((0.0, 0.0, 1.4))))
    publisher = module_world.publisher(near.msg_type, near.topic, near.qos)
    module_world.until(publisher.get_subscription_count, 'for the example')
    for each in (*far, *far):
        publisher.publish(each.message)
        module_world.spin(0.05)
    assert stops == []
    send_until(module_world, near, lambda: stops)


@pytest.fixture
def driven(run: Run, module_world: World) -> list[Twist]:
    """Run the example of raised hands; what it says to the wheels gathers in the list."""
    said = module_world.sink(Twist, 'cmd_vel')
    run('raise_hand')
    module_world.until(lambda: said, 'for the first command')
    assert said == [STILL] * len(said)  # nobody has raised a hand yet
    return said


@pytest.mark.parametrize(
    ('gesture', 'forwards', 'to_the_left'), [(RIGHT, 0, 1), (LEFT, 0, -1), (BOTH, 1, 0)]
)
def test_the_robot_goes_where_a_raised_hand_says(
    gesture: str, forwards: int, to_the_left: int, driven: list[Twist], module_world: World
) -> None:
    send_until(module_world, activities_of([(1, gesture), (2,)]), lambda: driven[-1] != STILL)
    said = driven[-1]
    assert (np.sign(said.linear.x), np.sign(said.angular.z)) == (forwards, to_the_left)


@pytest.mark.parametrize(
    'people', [[(1,), (2,)], [(1, RIGHT), (2, LEFT)], [(0, BOTH), (2,)]],
    ids=['nobody', 'two_disagree', 'no_id'],
)
def test_the_robot_stands_still_again_when_people_say(
    people: list[tuple[Any, ...]], driven: list[Twist], module_world: World
) -> None:
    send_until(module_world, activities_of([(1, BOTH), (2,)]), lambda: driven[-1] != STILL)
    send_until(module_world, activities_of(people), lambda: driven[-1] == STILL)


def test_the_robot_stands_still_when_nothing_is_said_any_more(
    driven: list[Twist], module_world: World
) -> None:
    send_until(module_world, activities_of([(1, BOTH), (2,)]), lambda: driven[-1] != STILL)
    module_world.until(lambda: driven[-1] == STILL, 'for the robot to stop')


class FollowingServer:
    """Stands in for the action client of rclpy, with Nav2's following server behind it."""

    def __init__(self) -> None:
        self.goals: list[Any] = []
        self.accepts = True

    def server_is_ready(self) -> bool:
        """Answer as one that is active."""
        return True

    def send_goal_async(self, goal: Any) -> Future:
        """Accept a goal, or reject it."""
        self.goals.append(goal)
        self.end = Future()
        answer = Future()
        answer.set_result(SimpleNamespace(
            accepted=self.accepts, get_result_async=lambda: self.end
        ))
        return answer

    def give_up(self) -> None:
        """End the goal, as when nobody is to be seen."""
        self.end.set_result(SimpleNamespace(result=SimpleNamespace(error_msg='nobody')))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FollowingServer:
    """Give the server; of nav2_msgs, a goal with the fields that it has."""
    server = FollowingServer()
    action = SimpleNamespace(Goal=SimpleNamespace)
    monkeypatch.setitem(sys.modules, 'nav2_msgs', SimpleNamespace())
    monkeypatch.setitem(sys.modules, 'nav2_msgs.action', SimpleNamespace(FollowObject=action))
    monkeypatch.setattr(rclpy.action, 'ActionClient', lambda *_: server)
    return server


def test_the_person_is_followed_by_one_goal_at_a_time(
    server: FollowingServer, run: Run, module_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    person = output('person', IN_SPACE)
    run('person')
    send_until(module_world, person, lambda: server.goals)
    (goal,) = server.goals
    assert goal.pose_topic == f'{module_world.namespace}/person'
    assert 0 < goal.max_duration.sec <= 60  # else it is followed for ever when this program ends
    publisher = module_world.publisher(person.msg_type, person.topic, person.qos)
    module_world.until(publisher.get_subscription_count, 'for the example')
    for _ in range(3):
        publisher.publish(person.message)
        module_world.spin(0.05)
    assert len(server.goals) == 1
    server.give_up()
    send_until(module_world, person, lambda: server.goals[1:])
    assert 'nobody' in capsys.readouterr().out


def test_without_nav2_the_example_names_the_package_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'nav2_msgs.action', None)
    with pytest.raises(SystemExit, match='ros-.*-nav2-msgs'):
        run('person')


def test_who_crosses_the_line_is_counted_once_for_each_time(
    run: Run, module_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who wavers on it is not, nor who has no id."""
    paths = {'': (100, 500), '1': (100, 315, 325, 315, 325, 500, 520), '2': (600, 200)}
    run('detections')
    publisher = module_world.publisher(Detection2DArray, 'detections')
    module_world.until(publisher.get_subscription_count, 'for the example')
    for person, places in paths.items():
        for x in places:
            detection = Detection2D(id=person)
            detection.bbox.center.position.x = float(x)
            publisher.publish(Detection2DArray(detections=[detection]))
            module_world.spin(0.02)
    said: list[str] = []
    module_world.until(
        lambda: said.append(capsys.readouterr().out)
        or '2 people, 1 went left, 1 right' in ''.join(said)
    )
