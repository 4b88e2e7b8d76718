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

"""Every example runs as it is, among real messages; the one in C++ is compiled or parsed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
import os
from pathlib import Path
import runpy
import shutil
import subprocess
import sys
from typing import Any
from typing import NamedTuple

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import Twist
from movenet_ros.consumers.kinematics import observed
from movenet_ros.consumers.kinematics import OUTPUTS_KINEMATICS
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.consumers.outputs import Result3D
from movenet_ros.consumers.outputs import tf_output
from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.image import SourceImage
from movenet_ros.core.observing import Observer
from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import Labels
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import Result
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import PoseParameters
import numpy as np
from people_3d import standing
import pytest
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from ros_graph import World
from std_msgs.msg import Header

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / 'examples'
IN_CPP = EXAMPLES / 'poses_cpp'
STAND_IN = Path(__file__).parent / 'stand_in'
WH = 64, 48
HEADER = Header(frame_id='camera')
PEOPLE = replace(
    standing((0.0, 0.0, 2.0), (1.0, 0.0, 3.0)), variances=np.full((2, 17, 3), 0.01**2)
)
PIXELS = np.full((*WH[::-1], 3), 90, np.uint8)
SEEN = Result(HEADER, SourceImage(PIXELS, 'rgb'), PEOPLE.poses, PoseParameters())
IN_SPACE = Result3D(HEADER, PEOPLE, followed=0)
DOING = observed(Observer(), HEADER, PEOPLE, KinematicsParameters())
STANDS = Activity('standing', 1.0)
WAVES = Activities(PEOPLE.poses.ids, ((STANDS,), (STANDS, Activity('waving', 0.9))))
WAVING = replace(DOING, observed=replace(DOING.observed, tell_activities=lambda: WAVES))
LABELS = Labels(PEOPLE.poses.skeleton, 0.3, HEADER.stamp)
ROWS: dict[str, Output[Any]] = {
    each.name.strip('/'): each
    for each in (*OUTPUTS, *OUTPUTS_3D, *OUTPUTS_KINEMATICS, LABEL_INFO, tf_output())
}


class Sent(NamedTuple):
    """A message for an example."""

    msg_type: type[Any]
    topic: str
    message: Any
    qos: QoSProfile = QoSProfile(depth=10)


def output(name: str, source: Any) -> Sent:
    """Make the message of an output."""
    row = ROWS[name]
    return Sent(row.msg_type, row.name, row.to_bytes(source), row.qos)


def problem() -> Sent:
    """Make what a node says that has no images."""
    status = DiagnosticStatus(
        name='robot1/movenet: images', level=DiagnosticStatus.WARN, message='none'
    )
    return Sent(DiagnosticArray, '/diagnostics', DiagnosticArray(status=[status]))


def annotations() -> Sent:
    """Make what Foxglove draws."""
    pytest.importorskip('foxglove_msgs')  # without it there is no such output
    return output('annotations', SEEN)


def bodies() -> Sent:
    """Make the ids of REP-155."""
    ids = pytest.importorskip('hri_msgs.msg').IdsList
    return Sent(ids, '/humans/bodies/tracked', ids(ids=['p0002']))


SAID: dict[str, tuple[Callable[[], Sent], str]] = {
    'poses': (lambda: output('poses', SEEN), 'person 2: right wrist at [0. 0.]'),
    'detections': (lambda: output('detections', SEEN), '2 people, the nearest looks 10 pixels'),
    'label_info': (lambda: output('label_info', LABELS), 'results[10] is right_wrist'),
    'person': (lambda: output('person', IN_SPACE), '2.00 m from the origin of camera'),
    'markers': (lambda: output('markers', IN_SPACE), '#2 at 1.00, '),
    'joint_angles': (lambda: output('joint_angles', DOING), 'person 2 bends the left knee by 0'),
    'activities': (lambda: output('activities', WAVING), 'hello, person 2'),
    'tf': (lambda: output('tf', IN_SPACE), 'person_2 at 1.00, 0.00, 3.00'),
    'diagnostics': (problem, 'robot1/movenet: images: none'),
    'annotations': (annotations, '#2 0.80 at 0, '),
    'humans': (bodies, '/humans/bodies/p0002/roi'),
}
DONE = {'image_annotated', 'poses_3d'}  # they say nothing, but do something


@pytest.fixture
def run(
    module_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[str], None]]:
    """Return a function that runs an example, whose node is spun with the world until the end."""
    create_node, nodes = rclpy.create_node, []

    def create(name: str) -> Node:
        where = {'context': module_world.context, 'namespace': module_world.namespace}
        nodes.append(create_node(name, **where))
        return nodes[-1]

    monkeypatch.setattr(rclpy, 'init', lambda: None)
    monkeypatch.setattr(rclpy, 'create_node', create)
    monkeypatch.setattr(rclpy, 'spin', module_world.join)
    monkeypatch.chdir(tmp_path)
    yield lambda name: runpy.run_path(str(EXAMPLES / f'{name}.py'), run_name='__main__')
    for each in nodes:
        module_world.leave(each)


def send_until(world: World, sent: Sent, condition: Callable[[], Any]) -> None:
    """Publish a message until something is true; the first one may come too early."""
    publisher = world.publisher(sent.msg_type, sent.topic, sent.qos)
    world.until(lambda: publisher.publish(sent.message) or condition(), f'for {sent.topic}')
    world.node.destroy_publisher(publisher)


@pytest.mark.parametrize('name', SAID)
def test_an_example_says_what_is_in_a_message(
    name: str, run: Callable[[str], None], module_world: World,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make, says = SAID[name]
    sent, said = make(), []
    run(name)
    send_until(
        module_world, sent,
        lambda: said.append(capsys.readouterr().out) or says in ''.join(said),
    )


def test_the_example_of_images_saves_one(
    run: Callable[[str], None], module_world: World, tmp_path: Path
) -> None:
    run('image_annotated')
    sent = output('image_annotated', SEEN)
    send_until(module_world, sent, lambda: cv2.haveImageReader(str(tmp_path / 'annotated.jpg')))
    assert cv2.imread(str(tmp_path / 'annotated.jpg')).shape == SEEN.annotated_bgr.shape


def test_the_robot_of_the_example_stops_for_somebody_near_alone(
    run: Callable[[str], None], module_world: World
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


def test_every_output_has_an_example() -> None:
    examples = {path.stem for path in EXAMPLES.glob('*.py')}
    assert examples == {*SAID, *DONE}
    assert {*ROWS} <= examples


@pytest.mark.process
def test_the_example_in_cpp_compiles(tmp_path: Path) -> None:
    """With rclcpp, whole; without, its source, against rclcpp's calls that it makes."""
    named = os.environ.get('AMENT_PREFIX_PATH', '').split(':')
    prefixes = [Path(each) for each in (*named, sys.prefix) if each]
    if any((each / 'share' / 'rclcpp').is_dir() for each in prefixes):
        configure = ['cmake', '-S', str(IN_CPP), '-B', str(tmp_path)]
        commands = [configure, ['cmake', '--build', str(tmp_path)]]
    elif shutil.which('g++'):
        folders = [each for prefix in prefixes for each in prefix.glob('include/*/')]
        includes = [f'-I{each}' for each in (STAND_IN, *folders)]
        warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']
        source = str(IN_CPP / 'poses.cpp')
        commands = [['g++', '-std=c++17', '-fsyntax-only', *warnings, *includes, source]]
    else:
        pytest.skip('there is no compiler')
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
