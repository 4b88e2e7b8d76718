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

"""What the doctor says of a ROS graph."""

from __future__ import annotations

from dataclasses import replace
import shutil
from typing import Any

from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.graph_checks import graph_checks
from movenet_ros.tools.doctor.graph_checks import remapping
from movenet_ros.tools.doctor.graph_checks import topic_check
from movenet_ros.tools.doctor.graph_facts import COMPRESSED
from movenet_ros.tools.doctor.graph_facts import Endpoint
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.graph_facts import Images
from movenet_ros.tools.doctor.graph_facts import Kind
from movenet_ros.tools.doctor.graph_facts import KINDS
from movenet_ros.tools.doctor.graph_facts import PoseNode
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Topic
import pytest

CAMERA, NODE = Endpoint('/camera', RAW), Endpoint('/movenet', RAW)
IMAGES = Images(20, 10.0, (1280, 720), 0.02)
IMAGE = Topic('/image', (CAMERA,), (), IMAGES)
POSES = Topic('/poses', (Endpoint('/movenet', 'vision_msgs/msg/Detection2DArray'),))
POSE_NODE = PoseNode('/movenet', 'active', (POSES,))


def rows_of(*topics: Topic, pose_nodes: tuple[PoseNode, ...] = (), **more: Any) -> list[Check]:
    """Judge a graph of these topics."""
    graph = Graph('rmw_x', 5, ('/camera',), topics, pose_nodes, **more)
    return graph_checks(graph)


def named(rows: list[Check], name: str) -> Check:
    """Return the row of a name."""
    (row,) = (each for each in rows if each.name == name)
    return row


def test_a_good_graph() -> None:
    node = replace(POSE_NODE, outputs=(replace(POSES, subscribers=(Endpoint('/nav', ''),)),))
    rows = rows_of(replace(IMAGE, subscribers=(NODE,)), pose_nodes=(node,))
    assert {each.status for each in rows} == {'ok'}
    finding = named(rows, 'pose node').finding
    assert 'active' in finding and '/image' in finding and '/nav' in finding


def test_an_empty_graph_is_a_warning() -> None:
    row = named(graph_checks(Graph('rmw_x', 5)), 'graph')
    assert row.status == 'warn'
    assert '0 other nodes' in row.finding and 'domain 5 (rmw_x)' in row.finding


def test_a_good_topic() -> None:
    assert topic_check(IMAGE).finding == '/image (Image) by /camera: 10.0 Hz, 1280x720, 20 ms old'


@pytest.mark.parametrize(
    ('age_s', 'words'),
    [
        (3 * 86400.0, '3 days old'), (40.0, '40 s old'), (-7200.0, '2 hours ahead of the clock'),
        (None, 'without a timestamp'),
    ],
)
def test_the_age_of_images_is_shown(age_s: float | None, words: str) -> None:
    assert words in topic_check(replace(IMAGE, images=replace(IMAGES, age_s=age_s))).finding


@pytest.mark.parametrize(
    ('topic', 'words'),
    [
        (Topic('/image', (), (NODE,)), '/image has no publisher; /movenet subscribes'),
        (Topic('/image', (CAMERA, replace(CAMERA, msg_type=COMPRESSED))), 'has one type'),
        (Topic('/image', (replace(CAMERA, msg_type='a/msg/B'),)), 'has one type'),
        (replace(IMAGE, images=Images(9, error='depth', fix='another')), 'not readable: depth'),
        (replace(IMAGE, images=replace(IMAGES, blank='black')), 'the last image is black'),
        (replace(IMAGE, images=Images()), 'no image arrives'),
        (replace(IMAGE, images=Images(1, error='H.264')), '1 image, not readable: H.264'),
    ],
)
def test_what_is_wrong_with_a_topic_is_a_warning(topic: Topic, words: str) -> None:
    row = topic_check(topic)
    assert row.status == 'warn' and words in row.finding


def test_video_is_told_with_the_command_that_helps() -> None:
    publisher = replace(CAMERA, msg_type='ffmpeg_image_transport_msgs/msg/FFMPEGPacket')
    fix = topic_check(Topic('/a/ffmpeg', (publisher,))).fix
    assert 'image_transport republish' in fix and 'in/ffmpeg:=/a/ffmpeg' in fix


@pytest.mark.parametrize(('best_effort', 'said'), [(True, True), (False, False)])
def test_large_best_effort_images_may_be_lost(best_effort: bool, said: bool) -> None:
    publisher = replace(CAMERA, best_effort=best_effort)
    fix = topic_check(Topic('/image', (publisher,), (), Images())).fix
    assert ('rmem_max' in fix and '_DEFAULT_PROFILES_FILE=/' in fix) == said


@pytest.mark.parametrize(
    ('state', 'fix'),
    [
        ('inactive', 'ros2 lifecycle set /movenet activate'),
        (
            'unconfigured',
            'ros2 lifecycle set /movenet configure && ros2 lifecycle set /movenet activate',
        ),
        ('', 'log'),
    ],
)
def test_a_pose_node_that_is_not_active_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, state: str, fix: str
) -> None:
    monkeypatch.setattr(shutil, 'which', lambda name: f'/bin/{name}')
    row = named(rows_of(IMAGE, pose_nodes=(replace(POSE_NODE, state=state),)), 'pose node')
    assert row.status == 'warn' and fix in row.fix


