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

"""The doctor's look at a real graph, and the whole command in it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import json
from threading import Event
from threading import Thread
import time
from typing import Any

from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.tools.doctor import graph as doctor_graph
from movenet_ros.tools.doctor.graph import ImageCounter
from movenet_ros.tools.doctor.graph import look
from movenet_ros.tools.doctor.graph_facts import COMPRESSED
from movenet_ros.tools.doctor.graph_facts import Endpoint
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.graph_facts import Images
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Topic
import pytest
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.serialization import serialize_message
from ros_graph import World
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import String
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

MakeImage = Callable[..., Image]
Play = Callable[..., None]

BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PERIOD_S = 0.05
SECONDS = 1.0


@pytest.fixture(autouse=True)
def short_discovery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for the graph: all that these tests put into it is in this process."""
    monkeypatch.setattr(doctor_graph, 'LEAST_S', 0.2)
    monkeypatch.setattr(doctor_graph, 'QUIET_S', 0.2)


@pytest.fixture
def play(world: World) -> Iterator[Play]:
    """Return a function that publishes messages, each made by a function, until the test ends."""
    ended = Event()
    threads = []

    def start(publisher: Any, make: Callable[[], Any]) -> None:
        def work() -> None:
            while not ended.wait(PERIOD_S):
                publisher.publish(make())

        threads.append(Thread(target=work))
        threads[-1].start()

    yield start
    ended.set()
    for each in threads:
        each.join()


@pytest.fixture
def fresh_image(make_image: MakeImage) -> Callable[[], Image]:
    """Return a function that makes an image with the time of now."""
    return lambda: make_image(*divmod(time.time_ns(), 10**9))


def topic_of(graph: Graph, world: World, name: str) -> Topic:
    """Find a topic."""
    (topic,) = (each for each in graph.topics if each.name == f'{world.namespace}/{name}')
    return topic


@pytest.mark.parametrize('qos', [QoSProfile(depth=5), BEST_EFFORT, LATCHED])
def test_images_are_received_whatever_their_qos(
    world: World, play: Play, fresh_image: Callable[[], Image], qos: QoSProfile
) -> None:
    play(world.publisher(Image, 'cam', qos), fresh_image)
    images = topic_of(look(SECONDS, context=world.context), world, 'cam').images
    assert images is not None and images.age_s is not None
    assert 0 < images.rate_hz <= 1.5 / PERIOD_S
    assert (images.wh, images.error) == ((64, 48), '')
    assert -1 < images.age_s < 10


@pytest.mark.parametrize('qos', [QoSProfile(depth=5), BEST_EFFORT])
def test_a_publisher_is_described(world: World, qos: QoSProfile) -> None:
    world.publisher(Image, 'cam', qos)
    topic = topic_of(look(0, context=world.context), world, 'cam')
    assert topic.publishers == (
        Endpoint(f'{world.namespace}/tester', RAW, best_effort=qos == BEST_EFFORT),
    )
    assert topic.subscribers == ()


def test_a_topic_on_which_nothing_arrives(world: World) -> None:
    world.publisher(Image, 'cam')
    graph = look(0.2, context=world.context)
    assert topic_of(graph, world, 'cam').images == Images()


def test_zero_seconds_subscribe_to_nothing(world: World) -> None:
    publisher = world.publisher(Image, 'cam')
    created: list[int] = []
    world.node.create_timer(0.01, lambda: created.append(publisher.get_subscription_count()))
    assert topic_of(look(0, context=world.context), world, 'cam').images is None
    assert not any(created)


def test_only_what_is_asked_for_is_received(world: World) -> None:
    for name in ('a', 'b'):
        world.publisher(Image, name)
    graph = look(0.2, [f'{world.namespace}/b', '/not/there'], world.context)
    assert [each.name for each in graph.topics] == [f'{world.namespace}/b', '/not/there']
    assert graph.topics[1] == Topic('/not/there')


def test_many_topics_are_only_listed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_graph, 'MOST_TOPICS', 1)
    for name in ('a', 'b'):
        world.publisher(Image, name)
    graph = look(0.2, context=world.context)
    assert len([each for each in graph.topics if each.images]) == 1
    assert len(graph.topics) > 1


def test_subscribers_of_images_are_listed(world: World) -> None:
    world.sink(Image, 'cam')
    world.publisher(String, 'words')
    graph = look(0, context=world.context)
    topic = topic_of(graph, world, 'cam')
    assert topic.publishers == ()
    assert f'{world.namespace}/words' not in {each.name for each in graph.topics}
    assert [each.node for each in topic.subscribers] == [f'{world.namespace}/tester']


def test_it_leaves_nothing_behind_and_does_not_list_itself(world: World) -> None:
    publisher = world.publisher(Image, 'cam')
    nodes = look(0.2, context=world.context).nodes
    assert f'{world.namespace}/tester' in nodes
    assert not any('doctor' in each for each in nodes)
    world.until(lambda: publisher.get_subscription_count() == 0)
    world.until(lambda: not any('doctor' in each for each in world.node.get_node_names()))


