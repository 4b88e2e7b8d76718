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
from movenet_ros.tools.doctor import look as doctor_graph
from movenet_ros.tools.doctor.graph_facts import Endpoint
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Topic
from movenet_ros.tools.doctor.graph_facts import Watch
from movenet_ros.tools.doctor.look import look
import pytest
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_graph import World
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import String
from vision_msgs.msg import Detection2DArray

MakeImage = Callable[..., Image]
Play = Callable[..., None]

BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PERIOD_S = 0.05
SECONDS = 1.0


@pytest.fixture(autouse=True)
def nobody_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
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


def watch_of(graph: Graph, world: World, name: str) -> Watch:
    """Find what came on a topic."""
    watch = topic_of(graph, world, name).watch
    assert watch is not None
    return watch


@pytest.mark.parametrize('qos', [QoSProfile(depth=5), BEST_EFFORT, LATCHED])
def test_images_are_measured_however_they_are_published(
    world: World, play: Play, fresh_image: Callable[[], Image], qos: QoSProfile
) -> None:
    play(world.publisher(Image, 'cam', qos), fresh_image)
    watch = watch_of(look(SECONDS, context=world.context), world, 'cam')
    assert 0 < watch.rate_hz <= 1.5 / PERIOD_S
    assert (watch.encoding, watch.wh, watch.error) == ('bgr8', (64, 48), '')
    assert watch.size_bytes > 64 * 48 * 3
    assert (watch.moves, watch.stamped) == (True, True)
    assert -1 < watch.age_s < 10


def test_a_publisher_is_described(world: World) -> None:
    world.publisher(Image, 'cam', BEST_EFFORT)
    (publisher,) = topic_of(look(0, context=world.context), world, 'cam').publishers
    node = f'{world.namespace}/tester'
    assert (publisher.node, publisher.msg_type) == (node, RAW)
    assert (publisher.reliability, publisher.durability) == ('best effort', 'volatile')


def test_compressed_images_are_measured(world: World, play: Play) -> None:
    play(world.publisher(CompressedImage, 'cam'), lambda: CompressedImage(format='jpeg'))
    watch = watch_of(look(SECONDS, context=world.context), world, 'cam')
    assert (watch.encoding, watch.wh) == ('jpeg', (0, 0))
    assert (watch.moves, watch.stamped) == (False, False)


def test_silence_is_an_empty_watch(world: World) -> None:
    world.publisher(Image, 'cam')
    assert watch_of(look(0.2, context=world.context), world, 'cam') == Watch()


def test_no_seconds_subscribe_to_nothing(
    world: World, play: Play, fresh_image: Callable[[], Image]
) -> None:
    publisher = world.publisher(Image, 'cam')
    heard: list[int] = []
    play(publisher, lambda: heard.append(publisher.get_subscription_count()) or fresh_image())
    assert topic_of(look(0, context=world.context), world, 'cam').watch is None
    assert not any(heard)


def test_only_what_is_asked_for_is_watched(world: World) -> None:
    for name in ('a', 'b'):
        world.publisher(Image, name)
    graph = look(0.2, [f'{world.namespace}/b', '/not/there'], world.context)
    assert [each.name for each in graph.topics] == [f'{world.namespace}/b', '/not/there']
    assert graph.topics[1] == Topic('/not/there')


def test_more_topics_than_a_robot_bears_are_only_listed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_graph, 'MOST_TOPICS', 1)
    for name in ('a', 'b'):
        world.publisher(Image, name)
    graph = look(0.2, context=world.context)
    watched = [each.name for each in graph.topics if each.watch]
    assert watched == [f'{world.namespace}/a']


def test_who_waits_for_images_is_seen(world: World) -> None:
    world.sink(Image, 'cam')
    topic = topic_of(look(0, context=world.context), world, 'cam')
    assert topic.publishers == ()
    assert [each.node for each in topic.subscribers] == [f'{world.namespace}/tester']


def test_other_topics_are_none_of_its_business(world: World) -> None:
    world.publisher(String, 'words')
    assert look(0, context=world.context).topics == ()


def test_the_doctor_is_not_in_its_own_list(world: World) -> None:
    assert look(0, context=world.context).nodes == (f'{world.namespace}/tester',)


