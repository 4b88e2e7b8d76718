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

"""The humans node among real messages: bodies that come and go, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from depth_camera import header
from depth_camera import WH
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from movenet_ros.consumers import humans_images
from movenet_ros.core.kinematics.human_model import HUMAN_JOINTS
from movenet_ros.core.poses import Poses
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.poses_3d import poses_3d_to_msg
from movenet_ros.messages.stamped import stamp_ns
import numpy as np
from numpy.typing import NDArray
from people_3d import standing
import pytest
from rcl_interfaces.msg import Log
from ros_graph import World
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

hri_msgs = pytest.importorskip('hri_msgs.msg')

WARNING = 30
NAME = 'movenet_humans'
BODIES = '/humans/bodies'
TRACKED = f'{BODIES}/tracked'


class Graph:
    """
    A camera and a pose node that sees people, and who listens to the humans node.

    :ivar tracked: the messages of that topic.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.stamp_ms = 1000
        self.is_image_late = False
        self.tracked: list[Any] = world.sink(hri_msgs.IdsList, TRACKED)
        self._log = world.sink(Log, '/rosout')
        self.poses = world.publisher(Detection2DArray, 'poses')
        self.images = world.publisher(Image, 'image')
        pixels = np.random.default_rng(0).integers(0, 256, (WH[1], WH[0], 3), np.uint8)
        self.image_bgr = np.asarray(pixels, np.uint8)

    def hear(self, name: str, msg_type: Any) -> list[Any]:
        """Subscribe to a topic of the body p0001."""
        return self.world.sink(msg_type, f'{BODIES}/p0001/{name}')

    def send(self, people: Poses) -> Header:
        """Publish an image and its people, and return their header."""
        self.stamp_ms += 33
        stamped = header(self.stamp_ms)
        image = image_to_msg(self.image_bgr, stamped)
        if not self.is_image_late:
            self.images.publish(image)
        self.poses.publish(poses_to_msg(people, stamped))
        if self.is_image_late:
            self.world.spin(0.02)
            self.images.publish(image)
        return stamped

    def until(self, messages: list[Any], people: Poses) -> Any:
        """Send people until a topic tells of them, and return the message."""
        sent: list[Header] = []

        def is_told() -> bool:
            sent.append(self.send(people))
            self.world.spin(0.02)
            return bool(messages) and messages[-1].header in sent

        self.world.until(is_told, 'for a message')
        return messages[-1]

    def until_warned(self, word: str, send: Callable[[], Any]) -> None:
        """Send until there is a warning with a word."""
        def found() -> bool:
            send()
            self.world.spin(0.02)
            return any(
                word in each.msg and NAME in each.name and each.level >= WARNING
                for each in self._log
            )

        self.world.until(found, f'for a warning with {word}')

    def topics(self) -> list[str]:
        """Return the names of the topics of bodies that somebody publishes."""
        node = self.world.node
        names = [name for name, _ in node.get_topic_names_and_types()]
        return [name for name in names if name.startswith(BODIES) and node.count_publishers(name)]


@pytest.fixture
def graph(world: World, start_humans_node: Any) -> Graph:
    """Give a graph with a humans node."""
    made = Graph(world)
    start_humans_node()
    return made


def test_a_body_has_the_place_of_the_person(graph: Graph, person: Poses) -> None:
    rois = graph.hear('roi', hri_msgs.NormalizedRegionOfInterest2D)
    skeletons = graph.hear('skeleton2d', hri_msgs.Skeleton2D)
    roi, skeleton = graph.until(rois, person), graph.until(skeletons, person)
    np.testing.assert_allclose(
        np.array([roi.xmin, roi.ymin, roi.xmax, roi.ymax]) * (*WH, *WH), person.boxes_xyxy[0],
        atol=1e-3,
    )
    nose = skeleton.skeleton[hri_msgs.Skeleton2D.NOSE]
    np.testing.assert_allclose([nose.x * WH[0], nose.y * WH[1]], person.keypoints[0, 0], atol=1e-3)
    assert list(graph.until(graph.tracked, person).ids) == ['p0001']


def test_a_body_has_what_the_person_does(graph: Graph, person: Poses) -> None:
    postures = graph.hear('posture', hri_msgs.BodyPosture)
    gestures = graph.hear('gesture', hri_msgs.Gesture)
    joints = graph.hear('joint_states', JointState)
    for messages in (postures, gestures, joints):
        graph.until(messages, person)
    standing = hri_msgs.BodyPosture.STANDING
    graph.world.until(
        lambda: graph.until(postures, person).posture == standing, 'for who stands to stand'
    )
    found = dict(zip(joints[-1].name, joints[-1].position))
    assert 0 < found['l_elbow_p0001'] < 1 and -1 < found['r_knee_p0001'] <= 0