def test_a_pose_node_without_subscribers_waits() -> None:
    row = named(rows_of(IMAGE, pose_nodes=(POSE_NODE,)), 'pose node')
    assert row.status == 'ok' and 'echo' in row.fix and '/poses' in row.fix


@pytest.mark.parametrize('ros2', ['/opt/ros/bin/ros2', None])
def test_a_fix_names_ros2_only_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, ros2: str | None
) -> None:
    monkeypatch.setattr(shutil, 'which', lambda name: ros2)
    rows = [*graph_checks(Graph('rmw_x', 5)), *rows_of(IMAGE, pose_nodes=(POSE_NODE,))]
    rows += rows_of(IMAGE, statuses=(('movenet: images', 1, 'no image'),))
    for state in ('', 'inactive', 'unconfigured'):
        rows += rows_of(IMAGE, pose_nodes=(replace(POSE_NODE, state=state),))
    fixes = ' '.join(each.fix for each in rows)
    assert ('ros2' in fixes) is (ros2 is not None)
    assert ('python -m movenet_ros' in fixes) is (ros2 is None)


def test_depth_is_for_the_3d_node_and_no_input_of_the_pose_node() -> None:
    depth = Images(9, 9.0, (640, 480), error='a depth image', fix='another', depth='16UC1')
    rows = rows_of(replace(IMAGE, images=depth))
    row = named(rows, 'image topic')
    assert row.status == 'ok' and '640x480, depth (16UC1)' in row.finding
    assert named(rows, 'input').status == 'warn'


@pytest.mark.parametrize('kind', KINDS, ids=lambda each: each.name)
def test_a_node_that_reads_poses_is_a_row_with_its_topics(kind: Kind) -> None:
    name, topic = f'/{kind.name}', f'/{kind.topic}'
    out = Topic(topic, (Endpoint(name, ''),), (Endpoint('/nav', ''),))
    node = PoseNode(name, 'active', (out,), ('/poses', '/camera_info'))
    row = named(rows_of(IMAGE, consumers=((kind, node),)), kind.title)
    assert row.status == 'ok' and '/poses, /camera_info' in row.finding
    assert '/nav' in row.finding
    alone = replace(node, outputs=(replace(out, subscribers=()),))
    assert topic in named(rows_of(IMAGE, consumers=((kind, alone),)), kind.title).fix


@pytest.mark.parametrize('state', ['unconfigured', ''])
@pytest.mark.parametrize('kind', KINDS, ids=lambda each: each.name)
def test_one_that_is_not_active_is_a_warning(kind: Kind, state: str) -> None:
    consumers = ((kind, PoseNode(f'/{kind.name}', state)),)
    row = named(rows_of(IMAGE, consumers=consumers), kind.title)
    assert row.status == 'warn' and row.fix


@pytest.mark.parametrize(('level', 'status'), [(0, 'ok'), (1, 'warn'), (2, 'fail'), (3, 'fail')])
def test_a_pose_nodes_own_diagnostics_are_rows(level: int, status: str) -> None:
    rows = rows_of(IMAGE, statuses=(('movenet: images', level, 'no image'),))
    row = named(rows, 'diagnostics')
    assert (row.status, row.finding) == (status, 'movenet: images: no image')


def test_what_a_pose_node_draws_is_no_input() -> None:
    drawn = Topic('/image_annotated', (NODE,))
    node = replace(POSE_NODE, outputs=(POSES, drawn))
    rows = rows_of(drawn, pose_nodes=(node,))
    assert all(each.name != 'image topic' for each in rows)


@pytest.mark.parametrize(
    ('topics', 'status', 'words'),
    [
        ((IMAGE,), 'ok', ''),
        ((), 'warn', 'start the camera'),
        ((replace(IMAGE, name='/a'),), 'warn', '-r image:=/a'),
        ((replace(IMAGE, name='/a/depth'), replace(IMAGE, name='/b')), 'warn', '-r image:=/b'),
        (
            (replace(IMAGE, name='/a', images=Images(1, error='16UC1')),
             replace(IMAGE, name='/b')),
            'warn', '-r image:=/b',
        ),
        (
            (replace(IMAGE, name='/a', images=Images()), replace(IMAGE, name='/b')),
            'warn', '-r image:=/b',
        ),
        ((replace(IMAGE, images=Images(9, error='depth', fix='another')),), 'warn', 'another'),
    ],
)
def test_the_input_is_proposed(topics: tuple[Topic, ...], status: str, words: str) -> None:
    row = named(rows_of(*topics), 'input')
    assert row.status == status and words in row.fix


def test_a_pose_node_that_runs_knows_its_input() -> None:
    rows = rows_of(replace(IMAGE, name='/a'), pose_nodes=(POSE_NODE,))
    assert all(each.name != 'input' for each in rows)


@pytest.mark.parametrize(
    ('name', 'args'),
    [
        ('/cam/compressed', '-p image_transport:=compressed -r image:=/cam'),
        ('/jpeg', '-p image_transport:=compressed -r image/compressed:=/jpeg'),
    ],
)
def test_a_compressed_topic_is_remapped_by_its_base(name: str, args: str) -> None:
    assert remapping(Topic(name, (replace(CAMERA, msg_type=COMPRESSED),))) == args