def test_it_leaves_nothing_behind(world: World) -> None:
    publisher = world.publisher(Image, 'cam')
    look(0.2, context=world.context)
    world.until(lambda: publisher.get_subscription_count() == 0)
    world.until(lambda: world.node.get_node_names() == ['tester'])


@pytest.mark.parametrize(('autostart', 'state'), [(True, 'active'), (False, 'unconfigured')])
def test_a_pose_node_says_its_state(
    world: World, start_pose_node: Any, nobody: Any, autostart: bool, state: str
) -> None:
    start_pose_node(RecordedBackend([nobody]), autostart=autostart)
    (node,) = look(0, context=world.context).pose_nodes
    assert (node.name, node.state) == (f'{world.namespace}/movenet', state)


def test_a_pose_node_of_another_name_is_found(
    world: World, start_pose_node: Any, nobody: Any
) -> None:
    start_pose_node(RecordedBackend([nobody]), '-r', '__node:=eyes')
    (node,) = look(0, context=world.context).pose_nodes
    assert node.name == f'{world.namespace}/eyes'


def test_who_listens_to_a_pose_node_is_seen(
    world: World, start_pose_node: Any, nobody: Any
) -> None:
    world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([nobody]))
    (node,) = look(0, context=world.context).pose_nodes
    (poses,) = (each for each in node.outputs if each.name.endswith('/poses'))
    assert [each.node for each in poses.subscribers] == [f'{world.namespace}/tester']


def test_an_idle_pose_node_is_left_to_its_rest(
    world: World, play: Play, start_pose_node: Any, nobody: Any,
    fresh_image: Callable[[], Image], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it draws is not subscribed to, which would have it work."""
    images: list[str] = []
    play(world.publisher(Image, 'image'), fresh_image)
    start_pose_node(RecordedBackend([nobody]))
    create = doctor_graph.Node.create_subscription

    def note(node: Any, msg_type: Any, topic: str, *args: Any, **more: Any) -> Any:
        images.append(topic)
        return create(node, msg_type, topic, *args, **more)

    monkeypatch.setattr(doctor_graph.Node, 'create_subscription', note)
    graph = look(SECONDS, context=world.context)
    assert topic_of(graph, world, 'image_annotated').watch is None
    assert f'{world.namespace}/image_annotated' not in images
    assert watch_of(graph, world, 'image').count


def test_what_a_pose_node_says_of_itself_is_heard(
    world: World, start_pose_node: Any, nobody: Any
) -> None:
    start_pose_node(RecordedBackend([nobody]))
    graph = look(3.0, context=world.context)
    name = world.namespace.lstrip('/')
    assert f'{name}/movenet: images' in {each.name for each in graph.diagnoses}


def test_the_command_shows_a_real_camera(
    world: World, play: Play, start_program: Any, fresh_image: Callable[[], Image]
) -> None:
    play(world.publisher(Image, 'cam', BEST_EFFORT), fresh_image)
    world.sink(Image, 'cam', QoSProfile(depth=1))
    env = {'ROS_DOMAIN_ID': str(world.domain_id)}
    with start_program('doctor', '--json', '--seconds', str(SECONDS), **env) as doctor:
        code = doctor.process.wait(120)
        said = json.loads(doctor.out)
    assert code == said['exit_code']
    rows = {each['name']: each for each in said['checks']}
    assert f'{world.namespace}/cam (Image) by {world.namespace}/tester, best effort' in (
        rows['image topic']['finding']
    )
    assert ' Hz, bgr8 64x48' in rows['image topic']['finding']
    assert rows['default input']['cure'].endswith(f'-r image:={world.namespace}/cam')
    assert 'hears nothing' in rows['QoS']['finding']
    assert rows['graph']['status'] == 'ok'


def test_an_endpoint_of_unknown_qos_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other middleware may not tell all of it."""

    class Info:
        node_name, node_namespace, topic_type = 'camera', '/', RAW
        qos_profile = QoSProfile(depth=0, reliability=ReliabilityPolicy.SYSTEM_DEFAULT)

    assert doctor_graph._endpoint(Info) == Endpoint('/camera', RAW, 'system default')