@pytest.mark.parametrize(('autostart', 'state'), [(True, 'active'), (False, 'unconfigured')])
def test_a_pose_node_and_its_state(
    world: World, start_pose_node: Any, nobody: Any, autostart: bool, state: str
) -> None:
    world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([nobody]), '-r', '__node:=eyes', autostart=autostart)
    nodes = {each.name: each for each in look(0, context=world.context).pose_nodes}
    node = nodes[f'{world.namespace}/eyes']
    assert node.state == state
    (poses,) = (each for each in node.outputs if each.name.endswith('/poses'))
    assert [each.node for each in poses.subscribers] == [f'{world.namespace}/tester']


def test_nodes_that_read_poses_their_state_and_what_they_read(
    world: World, start_pose_3d_node: Any, start_kinematics_node: Any
) -> None:
    world.sink(Detection3DArray, 'poses_3d')
    start_pose_3d_node('-r', '__node:=depths')
    start_kinematics_node('-r', '__node:=joints', autostart=False)
    read = world.node.resolve_topic_name('camera_info')
    world.until(lambda: world.node.count_subscribers(read))
    (_, depths), (kind, joints) = look(0, context=world.context).consumers
    assert (depths.name, depths.state) == (f'{world.namespace}/depths', 'active')
    assert {each.rpartition('/')[2] for each in depths.inputs} == {'poses', 'depth', 'camera_info'}
    assert (joints.name, joints.state) == (f'{world.namespace}/joints', 'unconfigured')
    assert kind.program == 'kinematics_node'


def test_who_else_publishes_bodies_is_no_node_of_ours(
    world: World, start_humans_node: Any
) -> None:
    hri_msgs = pytest.importorskip('hri_msgs.msg')
    start_humans_node()
    world.publisher(hri_msgs.IdsList, '/humans/bodies/tracked')
    ((kind, node),) = look(0, context=world.context).consumers
    assert (kind.program, node.name) == ('humans_node', f'{world.namespace}/movenet_humans')


def test_depth_images_are_told_from_pictures() -> None:
    msg = Image(height=2, width=3, encoding='16UC1', step=6, data=bytes(12))
    counter = ImageCounter(RAW)
    counter.on_message(serialize_message(msg))
    images = counter.images()
    assert (images.depth, images.wh) == ('16UC1', (3, 2)) and images.error


def test_a_pose_nodes_outputs_are_not_subscribed_to(
    world: World, play: Play, start_pose_node: Any, nobody: Any,
    fresh_image: Callable[[], Image], monkeypatch: pytest.MonkeyPatch,
) -> None:
    topics: list[str] = []
    play(world.publisher(Image, 'image'), fresh_image)
    start_pose_node(RecordedBackend([nobody]))
    create = doctor_graph.Node.create_subscription

    def note(node: Any, msg_type: Any, topic: str, *args: Any, **more: Any) -> Any:
        topics.append(topic)
        return create(node, msg_type, topic, *args, **more)

    monkeypatch.setattr(doctor_graph.Node, 'create_subscription', note)
    graph = look(3.0, context=world.context)
    own = [each.removeprefix(world.namespace) for each in topics]
    assert [each for each in own if each.count('/') == 1] == ['/image', '/diagnostics']
    name = world.namespace.lstrip('/')
    assert f'{name}/movenet: images' in {each for each, _, _ in graph.statuses}


def test_the_command_shows_a_real_camera(
    world: World, play: Play, start_program: Any, fresh_image: Callable[[], Image]
) -> None:
    play(world.publisher(Image, 'cam', BEST_EFFORT), fresh_image)
    env = {'ROS_DOMAIN_ID': str(world.domain_id)}
    with start_program('doctor', '--json', '--seconds', str(SECONDS), **env) as doctor:
        code = doctor.process.wait(120)
        report = json.loads(doctor.out)
    assert code == report['exit_code']
    found = [(each['name'], each['finding']) for each in report['checks']]
    about = f'{world.namespace}/cam (Image) by {world.namespace}/tester: '
    (finding,) = (text for name, text in found if name == 'image topic' and about in text)
    assert ' Hz, 64x48, ' in finding


@pytest.mark.parametrize(
    ('msg_type', 'message'),
    [
        *((msg_type, message) for msg_type in (RAW, COMPRESSED)
          for message in (b'', b'\0\1\0\0', b'rubbish' * 9)),
        (COMPRESSED, serialize_message(CompressedImage(format='h264', data=bytes(100)))),
        (RAW, serialize_message(Image(encoding='16UC1', width=1, height=1, step=2, data=b'ab'))),
    ],
)
def test_an_image_that_the_node_cannot_read_has_an_error(msg_type: str, message: bytes) -> None:
    counter = ImageCounter(msg_type)
    counter.on_message(message)
    images = counter.images()
    assert images.count == 1 and images.error


def test_a_timestamp_of_0_is_none(make_image: MakeImage) -> None:
    counter = ImageCounter(RAW)
    counter.on_message(serialize_message(make_image(0)))
    images = counter.images()
    assert images.count == 1 and images.wh == (64, 48) and images.age_s is None