@pytest.mark.parametrize('is_image_late', [False, True])
def test_a_body_is_cut_out_of_its_image(
    graph: Graph, person: Poses, is_image_late: bool
) -> None:
    graph.is_image_late = is_image_late
    cut = graph.until(graph.hear('cropped', Image), person)
    left, top = np.floor(person.boxes_xyxy[0, :2]).astype(int)
    right, bottom = np.ceil(person.boxes_xyxy[0, 2:]).astype(int)
    pixels = np.frombuffer(bytes(cut.data), np.uint8).reshape(cut.height, cut.width, 3)
    np.testing.assert_array_equal(pixels, graph.image_bgr[top:bottom, left:right])


def test_images_come_while_somebody_cuts_and_else_one_at_times(
    graph: Graph, person: Poses
) -> None:
    graph.until(graph.tracked, person)
    graph.world.until(lambda: not graph.images.get_subscription_count(), 'for it to know the size')
    listener = graph.world.node.create_subscription(Image, f'{BODIES}/p0001/cropped', print, 1)
    graph.world.until(
        lambda: graph.send(person) and graph.images.get_subscription_count(), 'for it to cut'
    )
    graph.world.node.destroy_subscription(listener)
    graph.world.until(
        lambda: graph.send(person) and not graph.images.get_subscription_count(), 'for no images'
    )


def test_the_topics_of_a_body_vanish_with_it(
    world: World, start_humans_node: Any, person: Poses
) -> None:
    graph = Graph(world)
    start_humans_node(lost_after_s=0.3)
    graph.until(graph.tracked, person)
    world.until(lambda: graph.send(person) and len(graph.topics()) == 7, 'for all topics')
    world.until(lambda: graph.topics() == [TRACKED], 'for the topics of the body to vanish')
    world.until(lambda: not graph.tracked[-1].ids, 'for the list to be empty')


def test_without_listeners_it_subscribes_to_nothing(world: World, start_humans_node: Any) -> None:
    node = start_humans_node(source='poses_3d')
    world.until(lambda: world.state(NAME) == 'active')
    world.spin(0.1)
    subscribed = node.get_subscriber_names_and_types_by_node(NAME, world.namespace)
    assert not {name for name, _ in subscribed if 'poses' in name or 'image' in name}


def test_people_in_metres_have_frames_and_all_joints(
    world: World, start_humans_node: Any, person: Poses
) -> None:
    tf2_msgs = pytest.importorskip('tf2_msgs.msg')
    graph = Graph(world)
    start_humans_node(source='poses_3d')
    publisher = world.publisher(Detection3DArray, 'poses_3d')
    frames = world.sink(tf2_msgs.TFMessage, '/tf')
    joints = graph.hear('joint_states', JointState)
    people = standing((0.2, 0.1, 3.0))
    people = replace(people, variances=np.full((1, 17, 3), 1e-4))

    def is_told() -> bool:
        publisher.publish(poses_3d_to_msg(people, graph.send(person)))
        world.spin(0.02)
        return bool(frames and joints)

    world.until(is_told, 'for frames and joints')
    (frame,) = frames[-1].transforms
    place = frame.transform.translation
    assert (frame.child_frame_id, frame.header.frame_id) == ('body_p0001', 'camera')
    np.testing.assert_allclose([place.x, place.y, place.z], (0.2, 0.1, 3.0))
    assert set(joints[-1].name) == {f'{name}_p0001' for name in HUMAN_JOINTS}


def test_a_body_in_another_frame_faces_no_way_that_nobody_knows(
    world: World, start_humans_node: Any, person: Poses
) -> None:
    """Seen from its side: in the frame of the camera, it faces the way that the camera looks."""
    tf2_msgs = pytest.importorskip('tf2_msgs.msg')
    graph = Graph(world)
    start_humans_node(source='poses_3d')
    publisher = world.publisher(Detection3DArray, 'poses_3d')
    frames = world.sink(tf2_msgs.TFMessage, '/tf')
    people = standing((0.2, 0.1, 3.0))
    narrow = (people.positions - (0.2, 0.1, 3.0)) * (0.1, 1.0, 1.0) + (0.2, 0.1, 3.0)

    def send(positions: NDArray[np.float64], frame_id: str) -> None:
        stamped = graph.send(person)
        world.spin(0.02)
        stamped.frame_id = frame_id
        publisher.publish(poses_3d_to_msg(replace(people, positions=positions), stamped))
        world.spin(0.02)

    def told() -> set[str]:
        return {each.header.frame_id for message in frames for each in message.transforms}

    def is_told(positions: NDArray[np.float64], frame_id: str) -> bool:
        send(positions, frame_id)
        return frame_id in told()

    world.until(lambda: is_told(narrow, 'camera'), 'for a frame in that of the camera')
    send(narrow, 'map')
    world.until(lambda: is_told(people.positions, 'odom'), 'for a frame in another frame')
    assert told() == {'camera', 'odom'}


