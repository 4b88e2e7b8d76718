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

"""The node behind the page: what it subscribes to, when, and what it tells."""

from __future__ import annotations

from collections.abc import Callable
import json
import math
from typing import Any

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros.core.poses import Poses
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.tools.view.viewer import people
from movenet_ros.tools.view.viewer import Viewer
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_graph import MakeImage
from ros_graph import SpinNode
from ros_graph import World
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from std_msgs.msg import String
from vision_msgs.msg import Detection2DArray

BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)

View = Callable[..., Viewer]


@pytest.fixture
def view(world: World, spin_node: SpinNode, monkeypatch: pytest.MonkeyPatch) -> View:
    """Return a function that starts a viewer, which is less patient than usual."""
    for name in ('view.viewer.PAGE_S', 'view.viewer.LATE_S', 'silence.STALE_S'):
        monkeypatch.setattr(f'movenet_ros.tools.{name}', 1.0)

    def start(topic: str = 'image_annotated', namespace: str | None = None) -> Viewer:
        namespace = world.namespace if namespace is None else namespace
        viewer = Viewer(topic, context=world.context, namespace=namespace)
        spin_node(viewer)
        return viewer

    return start


def number(viewer: Viewer) -> int:
    """Return the number of the newest image, 0 for none, as a page asks for it."""
    picture = viewer.picture(0, 0.0)
    return picture.number if picture is not None and picture.jpeg else 0


def problem(viewer: Viewer) -> str:
    """Return what a page shows in place of an image."""
    return str(viewer.state().get('problem', ''))


@pytest.mark.parametrize('qos', [QoSProfile(depth=5), BEST_EFFORT])
def test_images_of_any_reliability_arrive_while_a_page_asks_and_only_then(
    world: World, view: View, make_image: MakeImage, qos: QoSProfile
) -> None:
    viewer = view()
    images = world.publisher(Image, 'image_annotated', qos)
    poses = world.publisher(Detection2DArray, 'poses')
    world.spin(0.5)
    assert not images.get_subscription_count() and not poses.get_subscription_count()
    world.until(lambda: images.publish(make_image()) or number(viewer), 'for an image')
    assert poses.get_subscription_count()
    world.until(
        lambda: not images.get_subscription_count() and not poses.get_subscription_count(),
        'for the end without a page',
    )


def test_a_publisher_that_comes_back_best_effort_is_followed(
    world: World, view: View, make_image: MakeImage
) -> None:
    viewer = view()
    first = world.publisher(Image, 'image_annotated')
    world.until(lambda: first.publish(make_image()) or number(viewer), 'for an image')
    world.node.destroy_publisher(first)
    second = world.publisher(Image, 'image_annotated', BEST_EFFORT)
    before = number(viewer)
    world.until(
        lambda: second.publish(make_image()) or number(viewer) > before, 'for the next image'
    )


def test_compressed_images_are_shown(
    world: World, view: View, small_image: NDArray[np.uint8]
) -> None:
    viewer = view('/camera/image/compressed')
    publisher = world.publisher(CompressedImage, '/camera/image/compressed')
    msg = CompressedImage(format='png', data=cv2.imencode('.png', small_image)[1].tobytes())
    world.until(lambda: publisher.publish(msg) or number(viewer), 'for an image')


@pytest.mark.parametrize(
    ('topic', 'namespace', 'poses_topic'),
    [
        ('image_annotated', '/robot', '/robot/poses'),
        ('/robot/image_annotated', '/', '/robot/poses'),
        ('/robot/image_raw/compressed', '/', '/robot/poses'),
        ('/camera/image_raw', '/', '/poses'),
        ('/camera/image_raw', '/robot', '/robot/poses'),
    ],
)
def test_people_come_from_beside_the_images_or_from_the_own_namespace(
    world: World,
    view: View,
    people_at: Callable[..., Poses],
    topic: str,
    namespace: str,
    poses_topic: str,
) -> None:
    viewer = view(topic, namespace)
    publisher = world.publisher(Detection2DArray, poses_topic)
    msg = poses_to_msg(people_at((30, 20, 20), (50, 20, 15)), Header())
    world.until(
        lambda: publisher.publish(msg) or len(viewer.state().get('people') or ()) == 2,
        'for the people',
    )


