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

"""What the doctor says of a graph."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.graph import graph_checks
from movenet_ros.tools.doctor.graph import topic_check
from movenet_ros.tools.doctor.graph_facts import COMPRESSED
from movenet_ros.tools.doctor.graph_facts import Diagnosis
from movenet_ros.tools.doctor.graph_facts import Endpoint
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.graph_facts import PoseNode
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Topic
from movenet_ros.tools.doctor.graph_facts import Watch
import pytest

POSES = 'vision_msgs/msg/Detection2DArray'
CAMERA = Endpoint('/camera', RAW)
JPEG = Endpoint('/camera', COMPRESSED)
SEEN = Watch(31, 3.0, 2764800, 'bgr8', (1280, 720), 0.02, moves=True)
IMAGE = Topic('/image', (CAMERA,), (), SEEN)
IDLE = PoseNode('/movenet', 'active', (Topic('/poses', (Endpoint('/movenet', POSES),)),))


def judge(*topics: Topic, **values: Any) -> list[Check]:
    """Judge a graph of a camera and these topics."""
    graph = Graph('rmw_x', 5, ('/camera',), topics, **values)
    return graph_checks(graph)


def named(checks: list[Check], name: str) -> Check:
    """Find the one row of this name."""
    (check,) = (each for each in checks if each.name == name)
    return check


def watched(**values: Any) -> Check:
    """Judge a topic of which something else was seen."""
    return topic_check(replace(IMAGE, watch=replace(SEEN, **values)), has_clock=False)


def test_a_graph_that_is_well() -> None:
    assert {each.status for each in judge(IMAGE)} == {'ok'}


def test_an_empty_graph_is_warned_of() -> None:
    checks = graph_checks(Graph('rmw_x', 5))
    assert named(checks, 'graph').status == 'warn'
    assert '0 other nodes, 0 image topics in domain 5 (rmw_x)' in named(checks, 'graph').finding


def test_a_topic_shows_what_there_is() -> None:
    assert topic_check(IMAGE, has_clock=False).finding == (
        '/image (Image) by /camera, reliable, volatile: 10.0 Hz, bgr8 1280x720, 2.64 MiB,'
        ' 20 ms old'
    )


def test_a_depth_that_is_known_is_shown() -> None:
    topic = replace(IMAGE, publishers=(replace(CAMERA, depth=5),))
    assert 'reliable, volatile, depth 5' in topic_check(topic, has_clock=False).finding


@pytest.mark.parametrize(
    ('seen', 'words'),
    [
        ({'count': 0}, 'nothing arrives'),
        ({'stamped': False}, 'stamps are 0'),
        ({'moves': False}, 'stamps stand still'),
        ({'error': 'a message of 5 bytes'}, 'not an image: a message of 5 bytes'),
        ({'age_s': 3 * 86400.0}, '3 days old'),
        ({'age_s': 40.0}, '40.0 s old'),
        ({'age_s': -7200.0}, '2 hours ahead'),
    ],
)
def test_what_is_amiss_with_images(seen: dict[str, Any], words: str) -> None:
    check = watched(**seen)
    assert check.status == 'warn'
    assert words in check.finding


@pytest.mark.parametrize('age_s', [-0.5, 0.0, 4.9])
def test_a_usual_age_is_well(age_s: float) -> None:
    assert watched(age_s=age_s).status == 'ok'


def test_one_image_has_no_rate() -> None:
    check = watched(count=1, seconds=0.0, moves=None)
    assert check.status == 'ok'
    assert ': 1 image, bgr8' in check.finding


@pytest.mark.parametrize(('has_clock', 'word'), [(True, 'use_sim_time:=true'), (False, 'chrony')])
def test_another_clock_is_cured_by_whether_there_is_one(has_clock: bool, word: str) -> None:
    topic = replace(IMAGE, watch=replace(SEEN, age_s=1e6))
    assert word in topic_check(topic, has_clock).cure


def test_a_best_effort_topic_where_nothing_arrives_may_be_too_large() -> None:
    publisher = replace(CAMERA, reliability='best effort')
    topic = Topic('/image', (publisher,), (), Watch())
    assert 'get lost best effort' in topic_check(topic, has_clock=False).cure


@pytest.mark.parametrize(
    ('reliability', 'gap_s', 'status'),
    [
        ('best effort', 1 / 30, 'warn'),  # and 10 Hz arrive
        ('best effort', 0.09, 'ok'),
        ('best effort', 0.0, 'ok'),
        ('reliable', 1 / 30, 'ok'),
    ],
)
def test_images_that_get_lost_are_told_by_the_stamps(
    reliability: str, gap_s: float, status: str
) -> None:
    publisher = replace(CAMERA, reliability=reliability)
    topic = Topic('/image', (publisher,), (), replace(SEEN, gap_s=gap_s))
    check = topic_check(topic, has_clock=False)
    assert check.status == status
    assert ('30 Hz are sent' in check.finding) == (status == 'warn')


def test_a_topic_without_a_publisher_names_who_waits() -> None:
    check = topic_check(Topic('/image', (), (Endpoint('/movenet', RAW),)), has_clock=False)
    assert check.status == 'warn'
    assert check.finding == '/image: nobody publishes it; /movenet subscribes'


@pytest.mark.parametrize(
    'publishers', [(CAMERA, JPEG), (Endpoint('/talker', 'std_msgs/msg/String'),)]
)
def test_a_topic_of_another_type_is_warned_of(publishers: tuple[Endpoint, ...]) -> None:
    check = topic_check(Topic('/image', publishers, (), SEEN), has_clock=False)
    assert check.status == 'warn'
    assert check.cure.endswith('ros2 topic info -v /image')


def test_a_topic_that_was_not_measured_is_well() -> None:
    check = topic_check(Topic('/image', (CAMERA,)), has_clock=False)
    assert (check.status, check.cure) == ('ok', 'to measure it: doctor /image')


@pytest.mark.parametrize(
    ('offered', 'asked', 'cure'),
    [
        ({'reliability': 'best effort'}, {}, 'image.reliability:=auto'),
        ({}, {'durability': 'transient local'}, 'subscribe volatile in /movenet'),
    ],
)
def test_a_subscriber_that_cannot_hear_is_found(
    offered: dict[str, str], asked: dict[str, str], cure: str
) -> None:
    subscriber = Endpoint('/movenet', RAW, **asked)
    topic = Topic('/image', (replace(CAMERA, **offered),), (subscriber,), SEEN)
    check = named(judge(topic), 'QoS')
    assert check.status == 'warn'
    assert '/movenet hears nothing' in check.finding
    assert cure in check.cure


def test_a_listener_that_cannot_hear_the_poses_is_found() -> None:
    listener = Endpoint('/robot', POSES, durability='transient local')
    (poses,) = IDLE.outputs
    node = replace(IDLE, outputs=(replace(poses, subscribers=(listener,)),))
    assert '/poses: /robot hears nothing' in named(judge(IMAGE, pose_nodes=(node,)), 'QoS').finding


def test_no_pose_node_says_how_to_start_one() -> None:
    check = named(judge(IMAGE), 'pose node')
    assert check.finding.endswith('ros2 run movenet_ros pose_node')


@pytest.mark.parametrize(
    ('state', 'cure'),
    [
        ('inactive', 'ros2 lifecycle set /movenet activate'),
        (
            'unconfigured',
            'ros2 lifecycle set /movenet configure && ros2 lifecycle set /movenet activate',
        ),
    ],
)
def test_a_pose_node_that_is_not_active_is_to_be_activated(state: str, cure: str) -> None:
    check = named(judge(IMAGE, pose_nodes=(replace(IDLE, state=state),)), 'pose node')
    assert (check.status, check.cure) == ('warn', cure)
    assert state in check.finding


def test_a_pose_node_that_does_not_answer_is_warned_of() -> None:
    assert named(judge(pose_nodes=(replace(IDLE, state=''),)), 'pose node').status == 'warn'


def test_an_idle_pose_node_says_why() -> None:
    check = named(judge(IMAGE, pose_nodes=(IDLE,)), 'pose node')
    assert check.status == 'ok'
    assert check.finding == '/movenet is active and idle: nobody subscribes to what it publishes'
    assert check.cure.endswith('ros2 topic echo /poses')


def test_a_busy_pose_node_shows_what_it_does() -> None:
    (poses,) = IDLE.outputs
    node = replace(IDLE, outputs=(replace(poses, subscribers=(Endpoint('/rviz', POSES),)),))
    topic = replace(IMAGE, subscribers=(Endpoint('/movenet', RAW),))
    check = named(judge(topic, pose_nodes=(node,)), 'pose node')
    assert check.finding == '/movenet is active, takes /image, for /rviz'


def test_two_pose_nodes_of_one_name_are_warned_of() -> None:
    graph = Graph('rmw_x', 5, ('/movenet', '/movenet'), (IMAGE,), (IDLE,))
    assert any(each.finding == '2 are called /movenet' for each in graph_checks(graph))


@pytest.mark.parametrize(
    ('level', 'status'), [(0, 'ok'), (1, 'warn'), (2, 'fail'), (3, 'fail'), (200, 'fail')]
)
def test_what_the_node_says_of_itself_counts(level: int, status: str) -> None:
    said = Diagnosis('movenet: images', level, 'the camera is gone')
    check = named(judge(IMAGE, pose_nodes=(IDLE,), diagnoses=(said,)), 'diagnostics')
    assert (check.status, check.finding) == (status, 'movenet: images: the camera is gone')


def test_what_the_node_draws_is_no_camera() -> None:
    drawn = Topic('/image_annotated', (Endpoint('/movenet', RAW),))
    checks = judge(drawn, pose_nodes=(replace(IDLE, outputs=(drawn,)),))
    assert not [each for each in checks if each.name == 'image topic']


def test_the_default_topic_is_taken_as_it_is() -> None:
    assert named(judge(IMAGE), 'default input').status == 'ok'


@pytest.mark.parametrize(
    ('topics', 'taken'),
    [
        ([Topic('/cam/image_raw', (CAMERA,))], '-r image:=/cam/image_raw'),
        (
            [Topic('/cam/image_raw/compressed', (JPEG,))],
            '-p image_transport:=compressed -r image:=/cam/image_raw',
        ),
        (
            [Topic('/jpeg', (JPEG,))],
            '-p image_transport:=compressed -r image/compressed:=/jpeg',
        ),
        (
            [Topic('/a/depth', (CAMERA,), (), SEEN), Topic('/b/colour', (CAMERA,), (), SEEN)],
            '-r image:=/b/colour',
        ),
        (
            [
                Topic('/a', (CAMERA,), (), replace(SEEN, encoding='16UC1')),
                Topic('/b', (CAMERA,), (), SEEN),
            ],
            '-r image:=/b',
        ),
        (
            [Topic('/a', (CAMERA,), (), Watch()), Topic('/b', (CAMERA,), (), SEEN)],
            '-r image:=/b',
        ),
        (
            [Topic('/a/compressed', (JPEG,), (), SEEN), Topic('/b', (CAMERA,), (), SEEN)],
            '-r image:=/b',
        ),
    ],
)
def test_other_topics_take_a_remapping(topics: list[Topic], taken: str) -> None:
    check = named(judge(*topics), 'default input')
    assert check.status == 'warn'
    assert check.cure == f'ros2 run movenet_ros pose_node --ros-args {taken}'


def test_no_images_take_a_camera() -> None:
    check = named(judge(), 'default input')
    assert (check.status, check.cure.split(':')[0]) == ('warn', 'start the camera, for example')


def test_where_a_pose_node_has_its_images_nothing_is_advised() -> None:
    topic = Topic('/cam', (CAMERA,), (Endpoint('/movenet', RAW),), SEEN)
    checks = judge(topic, pose_nodes=(IDLE,))
    assert not [each for each in checks if each.name == 'default input']