def test_another_size_is_noticed_by_who_is_beyond_it(
    graph: Graph, person: Poses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(humans_images, 'SIZE_HOLDS_S', 3600.0)
    rois = graph.hear('roi', hri_msgs.NormalizedRegionOfInterest2D)
    graph.until(rois, person)
    graph.image_bgr = np.zeros((2 * WH[1], 2 * WH[0], 3), np.uint8)
    beyond = replace(person, boxes_xyxy=2 * person.boxes_xyxy)
    roi = graph.until(rois, beyond)
    assert roi.ymax * 2 * WH[1] == pytest.approx(beyond.boxes_xyxy[0, 3], abs=1e-3)


def test_images_that_become_smaller_are_noticed_by_their_camera_info(
    graph: Graph, person: Poses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told where anything is by the size of before."""
    monkeypatch.setattr(humans_images, 'SIZE_HOLDS_S', 3600.0)
    infos = graph.world.publisher(CameraInfo, 'camera_info')

    def send(people: Poses, wh: tuple[int, int]) -> Header:
        infos.publish(CameraInfo(header=header(graph.stamp_ms), width=wh[0], height=wh[1]))
        graph.world.spin(0.02)
        return graph.send(people)

    rois = graph.hear('roi', hri_msgs.NormalizedRegionOfInterest2D)
    graph.world.until(lambda: infos.get_subscription_count() and send(person, WH) and rois)
    graph.until(rois, person)
    smaller = WH[0] // 2, WH[1] // 2
    graph.image_bgr = np.zeros((*smaller[::-1], 3), np.uint8)
    halved = replace(person, boxes_xyxy=person.boxes_xyxy / 2)
    first = send(halved, smaller)
    graph.world.until(lambda: send(halved, smaller) and later(rois, first), 'for a roi')
    wrong = person.boxes_xyxy[0, 3] / 2 / WH[1]
    assert all(each.ymax != pytest.approx(wrong, abs=1e-3) for each in later(rois, first))


def test_after_a_pause_the_size_is_looked_at_again(
    graph: Graph, person: Poses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(humans_images, 'SIZE_HOLDS_S', 3600.0)
    rois = graph.hear('roi', hri_msgs.NormalizedRegionOfInterest2D)
    graph.until(rois, person)
    graph.image_bgr = np.zeros((WH[1] // 2, WH[0] // 2, 3), np.uint8)
    graph.stamp_ms += 1000
    halved = replace(person, boxes_xyxy=person.boxes_xyxy / 2)
    right = pytest.approx(person.boxes_xyxy[0, 3] / WH[1], abs=1e-3)
    graph.world.until(lambda: graph.until(rois, halved).ymax == right, 'for the new size')


def later(messages: list[Any], first: Header) -> list[Any]:
    """Return the messages about an image and those after it."""
    return [each for each in messages if stamp_ns(each.header.stamp) >= stamp_ns(first.stamp)]


def test_people_without_ids_are_no_bodies_which_is_told(graph: Graph, person: Poses) -> None:
    unknown = replace(person, ids=np.zeros(1))
    graph.until_warned('tracking.association', lambda: graph.send(unknown))
    assert not graph.until(graph.tracked, unknown).ids


def test_images_of_another_camera_are_told(
    world: World, start_humans_node: Any, person: Poses
) -> None:
    graph = Graph(world)
    start_humans_node(**{'diagnostics.timeout_s': 0.1})
    beyond = replace(person, boxes_xyxy=3 * person.boxes_xyxy)
    graph.until_warned('remap image', lambda: graph.send(beyond))


def test_why_no_images_come_is_told(
    world: World, start_humans_node: Any, person: Poses
) -> None:
    graph = Graph(world)
    world.node.destroy_publisher(graph.images)
    start_humans_node(**{'diagnostics.timeout_s': 0.1})
    poses = poses_to_msg(person, header(1))
    graph.until_warned('no images', lambda: graph.poses.publish(poses))


def test_what_is_no_message_is_one_line(graph: Graph, person: Poses) -> None:
    graph.until(graph.tracked, person)
    broken = b'\0\1\0\0' + bytes(range(40))
    graph.until_warned('rejected poses', lambda: graph.poses.publish(broken))
    graph.until(graph.tracked, person)


def test_images_that_cannot_be_read_are_told(graph: Graph, person: Poses) -> None:
    unknown = image_to_msg(graph.image_bgr, header(1))
    unknown.encoding = 'none'
    poses = poses_to_msg(person, header(1))
    graph.until_warned(
        'rejected image', lambda: (graph.images.publish(unknown), graph.poses.publish(poses))
    )
    graph.until(graph.hear('roi', hri_msgs.NormalizedRegionOfInterest2D), person)


def test_it_leaves_and_comes_back_with_the_lifecycle(graph: Graph, person: Poses) -> None:
    def change(transition: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(graph.world.call(ChangeState, f'{NAME}/change_state', request).success)

    graph.until(graph.tracked, person)
    assert change(Transition.TRANSITION_DEACTIVATE)
    graph.world.until(lambda: not graph.topics(), 'for its topics to vanish')
    assert change(Transition.TRANSITION_ACTIVATE)
    graph.until(graph.tracked, person)


@pytest.mark.parametrize('namespace', ['', '/', 'a b', '/1humans'])
def test_a_namespace_that_is_none_is_refused(
    start_humans_node: Any, namespace: str
) -> None:
    with pytest.raises(Exception, match='namespace'):
        start_humans_node(namespace=namespace)
