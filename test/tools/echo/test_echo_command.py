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

"""The command ``echo``: one message of a topic, whatever its type and QoS."""

from __future__ import annotations

from typing import Any

from movenet_ros.core.skeleton import COCO
from movenet_ros.messages.outputs import LATCHED
from movenet_ros.messages.poses import label_info
import pytest
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_graph import Program
from ros_graph import StartProgram
from ros_graph import World
from std_msgs.msg import String
from vision_msgs.msg import LabelInfo
import yaml

pytestmark = pytest.mark.process

BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)


def echo(start_program: StartProgram, world: World, *args: str) -> Any:
    """Start the command in a world."""
    return start_program('echo', *args, ROS_DOMAIN_ID=str(world.domain_id))


def ended(world: World, program: Program) -> int:
    """Spin until it ends; return its exit code."""
    world.until(program.has_ended, f'for the end: {program.err}')
    return program.wait()


def test_a_latched_message_is_printed_as_yaml(start_program: StartProgram, world: World) -> None:
    msg = label_info(COCO, 0.25, world.node.get_clock().now().to_msg())
    world.publisher(LabelInfo, '/label_info', LATCHED).publish(msg)
    with echo(start_program, world, '/label_info') as program:
        assert ended(world, program) == 0
    (values,) = filter(None, yaml.safe_load_all(program.out))
    assert values['threshold'] == 0.25 and len(values['class_map']) == len(COCO) + 1


def test_as_many_messages_as_are_asked_for_come_from_a_best_effort_publisher(
    start_program: StartProgram, world: World
) -> None:
    publisher = world.publisher(String, 'chatter', BEST_EFFORT)
    args = ('chatter', '--count', '3', '--ros-args', '-r', f'__ns:={world.namespace}')
    with echo(start_program, world, *args) as program:
        world.until(lambda: publisher.publish(String(data='hello')) or program.has_ended())
    assert program.wait() == 0
    assert program.out == 3 * 'data: hello\n---\n'


def test_it_says_what_it_waits_for_and_gives_up_in_time(
    start_program: StartProgram, world: World
) -> None:
    world.publisher(String, '/robot/poses')
    with echo(start_program, world, '/poses', '--timeout', '6') as program:
        assert ended(world, program) == 1
    waiting, gave_up = program.err.splitlines()
    assert 'waiting' in waiting and '6 s' in gave_up
    assert all('no publisher' in each and '/robot/poses' in each for each in (waiting, gave_up))
    assert program.out == ''