def test_a_topic_without_a_publisher_says_what_to_start_and_what_there_is(
    world: World, view: View
) -> None:
    world.publisher(Image, '/camera/image_raw')
    world.publisher(String, '/chatter')
    viewer = view()
    world.until(lambda: problem(viewer), 'for the reason')
    said = problem(viewer)
    assert 'no publisher' in said and 'pose_node' in said
    assert '/camera/image_raw' in said and '/chatter' not in said


def test_a_topic_of_something_else_says_so(world: World, view: View) -> None:
    world.publisher(String, 'image_annotated')
    viewer = view()
    world.until(lambda: 'std_msgs/msg/String' in problem(viewer), 'for the reason')


def test_an_image_that_cannot_be_shown_says_why(
    world: World, view: View, make_image: MakeImage
) -> None:
    images = world.publisher(Image, 'image_annotated')
    viewer, msg = view(), make_image()
    msg.encoding = 'x'

    def says() -> bool:
        images.publish(msg)
        viewer.picture(0, 0.0)
        return "unknown encoding 'x'" in problem(viewer)

    world.until(says, 'for the reason')


@pytest.mark.parametrize('level', [0, 2])
def test_a_pose_node_that_publishes_nothing_is_asked_on_diagnostics(
    world: World, view: View, level: int
) -> None:
    world.publisher(Image, 'image_annotated')
    diagnostics = world.publisher(DiagnosticArray, '/diagnostics')
    name = world.node.get_fully_qualified_name()[1:]
    statuses = [
        DiagnosticStatus(name=f'{name}: images', message='disabled', hardware_id='movenet_ros'),
        DiagnosticStatus(name='lidar: motor', message='slow', level=b'\2', hardware_id='x'),
    ]
    if level:
        statuses.append(DiagnosticStatus(
            name=f'{name}: model', level=bytes([level]), message='no memory',
            hardware_id='movenet_ros', values=[],
        ))
    viewer = view()
    wanted = 'no memory' if level else 'disabled'
    world.until(
        lambda: diagnostics.publish(DiagnosticArray(status=statuses)) or wanted in problem(viewer),
        'for the reason',
    )
    shown = viewer.state()['statuses']
    assert [each['part'] for each in shown] == ['images', 'model'][:len(statuses) - 1]
    assert shown[-1]['level'] == ('ERROR' if level else 'OK')


def test_statuses_that_are_no_longer_published_are_stale(world: World, view: View) -> None:
    diagnostics = world.publisher(DiagnosticArray, '/diagnostics')
    status = DiagnosticStatus(name='movenet: model', message='fine', hardware_id='movenet_ros')
    viewer = view()

    def levels() -> list[str]:
        return [each['level'] for each in viewer.state()['statuses']]

    msg = DiagnosticArray(status=[status])
    world.until(lambda: diagnostics.publish(msg) or levels() == ['OK'], 'for the status')
    world.until(lambda: levels() == ['STALE'], 'for the status to be stale')


def test_a_row_of_the_list_of_people(people_at: Callable[..., Poses]) -> None:
    found = people_at((30, 20, 20), (50, 20, 15), score=0.75)
    scores = np.where(np.arange(17) < 12, 0.9, 0.1)
    arrays: dict[str, Any] = {**vars(found), 'ids': np.array([7, 0])}
    rows = people(Poses(**{**arrays, 'keypoint_scores': np.tile(scores, (2, 1))}))
    assert [each['id'] for each in rows] == [7, 0]
    assert {(each['score'], each['seen'], each['keypoints']) for each in rows} == {(0.75, 12, 17)}


def test_a_score_that_is_no_number_is_still_json(people_at: Callable[..., Poses]) -> None:
    json.dumps(people(people_at((30, 20, 20), score=math.nan)), allow_nan=False)


def test_the_list_of_nobody_is_empty() -> None:
    assert people(Poses.nobody()) == []
